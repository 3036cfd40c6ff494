"""The exercises of the chapters: what is right, the mistakes that people make, and anything else."""

import dataclasses
import importlib
import json
import pkgutil
import shutil
from types import SimpleNamespace

import pytest
import requests
import torch
from safetensors.torch import save_file

import lessons.exercises
from helpers import inspect_checkpoint
from helpers.checkpoints.geometry import GEOMETRIES, Geometry
from helpers.memory import MIB, DeviceMemory
from helpers.models import EMBEDDED
from lessons.exercises import checking
from lessons.kv_cache import kv_bytes_per_token, predict_memory
from lessons.llama import llama_folder
from lessons.serving.figures import LoadMeasurement, RequestTiming
from lessons.w4a16.awq import check_quantizable
from lessons.w4a16.calibration import CalibrationDataset

TINY_CHAT = EMBEDDED / 'tiny-chat'
SEVEN_B = GEOMETRIES['internlm2-chat-7b']


def all_numbers() -> list[str]:
    for module in pkgutil.iter_modules(lessons.exercises.__path__):
        importlib.import_module(f'lessons.exercises.{module.name}')
    return sorted(checking._JUDGES)


@pytest.mark.parametrize('number', all_numbers())
@pytest.mark.parametrize(
    'rubbish',
    ['a text', float('nan'), -1, True, [], {}, object(), torch.ones(2)],
    ids=lambda rubbish: type(rubbish).__name__,
)
def test_rubbish_gets_a_sentence_and_is_never_right(says, number, rubbish):
    parameters = len(checking.inspect.signature(checking.judge_of(number)).parameters)
    said = says(number, *[rubbish] * parameters)
    assert not says.right
    assert said.startswith(f'{number} ? ') or said.startswith(f'{number} ✗ ')
    assert said.strip()[-1] in '.'
    assert ' object at 0x' not in said


@pytest.mark.parametrize('number', all_numbers())
def test_without_an_answer_there_is_nothing_to_check(says, number):
    parameters = len(checking.inspect.signature(checking.judge_of(number)).parameters)
    assert 'nothing to check yet' in says(number, *[...] * parameters)
    assert says.state == 'open'


def test_0_1(expected):
    right = SEVEN_B.num_parameters * 2 / 2**30
    expected(
        '0.1',
        ((right,), 'Right: 14.41 GiB'),
        ((2 * right,), '4 bytes a parameter'),
        ((right / 2,), '1 byte a parameter'),
        ((SEVEN_B.num_parameters * 2 / 1e9,), 'right in GB'),
        ((SEVEN_B.num_parameters * 2,), 'right in bytes'),
        ((14,), 'That is 2 × 7'),
        ((13.04,), 'rounded down'),
        ((7.74,), 'billions of parameters'),
    )


def test_0_2(says, expected, tmp_path):
    whole = inspect_checkpoint(TINY_CHAT)
    copy = tmp_path / 'copy'
    copy.mkdir()
    for name in ('config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'):
        shutil.copy(TINY_CHAT / name, copy)
    (copy / 'model.safetensors').symlink_to(TINY_CHAT / 'model.safetensors')
    config = json.loads((copy / 'tokenizer_config.json').read_text())
    del config['chat_template']
    (copy / 'tokenizer_config.json').write_text(json.dumps(config))
    bare = inspect_checkpoint(copy)
    (copy / 'model.safetensors').unlink()
    weightless = inspect_checkpoint(copy)
    expected(
        '0.2',
        ((True, bare), 'Right: it loads'),
        ((False, bare), 'That is the trap'),
        ((True, whole), 'finds nothing wrong'),
        ((True, weightless), 'more than that: weights'),
        ((True, inspect_checkpoint(tmp_path / 'nowhere')), 'Something else is missing: folder'),
    )
    assert 'inspect_checkpoint(folder)' in says('0.2', True, str(copy))


