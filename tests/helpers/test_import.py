"""`import helpers` is quick and lazy, and every public name can be had."""

import subprocess
import sys

import pytest

import helpers

PROBE = """
import sys, time
start = time.process_time()
import helpers
print(time.process_time() - start, 'torch' in sys.modules, 'lmdeploy' in sys.modules)
"""


def test_import_is_quick_and_loads_neither_torch_nor_lmdeploy():
    times = []
    for _ in range(3):
        out = subprocess.run([sys.executable, '-c', PROBE], capture_output=True, text=True, check=True).stdout.split()
        assert out[1:] == ['False', 'False']
        times.append(float(out[0]))
    assert min(times) < 0.3


@pytest.mark.parametrize('name', helpers.__all__)
def test_every_public_name_is_there(name):
    assert getattr(helpers, name) is not None
    assert name in dir(helpers)


ORDERS = """
import types
import helpers
for name in sorted(helpers.__all__, reverse={reverse}):
    assert not isinstance(getattr(helpers, name), types.ModuleType), name
"""


@pytest.mark.parametrize('reverse', [False, True])
def test_no_public_name_turns_into_the_module_of_that_name(reverse):
    subprocess.run([sys.executable, '-c', ORDERS.format(reverse=reverse)], check=True)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match='no_such_name'):
        _ = helpers.no_such_name
