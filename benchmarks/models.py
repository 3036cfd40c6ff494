"""The models that programs measure, by the short names of their command lines; random weights in exact geometries."""

from helpers.checkpoints.geometry import GEOMETRIES, Geometry

TINY = Geometry(
    'LlamaForCausalLM', 4096, 128, 256, num_layers=2, num_heads=4, num_kv_heads=2, head_dim=32, dynamic_rope_factor=2.0
)
MODELS = {
    '1_8b': GEOMETRIES['internlm2-chat-1_8b'],
    '7b': GEOMETRIES['internlm2-chat-7b'],
    '20b': GEOMETRIES['internlm2-chat-20b'],
    'tiny': TINY,  # to try a program without a GPU
}
TITLES = {'1_8b': 'InternLM2-Chat-1.8B', '7b': 'InternLM2-Chat-7B', '20b': 'InternLM2-Chat-20B', 'tiny': 'tiny'}