def test_0_3(says, expected):
    before = DeviceMemory(1024 * MIB, 3072 * MIB, 4096 * MIB, None, 'test', 'card')

    def taking(mib):
        return dataclasses.replace(before, used_bytes=(1024 + mib) * MIB, free_bytes=(3072 - mib) * MIB)

    expected(
        '0.3',
        ((before, taking(768)), 'Right: 768 MiB'),
        ((before, taking(0)), 'before you delete'),
        ((before, taking(3072)), 'divide the bytes by 4'),
        ((before, taking(192)), 'a sixteenth'),
        ((before, taking(1536)), 'float64'),
        ((before, taking(1024)), 'the whole device'),
        ((before, taking(300)), 'Too low, by a factor of 2.56'),
    )
    assert 'Right' in says('0.3', before, taking(770)), 'what else a process takes meanwhile does not count'


def test_1_1(expected):
    expected(
        '1.1',
        ((2.311,), 'Right: 2.311 ms'),
        ((0.0722,), 'each of the 32'),
        ((1.9,), 'batch 1'),
        ((432.7,), 'turn it over'),
        ((0.002311,), 'right in s'),
    )


@pytest.mark.parametrize(
    ('one_s', 'sixteen_s', 'right'),
    [([1, 1.2], [2, 2.1], 'b'), ([2, 2.1], [1, 1.2], 'a'), ([1, 1.2], [1.1, 1.3], 'c')],
)
def test_1_2(says, one_s, sixteen_s, right):
    for letter in 'abc':
        said = says('1.2', letter, one_s, sixteen_s)
        assert says.right == (letter == right)
        assert 'On your machine' in said
    assert 'none of the letters a, b, c' in says('1.2', 'x', one_s, sixteen_s)
    assert 'lists of seconds' in says('1.2', right, 1.0, 2.0)


def test_1_3(expected):
    of = Geometry.from_config(TINY_CHAT)
    mlp, attention = 3 * of.hidden_size * of.intermediate_size, 2 * of.hidden_size * (of.num_heads + 1) * of.head_dim
    right = 2 * (mlp + attention + 2 * of.hidden_size) / MIB
    expected(
        '1.3',
        ((right, of), 'Right: 1.501 MiB'),
        ((6 * right, of), 'all layers'),
        ((2 * of.num_parameters / MIB, of), 'the whole model'),
        ((2 * of.num_parameters / MIB / 6, of), 'embeddings and output'),
        ((right / 2, of), '1 byte'),
        ((2 * right, of), 'float32'),
        ((2 * mlp / 3 * 2 / MIB + 2 * attention / MIB, of), 'three matrices'),
        ((right + 2 * 2 * 128 * 256 / MIB, of), 'num_kv_heads'),
        ((right * 2**20, of), 'right in bytes'),
    )


def test_1_4(says, expected):
    rows = [[9, 0, 0], [5, 4, 0], [5, 4.9, 0], [2, 1.9, 1.7]]  # the third is the nearest tie
    logits = torch.tensor(rows)
    logits[3] = torch.tensor([2.0, 1.5, 1.4])  # the fourth the least likely first
    expected(
        '1.4',
        ((2, logits), 'Right: there 0.10'),
        ((0, logits), 'surest: 9.00'),
        ((3, logits), 'lowest probability'),
        ((1, logits), 'somewhere it is less'),
    )
    logits[3] = torch.tensor([9.0, 1.5, 1.4])
    assert 'the first token is step 0' in says('1.4', 3, logits)
    assert 'from 0 to 3' in says('1.4', 4, logits)
    assert 'from 0 to 3' in says('1.4', 1.5, logits)


def test_2_1(expected):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(TINY_CHAT)
    said = ('user', 'hello'), ('assistant', 'Hello! How are you?'), ('user', 'who are you?')
    turns = [{'role': role, 'content': content} for role, content in said]
    right = len(tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_dict=True)['input_ids'])
    bare = ''.join(turn['content'] for turn in turns)
    expected(
        '2.1',
        ((right, turns, tokenizer), f'Right: {right} tokens'),
        ((13, turns, tokenizer), 'the last message alone'),
        ((right - 3, turns, tokenizer), "model's turn"),
        ((len(bare), turns, tokenizer), 'characters'),
        ((len(tokenizer(bare, add_special_tokens=False).input_ids), turns, tokenizer), 'adds tokens to each message'),
        ((right + 1, turns, tokenizer), 'Too high, by'),
    )


