"""CONTRACT.md, Identity: what ours is, as seen by code written for the interpreter's own."""
from __future__ import absolute_import, division, print_function

import concurrent.futures
import concurrent.futures.process
import sys

import pytest
from six.moves import builtins

import poolcompat

from tests import tasks
from tests.bindings import ALL, Fork, Native, Portable, bind

BUILTIN_TIMEOUT = getattr(builtins, 'TimeoutError', poolcompat.TimeoutError)
NATIVE_BROKEN = [getattr(concurrent.futures.process, 'BrokenProcessPool', RuntimeError),    # from 3.3
                 getattr(concurrent.futures, 'BrokenExecutor', RuntimeError)]               # from 3.7


def test_classes():
    assert issubclass(poolcompat.ProcessPoolExecutor, concurrent.futures.ProcessPoolExecutor)
    assert issubclass(poolcompat.ProcessPoolExecutor, concurrent.futures.Executor)
    assert issubclass(poolcompat.ProcessPoolExecutor, poolcompat.Executor)
    assert issubclass(poolcompat.Future, concurrent.futures.Future)


def test_native_classes_are_left_alone():
    assert concurrent.futures.ProcessPoolExecutor.__module__.startswith('concurrent.futures')
    assert concurrent.futures.ProcessPoolExecutor is not poolcompat.ProcessPoolExecutor
    assert concurrent.futures.Future.__module__.startswith('concurrent.futures')


def test_exceptions():
    assert issubclass(poolcompat.BrokenProcessPool, poolcompat.BrokenExecutor)
    assert issubclass(poolcompat.BrokenExecutor, RuntimeError)
    assert issubclass(poolcompat.CancelledError, concurrent.futures.CancelledError)
    assert issubclass(poolcompat.TimeoutError, concurrent.futures.TimeoutError)
    assert issubclass(poolcompat.TimeoutError, BUILTIN_TIMEOUT)
    for name in 'BrokenExecutor', 'InvalidStateError':
        native = getattr(concurrent.futures, name, None)        # from 3.7 and 3.8
        if native is not None:
            assert issubclass(getattr(poolcompat, name), native)
    for native in NATIVE_BROKEN:
        assert issubclass(poolcompat.BrokenProcessPool, native)


def test_timeout_error_is_one_with_the_newest():
    if sys.version_info >= (3, 11):
        assert poolcompat.TimeoutError is concurrent.futures.TimeoutError is BUILTIN_TIMEOUT


class IdentityCases(object):

    def test_executor(self):
        executor = self.executor()
        assert isinstance(executor, concurrent.futures.ProcessPoolExecutor)
        assert isinstance(executor, concurrent.futures.Executor)

    def test_future(self):
        future = self.executor().submit(tasks.square, 2)
        assert isinstance(future, concurrent.futures.Future)
        assert isinstance(future, self.lib.Future)
        assert future.result() == 4

    def test_native_wait_and_as_completed(self):
        executor = self.executor()
        futures = [executor.submit(tasks.square, i) for i in range(3)]
        done, not_done = concurrent.futures.wait(futures)
        assert done == set(futures) and not not_done
        assert sorted(f.result() for f in concurrent.futures.as_completed(futures)) == [0, 1, 4]

    def test_our_wait_and_as_completed(self):
        executor = self.executor()
        futures = [executor.submit(tasks.square, i) for i in range(3)] + [concurrent.futures.Future()]
        futures[-1].set_result(9)
        assert poolcompat.wait(futures).done == set(futures)
        assert sorted(f.result() for f in poolcompat.as_completed(futures)) == [0, 1, 4, 9]

    def test_attributes_that_third_parties_read(self):
        executor = self.executor(2)
        assert executor._max_workers == 2
        gate = self.gate()
        futures = [executor.submit(tasks.visit, gate.address) for _ in range(2)]
        pids = sorted(visitor.pid for visitor in gate.admit(2))
        assert sorted(executor._processes) == pids
        for pid, process in executor._processes.items():
            assert process.pid == pid
            assert process.is_alive()
            assert process.exitcode is None
        gate.open()
        assert [f.result() for f in futures] == [None, None]

    def test_no_process_before_it_is_needed(self):
        assert not self.executor()._processes

    @pytest.mark.parametrize('error', ['native', 'builtin', 'ours'])
    def test_timeout_error(self, error):
        if self.native and sys.version_info < (3, 11):
            error = 'native'            # which is neither of the two others there: bpo-42413
        cls = {'native': concurrent.futures.TimeoutError, 'builtin': BUILTIN_TIMEOUT, 'ours': poolcompat.TimeoutError}
        gate = self.gate()
        future = self.executor().submit(tasks.visit, gate.address)
        gate.admit()
        for action in (lambda: future.result(timeout=0), lambda: future.exception(timeout=0),
                       lambda: list(self.lib.as_completed([future], timeout=0))):
            with pytest.raises(cls[error]):
                action()
        gate.open()
        assert future.result() is None

    def test_timeout_error_of_map(self):
        gate = self.gate()
        results = self.executor().map(tasks.visit, [gate.address], timeout=0)
        with pytest.raises(concurrent.futures.TimeoutError):
            next(results)

    @pytest.mark.parametrize('names', [concurrent.futures, poolcompat])
    def test_cancelled_error(self, names):
        gate = self.gate()
        executor = self.executor()
        running = executor.submit(tasks.visit, gate.address)
        gate.admit()
        last = [executor.submit(tasks.square, i) for i in range(10)][-1]
        assert last.cancel()
        with pytest.raises(concurrent.futures.CancelledError if self.native else names.CancelledError):
            last.result()
        gate.open()
        assert running.result() is None

    def test_broken_process_pool(self):
        error = self.executor().submit(tasks.die_by_exit).exception()
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert isinstance(error, RuntimeError)
        for cls in NATIVE_BROKEN:
            assert isinstance(error, cls)

    def test_subclass(self):
        class Counting(self.lib.ProcessPoolExecutor):
            submitted = 0

            def submit(*args, **kwargs):
                args[0].submitted += 1
                return super(Counting, args[0]).submit(*args[1:], **kwargs)

        with Counting(1, mp_context=self.ctx) as executor:
            assert executor.submit(tasks.square, 2).result() == 4
            assert list(executor.map(tasks.square, [1, 2, 3])) == [1, 4, 9]
            assert executor.submitted == 4

    def test_attributes_and_weak_references(self):
        import weakref
        executor = self.executor()
        executor.label = 'mine'
        assert weakref.ref(executor)().label == 'mine'
        assert weakref.ref(executor.submit(tasks.noop)) is not None


bind(globals(), IdentityCases, [Fork, Portable, Native])


class OnEveryMethodCases(object):

    def test_processes(self):
        executor = self.executor()
        pid = executor.submit(tasks.pid_for, 0).result()
        assert list(executor._processes) == [pid]


bind(globals(), OnEveryMethodCases, ALL)
