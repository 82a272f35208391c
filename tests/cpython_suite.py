"""Runs CPython's own test_concurrent_futures against poolcompat.

    python tests/cpython_suite.py                                   the running interpreter's own suite
    python tests/cpython_suite.py --from /opt/py313/lib/python3.13  another interpreter's suite
    python tests/cpython_suite.py --native ...                      the same tests, the native classes
    python tests/cpython_suite.py -k killed -v ...                  some tests only, each one named

Nothing is copied: the test files are loaded from the standard library that they came with. They
are given an `__import__` of their own, under which `concurrent.futures` and its modules are
poolcompat's, and `test.support` is the running interpreter's with what it lacks filled in. That
holds wherever these files run: in the tests' process, in workers under every start method, and in
the programs that the shutdown tests start with `-c`.

Run are the parts about process pools, thread pools, futures, `wait` and `as_completed`; tests of
interpreter pools, which are the interpreter's own, are left out and counted.
`cpython_expected.py` lists by name the tests that
cannot pass, each with its reason, for example that it reads a private attribute of the native
pool. The list is exact: the exit status is 1 if a test fails that is not listed, and also if one
that is listed passes, is skipped, does not exist or fails in another way.

Python 2.7 has no such suite. Python 3's cannot be run on it: its syntax alone (`nonlocal`,
`super()`, keyword-only parameters) is an error there. But the `futures` backport is released with
the test that it took from Python 3, and that is what runs on 2.7. It is not installed, so fetch it:

    python2.7 -m pip download --no-deps --no-binary :all: -d . futures==3.4.0
    python2.7 tests/cpython_suite.py --from futures-3.4.0.tar.gz

How it works: the process that you start only supervises. A second one runs the tests and writes
down which it begins and how it ends; a test that takes longer than `--timeout` gets its threads'
stacks printed, is killed with everything that it started, counts as failed, and the rest goes on in a
new process. What the tests print is kept back, and shown with `-v` for those that fail.
"""
from __future__ import absolute_import, division, print_function

import json
import os
import re
import sys
import types
from importlib import import_module

# Only light imports up here: every worker that the tests start imports this file.

PY2 = sys.version_info < (3,)
IMPLICIT_LEVEL = -1 if PY2 else 0
HERE = os.path.dirname(os.path.abspath(__file__))

STUB = '''\
"""Stands before the standard library's package `test`: see cpython_suite.py."""
import sys
sys.path.insert(0, {here!r})
try:
    import cpython_suite
finally:
    sys.path.remove({here!r})
__path__ = cpython_suite.install({work!r})
'''

BOOT = 'import sys; sys.path.insert(0, {work!r}); import test; test.cpython_suite.{call}'


# ---- In every process: what the test files get when they import ----

OURS = {
    'concurrent.futures': 'poolcompat',
    'concurrent.futures._base': 'poolcompat',
    'concurrent.futures.process': 'poolcompat.process',
    'concurrent.futures.thread': 'poolcompat.thread',
    'concurrent.futures.interpreter': 'poolcompat.interpreter',
}

# What the test files import besides the public names. It stays the native modules' own, or an
# empty class where this interpreter has no such thing: only tests of internals use those.
# The interpreter pools' names are only needed to define the fixtures that are left out.
NATIVE = frozenset((
    'PENDING', 'RUNNING', 'CANCELLED', 'CANCELLED_AND_NOTIFIED', 'FINISHED', 'LOGGER',
    '_check_system_limits', '_ThreadWakeup', '_ExecutorManagerThread',
    'InterpreterPoolExecutor', 'BrokenInterpreterPool', 'cpu_count',
))

HELPERS = ('import_helper', 'threading_helper', 'hashlib_helper', 'os_helper', 'warnings_helper')

config = {}


class Futures(types.ModuleType):
    """`concurrent.futures` or one of its modules, as the test files see it."""

    def __getattr__(self, name):
        inner = self.__name__ + '.' + name
        if inner in OURS:
            return FACADES[inner]
        if name.startswith('__'):
            raise AttributeError(name)
        if name in NATIVE:
            try:
                return getattr(import_module(self.__name__), name)
            except (ImportError, AttributeError):
                return type(name, (object,), {})
        return getattr(import_module(OURS[self.__name__]), name)


