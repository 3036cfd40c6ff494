"""The tokenizer files of a checkpoint, readable by transformers without remote code.

InternLM2 ships a SentencePiece `tokenizer.model` and a Python class to read it.  transformers 5.23 can read such a
folder without that class, but leaves out SentencePiece's dummy prefix and takes the vocabulary apart again at every
start.  So the same tokenizer is written once as a `tokenizer.json`, which every version reads in the same way.
"""

import json
import re
from collections.abc import Container
from pathlib import Path

from helpers.files import is_lfs_pointer, read_json


def _template(name: str) -> str:
    """A template of this folder; where its lines are broken says nothing."""
    return (Path(__file__).parent / name).read_text(encoding='utf-8').replace('\n', '')


# InternLM2's template.  A message's role and content become <|im_start|>role\ncontent<|im_end|>\n; `tools` are dropped.
PLAIN_CHATML_TEMPLATE = _template('chatml.jinja')
# The same, with tools as InternLM2's chat format has them: their list in a system message named <|plugin|> behind the
# system prompt, calls in the assistant's message, results from the environment.
CHATML_TEMPLATE = _template('chatml_tools.jinja')
FOLD_SYSTEM = _template('fold_system.jinja')  # before a template: puts a system turn at the beginning of the user's
# What snapshots of InternLM2 before the end of January 2024 call the chat tokens (LMDeploy issues 1011 and 1047).
EARLY_NAMES = {
    '[UNUSED_TOKEN_141]': '<|plugin|>',
    '[UNUSED_TOKEN_142]': '<|interpreter|>',
    '[UNUSED_TOKEN_143]': '<|action_end|>',
    '[UNUSED_TOKEN_144]': '<|action_start|>',
    '[UNUSED_TOKEN_145]': '<|im_end|>',
    '[UNUSED_TOKEN_146]': '<|im_start|>',
}
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6  # piece types of sentencepiece_model.proto


def chat_template(folder: Path) -> str | None:
    """The chat template of the checkpoint in `folder`, wherever it keeps it; None if it has none."""
    for file in ('chat_template.jinja', 'chat_template.json'):
        if (folder / file).is_file():
            text = (folder / file).read_text(encoding='utf-8')
            return json.loads(text).get('chat_template') if file.endswith('.json') else text
    template = read_json(folder / 'tokenizer_config.json').get('chat_template')
    if isinstance(template, list):  # several named ones
        template = next((entry['template'] for entry in template if entry.get('name') == 'default'), None)
    return template


def drops_tools(template: str, tokens: Container[str]) -> bool:
    """Whether `template` is InternLM2's own, which leaves `tools` out, of a model that has the tokens for them."""

    def bare(text: str) -> str:
        return re.sub(r'\s', '', text).replace('"', "'")

    return {'<|plugin|>', '<|action_start|>'}.issubset(tokens) and bare(template) == bare(PLAIN_CHATML_TEMPLATE)


def refusal(folder: Path, template: str, roles: list[str]) -> str:
    """Why `template` does not write turns of these roles, as far as that can be told without transformers; or ''."""
    from jinja2 import TemplateError, sandbox

    def raise_exception(why: str):  # as transformers does
        raise TemplateError(why)

    named = read_json(folder / 'special_tokens_map.json') | read_json(folder / 'tokenizer_config.json')
    known = {key: _content(value) for key, value in named.items() if key.endswith('_token')}
    known |= {'tools': None, 'documents': None, 'raise_exception': raise_exception, 'add_generation_prompt': False}
    known['messages'] = [{'role': role, 'content': f'sentinel {role}'} for role in roles]
    options = {'trim_blocks': True, 'lstrip_blocks': True, 'extensions': ['jinja2.ext.loopcontrols']}
    try:
        written = sandbox.ImmutableSandboxedEnvironment(**options).from_string(template).render(known)
    except Exception as error:  # of another kind: it may want what transformers adds
        return str(error) if type(error) is TemplateError else ''
    left_out = 'system' in roles and 'sentinel system' not in written and 'sentinel user' in written
    return 'it leaves that out' if left_out else ''


