"""The submission card: what the homework asks for, in one picture, drawn from the evidence."""

import html
import io

from .fonts import FONT, pil_font, printable, runs, text_width, wrap
from .tasks import TASKS, characters
from .words import say

MIB = 1 << 20
_INK, _SOFT, _LINE, _ACCENT, _GROUND = '#1a1a1a', '#666666', '#d8dce3', '#2b5fb8', '#f5f7fa'
_BARS = {'used': '#2b5fb8', 'predicted': '#dd8452'}
_WIDTH, _MARGIN, _LABEL = 1280, 40, 190
_ANSWER_LINES = 16  # of a long answer on the picture; the evidence has all of it


class Card:
    """The card of one task.  It shows itself under a cell; `png()` draws it."""

    def __init__(self, evidence: dict):
        self.evidence = evidence
        self.language = evidence['language']
        self.title = TASKS[evidence['task']].title(self.language)

    def __repr__(self) -> str:
        lines = [f'{self.title} · {self.evidence["name"]} · {self.evidence["code"]}']
        return '\n'.join(lines + [f'{label}: {value}' for label, value in self.fields()])

    def fields(self) -> list[tuple[str, str]]:
        """Label and value of each line of the card's upper part."""
        e, t = self.evidence, self.language
        versions = e['versions']
        driver = f', {say("driver", t)} {e["device"]["driver"]}' if e['device']['driver'] else ''
        lines = [
            (say('device', t), e['device']['name'] + driver),
            (say('versions', t), f'LMDeploy {versions["lmdeploy"]} · PyTorch {versions["torch"]} · '
                                 f'transformers {versions["transformers"]} · Python {versions["python"]}'),
        ]  # fmt: skip
        lines += [(engine['label'], settings_line(engine, t)) for engine in e['engines']]
        if e['checks']:
            good = sum(check['state'] != 'FAIL' for check in e['checks'])
            lines.append((say('checks', t), f'{good} / {len(e["checks"])} {say("passed", t)}'))
        lines += [(say('table', t), row_line(row)) for row in e['rows'] if 'what' not in row]
        lines += [(row['what'], row['value']) for row in e['rows'] if 'what' in row]
        return [(label, printable(str(value))) for label, value in lines]

    def memory(self) -> list[tuple[str, int | None, int, int | None]]:
        """Label, bytes before, bytes after, bytes predicted, for each engine; else of the first and last reading."""
        bars = [
            (
                engine['label'],
                engine['before']['used_bytes'],
                engine['after']['used_bytes'],
                engine['before']['used_bytes'] + engine['predicted']['engine_bytes'] if engine['predicted'] else None,
            )
            for engine in self.evidence['engines']
        ]
        readings = self.evidence['memory']
        if not bars and readings:
            first, last = readings[0]['used_bytes'], readings[-1]['used_bytes']
            bars = [('', first if abs(last - first) >= MIB else None, last, None)]
        return bars

    def talk(self) -> list[tuple[str, str, str]]:
        """Question, answer and figures, of each answer."""
        return [(question_of(a), a['text'], answer_line(a, self.language)) for a in self.evidence['answers']]

    def footer(self) -> str:
        return f'{self.evidence["finished"].replace("T", " ").replace("Z", " UTC")}   ·   {self.evidence["code"]}'

    def _repr_html_(self) -> str:
        e, t = self.evidence, self.language
        cell = 'style="padding:.2em .8em .2em 0;text-align:left;vertical-align:top'
        rows = ''.join(
            f'<tr style="background:white"><td {cell};color:{_SOFT};white-space:nowrap">{html.escape(label)}</td>'
            f'<td {cell}">{html.escape(value)}</td></tr>'
            for label, value in [*self.fields(), *((say('memory', t), line) for line in self._memory_lines())]
        )
        talk = ''.join(
            f'<div style="margin:.6em 0;padding:.6em .9em;background:{_GROUND};border-left:4px solid {_ACCENT}">'
            f'<div style="color:{_SOFT}">{html.escape(question)}</div>'
            f'<div style="white-space:pre-wrap;margin:.3em 0">{html.escape(answer)}</div>'
            f'<div style="color:{_SOFT};font-size:.85em">{html.escape(figures)}</div></div>'
            for question, answer, figures in self.talk()
        )
        return (
            f'<div style="max-width:60em;border:1px solid {_LINE};border-radius:8px;padding:1em 1.4em;'
            f"font:15px/1.5 system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;color:{_INK};background:white\">"
            f'<div style="font-size:1.35em;font-weight:600">{html.escape(self.title)}</div>'
            f'<div style="color:{_ACCENT};font-size:1.1em;margin-bottom:.5em">{html.escape(e["name"])}</div>'
            f'<table style="border-collapse:collapse">{rows}</table>{talk}'
            f'<div style="color:{_SOFT};margin-top:.6em">{html.escape(self.footer())}</div></div>'
        )

    def _memory_lines(self) -> list[str]:
        t = self.language
        lines = []
        for label, before, after, predicted in self.memory():
            line = f'{label}: ' if label else ''
            line += '' if before is None else f'{say("before", t)} {before / MIB:.0f} → {say("after", t)} '
            line += f'{after / MIB:.0f} MiB'
            if predicted is not None:
                line += f' ({say("predicted", t)} {predicted / MIB:.0f})'
            lines.append(line)
        if self.evidence['memory']:
            total = self.evidence['memory'][-1]['total_bytes']
            lines.append(f'{say("of", t)} {total / MIB:.0f} MiB; {self.evidence["memory"][-1]["source"]}')
        return lines

    def png(self) -> bytes:
        """The card as a picture of 1280 pixels width."""
        from PIL import Image, ImageDraw, PngImagePlugin

        height = self._draw(_Pen(None))
        image = Image.new('RGB', (_WIDTH, height), 'white')
        self._draw(_Pen(ImageDraw.Draw(image)))
        buffer = io.BytesIO()
        told = PngImagePlugin.PngInfo()  # which evidence this is the card of
        told.add_text('course-task', self.evidence['task'])
        told.add_text('course-code', self.evidence['code'])
        image.save(buffer, 'PNG', pnginfo=told)
        return buffer.getvalue()

    def _draw(self, pen: '_Pen') -> int:
        """Draw everything with `pen`, or measure with one that draws nothing; the height."""
        e = self.evidence
        right = _WIDTH - _MARGIN
        pen.box(0, 0, _WIDTH, 12, _ACCENT)
        y = pen.text(_MARGIN, 40, self.title, 34, _INK, right - _MARGIN, bold=True)
        y = pen.text(_MARGIN, y + 4, e['name'], 26, _ACCENT, right - _MARGIN) + 14
        for label, value in self.fields():
            left = pen.text(_MARGIN, y, label, 20, _SOFT, _LABEL - 12)
            y = max(left, pen.text(_MARGIN + _LABEL, y, value, 20, _INK, right - _MARGIN - _LABEL)) + 6
        y = self._draw_memory(pen, y + 8)
        for question, answer, figures in self.talk():
            y = self._draw_answer(pen, y + 14, question, answer, figures)
        pen.box(_MARGIN, y + 18, right, y + 20, _LINE)
        return int(pen.text(_MARGIN, y + 30, self.footer(), 20, _SOFT, right - _MARGIN) + 24)

    def _draw_memory(self, pen: '_Pen', y: float) -> float:
        t, bars = self.language, self.memory()
        if not bars:
            return y
        left, right = _MARGIN + _LABEL, _WIDTH - _MARGIN
        total = max(self.evidence['memory'][-1]['total_bytes'], *(bar[2] for bar in bars), 1)
        for label, before, after, predicted in bars:
            pen.text(_MARGIN, y, f'{say("memory", t)} {label}'.strip(), 20, _SOFT, _LABEL - 12)
            for what, used in (('before', before), ('after', after)):
                if used is None:
                    continue
                pen.box(left, y + 4, right, y + 26, _GROUND)
                pen.box(left, y + 4, left + (right - left) * used / total, y + 26, _BARS['used'])
                if what == 'after' and predicted is not None:
                    at = left + (right - left) * min(predicted / total, 1)
                    pen.box(at - 2, y, at + 2, y + 30, _BARS['predicted'])
                line = f'{"" if before is None else say(what, t) + " "}{used / MIB:.0f} MiB'
                if what == 'after' and predicted is not None:
                    line += f'   ({say("predicted", t)} {predicted / MIB:.0f} MiB)'
                y = pen.text(left, y + 30, line, 18, _INK, right - left) + 4
            y += 6
        last = self.evidence['memory'][-1]
        source = f'{say("of", t)} {last["total_bytes"] / MIB:.0f} MiB; {last["source"]}'
        return pen.text(left, y, source, 16, _SOFT, right - left)

    def _draw_answer(self, pen: '_Pen', y: float, question: str, answer: str, figures: str) -> float:
        left, width = _MARGIN + 20, _WIDTH - 2 * _MARGIN - 40
        lines = wrap(answer, width, lambda text: text_width(text, 21))
        if len(lines) > _ANSWER_LINES:
            lines = [*lines[: _ANSWER_LINES - 1], '…']

        def inside(pen: '_Pen') -> float:
            below = pen.text(left, y + 12, question, 18, _SOFT, width, most=4) + 6
            for line in lines:
                below = pen.text(left, below, line, 21, _INK, width)
            return pen.text(left, below + 6, figures, 17, _SOFT, width) + 10

        bottom = inside(_Pen(None))
        pen.box(_MARGIN, y, _WIDTH - _MARGIN, bottom, _GROUND)
        pen.box(_MARGIN, y, _MARGIN + 5, bottom, _ACCENT)
        inside(pen)
        return bottom