class Support(types.ModuleType):
    """`test.support` or one of its helpers: a name is found in whichever of them has it here."""

    def __getattr__(self, name):
        inner = self.__name__ + '.' + name
        if inner in FACADES:
            return FACADES[inner]
        if name.startswith('__'):
            raise AttributeError(name)
        places = ['test.support.' + helper for helper in HELPERS]
        places.insert(0, 'test.support')
        places.insert(0, self.__name__)
        for place in places:
            try:
                found = getattr(import_module(place), name)
            except (ImportError, AttributeError):
                continue
            return _tolerant(found, SHIMS[name]) if callable(SHIMS.get(name)) else found
        try:
            return SHIMS[name]
        except KeyError:
            raise AttributeError('test.support of this interpreter has no %r, and %s no shim for it'
                                 % (name, __file__))


class Package(types.ModuleType):
    """`concurrent` or `test`."""

    def __getattr__(self, name):
        inner = self.__name__ + '.' + name
        if inner in FACADES:
            return FACADES[inner]
        if name.startswith('__'):
            raise AttributeError(name)
        return import_module(inner)


def _tolerant(helper, shim):
    """The helper, or the shim where this interpreter's helper lacks a newer parameter."""
    def call(*args, **kwargs):
        try:
            return helper(*args, **kwargs)
        except TypeError:
            return shim(*args, **kwargs)
    return call


def _decorator(*args, **kwargs):
    return lambda thing: thing


def _sleeping_retry(timeout, message=None, error=True):
    import time
    deadline = time.time() + timeout
    pause = 0.01
    while time.time() < deadline:
        yield
        time.sleep(pause)
        pause = min(1.0, pause * 2)
    if error:
        raise AssertionError('timed out after %s s: %s' % (timeout, message))


# What newer suites take from test.support and older interpreters lack there, or lack parameters of.
SHIMS = {
    'Py_GIL_DISABLED': False,
    'SHORT_TIMEOUT': 30.0,
    'LONG_TIMEOUT': 300.0,
    'check_sanitizer': lambda **kinds: False,
    'requires_gil_enabled': _decorator,
    'requires_fork': _decorator,
    'requires_hashdigest': _decorator,
    'requires_working_threading': _decorator,
    'skip_if_broken_multiprocessing_synchronize': lambda: None,
    'skip_if_sanitizer': _decorator,
    'sleeping_retry': _sleeping_retry,
}

FACADES = {}


def _make_facades():
    FACADES['test'] = Package('test')
    FACADES['test.support'] = Support('test.support')
    for helper in HELPERS:
        FACADES['test.support.' + helper] = Support('test.support.' + helper)
    if not config['native']:
        FACADES['concurrent'] = Package('concurrent')
        for name in OURS:
            FACADES[name] = Futures(name)


def _import(name, globals=None, locals=None, fromlist=(), level=IMPLICIT_LEVEL):
    if level <= 0 and name in FACADES:
        return FACADES[name if fromlist else name.partition('.')[0]]
    return __import__(name, globals, locals, fromlist, level)


def _builtins():
    names = dict(vars(import_module('__builtin__' if PY2 else 'builtins')))
    names['__import__'] = _import
    return names


class SuiteLoader(object):
    """Finds and loads the suite's own files, and nothing else."""

    def _locate(self, name):
        if name != config['name'] and not name.startswith(config['name'] + '.'):
            return None, False
        path = config['suite'] + name[len(config['name']):].replace('.', os.sep)
        for candidate in (path + '.py', os.path.join(path, '__init__.py')):
            if os.path.isfile(candidate):
                return candidate, candidate.startswith(path + os.sep)
        return None, False

    def find_spec(self, name, path=None, target=None):
        filename, package = self._locate(name)
        if filename is None:
            return None
        from importlib.machinery import ModuleSpec
        spec = ModuleSpec(name, self, origin=filename, is_package=package)
        spec.has_location = True
        if package:
            spec.submodule_search_locations.append(os.path.dirname(filename))
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        with open(module.__file__, 'rb') as source:
            code = compile(source.read(), module.__file__, 'exec', dont_inherit=True)
        names = module.__dict__
        names['__builtins__'] = _builtins()
        exec(code, names)
        if 'assert_python_ok' in names:
            names['assert_python_ok'] = _same_in_programs(names['assert_python_ok'])

    # For 2.7, which has no specs.

    def find_module(self, name, path=None):
        return self if self._locate(name)[0] else None

    def load_module(self, name):
        module = sys.modules[name] = types.ModuleType(name)
        module.__file__ = self._locate(name)[0]
        try:
            self.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        return module


