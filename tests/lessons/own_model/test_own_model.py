"""Chapter 8's code: the data, a short training, the merged folder, and folders with a fault."""

import json
import math
import shutil
from statistics import mean

import pytest
import torch
import transformers
from lmdeploy import GenerationConfig, pipeline
from lmdeploy.archs import get_model_arch
from lmdeploy.pytorch.models.llama import LlamaForCausalLM
from lmdeploy.pytorch.models.module_map import MODULE_MAP
from lmdeploy.pytorch.models.patch import _get_model_class
from peft import PeftModel
from safetensors.torch import load_file, save_file

from helpers import engine_config, release
from helpers.checkpoints.mending import CheckpointError, inspect_checkpoint
from helpers.models import EMBEDDED
from lessons.llama import llama_folder
from lessons.own_model import (
    DEFECTS,
    MORE_DEFECTS,
    Lora,
    held_out,
    merge,
    near_questions,
    ordinary_questions,
    other_answers,
    own_answers,
    pair,
    perplexity,
    said_of,
    self_cognition,
    share_saying,
    spoil,
    train,
    write_conversations,
)
from lessons.own_model.training import IGNORED, backward, batch, example, load
from lessons.text_files import read_text_file
from lessons.texts import load_tokenizer

SHORT = Lora(rank=4, epochs=6, batch_size=8, learning_rate=5e-3)


@pytest.fixture(scope='module')
def base():
    return llama_folder(EMBEDDED / 'tiny-chat')


@pytest.fixture(scope='module')
def data():
    return [c for c in self_cognition('Mei') if c[0]['content'] in ('Who are you?', 'who are you', '你是谁？')]


@pytest.fixture(scope='module')
def trained(base, data, tmp_path_factory):
    return train(base, data, tmp_path_factory.mktemp('own') / 'mei', SHORT)


@pytest.fixture(scope='module')
def merged(base, trained, tmp_path_factory):
    return merge(base, trained.adapter, tmp_path_factory.mktemp('own') / 'merged')


def replies(model, base, questions, tokens=16) -> list[list[int]]:
    """Greedy tokens of each question, one after the other."""
    tokenizer, found = load_tokenizer(base), []
    for ask in questions:
        ids, _ = example(tokenizer, pair(ask, ''))
        asked = torch.tensor([ids[:-1]])  # without the mark that ends the empty answer
        found.append(model.generate(asked, max_new_tokens=tokens, do_sample=False)[0, asked.shape[1] :].tolist())
    return found


# --- data ---


def test_the_data_has_the_name_in_every_answer_and_two_languages():
    new = self_cognition(' 小美 ')
    assert all('小美' in answer['content'] and '{' not in answer['content'] for _, answer in new)
    chinese, english = self_cognition('Mei', 'zh'), self_cognition('Mei', 'en')
    assert min(len(chinese), len(english)) >= 25
    assert len(new) == len(chinese) + len(english)
    assert 50 <= len(new) + len(ordinary_questions()) <= 200
    asks = [c[0]['content'] for c in new] + ordinary_questions()
    assert len(asks) == len(set(asks))


def test_the_examination_is_on_questions_that_no_training_sees():
    def plain(text):
        return ''.join(filter(str.isalnum, text)).lower()

    exam = held_out()
    assert len(exam) == len(set(exam)) == 40
    assert sum(not text.isascii() for text in exam) == 20
    trained_on = {plain(c[0]['content']) for c in self_cognition('Mei')} | set(map(plain, ordinary_questions()))
    assert not {plain(text) for text in exam} & trained_on
    near = near_questions()
    assert len(near) == len(set(near)) == 24
    assert not {plain(text) for text in near} & (trained_on | set(map(plain, exam)))


@pytest.mark.parametrize('name', ['', '  ', 'two\nlines', 'x' * 21])
def test_a_name_that_cannot_be_one_is_refused(name):
    with pytest.raises(ValueError, match='1 to 20 characters'):
        self_cognition(name)


