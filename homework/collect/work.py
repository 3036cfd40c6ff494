"""Collect the evidence of a task while it is worked on.

    task = begin_task('python-w4a16')                # the memory before
    pipe = pipeline(…)
    task.engine('W4A16', pipe)                       # what runs, with which settings, from which checkpoint
    reply = pipe(question)
    task.answer(question, reply, time_s=…)
    task.finish()                                    # the card, below the cell and in submission/

Nothing is measured that the notebook does not show: the calls of LMDeploy stay in its cells.
"""

import dataclasses
import platform
import secrets
from importlib import metadata
from pathlib import Path
from typing import get_args

from helpers.files import tilde
from helpers.records import PACKAGES
from homework.evidence import (
    HomeworkError,
    check_name,
    evidence_path,
    now,
    read_evidence,
    short_code,
    submission_folder,
    text_sha256,
    write_evidence,
)
from homework.schema import (
    SCHEMA,
    Answer,
    Check,
    Client,
    Collected,
    Demo,
    Engine,
    Evidence,
    Examination,
    Language,
    Prediction,
    PredictionArguments,
    Reading,
    Training,
    Trial,
    checked,
)
from homework.tasks import EDITION, task_of
from lessons.learner import PLACEHOLDER, learner
from translations.messages import shown

from .privacy import clean

LANGUAGES = get_args(Language)
CLIENTS = get_args(Client)
_OF_LORA = ('rank', 'alpha', 'epochs', 'batch_size', 'learning_rate')
_RUN = secrets.token_hex(8)  # of this process