def token_ids(folder: Path) -> dict[str, int]:
    """Token → id of the added tokens, and of the chat tokens under either name.  {} when there is no tokenizer."""
    vocab, ids = {}, {}
    if (folder / 'tokenizer.json').is_file():
        content = read_json(folder / 'tokenizer.json')
        vocab = content['model']['vocab']  # of some kinds a list
        ids = {token['content']: token['id'] for token in content.get('added_tokens', [])}
    elif (folder / 'tokenizer.model').is_file():
        ids = {piece.piece: i for i, piece in enumerate(_read_sentencepiece(folder).pieces) if piece.type != NORMAL}
    else:
        vocab = read_json(folder / 'vocab.json')
    if isinstance(vocab, dict):
        ids = {name: vocab[name] for name in (*EARLY_NAMES, *EARLY_NAMES.values()) if name in vocab} | ids
    ids |= read_json(folder / 'added_tokens.json')
    decoder = read_json(folder / 'tokenizer_config.json').get('added_tokens_decoder', {})
    renamed = {int(i): token['content'] for i, token in decoder.items()}
    ids = {token: i for token, i in ids.items() if i not in renamed}
    return ids | {token: i for i, token in renamed.items()}


def plain_tokenizer_files(folder: Path) -> dict[str, str]:
    """File name → content of tokenizer files that mean what those in `folder` mean and need no remote code.

    Chat tokens get their present names, and a template is added if there is none.  No <s> is put before a text:
    InternLM2's template writes it, and LMDeploy would warn of a second one.  FileNotFoundError without a tokenizer.
    """
    config = read_json(folder / 'tokenizer_config.json')
    tokens = {int(i): token['content'] for i, token in config.get('added_tokens_decoder', {}).items()}
    renamed = {i: EARLY_NAMES.get(token, token) for i, token in tokens.items()}
    if (folder / 'tokenizer.json').is_file():
        backend = _with_present_names(read_json(folder / 'tokenizer.json'))
    elif (folder / 'tokenizer.model').is_file():
        backend = _from_sentencepiece(_read_sentencepiece(folder), renamed)
    else:
        backend = _with_present_names(_as_transformers_reads(folder))
    added = {token['content']: token for token in backend['added_tokens']}

    named = read_json(folder / 'special_tokens_map.json') | config
    plain = {
        key: _content(named[key]) for key in ('bos_token', 'eos_token', 'unk_token', 'pad_token') if named.get(key)
    }
    for key, token in (('bos_token', '<s>'), ('eos_token', '</s>'), ('unk_token', '<unk>')):
        if token in added:
            plain.setdefault(key, token)
    plain |= {
        'tokenizer_class': 'PreTrainedTokenizerFast',
        'clean_up_tokenization_spaces': False,
        'model_max_length': config.get('model_max_length', 10**30),
        'additional_special_tokens': [token for token in EARLY_NAMES.values() if token in added],
        'added_tokens_decoder': {
            str(token['id']): {key: value for key, value in token.items() if key != 'id'} for token in added.values()
        },
    }
    template = chat_template(folder)
    if '<|im_end|>' in added and (template is None or 'UNUSED_TOKEN' in template or drops_tools(template, added)):
        template = CHATML_TEMPLATE
    if template:
        plain['chat_template'] = template
    return {
        'tokenizer.json': json.dumps(backend, ensure_ascii=False),
        'tokenizer_config.json': json.dumps(plain, ensure_ascii=False, indent=2),
    }


def _content(token) -> str:
    return token['content'] if isinstance(token, dict) else token