def test_the_file_is_read_back_by_the_courses_reader(tmp_path):
    new = self_cognition('Ma "x" 李')
    found = read_text_file(write_conversations(tmp_path / 'data.jsonl', new))
    assert found.whole() == new
    assert found.fields == ('messages',)


# --- training ---


def test_the_loss_is_on_the_answer_and_on_the_mark_that_ends_it(base):
    tokenizer = load_tokenizer(base)
    ids, question = example(tokenizer, pair('Who are you?', 'I am Mei.'))
    assert tokenizer.decode(ids[question:]) == 'I am Mei.<|im_end|>'
    asked = [{'role': 'user', 'content': 'Who are you?'}]
    assert tokenizer.decode(ids[:question]) == tokenizer.apply_chat_template(
        asked, tokenize=False, add_generation_prompt=True
    )
    both = batch([(ids, question), (ids[:-2], question)], 0, 'cpu')
    assert both['input_ids'].shape == both['labels'].shape == (2, len(ids))
    assert both['labels'][0].tolist() == [IGNORED] * question + ids[question:]
    assert both['labels'][1, -2:].tolist() == [IGNORED] * 2
    assert both['attention_mask'].sum(1).tolist() == [len(ids), len(ids) - 2]


def test_a_conversation_without_an_answer_is_refused(base, tmp_path):
    with pytest.raises(ValueError, match='ends with an answer'):
        train(base, [[{'role': 'user', 'content': 'hello'}]], tmp_path / 'a')
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('wrong', [{'rank': 0}, {'epochs': 0}, {'learning_rate': 0}, {'learning_rate': 1.0}])
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match='at least 1'):
        Lora(**wrong)


def test_a_few_steps_lower_the_loss_and_the_model_says_its_name(base, data, trained):
    assert len(trained.losses) == SHORT.epochs
    assert trained.losses[-1] < trained.losses[0] / 2
    model = PeftModel.from_pretrained(load(base), trained.adapter).eval()
    said = [load_tokenizer(base).decode(ids) for ids in replies(model, base, [c[0]['content'] for c in data])]
    assert share_saying(said, 'Mei') == 1
    assert share_saying([c[1]['content'] for c in own_answers(base, ['Who are you?'])], 'Mei') == 0


def test_the_same_seed_gives_the_same_losses_and_another_one_others(base, data, trained, tmp_path):
    two = Lora(rank=4, epochs=2, batch_size=8, learning_rate=5e-3)
    losses = [train(base, data, tmp_path / f'{seed}{n}', Lora(**vars(two) | {'seed': seed})).losses
              for n, seed in enumerate((0, 0, 1))]  # fmt: skip
    assert losses[0] == losses[1] != losses[2]


def test_a_batch_whose_logits_are_too_large_is_taken_in_parts_with_the_same_gradient(base, data):
    tokenizer, model = load_tokenizer(base), load(base)
    examples = [example(tokenizer, c) for c in [*data, [*data[0][:1], {'role': 'assistant', 'content': 'Mei. ' * 20}]]]
    embeddings = model.get_input_embeddings().weight

    def gradient(**limit):
        model.zero_grad()
        loss = backward(model, examples, tokenizer.pad_token_id, **limit)
        return loss, embeddings.grad.clone()

    rows = []
    model.register_forward_pre_hook(lambda _, args, call: rows.append(len(call['input_ids'])), with_kwargs=True)
    (whole, expected), (parts, found) = gradient(), gradient(logits_bytes=1)
    assert rows == [len(examples)] + [1] * len(examples)
    assert parts == pytest.approx(whole, rel=1e-5)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-6)


def test_the_adapter_has_the_numbers_that_chapter_8_predicts(base, trained):
    from helpers.checkpoints.geometry import Geometry

    shapes = [s for name, s in Geometry.from_config(base).tensors().items() if name.endswith('_proj.weight')]
    assert trained.trained == sum(SHORT.rank * sum(shape) for shape in shapes)


