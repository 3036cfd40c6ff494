"""LMDeploy beside vLLM without either: what is planned, asked for and kept; a stand-in plays vLLM's Python."""

import json
import os
import re
import stat
import sys
import types
from pathlib import Path

import psutil
import pytest

from benchmarks import beside_vllm as beside
from benchmarks import vllm_worker
from benchmarks.beside_vllm import Case
from benchmarks.vllm_server import VllmServer, options, vllm_environment
from helpers.models import EMBEDDED

ROOT = Path(__file__).resolve().parent.parent.parent
FIGURES = {'output_tokens_per_s': 400.0, 'ttft_s': 0.1, 'tpot_s': 0.004, 'load_s': 6.0, 'used_mib': 9001}
SERVED = {'output_tokens_per_s': 300.0, 'ttft_p50_s': 0.1, 'tpot_p50_s': 0.004, 'load_s': 9.0, 'used_mib': 9001}
SAVE = ('--save', 'h200/beside_vllm', '--commit', '0123abc')


def stand_in(folder: Path, program: str) -> Path:
    """A file that can be executed as Python is, and does this instead."""
    path = folder / 'python'
    path.write_text(f'#!{sys.executable}\n{program}')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


# ---------------------------------------------------------------- what is planned


def test_every_case_is_planned_once_and_each_engine_has_every_place_in_the_turns():
    cases = beside.cases()
    assert len(set(cases)) == len(cases)
    core = [case for case in cases if (case.model, case.kind, case.numbers) == ('1_8b', 'offline', 'bf16')]
    tuned = [case for case in core if case.settings == 'tuned']
    places = {engine: {i % 3 for i, case in enumerate(tuned) if case.engine == engine} for engine in beside.ENGINES}
    assert places == {engine: {0, 1, 2} for engine in beside.ENGINES}
    assert [case.turn for case in tuned] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert {case.engine for case in cases if case.numbers == 'kv_fp8'} == {'pytorch', 'vllm'}


def test_tuned_gives_all_the_same_room_and_defaults_give_nothing():
    for engine, length, at_once in (
        ('turbomind', 'session_len', 'max_batch_size'),
        ('pytorch', 'session_len', 'max_batch_size'),
        ('vllm', 'max_model_len', 'max_num_seqs'),
    ):
        tuned = beside.arguments_of(Case('7b', engine))
        assert (tuned[length], tuned[at_once]) == (4096, 256)
        assert beside.arguments_of(Case('7b', engine, settings='defaults')) == {}
    assert beside.arguments_of(Case('7b', 'vllm', numbers='kv_fp8'))['kv_cache_dtype'] == 'fp8'
    assert beside.arguments_of(Case('7b', 'pytorch', numbers='kv_int8'))['quant_policy'] == 8


def test_lmdeploy_has_these_kinds_of_cache():
    from lmdeploy.messages import QuantPolicy

    policies = {name: QuantPolicy(found.get('quant_policy', 0)).name for name, found in beside.LMDEPLOY_NUMBERS.items()}
    assert policies == {'bf16': 'NONE', 'w4a16': 'NONE', 'kv_int8': 'INT8', 'kv_fp8': 'FP8'}


def test_without_vllm_lmdeploy_is_measured_alone():
    for given, engines in (((), {'turbomind', 'pytorch'}), (('--vllm-python', 'x'), set(beside.ENGINES))):
        args = beside.command_line().parse_args(given)
        assert {case.engine for case in beside.chosen(args)} == engines
        assert {case.model for case in beside.chosen(args)} == {'1_8b', '7b'}


def test_questions_have_the_length_and_none_comes_twice():
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED / 'tiny-chat', trust_remote_code=False)
    found = {text for seed in '12' for text in beside.chats(tokenizer, 61, 40, seed)}
    assert len(found) == 80
    for text in found:
        chat = [{'role': 'user', 'content': text}]
        assert len(tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=True)['input_ids']) == 61
    with pytest.raises(ValueError, match='no question of exactly 3 tokens'):
        beside.chats(tokenizer, 3, 1, '1')


# ---------------------------------------------------------------- vLLM's own process


def test_rows_of_the_worker_arrive_and_its_end_is_told(tmp_path):
    program = f"""
import json, os, sys
folder, arguments, plan = sys.argv[3], *map(json.loads, sys.argv[4:6])
assert sys.argv[1:3] == ['-m', 'benchmarks.vllm_worker'] and arguments['max_num_seqs'] == 256
assert 'PYTHONPATH' not in os.environ
print('loading')
for tokens_in, batch in plan['todo']:
    print({vllm_worker.ROW!r} + json.dumps(dict(tokens_in=tokens_in, batch=batch, turn_seen=plan['turn'])))
    if batch == 8:
        sys.exit(7)
"""
    plan, rows = {'vllm_python': str(stand_in(tmp_path, program))}, []
    case = Case('1_8b', 'vllm', turn=2)
    with pytest.raises(RuntimeError, match='ended with 7'):
        beside.measure_case(case, 'folder', [(61, 1), (61, 8), (61, 32)], plan, lambda **row: rows.append(row))
    assert [(row['tokens_in'], row['batch'], row['turn_seen']) for row in rows] == [(61, 1, 2), (61, 8, 2)]
    assert all('used_mib' in row for row in rows)


