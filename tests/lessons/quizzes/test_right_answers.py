"""What is marked as right is right: worked out from the engine, a prediction, LMDeploy's source or a record.

Each function names the key of the right choice; a question that nothing here can decide says why in NOT_CHECKABLE.
"""

import ast
import base64
import dataclasses
import inspect
import json
import math
import re
import shutil
import socket
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path

import lmdeploy
import nbformat
import pytest
import torch
from lmdeploy import GenerationConfig, TurbomindEngineConfig, archs, pipeline, turbomind
from lmdeploy.messages import PytorchEngineConfig
from lmdeploy.pytorch.engine.executor.base import ExecutorBase
from lmdeploy.serve.openai.protocol import ChatCompletionRequest
from lmdeploy.serve.utils.server_utils import AuthenticationMiddleware
from safetensors.torch import save_file
from transformers import AutoTokenizer, InternVLConfig
from transformers.models.got_ocr2.image_processing_got_ocr2 import get_optimal_tiled_canvas

from helpers import engine_config, inspect_checkpoint, load_record, release
from helpers.checkpoints.geometry import GEOMETRIES
from helpers.models import EMBEDDED
from lessons.kv_cache import kv_bytes_per_token, predict_memory, weight_bytes
from lessons.quizzes.questions import all_questions
from lessons.timing import compare
from lessons.w4a16 import check_quantizable, group_grid, to_grid

ROOT = Path(__file__).resolve().parents[3]
SOURCE = Path(lmdeploy.__file__).parent
TINY_CHAT = EMBEDDED / 'tiny-chat'
SMALL = GEOMETRIES['internlm2-chat-1_8b']
GIB = 2**30
NOT_CHECKABLE = {
    'how-to-know': 'advice: how to find out, not what comes out',
    'on-your-card': 'there is no record of an A100',
    'nvidia-smi-slice': 'needs a slice of a card',
    'one-token-differs': 'advice; that 16-bit sums depend on their order is shown by order-of-sums',
}
SHOWN = {}  # id of a question: the function that gives the key of its right choice


def shows(identifier):
    def register(function):
        assert identifier not in SHOWN
        SHOWN[identifier] = function
        return function

    return register


def ask(number):
    return next(question for question in all_questions() if question.id == number)


# ---------------------------------------------------------------- what several need


@pytest.fixture(scope='module')
def pipe():
    """tiny-chat with a cache of 16 blocks, 1024 tokens: the fewest that LMDeploy accepts."""
    config = engine_config(engine='pytorch', num_gpu_blocks=16, session_len=2048, max_batch_size=16)
    made = pipeline(str(TINY_CHAT), backend_config=config, log_level='CRITICAL')
    yield made
    release(made)


def on_turbomind(free_bytes=8 * GIB, **arguments):
    given = {'session_len': 2048, 'max_batch_size': 128} | arguments
    return predict_memory(SMALL, free_bytes, engine='turbomind', **given)


def nearest(value, **candidates):
    return min(candidates, key=lambda key: abs(candidates[key] - value))


def slice_rows(**wanted):
    """Rows of the record of the 8182 MiB slice, with LMDeploy's own settings."""
    wanted = {'quant_policy': 0, 'session_len': 32768, 'max_batch_size': 384} | wanted
    rows = [r for r in load_record('h200/kv_cache').data['rows'] if r['slice_mib'] and len(r['arguments']) == 8]
    return [r for r in rows if wanted.items() <= r['arguments'].items()]


def speeds():
    rows = [r for r in load_record('h200/speed').data['rows'] if (r['model'], r['tokens_in']) == ('1_8b', 61)]
    return {(r['engine'], r['batch']): r['output_tokens_per_s'] for r in rows}


def stored(chapter, cell):
    """What a cell of a stored notebook has printed: that run was measured, and its next cell asserted it."""
    notebook = nbformat.read(next((ROOT / 'notebooks').glob(f'{chapter}_*.ipynb')), as_version=4)
    (found,) = (c for c in notebook.cells if c.id == cell)
    return ''.join(output.get('text', '') for output in found.outputs)


# ---------------------------------------------------------------- chapter 0


