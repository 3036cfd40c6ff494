"""Files of texts as people have them: read as they are meant, or refused with the line and the way out."""

import codecs
import json

import pytest

from lessons.speed import load_prompts
from lessons.text_files import read_text_file

WANTED = ['What is a token?', '什么是量化，为什么？']
ASKED = [{'role': 'user', 'content': text} for text in WANTED]
TABLE = 'id;prompt;reference\n1;What is a token?;a piece, of text\n2;什么是量化，为什么？;\n'


def lines(*values) -> str:
    return '\n'.join(json.dumps(value, ensure_ascii=False) for value in values)


def listed(*values) -> str:
    return json.dumps(values, ensure_ascii=False, indent=2)


def alpaca(text):
    return {'instruction': text, 'input': '', 'output': 'x'}


def sharegpt(text):
    return {'conversations': [{'from': 'human', 'value': text}, {'from': 'gpt', 'value': 'x'}]}


READ = {
    'Alpaca': ('a.json', listed(*map(alpaca, WANTED))),
    'Alpaca, an object a line': ('a.jsonl', lines(*map(alpaca, WANTED))),
    'objects a line under the name of a list': ('a.json', lines(*map(alpaca, WANTED))),
    'a list under the name of lines': ('a.jsonl', listed(*WANTED)),
    'Alpaca in CSV': ('a.csv', f'instruction,input,output\n{WANTED[0]},,x\n{WANTED[1]},,y\n'),
    'ShareGPT': ('a.json', listed(*map(sharegpt, WANTED))),
    'XTuner': ('a.json', listed(*({'conversation': [{'system': 's', 'input': t, 'output': 'o'}]} for t in WANTED))),
    'OpenAI': ('a.json', listed(*({'messages': [{'role': 'system', 'content': 's'}, m]} for m in ASKED))),
    'in parts': ('a.jsonl', lines(*({'messages': [m | {'content': [{'text': m['content']}]}]} for m in ASKED))),
    'a tool was called': ('a.jsonl', lines(*({'messages': [m, {'role': 'tool', 'content': None}]} for m in ASKED))),
    'a prompt of messages': ('a.jsonl', lines(*({'prompt': [m], 'chosen': [m]} for m in ASKED))),
    'lists of messages': ('a.json', listed(*([m] for m in ASKED))),
    'strings': ('a.json', listed(*WANTED)),
    'Windows line ends': ('a.jsonl', lines(*WANTED).replace('\n', '\r\n')),
    'semicolons': ('a.csv', TABLE),
    'tabs': ('a.csv', TABLE.replace(';', '\t')),
    'tabs in .tsv': ('a.TSV', TABLE.replace(';', '\t')),
    "Excel's line": ('a.csv', 'sep=;\n' + TABLE),
    'names in capitals': ('a.csv', TABLE.replace('prompt', ' Prompt ')),
    'empty rows and columns': ('a.csv', ''.join(f'{line};;\n' for line in [*TABLE.splitlines(), ';;'])),
    'a mark': ('a.csv', '\ufeff' + TABLE),
    'UTF-16 from Excel': ('a.csv', codecs.BOM_UTF16_LE + TABLE.encode('utf-16-le')),
    'UTF-16, big endian': ('a.csv', codecs.BOM_UTF16_BE + TABLE.encode('utf-16-be')),
    'UTF-16 without a mark': ('a.csv', TABLE.encode('utf-16-le')),
    'UTF-16 without a mark, big endian': ('a.txt', '\n'.join(WANTED).encode('utf-16-be')),
    'UTF-32': ('a.txt', codecs.BOM_UTF32_LE + '\n'.join(WANTED).encode('utf-32-le')),
    'GB18030 with its mark': ('a.txt', ('\ufeff' + '\n'.join(WANTED)).encode('gb18030')),
    "an old Mac's": ('a.txt', '\r'.join(WANTED)),
}


@pytest.mark.parametrize('kind', READ)
def test_what_is_clear_is_read(tmp_path, kind):
    name, content = READ[kind]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert load_prompts(tmp_path / name) == WANTED


@pytest.mark.parametrize('encoding', ['gb18030', 'gbk', 'utf-8', 'utf-16', 'big5'])
def test_an_encoding_that_is_said(tmp_path, encoding):
    (tmp_path / 'a.csv').write_bytes('問題;n\n你好;1\n'.encode(encoding))
    assert load_prompts(tmp_path / 'a.csv', encoding=encoding, field='問題') == ['你好']


