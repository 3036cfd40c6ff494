"""The submission card: what the homework asks for, in one picture, drawn from the evidence."""

import io

from helpers.memory import MIB
from homework.pages import render
from homework.schema import Evidence
from homework.tasks import TASKS
from homework.texts import message, printable

from .lines import answer_line, question_of, row_line, settings_line
from .typesetting import typeset


class Card:
    """The card of one task.  It shows itself under a cell; `png()` draws it."""

    def __init__(self, evidence: Evidence):
        self.evidence = evidence
        self.language = evidence.language
        self.title = TASKS[evidence.task].title(self.language)

    def __repr__(self) -> str:
        lines = [f'{self.title} · {self.evidence.name} · {self.evidence.code}']
        return '\n'.join(lines + [f'{label}: {value}' for label, value in self.fields()])

    def fields(self) -> list[tuple[str, str]]:
        """Label and value of each line of the card's upper part."""
        e, language = self.evidence, self.language
        versions = e.versions
        driver = ''
        if e.device.driver:
            driver = ', ' + message('driver {version}', version=e.device.driver).text(language)
        lines = [
            (message('Device').text(language), e.device.name + driver),
            (
                message('Versions').text(language),
                f'LMDeploy {versions["lmdeploy"]} · PyTorch {versions["torch"]} · '
                f'transformers {versions["transformers"]} · Python {versions["python"]}',
            ),
        ]
        lines += [(engine.label, settings_line(engine, language)) for engine in e.engines]
        if e.checks:
            good = sum(check.state != 'FAIL' for check in e.checks)
            passed = message('{good} / {all} checks passed', good=good, all=len(e.checks))
            lines.append((message('Environment').text(language), passed.text(language)))
        lines += [(message('Measured').text(language), row_line(row)) for row in e.rows if 'what' not in row]
        lines += [(row['what'], row['value']) for row in e.rows if 'what' in row]
        return [(printable(str(label)), printable(str(value))) for label, value in lines]

    def answers(self) -> list[dict]:
        """Question, text and figures of each answer."""
        return [
            {'question': question_of(a), 'text': a.text, 'figures': answer_line(a, self.language)}
            for a in self.evidence.answers
        ]

    def footer(self) -> str:
        return f'{self.evidence.finished.replace("T", " ").replace("Z", " UTC")}   ·   {self.evidence.code}'

    def _repr_html_(self) -> str:
        memory = message('Memory').text(self.language)
        return render(
            'card.html', self.language, title=self.title, name=self.evidence.name,
            fields=[*self.fields(), *((memory, line) for line in self._memory_lines())],
            answers=self.answers(), footer=self.footer(),
        )  # fmt: skip

    def png(self) -> bytes:
        """The card as a picture of 1280 pixels width; it says of which evidence it is the card."""
        from PIL import Image, PngImagePlugin

        values = {
            'title': self.title, 'name': self.evidence.name, 'lang': self.language, 'fields': self.fields(),
            'memory': self._bars(), 'source': self._total(), 'answers': self.answers(), 'footer': self.footer(),
        }  # fmt: skip
        text = PngImagePlugin.PngInfo()
        text.add_text('course-task', self.evidence.task)
        text.add_text('course-code', self.evidence.code)
        buffer = io.BytesIO()
        Image.open(io.BytesIO(typeset('card.typ', values, 'png'))).convert('RGB').save(buffer, 'PNG', pnginfo=text)
        return buffer.getvalue()

    def _memory(self) -> list[tuple[str, int | None, int, int | None]]:
        """Label, bytes before, bytes after, bytes predicted, for each engine; else of the first and last reading."""
        used = []
        for engine in self.evidence.engines:
            before = engine.before.used_bytes
            predicted = before + engine.predicted.engine_bytes if engine.predicted else None
            used.append((engine.label, before, engine.after.used_bytes, predicted))
        readings = self.evidence.memory
        if not used and readings:
            first, last = readings[0].used_bytes, readings[-1].used_bytes
            used = [('', first if abs(last - first) >= MIB else None, last, None)]
        return used

    def _total(self) -> str:
        """The device's memory, and who says so."""
        if not self.evidence.memory:
            return ''
        last = self.evidence.memory[-1]
        total = message('of {total:.0f} MiB; {source}', total=last.total_bytes / MIB, source=last.source)
        return total.text(self.language)

    def _memory_lines(self) -> list[str]:
        lines = []
        for label, before, after, predicted in self._memory():
            values = {'before': (before or 0) / MIB, 'after': after / MIB, 'predicted': (predicted or 0) / MIB}
            line = f'{label}: ' if label else ''
            if before is None:
                line += f'{after / MIB:.0f} MiB'
            else:
                line += message('before {before:.0f} → after {after:.0f} MiB', **values).text(self.language)
            if predicted is not None:
                line += ' ' + message('(predicted {predicted:.0f})', **values).text(self.language)
            lines.append(line)
        return [*lines, self._total()] if self.evidence.memory else lines

    def _bars(self) -> list[dict]:
        """For each engine its label, and for each reading its text, its share of the device's memory and the predicted
        share."""
        used, bars = self._memory(), []
        if not used:
            return []
        readings = self.evidence.memory
        total = max(readings[-1].total_bytes if readings else 1, *(after for _, _, after, _ in used), 1)
        for label, before, after, predicted in used:
            values = {'before': (before or 0) / MIB, 'after': after / MIB, 'predicted': (predicted or 0) / MIB}
            last = f'{after / MIB:.0f} MiB'
            if before is not None:
                last = message('after {after:.0f} MiB', **values).text(self.language)
            if predicted is not None:
                last += '   ' + message('(predicted {predicted:.0f} MiB)', **values).text(self.language)
            shown = [{'text': last, 'share': after / total, 'predicted': predicted and predicted / total}]
            if before is not None:
                text = message('before {before:.0f} MiB', **values).text(self.language)
                shown.insert(0, {'text': text, 'share': before / total, 'predicted': None})
            memory = message('Memory').text(self.language)
            bars.append({'label': f'{memory} {label}'.strip(), 'readings': shown})
        return bars
