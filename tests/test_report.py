"""``python -m poolcompat``: what it says, and that it says it whatever the system refuses."""
from __future__ import absolute_import, division, print_function

import io
import json
import os
import re
import subprocess
import sys
import types

import pytest

import poolcompat
from poolcompat import __main__ as program
from poolcompat import _checks, _features, _report

from tests import support

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def run(*arguments, **environ):
    """The exit status and the output of ``python -m poolcompat``."""
    path = os.pathsep.join(support.ROOTS + [os.environ.get('PYTHONPATH', '')]).rstrip(os.pathsep)
    process = subprocess.Popen([sys.executable, '-m', 'poolcompat'] + list(arguments), stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, universal_newlines=True,
                               env=dict(os.environ, PYTHONPATH=path, **environ))
    output = process.communicate()[0]
    return process.returncode, output


# -- the table of features -------------------------------------------------------------------------------------------

def test_readme_has_the_same_table():
    with io.open(os.path.join(ROOT, 'README.md'), encoding='utf-8') as stream:
        table = stream.read().partition('| Native since | What | CPython issue |\n|---|---|---|\n')[2].partition('\n\n')[0]
    rows = [tuple(cell.strip() for cell in line.strip('|').split('|')) for line in table.splitlines()]
    assert rows == [('%d.%d' % feature.since + ('' if feature.how else ', not before'), feature.what, feature.issue)
                    for feature in _features.FEATURES]


@pytest.mark.parametrize('feature', _features.FEATURES, ids=lambda feature: feature.what)
def test_here(feature):
    expected = 'native' if sys.version_info >= feature.since else 'none' if feature.how is None else 'filled'
    assert _features.here(feature) == expected


# -- the report ------------------------------------------------------------------------------------------------------

def test_text():
    status, output = run()
    assert status == 0, output
    assert poolcompat.__version__ in output.splitlines()[0]
    assert '%d.%d.' % sys.version_info[:2] in output.splitlines()[1]
    for feature in _features.FEATURES:
        assert re.search('^%d.%d +(native|filled|not to be had) +%s' % (
            feature.since + (re.escape(feature.what.replace('`', '')),)), output, re.MULTILINE)
    for name in ['threads', 'semaphores'] + support.START_METHODS:
        assert re.search('^%s +works' % name, output, re.MULTILINE)


def test_json():
    status, output = run('--json')
    report = json.loads(output)
    assert status == 0
    assert report['poolcompat']['version'] == poolcompat.__version__
    assert report['python']['executable'] == sys.executable
    assert sorted(report['start_methods']['all']) == sorted(support.START_METHODS)
    assert report['start_methods']['default'] == poolcompat.get_context().get_start_method()
    assert [feature['what'] for feature in report['features']] == [feature.what for feature in _features.FEATURES]
    assert [check['name'] for check in report['checks']] == ['threads', 'semaphores'] + report['start_methods']['all']
    assert set(check['outcome'] for check in report['checks']) == set(['works'])


def test_unknown_option():
    status, output = run('--jsn')
    assert status == 2 and '--jsn' in output


def test_rule_of_the_cpus(monkeypatch):
    monkeypatch.delenv('PYTHON_CPU_COUNT', raising=False)
    assert _report.facts()['cpus']['rule'] in ('all that the machine has', 'those that this process may run on')
    monkeypatch.setattr(_report, 'cpu_count', lambda: -1)
    assert _report.facts()['cpus']['rule'] == 'those that this process may run on'


def test_rule_of_the_cpus_that_are_told():
    code = 'from poolcompat import _report; print(_report.facts()["cpus"])'
    path = os.pathsep.join(support.ROOTS + [os.environ.get('PYTHONPATH', '')]).rstrip(os.pathsep)
    told = subprocess.check_output([sys.executable, '-c', code], universal_newlines=True,
                                   env=dict(os.environ, PYTHONPATH=path, PYTHON_CPU_COUNT='77'))
    assert "'count': 77" in told and "'rule': 'PYTHON_CPU_COUNT'" in told


def test_text_of_a_failure():
    report = _report.facts()
    report['checks'] = [_checks.Outcome('fork', 'fails', 1.5, u'OSError: \u20ac', 'Look there.')._asdict()]
    assert _report.text_of(report).splitlines()[-2:] == [
        u'fork         fails  1.50 s  OSError: \u20ac', ' ' * 13 + 'Look there.']


