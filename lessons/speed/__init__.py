"""Chapter 7: the speed of engines, measured so that the number holds."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'engines': ['ContinuousBatching', 'LMDeployEngine', 'TransformersGenerate', 'why_no_compile'],
        'offline': ['measure_batch', 'measure_engine', 'token_prompts'],
        'prompts': ['load_prompts', 'prompt_ids'],
        'race_box': ['race'],
        'rates': ['measure_rate'],
        'results': ['plot_results', 'result_table', 'save_results'],
        'roofline': ['DeviceLimits', 'StepWork', 'decode_step', 'measure_limits'],
        'streams': ['pipeline_stream', 'transformers_stream'],
        'turns': ['NO_DIFFERENCE', 'measure_in_turns', 'versus'],
    },
)
