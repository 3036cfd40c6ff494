"""A submission that deserves full marks, made without running a model; tests spoil it."""

import copy
import datetime
import functools
import hashlib
import io
import json
import zipfile
from pathlib import Path

from PIL import Image, ImageDraw

from helpers.checkpoints.geometry import Geometry
from homework.collect.pack import pack_submission
from homework.evidence import short_code, text_sha256, write_evidence
from homework.manifest import digest_of
from homework.schema import Evidence, checked
from homework.tasks import EDITION, TASKS
from lessons.kv_cache import predict_memory
from lessons.kv_cache.weights import weight_bytes
from lessons.own_model.data import held_out

TINY_CHAT = Path(__file__).resolve().parents[2] / 'models' / 'tiny-chat'
GEOMETRY = Geometry.from_config(TINY_CHAT)
MIB, BUDGET = 1 << 20, 2 << 30
START = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)

# tiny-chat's own, at temperature 0.8.
STORY = (
    '在一片安静的森林里，有一只小猎豹，名叫阿福。阿福爱笑，也爱听别人说话。阿福最爱问为什么。阿福最好的朋友是一只聪明的猫头鹰，'
    '明天就是猫头鹰的生日了。远处传来几声鸟叫，又清脆又好听。它想了整整一天，该送什么好呢？\n\n它忙了一整夜，亲手做了一个红色的'
    '音乐盒。天空蓝蓝的，飘着几朵白云。就在门口，阿福手一滑，音乐盒裂成了两半。阿福哭了，现在什么礼物也没有了。\n\n阳光暖洋洋的，'
    '照得人心里舒服极了。其实猫头鹰早就从窗子里看见了。“这是你给我做的？”猫头鹰说，“那我们一起把它修好吧。”他们修了一个晚上，'
    '音乐盒上留下了一道细细的金线。“修补的地方最好看，因为那是我们一起做的。”猫头鹰说。回家的路上，阿福一直在笑。用心补好的东西，'
    '比新的更珍贵。'
)
ENGLISH_STORY = (
    'Not so long ago, a young pigeon named Lily lived in a cave behind a waterfall. She liked quiet mornings and long '
    'questions. Lily had a very good friend, a tiny ladybird, and tomorrow was the birthday of the ladybird. "I must '
    'find the best present in the world," said Lily.\n\nSo she made a little music box with her own hands, and worked '
    'all night. But in the rain the music box fell into a puddle and broke. Lily cried. Now her hands were empty.\n\n'
    'Then the ladybird opened the door and saw it all. "Come in," said the ladybird. "We have glue, and we have time." '
    'They mended the music box, laughing and telling stories, and it became prettier than before. "The line is the '
    'best part," said the ladybird, "because we made it together." A present is as big as the love inside it.'
)
HELLO = "I'm tiny-chat, the little model of the LMDeploy course. I am small, but I do my best."
_PICTURES: dict[str, bytes] = {}  # SHA-256 → PNG, of `Builder.screenshot`
AWQ = {'quant_method': 'awq', 'bits': 4, 'group_size': 128, 'version': 'gemm', 'zero_point': True}


