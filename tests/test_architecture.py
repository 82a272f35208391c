"""What the layout of the package promises."""
from __future__ import absolute_import, division, print_function

import ast
import concurrent.futures
import modulefinder
import os
import re
import subprocess
import sys

import pytest

import poolcompat

from tests.contract.test_names import NAMES

PACKAGE = os.path.dirname(os.path.abspath(poolcompat.__file__))
TESTS = os.path.dirname(os.path.abspath(__file__))


def python_files(root):
    found = []
    for folder, _folders, names in os.walk(root):
        found += [os.path.join(folder, name) for name in names if name.endswith('.py')]
    assert found
    return sorted(found)


def relative(path):
    return os.path.relpath(path, PACKAGE).replace(os.sep, '/')


def read(path):
    with open(path) as f:
        return f.read()


PACKAGE_FILES = python_files(PACKAGE)
package_file = pytest.mark.parametrize('path', PACKAGE_FILES, ids=relative)


def may_look_at_the_version(path):
    return relative(path) == '_native.py' or relative(path).startswith('_compat/')


@pytest.mark.parametrize('path', PACKAGE_FILES + python_files(TESTS), ids=os.path.basename)
def test_future_line(path):
    assert re.search(r'^from __future__ import absolute_import, division, print_function$', read(path), re.MULTILINE)


@package_file
def test_version_is_looked_at_in_few_places(path):
    if not may_look_at_the_version(path):
        for word in 'version_info', 'hexversion', 'PY2', 'PY3', 'python_version', 'sys.version':
            assert word not in read(path)


class Gates(ast.NodeVisitor):
    """The lines that compare sys.version_info, and how."""

    def __init__(self):
        self.found = []
        self.chains = {}        # the line of an elif: the line of its if

    def visit_If(self, node):
        for arm in node.orelse:
            if isinstance(arm, ast.If):
                self.chains[arm.lineno] = self.chains.get(node.lineno, node.lineno)
        self.generic_visit(node)

    def visit_Compare(self, node):
        sides = [node.left] + node.comparators
        if any(isinstance(n, ast.Attribute) and n.attr == 'version_info' for side in sides for n in ast.walk(side)):
            self.found.append((node.lineno, node))
        self.generic_visit(node)


@package_file
def test_every_gate_names_its_change(path):
    """A comment with the URL of the change stands above every gate, and the gate is `>=` or `<` on the whole tuple."""
    lines = read(path).splitlines()
    gates = Gates()
    gates.visit(ast.parse(read(path)))
    for number, node in gates.found:
        above = []
        for line in reversed(lines[:gates.chains.get(number, number) - 1]):
            if not line.strip().startswith('#'):
                if above or line.strip():
                    break
            above.append(line)
        assert 'https://' in '\n'.join(above), '%s:%d has no URL above it' % (relative(path), number)
        assert all(isinstance(op, (ast.GtE, ast.Lt)) for op in node.ops), '%s:%d' % (relative(path), number)
        assert isinstance(node.left, ast.Attribute), '%s:%d compares a part' % (relative(path), number)


def test_there_are_gates():
    """The test above means nothing if it finds none."""
    assert any('version_info' in read(path) for path in PACKAGE_FILES)


def fresh(code):
    """What a fresh interpreter prints."""
    code = 'import sys; sys.path[:0] = %r\n%s' % ([os.path.dirname(PACKAGE)], code)
    return subprocess.check_output([sys.executable, '-c', code], universal_newlines=True).split()


def test_import_is_light():
    """Not even on 3.4 to 3.6 and 2.7, where concurrent.futures itself imports multiprocessing, does this import it."""
    out = fresh('import poolcompat, threading\n'
                'print("\\n".join(sys.modules))\n'
                'print(threading.active_count())')
    assert out[-1] == '1'
    heavy = [name for name in out[:-1] if re.match(r'multiprocessing|concurrent\.futures\.(?!_base)', name)]
    assert heavy == []


@pytest.mark.parametrize('statement, kept_out', [
    # Breakpoint: https://bugs.python.org/issue39812 (before, even the interpreter's threads need multiprocessing)
    ('from poolcompat import ThreadPoolExecutor', 'multiprocessing' if sys.version_info >= (3, 9) else 'asyncio'),
    ('import poolcompat._engine.worker', 'multiprocessing.connection'),     # each new worker waits for this import
    ('import poolcompat._engine.worker', 'concurrent.futures'),
], ids=['threads', 'worker', 'worker, futures'])
def test_imports_no_more_than_it_needs(statement, kept_out):
    assert kept_out not in fresh('%s\nprint("\\n".join(sys.modules))' % statement)