@shows('cost-of-a-link')
def _(tmp_path):
    link = tmp_path / 'link'
    link.symlink_to(TINY_CHAT)
    whole = sum(file.stat().st_size for file in TINY_CHAT.iterdir())
    return nearest(link.lstat().st_size, copy=whole, half=whole / 2, nothing=0)


@shows('broken-download')
def _(tmp_path):
    shutil.copytree(TINY_CHAT, tmp_path / 'cut')
    before = sorted(path.name for path in (tmp_path / 'cut').iterdir())
    with open(tmp_path / 'cut' / 'model.safetensors', 'r+b') as file:
        file.truncate(1_000_000)
    assert sorted(path.name for path in (tmp_path / 'cut').iterdir()) == before, 'names tell nothing'
    report = inspect_checkpoint(tmp_path / 'cut')
    assert inspect_checkpoint(TINY_CHAT).loadable
    return 'check' if not report.loadable and 'cut short' in str(report) else 'names'


@shows('bytes-of-bf16')
def _():
    return nearest(SMALL.weight_bytes('bfloat16'), one=1.9e9, two=3.8e9, four=7.6e9)


@shows('gb-and-gib')
def _():
    size = SMALL.weight_bytes('bfloat16')
    return 'units' if f'{size / 1e9:.2f}' == '3.78' and f'{size / 2**30:.2f}' == '3.52' else 'broken'


@shows('mib-of-a-tensor')
def _():
    numbers = torch.empty(64 * 2**20, dtype=torch.bfloat16, device='meta')
    return nearest(numbers.nelement() * numbers.element_size() / 2**20, same=256, half=128, quarter=64)


# ---------------------------------------------------------------- chapter 1


@shows('order-of-sums')
def _():
    a, b, c = torch.tensor([256, 1, 1], dtype=torch.bfloat16)
    return 'order' if (a + b) + c != a + (b + c) else 'bits'


@shows('asked-for-turbomind')
def _(monkeypatch):
    monkeypatch.setattr(turbomind, 'is_available', lambda: True)
    from lmdeploy.turbomind import supported_models

    monkeypatch.setattr(supported_models, 'is_supported', lambda *_, **__: False)
    engine, config = archs.autoget_backend_config(str(TINY_CHAT), TurbomindEngineConfig())
    return {'pytorch': 'fallback', 'turbomind': 'llama'}[engine] if isinstance(config, PytorchEngineConfig) else 'llama'


@shows('what-turbomind-is')
def _():
    line = [sys.executable, '-m', 'lmdeploy', 'convert', '--help']
    gone = subprocess.run(line, capture_output=True, text=True, timeout=300)
    return 'engine' if gone.returncode and "invalid choice: 'convert'" in gone.stderr else 'format'


@shows('seventy-billion')
def _():
    seven = GEOMETRIES['internlm2-chat-7b']
    assert 14e9 < seven.weight_bytes('bfloat16') < 16e9
    return nearest(seven.num_parameters, count=7e9, result=14e9, bytes=70e9)


@shows('safetensors-runs')
def _(tmp_path):
    """A length, a table in JSON, then as many bytes as the table says: nothing else is there that could run."""
    path = tmp_path / 'a.safetensors'
    save_file({'x': torch.ones(3), 'y': torch.zeros(2, 2)}, path)
    data = path.read_bytes()
    length = int.from_bytes(data[:8], 'little')
    table = ast.literal_eval(data[8 : 8 + length].decode())
    assert {key for entry in table.values() for key in entry} == {'dtype', 'shape', 'data_offsets'}
    return 'no' if max(e['data_offsets'][1] for e in table.values()) == len(data) - 8 - length else 'yes'


# ---------------------------------------------------------------- chapter 2


@shows('tokens-of-hello')
def _(pipe):
    tokens = len(AutoTokenizer.from_pretrained(TINY_CHAT)('hello', add_special_tokens=False).input_ids)
    read = pipe('hello', gen_config=GenerationConfig(max_new_tokens=1)).input_token_len
    assert tokens == 1
    return {1: 'one', 2: 'two'}.get(read, 'template')


