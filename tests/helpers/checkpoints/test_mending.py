import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from checkpoint_support import edit_json, files_of, train_sentencepiece, write_checkpoint, write_tokenizer
from lmdeploy.model import get_chat_template
from lmdeploy.tokenizer import Tokenizer
from lmdeploy.utils import get_hf_gen_cfg
from transformers import AutoTokenizer

from helpers.checkpoints import mending
from helpers.checkpoints.mending import CheckpointError, inspect_checkpoint, mended
from helpers.checkpoints.tokenizer_files import CHATML_TEMPLATE, PLAIN_CHATML_TEMPLATE
from lessons.llama import internlm2_to_llama

LFS_POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:' + 64 * '0' + '\nsize 3778220032\n'


TOOLS = [{'name': 'add', 'description': '两数 <相加>', 'parameters': {'type': 'object', 'properties': {'a': {}}}}]


@pytest.fixture
def packed(tmp_path, sentencepiece_model):
    """A folder as the share has it; only its tokenizer needs mending."""
    return write_checkpoint(tmp_path / 'share' / 'internlm2-chat-1_8b', sentencepiece_model, shards=3)


@pytest.fixture
def plain(tmp_path, packed):
    """A folder with nothing wrong: tokenizer.json, as other models and newer snapshots have it."""
    return internlm2_to_llama(packed, tmp_path / 'plain')


def lack_template(folder):
    edit_json(folder / 'tokenizer_config.json', chat_template=None)


def drop_tools(folder):
    edit_json(folder / 'tokenizer_config.json', chat_template=PLAIN_CHATML_TEMPLATE.replace(' + ', '+'))


def lack_stop_id(folder):
    edit_json(folder / 'generation_config.json', eos_token_id=2)


def lack_generation_config(folder):
    (folder / 'generation_config.json').unlink()


def early_names(folder):
    write_tokenizer(folder, folder / 'tokenizer.model', early=True)


def early_names_and_template(folder):
    early_names(folder)
    message = "[UNUSED_TOKEN_146]{{ m['role'] + '\\n' + m['content'] }}[UNUSED_TOKEN_145]\n"
    template = '{% for m in messages %}' + message + '{% endfor %}'
    edit_json(folder / 'tokenizer_config.json', chat_template=template)


def early_names_in_json(folder):
    for file in ('tokenizer.json', 'tokenizer_config.json'):
        text = (folder / file).read_text(encoding='utf-8')
        text = text.replace('<|im_end|>', '[UNUSED_TOKEN_145]').replace('<|im_start|>', '[UNUSED_TOKEN_146]')
        (folder / file).write_text(text, encoding='utf-8')


def remote_code(folder):
    edit_json(folder / 'tokenizer_config.json', auto_map={'AutoTokenizer': ['x.X', None]})


def names(folder):
    return {problem.name for problem in inspect_checkpoint(folder).problems}


