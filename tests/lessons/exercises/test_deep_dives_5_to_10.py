"""Exercises of chapter 10 and of the deep dives of chapters 5 to 10: what is right, and what is said of the rest."""

import json
import re
import shutil
from urllib.parse import urlsplit

import chapters
import nbformat
import pytest

from helpers import load_record, model_path
from helpers.checkpoints.geometry import GEOMETRIES
from lessons.exercises import chapter_10, deep_hardening
from lessons.scaling import is_whole
from lessons.speed import DeviceLimits, decode_step
from lmdeploy_cpu.patches.pictures import MOST_PIXELS


def test_10_1(expected):
    of = GEOMETRIES['internlm2-chat-20b']
    right = 2 * of.num_layers * 1 * of.head_dim * 2
    expected(
        '10.1',
        ((right,), 'as with 8 cards'),
        ((right / 2,), 'That is the trap'),
        ((8 * right,), 'with all its KV heads'),
        ((right / of.num_layers,), 'one layer; there are 48'),
        ((3 * right,), 'the KV heads alone'),
        ((right / 1024,), 'right in KiB'),
    )


def test_10_2(expected, says):
    expected(
        '10.2',
        (((1, 'replicas', 'direct'),), 'These give each client 1.4 times the speed'),
        (((2, 'tp', 'direct'),), 'That is the trap: most in all'),
        (((4, 'tp', 'direct'),), 'divide each row by its cards'),
        (((4, 'replicas', 'proxy'),), 'divide each row by its cards'),
        (((3, 'tp', 'direct'),), 'best is (cards, what, way)'),
        ((('20b', 1, 8, 'replicas', 'direct'),), 'best is (cards, what, way)'),
    )
    assert 'Right' in says('10.2', (1, 'replicas', 'proxy')), 'a difference inside the spread is none'


def test_10_3(expected, says):
    def by_fields(reply):
        return all(choice['finish_reason'] for choice in reply.get('choices') or [{'finish_reason': ''}])

    expected(
        '10.3',
        ((by_fields,), 'nothing is lost'),
        ((lambda reply: False,), 'refuses a whole answer'),
        ((lambda reply: True,), 'the error of the proxy'),
        ((lambda reply: 'error_code' not in reply,), 'choices=None'),
        ((lambda reply: reply.get('choices') is not None,), 'an empty list'),
        ((lambda reply: bool(reply.get('choices')),), 'without a finish_reason'),
        ((lambda reply: is_whole(reply) and 'length' not in str(reply),), 'refuses finish_reason length'),
        ((lambda reply: is_whole(reply) and bool(reply['choices'][0]['message']['content']),), 'refuses a tool call'),
        (
            (lambda reply: bool(reply.get('choices')) and bool(reply['choices'][0]['finish_reason']),),
            'the first choice alone',
        ),
        ((lambda reply: bool(reply['choices']),), 'raises KeyError when it gets this: {"error_code": 10402'),
    )
    assert 'without brackets' in says('10.3', True)


def test_the_error_of_the_proxy_is_lmdeploys():
    from lmdeploy.serve.proxy.utils import ErrorCodes

    assert chapter_10.DEAD['error_code'] == ErrorCodes.API_TIMEOUT.value


@pytest.mark.parametrize(
    ('card', 'cards'), [(10_659.3, 7), (40_000 / 0.7, 2), (40_000 / 0.7 - 1, 3)], ids=['record', 'just', 'not quite']
)
def test_across_machines_1(says, card, cards):
    """100 requests/s of 400 tokens."""
    assert f'Right: {cards} cards in all. 40,000 tokens/s' in says('across_machines.1', cards, card)
    assert says('across_machines.1', cards + 10, card).count('Too high')


def test_across_machines_1_mistakes(expected):
    card = 10_659.3
    expected(
        'across_machines.1',
        ((7, card), 'a card gives 7,462'),
        ((109, card), 'all of them at once'),
        ((108, card), 'all of them at once'),
        ((6, card), 'One card more'),
        ((5.361, card), 'And one more'),
        ((6.361, card), 'Round up: a part of a card is a card.'),
        ((5, card), '70 % full at most.'),
        ((4, card), 'and one is spare'),
        ((323, card), 'divide by its seconds'),
        ((40_000, card), 'divide by what a card gives'),
        (('7', card), 'is text'),
    )


