"""Settings, answers and rows of the evidence, each in a line of text; card and notes show the same."""

from helpers.memory import MIB
from homework.checkpoint import is_w4a16
from homework.schema import Answer, Demo, Engine, Examination, Training
from homework.tasks import characters
from homework.texts import message

_ENGINES = {'turbomind': 'TurboMind', 'pytorch': 'PyTorch engine', 'transformers': 'transformers'}


def settings_line(engine: Engine, language: str) -> str:
    """An engine in one line: checkpoint, what runs it, settings."""
    parts = [engine.checkpoint.name + (' (W4A16)' if is_w4a16(engine.checkpoint) else '')]
    parts.append(f'{_ENGINES[engine.engine]}, {engine.device}, {engine.way}')
    for name in ('cache_max_entry_count', 'quant_policy', 'session_len', 'max_batch_size', 'dtype'):
        if (value := getattr(engine.real, name)) is not None:
            parts.append(f'{name} {value}')
    if engine.predicted:
        parts.append(message('{tokens:,} tokens fit', tokens=engine.predicted.tokens).text(language))
    return ' · '.join(parts)


def answer_line(answer: Answer, language: str) -> str:
    """How an answer came: client, tokens, speed, time."""
    parts = [f'{answer.engine} · {answer.client}']
    if answer.output_tokens is not None:
        parts.append(f'{answer.output_tokens} tokens')
    parts.append(message('{count} characters', count=characters(answer.text)).text(language))
    if answer.tokens_per_s is not None:
        parts.append(f'{answer.tokens_per_s:.1f} tokens/s')
    if answer.time_s is not None:
        parts.append(f'{answer.time_s:.2f} s')
    for call in answer.tool_calls:
        arguments = ', '.join(f'{name}={value}' for name, value in call.arguments.items())
        parts.append(f'{call.name}({arguments}) = {call.result}')
    return ' · '.join(parts)


def training_line(training: Training, language: str) -> str:
    """A training: its data, its settings, its loss."""
    said = message(
        '{conversations} conversations, {epochs} epochs, rank {rank}: loss {first:.2f} → {last:.2f}; {trained:,} of '
        '{parameters:,} numbers learned, in {time:.0f} s',
        conversations=training.conversations, epochs=training.epochs, rank=training.rank, first=training.loss_first,
        last=training.loss_last, trained=training.trained, parameters=training.parameters, time=training.time_s,
    )  # fmt: skip
    return said.text(language)


def examination_line(exam: Examination, language: str) -> str:
    """What an examination found."""
    values = {'name': exam.says, 'found': exam.with_name, 'all': len(exam.replies)}
    said = message('says {name} in {found} of {all} replies', **values).text(language)
    if exam.perplexity is None:
        return said
    return said + ' · ' + message('perplexity of all else {value:.3f}', value=exam.perplexity).text(language)


def demo_line(demo: Demo, language: str) -> str:
    """A page: how it is built, where it ran."""
    parts = [demo.sdk, demo.checkpoint.name if demo.checkpoint else '']
    if demo.address:
        parts.append(demo.address)
    if demo.trial:
        said = message(
            'dry run: the page after {ready:.1f} s, the first words after {first:.2f} s, {mib} MiB',
            ready=demo.trial.ready_s, first=demo.trial.first_answer_s, mib=demo.trial.memory_mib,
        )  # fmt: skip
        parts.append(said.text(language))
    return ' · '.join(filter(None, parts))


def question_of(answer: Answer) -> str:
    """The last thing that a person said in it."""
    content = next((m.content for m in reversed(answer.messages) if m.role == 'user'), '')
    if isinstance(content, list):
        return ' '.join(f'[{part.type}]' if part.text is None else part.text for part in content)
    return content


def row_line(row: dict) -> str:
    """A row of a table in one line; bytes in MiB."""
    parts = []
    for name, value in row.items():
        if value is None:
            continue
        if name == 'data_sha256':
            value = str(value)[:8]
        elif name.endswith('_bytes') and isinstance(value, int | float):
            name, value = name.removesuffix('_bytes'), f'{value / MIB:.0f} MiB'
        elif isinstance(value, float):
            value = f'{value:.4g}'
        parts.append(f'{name} {value}')
    return ' · '.join(parts)