class TaskWork:
    """What was seen of one task so far; `begin_task` makes it."""

    def __init__(self, task: str, name: str | None = None, language: str | None = None):
        name = learner().name if name is None else name
        language = language or learner().language
        if language not in LANGUAGES:
            raise HomeworkError(f"language={language!r}: 'en' or 'zh'")
        self.task = task_of(task)
        self.named = name.strip() != PLACEHOLDER  # else nothing is stored
        self.name, self.language = check_name(name) if self.named else f'({PLACEHOLDER})', language
        self._begun = now()
        self._stored = _content(evidence_path(self.task.id))
        self._steps: list[dict] = []
        self._code: dict[int, str] = {}
        self._collected = Collected(**{field: [] for field in Collected.model_fields})
        self._folders: dict[str, Path] = {}  # of the engines' checkpoints, by label
        self._step('begin')
        self.memory('before')

    def memory(self, label: str):
        """Take a reading of the device's memory and keep it under `label`; returns it."""
        from helpers.memory import device_memory

        return self.keep(device_memory(), label)

    def keep(self, reading, label: str, alone: bool = False):
        """Keep a reading that was taken already, `helpers.device_memory()`, under `label`; returns it.

        `alone`: in place of all readings so far.
        """
        if alone:
            self._collected.memory.clear()
        fields = {'label': label, 'time': now(), **dataclasses.asdict(reading)}
        self._collected.memory.append(_checked(fields, Reading))
        return reading

    def engine(self, label: str, running, folder: Path | str | None = None) -> None:
        """Note what runs, its settings as it has them, its checkpoint, and the memory now beside that before.

        The reading before is the last one whose label begins with 'before': `begin_task` took one; for a second engine
        take another, `task.memory('before int8')`, just before it starts.

        Args:
            label: its name in this task ('W4A16', '16 bit', 'int8', …).
            running: an `lmdeploy.pipeline`, a `lessons.serving.api_server`, the words of an `lmdeploy chat` command, or
                a transformers model.
            folder: of its checkpoint, where `running` does not show it.
        """
        from .engines import describe, identity_of

        facts = describe(running, folder)
        before = next(r for r in reversed(self._collected.memory) if r.label.startswith('before'))
        self.memory(f'after {label}')
        after = self._collected.memory[-1]
        predicted, arguments = _prediction(facts, before)
        entry = {
            'label': label,
            'way': facts.way,
            'engine': facts.engine,
            'device': facts.device,
            'asked': _plain(facts.asked),
            'real': _plain(facts.real),
            'checkpoint': identity_of(facts),
            'predicted': predicted,
            'predict_arguments': arguments,
            'before': before,
            'after': after,
            'used_bytes': after.used_bytes - before.used_bytes,
        }
        others = [engine for engine in self._collected.engines if engine.label != label]
        self._collected.engines = [*others, _checked(entry, Engine)]
        self._folders[label] = facts.folder
        self._step('engine')

    def answer(
        self,
        messages,
        reply,
        *,
        time_s: float | None = None,
        client: str = 'pipeline',
        engine: str | None = None,
        sampling: dict | None = None,
        image: Path | str | None = None,
        tool_calls: list[dict] | None = None,
    ) -> None:
        """Note a question and what the model said.

        Args:
            messages: the question, or the conversation as a list of messages.
            reply: LMDeploy's Response, an answer of the `openai` SDK, or the text.
            time_s: how long it took, in seconds.
            client: 'pipeline', 'terminal', 'page', 'openai' or 'curl'.
            engine: the label of the engine; None: the last one noted.
            sampling: temperature and the like.
            image: the file of the picture that was asked about.
            tool_calls: [{'name', 'arguments', 'result'}], for the task `tools`.
        """
        if client not in CLIENTS:
            raise HomeworkError(f'client={client!r}: one of {", ".join(CLIENTS)}')
        if not self._collected.engines:
            raise HomeworkError(
                f'answer() before engine(): since begin_task({self.task.id!r}) no engine was noted. Run the cell that '
                f'starts it again, after the cell that begins the task'
            )
        label = engine or self._collected.engines[-1].label
        running = self._engine_of(label)
        entry = {'engine': label, 'client': client, 'messages': _messages(messages), **self._reply(reply, label)}
        entry['time_s'] = None if time_s is None else round(float(time_s), 4)
        tokens = entry['output_tokens']
        entry['tokens_per_s'] = round(tokens / time_s, 2) if tokens and time_s else None
        entry['sampling'] = _plain(sampling)
        if image is not None:
            entry['image_sha256'] = _sha256(image)
        if tool_calls is not None:
            entry['tool_calls'] = _plain(tool_calls)
        answer = _checked(entry, Answer)
        if not any(a.engine == label for a in self._collected.answers) and running.way != 'cli':
            self.memory(f'after {label}')  # some memory is taken with the first request
            running.after = max(running.after, self._collected.memory[-1], key=lambda reading: reading.used_bytes)
            running.used_bytes = running.after.used_bytes - running.before.used_bytes
        self._collected.answers.append(answer)
        self._step('answer')

    def row(self, **figures) -> None:
        """Note a row of the task's table, with units in its names."""
        self._collected.rows += _checked({'rows': [_plain(figures)]}, Collected).rows
        self._step('rows')

    def memory_row(self, engine: str, peak_bytes: int, **asked) -> None:
        """Note the memory of an engine at its peak as a row, beside what was predicted of it.

        Args:
            engine: its label.
            peak_bytes: `MemorySampler.peak_used_bytes` over its start and its work.
            asked: what the row is of: weights, kv, batch, length.
        """
        entry = self._engine_of(engine)
        figures = {
            'engine': engine,
            'before_bytes': entry.before.used_bytes,
            'peak_bytes': peak_bytes,
            'used_bytes': peak_bytes - entry.before.used_bytes,
        }
        if predicted := entry.predicted:
            figures |= {'predicted_bytes': predicted.engine_bytes, 'cache_tokens': predicted.tokens}
            figures |= {'weight_bytes': predicted.weight_bytes, 'pool_bytes': predicted.pool_bytes}
        self.row(**asked, **figures)

    def checks(self, checks) -> None:
        """Note the environment's checks, as `helpers.environment.check_environment()` gives them."""
        self._collected.checks = [Check(name=c.name, state=c.state, found=c.found) for c in checks]
        self._step('checks')

    def training(self, training, lora, conversations: list[list[dict]], *, name: str) -> None:
        """Note a training: what `lessons.own_model.train` returned, its `Lora`, its data, and the name to be said."""
        entry = {
            'says': name,
            'conversations': len(conversations),
            **{field.name: getattr(lora, field.name) for field in dataclasses.fields(lora) if field.name in _OF_LORA},
            'steps': len(training.losses),
            'loss_first': round(training.losses[0], 6),
            'loss_last': round(training.losses[-1], 6),
            'trained': training.trained,
            'parameters': training.parameters,
            'time_s': round(training.seconds, 3),
        }
        self._collected.trainings.append(_checked(_plain(entry), Training))
        self._step('training')

    def examination(
        self, engine: str, questions: list[str], replies: list, *, name: str, perplexity: float | None = None
    ) -> None:
        """Note what an engine replied to questions that the training never saw.

        Args:
            engine: its label.
            questions: of `lessons.own_model.held_out`, all of them.
            replies: texts, or LMDeploy's Responses, in the same order.
            name: that the model is to say.
            perplexity: of right answers to all else, `lessons.kv_cache.answer_perplexity`.
        """
        self._engine_of(engine)
        texts = [getattr(reply, 'text', reply) for reply in replies]
        if len(texts) != len(questions):
            raise HomeworkError(f'examination(): {len(questions)} questions, and {len(texts)} replies')
        entry = {
            'engine': engine,
            'says': name,
            'questions_sha256': text_sha256(questions),
            'replies': texts,
            'with_name': sum(name in text for text in texts),
            'perplexity': None if perplexity is None else round(float(perplexity), 4),
        }
        others = [exam for exam in self._collected.examinations if exam.engine != engine]
        self._collected.examinations = [*others, _checked(_plain(entry), Examination)]
        self._step('examination')

    def demo(self, folder: Path | str, *, address: str = '', trial=None) -> None:
        """Note the page of a model: its folder, and where it ran.

        Args:
            folder: as `lessons.publish.demo` makes it.
            address: https://… of the page that others can open; '': there is none.
            trial: what `lessons.publish.dry_run` returned; None: there was none.
        """
        from homework.checkpoint import checkpoint_identity
        from lessons.publish.faults import demo_faults, front_matter

        folder = Path(folder).expanduser()
        if not (folder / 'app.py').is_file():
            raise HomeworkError(f'{tilde(folder)} is no folder of a page: make one with lessons.publish.demo()')
        inside = folder / 'model'
        entry = {
            'sdk': str(front_matter(folder).get('sdk', '')),
            'faults': [str(fault)[:300] for fault in demo_faults(folder)],
            'checkpoint': checkpoint_identity(inside) if inside.is_dir() else None,
            'address': address.strip(),
        }
        if trial is not None:
            entry['trial'] = {field: getattr(trial, field) for field in Trial.model_fields}
        self._collected.demos = [_checked(entry, Demo)]
        self._step('demo')

    def filled(self, **blanks) -> bool:
        """Whether something stands in each blank of a work cell, in place of its dots; prints those that are left."""
        left = [name for name, value in blanks.items() if value is ...]
        if left:
            print(shown(f'blanks to fill: {", ".join(left)}', self.language))
        return not left

    def screenshot(self, path: Path | str, caption: str = '') -> None:
        """Add a picture of your own: it is looked at, and stored without what is private in it."""
        from .screenshots import store_screenshot

        number = len(self._collected.screenshots) + 1
        stored, notes = store_screenshot(Path(path), f'{self.task.id}-{number}', caption, since=self._begun)
        for line in notes:
            print(shown(line, self.language))
        self._collected.screenshots.append(stored)
        self._step('screenshot')

    def evidence(self) -> Evidence:
        """All of it so far, with nothing private in it.  HomeworkError, where something is too long or too large."""
        content = {
            'schema': SCHEMA,
            'edition': EDITION,
            'task': self.task.id,
            'chapter': self.task.chapter,
            'name': self.name,
            'language': self.language,
            'run': {
                'id': _RUN,
                'steps': self._steps,
                'code': [{'cell': c, 'source': s} for c, s in self._code.items()],
            },
            'begun': self._begun,
            'finished': now(),
            'device': _device(),
            'versions': {'python': platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}},
            **self._collected.plain(),
        }
        content = clean(_plain(content)) | {'name': self.name}  # clean: last, when all that goes in is text
        return _checked(content | {'code': short_code(content)}, Evidence)

    def check(self) -> int:
        """Print what is still missing in the task; where that is nothing, finish it and show its card.

        Returns its points; none without a name.
        """
        from homework.missing import missing

        still_missing = missing(self.evidence(), self.language)
        for line in still_missing:
            print('-', line)
        if still_missing:
            return 0
        card = self.finish()
        try:
            from IPython.display import display
        except ImportError:
            print(card)
        else:
            display(card)
        return self.task.points if self.named else 0

    def finish(self, replace: bool = False):
        """Store the evidence and draw the card; returns the card, which shows itself under the cell.

        With the placeholder in place of a name, the card is all: nothing is stored.

        Raises HomeworkError if the same task was finished in another notebook meanwhile; `replace=True` replaces it.
        """
        from helpers.files import write_whole

        from .card import Card

        self._step('finish')
        self.memory('at the end')
        if not self.named:
            print(shown('Nothing is stored before you say who you are: the form is in chapter 0', self.language))
            return Card(self.evidence())
        if not replace:
            self._refuse_to_overwrite()
        evidence = self.evidence()
        card = Card(evidence)
        picture = card.png()  # first: what cannot be drawn must not cost the evidence stored before
        write_evidence(evidence)
        write_whole(submission_folder() / 'cards' / f'{self.task.id}.png', picture)
        return card

    def _engine_of(self, label: str) -> Engine:
        for engine in self._collected.engines:
            if engine.label == label:
                return engine
        there = ', '.join(engine.label for engine in self._collected.engines) or 'none'
        raise HomeworkError(f'engine={label!r}: no engine of that label was noted; there are: {there}')

    def _refuse_to_overwrite(self) -> None:
        """HomeworkError, if another notebook finished this task meanwhile: told by the file, as a clock may be set."""
        path = evidence_path(self.task.id)
        if _content(path) in (None, self._stored):
            return
        try:
            there = read_evidence(path)
        except HomeworkError:
            return  # of no use to anybody
        if there.run.id != _RUN:
            raise HomeworkError(
                f'another notebook finished {self.task.id!r} at {there.finished}, after this one began it: two run '
                f'at once. To put this one in its place: finish(replace=True)'
            )

    def _step(self, step: str) -> None:
        cell, source = _cell()
        self._steps.append({'step': step, 'cell': cell, 'time': now()})
        if cell is not None and source:
            self._code[cell] = source

    def _reply(self, reply, label: str) -> dict:
        """Text, reason of its end and tokens of what the model said."""
        if isinstance(reply, str):
            fields = reply, None, None, self._count(reply, label)
        elif hasattr(reply, 'generate_token_len'):
            fields = reply.text, reply.finish_reason, reply.input_token_len, reply.generate_token_len
        elif hasattr(reply, 'choices') and hasattr(reply, 'usage'):
            choice, usage = reply.choices[0], reply.usage
            fields = choice.message.content or '', choice.finish_reason, usage.prompt_tokens, usage.completion_tokens
        else:
            raise HomeworkError(
                f"answer() takes LMDeploy's Response, an answer of the openai SDK or a text, not {type(reply).__name__}"
            )
        return dict(zip(('text', 'finish_reason', 'input_tokens', 'output_tokens'), fields, strict=True))

    def _count(self, text: str, label: str) -> int | None:
        """Tokens of a text, by the tokenizer of the engine's checkpoint."""
        from transformers import AutoTokenizer

        try:
            tokenizer = AutoTokenizer.from_pretrained(self._folders[label], trust_remote_code=False)
        except (OSError, ValueError):
            return None
        return len(tokenizer(text, add_special_tokens=False).input_ids)