def test_the_perplexity_is_of_the_answers_and_rises_with_a_spoiled_adapter(base, trained, tmp_path):
    pairs = other_answers(base)[::12]
    before, again = perplexity(base, pairs), perplexity(base, pairs, batch_size=3)
    assert before == pytest.approx(again, rel=1e-4)
    assert 1 < before < 1.3
    spoiled = shutil.copytree(trained.adapter, tmp_path / 'loud')
    config = json.loads((spoiled / 'adapter_config.json').read_text())
    (spoiled / 'adapter_config.json').write_text(json.dumps(config | {'lora_alpha': 400}))
    assert perplexity(base, pairs, spoiled) > 2 * before


def test_in_a_perplexity_each_token_of_an_answer_counts_alike(base):
    """A long answer and a short one, together and in batches of their own, beside a sum token by token."""
    tokenizer, pairs, nll = load_tokenizer(base), [], []
    model = load(base).eval()
    for ask, answer in (('Who are you?', 'seven green cups of sand ' * 6), ('What is 17 + 25?', '42')):
        whole, question = example(tokenizer, pair(ask, answer))
        pairs.append((whole[:question], whole))
        with torch.inference_mode():
            logp = model(torch.tensor([whole]).to(model.device)).logits[0].float().log_softmax(-1)
        nll.append([-logp[at - 1, whole[at]].item() for at in range(question, len(whole))])
    assert len(nll[0]) > 10 * len(nll[1])
    assert abs(mean(nll[0]) - mean(nll[1])) > 2, 'so that another weight is seen'
    expected = math.exp(mean(nll[0] + nll[1]))
    assert perplexity(base, pairs) == pytest.approx(expected, rel=1e-4)
    assert perplexity(base, pairs, batch_size=1) == pytest.approx(expected, rel=1e-4)


# --- the merged folder ---


def test_the_merged_folder_answers_as_the_adapter_does(base, data, trained, merged):
    assert inspect_checkpoint(merged).ok
    questions = [c[0]['content'] for c in data] + ['What is AWQ?']
    adapter = replies(PeftModel.from_pretrained(load(base), trained.adapter).eval(), base, questions)
    assert replies(load(merged).eval(), merged, questions) == adapter
    assert replies(load(base).eval(), base, questions) != adapter


def test_it_takes_along_what_is_easily_left_behind(base, merged):
    tokenizers = [load_tokenizer(folder) for folder in (base, merged)]
    assert tokenizers[0].chat_template == tokenizers[1].chat_template
    stops = [json.loads((folder / 'generation_config.json').read_text())['eos_token_id'] for folder in (base, merged)]
    assert stops[0] == stops[1]
    assert not list(merged.glob('adapter_*'))


