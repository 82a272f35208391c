"""CONTRACT.md, Signatures: what can be passed, and what is said where it cannot."""
from __future__ import absolute_import, division, print_function

import inspect
import multiprocessing
import os
import sys

import pytest

import poolcompat

from tests import support, tasks
from tests.bindings import ALL, Fork, Native, NativeNames, Portable, bind

try:
    from shutil import which
except ImportError:
    from distutils.spawn import find_executable as which


# -- signatures as inspect shows them --------------------------------------------------------------------------------

SIGNATURES = [
    ('ProcessPoolExecutor', '(max_workers=None, mp_context=None, initializer=None, initargs=(), *, '
                            'max_tasks_per_child=None)'),
    ('ProcessPoolExecutor.submit', '(self, fn, /, *args, **kwargs)'),
    ('ProcessPoolExecutor.map', '(self, fn, *iterables, timeout=None, chunksize=1, buffersize=None)'),
    ('ProcessPoolExecutor.shutdown', '(self, wait=True, *, cancel_futures=False)'),
    ('ProcessPoolExecutor.terminate_workers', '(self)'),
    ('ProcessPoolExecutor.kill_workers', '(self)'),
    ('ThreadPoolExecutor', "(max_workers=None, thread_name_prefix='', initializer=None, initargs=())"),
    ('ThreadPoolExecutor.submit', '(self, fn, /, *args, **kwargs)'),
    ('ThreadPoolExecutor.map', '(self, fn, *iterables, timeout=None, chunksize=1, buffersize=None)'),
    ('ThreadPoolExecutor.shutdown', '(self, wait=True, *, cancel_futures=False)'),
    ('Executor.submit', '(self, fn, /, *args, **kwargs)'),
    ('Executor.map', '(self, fn, *iterables, timeout=None, chunksize=1, buffersize=None)'),
    ('Executor.shutdown', '(self, wait=True, *, cancel_futures=False)'),
    ('wait', "(fs, timeout=None, return_when='ALL_COMPLETED')"),
    ('as_completed', '(fs, timeout=None)'),
    ('Future.result', '(self, timeout=None)'),
    ('Future.exception', '(self, timeout=None)'),
    ('Future.add_done_callback', '(self, fn)'),
    ('get_context', '(method=None)'),
    ('cpu_count', '()'),
]


def find(dotted, root=poolcompat):
    for name in dotted.split('.'):
        root = getattr(root, name)
    return root


if hasattr(inspect, 'signature'):       # from 3.3
    @pytest.mark.parametrize('name, expected', SIGNATURES)
    def test_signature(name, expected):
        assert str(inspect.signature(find(name))) == expected

    @pytest.mark.parametrize('name', [name for name, _ in SIGNATURES if hasattr(NativeNames(), name.split('.')[0])])
    def test_signature_has_what_native_has(name):
        try:
            native = find(name, NativeNames())
        except AttributeError:
            assert name.split('.')[1] in ('terminate_workers', 'kill_workers') and sys.version_info < (3, 14)
            return
        ours = inspect.signature(find(name)).parameters
        for parameter in inspect.signature(native).parameters.values():
            if parameter.name in ('self', 'ctxkwargs'):     # the latter, from 3.14 on, is InterpreterPoolExecutor's
                continue
            if sys.version_info < (3, 9):
                assert parameter.name in ours or parameter.name == 'args'
            else:
                assert ours[parameter.name].default == parameter.default
                assert ours[parameter.name].kind == parameter.kind


# -- keywords --------------------------------------------------------------------------------------------------------