@shows('no-template')
def _(tmp_path, caplog):
    from lmdeploy.model import get_chat_template

    shutil.copytree(TINY_CHAT, tmp_path / 'bare')
    settings = tmp_path / 'bare' / 'tokenizer_config.json'
    kept = {key: value for key, value in json.loads(settings.read_text()).items() if key != 'chat_template'}
    settings.write_text(json.dumps(kept))
    template = get_chat_template(str(tmp_path / 'bare'))
    said = template.messages2prompt([{'role': 'user', 'content': 'hello'}])
    assert not [r for r in caplog.records if r.levelname in ('WARNING', 'ERROR')]
    return 'bare' if said == 'hello' else 'default'


@shows('who-remembers-pipe')
def _(pipe):
    """The second question costs as many tokens as when it is the first."""
    one, question = GenerationConfig(max_new_tokens=16), 'what is my name?'
    fresh = pipe(question, gen_config=one)
    pipe('my name is Ling', gen_config=one)
    after = pipe(question, gen_config=one)
    return 'no' if (after.input_token_len, after.text) == (fresh.input_token_len, fresh.text) else 'engine'


@shows('second-turn')
def _(pipe):
    tokenizer, greedy = AutoTokenizer.from_pretrained(TINY_CHAT), GenerationConfig(max_new_tokens=32)
    session = pipe.chat('my name is Ling', gen_config=greedy)
    answer = session.response.text
    session = pipe.chat('what is my name?', session=session, gen_config=greedy)
    turns = [('user', 'my name is Ling'), ('assistant', answer), ('user', 'what is my name?')]

    def tokens(*which):
        messages = [{'role': turns[n][0], 'content': turns[n][1]} for n in which]
        text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        return len(tokenizer(text, add_special_tokens=False).input_ids)

    return nearest(session.response.input_token_len, new=tokens(2), questions=tokens(0, 2), all=tokens(0, 1, 2))


@shows('temperature-alone')
def _(pipe):
    story = '请给我讲一个小故事吧'
    ways = [GenerationConfig(temperature=2.0, random_seed=seed, max_new_tokens=32) for seed in (1, 2, 3)]
    texts = {pipe(story, gen_config=way).text for way in ways}
    texts.add(pipe(story, gen_config=GenerationConfig(max_new_tokens=32, do_sample=False)).text)
    return 'one' if len(texts) == 1 else 'three'


@shows('finished-by-length')
def _(pipe):
    cut = pipe('写一首春天的诗', gen_config=GenerationConfig(max_new_tokens=4))
    whole = pipe('写一首春天的诗', gen_config=GenerationConfig(max_new_tokens=200))
    assert whole.finish_reason == 'stop'
    return 'cut' if (cut.finish_reason, cut.generate_token_len) == ('length', 4) else 'long'


# ---------------------------------------------------------------- chapter 3


@shows('heads-of-the-cache')
def _():
    many = dataclasses.replace(SMALL, num_kv_heads=SMALL.num_heads)
    assert (SMALL.num_heads, SMALL.num_kv_heads) == (16, 8)
    share = kv_bytes_per_token(SMALL, 0, 'bfloat16') / kv_bytes_per_token(many, 0, 'bfloat16')
    return nearest(share, same=1, half=1 / 2, quarter=1 / 4)


@shows('grows-a-token')
def _():
    more = {
        'layers': dataclasses.replace(SMALL, num_layers=2 * SMALL.num_layers),
        'vocabulary': dataclasses.replace(SMALL, vocab_size=2 * SMALL.vocab_size),
        'prompt': SMALL,
    }
    size = kv_bytes_per_token(SMALL, 0, 'bfloat16')
    (grown,) = (key for key, of in more.items() if kv_bytes_per_token(of, 0, 'bfloat16') > size)
    return grown


@shows('ratio-of-what')
def _():
    p, free, card = on_turbomind(), 8 * GIB, 10 * GIB  # some of the card is in use
    return nearest(p.pool_bytes, card=0.8 * card, before=0.8 * free, left=0.8 * (free - p.weight_bytes))


@shows('larger-card')
def _():
    once, twice = (on_turbomind(size * GIB).engine_bytes for size in (8, 16))
    return 'same' if twice < 1.1 * once else 'double' if math.isclose(twice, 2 * once, rel_tol=0.01) else 'more'


