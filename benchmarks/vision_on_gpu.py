"""Chapter 6 on a GPU: which vision-language models run where, and what a picture costs; kept as a record.

    python -m benchmarks.vision_on_gpu --save h200/vision [--only table costs] [--minutes 6]
    python -m benchmarks.vision_on_gpu --save cpu/vision_models --only table      # where there is no GPU
    python -m benchmarks.vision_on_gpu --tiny                                     # all of it on a CPU, to try it

table: each family of models, tiny and with random weights, in each engine: greedy tokens about four pictures beside
those of transformers in float32.  Where a token differs, the distance of transformers' two best logits there tells
whether it was a near tie.
costs: random weights in real geometries.  Memory (NVML) with and without the vision tower and at two ratios, tokens of
pictures of several sizes, time to the first token about a picture and about as many tokens of text, and throughput.

Every case has a process of its own; those of the table run four at a time.  Each row is a line of `--rows` as soon as
it is measured: broken off, the next call goes on with the rest.
"""

import contextlib
import dataclasses
import math
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import vision_models as models
from benchmarks.campaign import Campaign, campaign_line
from benchmarks.command_line import CommandLine
from benchmarks.gpu import read_memory, settled_bytes
from benchmarks.own_process import CRASHED, FORKED
from helpers.memory import MIB

QUESTION = 'What is in the picture?'
TABLE_TOKENS = 12  # greedy
NEAR = {'cuda': 0.1, 'cpu': 1e-3}  # logits that lie so close count as a tie, in float16 and in float32
TABLE_PICTURES = ((230, 120), (112, 112), (90, 260), (400, 400))
SIZES = ((224, 224), (448, 448), (640, 480), (1280, 720), (1920, 1080), (4000, 3000))
BATCHES, TOKENS_OUT = (1, 8, 32), 64
RATIOS = (0.2, 0.1)
CASE_TIMEOUT_S = 150
REPAIRED_TOO = (
    'internvl3'  # shows what the repairs (lmdeploy_cpu.repair_pictures) make of a picture that cannot be read
)
COSTS = (  # the most telling first
    ('internvl3-2b', 'turbomind'),
    ('llava-1.5-7b', 'pytorch'),
    ('internvl3-2b', 'pytorch'),
    ('internvl3-1b', 'turbomind'),
)
ENGINES = {'turbomind': 'TurboMind', 'pytorch': 'PyTorch engine', 'cpu': 'PyTorch engine on the CPU device'}


@dataclasses.dataclass(frozen=True)
class Case:
    """A model in an engine."""

    part: str  # 'table' | 'costs'
    model: str
    engine: str

    @property
    def name(self) -> str:
        return f'{self.part} {self.model} {self.engine}'


def cases(cuda: bool, tiny: bool) -> list[Case]:
    """All, the most telling first; those of the table before the costs."""
    engines = ('turbomind', 'pytorch') if cuda else ('cpu',)
    table = [Case('table', family, engine) for family in models.TITLES for engine in engines]
    if tiny:
        return [*table, *(Case('costs', family, engines[-1]) for family in ('internvl3', 'llava'))]
    return [*table, *(Case('costs', model, engine) for model, engine in COSTS if cuda)]


# -------------------------------------------------------------------------------- in the process of one case


def picture(width: int, height: int, seed: int):
    """Coarse noise: every picture another one."""
    import torch
    from PIL import Image

    generator = torch.Generator().manual_seed(seed)
    small = torch.randint(256, (8, 8, 3), generator=generator, dtype=torch.uint8)
    return Image.fromarray(small.numpy()).resize((width, height))


def asked(image, question: str = QUESTION) -> list[dict]:
    """One question about one picture, in LMDeploy's words; nothing is encoded on the way."""
    shown = [] if image is None else [{'type': 'image_data', 'image_data': {'data': image}}]
    return [{'role': 'user', 'content': [*shown, {'type': 'text', 'text': question}]}]