def test_2_2(says, expected):
    expected(
        '2.2',
        ((['a', 'a', 'b'],), 'Right'),
        ((['a', 'a', 'a'],), 'that is the trap'),
        ((['a', 'b', 'c'],), 'set random_seed'),
    )
    assert 'Right' in says('2.2', [SimpleNamespace(text=t) for t in 'aab']), 'responses of pipe'
    assert 'a list of three stories' in says('2.2', ['a', 'a'])
    assert 'not empty' in says('2.2', ['', '', 'b'])


def responses(*lengths):
    return [SimpleNamespace(generate_token_len=n, input_token_len=9, text='') for n in lengths]


def test_2_3(expected):
    four = responses(24, 42, 25, 46)
    expected(
        '2.3',
        ((137 / 46, four), '137 steps become 46'),
        ((4, four), 'equally long'),
        ((137, four), 'divide by the steps together'),
        ((46, four), 'one after the other?'),
        ((46 / 137, four), 'Turn it over'),
        ((46 / 24, four), 'no gain of the batch'),
    )


def test_2_4(expected):
    def answer(tokens, text):
        return SimpleNamespace(generate_token_len=9, input_token_len=tokens, text=text)

    plain, deaf, heeding = answer(14, 'I am tiny-chat.'), answer(27, 'I am tiny-chat.'), answer(27, 'I am Momo!')
    expected(
        '2.4',
        (('c', plain, deaf), 'trained to heed it'),
        (('a', plain, deaf), '13 more tokens were read'),
        (('b', plain, deaf), 'The template wrote it out'),
        (('d', plain, deaf), 'does the name change?'),
        (('c', plain, plain), 'no more tokens in'),
    )
    expected('2.4', (('d', plain, heeding), 'more tokens were read'), (('a', plain, heeding), 'more tokens'))


def test_3_1(expected):
    expected(
        '3.1',
        ((2048,), 'Right: 2,048 MiB'),
        ((1024,), 'a key and a value'),
        ((8192,), 'Count KV heads'),
        ((64,), 'one layer; it has 32'),
        ((256,), 'one conversation'),
        ((4096,), 'float32'),
        ((16,), 'one head is 128 numbers'),
        ((131072,), 'bytes of one token'),
        ((16384,), 'Those are the tokens'),
        ((2147.5,), 'right in MB'),
        ((2.147,), 'right in GB'),
        ((2,), 'right in GiB'),
    )


@pytest.fixture
def run():
    """What `measure(cache_max_entry_count=…)` of chapter 3 gives, without an engine."""

    def measured(ratio):
        given = {'engine': 'pytorch', 'device': 'cpu', 'max_batch_size': 128, 'session_len': 4096}
        p = predict_memory(TINY_CHAT, 2**31, cache_max_entry_count=ratio, **given)
        return p, p.engine_bytes, (p.num_blocks, p.pool_bytes), []

    return measured


def test_3_2(says, expected, run):
    p, took, cache, _ = run(0.6)
    token_bytes = p.block_bytes / 64
    expected(
        '3.2',
        ((p.tokens, run(0.6)), f'Right: {p.tokens:,} tokens'),
        ((p.num_blocks, run(0.6)), 'Those are blocks'),
        ((0.6 * 2**31 / token_bytes, run(0.6)), 'a share of what the weights leave'),
        ((p.pool_bytes / MIB, run(0.6)), 'MiB of the cache'),
        ((p.engine_bytes / token_bytes, run(0.6)), 'counts the weights'),
        ((p.tokens, run(0.5)), 'ran with ratio 0.5'),
    )
    blocks = cache[0] // 2  # an engine that made another cache than was foreseen
    assert 'Right' in says('3.2', 64 * blocks, (p, took, (blocks, 0), []))
    assert 'Right' in says('3.2', p.tokens, (p, took, None, [])), 'TurboMind does not tell'


def test_3_3(says, expected):
    expected(
        '3.3',
        (({'bf16': 13, 'int4': 51},), '3.9 times as many'),
        (({'bf16': 51, 'int4': 13},), 'the wrong way round'),
        (({'bf16': 13, 'int4': 52},), 'Not quite 4 times'),
        (({'bf16': 13, 'int4': 25},), 'int4: That is int8'),
        (({'bf16': 26, 'int4': 51},), 'bf16: That is with W4A16'),
        (({'bf16': 27, 'int4': 51},), 'still stands at 2048'),
        (({'bf16': 13, 'int4': 7},), 'Too low'),
    )
    assert 'a dictionary' in says('3.3', {'bf16': 13})
    assert 'is text' in says('3.3', {'bf16': 'many', 'int4': 51})


