"""What the lesson makes of replies, without a server: a client that says what it is told."""

from types import SimpleNamespace

import pytest

from lessons.thinking import answer_behind, ask, ask_all, ask_within, held_out_sums, last_number

ASKED = {'model': 'm', 'temperature': 0, 'max_tokens': 100}


class Client:
    """As the `openai` client; `says`: for each request (content, reasoning_content, finish_reason, tokens)."""

    def __init__(self, *says):
        self.says, self.requests = list(says), []
        self.chat = SimpleNamespace(completions=SimpleNamespace(create=self.create))

    def create(self, **request):
        self.requests.append(request)
        content, thought, ended, tokens = self.says[min(len(self.requests), len(self.says)) - 1]
        message = SimpleNamespace(content=content, reasoning_content=thought)
        details = SimpleNamespace(reasoning_tokens=tokens - 1) if thought else None
        usage = SimpleNamespace(completion_tokens=tokens, completion_tokens_details=details)
        return SimpleNamespace(choices=[SimpleNamespace(message=message, finish_reason=ended)], usage=usage)


def test_the_switch_is_sent_when_asked_to_and_else_nothing():
    client = Client(('\n\n12.', '3 + 4 = 7\n', 'stop', 9), ('12.', None, 'stop', 3))
    reply = ask(client, ASKED, 'sum?', think=True, extra_body={'top_k': 1})
    assert (reply.thought, reply.answer, reply.tokens, reply.thought_tokens) == ('3 + 4 = 7', '12.', 9, 8)
    assert client.requests[0]['extra_body'] == {'top_k': 1, 'chat_template_kwargs': {'enable_thinking': True}}
    plain = ask(client, ASKED, 'sum?')
    assert (plain.thought, plain.answer, plain.thought_tokens, plain.ended) == (None, '12.', 0, 'stop')
    assert 'extra_body' not in client.requests[1]
    assert client.requests[1]['messages'] == [{'role': 'user', 'content': 'sum?'}]


def test_replies_come_in_the_order_of_the_questions():
    class Echo(Client):
        def create(self, **request):
            self.says = [(request['messages'][0]['content'], None, 'stop', 1)]
            return super().create(**request)

    questions = [f'question {i}' for i in range(30)]
    assert [reply.answer for reply in ask_all(Echo(), ASKED, questions, clients=1)] == questions


def test_a_thought_within_its_limit_is_one_request():
    client = Client(('\n\n12.', 'short\n', 'stop', 9))
    assert ask_within(client, ASKED, 'sum?', 20).answer == '12.'
    assert [request['max_tokens'] for request in client.requests] == [20]


def test_a_thought_that_is_cut_is_answered_behind():
    client = Client((None, '3 + 4', 'length', 3), ('\n\n7.', None, 'stop', 4))
    form = {'type': 'json_object'}
    reply = ask_within(client, ASKED, 'sum?', 3, response_format=form)
    assert (reply.thought, reply.answer, reply.tokens, reply.thought_tokens) == ('3 + 4', '7.', 7, 2)
    first, second = client.requests
    assert (first['max_tokens'], second['max_tokens']) == (3, 100)
    assert 'response_format' not in first
    assert second['response_format'] == form
    assert second['messages'][-1] == {'role': 'assistant', 'content': '', 'reasoning_content': '3 + 4'}
    assert 'extra_body' not in second, 'with the switch on the answer would be taken for thought'


def test_a_limit_below_one_is_refused():
    with pytest.raises(ValueError, match='at least 1'):
        ask_within(Client(), ASKED, 'sum?', 0)


def test_a_thought_may_be_anybodys():
    client = Client(('9.', None, 'stop', 2))
    reply = answer_behind(client, ASKED, 'sum?', '4 + 5 = 9')
    assert (reply.thought, reply.answer) == ('4 + 5 = 9', '9.')


@pytest.mark.parametrize(
    ('text', 'number'),
    [
        ('17 + 25 = 42.', 42),
        ('答案是 26。', 26),
        ('= -5', -5),
        ('It is 3, not 4', 4),
        ('none', None),
        ('', None),
        (None, None),
    ],
)
def test_the_last_number(text, number):
    assert last_number(text) == number


def test_the_sums_are_right_and_in_both_languages():
    sums = held_out_sums()
    assert len(sums) == 200
    assert len({each.question for each in sums}) == 200
    assert [each.language for each in sums[:4]] == ['en', 'zh', 'en', 'zh']
    for each in sums:
        assert len(each.steps) >= 2
        for step in each.steps:
            left, right = step.replace('×', '*').split(' = ')
            assert eval(left) == int(right)
        assert each.steps[-1].endswith(f'= {each.result}')
    assert held_out_sums(3) == sums[:3]
    for number in (0, 201):
        with pytest.raises(ValueError, match='1 to 200'):
            held_out_sums(number)
