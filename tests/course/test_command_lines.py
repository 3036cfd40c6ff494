"""Every `lmdeploy …` command line of the course parses with the installed LMDeploy; those marked as old do not."""

import pytest
from command_lines import CommandLine, in_course, in_markdown, refusals


def test_the_finder_finds():
    text = (
        'Type `lmdeploy chat PATH --session-len 512`; `lmdeploy serve api_server`; ~~`lmdeploy convert a b`~~.\n'
        '```sh\npip install x && lmdeploy serve api_server PATH \\\n  --tp 1   # comment\n```\n'
        '```sh old\nlmdeploy serve gradio URL\n```\n`python -m lmdeploy_cpu chat PATH --device cpu`\n'
    )
    assert {(c.program, c.words, c.old) for c in in_markdown(text, 'here')} == {
        ('lmdeploy', ('chat', 'PATH', '--session-len', '512'), False),
        ('lmdeploy', ('serve', 'api_server', '--help'), False),
        ('lmdeploy', ('convert', 'a', 'b'), True),
        ('lmdeploy', ('serve', 'api_server', 'PATH', '--tp', '1'), False),
        ('lmdeploy', ('serve', 'gradio', 'URL'), True),
        ('lmdeploy_cpu', ('chat', 'PATH', '--device', 'cpu'), False),
    }


# One process judges all lines of a program: it takes seconds to start.
JUDGED = [('chat', 'PATH'), ('chat', 'turbomind', 'PATH'), ('chat', 'PATH', '--device', 'cpu')]


@pytest.fixture(scope='module', params=['lmdeploy', 'lmdeploy_cpu'])
def judged(request):
    """(program, what it says to each of JUDGED, its command lines in the course, what it says to each)"""
    program = request.param
    commands = [c for c in in_course() if c.program == program]
    said = refusals(program, [CommandLine('here', program, words, False) for words in JUDGED] + commands)
    return program, said[: len(JUDGED)], commands, said[len(JUDGED) :]


def test_the_judge_judges(judged):
    program, said, _, _ = judged
    assert [bool(r) for r in said] == [False, True, program == 'lmdeploy']


def test_every_command_line_parses_and_old_ones_do_not(judged):
    _, _, commands, said = judged
    assert commands, 'the course shows no command line: the finder is broken'
    wrong = []
    for command, refusal in zip(commands, said, strict=True):
        if bool(refusal) != command.old:
            wrong.append((command.where, ' '.join(command.words), refusal or 'marked as old, and still parses'))
    assert not wrong
