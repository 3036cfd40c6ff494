"""The quick measurement of any card, with engines that are none: what it measures, compares and records."""

import json
import sys
from types import SimpleNamespace

import pytest

from benchmarks import card_comparison, quantised, records, your_card
from benchmarks.memory_matrix import Case
from helpers import load_record
from helpers.memory import MIB
from lessons.kv_cache import predict_memory

FREE = 7657 * MIB
LIMITS = {'bytes_per_s': 4.3e12, 'bf16_flop_per_s': 8e14}


def figures(case: Case, tokens: int | None = None) -> dict:
    """A row of an engine that takes what was predicted, but for 20 MiB."""
    asked = {'cache_max_entry_count': case.ratio, 'quant_policy': case.quant_policy, 'awq': case.weights == 'awq'}
    p = predict_memory('internlm2-chat-1_8b', FREE, engine='turbomind', session_len=4096, max_batch_size=128, **asked)
    log = {'free_at_sizing_mib': p.free_at_sizing_bytes / MIB, 'num_blocks': p.num_blocks}
    stages = {
        'before': {'card_used_bytes': 0},
        'context': {'time_s': 0.5, 'card_used_bytes': 527 * MIB, 'free_bytes': FREE},
        'started': {'time_s': 7.0, 'free_bytes': 0},
        'served': {'free_bytes': FREE - p.engine_bytes - 20 * MIB},
    }
    return {'outcome': 'started', 'log': log, 'stages': stages}


@pytest.fixture
def quick(saved, monkeypatch, tmp_path):
    """Run it with these options; (exit status, the records that it saved, the cases whose memory was measured)."""
    measured, ballasts = [], []

    def measure(start, case, folder, processes, timeout_s, environment):
        measured.append(case)
        return quick.outcomes.get(case, None) or figures(case)

    class Processes:
        def __init__(self, *_):
            pass

        def call(self, function, *arguments):
            quick.made.append(arguments)
            folder = tmp_path / 'checkpoints' / arguments[2].rpartition('/')[2]
            folder.mkdir(parents=True)

        def measure(self, function, arguments, *, keep, environment, **_):
            assert function is your_card.decode
            assert environment['TM_LOG_LEVEL'] == 'ERROR'
            for batch in your_card.BATCHES:
                keep({'batch': batch, 'time_s': 0.5, 'output_tokens_per_s': 400.0 * batch})

    card = SimpleNamespace(index=0, prepare=ballasts.append, end_ballast=lambda: ballasts.append('ended'), slack_mib=0)
    monkeypatch.setattr(your_card, 'Card', lambda index, slack: card)
    monkeypatch.setattr(your_card, 'measure', measure)
    monkeypatch.setattr('benchmarks.campaign.Processes', Processes)
    monkeypatch.setattr(quantised, 'in_a_process', lambda part, **_: [quick.limits])

    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '0')

    def quick(*options):
        line = ['--save', 'h200/quick', '--commit', 'a' * 40, '--rows', str(tmp_path / 'rows')]
        line += ['--checkpoints', str(tmp_path / 'checkpoints'), *options]
        monkeypatch.setattr(sys, 'argv', ['your_card', *line])
        return your_card.main(), saved, measured, ballasts

    quick.outcomes, quick.limits, quick.made = {}, LIMITS, []
    return quick


def test_all_of_it_is_measured_once_and_compared(quick, capsys):
    code, saved, measured, ballasts = quick()
    ((name, record),) = saved
    assert (code, name, record.topic, record.weights) == (0, 'h200/quick', 'quick', 'random')
    assert len(measured) == len(set(measured)) == 6
    data = record.data
    assert [row['arguments']['cache_max_entry_count'] for row in data['rows'][:3]] == [0.8, 0.5, 0.2]
    kinds = {(row['weights'], row['kv']) for row in data['speed']}
    assert kinds == {('bf16', 'bf16'), ('W4A16', 'bf16'), ('bf16', 'int8'), ('bf16', 'int4')}
    assert len(data['speed']) == 12
    assert ballasts[-1] == 'ended'
    assert set(ballasts) == {None, 'ended'}
    rows = {row['what']: row for row in data['comparison']}
    engine = rows['16 bit, KV 16 bit, ratio 0.8: engine']
    assert engine['measured'] - engine['predicted'] == pytest.approx(20, abs=0.2)
    assert engine['off_percent'] > 0
    assert rows['16 bit, KV int4, ratio 0.8: cache']['off_percent'] == 0
    printed = capsys.readouterr().out
    assert 'predicted' in printed
    assert '16 bit, KV int4, ratio 0.8: cache' in printed
    assert '(1/6)' in printed
    json.dumps(data, allow_nan=False)


