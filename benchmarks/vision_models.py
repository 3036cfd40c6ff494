"""Vision-language models with random weights: tiny ones of seven families, and real geometries.

Each is a folder as on the hub (its tensor names, its processor's files), made without a network; the tokenizer is
tiny-chat's with the family's special tokens.  The numbers are drawn on the GPU where there is one.
"""

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import split_state_dict_into_shards_factory

from helpers.checkpoints.shards import write_index
from helpers.files import whole_folder, write_json
from lessons.making import SHARD_PATTERN, write_shard

TOKENIZER = Path(__file__).resolve().parent.parent / 'models' / 'tiny-chat'
SHARD_BYTES = 4_000_000_000
TITLES = {
    'llava': 'LLaVA 1.5',
    'llava_next': 'LLaVA-NeXT (v1.6)',
    'internvl2': 'InternVL 2',
    'internvl3': 'InternVL 3',
    'qwen2_vl': 'Qwen2-VL',
    'qwen2_5_vl': 'Qwen2.5-VL',
    'qwen3_vl': 'Qwen3-VL',
}
SPECIAL = {
    'llava': ['<image>'],
    'internvl': ['<img>', '</img>', '<IMG_CONTEXT>', '<video>'],
    'qwen': ['<|vision_start|>', '<|vision_end|>', '<|image_pad|>', '<|video_pad|>'],
}
SHOWN = {  # what stands for a picture in the prompt that transformers' processor gets
    'llava': '<image>\\n',
    'internvl': '<IMG_CONTEXT>\\n',
    'qwen': '<|vision_start|><|image_pad|><|vision_end|>',
}


@dataclass(frozen=True)
class Size:
    """A geometry: the text model's, and the vision tower's where the family leaves it open."""

    title: str
    family: str
    text: dict
    vision: dict
    picture: dict  # of the image processor


def _qwen2(hidden_size, intermediate_size, layers, heads):
    return {
        'vocab_size': 151674,
        'hidden_size': hidden_size,
        'intermediate_size': intermediate_size,
        'num_hidden_layers': layers,
        'num_attention_heads': heads,
        'num_key_value_heads': 2,
        'max_position_embeddings': 32768,
        'rope_parameters': {'rope_type': 'default', 'rope_theta': 1e6},
        'tie_word_embeddings': False,
    }


_INTERNVIT_300M = {
    'hidden_size': 1024,
    'num_hidden_layers': 24,
    'num_attention_heads': 16,
    'intermediate_size': 4096,
    'image_size': [448, 448],
    'patch_size': [14, 14],
    'attention_bias': True,
}
_CLIP_LARGE_336 = {
    'hidden_size': 1024,
    'intermediate_size': 4096,
    'num_hidden_layers': 24,
    'num_attention_heads': 16,
    'image_size': 336,
    'patch_size': 14,
    'projection_dim': 768,
}
_VICUNA_7B = {
    'vocab_size': 32064,
    'hidden_size': 4096,
    'intermediate_size': 11008,
    'num_hidden_layers': 32,
    'num_attention_heads': 32,
    'num_key_value_heads': 32,
    'max_position_embeddings': 4096,
    'rms_norm_eps': 1e-5,
}
# Source: config.json and preprocessor_config.json of OpenGVLab/InternVL3-{1B,2B} (`llm_config`, `vision_config`; the
# -hf folders hold the same numbers), llava-hf/llava-1.5-7b-hf and llava-hf/llava-v1.6-vicuna-7b-hf on the hub; the
# vision towers and 336 pixels are also the defaults of transformers' InternVLVisionConfig and LlavaConfig.
SIZES = {
    'internvl3-1b': Size(
        'InternVL3-1B', 'internvl3', _qwen2(896, 4864, 24, 14), _INTERNVIT_300M, {'tile': 448, 'most_tiles': 12}
    ),
    'internvl3-2b': Size(
        'InternVL3-2B', 'internvl3', _qwen2(1536, 8960, 28, 12), _INTERNVIT_300M, {'tile': 448, 'most_tiles': 12}
    ),
    'llava-1.5-7b': Size('LLaVA-1.5-7B', 'llava', _VICUNA_7B, _CLIP_LARGE_336, {'tile': 336}),
    'llava-1.6-7b': Size('LLaVA-1.6-Vicuna-7B', 'llava_next', _VICUNA_7B, _CLIP_LARGE_336, {'tile': 336}),
}