class _Pen:
    """Draws on a picture, or on none, to measure."""

    def __init__(self, draw):
        self._draw = draw

    def box(self, left, top, right, bottom, colour) -> None:
        if self._draw is not None and right > left:
            self._draw.rectangle((left, top, right - 1, bottom - 1), fill=colour)

    def text(self, x, y, text, size, colour, width, bold=False, most=None) -> float:
        """Lines of text from (x, y) on, at most `most`; where the next may begin."""
        lines = wrap(text, width, lambda piece: text_width(piece, size))
        if most and len(lines) > most:
            lines = [*lines[: most - 1], '…']
        for line in lines:
            at = x
            for path, piece in runs(line, FONT) if self._draw is not None else ():
                font = pil_font(path, size)
                self._draw.text((at, y + size), piece, colour, font, 'ls', stroke_width=bold, stroke_fill=colour)
                at += font.getlength(piece)
            y += size * 1.42
        return y


def settings_line(engine: dict, language: str) -> str:
    """An engine in one line: checkpoint, what runs it, settings."""
    from .checkpoint import is_w4a16

    checkpoint, real = engine['checkpoint'], engine['real']
    names = {'turbomind': 'TurboMind', 'pytorch': 'PyTorch engine', 'transformers': 'transformers'}
    parts = [checkpoint['name'] + (' (W4A16)' if is_w4a16(checkpoint) else '')]
    parts.append(f'{names[engine["engine"]]}, {engine["device"]}, {engine["way"]}')
    for name in ('cache_max_entry_count', 'quant_policy', 'session_len', 'max_batch_size', 'dtype'):
        if real.get(name) is not None:
            parts.append(f'{name} {real[name]}')
    if engine['predicted']:
        parts.append(f'{engine["predicted"]["tokens"]:,} {say("tokens fit", language)}')
    return ' · '.join(parts)


def answer_line(answer: dict, language: str) -> str:
    """How an answer came: client, tokens, speed, time."""
    parts = [f'{answer["engine"]} · {answer["client"]}']
    if answer['output_tokens'] is not None:
        parts.append(f'{answer["output_tokens"]} tokens')
    parts.append(f'{characters(answer["text"])} {say("characters", language)}')
    if answer['tokens_per_s'] is not None:
        parts.append(f'{answer["tokens_per_s"]:.1f} tokens/s')
    if answer['time_s'] is not None:
        parts.append(f'{answer["time_s"]:.2f} s')
    for call in answer.get('tool_calls') or ():
        arguments = ', '.join(f'{k}={v}' for k, v in (call.get('arguments') or {}).items())
        parts.append(f'{call["name"]}({arguments}) = {call.get("result")}')
    return ' · '.join(parts)


def question_of(answer: dict) -> str:
    """The last thing that a person said in it."""
    content = next((m['content'] for m in reversed(answer['messages']) if m['role'] == 'user'), '')
    if isinstance(content, list):
        return ' '.join(part.get('text', f'[{part["type"]}]') for part in content)
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