def test_a_card_before_ampere_takes_float16(quick):
    quick.limits = {'bytes_per_s': 3e11, 'fp16_flop_per_s': 6e13}
    _, ((_, record),), _, _ = quick()
    assert record.data['dtype'] == 'float16'
    assert {made[-1] for made in quick.made} == {'float16'}
    assert {row['weights'] for row in record.data['speed']} == {'fp16', 'W4A16'}
    assert any(row['by'] == 'roofline' for row in record.data['comparison'])
    assert any(row['by'] == 'H200' for row in record.data['comparison'])


def test_a_slice_lies_beside_a_ballast_and_says_so(quick):
    _, ((_, record),), measured, ballasts = quick('--slice', '8182')
    assert record.topic == 'quick_slice'
    assert record.data['slice_mib'] == 8182
    assert {case.slice_mib for case in measured} == {8182}
    assert set(ballasts) == {8182, 'ended'}


def test_an_engine_that_does_not_start_is_a_finding(quick):
    first = your_card.cases(None)[0]
    quick.outcomes[first] = {'outcome': 'hang', 'log': {}, 'stages': {}}
    code, ((_, record),), _, _ = quick()
    assert code == 0
    assert record.data['rows'][0]['outcome'] == 'hang'
    assert ('bf16', 'bf16') not in {(row['weights'], row['kv']) for row in record.data['speed']}
    assert not any('ratio 0.8: cache' in r['what'] and 'KV 16 bit' in r['what'] and r['what'][:7] == '16 bit,'
                   for r in record.data['comparison'])  # fmt: skip


def test_where_no_engine_starts_nothing_is_written(quick, tmp_path):
    for case in your_card.cases(None):
        quick.outcomes[case] = {'outcome': 'failed', 'log': {}, 'stages': {}, 'log_tail': 'no kernel image'}
    with pytest.raises(SystemExit, match='no engine started'):
        quick()
    assert not (tmp_path / 'rows').exists()


def test_the_roof_and_the_gains_are_those_of_the_record():
    there = load_record('h200/quantised').data
    speed = [row for row in there['speed'] if row['batch'] == 1]
    rows = card_comparison.compare({**there, 'rows': [], 'speed': speed})
    gains = [row for row in rows if row['by'] == 'H200']
    assert len(gains) >= 3
    assert {row['off_percent'] for row in gains} == {0.0}
    (roof,) = (row for row in rows if row['by'] == 'roofline')
    assert roof['off_percent'] < 0
    assert 1000 < roof['predicted'] < 1400


def test_quick_is_a_program_with_its_record(monkeypatch, tmp_path):
    called = []
    monkeypatch.setattr('torch.cuda.is_available', lambda: True)
    monkeypatch.setattr('torch.cuda.device_count', lambda: 1)
    monkeypatch.setattr('torch.cuda.get_device_name', lambda: 'Tesla T4')
    monkeypatch.setattr(
        records.subprocess, 'run', lambda command, cwd: called.append(command) or SimpleNamespace(returncode=0)
    )
    monkeypatch.setattr(records, 'STATE', tmp_path / 'state')
    monkeypatch.setattr(sys, 'argv', ['records', '--quick', '--commit', 'a' * 40])
    assert records.main() == 0
    assert called == [[sys.executable, '-m', 'benchmarks.your_card', '--save', 'tesla-t4/quick', '--commit', 'a' * 40]]
