"""The tokenizer: byte-level BPE of 4096 tokens, trained on the texts, with InternLM2's special tokens.

Digits stand alone, so that arithmetic sees them; a Han character is never merged with its neighbour, so that the
model meets 显存 in 显存不够 and in 多少显存 as the same two tokens.
"""

import pathlib
from collections.abc import Iterable

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from helpers.checkpoints.tokenizer_files import CHATML_TEMPLATE

from .files import write_json

VOCAB_SIZE = 4096
HEAD = ('<unk>', '<s>', '</s>')  # ids 0, 1, 2 as in InternLM2
TAIL = ('<|plugin|>', '<|interpreter|>', '<|action_end|>', '<|action_start|>', '<|im_end|>', '<|im_start|>')
UNK, BOS, EOS = range(3)
IM_END, IM_START = VOCAB_SIZE - 2, VOCAB_SIZE - 1

# What stands behind `<|im_start|>` for the roles of the texts: `tools` is the list of them, `tool` a result.
HEADS = {'tools': 'system name=<|plugin|>', 'tool': 'environment name=<|plugin|>'}
CALL_START, CALL_END = '<|action_start|><|plugin|>', '<|action_end|>'
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
        'chat_template': CHATML_TEMPLATE,
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


def encode_chat(tokenizer: Tokenizer, messages: list[dict]) -> list[int]:
    """Token ids of `messages`, ready for the assistant's next words: the chat template, spelled out.  The template
    puts `<s>` in front, so the tokenizer itself does not.  Roles as in HEADS; a call stands in `content` as written."""
    text = ''.join(f'<|im_start|>{head(m["role"])}\n{m["content"]}<|im_end|>\n' for m in messages)
    return tokenizer.encode(f'<s>{text}<|im_start|>assistant\n').ids