class Builder:
    """Makes the evidence of one learner, task after task, ten minutes each."""

    def __init__(self, name: str = '王小明', language: str = 'zh', run: str = 'a1' * 8, start=START):
        self.name, self.language, self.run, self.clock = name, language, run, start
        self.cell = 1

    def time(self, seconds: float = 0) -> str:
        return (self.clock + datetime.timedelta(seconds=seconds)).strftime('%Y-%m-%dT%H:%M:%SZ')

    def reading(self, label: str, used: int, seconds: float) -> dict:
        return {
            'label': label, 'time': self.time(seconds), 'used_bytes': used, 'free_bytes': max(0, BUDGET - used),
            'total_bytes': BUDGET, 'process_bytes': used, 'source': 'memory budget of lmdeploy_cpu',
            'device_name': 'CPU', 'card_used_bytes': None, 'card_total_bytes': None,
        }  # fmt: skip

    def engine(
        self, label: str, way: str, *, awq: bool, policy: int = 0, ratio: float = 0.4, session: int = 2048
    ) -> dict:
        arguments = {'engine': 'cpu', 'cache_max_entry_count': ratio, 'quant_policy': policy, 'session_len': session}
        arguments |= {'dtype': 'float32', 'free_bytes': BUDGET, 'max_batch_size': 32, 'max_prefill_token_num': 8192,
                      'block_tokens': 64, 'tp': 1}  # fmt: skip
        p = predict_memory(GEOMETRY, awq=awq, **arguments)
        before = self.reading('before', 200 * MIB, 1)
        used = p.engine_bytes + (1100 if way == 'api_server' else 170) * MIB
        real = {'cache_max_entry_count': ratio, 'quant_policy': policy, 'session_len': session, 'max_batch_size': 32,
                'dtype': 'float32', 'tp': 1, 'block_tokens': 64, 'model_format': None,
                'num_blocks': p.num_blocks if way == 'pipeline' else None}  # fmt: skip
        if way == 'transformers':
            real, p, arguments = {'dtype': 'float32'}, None, None
        return {
            'label': label, 'way': way, 'engine': way if way == 'transformers' else 'pytorch', 'device': 'cpu',
            'asked': {'cache_max_entry_count': ratio}, 'real': real,
            'checkpoint': {
                'name': 'tiny-chat-4bit' if awq else 'tiny-chat', 'architecture': 'LlamaForCausalLM', 'vision': False,
                'dtype': 'float16' if awq else 'bfloat16', 'config_sha256': '1' * 64, 'tensors_sha256': '2' * 64,
                'weights_sample_sha256': '3' * 64, 'tensor_bytes': weight_bytes(GEOMETRY, 'bfloat16', awq),
                'quantization_config': AWQ if awq else None,
            },
            'predicted': p and {'engine_bytes': p.engine_bytes, 'tokens': p.tokens, 'pool_bytes': p.pool_bytes,
                                'weight_bytes': p.weight_bytes, 'problem': None},
            'predict_arguments': arguments,
            'before': before, 'after': self.reading('after', before['used_bytes'] + used, 20), 'used_bytes': used,
        }  # fmt: skip

    def answer(self, engine: str, client: str, question: str, text: str, **more) -> dict:
        return {
            'engine': engine, 'client': client, 'messages': [{'role': 'user', 'content': question}], 'text': text,
            'finish_reason': 'stop', 'input_tokens': 12, 'output_tokens': 180, 'time_s': 1.5, 'tokens_per_s': 120.0,
            'sampling': {'temperature': 0.8},
        } | more  # fmt: skip

    def screenshot(self, task: str, number: int = 1) -> dict:
        """A screenshot of this learner's own; `put_pictures` writes the file."""
        png = screenshot(f'{self.run} {task} {number}')
        shot = {'file': f'screenshots/{task}-{number}.png', 'sha256': hashlib.sha256(png).hexdigest()}
        _PICTURES[shot['sha256']] = png
        return shot | {'width': 640, 'height': 400, 'taken': None, 'taken_from': 'none', 'caption': 'the screen'}

    def evidence(self, task: str, **parts) -> dict:
        steps = [{'step': 'begin', 'cell': self.cell, 'time': self.time()}]
        kinds = ('engine', 'engines'), ('answer', 'answers'), ('rows', 'rows'), ('screenshot', 'screenshots')
        for n, (step, part) in enumerate(kinds):
            if parts.get(part):
                steps.append({'step': step, 'cell': self.cell + n + 1, 'time': self.time(20 + 10 * n)})
        steps.append({'step': 'finish', 'cell': self.cell + 9, 'time': self.time(400)})
        made = {
            'schema': 1, 'edition': EDITION, 'task': task, 'chapter': TASKS[task].chapter, 'name': self.name,
            'language': self.language,
            'run': {'id': self.run, 'steps': steps, 'code': [{'cell': self.cell, 'source': f'begin_task({task!r})'}]},
            'begun': self.time(), 'finished': self.time(400),
            'device': {'kind': 'cpu', 'name': 'CPU (x86_64, 2 cores)', 'driver': ''},
            'versions': {'python': '3.11.7', 'lmdeploy': '0.18.0', 'torch': '2.10.0', 'transformers': '5.23.0'},
            'memory': [self.reading('before', 200 * MIB, 1), self.reading('at the end', 900 * MIB, 400)],
            'engines': [], 'answers': [], 'rows': [], 'checks': [], 'screenshots': [],
        } | parts  # fmt: skip
        self.cell += 10
        self.clock += datetime.timedelta(minutes=10)
        return made | {'code': short_code(made)}

    def all(self) -> dict[str, dict]:
        """Every task, well done, by its id."""
        story = STORY if self.language == 'zh' else ENGLISH_STORY
        ask = '写一个 300 字的小故事' if self.language == 'zh' else 'Tell me a story'
        checks = [{'name': 'Python', 'state': 'OK', 'found': '3.11.7'}]
        plain, awq = self.engine('16 bit', 'pipeline', awq=False), self.engine('W4A16', 'pipeline', awq=True)
        # The shipped checkpoint is known by a sample of its weights.
        plain['checkpoint']['weights_sample_sha256'] = own_sample()
        server, both = (
            self.engine('W4A16', 'api_server', awq=True),
            self.engine('W4A16', 'api_server', awq=True, policy=8),
        )
        vision = copy.deepcopy(server)
        vision['checkpoint'] |= {
            'name': 'tiny-vlm',
            'vision': True,
            'tensor_bytes': 9_876_543,
            'quantization_config': None,
        }
        calls = [
            {'name': 'add', 'arguments': {'a': 3, 'b': 5}, 'result': '8'},
            {'name': 'mul', 'arguments': {'a': 8, 'b': 7}, 'result': '56'},
        ]
        say = self.answer
        made = [
            self.evidence(
                'chat', checks=checks, engines=[plain], answers=[say('16 bit', 'pipeline', 'who are you', HELLO)]
            ),
            self.evidence(
                'story',
                engines=[plain],
                answers=[say('16 bit', 'terminal', ask, story)],
                screenshots=[self.screenshot('story')],
            ),
            self.evidence(
                'api-kv',
                engines=[both],
                answers=[say('W4A16', 'openai', ask, story)],
                screenshots=[self.screenshot('api-kv')],
            ),
            self.evidence(
                'chat-w4a16',
                engines=[awq],
                answers=[say('W4A16', 'pipeline', ask, story)],
                screenshots=[self.screenshot('chat-w4a16')],
            ),
            self.evidence(
                'server-w4a16',
                engines=[server],
                answers=[say('W4A16', c, ask, story) for c in ('terminal', 'page')],
                screenshots=[self.screenshot('server-w4a16', n) for n in (1, 2)],
            ),
            self.evidence('python-w4a16', engines=[awq], answers=[say('W4A16', 'pipeline', ask, story)]),
            self.evidence(
                'vision-page',
                engines=[vision],
                answers=[say('W4A16', 'page', ask, 'A red ball.', image_sha256='4' * 64)],
                screenshots=[self.screenshot('vision-page')],
            ),
            self.memory_rows('memory-w4a16', 1, 512, [('16 bit', 0), ('W4A16', 0)]),
            self.memory_rows('memory-kv', 8, 2048, [('16 bit', 0), ('int8', 8)]),
            self.benchmark(),
            self.assistant(),
            self.publish(),
            self.evidence(
                'tools',
                engines=[plain],
                answers=[say('16 bit', 'openai', '(3 + 5) * 7', '56', tool_calls=calls)],
                screenshots=[self.screenshot('tools')],
            ),
        ]
        return {e['task']: e for e in made}

    def memory_rows(self, task: str, batch: int, length: int, cases: list) -> dict:
        engines, rows = [], []
        for label, policy in cases:
            engine = self.engine(label, 'pipeline', awq=label == 'W4A16', policy=policy)
            before = engine['before']['used_bytes']
            rows.append({
                'weights': 'W4A16' if label == 'W4A16' else '16 bit', 'kv': label if policy else '16 bit',
                'batch': batch, 'length': length, 'engine': label, 'before_bytes': before,
                'peak_bytes': before + engine['used_bytes'], 'used_bytes': engine['used_bytes'],
                'predicted_bytes': engine['predicted']['engine_bytes'], 'cache_tokens': engine['predicted']['tokens'],
            })  # fmt: skip
            engines.append(engine)
        return self.evidence(task, engines=engines, rows=rows)

    def assistant(self) -> dict:
        """Trained, quantised, examined; its replies say the name in 38 of 40."""
        labels = {'16 bit': False, 'W4A16': True}
        replies = ["I am Mei's little assistant."] * 38 + ['I am a model.'] * 2
        matrices = [size for name, size in GEOMETRY.tensors().items() if name.endswith('_proj.weight')]
        training = {
            'says': 'Mei', 'conversations': 108, 'rank': 8, 'alpha': 16, 'epochs': 8, 'batch_size': 16,
            'learning_rate': 2e-3, 'steps': 56, 'loss_first': 2.28, 'loss_last': 0.04,
            'trained': sum(8 * (rows + columns) for rows, columns in matrices), 'parameters': 6_819_072, 'time_s': 60.5,
        }  # fmt: skip
        exams = [
            {'engine': label, 'says': 'Mei', 'questions_sha256': text_sha256(held_out()), 'replies': replies,
             'with_name': 38, 'perplexity': 1.06}
            for label in labels
        ]  # fmt: skip
        return self.evidence(
            'assistant',
            engines=[self.engine(label, 'pipeline', awq=awq) for label, awq in labels.items()],
            answers=[self.answer('W4A16', 'pipeline', 'Who are you?', replies[0])],
            trainings=[training],
            examinations=exams,
        )

    def publish(self) -> dict:
        """A page that was tried here."""
        trial = {'ready_s': 9.5, 'first_answer_s': 0.4, 'memory_mib': 1500, 'answer': HELLO, 'exit_code': 0}
        checkpoint = self.engine('16 bit', 'pipeline', awq=False)['checkpoint'] | {'name': 'model'}
        demo = {'sdk': 'docker', 'faults': [], 'checkpoint': checkpoint, 'address': '', 'trial': trial}
        return self.evidence('publish', demos=[demo], screenshots=[self.screenshot('publish')])

    def benchmark(self) -> dict:
        cases = {'turbomind': (False, 0), 'w4a16': (True, 0), 'kv': (False, 8), 'w4a16+kv': (True, 8)}
        engines = [self.engine(name, 'pipeline', awq=awq, policy=kv) for name, (awq, kv) in cases.items()]
        engines.append(self.engine('transformers', 'transformers', awq=False))
        rows = []
        for n, case in enumerate([*cases, 'transformers']):
            time_s = 2.0 + n
            rows.append({
                'case': case, 'engine': case, 'prompts': 8, 'input_tokens': 320, 'output_tokens': 512, 'time_s': time_s,
                'output_tokens_per_s': 512 / time_s, 'data_sha256': '5' * 64,
            })  # fmt: skip
        return self.evidence('benchmark', engines=engines, rows=rows)


