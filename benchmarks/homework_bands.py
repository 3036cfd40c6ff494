"""What the grader of the homework may expect on the CPU device: memory beside its prediction, scores of answers.

    python -m benchmarks.homework_bands --save cpu/homework

Memory: engines of tiny-chat, with 16-bit and W4A16 weights, three KV caches and two ratios, each in a process of its
own; servers too.  Scores: answers that tiny-chat gives, in all those ways, and at three temperatures, then each one's
mean log-probability under the 16-bit model; beside them the scores of the same answers after somebody changed them.

`--tiny` takes one of each, to try it.
"""

import json
import multiprocessing
import os
import random
import re
import statistics
import subprocess
import tempfile
from pathlib import Path

from tqdm import tqdm

from benchmarks.command_line import CommandLine
from benchmarks.saving import new_record, save_record
from helpers import cli_prefix, model_path
from helpers.memory import MIB
from lessons.llama import internlm2_to_llama
from lessons.w4a16 import calibration_dataset, cli_lite_arguments

WEIGHTS, KV = ('16 bit', 'W4A16'), {'16 bit': 0, 'int8': 8, 'int4': 4}
RATIOS = (0.4, 0.8)
TEMPERATURES = (0.0, 0.8, 1.0)
SESSION_LEN = 2048
# What learners ask: the course's own prompts, and whatever comes to somebody's mind.
PROMPTS = {
    'course': (
        '写一个300字的小故事', '请讲一个300字的小故事', '请给我讲一个小故事吧', 'Tell me a story',
        'Write a story of 300 characters', 'Please write a small story', '你好', '请介绍一下你自己',
        'Hi, pls intro yourself', '请给我三条时间管理的建议', 'What is LMDeploy?', 'TurboMind 是什么',
        'please provide three suggestions about time management', 'What is 23 + 45?',
    ),
    'other': (
        '写一个关于大学校园的300字故事', '写一个300字的科幻故事', 'Write a 300-word story about a robot at sea',
        '请写一篇关于人工智能的短文', '介绍一下上海', 'What should I cook tonight?', 'Explain black holes to a child',
        '帮我写一封给老师的信', '你觉得我应该学编程还是学画画？', 'Write a Python function that sorts a list',
        '周末去哪里玩比较好', 'Tell me about your favourite book',
    ),
}  # fmt: skip


def main() -> None:
    parser = CommandLine(__doc__, 'cpu/homework')
    parser.add_argument('--seeds', type=int, default=4, help='answers to each prompt at each temperature but 0')
    parser.add_argument('--tiny', action='store_true', help='one of each, to try this program')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = measure(Path(scratch), 1 if args.tiny else args.seeds, args.tiny)
    for row in (*data['memory'], *data['answers'], *data['changed']):
        print(json.dumps(row, ensure_ascii=False))
    if args.save:
        record = new_record('homework', model='tiny-chat', weights='trained', data=data, commit=args.commit)
        print('written:', save_record(record, args.save))


def measure(scratch: Path, seeds: int, tiny: bool) -> dict:
    """All rows of the record."""
    os.environ.setdefault('LMDEPLOY_CPU_MEMORY_GB', '2')  # and of the processes that measure
    plain = model_path('tiny-chat')
    folders = {'16 bit': plain, 'W4A16': quantised(plain, scratch)}
    ratios, kvs = (RATIOS[:1], ('16 bit',)) if tiny else (RATIOS, tuple(KV))
    cases = [('pipeline', w, kv, ratio) for w in WEIGHTS for kv in kvs for ratio in ratios]
    cases += [('api_server', w, kv, RATIOS[0]) for w in WEIGHTS for kv in kvs[:2]]
    memory = [in_a_process(memory_row, str(folders[case[1]]), *case) for case in tqdm(cases, unit='start')]
    written = []
    for weights in WEIGHTS:
        for kv in tqdm(kvs, unit='engine', desc=weights):
            written += in_a_process(write, str(folders[weights]), weights, kv, seeds, 2 if tiny else None)
    answers, changed = in_a_process(scored, str(plain), written)
    return {
        'session_len': SESSION_LEN,
        'memory_budget_gb': float(os.environ['LMDEPLOY_CPU_MEMORY_GB']),
        'seeds': seeds,
        'memory': memory,
        'answers': answers,
        'changed': changed,
    }


def quantised(plain: Path, scratch: Path) -> Path:
    """tiny-chat's W4A16 checkpoint, made as chapter 4 makes it."""
    llama, target = internlm2_to_llama(plain, scratch / 'tiny-chat'), scratch / 'tiny-chat-4bit'
    text = calibration_dataset(llama, calib_samples=16, calib_seqlen=256)
    command = [*cli_prefix(), 'lite', 'auto_awq', str(llama), '--work-dir', str(target), '--calib-dataset', 'wikitext2']
    command += ['--calib-samples', '16', '--calib-seqlen', '256', '--batch-size', '1', *cli_lite_arguments()]
    subprocess.run(command, cwd=text.folder, check=True, stdout=subprocess.DEVNULL)
    return target


def in_a_process(work, *arguments):
    """What `work(*arguments)` returns in a fresh process: its memory is nobody else's."""
    with multiprocessing.get_context('spawn').Pool(1) as pool:
        return pool.apply(work, arguments)


