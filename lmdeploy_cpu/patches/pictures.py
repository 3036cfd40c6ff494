"""What LMDeploy 0.18.0 does wrong with pictures, put right on every device: the CPU's engine, and a GPU's two.

`enable()` applies these changes with all the others, `repair_pictures()` these alone.
"""

import io
import os
import pathlib

from .patching import Patches

PICTURES = Patches('pictures', on_gpu=True)

MOST_PIXELS = 50_000_000  # of a picture; a camera's have 12 to 48 million, and each takes 3 bytes here


class PictureError(RuntimeError):
    """A prompt with a picture was not answered, and why; `responses` are the answers of the whole batch."""

    def __init__(self, message: str, responses: list):
        super().__init__(message)
        self.responses = responses


class PictureFault(ValueError):
    """What is wrong with a picture itself.  Clients of a server hear it: no path, no address, no length of a file."""


class NotLoadedError(ValueError):
    """Why no picture came from a file or an address.  A program hears it; a client of a server, that it is so."""


# ---------------------------------------------------------------- pictures as models take them


def decode(data: bytes):
    """The RGB picture in the bytes of a file; PictureFault, saying why, if it cannot be read or is too large."""
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(data))
    except Image.DecompressionBombError as error:
        raise PictureFault(f'the picture is too large: {error}') from None
    except Exception:  # each of Pillow's formats has errors of its own
        raise PictureFault('no picture: nothing that Pillow knows begins like this') from None
    with image:
        return as_rgb(image)


def as_rgb(image):
    """A PIL image (its first frame) as people see it: upright, on white where transparent, 16 bits scaled to 8; RGB.

    Raises PictureFault, saying why, if it cannot be read or is too large.
    """
    from PIL import Image, ImageFile, ImageOps

    ImageFile.LOAD_TRUNCATED_IMAGES = False  # LMDeploy sets it when it is loaded: half a picture in grey
    width, height = image.size
    if not 0 < width * height <= MOST_PIXELS:
        raise PictureFault(f'the picture has {width} × {height} pixels; between 1 and {MOST_PIXELS} are taken')
    try:
        image.load()
        image = ImageOps.exif_transpose(image)
        if image.mode.startswith(('I', 'F')):
            image = _to_8_bits(image)
        if image.has_transparency_data:
            layer = image.convert('RGBA')
            return Image.alpha_composite(Image.new('RGBA', layer.size, 'white'), layer).convert('RGB')
        return image if image.mode == 'RGB' else image.convert('RGB')
    except Exception as error:
        why = str(error).partition(' (')[0]  # Pillow says in brackets how many bytes are left
        raise PictureFault(f'the picture cannot be read: {why}') from None


def _to_8_bits(image):
    """Grey levels of 16 bits (or of floats) in 8; Pillow alone would cut off all above 255."""
    import numpy as np
    from PIL import Image

    levels = np.nan_to_num(np.asarray(image).astype(np.float64))
    highest = 1.0 if image.mode == 'F' and levels.max() <= 1 else 65535.0 if levels.max() > 255 else 255.0
    return Image.fromarray((levels / highest * 255).round().clip(0, 255).astype(np.uint8))


@PICTURES.patch(
    'lmdeploy.vl.media.image:ImageMediaIO.load_bytes',
    'A file that is cut short became a picture half grey, 16 bits white, transparency black; a rotated photograph '
    'lay on its side; what is no picture had no clear error.',
)
def decode_bytes(old):

    def load_bytes(self, data):
        image = decode(data)
        return image if self.image_mode == 'RGB' else image.convert(self.image_mode)

    return load_bytes


@PICTURES.patch('lmdeploy.vl.media.image:ImageMediaIO.load_file', 'The same, for files.')
def decode_file(old):

    def load_file(self, file_path):
        with open(file_path, 'rb') as file:
            return self.load_bytes(file.read())

    return load_file


@PICTURES.patch(
    'lmdeploy.vl.media.connection:load_from_url',
    "Of a file that is not there one heard 'The URL must be either a HTTP, data or file URL'; a name with # or ? in it "
    'was not found.',
)
def name_the_missing_file(old):

    def load_from_url(url, media_io, allowed_media_domains=None):
        if url.startswith('data:'):
            return old(url, media_io, allowed_media_domains)
        try:
            if url.startswith(('http:', 'https:', 'file:')):
                return old(url, media_io, allowed_media_domains)
            if not os.path.isfile(url):
                raise NotLoadedError(f'no such file: {url[:200]!r} (in {os.getcwd()})')
            return media_io.load_file(pathlib.Path(url))
        except (PictureFault, NotLoadedError):
            raise
        except ValueError as error:
            raise NotLoadedError(str(error)) from error

    return load_from_url