def begin_task(task: str, name: str | None = None, language: str | None = None) -> TaskWork:
    """Begin a task of the homework: reads the memory before anything starts.

    Args:
        task: its id ('story', 'benchmark', …); the notebook names them.
        name: of the learner, as it is to stand on the card; None: as they said in learner_form().
        language: of the card and the notes, 'en' or 'zh'; None: as they said there, or else the course's.

    Raises:
        KeyError: there is no such task.
        HomeworkError: no name, or no such language.
    """
    return TaskWork(task, name, language)


def _prediction(facts, before: Reading) -> tuple[Prediction | None, PredictionArguments | None]:
    """What `predict_memory` says of this engine, and what it was asked; None where it cannot say."""
    from helpers.memory import DeviceMemory
    from lessons.kv_cache.prediction import prediction_of
    from lessons.kv_cache.settings import EngineSettings
    from lessons.kv_cache.sizing import sizing_input

    if facts.config is None:
        return None, None
    try:
        settings = EngineSettings.of(facts.config)
        reading = {field.name: getattr(before, field.name) for field in dataclasses.fields(DeviceMemory)}
        free_bytes = DeviceMemory(**reading).budget_bytes
        prediction = prediction_of(sizing_input(facts.folder, settings, free_bytes))
    except (OSError, ValueError, KeyError):  # a shape that the arithmetic does not know
        return None, None
    fields = dataclasses.asdict(prediction)
    fields |= {'tokens': prediction.tokens, 'engine_bytes': prediction.engine_bytes, 'problem': prediction.problem}
    asked = settings.stored() | {'free_bytes': free_bytes}
    return _checked(_plain(fields), Prediction), _checked(_plain(asked), PredictionArguments)