def test_freezers_find_what_is_loaded_on_first_use():
    """By import statements alone, as PyInstaller and its like look for the modules of a program."""
    loaded = fresh('import poolcompat\n'
                   'for name in poolcompat.__all__:\n'
                   '    getattr(poolcompat, name)\n'
                   'print("\\n".join(name for name in sys.modules if name.startswith("poolcompat.")))')
    finder = modulefinder.ModuleFinder([os.path.dirname(PACKAGE)])
    finder.import_hook('poolcompat')
    assert 'poolcompat.process' in loaded
    missing = set(loaded) - set(finder.modules)
    assert missing <= {'poolcompat.thread'}     # up to 3.7 modulefinder takes that for 2.7's own `thread`


def test_import_patches_nothing():
    out = fresh('import concurrent.futures, concurrent.futures.process, concurrent.futures.thread, multiprocessing\n'
                'import multiprocessing.pool, os, pickle, threading, signal, time, traceback\n'
                'from six.moves import copyreg\n'
                'things = [os, pickle, threading, signal, time, traceback, copyreg, concurrent.futures._base,\n'
                '          concurrent.futures.process, multiprocessing, multiprocessing.pool,\n'
                '          multiprocessing.process, concurrent.futures.Future, concurrent.futures.Executor,\n'
                '          concurrent.futures.ProcessPoolExecutor, multiprocessing.Process]\n'
                'for thing in things:\n'
                '    [getattr(thing, name) for name in list(vars(thing))]\n'         # 3.15 may have imported it lazily
                'before = [(thing, dict(vars(thing))) for thing in things]\n'
                'table = dict(copyreg.dispatch_table)\n'
                'import poolcompat\n'
                'poolcompat.ProcessPoolExecutor, poolcompat.Future, poolcompat.wait\n'
                'for thing, had in before:\n'
                '    for name, value in had.items():\n'
                '        if vars(thing).get(name) is not value:\n'
                '            print(getattr(thing, "__name__", thing), name)\n'
                'if table != copyreg.dispatch_table:\n'
                '    print("copyreg.dispatch_table")\n')
    assert out == []


def public_names(cls):
    return [name for name in dir(cls) if not name.startswith('_') or name in ('__enter__', '__exit__', '__init__')]


@pytest.mark.parametrize('name', public_names(concurrent.futures.ProcessPoolExecutor))
def test_no_method_falls_through_to_the_native_transport(name):
    """Looked for in the order of the classes, ours comes before the native ones."""
    ours = poolcompat.ProcessPoolExecutor
    for cls in ours.__mro__:
        if name in vars(cls):
            assert cls.__module__.startswith('poolcompat'), '%s is %s.%s' % (name, cls.__module__, cls.__name__)
            return
    raise AssertionError(name + ' is nowhere')


@pytest.mark.parametrize('name', public_names(concurrent.futures.Future))
def test_future_has_every_name(name):
    assert callable(getattr(poolcompat.Future, name))


@pytest.mark.parametrize('name', public_names(concurrent.futures.Executor))
def test_executor_has_every_name(name):
    assert callable(getattr(poolcompat.Executor, name))


def test_all_is_complete():
    """Every public name that the newest has and this release covers, and nothing private."""
    assert set(NAMES) <= set(poolcompat.__all__)
    assert len(set(poolcompat.__all__)) == len(poolcompat.__all__)
    for name in poolcompat.__all__:
        assert hasattr(poolcompat, name)
        assert not name.startswith('_') or name == '__version__'
    submodules = set(os.path.splitext(n)[0] for n in os.listdir(PACKAGE))
    public = set(name for name in dir(poolcompat) if not name.startswith('_'))
    public -= submodules | {'absolute_import', 'division', 'print_function'}
    assert public <= set(poolcompat.__all__)


@package_file
def test_private_names_of_the_native_pools_are_not_read(path):
    """_max_workers, _processes and _threads are read by third parties, and so are kept; no other one is relied on."""
    text = read(path)
    for name in ('_call_queue', '_result_queue', '_work_ids', '_pending_work_items', '_executor_manager_thread',
                 '_queue_management_thread', '_idle_worker_semaphore', '_shutdown_thread', '_global_shutdown',
                 '_threads_wakeups', '_threads_queues'):
        assert name not in text


def test_steps_of_the_model():
    """The labels that claims.py ties to steps are those of the model, all of them."""
    from poolcompat._engine import claims
    model = read(os.path.join(os.path.dirname(__file__), 'model', 'claims.pml'))
    labels = set(re.findall(r'^(?:#define )?([A-Z_]+)(?::|\(w\) .*->)', model, re.MULTILINE))
    assert labels == set(re.findall(r'^``([A-Z_]+)``', claims.__doc__, re.MULTILINE))