_TINY_TEXT = {  # heads of 128 run in every engine
    'vocab_size': 4608,
    'hidden_size': 256,
    'intermediate_size': 512,
    'num_hidden_layers': 2,
    'num_attention_heads': 2,
    'num_key_value_heads': 1,
    'max_position_embeddings': 4096,
    'rope_parameters': {'rope_type': 'default', 'rope_theta': 10_000.0},
    'tie_word_embeddings': False,
}
_TINY_CLIP = {
    'hidden_size': 64,
    'intermediate_size': 128,
    'num_hidden_layers': 3,
    'num_attention_heads': 1,
    'image_size': 112,
    'patch_size': 14,
    'projection_dim': 64,
}
_MROPE = {'rope_type': 'default', 'rope_theta': 10_000.0, 'mrope_section': [16, 24, 24]}
_TINY_QWEN = _TINY_TEXT | {'rope_parameters': _MROPE}
_TINY_VIT = {'depth': 2, 'num_heads': 1, 'patch_size': 14, 'spatial_merge_size': 2, 'temporal_patch_size': 2}
TINY = {
    'llava': Size('tiny', 'llava', _TINY_TEXT, _TINY_CLIP, {'tile': 112}),
    'llava_next': Size('tiny', 'llava_next', _TINY_TEXT, _TINY_CLIP, {'tile': 112}),
    'internvl3': Size(
        'tiny',
        'internvl3',
        _TINY_TEXT,
        {
            'hidden_size': 64,
            'num_hidden_layers': 2,
            'num_attention_heads': 1,
            'intermediate_size': 128,
            'image_size': [112, 112],
            'patch_size': [14, 14],
            'attention_bias': True,
        },
        {'tile': 112, 'most_tiles': 4},
    ),
    'qwen2_vl': Size('tiny', 'qwen2_vl', _TINY_QWEN, _TINY_VIT | {'embed_dim': 64, 'hidden_size': 256}, {}),
    'qwen2_5_vl': Size(
        'tiny',
        'qwen2_5_vl',
        _TINY_QWEN,
        _TINY_VIT
        | {
            'hidden_size': 64,
            'intermediate_size': 128,
            'out_hidden_size': 256,
            'fullatt_block_indexes': [1],
            'window_size': 56,
        },
        {},
    ),
    'qwen3_vl': Size(
        'tiny',
        'qwen3_vl',
        # one layer more than `deepstack_visual_indexes` has entries: LMDeploy does not run fewer
        _TINY_QWEN | {'num_hidden_layers': 3, 'head_dim': 128, 'rope_parameters': _MROPE | {'mrope_interleaved': True}},
        _TINY_VIT
        | {
            'depth': 3,
            'hidden_size': 64,
            'intermediate_size': 128,
            'out_hidden_size': 256,
            'patch_size': 16,
            'num_position_embeddings': 256,
            'deepstack_visual_indexes': [0, 1],
        },
        {},
    ),
}


def make_any(name: str, folder: Path) -> Path:
    """Write the checkpoint of a name of TITLES or of SIZES; returns `folder`."""
    return make_internvl2(folder) if name == 'internvl2' else make({**SIZES, **TINY}[name], folder)


def make_whole(name: str, folder: str) -> None:
    """The same in a process of its own, where drawing on the GPU leaves a CUDA context; `folder` appears when it is
    whole."""
    os.environ['TRANSFORMERS_VERBOSITY'] = 'error'
    with whole_folder(Path(folder)) as work:
        make_any(name, work)


def make(size: Size, folder: Path, seed: int = 0) -> Path:
    """Write the checkpoint of random bfloat16 weights; returns `folder`."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    ids = _write_tokenizer(size.family, folder)
    config, model_class = _config(size, ids)
    with torch.device('meta'):
        model = model_class(config)
    tied = bool(config.tie_word_embeddings)
    shapes = {
        hub_name(size.family, name): tuple(tensor.shape)
        for name, tensor in model.state_dict().items()
        if not (tied and name == 'lm_head.weight')
    }
    shards = split_state_dict_into_shards_factory(
        shapes,
        get_storage_size=lambda shape: 2 * math.prod(shape),
        filename_pattern=SHARD_PATTERN,
        max_shard_size=SHARD_BYTES,
    ).filename_to_tensors
    for file, names in shards.items():
        write_shard({name: _draw(name, shapes[name], len(ids), seed) for name in names}, folder / file)
    write_index(folder, list(shards))
    content = config.to_dict() | {'architectures': [model_class.__name__], 'dtype': 'bfloat16'}
    content['text_config'] = content['text_config'] | {'dtype': 'bfloat16'}
    content['vision_config'] = content['vision_config'] | {'dtype': 'bfloat16'}
    if kind_of(size.family) != 'qwen':  # as on the hub; LMDeploy asks for it
        text = 'Qwen2ForCausalLM' if size.family == 'internvl3' else 'LlamaForCausalLM'
        content['text_config']['architectures'] = [text]
    write_json(folder / 'config.json', content)
    for name, settings in _processor_files(size).items():
        write_json(folder / name, settings)
    stops = [ids['<|im_end|>'], ids['</s>']]
    write_json(folder / 'generation_config.json', {'eos_token_id': stops, 'pad_token_id': ids['</s>']})
    return folder


def kind_of(family: str) -> str:
    """'llava', 'internvl' or 'qwen': what decides a prompt's special tokens."""
    return next(kind for kind in SPECIAL if family.startswith(kind))


