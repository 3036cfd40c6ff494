"""The submission card: what the homework asks for, in one picture, drawn from the evidence."""

import io

from homework.pages import render
from homework.schema import Evidence
from homework.tasks import TASKS
from homework.texts import message, printable

from .lines import answer_line, demo_line, examination_line, question_of, row_line, settings_line, training_line
from .readings import memory_word, taken, total_line
from .typesetting import typeset


class Card:
    """The card of one task.  It shows itself under a cell; `png()` draws it."""

    def __init__(self, evidence: Evidence):
        self.evidence = evidence
        self.language = evidence.language
        self.task = TASKS[evidence.task]
        self.title = self.task.title(self.language)

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
            (message('Set by').text(language) if n == 0 else '', f'{origin} {words}')
            for n, (origin, words) in enumerate(self.task.set_by(language))
        ]
        lines += [
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
        lines += [(message('Training').text(language), training_line(one, language)) for one in e.trainings]
        lines += [
            (message('Examination').text(language), f'{exam.engine}: {examination_line(exam, language)}')
            for exam in e.examinations
        ]
        lines += [(message('Page').text(language), demo_line(demo, language)) for demo in e.demos]
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
        lines, word = self._memory_lines(), memory_word(self.evidence, self.language)
        memory = [(word if n == 0 else '', line) for n, line in enumerate(lines)]
        return render(
            'card.html', self.language, title=self.title, name=self.evidence.name,
            fields=[*self.fields(), *memory], answers=self.answers(), footer=self.footer(),
        )  # fmt: skip

    def png(self) -> bytes:
        """The card as a picture of 1280 pixels width; it says of which evidence it is the card."""
        from PIL import Image, PngImagePlugin

        values = {
            'title': self.title, 'name': self.evidence.name, 'lang': self.language, 'fields': self.fields(),
            'memory': self._bars(),
            'source': total_line(self.evidence, self.language), 'answers': self.answers(), 'footer': self.footer(),
        }  # fmt: skip
        text = PngImagePlugin.PngInfo()
        text.add_text('course-task', self.evidence.task)
        text.add_text('course-code', self.evidence.code)
        buffer = io.BytesIO()
        Image.open(io.BytesIO(typeset('card.typ', values, 'png'))).convert('RGB').save(buffer, 'PNG', pnginfo=text)
        return buffer.getvalue()

    def _memory_lines(self) -> list[str]:
        lines = []
        for took in taken(self.evidence, self.language):
            before, after, predicted = took.texts
            if took.after_bytes is None:
                line = took.note
            elif took.before_bytes is None:
                line = f'{after:.0f} MiB'
            else:
                line = message('before {before:.0f} → after {after:.0f} MiB', before=before, after=after)
                line = line.text(self.language)
            if took.predicted_bytes is not None:
                line += ' ' + message('(predicted {predicted:.0f})', predicted=predicted).text(self.language)
            if took.note and took.after_bytes is not None:
                line += f' · {took.note}'
            lines.append(f'{took.label}: {line}' if took.label else line)
        total = total_line(self.evidence, self.language)
        return [*lines, total] if total else lines

    def _bars(self) -> list[dict]:
        """For each engine its label, and for each reading its text, its share of the device's memory and the predicted
        share."""
        used, bars, readings = taken(self.evidence, self.language), [], self.evidence.memory
        if not used:
            return []
        total = max(readings[-1].total_bytes if readings else 1, *(took.after_bytes or 0 for took in used), 1)
        for took in used:
            before, after, predicted = took.texts
            last = took.note if took.after_bytes is None else f'{after:.0f} MiB'
            if took.after_bytes is not None and took.before_bytes is not None:
                last = message('after {after:.0f} MiB', after=after).text(self.language)
            if took.predicted_bytes is not None:
                last += '   ' + message('(predicted {predicted:.0f} MiB)', predicted=predicted).text(self.language)
            if took.note and took.after_bytes is not None:
                last += f'   · {took.note}'
            share = took.predicted_bytes and took.predicted_bytes / total
            shown = [{'text': last, 'share': (took.after_bytes or 0) / total, 'predicted': share}]
            if took.before_bytes is not None:
                text = message('before {before:.0f} MiB', before=before).text(self.language)
                shown.insert(0, {'text': text, 'share': took.before_bytes / total, 'predicted': None})
            word = memory_word(self.evidence, self.language)
            bars.append({'label': f'{word} {took.label}'.strip(), 'readings': shown})
        return bars