@shows('hangs')
def _():
    (row,) = slice_rows(awq=False, cache_max_entry_count=0.01)
    return {'started': 'slow', 'hang': 'hangs'}.get(row['outcome'], 'error')


@shows('forbids')
def _():
    """On a card that is large enough to start."""
    p = on_turbomind(80 * GIB, cache_max_entry_count=0.01)
    large = on_turbomind(80 * GIB, cache_max_entry_count=0.8)
    assert not p.problem
    return 'room' if 0 < p.tokens < large.tokens / 50 else 'true'


@shows('more-than-fit')
def _(pipe):
    """Twelve conversations of more than 128 tokens take three blocks each; there are 16."""
    gen = GenerationConfig(max_new_tokens=16, ignore_eos=True)
    replies = pipe([' a' * 125] * 12, gen_config=gen)
    assert all(reply.input_token_len > 128 for reply in replies)
    whole = [reply.generate_token_len == 16 for reply in replies if reply.finish_reason != 'error']
    return 'wait' if whole == [True] * 12 else 'cut' if len(whole) == 12 else 'error'


@shows('longer-than-cache')
def _(pipe):
    reply = pipe(' a' * 1400, gen_config=GenerationConfig(max_new_tokens=4))
    return 'refused' if (reply.finish_reason, reply.generate_token_len) == ('error', 0) else 'head'


@shows('int8-total')
def _():
    plain, int8 = on_turbomind(), on_turbomind(quant_policy=8)
    assert int8.tokens > 1.9 * plain.tokens
    total = plain.engine_bytes
    return nearest(int8.engine_bytes, smaller=0.75 * total, half=total / 2, same=total)


@shows('int8-times')
def _():
    times = kv_bytes_per_token(SMALL, 0, 'bfloat16') / kv_bytes_per_token(SMALL, 8, 'bfloat16')
    return 'less' if 1.8 < times < 2 else nearest(times, twice=2, four=4)


@shows('make-smaller')
def _():
    now = on_turbomind()
    ways = {'int8': {'quant_policy': 8}, 'ratio': {'cache_max_entry_count': 0.45}}
    ways['both'] = ways['int8'] | ways['ratio']
    made = {key: on_turbomind(**way) for key, way in ways.items()}
    good = [key for key, p in made.items() if p.engine_bytes < 0.85 * now.engine_bytes and p.tokens >= now.tokens]
    assert len(good) == 1, good
    return good[0]


# ---------------------------------------------------------------- chapter 4


@shows('what-is-multiplied')
def _():
    """LMDeploy's kernel for the PyTorch engine: what goes into `tl.dot` was made 16 bits wide just before."""
    code = (SOURCE / 'pytorch' / 'kernels' / 'cuda' / 'awq_kernels.py').read_text(encoding='utf-8')
    loop = code[: code.index('tl.dot(a, b')].rpartition('for k in')[2]
    assert 'a = tl.load(a_ptrs)' in loop
    return 'sixteen' if 'w = _unpack_weight(qw)' in loop and 'b = (w - z) * s' in loop else 'mixed'


@shows('half-a-step')
def _():
    group = torch.cat([torch.tensor([-0.7, 0.8]), torch.rand(126, generator=torch.Generator().manual_seed(0)) - 0.5])
    scale, zero = (grid[0] for grid in group_grid(group[None], 128))
    moved = ((to_grid(group[None], scale, zero) - zero) * scale - group).abs().max().item()
    assert moved <= 0.05 + 1e-6
    return nearest(moved, half=0.05, step=0.1, sixteenth=1.5 / 16)


@shows('quarter-of-the-file')
def _():
    share = weight_bytes('internlm2-chat-1_8b', awq=True) / weight_bytes('internlm2-chat-1_8b')
    return 'more' if 0.38 < share < 0.42 else nearest(share, quarter=0.25, less=0)


