"""GAPS.md, 2b and 2c: each known fault of the native pools by name. None may be here, on any interpreter.

Where a native executor is bound too, its version is named: the fault was mended there.
"""
from __future__ import absolute_import, division, print_function

import os
import signal
import threading

import pytest

from tests import tasks
from tests.bindings import (ALL, Fork, Forkserver, Native, Portable, PortableSpawn, Spawn, bind, native_never,
                            native_since)
from tests.contract.test_pickling import PICKLING_ERRORS

EXIT_AFTER = '''
if __name__ == '__main__':
    executor = make(1)
    futures = [executor.submit(lambda: i) for i in range(5)]
    executor.shutdown(%s)
    say(sum(future.exception() is not None for future in futures if not future.cancelled()) > 0)
'''

CRASH_WITH_BIG_ARGUMENTS = '''
if __name__ == '__main__':
    executor = make(2)
    futures = [executor.submit(tasks.die_by_exit)]
    try:
        futures += [executor.submit(tasks.size_of, b'x' * (1 << 20)) for _ in range(8)]
    except BrokenProcessPool:
        pass
    say(isinstance(futures[0].exception(), BrokenProcessPool))
    say(all(f.exception() is None or isinstance(f.exception(), BrokenProcessPool) for f in futures))
'''


class FaultTableCases(object):
    """2b, row by row."""

    @pytest.mark.race
    def test_task_calls_os_exit(self):
        with self.executor() as executor:
            assert isinstance(executor.submit(os._exit, 9).exception(), self.lib.BrokenProcessPool)

    def test_submit_a_lambda(self):
        with self.executor() as executor:
            assert isinstance(executor.submit(lambda: 1).exception(), PICKLING_ERRORS)

    def test_task_returns_a_lambda(self):
        with self.executor() as executor:
            assert isinstance(executor.submit(tasks.return_lambda).exception(), PICKLING_ERRORS)
            assert executor.submit(tasks.square, 3).result() == 9

    @native_never('pool broken, up to 3.15')
    def test_exception_class_with_two_arguments(self):
        with self.executor() as executor:
            innocent = [executor.submit(tasks.square, i) for i in range(10)]
            assert isinstance(executor.submit(tasks.raise_two_arguments).exception(), self.lib.BrokenProcessPool)
            innocent += [executor.submit(tasks.square, i) for i in range(10)]
            assert [f.result() for f in innocent] == [i * i for i in range(10)] * 2

    @native_never('pool broken and innocent tasks die, up to 3.15')
    def test_result_whose_unpickling_raises(self):
        with self.executor() as executor:
            bad = executor.submit(tasks.return_explosive)
            innocent = [executor.submit(tasks.square, i) for i in range(10)]
            assert [f.result() for f in innocent] == [i * i for i in range(10)]
            assert isinstance(bad.exception().__cause__, ValueError)

    @native_never('pool broken, up to 3.15')
    def test_argument_whose_unpickling_raises(self):
        with self.executor() as executor:
            bad = executor.submit(tasks.noop, tasks.ExplodesWhenLoaded())
            innocent = [executor.submit(tasks.square, i) for i in range(10)]
            assert [f.result() for f in innocent] == [i * i for i in range(10)]
            assert isinstance(bad.exception().__cause__, ValueError)

    @native_never('broken with cause None, up to 3.15')
    def test_initializer_raises(self):
        with self.executor(initializer=tasks.initialise_badly) as executor:
            error = executor.submit(tasks.square, 1).exception()
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert isinstance(error.__cause__, tasks.InitError)

    @native_since((3, 10, 13), (3, 11))
    @pytest.mark.race
    def test_submit_cancel_and_shutdown(self):
        """gh-94440"""
        for _ in range(3):
            executor = self.executor()
            future = executor.submit(tasks.square, 2)
            was = future.cancel()
            executor.shutdown(wait=True)
            assert future.cancelled() if was else future.result() == 4

    @native_since((3, 10, 13), (3, 11))
    @pytest.mark.race
    def test_cancel_all_and_shutdown(self):
        executor = self.executor()
        futures = [executor.submit(tasks.square, i) for i in range(10)]
        for future in reversed(futures):
            future.cancel()
        executor.shutdown(wait=True)
        assert all(future.done() for future in futures)

    @native_never('gh-116685: hangs on every version up to 3.15')
    @pytest.mark.race
    def test_lambdas_and_cancel_futures(self):
        executor = self.executor()
        futures = [executor.submit(lambda: 1) for _ in range(10)]
        executor.shutdown(wait=True, cancel_futures=True)
        for future in futures:
            assert future.cancelled() or isinstance(future.exception(), PICKLING_ERRORS)

    @native_since((3, 9))
    @pytest.mark.race
    def test_lambda_and_shutdown_without_waiting(self):
        """bpo-39104"""
        executor = self.executor()
        futures = [executor.submit(lambda: 1), executor.submit(tasks.square, 3)]
        executor.shutdown(wait=False)
        assert isinstance(futures[0].exception(), PICKLING_ERRORS)
        assert futures[1].result() == 9

    @native_since((3, 11, 7))
    @pytest.mark.race
    def test_crash_with_big_arguments_pending(self):
        """gh-94777"""
        executor = self.executor(2)
        gate = self.gate()
        futures = [executor.submit(tasks.visit_then_exit, gate.address, 9)]
        visitor = gate.admit_one()
        futures += [executor.submit(tasks.visit, gate.address)]
        gate.admit()
        futures += [executor.submit(tasks.size_of, b'x' * (1 << 20)) for _ in range(8)]
        visitor.let_go()
        for future in futures:
            assert isinstance(future.exception(), self.lib.BrokenProcessPool)
        executor.shutdown()

    @native_since((3, 14))
    def test_falsy_exception(self):
        """gh-132063"""
        with self.executor() as executor:
            with pytest.raises(tasks.FalsyLength):
                executor.submit(tasks.raise_falsy_length).result()

    def test_sys_exit_in_a_task(self):
        with self.executor() as executor:
            with pytest.raises(SystemExit) as caught:
                executor.submit(tasks.raise_system_exit, 3).result()
            assert caught.value.code == 3
            assert executor.submit(tasks.square, 3).result() == 9


