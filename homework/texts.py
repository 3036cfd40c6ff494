"""The homework's texts: `message('Memory').text('zh')`.  Chinese stands in the programs' catalogue, by its English.

Not by `translations.messages.shown`: a card and its notes are in the language that the learner chose.
"""

import dataclasses
import unicodedata

from translations.messages import chinese


@dataclasses.dataclass(frozen=True)
class Message:
    """A text in both languages, with the values that are put into it (`str.format`); a value may be a Message, too."""

    english: str
    values: dict = dataclasses.field(default_factory=dict)

    def text(self, language: str = 'en') -> str:
        values = {name: v.text(language) if hasattr(v, 'text') else v for name, v in self.values.items()}
        template = chinese().get(self.english, self.english) if language == 'zh' else self.english
        return template.format(**values)


def message(english: str, **values) -> Message:
    """A text of cards, notes and the grader, in English; `tools/program_messages.py` finds these calls."""
    return Message(english, values)


def printable(text: str, instead: str = '') -> str:
    """`text` with `instead` in place of what cannot be drawn, or would turn or hide the text around it."""
    text = text.replace('\t', '    ').replace('\r\n', '\n').replace('\r', '\n')
    hidden = ('Cc', 'Cf', 'Cs', 'Co')
    return ''.join(instead if c != '\n' and unicodedata.category(c) in hidden else c for c in text)
