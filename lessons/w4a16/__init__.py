"""Chapter 4: smaller weights, by pruning, distilling and rounding; around `lmdeploy lite auto_awq`."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'awq': [
            'auto_awq',
            'awq_command',
            'check_quantizable',
            'cli_lite_arguments',
            'describe_checkpoint',
            'group_size_for',
            'quantized_folder',
            'to_paste',
            'w4a16_folder',
        ],
        'calibration': ['calibration_dataset', 'calibration_ids'],
        'compress': ['distil', 'keep_layers', 'load_llama', 'prune_channels', 'save_llama'],
        'rounding': [
            'group_grid',
            'layer_inputs',
            'output_error',
            'pack_int4',
            'round_awq',
            'round_gptq',
            'round_plain',
            'to_grid',
            'unpack_int4',
            'unpacked_weight',
        ],
    },
)