@shows('smaller-groups')
def _():
    from lessons.llama import llama_folder

    folder = llama_folder(TINY_CHAT)
    wide, narrow = (check_quantizable(folder, w_group_size=size, engine='pytorch') for size in (128, 64))
    with pytest.raises(ValueError, match='128'):
        check_quantizable(folder, w_group_size=64, engine='turbomind')
    assert narrow.group_bytes == 2 * wide.group_bytes
    return 'larger' if narrow.total_bytes > wide.total_bytes else 'smaller'


@shows('weights-lose-two')
def _():
    full, four = (slice_rows(awq=awq, cache_max_entry_count=0.8)[0]['engine_mib'] for awq in (False, True))
    lost = weight_bytes('internlm2-chat-1_8b') - weight_bytes('internlm2-chat-1_8b', awq=True)
    assert lost > 2e9
    share = (full - four) * 2**20 / lost
    return 'less' if share < 0.6 else 'all' if share < 1.1 else 'more'


@shows('which-setting')
def _():
    now = on_turbomind().engine_bytes
    ways = {
        'ratio': {'cache_max_entry_count': 0.4},
        'policy': {'quant_policy': 8},
        'batch': {'max_batch_size': 256},
    }
    (smaller,) = (key for key, way in ways.items() if on_turbomind(**way).engine_bytes < 0.9 * now)
    return smaller


@shows('always-faster')
def _():
    speed = speeds()
    faster = {n: speed['w4a16', n] > speed['turbomind', n] for n in (1, 8, 32, 128)}
    return 'yes' if all(faster.values()) else 'no' if not any(faster.values()) else 'many'


# ---------------------------------------------------------------- chapter 5


@shows('who-remembers')
def _():
    """One server; the client forgets at `end`, and with it everybody."""
    known, forgotten = re.findall(r'>>> what is my name\?\n(.*)', stored('05', 'terminal'))
    assert 'Ling' in known
    return 'client' if 'Ling' not in forgotten else 'server'


@shows('presence-penalty')
def _():
    """The request may have it; the engine is told by a GenerationConfig, which has no such field."""
    told = {field.name for field in dataclasses.fields(GenerationConfig)}
    request = ChatCompletionRequest(model='m', messages=[], presence_penalty=2)  # not refused
    assert {'repetition_penalty', 'presence_penalty'} <= set(type(request).model_fields)
    assert 'repetition_penalty' in told
    return 'fewer' if 'presence_penalty' in told else 'nothing'


@shows('all-addresses')
def _():
    """LMDeploy's default; who listens there answers on every address, for example on 127.0.0.2."""
    assert "'--server-name', type=str, default='0.0.0.0'" in (SOURCE / 'cli' / 'serve.py').read_text(encoding='utf-8')

    def reached(listens):
        with socket.create_server((listens, 0)) as server:
            try:
                socket.create_connection(('127.0.0.2', server.getsockname()[1]), timeout=5).close()
            except OSError:
                return False
            return True

    return 'everyone' if reached('0.0.0.0') and not reached('127.0.0.1') else 'me'


@shows('without-a-key')
def _():
    passes = AuthenticationMiddleware(None, ['key']).skip_prefixes
    asked = {'models': '/v1/models', 'swagger': '/', 'health': '/health'}
    (free,) = (key for key, path in asked.items() if any(path.startswith(prefix) for prefix in passes))
    assert re.search(r'^/health +no key: 200', stored('05', 'without-key'), re.M)
    return free


def clients(n):
    return {row['clients']: row for row in load_record('h200/serving').data['rows']}[n]


@shows('more-clients')
def _():
    one, many = clients(1), clients(32)
    if many['output_tokens_per_s'] < 2 * one['output_tokens_per_s']:
        return 'shared'
    return 'each-less' if many['client_tokens_per_s'] < 0.95 * one['client_tokens_per_s'] else 'each-same'


@shows('ttft-grows')
def _():
    times = clients(32)['ttft_p50_s'] / clients(1)['ttft_p50_s']
    return 'longer' if times > 1.2 else 'shorter' if times < 0.8 else 'same'


@shows('ninety-six')
def _():
    running, waiting = map(int, re.search(r'(\d+) running, (\d+) waiting', stored('05', 'metrics-numbers')).groups())
    return 'wait' if (running, waiting) == (64, 32) else 'all'