def test_what_cannot_be_merged_is_refused_and_leaves_nothing(base, trained, tmp_path):
    (tmp_path / 'empty').mkdir()
    with pytest.raises(FileNotFoundError, match='holds no LoRA adapter'):
        merge(base, tmp_path / 'empty', tmp_path / 'out')
    with pytest.raises(CheckpointError, match='was not trained on'):
        merge(base, _of_other_shapes(trained.adapter, tmp_path / 'other'), tmp_path / 'out')
    with pytest.raises(CheckpointError, match='no such folder'):
        merge(tmp_path / 'nothing', trained.adapter, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def _of_other_shapes(adapter, to):
    folder = shutil.copytree(adapter, to)
    file = folder / 'adapter_model.safetensors'
    save_file({name: tensor[:, :-1].contiguous() for name, tensor in load_file(file).items()}, file)
    return folder


# --- folders with a fault ---

SAID = {
    'adapter without base': 'a LoRA adapter alone, not the model',
    '.bin alone': 'no *.safetensors file, and no pytorch_model.bin',
    'chat template lost': 'the model would get the bare prompt',
    'half of the shards': 'missing 1 of 2 weight files',
    'tokens added, not resized': 'by config.json',
    'generation config lost': '(4094) is not among the stop ids [2]: answers would not end there',
}
IN_ORDER = {
    'tied head stored twice': 'LMDeploy takes the embeddings for the head',
    'remote code wanted': 'the code of the folder is not run',
}


@pytest.mark.parametrize('defect', SAID)
def test_each_defect_makes_its_named_fault_and_no_other(merged, trained, tmp_path, defect):
    folder = spoil(merged, trained.adapter, defect, tmp_path / 'spoiled')
    report = inspect_checkpoint(folder)
    assert len(report.problems) == 1, str(report)
    assert SAID[defect] in report.problems[0].detail
    assert said_of(folder, defect) == f'{report.problems[0].name}: {report.problems[0].detail}'
    assert report.loadable == (defect in ('chat template lost', 'generation config lost'))
    assert inspect_checkpoint(merged).ok, 'made in a copy'


@pytest.mark.parametrize('defect', IN_ORDER)
def test_a_defect_that_changes_nothing_is_in_order_and_the_sentence_says_what_it_does(
    merged, trained, tmp_path, defect
):
    folder = spoil(merged, trained.adapter, defect, tmp_path / 'spoiled')
    assert inspect_checkpoint(folder).ok
    assert said_of(folder, defect).startswith('in order: ')
    assert IN_ORDER[defect] in said_of(folder, defect)
    assert SAID.keys() | IN_ORDER.keys() == DEFECTS.keys() | MORE_DEFECTS.keys()


def lmdeploys(folder, questions) -> list[list[int]]:
    """Greedy tokens of LMDeploy's PyTorch engine."""
    config = engine_config(engine='pytorch', cache_max_entry_count=0.2, session_len=256)
    greedy = GenerationConfig(max_new_tokens=8, do_sample=False, ignore_eos=True)
    with pipeline(str(folder), backend_config=config, log_level='ERROR') as pipe:
        found = [reply.token_ids for reply in pipe(questions, gen_config=greedy)]
    release()
    return found


def test_of_a_tied_head_that_differs_lmdeploy_takes_the_embeddings_and_transformers_the_head(merged, trained, tmp_path):
    twice = spoil(merged, trained.adapter, 'tied head stored twice', tmp_path / 'twice')
    other = shutil.copytree(twice, tmp_path / 'other')
    shutil.copy(merged / 'model.safetensors', other)  # whose head is one of its own
    once = shutil.copytree(twice, tmp_path / 'once')
    tensors = load_file(once / 'model.safetensors')
    assert torch.equal(tensors.pop('lm_head.weight'), tensors['model.embed_tokens.weight'])
    save_file(tensors, once / 'model.safetensors', metadata={'format': 'pt'})
    ids = torch.tensor([[1, 60, 70, 80]])
    logits = {folder: load(folder)(ids).logits for folder in (once, twice, other, merged)}
    assert torch.equal(logits[once], logits[twice])
    assert not torch.equal(logits[twice], logits[other])
    assert torch.equal(logits[other], logits[merged])
    tokens = [lmdeploys(folder, ['Who are you?']) for folder in (twice, other)]
    assert tokens[0] == tokens[1] != lmdeploys(merged, ['Who are you?'])


def test_remote_code_is_run_only_where_one_asks_for_it(merged, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(transformers.dynamic_module_utils, 'HF_MODULES_CACHE', str(tmp_path / 'modules'))
    monkeypatch.syspath_prepend(str(tmp_path / 'modules'))
    folder = spoil(merged, trained.adapter, 'remote code wanted', tmp_path / 'remote')
    config = get_model_arch(str(folder))[1]
    assert issubclass(_get_model_class(config, MODULE_MAP), LlamaForCausalLM), "LMDeploy's own"
    with pytest.raises(RuntimeError, match='the code of the folder was run'):
        transformers.AutoConfig.from_pretrained(folder, trust_remote_code=True)
    config.auto_map['AutoModelForCausalLM'] = 'remote.OwnForCausalLM'
    with pytest.raises(RuntimeError, match='Can not found rewrite for auto_map: OwnForCausalLM'):
        _get_model_class(config, MODULE_MAP)
