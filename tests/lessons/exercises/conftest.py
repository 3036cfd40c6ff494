"""What `check` says of an answer, for the tests of chapters and deep dives."""

import pytest

from lessons.exercises import check


@pytest.fixture
def says(capsys):
    """says(number, *given): what `check` prints; says.state, says.right: what it returned."""

    def said(number, *given):
        result = check(number, *given)
        said.state, said.right = result.state, bool(result)
        return capsys.readouterr().out

    return said


@pytest.fixture
def expected(says):
    """expected(number, (given, words), …): `check` says these words of what is given; the first alone is right."""

    def each(number, *cases):
        for i, (given, words) in enumerate(cases):
            said = says(number, *given)
            assert words in said, given
            assert says.right == (i == 0), said

    return each