@pytest.mark.parametrize(('floats', 'plain', 'other'), [('float32', 0.1, 0.2063), ('bfloat16', 0.2, 0.1063)])
def test_3_4(says, expected, floats, plain, other):
    of = Geometry.from_config(TINY_CHAT)
    right = 0.4 * kv_bytes_per_token(of, 8, floats) / kv_bytes_per_token(of, 0, floats)
    expected(
        '3.4',
        ((round(right, 3), of, floats), 'Right: 0.'),
        ((0.4, of, floats), 'That is the trap'),
        ((plain, of, floats), 'a scale and a zero point'),
        ((other, of, floats), f'this cache is in {floats}'),
        ((0.16 / right, of, floats), 'divide'),
        ((100 * right, of, floats), 'in %'),
    )
    assert 'floats is FLOATS' in says('3.4', 0.1, of, 'int8')


def test_4_1(says, expected):
    model = llama_folder(TINY_CHAT)
    of = check_quantizable(model, w_group_size=64, engine='pytorch')
    expected(
        '4.1',
        ((4.3125, model), f'Right: 4.312 bits. In your model {of.group_bytes / MIB:.3f} MiB'),
        ((4, model), 'the numbers alone'),
        ((4.25, model), 'zero point is missing'),
        ((4.0625, model), 'scale is missing'),
        ((4.5, model), 'has 4 bits, not 16'),
        ((4.156, model), 'groups of 128'),
        ((24, model), 'divide their 20 bits by the 64'),
        ((8 * of.total_bytes / (2 * of.packed_bytes), model), 'counts embeddings and output head'),
        ((4.3125 / 8, model), 'right in bytes'),
    )
    assert 'model is MODEL' in says('4.1', 4.3125, 'tiny-chat')
    assert 'does not go into groups of 64' in says('4.1', 4.3125, TINY_CHAT.parent)


@pytest.fixture
def packed(tmp_path):
    """packed(name, scale, …): a folder with one matrix of 64 × 64 in W4A16; or in 16 bit."""

    def make(name, scale=1.0, groups=1, quantised=True):
        folder = tmp_path / name
        folder.mkdir()
        scales = torch.full((groups, 64), 0.5, dtype=torch.float16)
        scales[:, :16] *= scale  # a quarter of them
        tensors = {
            'a.qweight': torch.zeros(64, 8, dtype=torch.int32),
            'a.qzeros': torch.zeros(groups, 8, dtype=torch.int32),
            'a.scales': scales,
        }
        save_file(tensors if quantised else {'a.weight': scales}, folder / 'model.safetensors')
        (folder / 'config.json').write_text('{}')
        return folder

    return make


def test_4_2(says, expected, packed, tmp_path):
    text, awq, mine = CalibrationDataset(tmp_path, 3, 5000), packed('awq'), packed('mine', scale=2)
    expected(
        '4.2',
        ((mine, text, awq), 'Right: 5,000 tokens of your own, and 25% of the scales differ'),
        ((awq, text, awq), "the chapter's own folder"),
        ((packed('same'), text, awq), 'the same text was read'),
        ((packed('plain', quantised=False), text, awq), 'not quantised'),
        ((packed('other', groups=2), text, awq), "Other weights than the chapter's"),
        ((tmp_path, text, awq), 'No engine can load that folder'),
    )
    assert 'Right' in says('4.2', str(mine), text, awq)
    assert 'my_text is what' in says('4.2', mine, tmp_path, awq)
    assert 'mine is the folder' in says('4.2', tmp_path / 'nowhere', text, awq)


def test_4_3(says, expected):
    expected(
        '4.3',
        ((0.53,), 'Right: At 0.53 29,568 tokens fit; 29,568 are asked for. In all 2,176 MiB less'),
        ((0.8,), 'That is the trap'),
        ((0.4,), '21,504 tokens fit; 29,568 are asked for. A larger ratio'),
        ((0.54,), 'A smaller ratio is enough'),
        ((0.33,), 'the cache does not'),
        ((53,), 'between 0 and 1'),
    )
    assert 'in two decimals' in says('4.3', 0.539)


