"""Tables of changes: all of one or nothing, with reasons; on modules made here, which stand for LMDeploy's."""

import sys
import types

import pytest

from lmdeploy_cpu.patches import patching
from lmdeploy_cpu.patches.patching import Patches, apply_tables, tables


@pytest.fixture
def module(monkeypatch):
    """`lmdeploy.fake`, with a function, a class, and one who imported the function."""

    class Thing:
        @staticmethod
        def fixed(x):
            return x

        def method(self):
            return 'old'

    def work():
        """Docstring."""
        return 'old'

    fake, user = types.ModuleType('lmdeploy.fake'), types.ModuleType('lmdeploy.fake_user')
    fake.work = user.work = work
    fake.Thing = Thing
    monkeypatch.setitem(sys.modules, 'lmdeploy.fake', fake)
    monkeypatch.setitem(sys.modules, 'lmdeploy.fake_user', user)
    return fake


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setattr(patching, '_tables', dict(patching._tables))
    return Patches('mine')


def new(old):
    return lambda *args: ('new', old(*args))


def test_a_change_reaches_who_imported_it(module, table):
    table.patch('lmdeploy.fake:work', 'Because.')(new)
    assert module.work() == 'old', 'nothing happens before apply'
    assert table.apply()
    assert sys.modules['lmdeploy.fake_user'].work() == module.work() == ('new', 'old')
    assert module.work.__doc__ == 'Docstring.'
    assert not table.apply()
    assert module.work() == ('new', 'old'), 'not twice'


def test_only_here(module, table):
    table.patch('lmdeploy.fake:work', 'Because.', only_here=True)(new)
    table.apply()
    assert module.work() == ('new', 'old')
    assert sys.modules['lmdeploy.fake_user'].work() == 'old'


def test_methods_stay_what_they_are(module, table):
    table.patch('lmdeploy.fake:Thing.fixed', 'Because.')(new)
    table.patch('lmdeploy.fake:Thing.method', 'Because.')(new)
    table.apply()
    assert module.Thing.fixed(5) == module.Thing().fixed(5) == ('new', 5)
    assert module.Thing().method() == ('new', 'old')


@pytest.mark.parametrize(
    ('target', 'what'),
    [
        ('lmdeploy.fake:gone', 'LMDeploy'),
        ('lmdeploy.fake:Thing.gone', 'LMDeploy'),
        ('lmdeploy.fake:Gone.method', 'LMDeploy'),
        ('lmdeploy.gone:work', 'LMDeploy'),
        ('lmdeploy.fake:Thing.__init__', 'LMDeploy'),  # that of `object` is none
        ('lmdeploy.fake:Gone.method_of_old', 'LMDeploy'),
        ('no_such_package.part:work', 'no_such_package'),
    ],
)
def test_a_target_that_is_gone(target, what, module, table):
    """The error names it and the reason, and nothing of this table, nor of another in the same call, is changed."""
    other = Patches('other')
    other.patch('lmdeploy.fake:Thing.method', 'Because.')(new)
    table.patch('lmdeploy.fake:work', 'Because.')(new)
    table.patch(target, 'This is the reason.')(new)
    for _ in range(2):
        with pytest.raises(RuntimeError, match=f'mine: {target} is missing from this {what}, .*: This is the reason'):
            apply_tables(other, table)
        assert module.work() == module.Thing().method() == 'old'
    assert not table.applied
    assert not other.applied
    assert other.apply()


def test_a_change_that_cannot_be_made_leaves_the_others_undone(module, table):
    table.patch('lmdeploy.fake:work', 'Because.')(new)

    @table.patch('lmdeploy.fake:Thing.method', 'Because.')
    def keyed(old, key):
        return lambda self: key

    with pytest.raises(TypeError, match='key'):
        table.apply()
    assert module.work() == 'old'
    assert table.apply(key='the key', other='not asked for')
    assert (module.work(), module.Thing().method()) == (('new', 'old'), 'the key')


def test_an_error_inside_a_module_is_not_a_missing_module(table, tmp_path, monkeypatch):
    (tmp_path / 'broken_here.py').write_text('import no_such_module_at_all\n')
    monkeypatch.syspath_prepend(tmp_path)
    table.patch('broken_here:work', 'Because.')(new)
    with pytest.raises(ModuleNotFoundError, match='no_such_module_at_all'):
        table.apply()


def test_late_changes_wait_for_their_module(module, table, monkeypatch):
    table.patch('lmdeploy.fake:work', 'Because.')(new)
    table.patch('lmdeploy.late:work', 'Because.', late=True)(new)
    late = types.ModuleType('lmdeploy.late')
    late.work = lambda: 'old'
    table.apply_late()
    table.apply()
    monkeypatch.setitem(sys.modules, 'lmdeploy.late', late)
    assert late.work() == 'old'
    table.apply_late()
    table.apply_late()
    assert late.work() == ('new', 'old')


def test_late_changes_of_a_table_that_is_not_applied_are_not_made(module, table):
    table.patch('lmdeploy.fake:work', 'Because.', late=True)(new)
    table.apply_late()
    assert module.work() == 'old'


def test_all_tables_are_listed(table):
    assert table in tables()
    assert {'lmdeploy_cpu', 'pictures'} <= {t.name for t in tables()}


def test_what_a_class_has_from_above(module, table):
    @table.patch('lmdeploy.fake:Thing.__reduce_ex__', 'Because.', inherited=True)
    def reduce(old):
        return lambda self, protocol: 'mine' if protocol == 9 else old(self, protocol)

    table.apply()
    assert module.Thing().__reduce_ex__(9) == 'mine'
    assert module.Thing().__reduce_ex__(2)[0].__name__ == '__newobj__'


def test_two_tables_that_change_the_same(module, table):
    """In one call, too: the second changes what the first has made."""
    other = Patches('other')
    table.patch('lmdeploy.fake:work', 'Because.')(lambda old: lambda: [old(), 'one'])
    other.patch('lmdeploy.fake:work', 'Because.')(lambda old: lambda: [*old(), 'two'])
    apply_tables(table, other)
    assert module.work() == sys.modules['lmdeploy.fake_user'].work() == ['old', 'one', 'two']