def memory_row(folder: str, way: str, weights: str, kv: str, ratio: float) -> dict:
    """Memory that an engine took, read as the homework reads it, beside the prediction; a second start too."""
    from lmdeploy import GenerationConfig, pipeline

    from helpers import device_memory, engine_config, release
    from lessons.kv_cache import predict_memory
    from lessons.serving import api_server

    settings = {'cache_max_entry_count': ratio, 'quant_policy': KV[kv], 'session_len': SESSION_LEN}
    budget = device_memory().total_bytes
    predicted = predict_memory(folder, budget, engine='cpu', **settings)
    used = []
    for _ in range(2):
        before = device_memory().used_bytes
        if way == 'api_server':
            with api_server(folder, log_level='ERROR', **settings) as server:
                name = server.client.models.list().data[0].id
                hello = [{'role': 'user', 'content': 'hello'}]
                server.client.chat.completions.create(model=name, messages=hello, max_tokens=16)
                used.append(device_memory().used_bytes - before)
        else:
            pipe = pipeline(folder, backend_config=engine_config(**settings), log_level='ERROR')
            pipe('hello', gen_config=GenerationConfig(max_new_tokens=16))
            used.append(device_memory().used_bytes - before)
            release(pipe)
    row = {'way': way, 'weights': weights, 'kv': kv, 'cache_max_entry_count': ratio}
    more = [round((bytes_ - predicted.engine_bytes) / MIB, 1) for bytes_ in used]
    return row | {
        'predicted_mib': round(predicted.engine_bytes / MIB, 1),
        'more_mib': more[0],
        'more_again_mib': more[1],
    }


def write(folder: str, weights: str, kv: str, seeds: int, first: int | None) -> list[dict]:
    """The answers of one engine to all prompts."""
    from lmdeploy import GenerationConfig, pipeline

    from helpers import engine_config

    settings = {'cache_max_entry_count': 0.4, 'quant_policy': KV[kv], 'session_len': SESSION_LEN}
    rows = []
    with pipeline(folder, backend_config=engine_config(**settings), log_level='ERROR') as pipe:
        for temperature in TEMPERATURES:
            asked = [(topic, p) for topic, prompts in PROMPTS.items() for p in prompts[:first]]
            asked *= seeds if temperature else 1
            configs = [
                GenerationConfig(
                    max_new_tokens=512, do_sample=temperature > 0, temperature=temperature or 1.0, random_seed=seed
                )
                for seed in range(len(asked))
            ]
            for (topic, prompt), answer in zip(asked, pipe([p for _, p in asked], gen_config=configs), strict=True):
                row = {'weights': weights, 'kv': kv, 'temperature': temperature, 'topic': topic}
                rows.append(row | {'prompt': prompt, 'text': answer.text})
    return rows


def scored(folder: str, written: list[dict]) -> tuple[list[dict], list[dict]]:
    """Rows with the scores of the answers as they are, and after changes."""
    from lmdeploy import pipeline

    from helpers import engine_config
    from homework.grade.scores import answer_scores

    def scores(pairs):
        return answer_scores(pipe, folder, [([{'role': 'user', 'content': prompt}], text) for prompt, text in pairs])

    with pipeline(folder, backend_config=engine_config(session_len=SESSION_LEN), log_level='ERROR') as pipe:
        written = [row for row in written if row['text'].strip()]
        groups = {}
        for row, score in zip(written, scores([(row['prompt'], row['text']) for row in written]), strict=True):
            length = 'short' if len(row['text']) < 60 else 'long'
            key = row['weights'], row['kv'], row['temperature'], row['topic'], length
            groups.setdefault(key, []).append(score)
        names = ('weights', 'kv', 'temperature', 'topic', 'length')
        answers = [dict(zip(names, key, strict=True)) | spread(found) for key, found in groups.items()]
        long = [(row['prompt'], row['text']) for row in written if len(row['text']) >= 60 and row['topic'] == 'course']
        long = long[:: max(1, len(long) // 60)]
        changed = [{'change': name} | spread(scores(list(change(long)))) for name, change in CHANGES.items()]
    return answers, changed


def spread(scores: list[float]) -> dict:
    return {
        'count': len(scores),
        'lowest': round(min(scores), 3),
        'median': round(statistics.median(scores), 3),
        'highest': round(max(scores), 3),
    }


def one_in(n: int):
    def change(pairs):
        draw = random.Random(n)
        for prompt, text in pairs:
            yield prompt, ''.join(draw.choice(text) if i % n == n - 1 else letter for i, letter in enumerate(text))

    return change


def shuffled(pairs):
    draw = random.Random(0)
    for prompt, text in pairs:
        sentences = re.split(r'(?<=[。.!！?？])', text)
        draw.shuffle(sentences)
        yield prompt, ''.join(sentences)


def typed(pairs):
    """What people wrote: paragraphs of this project's own README."""
    text = (Path(__file__).resolve().parent.parent / 'README.md').read_text(encoding='utf-8')
    paragraphs = [part for part in text.split('\n\n') if len(part) > 200]
    yield from (('Tell me a story', part[:800]) for part in paragraphs[: len(pairs)])


CHANGES = {
    'every 100th character another': one_in(100),
    'every 40th character another': one_in(40),
    'every 10th character another': one_in(10),
    'sentences in another order': shuffled,
    'typed by people': typed,
}


if __name__ == '__main__':
    main()