def test_4_4(expected):
    expected(
        '4.4',
        ((2.92,), 'on the H200 of section 4.7 it is 0.66 times'),
        ((2.45,), 'of their table one row is read'),
        ((4,), '4 bits for 16'),
        ((3.85,), 'the output head stays at 16 bits'),
        ((0.342,), 'Turn it over'),
        ((2,), 'Too low, by 32 %'),
    )


TALK = [
    {'role': 'user', 'content': 'my name is Ling'},
    {'role': 'assistant', 'content': 'Nice to meet you, Ling!'},
    {'role': 'user', 'content': 'what is my name?'},
]


class Answering:
    """A server that answers with a status and what is given."""

    model_name = 'tiny-chat-4bit'

    def __init__(self, status_code=200, **body):
        message = {'content': 'Your name is Ling.'}
        self.body = body or {'choices': [{'message': message}], 'usage': {'prompt_tokens': 37}}
        self.status_code = status_code

    def post(self, path, body):
        json.dumps(body)
        return SimpleNamespace(status_code=self.status_code, json=lambda: self.body)


class Silent(Answering):
    def post(self, path, body):
        raise requests.ConnectionError('refused')


def test_5_1(says, expected):
    def asks(messages, **more):
        return {'model': 'tiny-chat-4bit', 'messages': messages} | more

    expected(
        '5.1',
        ((asks(TALK), Answering()), 'Right: 37 tokens went in. The model says: Your name is Ling.'),
        ((asks('what is my name?'), Answering()), 'is refused with 400'),
        ((asks(TALK[2:]), Answering()), 'That is the trap'),
        ((asks([{'role': 'system', 'content': 'Be kind.'}, TALK[2]]), Answering()), 'That is the trap'),
        ((asks(TALK[::2]), Answering()), 'its role is assistant'),
        ((asks(TALK[:2]), Answering()), 'The question comes last'),
        ((asks([*TALK[:2], {'role': 'user', 'content': 'Am I Ling?'}]), Answering()), 'has the name in it'),
        ((asks(TALK, stream=True), Answering()), 'Leave stream out'),
        ((asks(TALK), Answering(404, message='no such model')), 'The server answers 404: no such model.'),
        ((asks(TALK), Answering(500, detail='?')), 'The server answers 500: no reason given.'),
        ((asks(TALK), Silent()), 'ConnectionError): does the server run?'),
        ((asks(TALK, stop={1}), Answering()), 'TypeError'),
    )
    assert 'request is a dictionary' in says('5.1', TALK, Answering())
    assert 'server is the one' in says('5.1', asks(TALK), object())


MACHINE = 'root@ssh.intern-ai.org.cn -p 33087'


def test_5_2(says, expected):
    expected(
        '5.2',
        ((f'ssh -CN -L 8000:127.0.0.1:23333 {MACHINE}',), 'Right: then http://127.0.0.1:8000'),
        ((f'ssh -CNg -L 8000:127.0.0.1:23333 {MACHINE}',), 'to your whole network'),
        ((f'ssh -CN -L 0.0.0.0:8000:127.0.0.1:23333 {MACHINE}',), 'to your whole network'),
        ((f'ssh -CN -L 23333:127.0.0.1:8000 {MACHINE}',), 'the wrong way round'),
        ((f'ssh -CN -L 23333:127.0.0.1:23333 {MACHINE}',), 'it is to be port 8000'),
        ((f'ssh -CN -L 8000:127.0.0.1:8000 {MACHINE}',), 'listens on port 23333'),
        ((f'ssh -CN -L 8000:ssh.intern-ai.org.cn:23333 {MACHINE}',), 'is looked up from there'),
        ((f'ssh -CN -L 8000:23333 {MACHINE}',), '-L takes three'),
        ((f'ssh -CN -L 1:2:3:4:5 {MACHINE}',), '-L takes three'),
        ((f'ssh -CN -L :8000:127.0.0.1:23333 {MACHINE}',), 'to your whole network'),
        ((f'ssh -CN -R 8000:127.0.0.1:23333 {MACHINE}',), 'the other way'),
        ((f'ssh -CN {MACHINE}',), 'No port is passed on'),
        (('ssh -CN -L 8000:127.0.0.1:23333 root@ssh.intern-ai.org.cn',), 'knocks at port 22'),
        (('ssh -CN -L 8000:127.0.0.1:23333 root@ssh.intern-ai.org.cn -p 23333',), 'the port of ssh itself'),
        (('ssh -CN -L 8000:127.0.0.1:23333 ssh.intern-ai.org.cn -p 33087',), 'The user is missing'),
        (('ssh -CN -L 8000:127.0.0.1:23333 root@elsewhere -p 33087',), 'The machine is root@ssh.intern-ai.org.cn'),
        (('ssh -CN -L 8000:127.0.0.1:23333 -p 33087',), 'The machine is missing'),
        ((f'ssh -CN -L 8000:127.0.0.1:23333 {MACHINE} 33087',), 'a command to run there'),
        (('ssh -CN -L',), 'ssh does not take that'),
        (('ssh "',), 'no terminal reads that'),
        (('lmdeploy serve',), 'begins with ssh'),
    )
    other = 'ssh -p 33087 -L localhost:8000:localhost:23333 -l root ssh.intern-ai.org.cn'
    assert 'Right' in says('5.2', other), 'another order, and no -N'
    assert 'Without -N' in says('5.2', other)


