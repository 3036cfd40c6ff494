"""The chat box, with a pipeline that answers by rule: what it sends, shows, keeps, and does when things go wrong."""

import threading
from types import SimpleNamespace

import pytest
from patience import PATIENCE_S, wait_until
from widget_support import widgets_alive

from helpers import engine_config
from helpers.models import EMBEDDED
from lessons.chat import chat_box


class Pipe:
    """Answers with the last message, word by word; `gate` holds it back after the first word."""

    def __init__(self):
        self.requests, self.aborted, self.gate = [], 0, None

    def session(self):
        return SimpleNamespace(abort=self._abort)

    def _abort(self):
        self.aborted += 1

    def stream_infer(self, messages, sessions, gen_config, do_preprocess=True):
        self.requests.append((messages, gen_config))
        if 'crash' in messages[-1]['content']:
            yield SimpleNamespace(text='', finish_reason='error', error_message='out of memory')
            return
        for i, word in enumerate(messages[-1]['content'].split()):
            if i == 1 and self.gate:
                assert self.gate.wait(PATIENCE_S)
            if word == 'interrupt':
                raise KeyboardInterrupt
            yield SimpleNamespace(text=word.upper() + ' ', finish_reason=None, error_message=None)


@pytest.fixture
def pipe():
    return Pipe()


def test_it_keeps_the_transcript_and_sends_all_of_it(pipe):
    box = chat_box(pipe, gen_config='CONFIG')
    assert box.ask('one two') == 'ONE TWO '
    assert box.ask('three') == 'THREE '
    assert [m['role'] for m in box.messages] == ['user', 'assistant', 'user', 'assistant']
    messages, gen_config = pipe.requests[1]
    assert [m['content'] for m in messages] == ['one two', 'ONE TWO ', 'three']
    assert gen_config == 'CONFIG'


def test_what_people_write_is_text_and_never_markup(pipe):
    box = chat_box(pipe)
    box.ask('<script>alert(1)</script>')
    assert '<script>' not in box._page.value
    assert '&lt;script&gt;' in box._page.value


def press_enter(box, text: str) -> None:
    """What the page sends, in its order: the key, and then what was typed, unless that is known already."""
    box._field._handle_string_msg(box._field, {'event': 'submit'}, None)
    box._field.value = text


def click_send(box, text: str) -> None:
    box._field.value = text  # the field is left for the button
    button(box, 'Send').click()


def click_send_before_its_text(box, text: str) -> None:
    """A page that still waits for the kernel holds a value back, and not a click."""
    box._field.value = ''
    button(box, 'Send').click()
    box._field.value = text


def press_enter_on_a_draft(box, text: str) -> None:
    box._field.value = text
    press_enter(box, text)


def button(box, name: str):
    return next(w for w in box.children[1].children if getattr(w, 'description', '') == name)


@pytest.mark.parametrize('send', [press_enter, press_enter_on_a_draft, click_send, click_send_before_its_text])
def test_it_is_sent_by_a_thread_and_the_field_is_empty(pipe, send):
    box = chat_box(pipe)
    box._field.value = 'hell'
    send(box, 'hello there')
    wait_until(lambda: len(box.messages) >= 2)
    assert box.messages[-1]['content'] == 'HELLO THERE '
    assert box._field.value == ''
    send(box, '')
    wait_until(lambda: not [t for t in threading.enumerate() if isinstance(t, threading.Timer)])
    assert len(pipe.requests) == 1, 'nothing to send'


def test_a_draft_is_never_sent(pipe):
    """Leaving the field changes its value, as every letter does."""
    box = chat_box(pipe)
    for draft in ('h', 'hello', 'hello there'):
        box._field.value = draft
    assert not [t for t in threading.enumerate() if t.name == 'chat-box']
    assert (pipe.requests, box._field.value) == ([], 'hello there')


def test_what_is_sent_meanwhile_waits_in_sight_and_in_order(pipe):
    pipe.gate = threading.Event()
    box = chat_box(pipe)
    for text in ('one two', 'three', '<four>'):
        press_enter(box, text)
        wait_until(lambda: 'ONE' in box._page.value)
    assert len(pipe.requests) == 1
    assert 'you, next:</b> three' in box._page.value
    assert box._page.value.index('three') < box._page.value.index('&lt;four&gt;')
    pipe.gate.set()
    wait_until(lambda: len(box.messages) == 6)
    assert [m['content'] for m in box.messages if m['role'] == 'user'] == ['one two', 'three', '<four>']
    assert 'you, next' not in box._page.value


def test_clear_forgets_what_waits(pipe):
    pipe.gate = threading.Event()
    box = chat_box(pipe)
    for text in ('one two', 'three'):
        press_enter(box, text)
        wait_until(lambda: 'ONE' in box._page.value)
    pipe.gate.set()
    box.clear()
    wait_until(lambda: not [t for t in threading.enumerate() if t.name == 'chat-box'])
    assert (box.messages, len(pipe.requests)) == ([], 1)