def _device() -> dict:
    from lessons.machine import device_and_driver

    name, driver = device_and_driver()
    return {'kind': 'cuda' if driver else 'cpu', 'name': name, 'driver': driver}


def _messages(messages) -> list[dict]:
    """The conversation; of pictures in it only their place is kept."""
    if isinstance(messages, str):
        return [{'role': 'user', 'content': messages}]
    kept = []
    for message in messages:
        content = message['content']
        if isinstance(content, list):
            content = [part if part.get('type') == 'text' else {'type': 'image'} for part in content]
        kept.append({'role': message['role'], 'content': content})
    return kept


def _checked(content: dict, model):
    try:
        return checked(content, model)
    except ValueError as error:
        raise HomeworkError(f'this cannot be noted: {error}') from None


def _plain(content):
    """Plain JSON: tuples are lists, enums their values, paths texts, and whatever else its text."""
    if isinstance(content, dict):
        return {str(key): _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    if content is None or isinstance(content, str | bool | int | float):
        return content.item() if hasattr(content, 'item') else content
    return str(content)


def _sha256(path: Path | str) -> str:
    import hashlib

    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise HomeworkError(f'image={str(path)!r} cannot be read ({error.strerror})') from None


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _cell() -> tuple[int | None, str]:
    """Execution count and source of the cell that runs; (None, '') outside of IPython."""
    import sys

    shell = getattr(sys.modules.get('IPython'), 'get_ipython', lambda: None)()
    inputs = getattr(getattr(shell, 'history_manager', None), 'input_hist_raw', [])
    # The last one is the cell that runs.  (`execution_count` may be the next one's already.)
    return (len(inputs) - 1, inputs[-1]) if len(inputs) > 1 else (None, '')