def test_5_3(says, expected):
    def messages_for(message, history, system):
        before = [{'role': 'system', 'content': system}] if system else []
        turns = [{'role': turn['role'], 'content': turn['content']} for turn in history]
        return [*before, *turns, {'role': 'user', 'content': message}]

    def with_all_fields(message, history, system):
        return [*messages_for(message, [], system)[:1], *history, *messages_for(message, [], '')]

    def changing(message, history, system):
        history.append({'role': 'user', 'content': message})
        return history

    def repeated(message, history, system):
        return [*messages_for(message, history, system)[:-1], *messages_for(message, [], system)]

    expected(
        '5.3',
        ((messages_for,), 'Right. Now give it to your page'),
        ((lambda m, h, s: [{'role': 'system', 'content': s}, *messages_for(m, h, '')],), 'then leave it out'),
        ((lambda m, h, s: messages_for(m, h, '')[:-1] if not s else messages_for(m, h, s),), 'something else is off'),
        ((lambda m, h, s: messages_for(m, h, ''),), 'is not in it'),
        ((lambda m, h, s: [*messages_for(m, h, ''), {'role': 'system', 'content': s}],), 'comes first'),
        ((lambda m, h, s: messages_for(m, [], s),), 'The history is not in it'),
        ((lambda m, h, s: messages_for(m, h, s)[:-1],), 'The new message is not in it'),
        ((repeated,), 'One system message is enough'),
        ((with_all_fields,), 'role and content alone'),
        ((changing,), "It changes Gradio's history"),
        ((lambda m, h, s: messages_for(m, h[::-1], s),), 'roles system, assistant, user, user;'),
        ((lambda m, h, s: m,), 'It gives a str'),
        ((lambda m, h: h,), 'raises TypeError'),
    )
    assert 'the function itself' in says('5.3', messages_for('a', [], ''))


def load(clients=32, tokens=19, answer=16, first_s=0.1, end_s=1.0, errors=()):
    timing = RequestTiming(tokens, answer, 0.0, first_s, end_s)
    return LoadMeasurement(clients, end_s, 0.0, (timing,) * clients, errors)


def test_5_4(says, expected):
    turns = [[load(1), load(first_s=s)] for s in (0.1, 0.2, 0.09)]
    long = load(tokens=1011, first_s=2.0, end_s=4.0)
    expected(
        '5.4',
        (('c', long, turns), 'together fell by a factor of 4, each by 4, TTFT grew by 20. A first token waits'),
        (('a', long, turns), 'On your machine'),
        (('b', long, turns), 'On your machine'),
        (('c', load(1, tokens=1011), turns), 'Measure with 32 clients'),
        (('c', load(), turns), 'Your prompts have 19 tokens'),
        (('c', load(tokens=1011, answer=64), turns), 'have 64 tokens, those of section 5.5 16'),
        (('c', load(tokens=1011, errors=('too long.',)), turns), '1 requests failed: too long.'),
    )
    assert 'A first token' not in says('5.4', 'a', long, turns)
    assert says('5.4', 'c', load(tokens=1011, first_s=0.15, end_s=4.0), turns).count('✗')
    assert 'none of the letters' in says('5.4', 'd', long, turns)
    assert 'turns is the one' in says('5.4', 'c', long, [[]])
    assert 'long is what' in says('5.4', 'c', [long], turns)