@shows('whose-clock')
def _():
    server, client = map(
        float, re.search(r'([\d.]+) s the server, ([\d.]+) s', stored('05', 'metrics-numbers')).groups()
    )
    return 'client' if client > 1.5 * server else 'server' if server > 1.5 * client else 'same'


# ---------------------------------------------------------------- chapter 6


@shows('second-turn-picture')
def _():
    first, second = map(int, re.findall(r'turn: +(\d+) tokens in', stored('06', 'several')))
    words, with_picture = map(int, re.search(r'\[(\d+), (\d+),', stored('06', 'count-tokens')).groups())
    picture = with_picture - words
    assert first == with_picture
    return 'yes' if second > first else 'one' if second > first - picture else 'no'


@shows('data-url-size')
def _():
    return nearest(len(base64.b64encode(bytes(300_000))), same=300_000, third=400_000, double=600_000)


def tiles(width, height):
    columns, rows = get_optimal_tiled_canvas((height, width), (448, 448), 1, 12)
    return columns * rows + (columns * rows > 1)


@shows('small-picture-dear')
def _():
    small, wide = tiles(640, 480), tiles(1280, 720)
    return 'small' if small > wide else 'wide' if wide > small else 'same'


@shows('tokens-of-a-tile')
def _():
    config = InternVLConfig()
    assert (config.vision_config.image_size, config.vision_config.patch_size) == ((448, 448), (14, 14))
    assert config.downsample_ratio == 0.5
    return nearest(config.image_seq_length, patches=1024, half=512, tokens=256)


@shows('out-of-memory-later')
def _():
    """The record: after pictures, more is in use than the cache that was taken at the start."""
    rows = load_record('h200/vision').data['costs']
    return 'beside' if any(row['grown_mib'] > 1024 for row in rows) else 'cache'


@shows('room-for-the-tower')
def _():
    code = inspect.getsource(ExecutorBase._get_runtime_size)
    assert 'vocab_size' in code
    return 'one' if re.search('vision|image|pixel|tower', code) else 'none'


@shows('who-fetches')
def _():
    code = inspect.getsource(__import__('lmdeploy.vl.media.connection', fromlist=['_']))
    return 'server' if re.search(r'def _load_http_url.*?requests|client\.get|session\.get', code, re.S) else 'client'


@shows('file-address')
def _(tmp_path):
    from lmdeploy.vl.media.connection import load_from_url
    from lmdeploy.vl.media.image import ImageMediaIO
    from PIL import Image

    Image.new('RGB', (3, 4)).save(tmp_path / 'a.png')
    return 'opens' if load_from_url((tmp_path / 'a.png').as_uri(), ImageMediaIO()) else 'refuses'


# ---------------------------------------------------------------- chapter 7


@shows('characters-a-token')
def _():
    chinese, english = map(float, re.findall(r'tokens: ([\d.]+) characters a token', stored('07', 'flaw-words')))
    return 'chinese' if 100 / chinese > 1.5 * 100 / english else 'same'


@shows('overlapping-spreads')
def _():
    a, b = ([1 / speed for speed in speeds] for speeds in ((100, 110, 115, 118, 120), (115, 122, 125, 128, 130)))
    return 'faster' if compare(a, b).seen else 'unseen'


@shows('who-reads-more')
def _():
    read = [
        sum(map(int, row.split(','))) for row in re.findall(r'tokens in, .*?\[(.*?)\]', stored('07', 'flaw-history'))
    ]
    return 'transformers' if read[0] > read[1] else 'lmdeploy'


@shows('reads-the-fewest')
def _():
    speed = speeds()
    assert weight_bytes('internlm2-chat-1_8b', awq=True) < weight_bytes('internlm2-chat-1_8b')
    fewer_is_faster = [speed['w4a16', n] > speed['turbomind', n] for n in (1, 8, 32, 128)]
    fewer_is_faster.append(speed['kv8', 128] > speed['turbomind', 128])
    return 'true' if all(fewer_is_faster) else 'false' if any(fewer_is_faster) else 'false-one'