def test_across_machines_2(expected):
    rows = load_record('h200/scaling').data['offline']
    step = {r['gpus']: r['tpot_s'] for r in rows if (r['what'], r['model'], r['tokens_in'], r['batch']) == (
        'turbomind', '7b', 61, 1)}  # fmt: skip
    right = (step[2] - step[1] / 2) / 64 * 25e9 / 8192
    expected(
        'across_machines.2',
        ((right,), 'there the wire decides'),
        ((18 * right,), 'take 25 GB/s'),
        (((step[4] - step[1] / 4) / 64 * 25e9 / 8192,), 'the wait of four cards'),
        ((right / 64,), 'one vector of a token'),
        ((64 * right,), 'the wait of a whole step'),
        ((2 * right,), '2 bytes'),
        ((right / 2,), '2 bytes'),
        ((right / 1000,), 'a slip of 1000'),
        ((3 * right,), 'Too high, by a factor of 3'),
    )


def test_beyond_chat_1(expected, says):
    logprobs = [-0.1, -0.7, -2.3]
    expected(
        'beyond_chat.1',
        ((0.04505, logprobs), 'Shares are multiplied'),
        ((1.5017, logprobs), 'That is their sum'),
        ((0.5006, logprobs), 'That is their mean'),
        ((0.3558, logprobs), 'leave the root out'),
        ((0.1003, logprobs), 'the least likely token'),
        ((0.9048, logprobs), 'the first token alone'),
        ((3.1, logprobs), 'its logarithm'),
        ((4.505, logprobs), 'in %'),
        ((-3.1, logprobs), 'a number above 0'),
    )
    assert 'the list of the line above' in says('beyond_chat.1', 0.5, [0.5, 0.7])


def power(**changes):
    """The right schema, with other words in it; None takes a word away."""
    integer = {'type': 'integer'}
    a, b = integer | {'minimum': -100, 'maximum': 100}, integer | {'minimum': 0, 'maximum': 20}
    a |= changes.pop('a', {})
    b |= changes.pop('b', {})
    schema = {'type': 'object', 'properties': {'a': a, 'b': b}, 'required': ['a', 'b'], 'additionalProperties': False}
    return {word: value for word, value in (schema | changes).items() if value is not None}


def test_beyond_chat_2(expected, says):
    integers = {'type': 'object', 'properties': {'a': {'type': 'integer'}, 'b': {'type': 'integer'}}}
    integers |= {'required': ['a', 'b'], 'additionalProperties': False}  # as section 4 has it
    expected(
        'beyond_chat.2',
        ((power(),), 'takes milliseconds'),
        ((integers,), 'That is the trap'),
        ((power(required=['a']),), 'without b'),
        ((power(required=['b']),), 'without a'),
        ((power(a={'type': ['integer', 'string']}),), 'a text for a number'),
        ((power(b={'type': ['integer', 'string']}),), 'a text for a number'),
        ((power(a={'type': 'number'}),), 'a=2.5'),
        ((power(b={'type': 'number'}),), 'b=0.5'),
        ((power(b={'minimum': -10}),), 'b=-1'),
        ((power(b={'maximum': 10**6}),), 'b=21'),
        ((power(a={'maximum': 10**5000}),), '4000 digits: give'),
        ((power(a={'minimum': -(10**5000)}),), 'below zero'),
        ((power(a={'maximum': 1000}),), 'a=101'),
        ((power(a={'minimum': -1000}),), 'a=-101'),
        ((power(a={'minimum': 0}),), 'refuses a=-100, b=3'),
        ((power(b={'maximum': 10}),), 'refuses a=100, b=20'),
        ((power(additionalProperties=None),), 'a third argument'),
        ((power(type=None),), 'a list'),
    )
    assert 'that is no JSON schema' in says('beyond_chat.2', {'type': 'number!'})
    assert 'cannot be used' in says('beyond_chat.2', {'$ref': '#/nowhere'})


