"""What evidence.json and manifest.json hold: the same models check what is collected, read back and graded.

Whoever edits the files by hand may put anything anywhere; behind this check a number is a number, finite and not
absurd, and a text is a text of a length that a page can hold.  Fields that no model names are kept as they are:
the evidence's code is of all that is in it.
"""

import json
import math
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

SCHEMA = 1
_LARGEST_FACTOR = 1e300  # of a function call, which is worked out again

Text = Annotated[str, Field(max_length=300)]
LongText = Annotated[str, Field(max_length=100_000)]
Time = Annotated[str, Field(pattern=r'^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$')]
Hash = Annotated[str, Field(pattern='^[0-9a-f]{64}$')]
Bytes = Annotated[int, Field(ge=0, le=1 << 50)]
SignedBytes = Annotated[int, Field(ge=-(1 << 50), le=1 << 50)]
Count = Annotated[int, Field(ge=0, le=1 << 40)]
Positive = Annotated[int, Field(ge=1, le=1 << 40)]
Policy = Annotated[int, Field(ge=-(1 << 31), le=1 << 31)]
Seconds = Annotated[int | float, Field(ge=0, le=1e7)]
Number = Annotated[int | float, Field(ge=-1e15, le=1e15)]
Language = Literal['en', 'zh']
Client = Literal['pipeline', 'terminal', 'page', 'openai', 'curl']
Row = Annotated[dict[str, LongText | Number | bool | None], Field(max_length=40)]


class Model(BaseModel):
    """Numbers are not taken for texts nor the other way round, and fields without a name here are kept."""

    model_config = ConfigDict(strict=True, extra='allow', allow_inf_nan=False)

    def plain(self) -> dict:
        """Plain JSON, as it was given."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class Reading(Model):
    """`helpers.memory.DeviceMemory` at a moment."""

    label: Text
    time: Time
    used_bytes: Bytes
    free_bytes: Bytes
    total_bytes: Bytes
    source: Text
    device_name: Text
    device: Literal['cpu', 'cuda'] | None = None  # not in the first submissions
    process_bytes: Bytes | None = None
    card_used_bytes: Bytes | None = None
    card_total_bytes: Bytes | None = None


class Settings(Model):
    """Of an engine, as it runs: LMDeploy's names."""

    cache_max_entry_count: Number | None = None
    quant_policy: Policy | None = None
    session_len: Count | None = None
    max_batch_size: Count | None = None
    dtype: Text | None = None
    tp: Count | None = None
    block_tokens: Count | None = None
    num_blocks: Count | None = None
    model_format: Text | None = None


class Checkpoint(Model):
    """A checkpoint's identity, see `homework.checkpoint`."""

    name: Text
    vision: bool
    tensor_bytes: Bytes
    weights_sample_sha256: Hash
    config_sha256: Hash = ''
    tensors_sha256: Hash = ''
    architecture: Text | None = None
    dtype: Text = ''
    quantization_config: dict[str, Any] | None = None


class Prediction(Model):
    """`lessons.kv_cache.MemoryPrediction`, without what is not plain."""

    engine_bytes: SignedBytes
    tokens: Count


class PredictionArguments(Model):
    """What the prediction is of, as `lessons.kv_cache.settings.EngineSettings` stores it."""

    free_bytes: Bytes
    engine: Literal['turbomind', 'pytorch', 'cpu']
    device: Literal['cpu', 'cuda'] | None = None
    cache_max_entry_count: Number | None = None
    quant_policy: Policy | None = None
    dtype: Text | None = None
    session_len: Count | None = None
    max_batch_size: Count | None = None
    max_prefill_token_num: Positive | None = None
    block_tokens: Positive | None = None
    tp: Positive | None = None


class Engine(Model):
    """An engine that ran, and the memory before and after it started."""

    label: Text
    way: Literal['pipeline', 'api_server', 'cli', 'transformers']
    engine: Literal['turbomind', 'pytorch', 'transformers']
    device: Literal['cpu', 'cuda']
    real: Settings
    checkpoint: Checkpoint
    before: Reading
    after: Reading
    used_bytes: SignedBytes
    asked: dict[str, Any] = {}
    predicted: Prediction | None = None
    predict_arguments: PredictionArguments | None = None


