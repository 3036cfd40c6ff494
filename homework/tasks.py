"""The tasks of the homework: of all the source documents, and the chapters' cards."""

import dataclasses

from .texts import Message, message

STORY_CHARACTERS = 300


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """One task.  `wanted` is what has to be there in the end, in a sentence."""

    id: str
    chapter: str  # of the notebook it is done in
    level: str  # 'basic' | 'advanced' | 'card'
    heading: Message
    wanted: Message
    camps: tuple[int, ...] = ()  # the InternLM camps that set it
    pictured: bool = False  # they want a screenshot of what the terminal or the page shows

    @property
    def points(self) -> int:
        return {'basic': 20, 'advanced': 5, 'card': 0}[self.level]

    def title(self, language: str) -> str:
        return self.heading.text(language)

    def asks(self, language: str) -> str:
        return self.wanted.text(language)


_HOMEWORK = [
    Task(
        'chat', '09', 'basic', message('Environment and first chat'),
        message('The environment check fails nowhere, and the model answers once.'),
        (2, 3),
    ),
    Task(
        'story', '09', 'basic', message('A story of 300 characters'),
        message('Deployed one of three ways (terminal, web page, API), the model writes a story of 300 characters or '
                'more.'),
        (1, 3), True,
    ),
    Task(
        'api-kv', '09', 'basic', message('W4A16 and a quantised KV cache behind the API'),
        message('A server with W4A16 weights, int8 or int4 KV and ratio 0.4; one dialogue, with the memory beside it.'),
        (3,),
    ),
    Task(
        'chat-w4a16', '09', 'advanced', message('KV ratio 0.4 and W4A16 in chat'),
        message('Chat with the W4A16 model at cache_max_entry_count 0.4.'),
        (2,), True,
    ),
    Task(
        'server-w4a16', '09', 'advanced', message('API server, two clients'),
        message('The server with W4A16 at ratio 0.4 answers the terminal client and the web page.'),
        (2,), True,
    ),
    Task(
        'python-w4a16', '09', 'advanced', message('W4A16 at 0.4 from Python'),
        message('The same settings through lmdeploy.pipeline.'),
        (2,),
    ),
    Task(
        'vision-page', '09', 'advanced', message("A vision model's page"),
        message('A vision model behind the server describes a picture through the web page.'),
        (2, 3), True,
    ),
    Task(
        'memory-w4a16', '09', 'advanced', message('Memory before and after W4A16'),
        message('Memory at batch 1 and length 512, with 16-bit weights and with W4A16.'),
        (1,),
    ),
    Task(
        'memory-kv', '09', 'advanced', message('Memory before and after KV quantisation'),
        message('Memory at batch 8 and length 2048, with a 16-bit KV cache and with a quantised one.'),
        (1,),
    ),
    Task(
        'benchmark', '09', 'advanced', message('Five ways, on your own data'),
        message('LMDeploy; with W4A16; with KV quantisation; with both; transformers: tokens per second on the same '
                'prompts.'),
        (1,),
    ),
    Task(
        'tools', '09', 'advanced', message('Function calling'),
        message('The model calls add and mul, your program runs them, and the results are right.'),
        (3,),
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
        f'chapter-{n:02}', f'{n:02}', 'card', message('Chapter {number} · {title}', number=n, title=title),
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