def test_thinking_1(expected, says):
    tokens, right = [30, 40, 50, 80], [True, True, False, False]
    expected(
        'thinking.1',
        ((100, tokens, right), 'the cheaper one'),
        ((50, tokens, right), 'divide by the right ones'),
        ((35, tokens, right), 'they are paid for, too'),
        ((200, tokens, right), 'all of them cost together'),
        ((0.01, tokens, right), 'turned over'),
    )
    assert 'the cheaper one' in says('thinking.1', 40, [30, 50], [True, True]), 'where all are right, that is the mean'
    assert 'is the list above' in says('thinking.1', 3, [30, 40], [True])
    assert 'not one answer was right' in says('thinking.1', 3, [30], [False])


def separate(pieces):
    """A right one."""
    thought, tag, answer = ''.join(pieces).partition('</think>')
    return thought.strip(), answer.strip() if tag else None


def test_thinking_2(expected, says):
    def by_piece(pieces):
        at = pieces.index('</think>') if '</think>' in pieces else len(pieces)
        return ''.join(pieces[:at]).strip(), ''.join(pieces[at + 1 :]).strip() if at < len(pieces) else None

    def at_last(pieces):
        thought, tag, answer = ''.join(pieces).rpartition('</think>')
        return (thought.strip(), answer.strip()) if tag else (answer.strip(), None)

    def split_whole(pieces):
        thought, answer = ''.join(pieces).split('</think>')
        return thought.strip(), answer.strip()

    expected(
        'thinking.2',
        ((separate,), 'Right: joined first'),
        ((by_piece,), 'nothing behind it'),
        ((at_last,), 'That is the trap'),
        ((split_whole,), 'It raises ValueError'),
        ((lambda pieces: separate(pieces) if ''.join(pieces) else ('', ''),), 'no answer'),
        ((lambda pieces: (separate(pieces)[0], separate(pieces)[1] or ''),), 'no answer'),
        ((lambda pieces: (separate(pieces)[0], separate(pieces)[1] or None),), 'is empty, not None'),
        ((lambda pieces: ''.join(pieces).partition('</think>')[::2],), 'the plain case'),
        ((lambda pieces: 'both',), 'not two'),
    )
    assert 'without brackets' in says('thinking.2', ('a', 'b'))


def test_hardening_1(expected):
    expected(
        'hardening.1',
        ((120,), '3 rounds of 40 s'),
        ((160,), 'only four places'),
        ((125,), 'Whole rounds pass'),
        ((4000,), 'Not one after the other'),
        ((40,), 'That is one round'),
        ((80,), '36 are still before you'),
        ((0.02,), 'There are 32 places'),
        ((120_000,), 'right in ms'),
    )


def test_hardening_2(expected, says):
    expected(
        'hardening.2',
        (({'chat_template_kwargs': {'chat_template': 'x'}},), 'the guard says: chat_template_kwargs.chat_template: '),
        (({'logit_bias': {'5': 1.0}},), 'logit_bias is in bad already'),
        (({'top_p': 0},), 'LMDeploy refuses that by itself: The top_p 0.0 must be in (0, 1]'),
        (({'n': 'many'},), 'LMDeploy refuses that by itself: n: '),
        (({'user': 'me'},), 'Neither refuses that'),
        (({'stream': {1, 2}},), 'cannot be sent as JSON'),
        (({},), 'a dictionary of fields'),
    )
    assert 'Right' in says('hardening.2', {'repetition_penalty': -1})


def test_publish_1(expected):
    expected(
        'publish.1',
        ((19.2,), '5 rounds of 3.8 s'),
        ((3.84,), '`users` lets two in'),
        ((38.4,), 'Not one after the other'),
        ((15.36,), 'the last two begin'),
        ((5,), 'Those are rounds'),
        ((19_200,), 'right in ms'),
    )


def test_publish_2(expected, tmp_path):
    from lessons.publish import demo

    def copy(name: str, file: str, old: str, new: str):
        folder = shutil.copytree(made, tmp_path / name)
        path = folder / file
        changed = path.read_text(encoding='utf-8').replace(old, new)
        assert changed != path.read_text(encoding='utf-8')
        path.write_text(changed, encoding='utf-8')
        return folder

    made = demo(model_path('tiny-chat'), tmp_path / 'demo', sdk='docker')
    expected(
        'publish.2',
        ((copy('a', 'README.md', 'python_version', 'python'),), 'python_version is missing'),
        ((made,), 'That folder is in order'),
        ((copy('b', 'Dockerfile', 'USER', '# USER'),), 'It has another fault: Dockerfile: the app would run as root'),
        ((tmp_path / 'nowhere',), 'the path of your copy'),
        ((3.10,), 'the path of your copy'),
    )