@shows('at-once')
def _():
    speed = speeds()
    alike = [speed['turbomind', n] / speed[base, n] for n in (1, 8, 32, 128) for base in ('transformers', 'compiled')]
    unlike = speed['turbomind', 128] / speed['transformers', 1]
    assert 600 < unlike < 700
    return 'load' if min(alike) > 1.5 and max(alike) < 8.5 else 'kernels'


@shows('one-factor')
def _():
    speed = speeds()
    alike = [speed['turbomind', n] / speed[base, n] for n in (1, 8, 32, 128) for base in ('transformers', 'compiled')]
    return 'none' if max(alike) > 2 * min(alike) else nearest(alike[0], six=6, two=2)


@shows('promise-of-1-8')
def _():
    lines = [line for line in metadata('lmdeploy').get_payload().splitlines() if '1.8x' in line]
    card = [line for line in lines if re.search(r'A100|H100|H200|4090|V100|GPU memory', line)]
    dated = {found[0] for line in lines for found in re.finditer(r'20\d\d', line)}
    assert any('up to 1.8x' in line for line in lines)
    return 'mine' if card else 'claim' if dated <= {'2024'} else 'today'


@shows('more-goodput')
def _():
    return 'b' if 0.6 * 50 < 1.0 * 40 else 'a'


# ---------------------------------------------------------------- chapter 8


def with_lora(linear):
    from peft import LoraConfig, get_peft_model

    return get_peft_model(torch.nn.Sequential(linear), LoraConfig(r=8, target_modules=['0']))


@shows('what-learns')
def _():
    model = with_lora(torch.nn.Linear(256, 256))
    learning = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    return {65_536: 'all', 4096: 'two', 8: 'rank'}[learning]


@shows('first-step')
def _():
    linear, x = torch.nn.Linear(256, 256), torch.randn(4, 256)
    before = linear(x)
    return 'same' if torch.equal(with_lora(linear)(x), before) else 'noise'


@shows('which-engine-adapts')
def _():
    from lmdeploy import PytorchEngineConfig, TurbomindEngineConfig

    takes = ['adapters' in config.__dataclass_fields__ for config in (PytorchEngineConfig, TurbomindEngineConfig)]
    return {(True, False): 'pytorch', (False, True): 'turbomind', (True, True): 'both'}[tuple(takes)]


@shows('how-to-choose')
def _():
    from types import SimpleNamespace

    from lmdeploy.serve.openai.utils import get_model_list

    adapters = {'mine': 'a', 'yours': 'b'}
    names = get_model_list(
        SimpleNamespace(
            async_engine=SimpleNamespace(model_name='base'), engine_config=SimpleNamespace(adapters=adapters)
        )
    )
    return 'model' if names == ['base', 'mine', 'yours'] else 'port'


@shows('adapter-or-merged')
def _():
    base = weight_bytes(SMALL)
    adapter = 2 * sum(8 * sum(s) for name, s in SMALL.tensors().items() if name.endswith('_proj.weight'))
    merged, adapters = 10 * base, base + 10 * adapter
    return 'same' if merged == adapters else 'adapters' if adapters < merged else 'merged'


@shows('bare-prompt')
def _(tmp_path):
    from lmdeploy.model import get_chat_template

    from lessons.own_model import spoil

    folder = spoil(TINY_CHAT, tmp_path, 'chat template lost', tmp_path / 'lost')
    sent = get_chat_template(str(folder)).messages2prompt([{'role': 'user', 'content': 'hello'}])
    return 'refuses' if not inspect_checkpoint(folder).loadable else 'bare' if sent == 'hello' else 'finds'


# ---------------------------------------------------------------- the tests


def test_every_question_is_shown_or_says_why_not():
    assert sorted([*SHOWN, *NOT_CHECKABLE]) == sorted(question.id for question in all_questions())


@pytest.mark.parametrize('question', [q for q in all_questions() if q.id in SHOWN], ids=lambda q: q.id)
def test_the_marked_choice_is_the_right_one(question, request):
    function = SHOWN[question.id]
    given = {name: request.getfixturevalue(name) for name in inspect.signature(function).parameters}
    (marked,) = (choice.key for choice in question.choices if choice.right)
    assert function(**given) == marked