class KeywordCases(object):
    """What cannot be bound is a TypeError in the newest interpreter's words, with the qualified name."""

    def expect(self, text, function, *args, **kwargs):
        with pytest.raises(TypeError) as caught:
            function(*args, **kwargs)
        assert str(caught.value).startswith(text)

    def test_constructor_keyword(self):
        self.expect("ProcessPoolExecutor.__init__() got an unexpected keyword argument 'max_worker'",
                    self.lib.ProcessPoolExecutor, max_worker=2)

    def test_constructor_keyword_only(self):
        with pytest.raises(TypeError):
            self.lib.ProcessPoolExecutor(1, None, None, (), 5)

    def test_constructor_twice(self):
        self.expect("ProcessPoolExecutor.__init__() got multiple values for argument 'max_workers'",
                    self.lib.ProcessPoolExecutor, 1, max_workers=1)

    def test_submit_nothing(self):
        self.expect("ProcessPoolExecutor.submit() missing 1 required positional argument: 'fn'",
                    self.executor().submit)

    def test_submit_fn_by_keyword(self):
        self.expect("ProcessPoolExecutor.submit() missing 1 required positional argument: 'fn'",
                    self.executor().submit, fn=tasks.noop)

    def test_map_nothing(self):
        self.expect("ProcessPoolExecutor.map() missing 1 required positional argument: 'fn'", self.executor().map)

    @pytest.mark.parametrize('word', ['timout', 'chunk_size', 'buffer', 'initializer'])
    def test_map_keyword(self, word):
        self.expect("ProcessPoolExecutor.map() got an unexpected keyword argument '%s'" % word,
                    self.executor().map, tasks.square, [1], **{word: 3})

    def test_map_fn_twice(self):
        self.expect("ProcessPoolExecutor.map() got multiple values for argument 'fn'",
                    self.executor().map, tasks.square, [1], fn=tasks.square)

    @pytest.mark.parametrize('word', ['wiat', 'cancel', 'timeout'])
    def test_shutdown_keyword(self, word):
        self.expect("ProcessPoolExecutor.shutdown() got an unexpected keyword argument '%s'" % word,
                    self.executor().shutdown, **{word: True})

    def test_shutdown_keyword_only(self):
        with pytest.raises(TypeError):
            self.executor().shutdown(True, True)

    def test_shutdown_twice(self):
        self.expect("ProcessPoolExecutor.shutdown() got multiple values for argument 'wait'",
                    self.executor().shutdown, True, wait=True)

    def test_misspelt_call_does_nothing(self):
        executor = self.executor()
        with pytest.raises(TypeError):
            executor.shutdown(wiat=False)
        assert executor.submit(tasks.square, 4).result() == 16


class OurKeywordCases(KeywordCases):
    """What the newest has and this one may not."""

    @pytest.mark.parametrize('name', ['terminate_workers', 'kill_workers'])
    def test_workers_keyword(self, name):
        with pytest.raises(TypeError) as caught:
            getattr(self.executor(), name)(wait=True)
        assert "%s() got an unexpected keyword argument 'wait'" % name in str(caught.value)

    def test_base_class_keyword(self):
        base = self.lib.Executor()
        self.expect("Executor.map() got an unexpected keyword argument 'timout'", base.map, tasks.square, [1], timout=3)
        self.expect("Executor.shutdown() got an unexpected keyword argument 'wiat'", base.shutdown, wiat=3)
        self.expect("Executor.submit() missing 1 required positional argument: 'fn'", base.submit, fn=3)
        with pytest.raises(NotImplementedError):
            base.submit(tasks.noop)
        assert base.shutdown(wait=True, cancel_futures=True) is None

    @pytest.mark.parametrize('name', ['wait', 'as_completed'])
    def test_function_keyword(self, name):
        with pytest.raises(TypeError) as caught:
            for _ in getattr(self.lib, name)([], timout=3):
                pass
        assert "%s() got an unexpected keyword argument 'timout'" % name in str(caught.value)

    def test_subclass_keeps_the_name_of_the_function(self):
        class Mine(self.lib.ProcessPoolExecutor):
            pass
        self.expect("ProcessPoolExecutor.__init__() got an unexpected keyword argument 'max_worker'",
                    Mine, max_worker=2)


bind(globals(), OurKeywordCases, [Fork])
if sys.version_info >= (3, 10):         # the first with qualified names in these messages
    bind(globals(), KeywordCases, [Native])


# -- positional-only -------------------------------------------------------------------------------------------------

class ArgumentCases(object):

    def test_every_keyword_reaches_the_function(self):
        words = dict.fromkeys(['self', 'fn', 'args', 'kwargs', 'executor', 'timeout', 'wait', 'function', 'cls'], 1)
        assert self.executor().submit(tasks.capture, 1, **words).result() == ((1,), words)

    def test_no_arguments(self):
        assert self.executor().submit(tasks.capture).result() == ((), {})

    def test_unbound_call(self):
        executor = self.executor()
        future = self.lib.ProcessPoolExecutor.submit(executor, tasks.capture, 1, self=2, fn=3)
        assert future.result() == ((1,), {'self': 2, 'fn': 3})

    def test_arguments_are_taken_at_once(self):
        """What is done to the keyword dictionary after the call does not matter."""
        words = {'a': 1}
        future = self.executor().submit(tasks.capture, **words)
        words['a'] = 2
        assert future.result() == ((), {'a': 1})

    def test_map_by_keyword(self):
        assert list(self.executor().map(fn=tasks.noop)) == []

    def test_constructor_positional(self):
        context = self.ctx
        executor = self.lib.ProcessPoolExecutor(1, context, tasks.initialise, ('a',))
        with executor:
            assert executor.submit(tasks.initialised).result()[1] == [('a',)]


