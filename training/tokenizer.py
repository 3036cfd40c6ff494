"""The tokenizer: byte-level BPE of 4096 tokens, trained on the texts, with InternLM2's special tokens.

Digits stand alone, so that arithmetic sees them; a Han character is never merged with its neighbour, so that the
model meets 显存 in 显存不够 and in 多少显存 as the same two tokens.
"""

import json
import pathlib
from collections.abc import Iterable

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from .files import write_json

VOCAB_SIZE = 4096
HEAD = ('<unk>', '<s>', '</s>')  # ids 0, 1, 2 as in InternLM2
TAIL = ('<|plugin|>', '<|interpreter|>', '<|action_end|>', '<|action_start|>', '<|im_end|>', '<|im_start|>')
UNK, BOS, EOS = range(3)
IM_END, IM_START = VOCAB_SIZE - 2, VOCAB_SIZE - 1

# What stands behind `<|im_start|>` for the roles of the texts: `tools` is the list of them, `tool` a result.
HEADS = {'tools': 'system name=<|plugin|>', 'tool': 'environment name=<|plugin|>'}
CALL_START, CALL_END = '<|action_start|><|plugin|>', '<|action_end|>'
# What stands around a thought, as in Qwen3.  LMDeploy's reasoning parsers want both in the vocabulary.  They take the
# places of the bytes FE and FF, which no UTF-8 text holds: every text keeps the tokens that it had.
THINK_START, THINK_END = '<think>', '</think>'
UNUSED_BYTES = {'þ': THINK_START, 'ÿ': THINK_END}  # as byte-level BPE writes them
# InternLM2's template with tools (helpers/checkpoints/chatml_tools.jinja), and thinking as in Qwen3's: where
# `enable_thinking` is true the answer begins with `<think>`; thoughts before the last question are left out.
TEMPLATE = (pathlib.Path(__file__).parent / 'chat_template.jinja').read_text('utf-8').replace('\n', '')
# A Han character or digit alone; else a word with the space before it, other signs, white space.
PATTERN = r'\p{Han}|\p{N}| ?[^\s\p{L}\p{N}]+| ?(?:(?!\p{Han})\p{L})+|\s+(?!\S)|\s+'


def train_bpe(
    texts: Iterable[str], vocab_size: int, special_tokens: list[str | AddedToken], pattern: str = PATTERN
) -> Tokenizer:
    """Byte pairs within the pieces of `pattern`, at most `vocab_size`; `special_tokens` come first."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior='isolated'),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=special_tokens,
        min_frequency=2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Train on `texts`; the vocabulary always has VOCAB_SIZE tokens (unused places are filled with reserved ones)."""
    tokenizer = train_bpe(texts, VOCAB_SIZE - len(TAIL), list(HEAD))
    missing = VOCAB_SIZE - len(TAIL) - tokenizer.get_vocab_size()
    tail = [f'<|reserved_{index}|>' for index in range(missing)] + list(TAIL)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in tail])
    if tokenizer.token_to_id('<|im_start|>') != IM_START:
        raise RuntimeError(f'<|im_start|> has id {tokenizer.token_to_id("<|im_start|>")}, not {IM_START}')
    return tokenizer


def with_thinking(tokenizer: Tokenizer) -> Tokenizer:
    """`tokenizer` with `<think>` and `</think>` as tokens, in the places of UNUSED_BYTES; as it is where it has them.

    They are no special tokens, as in Qwen3: a decoder that leaves those out would hide the thought's end from whoever
    parses the text.
    """
    if tokenizer.token_to_id(THINK_START) is not None:
        return tokenizer
    written = json.loads(tokenizer.to_str())
    vocabulary = written['model']['vocab']
    written['model']['vocab'] = {UNUSED_BYTES.get(token, token): index for token, index in vocabulary.items()}
    flags = dict.fromkeys(('single_word', 'lstrip', 'rstrip', 'normalized', 'special'), False)
    added = [{'id': vocabulary[byte], 'content': token, **flags} for byte, token in UNUSED_BYTES.items()]
    written['added_tokens'] = sorted([*written['added_tokens'], *added], key=lambda token: token['id'])
    return Tokenizer.from_str(json.dumps(written))


def save_tokenizer(tokenizer: Tokenizer, folder: str | pathlib.Path) -> None:
    """tokenizer.json, tokenizer_config.json, special_tokens_map.json: read by transformers 4.57 and 5."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / 'tokenizer.json'))
    names = {'bos_token': '<s>', 'eos_token': '</s>', 'pad_token': '</s>', 'unk_token': '<unk>'}
    config = {
        'tokenizer_class': 'PreTrainedTokenizerFast',
        **names,
        'additional_special_tokens': list(TAIL),
        'chat_template': TEMPLATE,
        'clean_up_tokenization_spaces': False,
        'model_max_length': 2048,
    }
    for name, content in (
        ('tokenizer_config.json', config),
        ('special_tokens_map.json', {**names, 'additional_special_tokens': list(TAIL)}),
    ):
        write_json(folder / name, content, indent=2)


def load_tokenizer(folder: str | pathlib.Path) -> Tokenizer:
    """The tokenizer of `folder`/tokenizer.json, without transformers: it adds no `<s>` of its own."""
    return Tokenizer.from_file(str(pathlib.Path(folder) / 'tokenizer.json'))


def encode_plain(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    """Token ids of texts in which `<|im_end|>` and the like are words, not the tokens: an answer may speak of them."""
    tokenizer.encode_special_tokens = True
    try:
        return [encoding.ids for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    finally:
        tokenizer.encode_special_tokens = False


def head(role: str) -> str:
    """What the chat template writes behind `<|im_start|>`."""
    return HEADS.get(role, role)


def encode_chat(tokenizer: Tokenizer, messages: list[dict], thinking: bool = False) -> list[int]:
    """Token ids of `messages`, ready for the assistant's next words: the chat template, spelled out.  The template
    puts `<s>` in front, so the tokenizer itself does not.  Roles as in HEADS; a call stands in `content` as written.
    `thinking`: the next words are a thought, as with `enable_thinking`."""
    text = ''.join(f'<|im_start|>{head(m["role"])}\n{m["content"]}<|im_end|>\n' for m in messages)
    begin = f'{THINK_START}\n' if thinking else ''
    return tokenizer.encode(f'<s>{text}<|im_start|>assistant\n{begin}').ids