def test_hardening_2_knows_what_stands_in_bad():
    cells = nbformat.read(chapters.FOLDER / 'deep' / '05_hardening.ipynb', as_version=4).cells
    (bad,) = (cell.source for cell in cells if cell.id == 'bad')
    (given,) = re.findall(r'^bad = (\{.*^\})$', bad, re.M | re.S)
    attacks = eval(given)
    assert {field for change in attacks.values() for field in change} == set(deep_hardening.KNOWN)


def test_how_a_model_sees_1(expected):
    expected(
        'how_a_model_sees.1',
        ((4,), '28 × 28 pixels against 14 × 14'),
        ((2,), 'across and down'),
        ((0.25,), 'Turn it over'),
        ((2.25,), 'the tokens of a tile'),
        ((0.444,), 'the tokens of a tile'),
        ((1.78,), 'the pixels of a tile'),
        ((1,), 'how many patches'),
        ((784,), 'divide by those of LLaVA-1.5'),
    )


def test_how_a_model_sees_2(expected):
    expected(
        'how_a_model_sees.2',
        ((27 * 256,), '27 tiles of 9.16 MiB'),
        ((27,), 'each has 256 tokens'),
        ((31 * 256,), 'The pixels are in memory'),
        ((222 * 256,), 'the pixels alone'),
        ((28 * 256,), 'the last tile does not fit'),
        ((27.96 * 256,), 'Whole tiles'),
        ((13 * 256,), 'numbers of 4 bytes'),
        ((55 * 256,), 'numbers of 1 byte'),
        ((26 * 256,), 'Those are MB'),
        ((8192,), 'LMDeploy takes by itself'),
    )


def test_pictures_from_strangers_1(expected):
    expected(
        'pictures_from_strangers.1',
        ((7071,), '150 MB in memory'),
        ((13377,), "Pillow's own"),
        ((7071.07,), 'Whole pixels'),
        ((7072,), 'too large by some pixels'),
        ((4082,), 'the three bytes'),
        ((MOST_PIXELS,), 'the pixels of all'),
        ((MOST_PIXELS / 4,), 'a quarter'),
        ((20_000,), 'the bomb'),
        ((5000,), 'Too low'),
    )


def fetch(host=lambda parts, hosts: parts.hostname in hosts, schemes=('http', 'https'), otherwise=False):
    """A solution with another test of the host, with other schemes, or another answer to what cannot be read."""

    def may_fetch(address, hosts):
        try:
            parts = urlsplit(address)
            return parts.scheme in schemes and host(parts, hosts)
        except ValueError:
            return otherwise

    return may_fetch


def test_pictures_from_strangers_2(expected, says):
    expected(
        'pictures_from_strangers.2',
        ((fetch(),), 'its owner decides'),
        ((lambda address, hosts: True,), 'http://127.0.0.2/cat.png: that host is not on the list'),
        ((lambda address, hosts: False,), 'that host is on the list'),
        ((fetch(schemes=['http']),), 'https is as good'),
        ((fetch(lambda parts, hosts: parts.netloc in hosts),), 'the port'),
        ((lambda address, hosts: any(f'//{host}' in address for host in hosts),), 'no capital letters'),
        (
            (lambda address, hosts: any(f'//{host}' in address.lower() for host in hosts),),
            'this belongs to evil.test',
        ),
        ((fetch(lambda parts, hosts: (parts.hostname or '').endswith(tuple(hosts))),), 'only ends like that'),
        (
            (lambda address, hosts: fetch()(address, hosts) or '/images.example/' in address,),
            'a folder of its own',
        ),
        ((lambda address, hosts: fetch()(address, hosts) or '?images' in address,), 'its question'),
        ((fetch(lambda parts, hosts: re.split('[:@]', parts.netloc.lower())[0] in hosts),), 'a user, the host follows'),
        ((fetch(schemes=['http', 'https', 'file']),), 'http and https alone'),
        ((fetch(otherwise=True),), 'nobody can read that'),
    )
    assert 'raises ValueError when it gets http://[images.example/cat.png' in says(
        'pictures_from_strangers.2', lambda a, h: urlsplit(a).scheme in ('http', 'https') and urlsplit(a).hostname in h
    )
    assert 'without brackets' in says('pictures_from_strangers.2', False)