def _with_present_names(backend: dict) -> dict:
    vocab = backend['model']['vocab']
    if isinstance(vocab, dict):
        backend['model']['vocab'] = {EARLY_NAMES.get(token, token): i for token, i in vocab.items()}
    for token in backend['added_tokens']:
        if token['content'] in EARLY_NAMES:
            token |= {'content': EARLY_NAMES[token['content']], 'special': True}
    return backend


def _as_transformers_reads(folder: Path) -> dict:
    """The content of a `tokenizer.json` for tokenizer files of another kind, such as vocab.json and merges.txt."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        return json.loads(tokenizer.backend_tokenizer.to_str())
    except Exception as error:
        raise ValueError(f'neither tokenizer.json nor tokenizer.model, and transformers: {error}') from error


def _read_sentencepiece(folder: Path):
    from sentencepiece import sentencepiece_model_pb2

    path = folder / 'tokenizer.model'
    if is_lfs_pointer(path):
        raise ValueError('tokenizer.model is a git-lfs pointer, not the file: run `git lfs pull` there')
    model = sentencepiece_model_pb2.ModelProto()
    try:
        model.ParseFromString(path.read_bytes())
    except Exception:
        model.Clear()
    if not model.pieces:
        raise ValueError('tokenizer.model is no SentencePiece model, or is cut short')
    return model


def _from_sentencepiece(model, renamed: dict[int, str]) -> dict:
    """A SentencePiece BPE model as the content of a `tokenizer.json`; `renamed` gives some ids another name."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers
    from tokenizers.models import BPE

    trainer, spec = model.trainer_spec, model.normalizer_spec
    if trainer.model_type != trainer.BPE:
        raise ValueError('tokenizer.model is not a BPE model, the only kind that InternLM2 has')
    names = [renamed.get(i, EARLY_NAMES.get(piece.piece, piece.piece)) for i, piece in enumerate(model.pieces)]
    vocab = {name: i for i, name in enumerate(names)}

    # SentencePiece joins the pair whose union has the best score; a merge list says the same in order of score.
    normal = {piece.piece for piece in model.pieces if piece.type == NORMAL}
    merges = []
    for piece in model.pieces:
        if piece.type == NORMAL:
            pairs = [(piece.piece[:i], piece.piece[i:]) for i in range(1, len(piece.piece))]
            pairs = [pair for pair in pairs if pair[0] in normal and pair[1] in normal]
            merges += [(piece.score, pair) for pair in sorted(pairs, key=lambda p: (vocab[p[0]], vocab[p[1]]))]
    merges = [pair for _, pair in sorted(merges, key=lambda merge: -merge[0])]

    has_bytes = any(piece.type == BYTE for piece in model.pieces)
    tokenizer = Tokenizer(BPE(vocab, merges, unk_token=names[trainer.unk_id], fuse_unk=True, byte_fallback=has_bytes))
    steps = []
    if spec.precompiled_charsmap:
        steps.append(normalizers.Precompiled(spec.precompiled_charsmap))
    if spec.remove_extra_whitespaces:
        steps += [normalizers.Strip(), normalizers.Replace(Regex(' {2,}'), ' ')]
    if spec.add_dummy_prefix:
        steps.append(normalizers.Prepend('▁'))
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Replace(' ', '▁')])
    strip = [decoders.Strip(' ', 1, 0)] if spec.add_dummy_prefix else []
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace('▁', ' '), decoders.ByteFallback(), decoders.Fuse(), *strip],
    )
    for i, piece in enumerate(model.pieces):
        if piece.type in (UNKNOWN, CONTROL) or i in renamed or piece.piece in EARLY_NAMES:
            tokenizer.add_special_tokens([AddedToken(names[i], normalized=False)])
        elif piece.type == USER_DEFINED:
            tokenizer.add_tokens([AddedToken(names[i], normalized=False)])
    for i in sorted(renamed):
        if i >= len(names):
            tokenizer.add_special_tokens([AddedToken(renamed[i], normalized=False)])
    return json.loads(tokenizer.to_str())