class Part(Model):
    """A piece of a message: text, or the place of a picture."""

    type: Text
    text: LongText | None = None


class ChatMessage(Model):
    role: Text
    content: LongText | Annotated[list[Part], Field(max_length=50)]


def _numbers_only(call: 'Call') -> 'Call':
    # They are worked out again: a text times a number would be a text of that length.
    if call.name in ('add', 'mul'):
        for value in call.arguments.values():
            if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LARGEST_FACTOR:
                raise ValueError(f'an argument of {call.name} is not a number')
    return call


class Call(Model):
    """A function that the model called."""

    name: Text
    arguments: Annotated[dict[str, Any], Field(max_length=20)]
    result: Any = None


class Answer(Model):
    """A conversation and what the model said."""

    engine: Text
    client: Client
    messages: Annotated[list[ChatMessage], Field(max_length=200)]
    text: LongText
    finish_reason: Text | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    time_s: Seconds | None = None
    tokens_per_s: Seconds | None = None
    sampling: dict[str, Any] | None = None
    image_sha256: Hash = ''
    tool_calls: Annotated[list[Annotated[Call, AfterValidator(_numbers_only)]], Field(max_length=50)] = []


class Training(Model):
    """A LoRA training, `lessons.own_model.train`; `rank` and the like as `lessons.own_model.Lora` has them."""

    says: Text  # the name that the model is to say
    conversations: Positive
    rank: Positive
    alpha: Positive
    epochs: Positive
    batch_size: Positive
    learning_rate: Number
    steps: Positive
    loss_first: Number  # in nats a token
    loss_last: Number
    trained: Count  # numbers of A and B
    parameters: Count  # of the model that they were added to
    time_s: Seconds


class Examination(Model):
    """Replies of an engine to questions that the training never saw."""

    engine: Text
    says: Text
    questions_sha256: Hash
    replies: Annotated[list[Annotated[str, Field(max_length=2000)]], Field(min_length=1, max_length=200)]
    with_name: Count  # replies that say the name
    perplexity: Annotated[int | float, Field(ge=1, le=1e9)] | None = None  # of right answers to all else


class Trial(Model):
    """A dry run, `lessons.publish.dry_run`."""

    ready_s: Seconds
    first_answer_s: Seconds
    memory_mib: Count
    answer: LongText
    exit_code: int


class Demo(Model):
    """The folder of a page, `lessons.publish.demo`, and where it runs: at an address, or tried here."""

    sdk: Text
    faults: Annotated[list[Text], Field(max_length=50)]
    checkpoint: Checkpoint | None = None  # None: the page fetches its model from a hub
    address: Annotated[str, Field(max_length=500, pattern=r'^(https://[^\s<>"]+)?$')] = ''
    trial: Trial | None = None


class Check(Model):
    """Of the environment, `helpers.environment`."""

    name: Text
    state: Text
    found: LongText


class Screenshot(Model):
    file: Annotated[str, Field(pattern=r'^screenshots/[a-z0-9-]{1,60}\.png$')]
    sha256: Hash
    width: Count = 0
    height: Count = 0
    taken: Time | None = None
    taken_from: Text = ''
    caption: LongText = ''


class Step(Model):
    """A call that noted something: which cell (its execution count), and when."""

    step: Text
    cell: Annotated[int, Field(ge=0, le=10**6)] | None
    time: Time


class CellSource(Model):
    cell: int
    source: str


class Run(Model):
    """The kernel that the task was done in."""

    id: Annotated[str, Field(pattern='^[0-9a-f]{16}$')]
    steps: Annotated[list[Step], Field(max_length=500)]
    code: list[CellSource] = []


class Device(Model):
    kind: Literal['cpu', 'cuda']
    name: Text
    driver: Text


class Collected(Model):
    """What a task collects while it is worked on."""

    memory: Annotated[list[Reading], Field(max_length=200)] = []
    engines: Annotated[list[Engine], Field(max_length=20)] = []
    answers: Annotated[list[Answer], Field(max_length=100)] = []
    rows: Annotated[list[Row], Field(max_length=200)] = []
    checks: Annotated[list[Check], Field(max_length=50)] = []
    screenshots: Annotated[list[Screenshot], Field(max_length=40)] = []
    trainings: Annotated[list[Training], Field(max_length=10)] = []  # these three are not in the first submissions
    examinations: Annotated[list[Examination], Field(max_length=10)] = []
    demos: Annotated[list[Demo], Field(max_length=10)] = []


