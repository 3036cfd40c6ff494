"""What `check` says of an answer, for the tests of chapters and deep dives."""

import re

import pytest

from lessons.exercises import check
from translations.messages import shown


@pytest.fixture
def says(capsys):
    """says(number, *given): what `check` prints; says.state, says.right, says.sentences: what it returned."""

    def said(number, *given):
        result = check(number, *given)
        said.state, said.right, said.sentences = result.state, bool(result), result.sentences
        return capsys.readouterr().out

    return said


@pytest.fixture
def expected(says):
    """expected(number, (given, words), …): `check` says these words of what is given; the first alone is right.

    Each sentence has its Chinese, too.
    """

    def each(number, *cases):
        for i, (given, words) in enumerate(cases):
            said = says(number, *given)
            assert words in said, given
            assert says.right == (i == 0), said
            for sentence in says.sentences:
                assert sentence.endswith(':') or re.search('[\u4e00-\u9fff]', shown(sentence, 'zh')), sentence

    return each