def hub_name(family: str, name: str) -> str:
    """The name in the hub's files of a parameter of transformers' class."""
    if family == 'qwen3_vl':
        return name
    if name.startswith('lm_head.'):
        return name if kind_of(family) == 'qwen' else f'language_model.{name}'
    name = name.removeprefix('model.')
    if kind_of(family) == 'qwen':
        return name if name.startswith('visual.') else name.replace('language_model.', 'model.', 1)
    if name.startswith('language_model.'):
        return name.replace('language_model.', 'language_model.model.', 1)
    if name.startswith('vision_tower.') and kind_of(family) == 'llava' and '.vision_model.' not in name:
        return name.replace('vision_tower.', 'vision_tower.vision_model.', 1)
    return name


def _config(size: Size, ids: dict[str, int]):
    """transformers' configuration, and the class it belongs to."""
    import transformers

    stops = {'bos_token_id': ids['<s>'], 'eos_token_id': ids['<|im_end|>'], 'pad_token_id': ids['</s>']}
    text = size.text | stops
    if size.family in ('llava', 'llava_next'):
        name = 'Llava' if size.family == 'llava' else 'LlavaNext'
        vision = transformers.CLIPVisionConfig(**size.vision)
        tokens = (size.vision['image_size'] // size.vision['patch_size']) ** 2
        tile = size.picture['tile']
        # as in llava-v1.6: one tile beside or above another, up to two by two, up to three in a row
        grids = [[tile, 2 * tile], [2 * tile, tile], [2 * tile, 2 * tile], [3 * tile, tile], [tile, 3 * tile]]
        more = {'image_grid_pinpoints': grids} if size.family == 'llava_next' else {}
        arguments = {
            'vision_config': vision,
            'text_config': transformers.LlamaConfig(**text),
            'image_token_id': ids['<image>'],
            'image_seq_length': tokens,
            'tie_word_embeddings': False,
            'pad_token_id': ids['</s>'],
            **more,
        }
    elif size.family == 'internvl3':
        name = 'InternVL'
        arguments = {
            'vision_config': transformers.InternVLVisionConfig(**size.vision),
            'text_config': transformers.Qwen2Config(**text),
            'image_token_id': ids['<IMG_CONTEXT>'],
            'image_seq_length': (size.vision['image_size'][0] // size.vision['patch_size'][0]) ** 2 // 4,
            'tie_word_embeddings': False,
        }
    else:
        name = {'qwen2_vl': 'Qwen2VL', 'qwen2_5_vl': 'Qwen2_5_VL', 'qwen3_vl': 'Qwen3VL'}[size.family]
        arguments = {
            'vision_config': size.vision,
            'text_config': text,
            'image_token_id': ids['<|image_pad|>'],
            'video_token_id': ids['<|video_pad|>'],
            'vision_start_token_id': ids['<|vision_start|>'],
            'vision_end_token_id': ids['<|vision_end|>'],
            'tie_word_embeddings': False,
        }
    config = getattr(transformers, f'{name}Config')(**arguments)
    return config, getattr(transformers, f'{name}ForConditionalGeneration')


def _draw(name: str, shape: tuple[int, ...], known_tokens: int, seed: int):
    """One tensor: wide enough that every part of the model matters and greedy answers do not repeat themselves."""
    import zlib

    import torch

    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    generator = torch.Generator(device).manual_seed(zlib.crc32(f'{seed} {name}'.encode()))
    tensor = torch.empty(shape, dtype=torch.bfloat16, device=device)
    vector = len(shape) == 1
    if vector:
        mean, std = (0.0, 0.15) if name.endswith('bias') else (1.0, 0.2)
    elif 'embed_tokens' in name:
        mean, std = 0.0, 1.0
    elif 'lm_head' in name:
        mean, std = 0.0, 3 / shape[-1] ** 0.5
    elif 'class_embedding' in name or 'cls_token' in name or 'image_newline' in name or 'pos' in name.split('.')[-2]:
        mean, std = 0.0, 0.5
    else:
        mean, std = 0.0, 1.2 / math.prod(shape[1:]) ** 0.5
    for rows in tensor.split(4096):
        drawn = torch.empty(rows.shape, device=device).normal_(mean, std, generator=generator)
        rows.copy_(drawn.clamp(0.4, 1.6) if vector and mean else drawn)
    if 'embed_tokens' in name or 'lm_head' in name:
        tensor[known_tokens:] = 0  # logits of 0 for ids that the tokenizer lacks, so that answers are text
    return tensor.cpu()


def _write_tokenizer(family: str, folder: Path) -> dict[str, int]:
    """The tokenizer's files; token -> id of all tokens."""
    from tokenizers import AddedToken, Tokenizer

    kind = kind_of(family)
    tokenizer = Tokenizer.from_file(str(TOKENIZER / 'tokenizer.json'))
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL[kind]])
    tokenizer.save(str(folder / 'tokenizer.json'))
    template = (
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}"
        "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
        "{% if part['type'] in ('image', 'image_url') %}{{ '" + SHOWN[kind] + "' }}"
        "{% elif part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}{{ '<|im_end|>\\n' }}"
        "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
    )
    named = {
        'llava': {'image_token': '<image>'},
        'internvl': {
            'start_image_token': '<img>',
            'end_image_token': '</img>',
            'context_image_token': '<IMG_CONTEXT>',
            'video_token': '<video>',
        },
        'qwen': {
            'image_token': '<|image_pad|>',
            'video_token': '<|video_pad|>',
            'vision_start_token': '<|vision_start|>',
            'vision_end_token': '<|vision_end|>',
        },
    }[kind]
    write_json(
        folder / 'tokenizer_config.json',
        {
            'tokenizer_class': 'PreTrainedTokenizerFast',
            'bos_token': '<s>',
            'eos_token': '<|im_end|>',
            'pad_token': '</s>',
            'unk_token': '<unk>',
            **named,
            'extra_special_tokens': named,
            'clean_up_tokenization_spaces': False,
            'model_max_length': 32768,
        },
    )
    (folder / 'chat_template.jinja').write_text(template, encoding='utf-8')
    return json.loads(tokenizer.to_str())['model']['vocab'] | {
        token['content']: token['id'] for token in json.loads(tokenizer.to_str())['added_tokens']
    }