@pytest.mark.parametrize(
    ('start', 'damage', 'found'),
    [
        ('packed', None, {'tokenizer', 'chat template'}),
        ('packed', lack_template, {'tokenizer', 'chat template'}),
        ('packed', lack_stop_id, {'tokenizer', 'chat template', 'stop ids'}),
        ('packed', lack_generation_config, {'tokenizer', 'chat template', 'stop ids'}),
        ('packed', early_names, {'tokenizer', 'chat template', 'chat tokens'}),
        ('packed', early_names_and_template, {'tokenizer', 'chat template', 'chat tokens'}),
        ('plain', lack_template, {'chat template'}),
        ('plain', drop_tools, {'chat template'}),
        ('plain', lack_stop_id, {'stop ids'}),
        ('plain', lack_generation_config, {'stop ids'}),
        ('plain', early_names_in_json, {'chat template', 'chat tokens'}),
        ('plain', remote_code, {'tokenizer'}),
    ],
)
def test_what_is_lacking_is_found_and_mended(request, start, damage, found):
    folder = request.getfixturevalue(start)
    if damage:
        damage(folder)
    before = files_of(folder)
    assert names(folder) == found
    overlay = mended(folder)
    assert overlay != folder
    assert overlay.name == folder.name
    assert files_of(folder) == before  # not a byte is written into the share
    assert inspect_checkpoint(overlay).ok
    assert mended(overlay) == overlay
    for shard in folder.glob('*.safetensors*'):
        assert (overlay / shard.name).is_symlink()
        assert os.path.samefile(overlay / shard.name, shard)
    assert not list(overlay.glob('*.py'))

    tokenizer = AutoTokenizer.from_pretrained(overlay, trust_remote_code=False)
    assert tokenizer.convert_tokens_to_ids(['<|im_start|>', '<|im_end|>', '<s>']) == [899, 898, 1]
    assert set(get_hf_gen_cfg(str(overlay))['eos_token_id']) == {2, 898}
    template = get_chat_template(str(overlay))
    prompt = template.messages2prompt([{'role': 'user', 'content': '你好'}])
    assert prompt == '<s><|im_start|>user\n你好<|im_end|>\n<|im_start|>assistant\n'
    ids = Tokenizer(str(overlay)).encode(prompt, add_bos=True)
    assert ids[:2] == [1, 899]
    assert ids.count(898) == 1
    assert '"name": "add"' in template.messages2prompt([{'role': 'user', 'content': 'hi'}], tools=TOOLS)


def test_what_is_right_stays_as_it_is(plain):
    assert inspect_checkpoint(plain).ok
    assert mended(plain) == plain
    (plain / 'chat_template.jinja').write_text(
        json.loads((plain / 'tokenizer_config.json').read_text())['chat_template']
    )
    lack_template(plain)
    assert mended(plain) == plain


@pytest.mark.parametrize('asked', [True, False])
@pytest.mark.parametrize('system', [True, False])
def test_without_tools_the_template_is_internlm2s_to_the_letter(plain, asked, system):
    tokenizer = AutoTokenizer.from_pretrained(plain, trust_remote_code=False)
    messages = [
        *[{'role': 'system', 'content': ' Be "brief" & <polite>.\n'}] * system,
        {'role': 'user', 'content': '你好 {{ tools }}'},
        {'role': 'assistant', 'content': ''},
        {'role': 'user', 'content': 'x', 'name': 'me'},
    ]

    def prompt(template, **kwargs):
        return tokenizer.apply_chat_template(
            messages, chat_template=template, tokenize=False, add_generation_prompt=asked, **kwargs
        )

    assert tokenizer.chat_template == CHATML_TEMPLATE
    wanted = prompt(PLAIN_CHATML_TEMPLATE)
    assert prompt(CHATML_TEMPLATE) == prompt(CHATML_TEMPLATE, tools=[]) == wanted
    assert prompt(CHATML_TEMPLATE, tools=TOOLS) != prompt(PLAIN_CHATML_TEMPLATE, tools=TOOLS) == wanted


def test_tools_calls_and_results_are_written_as_internlm2_does(packed):
    template = get_chat_template(str(mended(packed)))
    given = {'a': 17, 'b': 24}
    calls = [
        {'id': '1', 'type': 'function', 'function': {'name': 'mul', 'arguments': given}},
        {'id': '2', 'type': 'function', 'function': {'name': 'mul', 'arguments': json.dumps(given)}},
    ]
    messages = [
        {'role': 'system', 'content': 'Be brief.'},
        {'role': 'user', 'content': '17 × 24?'},
        {'role': 'assistant', 'content': '', 'tool_calls': calls},
        {'role': 'tool', 'tool_call_id': '1', 'content': '408'},
    ]
    tools = [*TOOLS, {'type': 'function', 'function': {'name': 'mul', 'description': None, 'parameters': None}}]
    call = '<|action_start|><|plugin|>\n{"name": "mul", "parameters": {"a": 17, "b": 24}}<|action_end|>'
    assert template.messages2prompt(messages, tools=tools) == (
        '<s><|im_start|>system\nBe brief.<|im_end|>\n'
        '<|im_start|>system name=<|plugin|>\n[{"name": "add", "description": "两数 <相加>", "parameters": '
        '{"type": "object", "properties": {"a": {}}}}, {"name": "mul"}]<|im_end|>\n'
        '<|im_start|>user\n17 × 24?<|im_end|>\n'
        f'<|im_start|>assistant\n{call}\n{call}<|im_end|>\n'
        '<|im_start|>environment name=<|plugin|>\n408<|im_end|>\n<|im_start|>assistant\n'
    )
    listed_first = template.messages2prompt(messages[1:2], tools=tools[1:])
    assert listed_first.startswith(
        '<s><|im_start|>system name=<|plugin|>\n[{"name": "mul"}]<|im_end|>\n<|im_start|>user'
    )