def _same_in_programs(assert_python_ok):
    def wrapper(*args, **env_vars):
        args = list(args)
        if '-c' in args:
            at = args.index('-c') + 1
            args[at] = BOOT.format(work=config['work'], call='run_program(%r)' % (args[at],))
        return assert_python_ok(*args, **env_vars)
    return wrapper


def run_program(source):
    """Runs a test's `-c` program in __main__, with the imports that the test files have."""
    names = sys.modules['__main__'].__dict__
    names['__builtins__'] = _builtins()
    exec(compile(source, '<string>', 'exec', dont_inherit=True), names)


def install(work):
    """Prepares this process for the suite's files; the answer is where package `test` lies."""
    with open(os.path.join(work, 'config.json')) as f:
        config.update(json.load(f))
    for entry in config['path']:
        if entry not in sys.path:
            sys.path.append(entry)
    sys.meta_path.insert(0, SuiteLoader())
    _make_facades()
    return config['test_path']


# ---- In the process that runs the tests ----

def _write_event(*event):
    # One write, to a descriptor that no forked worker holds a buffer of.
    os.write(config['events_fd'], (json.dumps(event) + '\n').encode('ascii'))


def _test_name(test):
    try:
        return '%s.%s' % (type(test).__name__, test._testMethodName)
    except AttributeError:      # unittest's stand-in for a fixture of a module or class
        return str(test)


def _load_modules():
    names = [config['name']]
    if os.path.isdir(config['suite']):
        names = ['%s.%s' % (config['name'], entry[:-3])
                 for entry in sorted(os.listdir(config['suite']))
                 if entry.startswith('test_') and entry.endswith('.py')
                 and entry != 'test_interpreter_pool.py']
    for name in names:
        try:
            yield name, import_module(name)
        except Exception:
            import traceback
            _write_event('start', name)
            _write_event('end', name, 'failed', traceback.format_exc(), 0, False)


def _executors_under_test():
    package = import_module('concurrent.futures' if config['native'] else 'poolcompat')
    return package.ProcessPoolExecutor, package.ThreadPoolExecutor


def _collect():
    """The suite's tests that concern us, in its order, and the number of those left out."""
    import unittest
    loader = unittest.TestLoader()
    tests, left_out = [], 0
    for name, module in _load_modules():
        cases = [thing for thing in vars(module).values()
                 if isinstance(thing, type) and issubclass(thing, unittest.TestCase)
                 and thing.__module__ == name]
        for case in sorted(cases, key=lambda case: case.__name__):
            if any(other is not case and issubclass(other, case) for other in cases):
                continue
            executor = getattr(case, 'executor_type', None)
            here = [case(method) for method in loader.getTestCaseNames(case)]
            if executor is not None and executor.__name__ == 'InterpreterPoolExecutor':
                left_out += len(here)
            else:
                assert executor is None or executor in _executors_under_test(), executor
                tests += here
    return tests, left_out


def _make_result():
    import gc
    import time
    import unittest
    support = import_module('test.test_support' if PY2 else 'test.support')
    support.verbose = False

    class Result(unittest.TestResult):
        """Writes down each test as it begins and as it ends."""

        def startTest(self, test):
            unittest.TestResult.startTest(self, test)
            self.outcome, self.details = 'passed', []
            self.began = time.time()
            support.environment_altered = False
            _write_event('start', _test_name(test))

        def stopTest(self, test):
            unittest.TestResult.stopTest(self, test)
            if self.outcome == 'failed':
                gc.collect()        # the executor that the traceback held may end now
            _write_event('end', _test_name(test), self.outcome, '\n'.join(self.details),
                         round(time.time() - self.began, 2), support.environment_altered)

        def _failed(self, test, error):
            if not hasattr(test, '_testMethodName') and not hasattr(test, 'test_case'):
                _write_event('start', _test_name(test))     # setUpModule or its like
                _write_event('end', _test_name(test), 'failed',
                             self._exc_info_to_string(error, test), 0, False)
                return
            self.outcome = 'failed'
            self.details.append(self._exc_info_to_string(error, test))

        addError = addFailure = _failed

        def addSubTest(self, test, subtest, error):
            if error is not None:
                self._failed(subtest, error)

        def addSkip(self, test, reason):
            if self.outcome == 'passed':
                self.outcome = 'skipped'
            self.details.append(reason)

        def addUnexpectedSuccess(self, test):
            self.outcome = 'failed'
            self.details.append('expected to fail, but passed')

    return Result()


