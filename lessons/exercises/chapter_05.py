"""Exercises of chapter 5: a request with its past, the line of a tunnel, a page's messages, long prompts under load."""

import copy
import getopt
import shlex
import statistics
from collections.abc import Mapping, Sequence

import requests

from lessons.serving.figures import LoadMeasurement
from lessons.serving.tunnel import INTERN_STUDIO

from .checking import exercise
from .judging import Result, choice, expect, judged

_CHAT = '/v1/chat/completions'
_HERE, _THERE, _SSH_PORT = '8000', '23333', '33087'  # what 5.2 asks for
_LOCAL = ('127.0.0.1', 'localhost')
_SSH_OPTIONS = '46AaCfGgKkMNnqsTtVvXxYyB:b:c:D:E:e:F:I:i:J:L:l:m:O:o:p:Q:R:S:W:w:'  # man ssh


@exercise('5.1')
def request_with_its_past(request, server) -> Result:
    """The body of a request that asks for a name said two messages before; `server`: the chapter's own."""
    expect(hasattr(server, 'post') and hasattr(server, 'model_name'), 'server is the one of section 5.1.')
    expect(isinstance(request, Mapping), "request is a dictionary: {'model': …, 'messages': …}.")
    messages = request.get('messages')
    if isinstance(messages, str):
        return judged(False, 'messages is a list of messages; a text alone is refused with 400.')
    fits = isinstance(messages, Sequence) and all(isinstance(turn, Mapping) for turn in messages)
    expect(fits and bool(messages), "messages is a list: [{'role': …, 'content': …}, …].")
    roles = [turn.get('role') for turn in messages if turn.get('role') != 'system']
    if len(roles) == 1:
        return judged(False, 'That is the trap: the server remembers nothing. Send what was said before, too.')
    if 'assistant' not in roles:
        return judged(False, "The model's answer is part of the conversation: its role is assistant.")
    if roles[-1] != 'user':
        return judged(False, 'The question comes last, with the role user.')
    if 'Ling' in str(messages[-1].get('content')):
        return judged(False, 'Your question has the name in it: leave it to the messages before.')
    if request.get('stream'):
        return judged(False, 'Leave stream out here: one answer, whole.')
    try:
        answer = server.post(_CHAT, dict(request))
    except (requests.RequestException, TypeError, ValueError) as error:
        return judged(False, f'It could not be sent ({type(error).__name__}): does the server run?')
    if answer.status_code != 200:
        return judged(False, f'The server answers {answer.status_code}: {_words_of(answer)}.')
    reply = answer.json()
    text = reply['choices'][0]['message']['content'] or ''
    return judged(True, f'Right: {reply["usage"]["prompt_tokens"]} tokens went in. The model says: {text}')


def _words_of(answer) -> str:
    try:
        return str(answer.json()['message']).rstrip('.')
    except (ValueError, KeyError, TypeError):
        return 'no reason given'


@exercise('5.2')
def tunnel(line) -> Result:
    """The ssh line that brings port 23333 of a machine on InternStudio to port 8000 here."""
    expect(isinstance(line, str), 'give the line as text, in quotes.')
    try:
        words = shlex.split(line)
    except ValueError as error:
        expect(False, f'no terminal reads that line: {error}.')
    expect(words[:1] == ['ssh'], 'the line begins with ssh.')
    try:
        options, (destination, *rest) = getopt.gnu_getopt(words[1:], _SSH_OPTIONS)
    except getopt.GetoptError as error:
        expect(False, f'ssh does not take that: {error}.')
    except ValueError:
        return judged(False, 'The machine is missing: user@host.')
    if rest:
        return judged(False, f'ssh takes {" ".join(rest)} for a command to run there: one user@host, and options.')
    given = dict(options)
    user_at_host = f'{given["-l"]}@{destination}' if '-l' in given else destination
    off = _off_in_l(given) or _off_on_the_way(given, user_at_host)
    if off:
        return judged(False, off)
    shell = () if '-N' in given else ('Without -N it opens a shell there as well.',)
    return judged(True, f'Right: then http://127.0.0.1:{_HERE} on your own computer is the server.', *shell)


def _off_in_l(given: Mapping[str, str]) -> str:
    """What is off in `-L`, if anything."""
    if '-L' not in given:
        if '-R' in given:
            return '-R is the other way: it opens a port there. -L opens one on your own computer.'
        return 'No port is passed on: that is -L HERE:HOST:THERE.'
    parts = given['-L'].split(':')
    if len(parts) not in (3, 4):
        return '-L takes three: the port here, the host as the machine sees it, the port there.'
    *address, here, host, there = parts
    if '-g' in given or (address and address[0] not in _LOCAL):  # an empty one is every address
        return 'That opens your end to your whole network: leave it on 127.0.0.1.'
    if (here, there) == (_THERE, _HERE):
        return 'The ports are the wrong way round: first the one on your own computer.'
    if here != _HERE:
        return f'On your own computer it is to be port {_HERE}.'
    if there != _THERE:
        return f'The server there listens on port {_THERE}.'
    if host not in _LOCAL:
        return f'{host} is looked up from there, where the server listens on 127.0.0.1 alone.'
    return ''