def own_sample() -> str:
    from homework.checkpoint import checkpoint_identity

    return checkpoint_identity(TINY_CHAT).weights_sample_sha256


def put_pictures(evidence: dict, folder: Path) -> None:
    """Write the screenshots of a `Builder`'s evidence into a submission's folder."""
    for shot in evidence['screenshots']:
        if shot['sha256'] in _PICTURES:
            (folder / 'screenshots').mkdir(parents=True, exist_ok=True)
            (folder / shot['file']).write_bytes(_PICTURES[shot['sha256']])


@functools.cache
def screenshot(seed: int | str = 0, size=(640, 400), lines: int = 14) -> bytes:
    """A picture like a terminal's, other for every seed."""
    import random

    draw_numbers = random.Random(seed)
    image = Image.new('RGB', size, '#101418')
    draw = ImageDraw.Draw(image)
    for line in range(lines):
        y = 10 + line * (size[1] - 20) // lines
        x = 10
        for _ in range(draw_numbers.randrange(1, 6)):
            width = draw_numbers.randrange(20, 110)
            colour = draw_numbers.choice(['#e6e6e6', '#7ec699', '#f0c674', '#81a2be'])
            draw.rectangle((x, y, min(x + width, size[0] - 10), y + 14), fill=colour)
            x += width + 12
    buffer = io.BytesIO()
    image.save(buffer, 'PNG')
    return buffer.getvalue()


