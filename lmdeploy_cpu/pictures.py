"""What LMDeploy 0.18.0 does wrong with pictures, put right on every device: the CPU's engine, and a GPU's two.

`enable()` applies these changes with all the others, `repair_pictures()` these alone.
"""

from .patching import patch


class PictureError(RuntimeError):
    """A prompt with a picture was not answered, and why; `responses` are the answers of the whole batch."""

    def __init__(self, message: str, responses: list):
        super().__init__(message)
        self.responses = responses


@patch(
    'lmdeploy.vl.model.llava_next:LlavaNextVisionModel.build_preprocessor',
    'LLaVA-NeXT (v1.6) does not start with transformers 5: what counts its tokens is asked of another class there.',
    everywhere=True,
)
def count_in_the_inner_model(old):

    def build_preprocessor(self, trust_remote_code: bool = False):
        import torch
        from lmdeploy.vl.model.llava_hf import LlavaHfVisionModel
        from transformers.models.llava_next.modeling_llava_next import LlavaNextModel

        LlavaHfVisionModel.build_preprocessor(self, trust_remote_code=trust_remote_code)
        with torch.device('meta'):  # shapes, no weights
            self.model = self.vl_model = LlavaNextModel(self.hf_config)
        del self.model.language_model

    return build_preprocessor


@patch(
    'lmdeploy.pytorch.models.qwen2_vl:VisionMlp.__init__',
    "Qwen2-VL's vision tower has quick_gelu; LMDeploy takes gelu for it, and some answers differ.",
    everywhere=True,
)
def quick_gelu(old):

    def __init__(self, config, *args, **kwargs):
        old(self, config, *args, **kwargs)
        if config.hidden_act == 'quick_gelu':
            from transformers.activations import ACT2FN

            self.act = ACT2FN['quick_gelu']

    return __init__


@patch(
    'lmdeploy.serve.core.async_engine:AsyncEngine.preprocess',
    "'Request preprocessing failed.' was all that one heard of a picture that cannot be read: now the reason too.",
    everywhere=True,
)
def say_why(old):

    async def preprocess(self, *args, **kwargs):
        from lmdeploy.serve.core.exceptions import ErrorCode, RequestError

        try:
            return await old(self, *args, **kwargs)
        except RequestError as error:
            cause = error.__cause__
            if error.code is not ErrorCode.PREPROCESS_FAILED or cause is None:
                raise
            why = next(iter(str(cause).splitlines()), '')
            raise RequestError(error.code, f'{error.message.rstrip(".")}: {type(cause).__name__}: {why}') from cause

    return preprocess


@patch(
    'lmdeploy.pipeline:Pipeline.infer',
    'A question about a picture that could not be worked on got an empty answer: now a PictureError with the reason.',
    everywhere=True,
)
def raise_for_pictures(old):

    def infer(self, prompts, *args, **kwargs):
        answers = old(self, prompts, *args, **kwargs)
        if has_media(prompts):
            responses = answers if isinstance(answers, list) else [answers]
            for number, response in enumerate(responses, start=1):
                if response.finish_reason == 'error':
                    which = f'prompt {number} of {len(responses)}: ' if len(responses) > 1 else ''
                    raise PictureError(f'{which}{response.error_message}', responses)
        return answers

    return infer


@patch('lmdeploy.pipeline:Pipeline.stream_infer', 'The same, for streams and chat.', everywhere=True)
def raise_in_streams(old):

    def stream_infer(self, prompts, *args, **kwargs):
        answers = old(self, prompts, *args, **kwargs)
        return _raising(answers) if has_media(prompts) else answers

    return stream_infer


def _raising(answers):
    for response in answers:
        if response.finish_reason == 'error':
            raise PictureError(str(response.error_message), [response])
        yield response


def has_media(prompts) -> bool:
    """Whether a picture (or another thing that is not text) is among what `pipeline` takes as prompts."""
    if isinstance(prompts, str) or prompts is None:
        return False
    if isinstance(prompts, dict):
        content = prompts.get('content')
        return isinstance(content, list) and any(isinstance(p, dict) and p.get('type') != 'text' for p in content)
    if isinstance(prompts, list | tuple):
        return any(not isinstance(prompt, str) and has_media(prompt) for prompt in prompts)
    return True  # a PIL image