bind(globals(), ArgumentCases, [Fork, Portable, Native])


# -- validation ------------------------------------------------------------------------------------------------------

class ValidationBase(object):

    def expect(self, error, text, *args, **kwargs):
        with pytest.raises(error) as caught:
            self.lib.ProcessPoolExecutor(*args, **kwargs)
        assert str(caught.value) == text


class ValidationCases(ValidationBase):
    """The reference's checks in its words; nothing is started for them."""

    @pytest.mark.parametrize('number', [0, -1])
    def test_max_workers(self, number):
        self.expect(ValueError, 'max_workers must be greater than 0', number)

    def test_more_workers_than_windows_can_wait_for(self):
        if sys.platform == 'win32':
            self.expect(ValueError, 'max_workers must be <= 61', 62)
        else:
            assert self.executor(62)._max_workers == 62

    @pytest.mark.parametrize('wrong', [5, 'name', ()])
    def test_initializer(self, wrong):
        self.expect(TypeError, 'initializer must be a callable', 1, initializer=wrong)

    def test_chunksize(self):
        for number in 0, -1:
            with pytest.raises(ValueError) as caught:
                self.executor().map(tasks.square, [1], chunksize=number)
            assert str(caught.value) == 'chunksize must be >= 1.'

    def test_max_workers_is_kept(self):
        assert self.executor(3)._max_workers == 3


class TaskLimitCases(ValidationBase):
    """max_tasks_per_child: natively from 3.11."""

    @pytest.mark.parametrize('wrong', [1.5, 'x', (), object()])
    def test_not_an_integer(self, wrong):
        self.expect(TypeError, 'max_tasks_per_child must be an integer', 1, mp_context=self.ctx,
                    max_tasks_per_child=wrong)

    @pytest.mark.parametrize('wrong', [0, -1])
    def test_less_than_one(self, wrong):
        self.expect(ValueError, 'max_tasks_per_child must be >= 1', 1, mp_context=self.ctx, max_tasks_per_child=wrong)

    def test_fork(self):
        self.expect(ValueError, "max_tasks_per_child is incompatible with the 'fork' multiprocessing start method; "
                                'supply a different mp_context.', 1, mp_context=self.ctx, max_tasks_per_child=2)


class BufferCases(object):
    """buffersize: natively from 3.14."""

    @pytest.mark.parametrize('wrong', ['x', 1.5, [1]])
    def test_not_an_integer(self, wrong):
        with pytest.raises(TypeError) as caught:
            self.executor().map(tasks.square, [1], buffersize=wrong)
        assert str(caught.value) == 'buffersize must be an integer or None'

    @pytest.mark.parametrize('wrong', [0, -1])
    def test_less_than_one(self, wrong):
        with pytest.raises(ValueError) as caught:
            self.executor().map(tasks.square, [1], buffersize=wrong)
        assert str(caught.value) == 'buffersize must be None or > 0'

    def test_said_at_the_call_and_nothing_consumed(self):
        items = iter([1, 2, 3])
        with pytest.raises(ValueError):
            self.executor().map(tasks.square, items, buffersize=0)
        assert next(items) == 1


bind(globals(), ValidationCases, [Fork, Native])
bind(globals(), TaskLimitCases, [Fork] + ([Native] if sys.version_info >= (3, 11) else []))
bind(globals(), BufferCases, [Fork] + ([Native] if sys.version_info >= (3, 14) else []))


# -- defaults --------------------------------------------------------------------------------------------------------

def test_cpu_count():
    count = poolcompat.cpu_count()
    assert count >= 1
    if hasattr(os, 'process_cpu_count'):
        assert count == os.process_cpu_count()
    elif hasattr(os, 'sched_getaffinity'):
        assert count == len(os.sched_getaffinity(0))


@pytest.mark.skipif(not os.path.exists('/proc/self/status'), reason='the affinity is read from /proc here')
def test_cpu_count_is_the_affinity():
    with open('/proc/self/status') as f:
        ranges = [line.split()[1] for line in f if line.startswith('Cpus_allowed_list')][0]
    number = sum(int(r.split('-')[-1]) - int(r.split('-')[0]) + 1 for r in ranges.split(','))
    assert poolcompat.cpu_count() == number


