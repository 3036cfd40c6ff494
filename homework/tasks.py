"""The tasks of the homework: of all the source documents, and the chapters' cards."""

import dataclasses

from .sources import SOURCES, Source
from .texts import Message, message

STORY_CHARACTERS = 300


EDITION = 2  # of what the tasks ask for; 1: a screenshot only where terminal or page answered a task that wants one


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """One task.  `wanted` is what has to be there in the end, in a sentence."""

    id: str
    chapter: str  # of the notebook it is done in
    level: str  # 'basic' | 'advanced' | 'card'
    points: int
    heading: Message
    wanted: Message
    sources: tuple[Source, ...] = ()  # the documents that set it

    @property
    def camps(self) -> tuple[int, ...]:
        """The InternLM camps that set it."""
        return tuple(source.camp for source in self.sources)

    @property
    def pictured(self) -> bool:
        """Whether a document wants a screenshot."""
        return any(source.pictured for source in self.sources)

    def title(self, language: str) -> str:
        return self.heading.text(language)

    def asks(self, language: str) -> str:
        return self.wanted.text(language)

    def set_by(self, language: str) -> list[tuple[str, str]]:
        """For each document where it stands and how binding it is, and its wording."""
        return [(source.origin(language), source.quoted(language)) for source in self.sources]


def _task(name: str, level: str, points: int, heading: Message, wanted: Message) -> Task:
    return Task(name, '09', level, points, heading, wanted, SOURCES[name])


# Points.  What the documents require is worth 60 of 100, which passes; what they leave open 40.  Within each it is the
# work: 3 for one engine and a dialogue, 4 for two of something (engines, clients, functions; a page and its picture), 5
# for five engines, or a training.  The basic ones are done together (10), alone (20), and put three chapters
# together (30).
_HOMEWORK = [
    _task(
        'chat', 'basic', 10, message('Environment and first chat'),
        message('The environment check fails nowhere, and the model answers once.'),
    ),
    _task(
        'story', 'basic', 20, message('A story of 300 characters'),
        message('Deployed one of three ways (terminal, web page, API), the model writes a story of 300 characters or '
                'more.'),
    ),
    _task(
        'chat-w4a16', 'advanced', 3, message('KV ratio 0.4 and W4A16 in chat'),
        message('Chat with the W4A16 model at cache_max_entry_count 0.4.'),
    ),
    _task(
        'server-w4a16', 'advanced', 4, message('API server, two clients'),
        message('The server with W4A16 at ratio 0.4 answers the terminal client and the web page.'),
    ),
    _task(
        'python-w4a16', 'advanced', 3, message('W4A16 at 0.4 from Python'),
        message('The same settings through lmdeploy.pipeline.'),
    ),
    _task(
        'vision-page', 'advanced', 4, message("A vision model's page"),
        message('A vision model behind the server describes a picture through the web page.'),
    ),
    _task(
        'memory-w4a16', 'advanced', 4, message('Memory before and after W4A16'),
        message('Memory at batch 1 and length 512, with 16-bit weights and with W4A16.'),
    ),
    _task(
        'memory-kv', 'advanced', 4, message('Memory before and after KV quantisation'),
        message('Memory at batch 8 and length 2048, with a 16-bit KV cache and with a quantised one.'),
    ),
    _task(
        'benchmark', 'advanced', 5, message('Five ways, on your own data'),
        message('LMDeploy; with W4A16; with KV quantisation; with both; transformers: tokens per second on the same '
                'prompts.'),
    ),
    _task(
        'assistant', 'advanced', 5, message('An assistant that knows you'),
        message('The model trained to say your name, quantised to W4A16, and examined before and after that on '
                'questions that the training never saw.'),
    ),
    _task(
        'publish', 'advanced', 4, message('A page at an address'),
        message('The page of a model of yours at an address that others can open, or tried here as a platform runs '
                'it; with a screenshot.'),
    ),
    _task(
        'api-kv', 'basic', 30, message('W4A16 and a quantised KV cache behind the API'),
        message('A server with W4A16 weights, int8 or int4 KV and ratio 0.4; one dialogue, with the memory beside it.'),
    ),
    _task(
        'tools', 'advanced', 4, message('Function calling'),
        message('The model calls add and mul, your program runs them, and the results are right.'),
    ),
]  # fmt: skip

_CHAPTERS = {
    0: message('Setup'),
    1: message('transformers and LMDeploy'),
    2: message('Chat'),
    3: message('The KV cache'),
    4: message('W4A16'),
    5: message('Serving'),
    6: message('Vision-language models'),
    7: message('Speed'),
    8: message('Your own model'),
    10: message('Many GPUs'),
}
_CARDS = [
    Task(
        f'chapter-{n:02}', f'{n:02}', 'card', 0, message('Chapter {number} · {title}', number=n, title=title),
        message('The card at the end of chapter {number}.', number=n),
    )
    for n, title in _CHAPTERS.items()
]  # fmt: skip

TASKS: dict[str, Task] = {task.id: task for task in (*_HOMEWORK, *_CARDS)}


def characters(text: str) -> int:
    """How many characters a text has; several blanks or line breaks together count as one."""
    return len(' '.join(text.split()))


def task_of(name: str) -> Task:
    """The task `name`.  KeyError lists those that there are."""
    if name not in TASKS:
        raise KeyError(f'there is no task {name!r}; the tasks are: {", ".join(TASKS)}')
    return TASKS[name]
