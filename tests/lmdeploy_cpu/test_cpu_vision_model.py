"""A vision-language model (InternVL in transformers' format) on the CPU device: greedy tokens as transformers'."""

import base64
import io

import cpu_support as support
import pytest
import torch
from lmdeploy import GenerationConfig, PytorchEngineConfig, pipeline
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor, InternVLForConditionalGeneration

from training.vision import model as tiny
from training.vision.tokenizer import train_tokenizer

NEW_TOKENS = 20
EOS_IDS = [0, 2]


def noise(seed: int, width: int, height: int) -> Image.Image:
    """A picture of coarse noise."""
    generator = torch.Generator().manual_seed(seed)
    small = torch.randint(256, (8, 8, 3), generator=generator, dtype=torch.uint8)
    return Image.fromarray(small.numpy()).resize((width, height))


SQUARE, WIDE, TALL = noise(1, 192, 192), noise(2, 640, 150), noise(3, 60, 200)


@pytest.fixture(scope='module')
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp('internvl')
    tokenizer = train_tokenizer(['What is in the picture? 图里有什么？ How many are there?'] * 3)
    model = InternVLForConditionalGeneration(tiny.make_config(tokenizer.get_vocab_size(), smoke=True))
    support.spread_weights(model, seed=5)
    with torch.no_grad():  # tied and small embeddings: without this the logits would lie close together
        model.model.language_model.norm.weight *= 3 / (0.02 * 128**0.5)
    tiny.save(model, tokenizer, folder, {})
    return str(folder)


@pytest.fixture(scope='module')
def pipe(path):
    config = PytorchEngineConfig(device_type='cpu', dtype='float32', num_gpu_blocks=64, session_len=512)
    with pipeline(path, backend_config=config, log_level='ERROR') as pipe:
        yield pipe


@pytest.fixture(scope='module')
def reference(path):
    """reference(messages) -> token ids of transformers' greedy answer."""
    processor = AutoProcessor.from_pretrained(path, trust_remote_code=False)
    model = AutoModelForImageTextToText.from_pretrained(path, dtype=torch.float32, trust_remote_code=False).eval()

    @torch.inference_mode()
    def answer(messages):
        inputs = processor.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors='pt'
        )
        out = model.generate(
            **inputs,
            do_sample=False,
            max_new_tokens=NEW_TOKENS,
            eos_token_id=None,
            suppress_tokens=EOS_IDS,
            return_dict_in_generate=True,
            output_scores=True,
        )
        best = torch.cat(out.scores).topk(2).values
        assert float((best[:, 0] - best[:, 1]).min()) > 2e-4, 'two best tokens too close: change the seed'
        return out.sequences[0, inputs['input_ids'].size(1) :].tolist()

    return answer


def message(*parts, role='user'):
    content = [{'type': 'text', 'text': p} if isinstance(p, str) else {'type': 'image', 'image': p} for p in parts]
    return {'role': role, 'content': content}


def openai(messages):
    """The same with pictures as data URLs."""

    def part(p):
        if p['type'] == 'text':
            return p
        file = io.BytesIO()
        p['image'].save(file, 'png')
        return {
            'type': 'image_url',
            'image_url': {'url': f'data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}'},
        }

    return [m | {'content': [part(p) for p in m['content']]} for m in messages]


def ask(pipe, prompts):
    out = pipe(prompts, gen_config=GenerationConfig(max_new_tokens=NEW_TOKENS, ignore_eos=True, do_sample=False))
    return [answer.token_ids for answer in out]


def test_pictures_of_any_shape_in_one_batch(pipe, reference):
    pictures = [SQUARE, WIDE, TALL]
    got = ask(pipe, [('What is in the picture?', picture) for picture in pictures])
    want = [reference([message('What is in the picture?', picture)]) for picture in pictures]
    assert got == want
    assert len({tuple(tokens) for tokens in want}) == len(want)  # the model does look at them


def test_two_pictures_and_one_in_the_transcript(pipe, reference):
    two = [message('How many?', SQUARE, TALL)]
    turns = [
        message(WIDE, 'What is in the picture?'),
        message('A picture.', role='assistant'),
        message('How many are there?'),
    ]
    got = ask(pipe, [('How many?', [SQUARE, TALL])]) + ask(pipe, [openai(turns)])
    assert got == [reference(two), reference(turns)]


def test_text_alone(pipe, reference):
    assert ask(pipe, ['图里有什么？']) == [reference([message('图里有什么？')])]


@pytest.mark.parametrize(('dtype', 'want'), [('float32', torch.float32), ('bfloat16', torch.bfloat16)])
def test_the_type_of_the_pixels(dtype, want):
    from lmdeploy.vl.engine import _resolve_mm_feature_dtype

    assert _resolve_mm_feature_dtype(None, PytorchEngineConfig(device_type='cpu', dtype=dtype)) is want