def test_6_1(expected):
    expected(
        '6.1',
        ((5,), '2 × 5 tiles and a small one: 2,816 tokens'),
        ((6,), 'a small one of the whole besides'),
        ((5.63,), 'Round down'),
        ((4,), '12 tiles are the most; this shape gets 10'),
        ((61,), 'squeezed into a square'),
        ((11,), 'the tiles of one'),
        ((2819,), 'the tokens of one'),
        ((3,), 'Too low'),
    )


@pytest.mark.parametrize('counted', [[13, 52, 91], [20, 3351, 6682]], ids=['tiny-vlm', 'InternVL3'])
def test_6_2(says, expected, counted):
    one = counted[2] - counted[1]
    expected(
        '6.2',
        ((one, 3 * one, counted), f'Right: {one} a prompt'),
        ((3 * one, 3 * one, counted), 'in_third: That is the trap'),
        ((0, 3 * one, counted), 'names no picture'),
        ((one, one, counted), 'each of the three is read'),
        ((one, 2 * one, counted), 'The first prompt counts'),
        ((one, 6 * one, counted), 'once, not once a turn'),
        ((one + 4, 3 * one, counted), 'in_third: Too high'),
    )
    assert 'Right' in says('6.2', one - 3, 3 * one - 9, counted), 'without the marks'
    assert 'that of section 6.4' in says('6.2', one, 3 * one, counted[:2])


def test_6_3(expected):
    expected(
        '6.3',
        ((0.426,), '1534 MiB for the cache; at 0.8 the pictures would lack 1346 MiB'),
        ((0.574,), 'the cache may have the rest'),
        ((0.747,), 'not of the card'),
        ((0.1875,), 'not of the card'),
        ((0.612,), 'LLaVA'),
        ((0.997,), 'TurboMind'),
        ((1534,), 'the MiB of the cache'),
        ((42.6,), 'in %'),
        ((0.3,), 'Too low, by 30 %'),
    )


def test_6_4(says, expected):
    circle, other = 'I see a red circle.', 'I see a red diamond.'
    seen = {120: circle, 60: circle, 44: circle, 41: other, 20: circle, 8: 'I see a pink star.'}
    expected(
        '6.4',
        ((44, seen), 'At 41 it says: “I see a red diamond.”'),
        ((41, seen), 'At 41 it says'),
        ((20, seen), 'seen by luck: at 41'),
        ((120, seen), 'smaller ones are, too'),
        ((60, seen), 'Too high, by 36 %'),
        ((44, dict.fromkeys(seen, other)), 'begin larger'),
        ((60, {d: r for d, r in seen.items() if d != 44}), 'between 41 and 60 pixels'),
        ((44, {d: r for d, r in seen.items() if r == circle and d != 20}), 'down to 44 pixels: draw smaller'),
        ((44, seen | {200: other}), 'The largest, of 200 pixels, is not seen'),
    )
    assert 'Nothing smaller' in says('6.4', 2, {2: circle, 6: circle}), 'a model that sees all'
    assert 'a dictionary' in says('6.4', 44, [circle])
    assert 'is text' in says('6.4', 44, {'44': circle})


def test_7_1(says, expected):
    missing = ['lengths', 'at once', 'warm-up', 'repeats', 'device', 'version']
    expected(
        '7.1',
        ((set(missing),), 'Right: 6 of 8'),
        (({*missing, 'baseline'},), "'baseline' stands there: vLLM"),
        (({*missing, 'model'},), "'model' stands there: internlm2-20b"),
        *(((set(missing) - {fact},), f"'{fact}' is missing, too") for fact in missing),
    )
    assert 'Right' in says('7.1', missing)
    assert "'price': not in the list" in says('7.1', {'price', 'device'})


