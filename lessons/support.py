"""Which of LMDeploy's engines runs which model, read from the installed LMDeploy."""

import dataclasses

# The lecture's table: model, size, and the architecture name in the model's config.json, under which LMDeploy looks a
# model up.  (Where a config names its class for AutoModelForCausalLM, the PyTorch engine goes by that: ChatGLM2.)
LECTURE_MODELS = (
    ('Llama', '7B - 65B', 'LlamaForCausalLM'),
    ('Llama2', '7B - 70B', 'LlamaForCausalLM'),
    ('InternLM', '7B - 20B', 'InternLMForCausalLM'),
    ('InternLM2', '7B - 20B', 'InternLM2ForCausalLM'),
    ('InternLM-XComposer', '7B', 'InternLMXComposerForCausalLM'),
    ('QWen', '7B - 72B', 'QWenLMHeadModel'),
    ('QWen-VL', '7B', 'QWenLMHeadModel'),
    ('QWen1.5', '0.5B - 72B', 'Qwen2ForCausalLM'),
    ('QWen1.5-MoE', 'A2.7B', 'Qwen2MoeForCausalLM'),
    ('Baichuan', '7B - 13B', 'BaichuanForCausalLM'),
    ('Baichuan2', '7B - 13B', 'BaichuanForCausalLM'),
    ('Code Llama', '7B - 34B', 'LlamaForCausalLM'),
    ('ChatGLM2', '6B', 'ChatGLMForConditionalGeneration'),
    ('Falcon', '7B - 180B', 'FalconForCausalLM'),
    ('YI', '6B - 34B', 'LlamaForCausalLM'),
    ('Mistral', '7B', 'MistralForCausalLM'),
    ('DeepSeek-MoE', '16B', 'DeepseekForCausalLM'),
    ('DeepSeek-VL', '7B', 'MultiModalityCausalLM'),
    ('Mixtral', '8x7B', 'MixtralForCausalLM'),
    ('Gemma', '2B-7B', 'GemmaForCausalLM'),
    ('Dbrx', '132B', 'DbrxForCausalLM'),
)
# Models that came after the lecture.
LATER_MODELS = (
    ('InternLM3', '8B', 'InternLM3ForCausalLM'),
    ('Intern-S1', '9B, 241B', 'InternS1ForConditionalGeneration'),
    ('Qwen3', '0.6B - 32B', 'Qwen3ForCausalLM'),
    ('Qwen3-MoE', '30B, 235B', 'Qwen3MoeForCausalLM'),
    ('gpt-oss', '20B, 120B', 'GptOssForCausalLM'),
    ('DeepSeek-V3', '671B', 'DeepseekV3ForCausalLM'),
    ('GLM-4.5', '355B', 'Glm4MoeForCausalLM'),
)


@dataclasses.dataclass(frozen=True, slots=True)
class SupportedModel:
    """One model, and which engine of the installed LMDeploy runs it."""

    model: str
    size: str
    architecture: str
    turbomind: bool
    pytorch: bool
    note: str


def supported_models(models=LECTURE_MODELS) -> list[SupportedModel]:
    """Look (model, size, architecture) triples up in the installed LMDeploy; by default the lecture's table.

    A model that no engine has: LMDeploy's own list of removed ones names it, or it was in the lecture's table, so that
    a version of 2024 had it, or nothing is known of it.
    """
    from lmdeploy.pytorch.models.module_map import MODULE_MAP, REMOVED_MODEL_MAP
    from lmdeploy.turbomind.supported_models import SUPPORTED_ARCHS

    def row(model, size, architecture):
        turbomind, pytorch = architecture in SUPPORTED_ARCHS, architecture in MODULE_MAP
        notes = {
            (True, True): '',
            (True, False): 'TurboMind only',
            (False, True): 'PyTorch engine only',
            (False, False): 'no engine has it',
        }
        if architecture in REMOVED_MODEL_MAP:
            notes[False, False] = 'removed from LMDeploy'
        elif (model, size, architecture) in LECTURE_MODELS:
            notes[False, False] = 'no engine has it any more'
        return SupportedModel(model, size, architecture, turbomind, pytorch, notes[turbomind, pytorch])

    return [row(*model) for model in models]