def _off_on_the_way(given: Mapping[str, str], user_at_host: str) -> str:
    """What is off in `-p` and the machine's name, if anything."""
    right = INTERN_STUDIO.split()[0]
    if '-p' not in given:
        return f'Without -p ssh knocks at port 22; this machine has {_SSH_PORT}.'
    if given['-p'] != _SSH_PORT:
        return f'-p is the port of ssh itself: {_SSH_PORT}.'
    if f'root@{user_at_host}' == right:
        return 'The user is missing: ssh would take your name on your own computer.'
    if user_at_host != right:
        return f'The machine is {right}, not {user_at_host}.'
    return ''


@exercise('5.3')
def messages_of_a_page(messages_for) -> Result:
    """A function (message, history, system) that gives the messages of a request; `history` as Gradio has it."""
    expect(callable(messages_for), 'give the function itself: messages_for, without brackets.')
    said = [('user', 'hello'), ('assistant', 'Hello! How can I help?')]
    turns = [{'role': role, 'content': content} for role, content in said]
    history = [turn | {'metadata': None, 'options': None} for turn in turns]  # as Gradio 6 has them
    new, system = {'role': 'user', 'content': 'who are you?'}, {'role': 'system', 'content': 'You are Momo.'}
    before = copy.deepcopy(history)
    try:
        got = messages_for(new['content'], history, system['content'])
        without = messages_for(new['content'], copy.deepcopy(before), '')
    except Exception as error:  # whatever a learner's function raises
        return judged(False, f"messages_for('who are you?', history, 'You are Momo.') raises {error!r}.")
    if history != before:
        return judged(False, "It changes Gradio's history: make a new list.")
    if not isinstance(got, list) or not all(isinstance(turn, Mapping) for turn in got):
        return judged(False, f'It gives a {type(got).__name__}: a list of messages is asked for.')
    if any(set(turn) - {'role', 'content'} for turn in got):
        return judged(False, "Gradio's turns have fields of its own: pass on role and content alone.")
    if got == [system, *turns, new]:
        if without == [*turns, new]:
            return judged(True, 'Right. Now give it to your page, and try a system prompt.')
        if without == [{'role': 'system', 'content': ''}, *turns, new]:
            return judged(False, 'With an empty field an empty system message goes in: then leave it out.')
        return judged(False, 'With a system prompt it is right; with an empty field something else is off.')
    if got == [*turns, new]:
        return judged(False, 'The system prompt is not in it.')
    if system in got and got[0] != system:
        return judged(False, 'The system message comes first: templates expect it there, and some refuse it elsewhere.')
    if got == [system, new]:
        return judged(False, 'The history is not in it: the server remembers nothing.')
    if new not in got:
        return judged(False, 'The new message is not in it, with the role user.')
    if sum(turn['role'] == 'system' for turn in got) > 1:
        return judged(False, 'One system message is enough, at the beginning.')
    roles = ', '.join(str(turn.get('role')) for turn in got)
    return judged(False, f'It gives the roles {roles}; system, user, assistant, user are asked for.')


@exercise('5.4')
def long_prompts(letter, long, turns) -> Result:
    """Which figure long prompts change most; `long`: measured with them, `turns`: the chapter's, with short ones."""
    expect(isinstance(long, LoadMeasurement), 'long is what measure_clients(…) gives.')
    fits = isinstance(turns, Sequence) and all(isinstance(turn, Sequence) for turn in turns)
    short = [m for turn in turns for m in turn] if fits else []
    expect(bool(short) and all(isinstance(m, LoadMeasurement) for m in short), 'turns is the one of section 5.5.')
    counts = sorted({m.clients for m in short})
    short = [m for m in short if m.clients == counts[-1]]
    if long.clients != counts[-1]:
        return judged(False, f'Measure with {counts[-1]} clients, as the chapter does, not {long.clients}.')
    if long.failed_requests:
        return judged(False, f'{long.failed_requests} requests failed: {long.errors[0].rstrip(".")}.')
    tokens = long.input_tokens / long.requests
    if tokens < 800:
        return judged(False, f'Your prompts have {tokens:.0f} tokens each: make them some 1000 long.')
    answer, asked = long.output_tokens / long.requests, short[0].output_tokens / short[0].requests
    if answer != asked:
        return judged(False, f'Your answers have {answer:.0f} tokens, those of section 5.5 {asked:.0f}: take TOKENS.')
    # How many times as good each figure was with short prompts: tokens/s shrink, TTFT grows.
    worse = {
        'a': _middle(short, lambda m: m.output_tokens_per_s) / long.output_tokens_per_s,
        'b': _middle(short, lambda m: m.client_tokens_per_s) / long.client_tokens_per_s,
        'c': long.ttft.p50_s / _middle(short, lambda m: m.ttft.p50_s),
    }
    measured = (
        f'On your machine: tokens/s together fell by a factor of {worse["a"]:.3g}, each by {worse["b"]:.3g}, '
        f'TTFT grew by {worse["c"]:.3g}.'
    )
    right = max(worse, key=worse.get)
    why = 'A first token waits until its prompt, and those before it, are read; the steps after that change less.'
    reasons = {key: f'{measured} {why}' if key == right == 'c' else measured for key in worse}
    return choice(letter, right, reasons)


def _middle(runs: Sequence[LoadMeasurement], figure) -> float:
    return statistics.median(map(figure, runs))