def test_7_1_of_a_claim_that_says_more(says, monkeypatch):
    """What is missing is read in the claim, not known beforehand."""
    claim = '- [2024/04] internlm2-20b on an A100, median of 5 runs, 1.8x faster than vLLM 0.4.0'
    said = SimpleNamespace(get_payload=lambda: claim)
    monkeypatch.setattr('lessons.exercises.chapter_07.metadata', lambda package: said)
    assert 'Right: 3 of 8' in says('7.1', {'lengths', 'at once', 'warm-up'})
    assert "'device' stands there: A100" in says('7.1', {'lengths', 'at once', 'warm-up', 'device'})
    claim = 'nothing'  # what a later LMDeploy may say
    assert 'no more' in says('7.1', {'lengths'})


def test_7_2(says, expected):
    per_token = [1.5, 3.6]  # 100 and 83.3 tokens/s
    expected(
        '7.2',
        ((1.2, per_token), 'A makes 83 tokens/s, B 100'),
        ((0.5, per_token), 'That is the trap'),
        ((2, per_token), 'and turned over'),
        ((0.833, per_token), 'Turn it over: B by A'),
        ((0.2083, per_token), 'there is a swap'),
        ((0.2, per_token), 'Too low, by a factor of 6'),
        ((100, per_token), "B's tokens/s: divide"),
        ((83.3, per_token), "A's tokens/s: divide"),
    )
    assert 'in Chinese and in English' in says('7.2', 1.2, [1.5, 0])


def test_7_3(expected):
    expected(
        '7.3',
        ((581.8,), '1024 tokens in 1.76 s'),
        ((36.4,), 'one user alone'),
        ((575.3,), '63 steps follow'),
        ((800,), 'Without the TTFT'),
        ((812.7,), 'Without the TTFT'),
        ((50,), 'once the first token is there'),
        ((110.6,), 'all at once'),
        ((1024,), 'divide by the seconds'),
        ((1.76,), 'the seconds of one answer'),
        ((9.09,), 'requests/s'),
        ((700,), 'Too high, by 20 %'),
    )


def test_7_4(says, expected):
    most = ('transformers', 256), ('w4a16', 1)
    expected(
        '7.4',
        (most, 'With 256 at once for both, LMDeploy is'),
        (most[::-1], 'transformers shall win'),
        ((('transformers', 8), ('compiled', 1)), 'LMDeploy shall lose'),
        ((('compiled', 8), ('turbomind', 8)), 'LMDeploy wins this, 1.9 times'),
        ((('compiled', 128), most[1]), 'the table prints four'),
        ((most[0], ('turbomind', 1)), 'a slower way'),
    )
    assert 'a key of speed' in says('7.4', ('transformers', 256), ('w4a16', 3))
    assert 'a key of speed' in says('7.4', 'transformers', 'w4a16')


def test_8_1(expected):
    expected(
        '8.1',
        ((8_650_752,), 'of the model'),
        ((360_448,), 'That is one layer'),
        ((1_376_256,), 'queries and values alone'),
        ((1_510_000_000,), 'which do not learn'),
        ((4_325_376,), 'Too low, by a factor of 2'),
    )


def test_8_2(expected):
    expected(
        '8.2',
        ((9.562,), 'An adapter has 16.5 MiB'),
        ((10,), 'ten of them lie beside'),
        ((9.954,), 'not one'),
        ((1,), 'as large as its base'),
        ((9.16,), 'not four'),
        ((0.1046,), 'Turn it over'),
        ((218.4,), 'the base by one adapter'),
        ((20,), 'Too high, by a factor of 2'),
    )


def test_8_3(says, tmp_path):
    folder = shutil.copytree(TINY_CHAT, tmp_path / 'mine')
    assert 'in order' in says('8.3', inspect_checkpoint(folder))
    file = folder / 'generation_config.json'
    file.write_text(json.dumps({'eos_token_id': 2}))
    assert 'Right: no engine refuses' in says('8.3', inspect_checkpoint(folder))
    settings = json.loads((folder / 'tokenizer_config.json').read_text())
    del settings['chat_template']
    (folder / 'tokenizer_config.json').write_text(json.dumps(settings))
    assert 'more than that one' in says('8.3', inspect_checkpoint(folder))
    (folder / 'tokenizer.json').unlink()
    assert 'another fault (tokenizer)' in says('8.3', inspect_checkpoint(folder))
    assert 'what inspect_checkpoint returns' in says('8.3', 'stop ids')