@pytest.mark.skipif(not which('taskset'), reason='needs the taskset program to narrow the affinity')
def test_cpu_count_under_taskset():
    import subprocess
    code = ('import sys; sys.path[:0] = %r; import poolcompat; '
            'print(poolcompat.cpu_count(), poolcompat.ProcessPoolExecutor()._max_workers)' % (sys.path,))
    with open('/proc/self/status') as f:
        first = [line.split()[1] for line in f if line.startswith('Cpus_allowed_list')][0].split(',')[0].split('-')[0]
    out = subprocess.check_output(['taskset', '-c', first, sys.executable, '-c', code]).decode()
    assert out.replace('(', '').replace(')', '').replace(',', '').split() == ['1', '1']


class DefaultCases(object):

    def test_max_workers(self):
        assert self.lib.ProcessPoolExecutor()._max_workers == poolcompat.cpu_count()

    if hasattr(multiprocessing, 'get_all_start_methods'):       # from 3.4
        @pytest.mark.parametrize('method', multiprocessing.get_all_start_methods())
        def test_start_method_is_honoured(self, method, monkeypatch):
            monkeypatch.setattr(tasks, 'INHERITED', True)
            before = multiprocessing.get_start_method(allow_none=True)
            multiprocessing.set_start_method(method, force=True)
            try:
                with self.lib.ProcessPoolExecutor(1) as executor:
                    assert executor.submit(tasks.how_started, os.getpid()).result() == method
            finally:
                multiprocessing.set_start_method(before, force=True)

    def test_default_start_method(self, monkeypatch):
        monkeypatch.setattr(tasks, 'INHERITED', True)
        method = multiprocessing.get_start_method() if hasattr(multiprocessing, 'get_start_method') else 'fork'
        with self.lib.ProcessPoolExecutor(1) as executor:
            assert executor.submit(tasks.how_started, os.getpid()).result() == method


class DefaultWithLimitCases(object):

    def test_start_method(self, monkeypatch):
        monkeypatch.setattr(tasks, 'INHERITED', True)
        with self.lib.ProcessPoolExecutor(1, max_tasks_per_child=5) as executor:
            assert executor.submit(tasks.how_started, os.getpid()).result() == 'spawn'


bind(globals(), DefaultCases, [Fork] + ([Native] if sys.version_info >= (3, 13) else []))
bind(globals(), DefaultWithLimitCases, [Fork] + ([Native] if sys.version_info >= (3, 11) else []))


# -- contexts --------------------------------------------------------------------------------------------------------

def test_get_context_default():
    context = poolcompat.get_context()
    for name in ('Process', 'Lock', 'RLock', 'Event', 'Condition', 'Semaphore', 'BoundedSemaphore', 'Queue',
                 'JoinableQueue', 'Value', 'Array', 'RawValue', 'RawArray', 'Manager', 'Pipe', 'Pool', 'cpu_count',
                 'active_children', 'current_process', 'get_logger', 'log_to_stderr', 'freeze_support'):
        assert callable(getattr(context, name)), name
    for name in 'TimeoutError', 'ProcessError', 'AuthenticationError', 'BufferTooShort':
        assert issubclass(getattr(context, name), Exception), name


def test_get_context_unknown():
    with pytest.raises(ValueError) as caught:
        poolcompat.get_context('nonsense')
    assert 'nonsense' in str(caught.value)


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='there is no fork here')
def test_get_context_fork():
    assert poolcompat.get_context('fork').get_start_method() == 'fork'


def test_get_context_spawn():
    context = poolcompat.get_context('spawn')
    assert context.get_start_method() == 'spawn'
    assert 'spawn' in support.START_METHODS
    assert context.get_context('spawn') is context


def test_get_context_forkserver():
    if 'forkserver' in support.START_METHODS:
        assert poolcompat.get_context('forkserver').get_start_method() == 'forkserver'
    else:
        with pytest.raises(ValueError) as caught:
            poolcompat.get_context('forkserver')
        assert 'forkserver' in str(caught.value)


if hasattr(multiprocessing, 'get_context'):
    @pytest.mark.parametrize('method', multiprocessing.get_all_start_methods())
    def test_native_context_is_taken(method):
        with poolcompat.ProcessPoolExecutor(1, multiprocessing.get_context(method)) as executor:
            assert executor.submit(tasks.square, 3).result() == 9


class ContextCases(object):

    def test_start_method_of_the_workers(self, monkeypatch):
        monkeypatch.setattr(tasks, 'INHERITED', True)
        assert self.executor().submit(tasks.how_started, os.getpid()).result() == self.method


bind(globals(), ContextCases, ALL)
