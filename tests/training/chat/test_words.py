"""The reader of the word tables: what a block is read as, and errors that name file and line."""

import pytest
import yaml

from training.chat.words import read
from training.chat.words.write import phrasings

TABLE = """\
# a comment
plain: |
  [yes|no]
  12: a {name}
often: !often |
  3x story
  tale
words: !words |
  one two
  three
rows: !rows |
  fox | 狐狸 |
  owl | 猫头鹰 | 只
poem: !couplets |
  a / b
  c / d
  --
  e / f
nested:
  list:
    - ' with spaces '
    - ['the ', '']
  empty: ''
"""
READ = {
    'plain': ('[yes|no]', '12: a {name}'),
    'often': ('story', 'story', 'story', 'tale'),
    'words': ('one', 'two', 'three'),
    'rows': (('fox', '狐狸', ''), ('owl', '猫头鹰', '只')),
    'poem': (('a', 'c'), ('b', 'd'), ('e',), ('f',)),
    'nested': {'list': (' with spaces ', ('the ', '')), 'empty': ''},
}


@pytest.fixture
def table(tmp_path):
    """Write a table; its path."""

    def written(text):
        path = tmp_path / 'table.yaml'
        path.write_text(text, 'utf-8')
        return path

    return written


@pytest.mark.parametrize('loader', ['CBaseLoader', 'BaseLoader'])
def test_blocks(table, monkeypatch, loader):
    if not hasattr(yaml, loader):
        pytest.skip('PyYAML without libyaml')
    monkeypatch.setattr(read, '_LOADER', getattr(yaml, loader))
    assert read.load(table(TABLE)) == READ


@pytest.mark.parametrize(
    ('text', 'line', 'why'),
    [
        ('a: |\n  one\n\n  two\n', 3, 'an empty line'),
        ('a: |\n  one\n  two \n', 3, 'a space'),
        ('a:\n  b: |\n    [one|two\n', 3, 'a bracket is open'),
        ("a:\n  - one\n  - '{two'\n", 3, 'a bracket is open'),
        ('a: !rows |\n  x | y\n  x | y | z\n', 3, '3 cells, in the first row there are 2'),
        ('a: !couplets |\n  x / y\n  --\n  z\n', 4, 'a couplet is'),
        ('a: !couplets |\n  x / y\n', 1, 'before `--` and after'),
        ('a: one\nb: two\na: three\n', 3, "the key 'a' stands here a second time"),
        ('a: one\nb:\nc: two\n', 2, 'nothing stands behind the key'),
        ('a: !row |\n  x\n', 1, '!row is none of !often'),
        ('a: one\nb: [two\nc: three\n', 3, 'expected'),
        ('- one\n', 1, 'begins with a key'),
    ],
)
def test_an_error_names_file_and_line(table, text, line, why):
    path = table(text)
    with pytest.raises(read.WordsError) as caught:
        read.load(path)
    assert f'{path.parent.name}/table.yaml, line {line}: ' in str(caught.value)
    assert why in str(caught.value)


def test_phrasings():
    whole, clauses = phrasings(('[who|what]? are you', '~who you are', '叫什么名字，?你'))
    assert whole == ('[who|what|] are you', '[who|what|] are you', '叫什么名字[，|]你')
    assert clauses == ('who you are',)