def test_a_template_of_its_own_is_kept(packed):
    own = "{% for m in messages %}<|im_start|>{{ m['role'] }}: {{ m['content'] }}<|im_end|>{% endfor %}"
    edit_json(packed / 'tokenizer_config.json', chat_template=own)
    assert json.loads((mended(packed) / 'tokenizer_config.json').read_text())['chat_template'] == own


def test_a_model_without_chat_tokens_is_reported_and_left(plain):
    for file in ('tokenizer.json', 'tokenizer_config.json'):
        text = (plain / file).read_text(encoding='utf-8').replace('<|im_', '<|other_')
        (plain / file).write_text(text, encoding='utf-8')
    lack_template(plain)
    report = inspect_checkpoint(plain)
    assert [(p.name, p.mendable, p.fatal) for p in report.problems] == [('chat template', False, False)]
    assert report.loadable
    assert mended(plain) == plain


# ------------------------------------------------------------------------------------------------------- broken off


def cut(folder):
    shard = folder / 'model-00002-of-00003.safetensors'
    shard.write_bytes(shard.read_bytes()[:-1])


def cut_to_nothing(folder):
    (folder / 'model-00002-of-00003.safetensors').write_bytes(b'')


def cut_in_header(folder):
    shard = folder / 'model-00002-of-00003.safetensors'
    shard.write_bytes(shard.read_bytes()[:100])


def missing(folder):
    (folder / 'model-00002-of-00003.safetensors').unlink()


def missing_without_index(folder):
    missing(folder)
    (folder / 'model.safetensors.index.json').unlink()


def dangling(folder):
    missing(folder)
    (folder / 'model-00002-of-00003.safetensors').symlink_to('../blobs/none')


def unfetched(folder):
    (folder / 'model-00002-of-00003.safetensors').write_text(LFS_POINTER)


def unfetched_index(folder):
    (folder / 'model.safetensors.index.json').write_text(LFS_POINTER)


def swapped(folder):
    shutil.copy(folder / 'model-00001-of-00003.safetensors', folder / 'model-00002-of-00003.safetensors')


def torch_bin(folder):
    for file in folder.glob('*.safetensors*'):
        file.unlink()
    (folder / 'pytorch_model.bin').write_bytes(b'PK')


def no_weights(folder):
    torch_bin(folder)
    (folder / 'pytorch_model.bin').unlink()


def unfetched_tokenizer(folder):
    (folder / 'tokenizer.model').write_text(LFS_POINTER)


def cut_tokenizer(folder):
    model = folder / 'tokenizer.model'
    model.write_bytes(model.read_bytes()[:-3])


def no_tokenizer(folder):
    (folder / 'tokenizer.model').unlink()


def no_config(folder):
    (folder / 'config.json').unlink()


def cut_config(folder):
    (folder / 'config.json').write_text('{"architectures": ')


def config_list(folder):
    (folder / 'config.json').write_text('[1, 2]')


def tokenizer_config_list(folder):
    (folder / 'tokenizer_config.json').write_text('[1, 2]')


