"""Prompts from files of every kind, and what is wrong with a bad one."""

import json

import pytest

from helpers.models import EMBEDDED
from lessons.speed import load_prompts, prompt_ids

WANTED = ['What is a KV cache?', '什么是量化？']


@pytest.mark.parametrize(
    ('name', 'text'),
    [
        ('a.txt', 'What is a KV cache?\n\n什么是量化？\n'),
        ('a.md', '\ufeffWhat is a KV cache?\r\n什么是量化？'),
        ('a.jsonl', '"What is a KV cache?"\n\n"什么是量化？"\n'),
        ('b.jsonl', '{"prompt": "What is a KV cache?", "text": "no"}\n{"text": "什么是量化？"}\n'),
        (
            'c.jsonl',
            '{"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": "What is a KV cache?"}]}\n'
            '{"question": "什么是量化？"}',
        ),
        ('a.csv', 'id,question\n1,What is a KV cache?\n2,什么是量化？\n'),
        ('b.csv', 'whatever\n"What is a KV cache?"\n什么是量化？\n'),
    ],
)
def test_every_kind(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding='utf-8')
    assert load_prompts(tmp_path / name) == WANTED


def test_commas_and_lines_in_csv(tmp_path):
    (tmp_path / 'a.csv').write_text('prompt,n\n"one, two\nthree",1\n')
    assert load_prompts(tmp_path / 'a.csv') == ['one, two\nthree']


@pytest.mark.parametrize(
    ('name', 'content', 'said'),
    [
        ('a.jsonl', b'"a"\n{"prompt": \n', 'line 2 is not JSON'),
        ('a.jsonl', b'"a"\n5\n', 'line 2: a prompt must be text, not 5'),
        ('a.jsonl', b'{"words": "a"}', 'line 1: none of prompt, question, text, instruction, input among words'),
        ('a.jsonl', b'{"messages": [{"role": "system", "content": "x"}]}', 'line 1: a prompt must be text, not None'),
        ('a.csv', b'id,words\n1,a\n', 'among id, words'),
        ('a.csv', b'prompt,n\n"a,1\n', 'is not CSV'),
        ('a.csv', b'id,prompt\n1\n', 'line 2: a prompt must be text, not None'),
        ('a.txt', b'\n\n', 'has no prompt in it'),
        ('a.csv', b'', 'has no prompt in it'),
        ('a.txt', b'\xff\xfe\x00', 'is not UTF-8'),
    ],
)
def test_what_is_wrong_is_said(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=said):
        load_prompts(tmp_path / name)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no file .*nowhere'):
        load_prompts(tmp_path / 'nowhere.txt')


def test_as_the_model_gets_them():
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED / 'tiny-chat', trust_remote_code=False)
    ids = prompt_ids(tokenizer, ['hello', 'hello there'])
    written = tokenizer.apply_chat_template(
        [{'role': 'user', 'content': 'hello'}], add_generation_prompt=True, tokenize=False
    )
    assert ids[0] == tokenizer(written, add_special_tokens=False).input_ids
    assert len(ids[1]) > len(ids[0])
    assert json.dumps(ids)