def test_throughput_and_latency_1(expected):
    right = [8] * 8 + [32] * 8 + [64] * 8
    expected(
        'throughput_and_latency.1',
        ((right,), '104 steps, none of them lost'),
        (([4, 48, 16, 64, 8, 32, 24, 40] * 3,), '192 steps, and 88.5 would do'),
        ((right[::2] + right[1::2],), 'In another order the same lengths take 104'),
        ((right[:-1],), '23 lengths; 24'),
        (([32] * 24,), 'at least three different'),
        (([8.0] * 24,), 'whole numbers'),
        (([0] * 24,), 'whole numbers'),
    )


def test_throughput_and_latency_2(expected):
    roof = load_record('h200/quantised').data['roofline'][0]
    card, seven = DeviceLimits(roof['bytes_per_s'], roof['bf16_flop_per_s']), GEOMETRIES['internlm2-chat-7b']
    assert decode_step(seven, 377, 300, 2).flop_per_byte < card.balance < decode_step(seven, 378, 300, 2).flop_per_byte
    assert decode_step(seven, 10**6, 1152, 2).flop_per_byte < card.balance
    expected(
        'throughput_and_latency.2',
        ((378,), 'With 1152 tokens each it never is'),
        ((188,), 'That is the trap'),
        ((189,), 'That is the trap'),
        ((264,), 'the 20B'),
        ((276,), 'conversations of 189 tokens'),
        ((500,), 'Too high, by 32 %'),
    )


def test_what_was_measured_1(expected):
    expected(
        'what_was_measured.1',
        ((('1_8b', 'compiled', 61, 1),), '5.06 ms a token with 1 at once, 4.19 with 8'),
        ((('1_8b', 'turbomind', 61, 2),), 'stands in section 5'),
        ((('1_8b', 'turbomind', 61, 256),), 'nothing to compare it with'),
        ((('1_8b', 'kv8', 61, 4),), 'Less than a tenth'),
        ((('1_8b', 'turbomind', 61, 8),), 'Nothing odd'),
        ((('1_8b', 'turbomind', 61, 3),), 'row is a key of speed'),
        (('turbomind',), 'row is a key of speed'),
    )


def test_what_was_measured_2(expected):
    expected(
        'what_was_measured.2',
        ((6,), '4.2% of all such tables'),
        ((5,), 'That is the trap: of one row chance separates 0.8%, but of 20 rows at least one in 15%'),
        ((4,), 'That is the trap'),
        ((3,), 'Too few'),
        ((2,), 'Too few'),
        ((7,), 'Fewer will do'),
        ((5.5,), 'a whole number'),
        ((0,), 'above 0'),
    )


@pytest.mark.parametrize('number', ['10.2', 'across_machines.2', 'throughput_and_latency.2', 'what_was_measured.1'])
def test_a_record_that_changes_changes_the_answer(monkeypatch, says, number):
    """Nothing is stored in the exercises: another record has another right answer."""
    right = {
        '10.2': (1, 'replicas', 'direct'),
        'across_machines.2': 98,
        'throughput_and_latency.2': 378,
        'what_was_measured.1': ('1_8b', 'compiled', 61, 1),
    }[number]
    assert 'Right' in says(number, right)

    def other(name):
        record = load_record(name)
        data = json.loads(json.dumps(record.data))
        for row in data.get('serve', []):
            row['output_tokens_per_s'] *= 1 if row['gpus'] == 1 else 9
        for row in [*data.get('offline', []), *data.get('rows', [])]:
            if 'tpot_s' in row:
                row['tpot_s'] = 2 * row['tpot_s'] if 'gpus' in row else 1e-3 * row['batch']
        for roof in data.get('roofline', []):
            roof['bytes_per_s'] *= 2
        return type(record)(**{field: getattr(record, field) for field in record.__dataclass_fields__} | {'data': data})

    chapter = number.rpartition('.')[0]
    module = 'chapter_10' if chapter == '10' else f'deep_{chapter}'
    monkeypatch.setattr(f'lessons.exercises.{module}.load_record', other)
    assert 'Right' not in says(number, right)