@pytest.mark.parametrize(
    ('damage', 'said'),
    [
        (cut, r'model-00002-of-00003.safetensors is cut short: \d+ of \d+ bytes'),
        (cut_to_nothing, 'model-00002-of-00003.safetensors .*cut short'),
        (cut_in_header, 'model-00002-of-00003.safetensors is cut short'),
        (missing, 'missing 1 of 3 weight files: model-00002-of-00003.safetensors'),
        (missing_without_index, 'missing 1 of 3 weight files: model-00002-of-00003.safetensors'),
        (dangling, 'missing 1 of 3 weight files: model-00002-of-00003.safetensors'),
        (unfetched, 'model-00002-of-00003.safetensors is a git-lfs pointer of 13. bytes.*git lfs pull'),
        (unfetched_index, 'index.json is a git-lfs pointer.*git lfs pull'),
        (swapped, 'tensors that model.safetensors.index.json names are in no file'),
        (torch_bin, r'PyTorch .bin files.*\*.safetensors.*convert'),
        (no_weights, 'weights are missing'),
        (unfetched_tokenizer, 'tokenizer.model is a git-lfs pointer'),
        (cut_tokenizer, 'tokenizer.model is no SentencePiece model, or is cut short'),
        (no_tokenizer, 'neither tokenizer.json nor tokenizer.model'),
        (no_config, 'no config.json'),
        (cut_config, 'config.json is not JSON'),
        (config_list, 'config.json holds a list, not a JSON object'),
        (tokenizer_config_list, 'tokenizer_config.json holds a list, not a JSON object'),
    ],
)
def test_half_a_checkpoint_is_named_not_loaded(packed, damage, said):
    damage(packed)
    with pytest.raises(CheckpointError, match=said):
        mended(packed)
    assert not inspect_checkpoint(packed).loadable
    assert not list(packed.parent.glob('.*'))


# ---------------------------------------------------------------------------------------------------------- overlays


def overlays():
    return sorted(path.name for path in (mending.cache_folder() / 'overlays').iterdir())


@pytest.fixture
def _empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))


@pytest.mark.usefixtures('_empty_cache')
def test_an_overlay_is_made_once_and_again_when_the_source_changes(packed, monkeypatch):
    first = mended(packed)
    with monkeypatch.context() as patch:
        patch.setattr(mending, '_write_overlay', lambda *_: pytest.fail('made again'))
        assert mended(packed) == first
    edit_json(packed / 'generation_config.json', temperature=0.5)
    second = mended(packed)
    assert second != first
    assert json.loads((second / 'generation_config.json').read_text())['temperature'] == 0.5
    assert overlays() == [second.parent.name]


def test_a_link_to_the_share_gets_an_overlay_of_its_name(packed):
    link = packed.parent / 'link'
    link.symlink_to(packed)
    assert mended(packed).name == packed.name
    assert mended(link).name == 'link'
    assert inspect_checkpoint(mended(link)).ok


def test_a_tokenizer_of_another_kind_is_refused_by_name(packed):
    train_sentencepiece(packed / 'tokenizer.model', model_type='unigram')
    with pytest.raises(CheckpointError, match=r'cannot be mended: tokenizer\.model is not a BPE model'):
        mended(packed)


@pytest.mark.usefixtures('_empty_cache')
def test_an_overlay_that_fails_leaves_nothing(packed, monkeypatch):
    def fails(source, overlay):
        overlay.mkdir()
        (overlay / 'config.json').touch()
        raise OSError('disk full')

    with monkeypatch.context() as patch:
        patch.setattr(mending, '_write_overlay', fails)
        with pytest.raises(OSError, match='disk full'):
            mended(packed)
    assert overlays() == []
    assert inspect_checkpoint(mended(packed)).ok