@pytest.mark.parametrize('inside', ['\u2028', '\u2029', '\u0085', '\r', '\v', '\f', '\x1c', '\x1e', '\t'])
def test_separators_within_strings(tmp_path, inside):
    text = f'one{inside}two'
    (tmp_path / 'a.jsonl').write_bytes(f'{{"prompt": "{text}"}}\n{{"prompt": "three"}}\n'.encode())
    assert load_prompts(tmp_path / 'a.jsonl') == [text, 'three']
    (tmp_path / 'a.json').write_text(json.dumps([text, 'three'], ensure_ascii=False), encoding='utf-8')
    assert load_prompts(tmp_path / 'a.json') == [text, 'three']
    (tmp_path / 'a.csv').write_bytes(f'prompt,n\n"{text}\n",1\nthree,2\n'.encode())
    assert load_prompts(tmp_path / 'a.csv') == [f'{text}\n', 'three']
    (tmp_path / 'a.txt').write_bytes(f'{text}\nthree\n'.encode())
    assert load_prompts(tmp_path / 'a.txt') == [text, 'three']


def test_an_input_belongs_to_its_instruction_and_what_is_left_out_is_said(tmp_path, capsys):
    rows = [{'instruction': 'Translate', 'input': 'Hello', 'output': 'x', 'history': [['a', 'b']]}, alpaca('Who?')]
    (tmp_path / 'a.json').write_text(json.dumps(rows))
    assert load_prompts(tmp_path / 'a.json') == ['Translate\nHello', 'Who?']
    assert capsys.readouterr().out.splitlines() == [
        'a.json: 2 prompts, a JSON list, field instruction + input / instruction, UTF-8',
        '  not read: history (1), answers (2)',
        '  1  Translate Hello',
        '  2  Who?',
    ]
    assert load_prompts(tmp_path / 'a.json', field='instruction') == ['Translate', 'Who?']
    assert 'not read: input (1), output (2), history (1)' in capsys.readouterr().out


def test_what_is_shown_of_conversations(tmp_path, capsys):
    turns = [{'from': who, 'value': who * 60} for who in ('system', 'human', 'gpt', 'human', 'gpt')]
    (tmp_path / 'a.jsonl').write_text(lines(*[{'id': n, 'conversations': turns} for n in range(1, 6)]))
    load_prompts(tmp_path / 'a.jsonl')
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [
        'a.jsonl: 5 prompts, JSON lines, field conversations, UTF-8',
        '  not read: id (5), system texts (5), answers (5), later questions (5)',
    ]
    assert len(said) == 5
    assert said[2] == '  1  ' + ('human' * 60)[:100] + '…'


