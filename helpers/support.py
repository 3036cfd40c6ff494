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
    """Look (model, size, architecture) triples up in the installed LMDeploy; by default the lecture's table."""
    from lmdeploy.pytorch.models.module_map import MODULE_MAP, REMOVED_MODEL_MAP
    from lmdeploy.turbomind.supported_models import SUPPORTED_ARCHS

    def row(model, size, architecture):
        turbomind, pytorch = architecture in SUPPORTED_ARCHS, architecture in MODULE_MAP
        notes = {
            (True, True): '',
            (True, False): 'TurboMind only',
            (False, True): 'PyTorch engine only',
            (False, False): 'removed from LMDeploy' if architecture in REMOVED_MODEL_MAP else 'no engine has it',
        }
        return SupportedModel(model, size, architecture, turbomind, pytorch, notes[turbomind, pytorch])

    return [row(*model) for model in models]
