"""Where the documents of the camps set a task: in which words, and whether it has to be done.

The words are the documents' own, without their markup, and shortened with "……".  https://github.com/InternLM/Tutorial
has them on the branches of the camps: lmdeploy/homework.md of camp2 (of camp 1 at its beginning), and of camp3
docs/L1/Demo/task.md and docs/L2/LMDeploy/task.md.
"""

import dataclasses
from typing import Literal

from .texts import Message, message

Duty = Literal['required', 'distinction', 'optional']
_DUTIES: dict[Duty, Message] = {
    'required': message('required'),  # 必做
    'distinction': message('optional, required for a distinction'),  # 优秀学员必做
    'optional': message('optional'),  # 选做
}


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """A line of a document that sets a task, or a part of one."""

    camp: int
    document: Message
    wording: str  # in Chinese, as it stands there
    gloss: Message  # the same in the reader's language, for who does not read that
    duty: Duty
    pictured: bool = False  # it asks for a screenshot beside this very task (需截图)

    def origin(self, language: str) -> str:
        """Camp, document, and whether it is to be done."""
        told = message('Camp {camp}, {document}, {duty}', camp=self.camp, document=self.document,
                       duty=_DUTIES[self.duty])  # fmt: skip
        return told.text(language)

    def quoted(self, language: str) -> str:
        """The document's wording; for English readers what it says, too."""
        return f'「{self.wording}」' if language == 'zh' else f'「{self.wording}」 ({self.gloss.text(language)})'


_LESSON_5, _LMDEPLOY = message('homework of lesson 5'), message('tasks of the LMDeploy chapter')
_DEMO = message('tasks of the demo chapter')

SOURCES: dict[str, tuple[Source, ...]] = {
    'chat': (
        Source(
            2, _LESSON_5, '配置 LMDeploy 运行环境……以命令行方式与 InternLM2-Chat-1.8B 模型对话',
            message('set up the environment of LMDeploy; chat with the model from the command line'), 'required',
        ),
    ),
    'story': (
        Source(
            1, _LESSON_5,
            '使用 LMDeploy 以本地对话、网页Gradio、API服务中的一种方式部署 InternLM-Chat-7B 模型，'
            '生成 300 字的小故事（需截图）',
            message('deploy the model by local chat, Gradio page or API service; a story of 300 characters; '
                    'a screenshot is needed'), 'required', True,
        ),
        Source(
            3, _DEMO, '使用 Cli Demo 完成 InternLM2-Chat-1.8B 模型的部署，并生成 300 字小故事，记录复现过程并截图',
            message('deploy the model as a command-line demo; a story of 300 characters; note the steps, with '
                    'screenshots'), 'required', True,
        ),
    ),
    'chat-w4a16': (
        Source(
            2, _LESSON_5, '设置KV Cache最大占用比例为0.4，开启W4A16量化，以命令行方式与模型对话',
            message('a KV cache ratio of 0.4, with W4A16, in chat from the command line'), 'distinction', True,
        ),
    ),
    'server-w4a16': (
        Source(
            2, _LESSON_5,
            '以API Server方式启动 lmdeploy，开启 W4A16量化，调整KV Cache的占用比例为0.4，'
            '分别使用命令行客户端与Gradio网页客户端与模型对话',
            message('start the API server with W4A16 and a ratio of 0.4; talk to it from the command-line client and '
                    'from the Gradio page'), 'distinction', True,
        ),
    ),
    'python-w4a16': (
        Source(
            2, _LESSON_5,
            '使用W4A16量化，调整KV Cache的占用比例为0.4，使用Python代码集成的方式运行internlm2-chat-1.8b模型',
            message('W4A16 and a ratio of 0.4, run from Python'), 'distinction',
        ),
    ),
    'vision-page': (
        Source(
            2, _LESSON_5, '使用 LMDeploy 运行视觉多模态大模型 llava gradio demo',
            message('run a vision model, LLaVA, with its Gradio demo'), 'distinction', True,
        ),
        Source(
            3, _DEMO,
            '使用 LMDeploy 完成 InternLM-XComposer2-VL-1.8B 的部署……使用 LMDeploy 完成 InternVL2-2B 的部署，'
            '并完成一次图文理解对话，记录复现过程并截图',
            message('deploy InternLM-XComposer2-VL-1.8B, and InternVL2-2B, with one dialogue about a picture; note '
                    'the steps, with screenshots'), 'distinction', True,
        ),
    ),
    'memory-w4a16': (
        Source(
            1, _LESSON_5, '对比模型量化前后（将 bs设置为 1 和 max len 设置为512）……的显存大小',
            message('compare the memory before and after quantising the model, at batch 1 and length 512'), 'optional',
        ),
    ),
    'memory-kv': (
        Source(
            1, _LESSON_5, '对比……KV Cache 量化前后（将 bs设置为 8 和 max len 设置为2048）的显存大小',
            message('compare the memory before and after quantising the KV cache, at batch 8 and length 2048'),
            'optional',
        ),
    ),
    'benchmark': (
        Source(
            1, _LESSON_5, '在自己的任务数据集上任取若干条进行Benchmark测试',
            message('a benchmark on some data of your own, five ways'), 'optional',
        ),
    ),
    'assistant': (
        Source(
            1, _LESSON_5, '将第四节课训练自我认知小助手模型使用 LMDeploy 量化部署……',
            message("quantise and deploy lesson 4's self-cognition assistant with LMDeploy"), 'optional',
        ),
    ),
    'publish': (
        Source(
            1, _LESSON_5, '……量化部署到 OpenXLab 平台', message('deploy it to the platform OpenXLab'), 'optional',
        ),
        Source(
            2, _LESSON_5, '将 LMDeploy Web Demo 部署到 OpenXLab',
            message('deploy the web demo to OpenXLab; note the steps, with screenshots'), 'optional', True,
        ),
    ),
    'api-kv': (
        Source(  # under 基础任务, which alone pass the chapter; 优秀学员必做 stands beside it
            3, _LMDEPLOY,
            '使用结合W4A16量化与kv cache量化的internlm2_5-1_8b-chat模型封装本地API并与大模型进行一次对话，'
            '作业截图需包括显存占用情况与大模型回复',
            message('a local API of the model with W4A16 and a quantised KV cache, one dialogue; the screenshot shows '
                    'the memory and the answer'), 'required', True,
        ),
    ),
    'tools': (
        Source(
            3, _LMDEPLOY,
            '使用Function call功能让大模型完成一次简单的"加"与"乘"函数调用，作业截图需包括大模型回复的工具调用情况',
            message("have the model call the functions add and multiply; the screenshot shows the model's tool calls"),
            'optional', True,
        ),
    ),
}  # fmt: skip