def test_what_a_terminal_cannot_show(monkeypatch, capsys):
    monkeypatch.setattr(_checks, 'names', lambda: ['fork'])
    monkeypatch.setattr(_checks, 'run', lambda name, limit: _checks.Outcome(name, 'fails', 0, u'\u20ac', 'Look there.'))
    assert _report.main([]) == 1
    assert '\\u20ac' in capsys.readouterr()[0]


# -- what the system refuses -----------------------------------------------------------------------------------------

REFUSING_FORK = '''
def fork():
    raise OSError(errno.EAGAIN, 'Resource temporarily unavailable')
os.fork = fork
'''

HANGING_FORK = '''
import threading
os.fork = lambda: threading.Event().wait(1000)
'''

ABORTING_FORK = '''
os.fork = os.abort
'''

NO_SEMAPHORES = '''
import _multiprocessing
class SemLock(object):
    SEM_VALUE_MAX = 1
    def __init__(self, *args, **kwargs):
        raise OSError(errno.ENOSYS, 'Function not implemented')
_multiprocessing.SemLock = SemLock
'''

REFUSING_THREADS = '''
try:
    import _thread
except ImportError:
    import thread as _thread
def start(*args, **kwargs):
    raise RuntimeError("can't start new thread")
_thread.start_new_thread = _thread.start_joinable_thread = start
'''


@pytest.fixture
def sabotage(monkeypatch, tmpdir):
    """Have every interpreter that is started from now on run this code first."""
    def begin(code):
        tmpdir.join('sitecustomize.py').write('import errno, os\n' + code)
        monkeypatch.setenv('PYTHONPATH', os.pathsep.join([str(tmpdir), os.environ.get('PYTHONPATH', '')]).rstrip(os.pathsep))
    return begin


def check(name, limit=support.GUARD):
    outcome = _checks.run(name, limit)
    assert outcome.name == name
    return outcome


def assert_works(name):
    outcome = check(name)
    assert (outcome.outcome, outcome.detail, outcome.advice) == ('works', '', '')


@pytest.mark.parametrize('name', ['threads', 'semaphores'] + support.START_METHODS)
def test_works(name):
    assert_works(name)


def test_fork_is_refused(sabotage):
    sabotage(REFUSING_FORK)
    outcome = check('fork')
    assert outcome.outcome == 'fails'
    assert 'could not be started' in outcome.detail and 'Resource temporarily unavailable' in outcome.detail
    assert 'refuses a new process' in outcome.advice and 'spawn' in outcome.advice


def test_fork_hangs(sabotage):
    sabotage(HANGING_FORK)
    outcome = check('fork', limit=3)
    assert (outcome.outcome, outcome.detail) == ('hangs', 'not done after 3 seconds')
    assert 'sandbox' in outcome.advice


def test_fork_kills(sabotage):
    sabotage(ABORTING_FORK)
    outcome = check('fork')
    assert (outcome.outcome, outcome.detail) == ('fails', 'the process of the check ended with SIGABRT')


def test_no_semaphores(sabotage):
    sabotage(NO_SEMAPHORES)
    outcome = check('semaphores')
    assert outcome.outcome == 'fails' and 'Function not implemented' in outcome.detail
    assert '/dev/shm' in outcome.advice
    for name in support.START_METHODS:      # as the advice says
        assert_works(name)


def test_threads_are_refused(sabotage):
    sabotage(REFUSING_THREADS)
    outcome = check('threads')
    assert outcome.outcome == 'fails' and "can't start new thread" in outcome.detail
    assert 'refuses a new thread' in outcome.advice
    assert check('fork').outcome == 'fails'


def test_nothing_can_be_started(monkeypatch, tmpdir):
    monkeypatch.setattr(sys, 'executable', str(tmpdir.join('python')))
    outcome = check('threads')
    assert outcome.outcome == 'fails' and 'could not be tried' in outcome.detail
    assert 'refuses a new process' in outcome.advice


# -- the subcommand --------------------------------------------------------------------------------------------------

def test_migrate(monkeypatch):
    stand_in = types.ModuleType('poolcompat.migrate')
    stand_in.main = lambda arguments=None: [7, arguments]
    monkeypatch.setitem(sys.modules, 'poolcompat.migrate', stand_in)
    assert program.main(['migrate', '--check', 'file.py']) == [7, ['--check', 'file.py']]