def start(folder: str, engine: str, **options):
    """LMDeploy's pipeline on the engine asked for, as it is installed."""
    from lmdeploy import PytorchEngineConfig, TurbomindEngineConfig, pipeline

    if engine == 'cpu':
        import lmdeploy_cpu

        lmdeploy_cpu.enable()  # with the repairs of pictures
        options |= {'device_type': 'cpu', 'dtype': 'float32'}
    config = (TurbomindEngineConfig if engine == 'turbomind' else PytorchEngineConfig)(**options)
    return pipeline(folder, backend_config=config, log_level='ERROR')


def greedy(pipe, prompts: list, tokens: int) -> list:
    from lmdeploy import GenerationConfig

    config = GenerationConfig(max_new_tokens=tokens, ignore_eos=True, do_sample=False)
    return pipe(prompts, gen_config=config)


class Reference:
    """transformers on the folder, in float32."""

    def __init__(self, folder: str):
        import torch
        from transformers import AutoModelForImageTextToText, AutoProcessor

        self.device = 'cuda' if torch.cuda.is_available() else 'cpu'
        self.processor = AutoProcessor.from_pretrained(folder, trust_remote_code=False)
        model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32, trust_remote_code=False)
        self.model = model.to(self.device).eval()

    def answer(self, image) -> tuple[list[int], list[float], int]:
        """Greedy token ids, the distance of the two best logits at each step, and the prompt's length."""
        import torch

        parts = [{'type': 'image', 'image': image}, {'type': 'text', 'text': QUESTION}]
        inputs = self.processor.apply_chat_template(
            [{'role': 'user', 'content': parts}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors='pt',
        ).to(self.device)
        stops = self.model.generation_config.eos_token_id
        with torch.inference_mode():
            out = self.model.generate(
                **inputs,
                do_sample=False,
                max_new_tokens=TABLE_TOKENS,
                eos_token_id=None,
                suppress_tokens=stops if isinstance(stops, list) else [stops],  # what ignore_eos does
                return_dict_in_generate=True,
                output_scores=True,
            )
        best = torch.cat(out.scores).float().topk(2).values
        length = inputs['input_ids'].size(1)
        return out.sequences[0, length:].tolist(), (best[:, 0] - best[:, 1]).tolist(), length


def try_model(family: str, engine: str, folder: str) -> dict:
    """A row of the table: LMDeploy as it is installed; where that fails, once more with the course's repairs."""
    import torch

    torch.set_num_threads(2)
    row = ask_model(family, engine, folder)
    if (engine != 'cpu' and row['outcome'] not in ('equal', 'near tie')) or family == REPAIRED_TOO:
        import lmdeploy_cpu

        lmdeploy_cpu.repair_pictures()
        row['repaired'] = ask_model(family, engine, folder)
    return row


def ask_model(family: str, engine: str, folder: str) -> dict:
    """How LMDeploy's greedy answers about pictures compare with transformers'."""
    options = {'cpu': {'num_gpu_blocks': 64}}.get(engine, {'cache_max_entry_count': 0.02, 'dtype': 'float16'})
    try:
        pipe = start(folder, engine, session_len=2048, max_batch_size=8, **options)
    except (Exception, SystemExit) as error:  # LMDeploy's check of a configuration that it cannot read ends the process
        return {'outcome': 'refused', 'message': said(error).replace(folder, family)}
    from helpers import running_engine

    ran = running_engine(pipe)
    title = ENGINES['cpu' if ran.device == 'cpu' else ran.engine]
    # InternVL 2's own cutting into tiles is no part of transformers: pictures of just one tile
    sizes = ((112, 112),) * 4 if family == 'internvl2' else TABLE_PICTURES
    pictures = [picture(*size, seed=seed) for seed, size in enumerate(sizes)]
    try:
        with pipe:
            answers = greedy(pipe, [asked(image) for image in pictures], TABLE_TOKENS)
            unreadable = ask_unreadable(pipe)
            again = greedy(pipe, [asked(pictures[0])], TABLE_TOKENS)[0]
    except Exception as error:
        return {'outcome': 'fails', 'message': said(error), 'ran': title}
    for answer in answers:
        if not answer.token_ids:
            message = f'an empty answer, finish_reason {answer.finish_reason!r}: {answer.error_message}'
            return {'outcome': 'fails', 'message': message, 'ran': title}
    row = {'ran': title, 'input_tokens': [answer.input_token_len for answer in answers], 'unreadable': unreadable}
    row['lives_on'] = list(again.token_ids) == list(answers[0].token_ids)
    reference = Reference(folder.replace('internvl2', 'internvl3'))  # the same weights
    differing = []
    for image, answer in zip(pictures, answers, strict=True):
        tokens, margins, length = reference.answer(image)
        if answer.input_token_len != length:
            return row | {'outcome': 'differs', 'message': f'{answer.input_token_len} input tokens, not {length}'}
        if list(answer.token_ids) != tokens:
            at = next(i for i, (a, b) in enumerate(zip(answer.token_ids, tokens, strict=True)) if a != b)
            differing.append(margins[at])
    if not differing:
        return row | {'outcome': 'equal', 'message': ''}
    outcome = 'near tie' if max(differing) < NEAR[ran.device] else 'differs'
    margin = f'{max(differing):.2g}'
    return row | {
        'outcome': outcome,
        'message': f'{len(differing)} of {len(answers)} differ, at a distance of {margin}',
    }


def ask_unreadable(pipe) -> str:
    """What comes of a file that is no picture: an error, or an empty answer."""
    with tempfile.NamedTemporaryFile(suffix='.png') as file:
        file.write(b'hello')
        file.flush()
        parts = [{'type': 'image_url', 'image_url': {'url': file.name}}, {'type': 'text', 'text': QUESTION}]
        try:
            (answer,) = greedy(pipe, [[{'role': 'user', 'content': parts}]], 1)
        except RuntimeError as error:
            return said(error)
    return f'{answer.text!r}, finish_reason {answer.finish_reason!r}: {answer.error_message}'


def said(error: BaseException) -> str:
    """The first line of an error, with its type."""
    return f'{type(error).__name__}: {next(iter(str(error).strip().splitlines()), "")}'[:300]


def measure_costs(model: str, engine: str, folder: str, plan: dict) -> dict:
    """A row of costs."""
    import torch

    from helpers import release
    from lessons.kv_cache.weights import weight_tensors

    cuda = torch.cuda.is_available()
    tensors = weight_tensors(folder)
    vision = sum(tensor.nbytes for tensor in tensors if tensor.is_vision)
    row = {
        'weights_mib': round(sum(tensor.nbytes for tensor in tensors) / MIB, 1),
        'vision_weights_mib': round(vision / MIB, 1),
        'memory': [],
    }
    options = {'session_len': plan['session_len'], 'max_batch_size': max(plan['batches'])}
    # a context of CUDA is this process's, not the engine's: it is there before the first reading
    if cuda:
        torch.zeros(1, device='cuda')
    pipe = None
    for ratio, language_model_only in plan['starts']:
        before, begin = settled_bytes(), time.perf_counter()
        pipe = start(folder, engine, cache_max_entry_count=ratio, language_model_only=language_model_only, **options)
        row['memory'].append(
            {
                'cache_max_entry_count': ratio,
                'language_model_only': language_model_only,
                'load_s': round(time.perf_counter() - begin, 2),
                'free_before_mib': round(read_memory().free_bytes / MIB + (read_memory().used_bytes - before) / MIB),
                'used_mib': round((read_memory().used_bytes - before) / MIB),
            }
        )
        if (ratio, language_model_only) != plan['starts'][-1]:
            release(pipe)
            pipe = None
    started = read_memory().used_bytes
    greedy(pipe, [asked(picture(*plan['sizes'][0], seed=0))], 4)  # warm up
    text_tokens = greedy(pipe, [asked(None)], 1)[0].input_token_len
    row['pictures'] = [picture_costs(pipe, size, text_tokens, plan) for size in plan['sizes']]
    row['throughput'] = [throughput(pipe, batch, size, plan) for size in plan['load'] for batch in plan['batches']]
    row['grown_mib'] = round((read_memory().used_bytes - started) / MIB)  # by what the pictures took beside the cache
    with contextlib.suppress(Exception):
        release(pipe)
    return row


def picture_costs(pipe, size: tuple[int, int], text_tokens: int, plan: dict) -> dict:
    """Tokens of one picture of that size, and the times of preparing it and to the first token."""
    prepare = pipe.async_engine.vl_encoder.model
    prepare_s, ttft_s, text_ttft_s = math.inf, math.inf, math.inf
    for repeat in range(plan['repeats']):
        image = picture(*size, seed=1000 + repeat)
        message = [{'role': 'user', 'content': [{'type': 'image', 'data': image}, {'type': 'text', 'text': QUESTION}]}]
        begin = time.perf_counter()
        prepare.preprocess(message)
        prepare_s = min(prepare_s, time.perf_counter() - begin)
        begin = time.perf_counter()
        answer = greedy(pipe, [asked(image)], 1)[0]
        ttft_s = min(ttft_s, time.perf_counter() - begin)
        require_answer(answer, 1)
    words = f'{QUESTION} ' * (answer.input_token_len // 8)
    for repeat in range(plan['repeats']):
        begin = time.perf_counter()
        text = greedy(pipe, [asked(None, f'{repeat} {words}')], 1)[0]
        text_ttft_s = min(text_ttft_s, time.perf_counter() - begin)
    return {
        'width': size[0],
        'height': size[1],
        'tokens': answer.input_token_len - text_tokens,
        'prepare_s': round(prepare_s, 5),
        'ttft_s': round(ttft_s, 5),
        'text_tokens': text.input_token_len,
        'text_ttft_s': round(text_ttft_s, 5),
    }


def throughput(pipe, batch: int, size: tuple[int, int], plan: dict) -> dict:
    """As many requests at once, each about a picture of its own."""
    first_s, time_s = math.inf, math.inf
    for repeat in range(plan['repeats']):
        prompts = [asked(picture(*size, seed=10_000 + 100 * repeat + i)) for i in range(batch)]
        for tokens in (1, plan['tokens_out']):
            begin = time.perf_counter()
            answers = greedy(pipe, prompts, tokens)
            spent_s = time.perf_counter() - begin
            for answer in answers:
                require_answer(answer, tokens)
            if tokens == 1:
                first_s = min(first_s, spent_s)
            else:
                time_s = min(time_s, spent_s)
    return {
        'batch': batch,
        'width': size[0],
        'height': size[1],
        'input_tokens': answers[0].input_token_len,
        'first_s': round(first_s, 4),
        'time_s': round(time_s, 4),
        'images_per_s': round(batch / first_s, 2),
        'output_tokens_per_s': round(batch * plan['tokens_out'] / time_s, 1),
    }


def require_answer(answer, tokens: int) -> None:
    if answer.generate_token_len != tokens:
        raise RuntimeError(f'{answer.generate_token_len} tokens, not {tokens} (finish_reason {answer.finish_reason!r})')


def measure_case(case: Case, folder: str, todo: list, plan: dict, report) -> None:
    """`report(**row)`, once."""
    table = case.part == 'table'
    row = try_model(case.model, case.engine, folder) if table else measure_costs(case.model, case.engine, folder, plan)
    if FORKED in row.get('message', ''):  # not what becomes of the model: it is tried anew
        raise RuntimeError(row['message'])
    report(**row)


# ------------------------------------------------------------------------------------------- in the parent


def line_of(row: dict) -> str:
    """One line for the eye."""
    name = f'{row["part"]} {row["model"]:<13}{row["engine"]:<10}'
    if 'outcome' in row:
        repaired = f'; repaired: {row["repaired"]["outcome"]}' if 'repaired' in row else ''
        return f'{name} {row["outcome"]}: {row.get("message", "")} {row.get("ran", "")}{repaired}'
    used = ', '.join(
        f'{m["cache_max_entry_count"]:g}{" text only" if m["language_model_only"] else ""}: {m["used_mib"]} MiB'
        for m in row['memory']
    )
    fastest = max(row['throughput'], key=lambda t: t['images_per_s'])
    tokens = ', '.join(f'{p["width"]}×{p["height"]}: {p["tokens"]}' for p in row['pictures'])
    return (
        f'{name} weights {row["weights_mib"]} MiB, {row["vision_weights_mib"]} of them vision; used at {used}; '
        f'tokens {tokens}; {fastest["images_per_s"]} images/s and {fastest["output_tokens_per_s"]} tokens/s at batch '
        f'{fastest["batch"]}'
    )


class Vision(Campaign):
    """Chapter 6's measurements: a row for each case."""

    topic = 'vision'
    measure_case = staticmethod(measure_case)
    line_of = staticmethod(line_of)
    timeout_s = CASE_TIMEOUT_S
    ahead = 1

    def __init__(self, args, cases: list[Case]):
        super().__init__(args, cases)
        self.plan = plan_of(args.tiny)

    def key_of(self, row: dict) -> tuple:
        return Case(row['part'], row['model'], row['engine']), None

    def cards(self) -> list[int]:
        return list(range(self.args.workers))  # of the same card: the table's models are tiny

    def cards_of(self, case: Case) -> int:
        return 1 if case.part == 'table' else self.args.workers  # costs are measured alone

    def environment_of(self, case: Case, cards: list[int]) -> dict[str, str]:
        return {}

    def checkpoint_of(self, case: Case) -> str:
        return case.model

    def make_checkpoint(self, case: Case, folder: Path, cards: list[int]) -> None:
        self.processes.call(models.make_whole, case.model, str(folder))

    def measure(self, case: Case, todo: list, cards: list[int], keep: Callable[[dict], None]) -> str | None:
        row, begin = {}, time.monotonic()
        why = super().measure(case, todo, cards, row.update)
        if why and why.startswith(CRASHED):  # that is what becomes of such a model
            row |= {'outcome': 'fails', 'message': why.splitlines()[0][:300]}
            print(why, flush=True)
        elif why:
            return why
        keep(row | {'seconds': round(time.monotonic() - begin, 1)})
        return None

    def record_of(self, rows: list[dict]) -> tuple[str, dict]:
        costs = [row for row in rows if row['part'] == 'costs']
        titles = [models.SIZES[row['model']].title for row in costs if row['model'] in models.SIZES]
        return ', '.join(dict.fromkeys([*titles, 'tiny models of seven families'])), {
            'question': QUESTION,
            'table_tokens': TABLE_TOKENS,
            'table_pictures': TABLE_PICTURES,
            'near_logits': NEAR,
            'plan': self.plan,
            'titles': models.TITLES | {name: size.title for name, size in models.SIZES.items()},
            'engines': ENGINES,
            'table': [row for row in rows if row['part'] == 'table'],
            'costs': costs,
            'broken': [
                dataclasses.asdict(case) | {'outcome': 'broken', 'message': why.splitlines()[0][:300]}
                for case, why in self.ended.items()
            ],
        }


def plan_of(tiny: bool) -> dict:
    """What is measured of each geometry."""
    if tiny:
        return {
            'session_len': 2048,
            'sizes': [(112, 112), (230, 120)],
            'load': [(112, 112)],
            'batches': [1, 3],
            'tokens_out': 4,
            'repeats': 1,
            'starts': [(0.02, True), (0.02, False)],
        }
    return {
        'session_len': 8192,
        'sizes': list(SIZES),
        'load': [(448, 448)],
        'batches': list(BATCHES),
        'tokens_out': TOKENS_OUT,
        'repeats': 3,
        'starts': [(RATIOS[0], True), (RATIOS[1], False), (RATIOS[0], False)],
    }


def command_line() -> CommandLine:
    parser = campaign_line(__doc__, 'h200/vision', minutes=6)
    parser.add_argument('--only', nargs='+', choices=('table', 'costs'), default=('table', 'costs'))
    parser.add_argument('--models', nargs='+', choices=(*models.TITLES, *models.SIZES), help='default: all')
    parser.add_argument('--tiny', action='store_true', help='the costs of tiny models: to try this on a CPU')
    parser.add_argument('--workers', type=int, default=4, help='cases of the table at once')
    return parser


def main() -> int:
    parser = command_line()
    args = parser.parse_args()
    import torch

    cuda = torch.cuda.is_available()
    wanted = [case for case in cases(cuda, args.tiny) if case.part in args.only]
    campaign = Vision(args, [case for case in wanted if not args.models or case.model in args.models])
    if args.list:
        return campaign.show()
    if not cuda and 'costs' in args.only and not args.tiny:
        parser.error('costs measures a GPU, and torch finds none; --only table and --tiny run on a CPU')
    campaign.main()
    return 0 if campaign.complete else 1


if __name__ == '__main__':
    sys.exit(main())