_CLIP_MEAN, _CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
_IMAGENET_MEAN, _IMAGENET_STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def _processor_files(size: Size) -> dict[str, dict]:
    """Name of a file -> its content."""
    tile = size.picture.get('tile')
    if size.family == 'llava':
        return {
            'preprocessor_config.json': {
                'image_processor_type': 'CLIPImageProcessor',
                'size': {'shortest_edge': tile},
                'crop_size': {'height': tile, 'width': tile},
                'image_mean': _CLIP_MEAN,
                'image_std': _CLIP_STD,
            },
            'processor_config.json': _llava_processor(size, 'LlavaProcessor'),
        }
    if size.family == 'llava_next':
        return {
            'preprocessor_config.json': {
                'image_processor_type': 'LlavaNextImageProcessor',
                'size': {'shortest_edge': tile},
                'crop_size': {'height': tile, 'width': tile},
                'image_grid_pinpoints': [
                    [tile, 2 * tile],
                    [2 * tile, tile],
                    [2 * tile, 2 * tile],
                    [3 * tile, tile],
                    [tile, 3 * tile],
                ],
                'image_mean': _CLIP_MEAN,
                'image_std': _CLIP_STD,
            },
            'processor_config.json': _llava_processor(size, 'LlavaNextProcessor'),
        }
    if size.family == 'internvl3':
        return {
            'preprocessor_config.json': {
                'image_processor_type': 'GotOcr2ImageProcessor',
                'size': {'height': tile, 'width': tile},
                'crop_to_patches': True,
                'min_patches': 1,
                'max_patches': size.picture['most_tiles'],
                'image_mean': _IMAGENET_MEAN,
                'image_std': _IMAGENET_STD,
            },
            'processor_config.json': {
                'processor_class': 'InternVLProcessor',
                'image_seq_length': (tile // size.vision['patch_size'][0]) ** 2 // 4,
            },
        }
    side = size.vision['patch_size'] * 2
    settings = {
        'patch_size': size.vision['patch_size'],
        'temporal_patch_size': 2,
        'merge_size': 2,
        'image_mean': _CLIP_MEAN,
        'image_std': _CLIP_STD,
        'size': {'shortest_edge': 4 * side * side, 'longest_edge': 64 * side * side},
    }
    processor = {'qwen2_vl': 'Qwen2VLProcessor', 'qwen2_5_vl': 'Qwen2_5_VLProcessor', 'qwen3_vl': 'Qwen3VLProcessor'}
    video = 'Qwen3VLVideoProcessor' if size.family == 'qwen3_vl' else 'Qwen2VLVideoProcessor'
    return {
        'preprocessor_config.json': settings
        | {'image_processor_type': 'Qwen2VLImageProcessor', 'processor_class': processor[size.family]},
        'video_preprocessor_config.json': settings | {'video_processor_type': video},
    }


def _llava_processor(size: Size, name: str) -> dict:
    return {
        'processor_class': name,
        'patch_size': size.vision['patch_size'],
        'vision_feature_select_strategy': 'default',
        'image_token': '<image>',
        'num_additional_image_tokens': 1,
    }


# Parameter of transformers' format -> of the original one, as far as they differ.
_INTERNVL2_NAMES = {
    'multi_modal_projector.layer_norm': 'mlp1.0',
    'multi_modal_projector.linear_1': 'mlp1.1',
    'multi_modal_projector.linear_2': 'mlp1.3',
    'vision_tower.embeddings.cls_token': 'vision_model.embeddings.class_embedding',
    'vision_tower.embeddings.position_embeddings': 'vision_model.embeddings.position_embedding',
    'vision_tower.embeddings.patch_embeddings.projection': 'vision_model.embeddings.patch_embedding',
    'vision_tower.encoder.layer': 'vision_model.encoder.layers',
    'attention.projection_layer': 'attn.proj',
    'attention.q_proj': 'attn.qkv',
    'layernorm_before': 'norm1',
    'layernorm_after': 'norm2',
    'lambda_1': 'ls1',
    'lambda_2': 'ls2',
}


def make_internvl2(folder: Path) -> Path:
    """The tiny InternVL 3's very weights in InternVL 2's original format.

    Its config.json names Python files of the checkpoint (`auto_map`); nobody here runs those, and they are not there.
    """
    import torch
    from safetensors.torch import load_file

    size = TINY['internvl3']
    make(size, folder)
    state = load_file(folder / 'model.safetensors')
    renamed = {}
    for name, tensor in state.items():
        if '.attention.k_proj' in name or '.attention.v_proj' in name:
            continue
        if '.attention.q_proj' in name:
            tensor = torch.cat([state[name.replace('q_proj', part)] for part in ('q_proj', 'k_proj', 'v_proj')])
        if name.startswith(('vision_tower', 'multi_modal')):
            for new, old in _INTERNVL2_NAMES.items():
                name = name.replace(new, old)
        renamed[name] = tensor
    write_shard(renamed, folder / 'model.safetensors')
    (folder / 'processor_config.json').unlink()
    (folder / 'preprocessor_config.json').unlink()
    content = json.loads((folder / 'config.json').read_text(encoding='utf-8'))
    text, vision = content['text_config'], content['vision_config']
    vision |= {
        'architectures': ['InternVisionModel'],
        'model_type': 'intern_vit_6b',
        'image_size': vision['image_size'][0],
        'patch_size': vision['patch_size'][0],
        'qk_normalization': False,
        'qkv_bias': True,
    }
    original = {
        'architectures': ['InternVLChatModel'],
        'model_type': 'internvl_chat',
        'auto_map': {
            'AutoConfig': 'configuration_internvl_chat.InternVLChatConfig',
            'AutoModel': 'modeling_internvl_chat.InternVLChatModel',
            'AutoModelForCausalLM': 'modeling_internvl_chat.InternVLChatModel',
        },
        'llm_config': text | {'architectures': ['Qwen2ForCausalLM'], 'rope_theta': 10_000.0},
        'vision_config': vision,
        'downsample_ratio': 0.5,
        'dynamic_image_size': True,
        'force_image_size': vision['image_size'],
        'max_dynamic_patch': 4,
        'min_dynamic_patch': 1,
        'ps_version': 'v2',
        'select_layer': -1,
        'template': 'internvl2_5',
        'use_thumbnail': True,
        'torch_dtype': 'bfloat16',
    }
    write_json(folder / 'config.json', original)
    return folder