@PICTURES.patch(
    'lmdeploy.serve.processors.multimodal:MultimodalProcessor._parse_multimodal_item',
    'The same, for PIL images; and an address given as `image_data` was fetched by transformers, from anywhere.',
)
def check_images(old):

    def _parse_multimodal_item(i, in_messages, out_messages, *args, **kwargs):
        from PIL import Image

        old(i, in_messages, out_messages, *args, **kwargs)
        content = out_messages[i].get('content')
        for part in content if isinstance(content, list) else ():
            if part.get('type') != 'image' or 'data' not in part:
                continue
            if not isinstance(part['data'], Image.Image):
                kind = type(part['data']).__name__
                raise ValueError(f'image_data must be a PIL image, not {kind}; a file or an address is an image_url')
            part['data'] = as_rgb(part['data'])

    return _parse_multimodal_item


# ---------------------------------------------------------------- models


@PICTURES.patch(
    'lmdeploy.serve.core.vl_async_engine:VLAsyncEngine.__init__',
    'Where the change of LLaVA-NeXT is made.',
)
def repair_processors(old):

    def __init__(self, *args, **kwargs):
        from lmdeploy.vl.model import builder  # noqa: F401

        PICTURES.apply_late()
        old(self, *args, **kwargs)

    return __init__


@PICTURES.patch(
    'lmdeploy.pytorch.models.patch:_get_model_class',
    "Where the change of Qwen2-VL is made, in the engine's own process too.",
)
def repair_models(old):

    def _get_model_class(config, module_map):
        model_class = old(config, module_map)
        PICTURES.apply_late()
        return model_class

    return _get_model_class


@PICTURES.patch(
    'lmdeploy.vl.model.llava_next:LlavaNextVisionModel.build_preprocessor',
    'LLaVA-NeXT (v1.6) does not start with transformers 5: what counts its tokens is asked of another class there.',
    late=True,
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


@PICTURES.patch(
    'lmdeploy.pytorch.models.qwen2_vl:VisionMlp.__init__',
    "Qwen2-VL's vision tower has quick_gelu; LMDeploy takes gelu for it, and some answers differ.",
    late=True,
)
def quick_gelu(old):

    def __init__(self, config, *args, **kwargs):
        old(self, config, *args, **kwargs)
        if config.hidden_act == 'quick_gelu':
            from transformers.activations import ACT2FN

            self.act = ACT2FN['quick_gelu']

    return __init__


# ---------------------------------------------------------------- answers


@PICTURES.patch(
    'lmdeploy.serve.core.async_engine:AsyncEngine.preprocess',
    "'Request preprocessing failed.' was all that a program heard of a picture that cannot be read: now the reason too."
    " A server's client hears of faults of the picture alone: no path, no address.",
)
def say_why(old):

    async def preprocess(self, *args, **kwargs):
        from lmdeploy.serve.core.exceptions import ErrorCode, RequestError

        try:
            return await old(self, *args, **kwargs)
        except RequestError as error:
            cause = error.__cause__
            if getattr(self, 'in_a_pipeline', False):
                if error.code is not ErrorCode.PREPROCESS_FAILED or cause is None:
                    raise
                why = next(iter(str(cause).splitlines()), '')
                raise RequestError(error.code, f'{error.message.rstrip(".")}: {type(cause).__name__}: {why}') from cause
            if isinstance(cause, NotLoadedError):
                raise RequestError(
                    error.code, 'No picture could be loaded from where the request says it is.'
                ) from cause
            raise

    return preprocess


@PICTURES.patch(
    'lmdeploy.pipeline:Pipeline.infer',
    'A question about a picture that could not be worked on got an empty answer: now a PictureError with the reason.',
)
def raise_for_pictures(old):

    def infer(self, prompts, *args, **kwargs):
        self.async_engine.in_a_pipeline = True
        answers = old(self, prompts, *args, **kwargs)
        if has_media(prompts):
            responses = answers if isinstance(answers, list) else [answers]
            for number, response in enumerate(responses, start=1):
                if response.finish_reason == 'error':
                    which = f'prompt {number} of {len(responses)}: ' if len(responses) > 1 else ''
                    raise PictureError(f'{which}{response.error_message}', responses)
        return answers

    return infer


@PICTURES.patch('lmdeploy.pipeline:Pipeline.stream_infer', 'The same, for streams and chat.')
def raise_in_streams(old):

    def stream_infer(self, prompts, *args, **kwargs):
        self.async_engine.in_a_pipeline = True
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
    if isinstance(prompts, list):
        return any(has_media(prompt) for prompt in prompts)
    return True  # (text, picture), which may be two texts: an address is one