REFUSED = {
    'GBK': ('a.txt', '你好\n'.encode('gbk'), r"line 1 .*reads '你好', give encoding='gb18030'"),
    'Latin-1': ('a.txt', 'ok\ncafé'.encode('latin-1'), r"byte 0xe9 in line 2 \(byte 6.*encoding='…'"),
    'zero bytes': ('a.txt', b'ab\0\0\0cd', r'byte 2 of the file is zero'),
    'a table of Excel': ('a.csv', b'PK\x03\x04\0\0', r'no text but an archive.*Excel.*save it as'),
    'rich text': ('a.txt', b'{\\rtf1\\ansi What?}', r'no text but rich text'),
    'JSON named text': ('a.txt', listed(*WANTED), r"looks like JSON: give format='json'"),
    'CSV named text': ('a.txt', TABLE.replace(';', '\t'), r"looks like CSV: give format='csv'"),
    'a text or a name': ('a.csv', 'What is a token?\nWhat is AWQ?\n', r"line 1: is 'What is a token\?' the name"),
    'a comma without quotes': ('a.csv', 'prompt\na\nWhat, then?\n', r'line 3 has 2 columns, and the first line 1'),
    'a comma too many': ('a.csv', 'prompt,n\n"a\nb",1\nWhat, then?,2\n', r'line 4 has 3 columns, and the first line 2'),
    'two separators': ('a.csv', 'text,n;prompt\na,1;b\n', r'line 1: are the columns separated by commas or semicolons'),
    'a name twice': ('a.csv', 'prompt,prompt\na,b\n', r"line 1: two columns are named 'prompt'"),
    'quotes left open': ('a.csv', 'prompt,n\na,1\n"b,2\n', r'line 3 is not CSV'),
    'two that may be meant': ('a.json', listed({'prompt': 'a', 'question': 'b'}), r"line 2.*field='prompt'"),
    'no field that is known': (
        'a.json',
        listed({'prompt': 'a'}, {'id': 'b', 'words': 'two words'}),
        r"line 5: none of .*field='words'",
    ),
    'a list within': ('a.json', '{"version": 1, "data": [{"q": "a"}]}', r"one JSON object, with 'data' in it"),
    'a list that is broken': ('a.json', '[\n"a",\n"b",,\n]', r'line 3 is not JSON'),
    'UTF-16 without anything Latin': ('a.txt', '你好世界'.encode('utf-16-le'), r"line 1: .*encoding='utf-16-le'"),
    'YAML': ('a.yaml', 'prompts:\n- a\n', r'not read as YAML: save it as JSON or CSV'),
    'an object named text': ('a.md', '{\n"cells": []\n}', r'looks like JSON'),
    'half a character': ('a.json', '["a",\n"\\ud83d"]', r'line 2: a prompt holds half a character'),
    'a picture': ('a.jsonl', lines({'messages': [{'role': 'user', 'content': [{'image': 'x'}]}]}), r'line 1.*picture'),
    'nobody asks': ('a.jsonl', lines({'conversations': [{'from': 'gpt', 'value': 'x'}]}), r'line 1: a prompt must be'),
    'a turn of nobody': ('a.jsonl', lines({'messages': [{'text': 'x'}]}), r'line 1: a turn of a conversation has'),
}


@pytest.mark.parametrize('kind', REFUSED)
def test_what_is_not_clear_is_refused(tmp_path, kind):
    name, content, said = REFUSED[kind]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=said):
        load_prompts(tmp_path / name)


def test_the_ways_out(tmp_path):
    def read(name, content, **said):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_prompts(tmp_path / name, **said)

    assert read('a.txt', listed(*WANTED), format='json') == WANTED
    assert read('a.txt', TABLE, format='csv') == WANTED
    assert read('a.txt', '{"a": 1}\n', format='text') == ['{"a": 1}']
    assert read('a.csv', '我的问题\n你好\n', field='我的问题') == ['你好']
    assert read('a.json', listed({'words': 'b'}), field='words') == ['b']
    assert read('a.csv', 'sep=;\ntext,n;prompt\na,1;b\n') == ['b']
    for wrong in ({'field': 'nope'}, {'encoding': 'nope'}, {'format': 'nope'}):
        with pytest.raises(ValueError, match='nope'):
            read('a.json', listed({'words': 'b'}), **wrong)
    with pytest.raises(ValueError, match='no fields'):
        read('a.txt', 'a\n', field='prompt')


def test_conversations_without_a_turn_are_left_out(tmp_path, capsys):
    rows = [sharegpt('a'), {'conversations': []}, sharegpt('b')]
    (tmp_path / 'a.json').write_text(listed(*rows))
    assert load_prompts(tmp_path / 'a.json') == ['a', 'b']
    assert 'not read: empty conversations (1), answers (2)' in capsys.readouterr().out


def test_long_texts_in_csv(tmp_path):
    import csv

    before = csv.field_size_limit()
    (tmp_path / 'a.csv').write_text('text,n\n' + 'word ' * 50_000 + ',1\n')
    assert len(load_prompts(tmp_path / 'a.csv')[0]) == 250_000
    assert csv.field_size_limit() == before


def test_whole_conversations(tmp_path):
    (tmp_path / 'a.json').write_text(listed(sharegpt('Q'), alpaca('I') | {'input': 'J', 'system': 's'}, {'text': 'T'}))
    first, second, third = read_text_file(tmp_path / 'a.json').whole()
    assert first == [{'role': 'user', 'content': 'Q'}, {'role': 'assistant', 'content': 'x'}]
    assert [m['content'] for m in second] == ['s', 'I\nJ', 'x']
    assert third == 'T'
    (tmp_path / 'a.jsonl').write_text(lines({'messages': [{'role': 'tool', 'content': 'x'}]}))
    with pytest.raises(ValueError, match="line 1: a turn of 'tool'"):
        read_text_file(tmp_path / 'a.jsonl').whole()