def test_the_worker_asks_vllm_for_exactly_so_many_tokens(monkeypatch, capsys):
    asked, resets = [], []

    class LLM:
        def __init__(self, folder, **arguments):
            asked.append((folder, arguments))
            cache = types.SimpleNamespace(enable_prefix_caching=True, num_gpu_blocks=100, block_size=16)
            scheduler = types.SimpleNamespace(max_num_seqs=256, max_num_batched_tokens=16384)
            config = types.SimpleNamespace(cache_config=cache, scheduler_config=scheduler)
            self.llm_engine = types.SimpleNamespace(vllm_config=config)

        def reset_prefix_cache(self):
            resets.append(1)

        def generate(self, prompts, params, use_tqdm):
            answer = types.SimpleNamespace(outputs=[types.SimpleNamespace(token_ids=[5] * params['max_tokens'])])
            asked.append((len(prompts), params))
            return [answer] * len(prompts)

    vllm = types.SimpleNamespace(LLM=LLM, SamplingParams=lambda **params: params)
    monkeypatch.setitem(sys.modules, 'vllm', vllm)
    monkeypatch.setattr('importlib.metadata.version', lambda name: '0.0')
    plan = {'todo': [[61, 3]], 'turn': 2, 'tokens_out': 6, 'repeats': 1, 'repeat_below_s': 0.0}
    vllm_worker.work('folder', {'max_num_seqs': 256}, plan)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(vllm_worker.ROW)]
    row = json.loads(line.removeprefix(vllm_worker.ROW))
    assert (row['tokens_in'], row['batch'], row['cache_tokens'], row['max_batch_size']) == (61, 3, 1600, 256)
    assert asked[0] == ('folder', {'max_num_seqs': 256})
    fixed = {'temperature': 0, 'ignore_eos': True}
    assert asked[1:] == [(3, fixed | {'max_tokens': length}) for length in (6, 6, 1)]
    assert len(resets) == 3, 'a repeat found its own prompts in the cache'


SERVE = """
import http.server, os, subprocess, sys
if sys.argv[1] == 'broken':
    sys.exit('no GPU at all')
child = subprocess.Popen(['sleep', '600'])
print('GPU KV cache size: 1,234,560 tokens, child', child.pid, flush=True)

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

http.server.HTTPServer(('127.0.0.1', int(sys.argv[sys.argv.index('--port') + 1])), Answer).serve_forever()
"""


def test_the_server_ends_with_all_its_processes_and_its_key_is_on_no_command_line(tmp_path):
    python, log = stand_in(tmp_path, SERVE), tmp_path / 'log'
    with VllmServer(python, 'folder', log, command=('serve',), max_num_seqs=7, enable_prefix_caching=False) as server:
        assert server.line[-3:] == ['--max-num-seqs', '7', '--no-enable-prefix-caching']
        assert server.key not in server.line
        assert server.client.api_key == server.key
        assert server.sizes() == {'cache_tokens': 1234560}
        child = int(re.search(r'child (\d+)', log.read_text())[1])
        assert psutil.pid_exists(child)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_a_server_that_does_not_start_says_why(tmp_path):
    with pytest.raises(RuntimeError, match=r'ended with 1:\n.*no GPU at all'):
        VllmServer(stand_in(tmp_path, SERVE), 'folder', tmp_path / 'log', command=('broken',))


def test_nothing_of_lmdeploys_libraries_reaches_vllm(monkeypatch):
    monkeypatch.setenv('LD_LIBRARY_PATH', '/x')
    monkeypatch.setenv('PYTHONPATH', '/y')
    assert not {'LD_LIBRARY_PATH', 'PYTHONPATH'} & set(vllm_environment('/v/bin/python'))
    assert vllm_environment('/v/bin/python')['PATH'].startswith(f'/v/bin{os.pathsep}')
    assert options({'a_b': 1, 'c': True}) == ['--a-b', '1', '--c']


# ---------------------------------------------------------------- what is kept


@pytest.fixture
def run(monkeypatch, tmp_path, saved):
    """run(*arguments) -> what main() returns, with engines that measure nothing."""
    measured = []

    def measure(self, case, todo, cards, keep):
        for tokens_in, at in todo:
            measured.append(case)
            row = {'clients': at, **SERVED} if case.kind == 'server' else {'batch': at, **FIGURES}
            keep({'tokens_in': tokens_in, **row})

    monkeypatch.setattr(beside.BesideVllm, 'measure', measure)

    def call(*arguments):
        line = ['beside_vllm.py', '--rows', str(tmp_path / 'rows.jsonl'), '--vllm-python', 'x', *arguments]
        monkeypatch.setattr(sys, 'argv', line)
        return beside.main()

    call.saved, call.measured = saved, measured
    return call


def test_the_turns_of_several_calls_become_one_record(run):
    wanted = ['--models', '1_8b', '--numbers', 'bf16', '--settings', 'tuned', '--batches', '1', '8']
    assert run(*wanted, '--turns', '1') == 0
    assert len(run.measured) == 3 * 2 * 2 * 2  # engines, offline and server, lengths, batches
    assert run(*wanted, *SAVE) == 0
    assert len(run.measured) == 3 * 3 * 2 * 2 * 2, 'what was measured is not measured again'
    ((name, record),) = run.saved
    assert (name, record.topic, record.weights) == ('h200/beside_vllm', 'beside_vllm', 'random')
    data = json.loads(json.dumps(record.data))
    assert len(data['rows']) == len(data['served']) == 36
    assert {row['turn'] for row in data['rows']} == {1, 2, 3}
    (vllm,) = [found['arguments'] for found in data['arguments'] if found['engine'] == 'vllm']
    assert vllm['max_num_seqs'] == 256


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--save', '../beside'], "'../beside' is not a record's name"),
        ([], 'with --models tiny it runs on a CPU'),
    ],
)
def test_refused_before_anything_is_measured(arguments, said, monkeypatch, capsys):
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    monkeypatch.setattr(sys, 'argv', ['beside_vllm.py', *arguments])
    with pytest.raises((SystemExit, ValueError)) as caught:
        beside.main()
    assert said in capsys.readouterr().err + str(caught.value)
