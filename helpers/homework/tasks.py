"""The tasks of the homework: of all the source documents, and the chapters' cards."""

import dataclasses

STORY_CHARACTERS = 300


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """One task.  `asks` is what has to be there in the end, in a sentence."""

    id: str
    chapter: str  # of the notebook it is done in
    level: str  # 'basic' | 'advanced' | 'card'
    title_en: str
    title_zh: str
    asks_en: str
    asks_zh: str
    camps: tuple[int, ...] = ()  # the InternLM camps that set it

    @property
    def points(self) -> int:
        return {'basic': 20, 'advanced': 5, 'card': 0}[self.level]

    def title(self, language: str) -> str:
        return self.title_zh if language == 'zh' else self.title_en

    def asks(self, language: str) -> str:
        return self.asks_zh if language == 'zh' else self.asks_en


_HOMEWORK = [
    Task(
        'chat', '09', 'basic', 'Environment and first chat', '配置环境并与模型对话',
        'The environment check fails nowhere, and the model answers once.',
        '环境检查没有失败项，模型至少回答一次。', (2, 3),
    ),
    Task(
        'story', '09', 'basic', 'A story of 300 characters', '生成 300 字的小故事',
        'Deployed one of three ways (terminal, web page, API), the model writes a story of 300 characters or more.',
        '以本地对话、网页或 API 服务中的一种方式部署模型，生成不少于 300 字的小故事。', (1, 3),
    ),
    Task(
        'api-kv', '09', 'basic', 'W4A16 and a quantised KV cache behind the API', 'W4A16 加 KV Cache 量化的 API 服务',
        'A server with W4A16 weights, int8 or int4 KV and ratio 0.4; one dialogue, with the memory beside it.',
        '启动 W4A16、KV Cache 量化（int8 或 int4）、比例 0.4 的 API 服务；一次对话，并给出显存。', (3,),
    ),
    Task(
        'chat-w4a16', '09', 'advanced', 'KV ratio 0.4 and W4A16 in chat', 'KV Cache 比例 0.4、W4A16，命令行对话',
        'Chat with the W4A16 model at cache_max_entry_count 0.4.',
        '将 KV Cache 最大占用比例设为 0.4，开启 W4A16 量化，与模型对话。', (2,),
    ),
    Task(
        'server-w4a16', '09', 'advanced', 'API server, two clients', 'API Server 与两种客户端',
        'The server with W4A16 at ratio 0.4 answers the terminal client and the web page.',
        '以 API Server 方式启动（W4A16，比例 0.4），分别用命令行客户端与网页客户端对话。', (2,),
    ),
    Task(
        'python-w4a16', '09', 'advanced', 'W4A16 at 0.4 from Python', '以 Python 代码集成方式运行',
        'The same settings through lmdeploy.pipeline.',
        '使用 W4A16 量化、比例 0.4，以 Python 代码集成的方式运行模型。', (2,),
    ),
    Task(
        'vision-page', '09', 'advanced', "A vision model's page", '视觉多模态模型的网页',
        'A vision model behind the server describes a picture through the web page.',
        '用 LMDeploy 运行视觉多模态模型，在网页中描述一张图片。', (2, 3),
    ),
    Task(
        'memory-w4a16', '09', 'advanced', 'Memory before and after W4A16', 'W4A16 量化前后的显存',
        'Memory at batch 1 and length 512, with 16-bit weights and with W4A16.',
        'batch 为 1、长度为 512 时，模型量化前后的显存大小。', (1,),
    ),
    Task(
        'memory-kv', '09', 'advanced', 'Memory before and after KV quantisation', 'KV Cache 量化前后的显存',
        'Memory at batch 8 and length 2048, with a 16-bit KV cache and with a quantised one.',
        'batch 为 8、长度为 2048 时，KV Cache 量化前后的显存大小。', (1,),
    ),
    Task(
        'benchmark', '09', 'advanced', 'Five ways, on your own data', '在自己的数据上做五种测试',
        'LMDeploy; with W4A16; with KV quantisation; with both; transformers: tokens per second on the same prompts.',
        'LMDeploy、W4A16、KV 量化、两者并用、Transformers：在同一批数据上的每秒 token 数。', (1,),
    ),
    Task(
        'tools', '09', 'advanced', 'Function calling', '函数调用',
        'The model calls add and mul, your program runs them, and the results are right.',
        '模型调用加法与乘法，由程序执行，结果正确。', (3,),
    ),
]  # fmt: skip

_CHAPTERS_EN = (
    'Setup', 'transformers and LMDeploy', 'Chat', 'The KV cache', 'W4A16', 'Serving', 'Vision-language models',
    'Speed', 'Many GPUs',
)  # fmt: skip
_CHAPTERS_ZH = ('环境', 'Transformers 与 LMDeploy', '对话', 'KV Cache', 'W4A16', '服务', '视觉语言模型', '速度', '多卡')
_CARDS = [
    Task(
        f'chapter-{n:02}', f'{n:02}', 'card', f'Chapter {n} · {en}', f'第 {n} 章 · {zh}',
        f'The card at the end of chapter {n}.', f'第 {n} 章末尾的作业卡。',
    )
    for n, (en, zh) in enumerate(zip(_CHAPTERS_EN, _CHAPTERS_ZH, strict=True))
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