def test_stop_ends_the_answer_and_keeps_what_came(pipe):
    pipe.gate = threading.Event()
    box = chat_box(pipe)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(box.ask('one two three four')))
    thread.start()
    wait_until(lambda: 'ONE' in box._page.value)
    box.stop()
    pipe.gate.set()
    thread.join(PATIENCE_S)
    assert answers == ['ONE TWO ']
    assert pipe.aborted == 1
    assert box.messages[-1] == {'role': 'assistant', 'content': 'ONE TWO '}


def test_an_error_is_shown_and_the_next_question_works(pipe):
    box = chat_box(pipe)
    with pytest.raises(RuntimeError, match='out of memory'):
        box.ask('crash')
    assert 'out of memory' in box._page.value
    assert box.messages == []
    assert box.ask('again') == 'AGAIN '


def test_an_interrupted_cell_takes_its_question_back_and_stops_the_engine(pipe):
    box = chat_box(pipe)
    with pytest.raises(KeyboardInterrupt):
        box.ask('now interrupt this')
    assert box.messages == []
    assert pipe.aborted == 1
    assert box.ask('again') == 'AGAIN '


def test_a_real_engine_refuses_what_is_too_long_and_answers_what_is_not():
    from lmdeploy import GenerationConfig, pipeline

    config = engine_config(session_len=128, cache_max_entry_count=0.1)
    with pipeline(str(EMBEDDED / 'tiny-chat'), backend_config=config, log_level='ERROR') as pipe:
        box = chat_box(pipe, GenerationConfig(max_new_tokens=16, do_sample=False))
        with pytest.raises(RuntimeError, match='length'):
            box.ask('too long ' * 200)
        assert 'The engine gave no answer' in box._page.value
        assert box.messages == []
        assert box.ask('Hello!').strip()
        assert len(box.messages) == 2


def test_what_cuts_an_answer_off_is_said_as_the_clients_of_a_server_say_it(pipe):
    def stream_infer(messages, sessions, gen_config):
        yield SimpleNamespace(text='half an', finish_reason=None)
        yield SimpleNamespace(text=' ans', finish_reason='length', generate_token_len=3)

    box = chat_box(pipe)
    box.ask('one')
    assert 'cut off' not in box._page.value
    pipe.stream_infer = stream_infer
    assert box.ask('two') == 'half an ans'
    assert 'cut off after 3 tokens' in box._page.value


@pytest.mark.parametrize('end', ['cut off', 'stopped'])
def test_an_unfinished_answer_goes_on_as_if_nothing_had_been(end):
    """Greedy: the pieces together are the whole."""
    from lmdeploy import GenerationConfig, pipeline

    def config(tokens):
        return GenerationConfig(max_new_tokens=tokens, do_sample=False)

    engine = engine_config(session_len=1024, cache_max_entry_count=0.1)
    with pipeline(str(EMBEDDED / 'tiny-chat'), backend_config=engine, log_level='ERROR') as pipe:
        question = 'Tell me a story'
        whole = chat_box(pipe, config(400)).ask(question)
        box = chat_box(pipe, config(40 if end == 'cut off' else 400))
        assert button(box, 'Go on').disabled
        if end == 'stopped':
            draw = box._draw

            def stop_at_80(answer=None, *args, **kwargs):
                draw(answer, *args, **kwargs)
                if len(answer or '') > 80:
                    box.stop()

            box._draw = stop_at_80
        part = box.ask(question)
        box.__dict__.pop('_draw', None)
        assert whole.startswith(part)
        assert part != whole
        assert not button(box, 'Go on').disabled
        box.gen_config = config(400)
        assert box.go_on() == whole
        assert [m['content'] for m in box.messages] == [question, whole]
        assert button(box, 'Go on').disabled


def test_an_answer_that_cannot_go_on_stays(pipe):
    box = chat_box(pipe)
    box.ask('one')
    template = SimpleNamespace(apply_chat_template=lambda messages, **_: [{'content': 'crash'}])
    pipe.async_engine = SimpleNamespace(tokenizer=SimpleNamespace(model=SimpleNamespace(model=template)))
    with pytest.raises(RuntimeError, match=r'does not go on: .*out of memory'):
        box.go_on()
    assert [m['content'] for m in box.messages] == ['one', 'ONE ']
    assert 'out of memory' in box._page.value


def test_a_full_context_says_how_to_begin_anew(pipe):
    def stream_infer(messages, sessions, gen_config):
        why = 'Input length (130) must be smaller than the model context length (128).'
        yield SimpleNamespace(text='', finish_reason='error', error_message=why)

    box = chat_box(pipe)
    box.ask('one')
    pipe.stream_infer = stream_infer
    with pytest.raises(RuntimeError, match='context length'):
        box.ask('two')
    assert 'Clear begins anew' in box._page.value


def test_clear_forgets(pipe):
    box = chat_box(pipe)
    box.ask('one')
    box.clear()
    assert box.messages == []
    assert 'ONE' not in box._page.value


def test_close_leaves_no_widget_behind(pipe):
    before = set(widgets_alive())
    box = chat_box(pipe)
    box.ask('one')
    box.close()
    assert set(widgets_alive()) == before


def test_what_a_notebook_stores_of_it_does_not_change(pipe):
    assert repr(chat_box(pipe)) == repr(chat_box(pipe)) == 'ChatBox()'