@pytest.mark.usefixtures('_empty_cache')
def test_many_processes_may_mend_at_once(packed, tmp_path):
    code = f'from helpers.checkpoints.mending import *; p = mended({str(packed)!r}); print(p, inspect_checkpoint(p).ok)'
    processes = [subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = {process.communicate()[0] for process in processes}
    assert said == {f'{mended(packed)} True\n'}
    assert len(overlays()) == 1


@pytest.mark.usefixtures('_empty_cache')
def test_a_race_that_another_process_won_is_no_error(packed, monkeypatch):
    write_overlay = mending._write_overlay

    def overtaken(source, overlay):
        monkeypatch.setattr(mending, '_write_overlay', write_overlay)
        mended(packed)
        write_overlay(source, overlay)

    monkeypatch.setattr(mending, '_write_overlay', overtaken)
    assert inspect_checkpoint(mended(packed)).ok
    assert len(overlays()) == 1


def test_a_read_only_share_is_enough(packed, monkeypatch, tmp_path):
    for path in (*packed.iterdir(), packed, packed.parent):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert inspect_checkpoint(mended(packed)).ok
    finally:
        packed.chmod(0o755)
        packed.parent.chmod(0o755)
    monkeypatch.setenv('XDG_CACHE_HOME', '/proc/nowhere')
    with pytest.raises(OSError, match='set XDG_CACHE_HOME'):
        mended(packed)


# --------------------------------------------------------------------------------- tokenizers and templates of others


QWEN_TOKENS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>']
QWEN_TEMPLATE = (
    "{% for m in messages %}{{'<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{'<|im_start|>assistant\n'}}{% endif %}"
)


@pytest.fixture
def slow(tmp_path):
    """Qwen2 as its slow tokenizer saves it: vocab.json and merges.txt; its end of a turn is a stop id."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import Qwen2Config, Qwen2ForCausalLM

    folder = tmp_path / '合并 后'
    folder.mkdir()
    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(['How are you? 你好，我是一个小助手。'] * 50, vocab_size=400)
    tokenizer.save_model(str(folder))
    first = tokenizer.get_vocab_size()
    flags = dict.fromkeys(('lstrip', 'rstrip', 'normalized', 'single_word'), False) | {'special': True}
    config = {
        'tokenizer_class': 'Qwen2Tokenizer', 'eos_token': '<|endoftext|>', 'pad_token': '<|endoftext|>',
        'unk_token': None, 'chat_template': QWEN_TEMPLATE,
        'added_tokens_decoder': {str(first + i): {'content': name, **flags} for i, name in enumerate(QWEN_TOKENS)},
    }  # fmt: skip
    (folder / 'tokenizer_config.json').write_text(json.dumps(config))
    shape = {'hidden_size': 64, 'intermediate_size': 128, 'num_hidden_layers': 2, 'num_attention_heads': 2}
    model = Qwen2Config(vocab_size=first + 8, num_key_value_heads=1, tie_word_embeddings=True, **shape)
    Qwen2ForCausalLM(model).save_pretrained(folder)
    edit_json(folder / 'generation_config.json', eos_token_id=[first, first + 2])
    return folder


def lack_im_end(folder):
    first = json.loads((folder / 'generation_config.json').read_text())['eos_token_id'][0]
    edit_json(folder / 'generation_config.json', eos_token_id=first)


def tokens_in_their_own_file(folder):
    decoder = json.loads((folder / 'tokenizer_config.json').read_text())['added_tokens_decoder']
    (folder / 'added_tokens.json').write_text(json.dumps({token['content']: int(i) for i, token in decoder.items()}))
    edit_json(folder / 'tokenizer_config.json', added_tokens_decoder=None)
    lack_im_end(folder)


@pytest.mark.parametrize(
    ('damage', 'found'),
    [
        (None, set()),
        (lack_im_end, {'stop ids'}),
        (tokens_in_their_own_file, {'stop ids'}),
        (lack_template, {'chat template'}),
        (remote_code, {'tokenizer'}),
        (lambda folder: (lack_template(folder), lack_im_end(folder)), {'chat template', 'stop ids'}),
    ],
)
def test_a_tokenizer_of_vocab_and_merges_is_as_good(slow, damage, found):
    text = 'How are you? 你好<|im_end|>\n'
    ids = AutoTokenizer.from_pretrained(slow, trust_remote_code=False)(text)['input_ids']
    if damage:
        damage(slow)
    assert names(slow) == found
    there = mended(slow)
    assert (there == slow) == (not found)
    assert inspect_checkpoint(there).ok, inspect_checkpoint(there)
    assert AutoTokenizer.from_pretrained(there, trust_remote_code=False)(text)['input_ids'] == ids
    assert ids[-2] in get_hf_gen_cfg(str(there))['eos_token_id']
    prompt = get_chat_template(str(there)).messages2prompt([{'role': 'user', 'content': 'Hi'}])
    assert prompt.endswith('<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n')


def test_vocab_without_merges_is_half_a_tokenizer(slow):
    (slow / 'merges.txt').unlink()
    with pytest.raises(CheckpointError, match=r'vocab\.json without merges\.txt'):
        mended(slow)


@pytest.mark.parametrize('file', ['qwen.tiktoken', 'spiece.model', 'vocab.txt', 'tekken.json'])
def test_a_tokenizer_that_the_course_does_not_know_is_not_refused(plain, file):
    (plain / 'tokenizer.json').rename(plain / file)
    assert inspect_checkpoint(plain).ok, inspect_checkpoint(plain)


TURNS = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"


@pytest.mark.parametrize(
    ('template', 'found', 'said'),
    [
        (TURNS, set(), ''),
        (
            "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
            + TURNS,
            {'system turn'},
            r'takes no system turn \(System role not supported\): .*first user turn',
        ),
        (
            "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
            "{{ raise_exception('Conversation roles must alternate user/assistant') }}{% endif %}{% endfor %}" + TURNS,
            {'system turn'},
            'must alternate',
        ),
        (TURNS.replace('messages %}', "messages if m['role'] != 'system' %}"), {'system turn'}, 'leaves that out'),
        (
            "{% if messages[0]['role'] != 'system' %}{{ raise_exception('needs a system turn') }}{% endif %}" + TURNS,
            {'chat template'},
            r'fails \(needs a system turn\): LMDeploy would send the bare prompt',
        ),
        ("{% for m in messages %}{{ m['content'][0]['text'] }}<|im_end|>{% endfor %}", set(), ''),
        ('{% generation %}' + TURNS + '{% endgeneration %}', set(), ''),
        ("{{ strftime_now('%d') }}{{ bos_token }}{% for m in messages %}{% continue %}{% endfor %}im_end", set(), ''),
    ],
)
def test_a_template_that_takes_no_system_turn_is_said_and_loaded(plain, template, found, said):
    edit_json(plain / 'tokenizer_config.json', chat_template=template)
    report = inspect_checkpoint(plain)
    assert {problem.name for problem in report.problems} == found, report
    assert re.search(said, str(report))
    assert report.loadable
    there = mended(plain)
    assert (there == plain) == (found != {'system turn'})
    if found == {'system turn'}:
        assert inspect_checkpoint(there).ok, inspect_checkpoint(there)
        before, after = (get_chat_template(str(folder)).messages2prompt for folder in (plain, there))
        said, asked, answered = (
            {'role': role, 'content': f'{role} {{{{ 1 }}}}'} for role in ('system', 'user', 'assistant')
        )
        assert before([asked]) == after([asked])
        assert before([asked, answered, asked]) == after([asked, answered, asked])
        both = {'role': 'user', 'content': f'{said["content"]}\n\n{asked["content"]}'}
        assert after([said, asked]) == before([both])
        assert after([said, asked, answered, asked]) == before([both, answered, asked])
    if found == {'chat template'}:  # as LMDeploy has it
        assert get_chat_template(str(plain)).messages2prompt([{'role': 'user', 'content': 'Hi'}]) == 'Hi'