def run_tests():
    """Runs what config asks for, and appends each event to the file of events, a JSON list a line."""
    import unittest
    config['events_fd'] = os.open(os.path.join(config['work'], 'events'),
                                  os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        import resource
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    except (ImportError, ValueError):
        pass
    try:
        import faulthandler
        import signal
        faulthandler.enable()
        faulthandler.register(signal.SIGUSR1, all_threads=True)
    except (ImportError, AttributeError):
        pass        # 2.7 has no faulthandler, Windows no SIGUSR1: a hang is reported without stacks
    if not config['native']:
        import_module('poolcompat.process')
    tests, left_out = _collect()
    wanted = [test for test in tests if _selected(_test_name(test), config['patterns'])]
    _write_event('collected', [_test_name(test) for test in wanted], left_out)
    done = set(config['done'])
    suite = unittest.TestSuite(test for test in wanted if _test_name(test) not in done)
    suite.run(_make_result())
    _write_event('finished')


def _selected(name, patterns):
    from fnmatch import fnmatchcase
    return not patterns or any(
        fnmatchcase(name, pattern if '*' in pattern else '*%s*' % pattern)
        for pattern in patterns)


# ---- In the process that supervises ----

class Supervisor(object):
    """Starts processes that run the tests until all are done; keeps what they report."""

    def __init__(self, settings, timeout, watch):
        self.settings = settings
        self.work = settings['work']
        self.timeout = timeout
        self.watch = watch
        self.wanted = None
        self.left_out = 0
        self.done = {}          # name -> (outcome, detail, seconds, output)
        self.altered = []       # tests after which test.support found threads or processes
        self.problems = []      # what went wrong besides a test

    def run(self):
        self._prepare()
        while True:
            before = len(self.done)
            if self._run_process():
                return
            if len(self.done) == before:
                self.problems.append('the process that runs the tests ended without running any:\n'
                                     + self._output(0))
                return

    def _prepare(self):
        os.mkdir(os.path.join(self.work, 'test'))
        with open(os.path.join(self.work, 'test', '__init__.py'), 'w') as f:
            f.write(STUB.format(here=HERE, work=self.work))

    def _run_process(self):
        """Runs one process to its end; true when it has got through all of the tests."""
        import subprocess
        for name in ('events', 'output'):
            open(os.path.join(self.work, name), 'w').close()
        with open(os.path.join(self.work, 'config.json'), 'w') as f:
            json.dump(dict(self.settings, done=sorted(self.done)), f)
        self.current, self.finished, self.offset = None, False, 0
        group = {'preexec_fn': os.setsid} if hasattr(os, 'setsid') else {}
        with open(os.path.join(self.work, 'output'), 'ab') as output, \
                open(os.devnull, 'rb') as nothing, \
                open(os.path.join(self.work, 'events')) as self.events:
            process = subprocess.Popen(
                [sys.executable, '-c', BOOT.format(work=self.work, call='run_tests()')],
                stdin=nothing, stdout=output, stderr=output, cwd=self.work, **group)
            try:
                self._follow(process)
            finally:
                self._kill(process)
        return self.finished

    def _follow(self, process):
        import time
        self.since = time.time()
        while True:
            ended = process.poll() is not None
            self._read_events()
            if ended:
                break
            if time.time() - self.since > self.timeout:
                self._hung(process)
                return
            time.sleep(0.05)
        if self.current is not None:
            self._record(self.current, 'failed', 'the process that ran it ended with status %s'
                         % process.returncode, 0)
        elif process.returncode and self.finished:
            self.problems.append('the process that ran the tests ended with status %s'
                                 % process.returncode)
        if self.finished and hasattr(os, 'killpg'):
            self._look_for_orphans(process.pid)

    def _look_for_orphans(self, group):
        import time
        deadline = time.time() + 10
        while time.time() < deadline:
            try:
                os.killpg(group, 0)
            except OSError:
                return
            time.sleep(0.1)
        self.problems.append('processes were still there 10 s after the tests had ended')

    def _hung(self, process):
        import signal
        import time
        if not PY2 and hasattr(signal, 'SIGUSR1'):
            process.send_signal(signal.SIGUSR1)
            time.sleep(1)
        if self.current is None:
            self.problems.append('between tests nothing happened for %g s:\n%s'
                                 % (self.timeout, _indented(self._output(self.offset))))
        else:
            self._record(self.current, 'failed', 'hung: not ended after %g s\n%s'
                         % (self.timeout, self._output(self.offset)), self.timeout)

    def _kill(self, process):
        import signal
        try:
            if hasattr(os, 'killpg'):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        except OSError:
            pass
        process.wait()

    def _read_events(self):
        import time
        while True:
            position = self.events.tell()
            line = self.events.readline()
            if not line.endswith('\n'):
                self.events.seek(position)
                return
            self.since = time.time()
            event = json.loads(line)
            kind, values = event[0], event[1:]
            if kind == 'collected' and self.wanted is None:
                self.wanted, self.left_out = values
            elif kind == 'start':
                self.current = values[0]
                self.offset = os.path.getsize(os.path.join(self.work, 'output'))
            elif kind == 'end':
                name, outcome, detail, seconds, altered = values
                if altered:
                    self.altered.append(name)
                self._record(name, outcome, detail, seconds)
                self.offset = os.path.getsize(os.path.join(self.work, 'output'))
            elif kind == 'finished':
                self.finished = True

    def _record(self, name, outcome, detail, seconds):
        self.current = None
        self.done[name] = outcome, detail, seconds, self._output(self.offset)
        self.watch(name, outcome, seconds)

    def _output(self, offset):
        with open(os.path.join(self.work, 'output'), 'rb') as f:
            f.seek(offset)
            return f.read().decode('utf-8', 'replace')


def _standard_test_path():
    """Where the running interpreter's own package `test` lies, or None."""
    try:
        import test
        import test.support
    except ImportError:
        return None
    return os.path.dirname(os.path.abspath(test.__file__))


def _find_suite(given, work):
    """(version, module's name, path without extension) of the suite to run; exits if there is none."""
    version = '%d.%d' % sys.version_info[:2]
    if given is None:
        folder = _standard_test_path()
        if PY2:
            sys.exit('Python 2.7 has no suite of its own; --from futures-3.4.0.tar.gz runs the '
                     "backport's.\nTo get it: python2.7 -m pip download --no-deps "
                     '--no-binary :all: -d . futures==3.4.0')
        if folder is None:
            sys.exit('This interpreter was installed without its package "test".')
    elif given.endswith('.tar.gz'):
        import tarfile
        with tarfile.open(given) as archive:
            for member in archive.getmembers():
                if os.path.basename(member.name) == 'test_futures.py':
                    with open(os.path.join(work, 'test_futures.py'), 'wb') as f:
                        f.write(archive.extractfile(member).read())
        folder = work
    else:
        folder = os.path.abspath(given)
        found = re.findall(r'[Pp]ython-?(\d)\.?(\d+)', folder)
        if found:
            version = '.'.join(found[-1])
        if os.path.isdir(os.path.join(folder, 'test')):
            folder = os.path.join(folder, 'test')
    if os.path.isfile(os.path.join(folder, 'test_futures.py')):
        return 'futures', 'test_futures', os.path.join(folder, 'test_futures')
    path = os.path.join(folder, 'test_concurrent_futures')
    if not os.path.isdir(path) and not os.path.isfile(path + '.py'):
        sys.exit('There is no test_concurrent_futures in %s. An interpreter that was installed '
                 "without it can run another's: see --from." % folder)
    return version, 'test.test_concurrent_futures', path


def _library_path(native):
    """sys.path for the tests' processes: with poolcompat, and without this script's folder."""
    path = [entry for entry in sys.path if os.path.abspath(entry or '.') != HERE]
    if not native:
        whole, sys.path = sys.path, path
        try:
            import poolcompat  # noqa: F401
        except ImportError:
            path.insert(0, os.path.dirname(HERE))
        finally:
            sys.path = whole
    return [os.path.abspath(entry or '.') for entry in path]


def main(arguments=None):
    import argparse
    import shutil
    import tempfile
    parser = argparse.ArgumentParser(
        description="Run CPython's own test_concurrent_futures against poolcompat.")
    parser.add_argument('--from', dest='given', metavar='DIR',
                        help="another interpreter's standard library, as .../lib/python3.13; "
                             'or the sdist of the futures backport')
    parser.add_argument('-k', dest='patterns', metavar='PATTERN', action='append', default=[],
                        help='only tests whose Class.method contains or, with *, matches this')
    parser.add_argument('--native', action='store_true',
                        help="test the interpreter's own classes, for comparison")
    parser.add_argument('--timeout', type=float, default=120, metavar='SECONDS',
                        help='a test that takes longer is killed (default: %(default)s)')
    parser.add_argument('-v', '--verbose', action='store_true',
                        help='name each test, show what the failed ones printed')
    options = parser.parse_args(arguments)

    work = os.path.realpath(tempfile.mkdtemp(prefix='cpython-suite-'))
    try:
        version, name, suite = _find_suite(options.given, work)
        settings = {
            'work': work, 'name': name, 'suite': suite, 'native': options.native,
            'patterns': options.patterns, 'path': _library_path(options.native),
            'test_path': [_standard_test_path() or os.path.dirname(suite)],
        }
        supervisor = Supervisor(settings, options.timeout, _watch(options.verbose))
        supervisor.run()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return report(supervisor, version, options)


def say(text=''):
    # Whatever the tests print and whatever the terminal's encoding.
    sys.stdout.write(text.encode('ascii', 'backslashreplace').decode('ascii') + '\n')
    sys.stdout.flush()


def _watch(verbose):
    def show(name, outcome, seconds):
        if verbose:
            say('%-7s %6.1f s  %s' % (outcome, seconds, name))
        elif sys.stderr.isatty():
            sys.stderr.write('\r\033[K' + name[:70])
    return show


def report(supervisor, version, options):
    """Prints what came out and how it differs from what is listed; the answer is the exit status."""
    from cpython_expected import ROWS, TIMED, expected_failures
    done = supervisor.done
    listed = {}
    if not options.native:
        for rows in ROWS, TIMED:
            for name, reason, piece in expected_failures(rows, version, sys.version_info[:2]):
                if _selected(name, options.patterns) and (rows is ROWS or done.get(name, ' ')[0] == 'failed'):
                    listed[name] = reason, piece
    if sys.stderr.isatty() and not options.verbose:
        sys.stderr.write('\r\033[K')

    wrong = []
    failed = sorted(name for name in done if done[name][0] == 'failed'
                    and not (name in listed and listed[name][1] in done[name][1]))
    for name in failed:
        outcome, detail, seconds, output = done[name]
        say('FAILED %s\n%s\n' % (name, _indented(detail)))
        if options.verbose and output.strip() and output not in detail:
            say('  It printed:\n%s\n' % _indented(output))
    as_listed = 0
    for name in sorted(listed):
        outcome = done[name][0] if name in done else None
        if outcome == 'failed':
            if name in failed:
                continue
            as_listed += 1
            if options.verbose:
                say('failed as listed: %s\n%s' % (name, _indented(listed[name][0])))
        else:
            wrong.append('%s is listed as a failure, but %s.'
                         % (name, 'was ' + outcome if outcome == 'skipped' else
                            outcome or 'does not exist'))
    for name in supervisor.wanted or ():
        if name not in done:
            wrong.append('%s was not run.' % name)
    if not supervisor.wanted:
        wrong.append('No test was found.')
    for line in wrong + supervisor.problems:
        say('WRONG %s\n' % line)
    if options.verbose and supervisor.altered:
        say('Threads or processes were left by:\n%s\n'
            % _indented('\n'.join(sorted(supervisor.altered))))

    outcomes = [outcome for outcome, _, _, _ in done.values()]
    say("%s's suite on Python %s, %s: %d tests%s, %d of interpreter pools left out"
        % ('futures' if version == 'futures' else 'Python ' + version,
           '.'.join(map(str, sys.version_info[:3])),
           'native classes' if options.native else 'poolcompat',
           len(done),
           ', %d failed as listed' % as_listed if listed else '',
           supervisor.left_out))
    say('%d passed, %d failed, %d skipped'
        % (outcomes.count('passed'), len(failed), outcomes.count('skipped')))
    return 1 if failed or wrong or supervisor.problems else 0


def _indented(text):
    return '\n'.join('  ' + line for line in text.strip().splitlines())


if __name__ == '__main__':
    sys.exit(main())
