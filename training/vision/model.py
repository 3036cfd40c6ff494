"""The architecture and the checkpoint's files: InternVL in transformers' format, with a Qwen2 language model.

The tensors carry the names of the InternVL3 checkpoints for transformers on the hub (`vision_tower.…`,
`language_model.model.…`): TurboMind, LMDeploy's PyTorch engine and transformers all read those.  TurboMind runs the
vision tower too, and its attention wants heads of 64 or 128.
"""

import pathlib

import torch
from safetensors.torch import load_file
from safetensors.torch import save as serialized
from tokenizers import Tokenizer
from transformers import InternVLConfig, InternVLForConditionalGeneration, InternVLVisionConfig, Qwen2Config

from helpers.files import write_whole
from training.files import write_json

from .model_size import IMAGE_SIZE, IMAGE_TOKENS, PATCH_SIZE
from .tokenizer import END_OF_TEXT, IM_END, IMAGE, save_tokenizer

MEAN = STD = 0.5  # of each channel, for pixels in [0, 1]
MAX_POSITIONS = 2048


def make_config(vocab_size: int, smoke: bool = False, text_layers: int = 4, text_ffn: int = 384) -> InternVLConfig:
    """4.3 million parameters; `smoke`: 0.6 million, for tests."""
    text = Qwen2Config(
        vocab_size=vocab_size,
        hidden_size=128 if smoke else 256,
        intermediate_size=256 if smoke else text_ffn,
        num_hidden_layers=2 if smoke else text_layers,
        num_attention_heads=1 if smoke else 2,
        num_key_value_heads=1,
        max_position_embeddings=MAX_POSITIONS,
        rope_parameters={'rope_type': 'default', 'rope_theta': 10000.0},
        tie_word_embeddings=True,
        use_sliding_window=False,
        bos_token_id=END_OF_TEXT,
        eos_token_id=IM_END,
        pad_token_id=END_OF_TEXT,
        architectures=['Qwen2ForCausalLM'],  # TurboMind asks for it here
    )
    vision = InternVLVisionConfig(
        hidden_size=64 if smoke else 192,
        num_hidden_layers=2 if smoke else 6,
        num_attention_heads=1 if smoke else 3,
        intermediate_size=128 if smoke else 320,
        attention_bias=True,
        use_qk_norm=False,
        norm_type='layer_norm',
        image_size=[IMAGE_SIZE, IMAGE_SIZE],
        patch_size=[PATCH_SIZE, PATCH_SIZE],
        layer_scale_init_value=1.0,
        use_mean_pooling=True,
    )
    return InternVLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=IMAGE,
        image_seq_length=IMAGE_TOKENS,
        downsample_ratio=0.5,
        tie_word_embeddings=True,
        architectures=['InternVLForConditionalGeneration'],
    )


def normalise(pixels: torch.Tensor) -> torch.Tensor:
    """uint8 [images, size, size, 3] -> float [images, 3, size, size], as the checkpoint's image processor does it."""
    return (pixels.permute(0, 3, 1, 2).float() / 255 - MEAN) / STD


def see(model: InternVLForConditionalGeneration, pixels: torch.Tensor) -> torch.Tensor:
    """What the language model gets of the pictures: float [images, 3, size, size] -> [images, IMAGE_TOKENS, hidden]."""
    inner = model.model
    patches = inner.vision_tower(pixel_values=pixels).last_hidden_state[:, 1:]  # without the class token
    side = IMAGE_SIZE // PATCH_SIZE
    grid = patches.unflatten(1, (side, side)).contiguous()
    return inner.multi_modal_projector(inner.pixel_shuffle(grid, scale_factor=0.5).flatten(1, 2))


def read(model: InternVLForConditionalGeneration, ids: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
    """ids int64 [rows, tokens], right-padded, and the features of their pictures in order -> [rows, tokens, hidden]."""
    inner = model.model
    embeddings = inner.language_model.get_input_embeddings()(ids)
    image = (ids == IMAGE)[..., None]
    embeddings = embeddings.masked_scatter(image, features.to(embeddings.dtype))
    # no mask to be made (which would wait for the GPU): plain causal attention
    masks = {'full_attention': None}
    return inner.language_model(inputs_embeds=embeddings, attention_mask=masks, use_cache=False).last_hidden_state


def hub_name(name: str) -> str | None:
    """The name in the file of a parameter of transformers' class; None for the tied output head."""
    if name == 'lm_head.weight':
        return None
    if name.startswith('model.language_model.'):
        return name.replace('model.language_model.', 'language_model.model.', 1)
    return name.removeprefix('model.')


def save(model: InternVLForConditionalGeneration, tokenizer: Tokenizer, out: pathlib.Path, log: dict) -> None:
    """The checkpoint folder in bf16; each file is whole or not there."""
    out.mkdir(parents=True, exist_ok=True)
    names = {name: hub_name(name) for name in model.state_dict()}
    state = {
        names[name]: value.detach().to('cpu', torch.bfloat16).contiguous()
        for name, value in model.state_dict().items()
        if names[name]
    }
    write_whole(out / 'model.safetensors', serialized(state, metadata={'format': 'pt'}))
    save_tokenizer(tokenizer, out)
    config = model.config.to_dict()
    for part in (config, config['text_config'], config['vision_config']):
        part['dtype'] = 'bfloat16'
        part.pop('_name_or_path', None)
    config['text_config']['architectures'] = ['Qwen2ForCausalLM']
    image_processor = {
        'image_processor_type': 'GotOcr2ImageProcessor',
        'do_convert_rgb': True,
        'do_resize': True,
        'size': {'height': IMAGE_SIZE, 'width': IMAGE_SIZE},
        'resample': 3,  # bicubic
        'do_rescale': True,
        'rescale_factor': 1 / 255,
        'do_normalize': True,
        'image_mean': [MEAN] * 3,
        'image_std': [STD] * 3,
        'crop_to_patches': False,
        'min_patches': 1,
        'max_patches': 1,  # one tile a picture, also where somebody turns crop_to_patches on
        'processor_class': 'InternVLProcessor',
    }
    for name, content in (
        ('config.json', config),
        (
            'generation_config.json',
            {'eos_token_id': [IM_END, END_OF_TEXT], 'pad_token_id': END_OF_TEXT, 'max_new_tokens': 128},
        ),
        ('preprocessor_config.json', image_processor),
        ('processor_config.json', {'image_seq_length': IMAGE_TOKENS, 'processor_class': 'InternVLProcessor'}),
        ('training_log.json', log),
    ):
        write_json(out / name, content)


def load(folder: pathlib.Path, device: str = 'cpu') -> InternVLForConditionalGeneration:
    """The model of a folder in fp32, without what transformers needs beside torch to read pictures."""
    config = InternVLConfig.from_pretrained(folder)
    config.dtype = torch.float32
    model = InternVLForConditionalGeneration(config).float()
    stored = load_file(folder / 'model.safetensors')
    state = {name: stored[hub_name(name)] for name in model.state_dict() if hub_name(name)}
    model.load_state_dict(state, strict=False)
    model.tie_weights()
    return model.to(device).eval()