def _with_lmdeploy(versions: dict[str, str]) -> dict[str, str]:
    if 'lmdeploy' not in versions:
        raise ValueError("'lmdeploy' is a required property")
    return versions


class Evidence(Collected):
    """The evidence of a task."""

    schema_number: Literal[1] = Field(alias='schema')
    edition: Annotated[int, Field(ge=1, le=99)] = 1  # `homework.tasks.EDITION`; the first submissions have none
    task: Annotated[str, Field(pattern='^[a-z0-9-]{1,40}$')]
    chapter: Text
    name: Text
    language: Language
    run: Run
    begun: Time
    finished: Time
    device: Device
    versions: Annotated[dict[str, Text], AfterValidator(_with_lmdeploy)]
    memory: Annotated[list[Reading], Field(max_length=200)]
    engines: Annotated[list[Engine], Field(max_length=20)]
    answers: Annotated[list[Answer], Field(max_length=100)]
    rows: Annotated[list[Row], Field(max_length=200)]
    checks: Annotated[list[Check], Field(max_length=50)]
    screenshots: Annotated[list[Screenshot], Field(max_length=40)]
    code: Annotated[str, Field(pattern='^[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{2}$')]


class Link(Model):
    title: Text
    url: Annotated[str, Field(max_length=2000)]


Guessed = Number | Text


class Guess(Model):
    """A prediction of the learner's, `lessons.predictions.kept.Kept`: in the unit of its question, or a key of it."""

    number: Annotated[str, Field(pattern=r'^[0-9]{1,2}\.[0-9]{1,2}(-[a-z]{1,20})?$')]
    guess: Guessed
    guessed: Time
    late: bool
    formula: Guessed | None = None
    measured: Guessed | None = None


class SubmissionContent(Model):
    """evidence.json of an archive."""

    schema_number: Literal[1] = Field(alias='schema')
    name: Annotated[str, Field(min_length=1, max_length=200)]
    language: Language
    packed: Time
    number: Annotated[str, Field(max_length=40)] = ''  # of the student
    tasks: Annotated[list[Evidence], Field(max_length=40)]
    links: Annotated[list[Link], Field(max_length=50)] = []
    predictions: Annotated[list[Guess], Field(max_length=100)] = []


class ManifestFile(Model):
    sha256: Hash
    bytes: Bytes


class Manifest(Model):
    """manifest.json of an archive."""

    schema_number: Literal[1] = Field(alias='schema')
    made: Time
    name: Text
    digest: Hash
    files: Annotated[dict[str, ManifestFile], Field(max_length=400)]


AnyModel = TypeVar('AnyModel', bound=Model)


def checked(content, model: type[AnyModel]) -> AnyModel:
    """`content`, plain JSON, as a `model`.  ValueError says where it does not fit."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ValueError(_sentence(error)) from None


def read_checked(text: bytes, model: type[AnyModel]) -> tuple[AnyModel, dict]:
    """The JSON in `text` as a `model`, and as plain JSON.

    Raises ValueError saying where it does not fit.
    """
    try:
        content = json.loads(text.decode('utf-8'), parse_constant=_refuse, parse_float=_finite)
        json.dumps(content, ensure_ascii=False).encode('utf-8')  # no half characters
    except (ValueError, RecursionError) as error:
        raise ValueError(f'not JSON ({error})') from None
    return checked(content, model), content


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    *parents, last = first['loc'] or (None,)
    match first['type']:
        case 'missing':
            place, what = parents, f'{last!r} is a required property'
        case 'model_type' | 'dict_type':
            place, what = first['loc'], f"{first['input']!r:.80} is not of type 'object'"
        case _:
            place, what = first['loc'], f'{first["msg"]}: {first["input"]!r:.80}'
    return ''.join(f'[{part!r}]' for part in place) + (': ' if place else 'at the top: ') + what


def _refuse(text: str):
    raise ValueError(f'{text} is no number')


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f'{text} is no number')
    return number
