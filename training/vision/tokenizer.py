"""The tokenizer: byte-level BPE, trained on the talk about the pictures, with the tokens that InternVL's chat needs.

The Chinese words for things and colours (with their 的) are pieces of their own, one token each as in English: after
'orange' the next token is the thing that is orange, and so it is after 橙色的.  Sign by sign, the model of this size
found what is orange in English questions and guessed in Chinese ones.
"""

import pathlib
from collections.abc import Iterable

from tokenizers import AddedToken, Tokenizer

from helpers.files import write_whole
from training.files import write_json
from training.tokenizer import PATTERN, train_bpe

from .words import COLOURS, GROUPS, NOUNS

VOCAB_SIZE = 1024
WORDS = [noun.zh for noun in (*NOUNS.values(), *GROUPS.values())]
WORDS += [*COLOURS.values(), *(f'{zh}的' for zh in COLOURS.values())]
SPECIAL = ('<|endoftext|>', '<|im_start|>', '<|im_end|>', '<img>', '</img>', '<IMG_CONTEXT>', '<video>')
END_OF_TEXT, IM_START, IM_END, IMG, END_IMG, IMAGE, VIDEO = range(len(SPECIAL))
NAMES = {'eos_token': '<|im_end|>', 'pad_token': '<|endoftext|>'}
# what transformers' InternVLProcessor asks of the tokenizer
IMAGE_NAMES = {
    'start_image_token': '<img>',
    'end_image_token': '</img>',
    'context_image_token': '<IMG_CONTEXT>',
    'video_token': '<video>',
}
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] in ('image', 'image_url') %}{{ '<IMG_CONTEXT>\\n' }}"
    "{% elif part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}{{ '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Of VOCAB_SIZE tokens (unused places are filled with reserved ones); SPECIAL come first."""
    special = [AddedToken(token, special=True, normalized=False) for token in SPECIAL]
    pattern = '|'.join([*sorted(WORDS, key=len, reverse=True), PATTERN])
    tokenizer = train_bpe(texts, VOCAB_SIZE, special, pattern)
    reserved = [f'<|reserved_{index}|>' for index in range(VOCAB_SIZE - tokenizer.get_vocab_size())]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in reserved])
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: pathlib.Path) -> None:
    """tokenizer.json, tokenizer_config.json, special_tokens_map.json, chat_template.jinja."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / 'tokenizer.json'))
    config = {
        'tokenizer_class': 'PreTrainedTokenizerFast',
        **NAMES,
        **IMAGE_NAMES,
        'extra_special_tokens': IMAGE_NAMES,
        'chat_template': CHAT_TEMPLATE,
        'clean_up_tokenization_spaces': False,
        'model_max_length': 2048,
        'processor_class': 'InternVLProcessor',
    }
    write_json(folder / 'tokenizer_config.json', config, indent=2)
    write_json(folder / 'special_tokens_map.json', NAMES, indent=2)
    write_whole(folder / 'chat_template.jinja', CHAT_TEMPLATE.encode())


def load_tokenizer(folder: pathlib.Path) -> Tokenizer:
    """The tokenizer of `folder`/tokenizer.json, without transformers."""
    return Tokenizer.from_file(str(folder / 'tokenizer.json'))