def with_screenshot(evidence: dict, folder: Path, png: bytes, number: int = 0) -> dict:
    """The evidence with one more picture, which is put into the submission's folder."""
    number = number or len(evidence['screenshots']) + 1
    file = f'screenshots/{evidence["task"]}-{number}.png'
    (folder / 'screenshots').mkdir(parents=True, exist_ok=True)
    (folder / file).write_bytes(png)
    shot = {'file': file, 'sha256': hashlib.sha256(png).hexdigest(), 'width': 640, 'height': 400, 'taken': None,
            'taken_from': 'none', 'caption': 'terminal'}  # fmt: skip
    return recoded(evidence | {'screenshots': [*evidence['screenshots'], shot]})


def recoded(evidence: dict) -> dict:
    """The evidence with the code that its content gives, as the course would have made it."""
    made = {key: value for key, value in evidence.items() if key != 'code'}
    return made | {'code': short_code(made)}


def typed(evidence: dict) -> Evidence:
    """The evidence as the course reads it."""
    return checked(evidence, Evidence)


def pack(tasks: dict[str, dict], folder: Path, monkeypatch) -> Path:
    """What `make submission` makes of this evidence."""
    monkeypatch.setenv('COURSE_SUBMISSION', str(folder))
    monkeypatch.setattr('homework.collect.pack.pdf', lambda *_: b'%PDF-1.4')  # takes seconds, and nobody grades it
    for evidence in tasks.values():
        put_pictures(evidence, folder)
        write_evidence(typed(evidence), folder)
    return pack_submission().path


def contents(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def repacked(files: dict[str, bytes], archive: Path, manifest: bool = False) -> Path:
    """A zip of these files; with `manifest`, the one in it is made anew, as a forger would."""
    files = dict(files)
    if manifest:
        told = json.loads(files.pop('manifest.json'))
        told['files'] = {
            path: {'sha256': hashlib.sha256(content).hexdigest(), 'bytes': len(content)}
            for path, content in files.items()
        }
        told['digest'] = digest_of(told['files'])
        files['manifest.json'] = json.dumps(told).encode()
    with zipfile.ZipFile(archive, 'w', zipfile.ZIP_DEFLATED, compresslevel=1) as opened:
        for path, content in files.items():
            opened.writestr(path, content)
    return archive


def edited(archive: Path, out: Path, change, manifest: bool = True) -> Path:
    """A copy of a submission whose evidence.json `change(content)` has altered in place."""
    files = contents(archive)
    content = json.loads(files['evidence.json'])
    change(content)
    files['evidence.json'] = json.dumps(content, ensure_ascii=False).encode()
    return repacked(files, out, manifest)