class FaultAtExitCases(object):
    """2b: the same, where the interpreter then ends by itself."""

    @pytest.mark.race
    @native_since((3, 9))
    def test_lambda_and_shutdown_without_waiting(self):
        script = self.script(EXIT_AFTER % 'wait=False').finish()
        assert script.out == 'True\n', script.err

    @native_since((3, 12, 1))
    @pytest.mark.race
    def test_crash_with_big_arguments_pending(self):
        script = self.script(CRASH_WITH_BIG_ARGUMENTS).finish()
        assert script.out == 'True\nTrue\n', script.err


class OpenFaultCases(object):
    """2c: what is still there in 3.15."""

    @pytest.mark.race
    @pytest.mark.parametrize('way', ['exit', 'kill'])
    def test_1_exit_code_is_always_known(self, way):
        for _ in range(3):
            executor = self.executor(2)
            gate = self.gate()
            held = [executor.submit(tasks.visit_then_exit, gate.address, 9) for _ in range(2)]
            visitors = gate.admit(2)
            if way == 'exit':
                visitors[0].let_go()
                expected = (visitors[0].pid,) + self.ended(9)
            else:
                os.kill(visitors[0].pid, signal.SIGKILL)
                expected = (visitors[0].pid,) + self.ended(-9, 'SIGKILL')
            for future in held:
                error = future.exception()
                assert (error.pid, error.exitcode, error.signal) == expected
                assert 'visit_then_exit' in error.call
            executor.shutdown()

    def test_4_one_bad_result_does_not_break_all(self):
        executor = self.executor(2)
        gate = self.gate()
        running = executor.submit(tasks.visit, gate.address, 'x')
        gate.admit()
        pid = executor.submit(tasks.pid_for, 0).result()
        bad = [executor.submit(fn) for fn in (tasks.return_explosive, tasks.raise_two_arguments, tasks.return_lambda,
                                              tasks.raise_unpicklable, tasks.raise_refuses_pickling)]
        assert all(future.exception() is not None for future in bad)
        assert executor.submit(tasks.pid_for, 0).result() == pid
        gate.open()
        assert running.result() == 'x'

    def test_10_what_waits_can_be_cancelled(self):
        executor = self.executor()
        gate = self.gate()
        running = executor.submit(tasks.visit, gate.address, 'x')
        gate.admit()
        waiting = [executor.submit(tasks.square, i) for i in range(6)]
        assert not running.cancel()
        cancelled = [future.cancel() for future in waiting]
        assert cancelled[1:] == [True] * 5
        gate.open()
        assert running.result() == 'x'
        assert executor.submit(tasks.square, 5).result() == 25

    def test_15_cause_and_context_of_the_task_are_in_the_text(self):
        error = self.executor().submit(tasks.raise_chained).exception()
        assert isinstance(error, LookupError)
        assert 'the second of two' in str(error.__cause__)

    @pytest.mark.race
    def test_19_killed_at_any_instant_nothing_else_is_damaged(self):
        """A worker that is killed in the middle of writing its result, beside one that goes on writing."""
        other = self.executor()
        executor = self.executor(2)
        pids = set()
        gate = self.gate()
        held = [executor.submit(tasks.visit, gate.address) for _ in range(2)]
        pids.update(visitor.pid for visitor in gate.admit(2))
        gate.open()
        for future in held:
            future.result()
        big = [executor.submit(tasks.megabytes, 20) for _ in range(2)]
        os.kill(min(pids), signal.SIGKILL)
        for future in big:
            error = future.exception()
            assert isinstance(error, self.lib.BrokenProcessPool) or (
                error is None and len(future.result()) == 20 << 20)
        executor.shutdown()
        assert other.submit(tasks.square, 3).result() == 9

    def test_stopped_worker_does_not_stop_the_others(self):
        executor = self.executor(2)
        gate = self.gate()
        held = executor.submit(tasks.visit, gate.address, 'x')
        visitor = gate.admit_one()
        calls = [executor.submit(tasks.square, i) for i in range(20)]
        os.kill(visitor.pid, signal.SIGSTOP)
        try:
            calls += [executor.submit(tasks.square, i) for i in range(20)]
            assert [f.result() for f in calls] == [i * i for i in range(20)] * 2
        finally:
            os.kill(visitor.pid, signal.SIGCONT)
        gate.open()
        assert held.result() == 'x'


class LockCases(object):

    def test_thread_holding_a_lock_while_workers_start(self):
        """A lock that is held by a thread at the fork stays locked in a forked worker; the pool needs none such."""
        begun, end = threading.Event(), threading.Event()
        locks = [tasks.LOCK]

        def hold():
            with locks[0]:
                begun.set()
                end.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        begun.wait()
        try:
            assert self.executor().submit(tasks.lock_is_free).result() is True
        finally:
            end.set()
            thread.join()


bind(globals(), FaultTableCases, ALL)
bind(globals(), FaultAtExitCases, [Fork, Portable, Native])
bind(globals(), OpenFaultCases, [Fork, Forkserver, Portable])
bind(globals(), LockCases, [Spawn, Forkserver, PortableSpawn])
