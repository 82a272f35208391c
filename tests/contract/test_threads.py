"""CONTRACT.md, of ThreadPoolExecutor: what it shares with the newest one, and where that one fails."""
from __future__ import absolute_import, division, print_function

import functools
import gc
import os
import pickle
import signal
import sys
import threading
import weakref

import pytest

from tests import tasks
from tests.bindings import NativeThreads, Threads, bind, native_never

from .. import support


class Numbers(object):
    """A callable that can be weakly referenced, as its argument can."""

    def __init__(self, error=None):
        self.error = error

    def __call__(self, _argument):
        if self.error is not None:
            raise self.error('from here')
        return Numbers()


def fail():
    raise LookupError('not today')


class ThreadCases(object):

    def test_results_in_order(self):
        executor = self.executor(3)
        assert list(executor.map(tasks.square, range(100))) == [i * i for i in range(100)]
        assert executor.submit(functools.partial(int, base=2), '101').result() == 5
        assert executor.submit(dict, self=1, fn=2).result() == {'self': 1, 'fn': 2}

    def test_exception(self):
        error = self.executor().submit(fail).exception()
        assert (type(error), error.args) == (LookupError, ('not today',))
        with pytest.raises(LookupError):
            self.executor().submit(fail).result()

    @pytest.mark.parametrize('error', [SystemExit, KeyboardInterrupt, GeneratorExit])
    def test_what_ends_a_thread_elsewhere(self, error):
        executor = self.executor()
        assert isinstance(executor.submit(Numbers(error), 1).exception(), error)
        assert executor.submit(tasks.square, 3).result() == 9

    def test_default_number_of_threads(self):
        assert self.executor(None)._max_workers == min(32, (self.lib_cpu_count() or 1) + 4)

    def test_validation(self):
        for number in 0, -1:
            with pytest.raises(ValueError, match='max_workers must be greater than 0'):
                self.lib.ThreadPoolExecutor(number)
        with pytest.raises(TypeError, match='initializer must be a callable'):
            self.lib.ThreadPoolExecutor(1, initializer=3)

    def test_names_of_threads(self):
        executor = self.executor(1, thread_name_prefix='mill')
        assert executor.submit(lambda: threading.current_thread().name).result() == 'mill_0'
        name = self.executor().submit(lambda: threading.current_thread().name).result()
        assert name.startswith('ThreadPoolExecutor-') and name.endswith('_0')

    def test_no_more_threads_than_asked_for(self):
        gate, executor = self.gate(), self.executor(3)
        futures = [executor.submit(tasks.visit, gate.address) for _ in range(5)]
        gate.admit(3)
        assert len(executor._threads) == 3
        gate.close()
        support.wait_for(lambda: all(future.done() for future in futures))

    @pytest.mark.race
    def test_idle_threads_are_used_first(self):
        """bpo-24882. A thread is idle a moment after it has set a result."""
        executor = self.executor(4)
        for _ in range(20):
            executor.submit(tasks.square, 2).result()
            support.wait_for(lambda: executor._engine._idle if not self.native else executor._idle_semaphore._value)
        assert len(executor._threads) == 1

    def test_initializer(self):
        seen = []
        executor = self.executor(2, initializer=seen.append, initargs=('here',))
        gate = self.gate()
        for _ in range(2):
            executor.submit(tasks.visit, gate.address)
        gate.admit(2)
        assert seen == ['here', 'here']

    @pytest.mark.race
    def test_initializer_that_fails(self, caplog):
        executor = self.executor(2, initializer=fail)
        futures = [executor.submit(tasks.square, 2)]
        try:
            futures += [executor.submit(tasks.square, 2) for _ in range(5)]
        except self.lib_thread.BrokenThreadPool:
            pass        # so soon
        for future in futures:
            assert isinstance(future.exception(timeout=60), self.lib_thread.BrokenThreadPool)
        with pytest.raises(self.lib_thread.BrokenThreadPool):
            executor.submit(tasks.square, 2)
        assert [record.levelname for record in caplog.records][:1] == ['CRITICAL']

    @pytest.mark.race
    @native_never('they wait for ever')
    def test_initializer_that_fails_when_the_executor_is_gone(self, caplog):
        gate = self.gate()

        def initializer():
            tasks.visit(gate.address)
            fail()

        future = self.executor(1, initializer=initializer).submit(tasks.square, 2)
        gc.collect()
        gate.admit_one().let_go()
        error = future.exception(timeout=60)
        assert isinstance(error, self.lib.BrokenThreadPool)
        assert isinstance(error.__cause__, LookupError)

    def test_shutdown(self):
        executor = self.executor(2)
        futures = [executor.submit(tasks.square, i) for i in range(50)]
        executor.shutdown()
        assert all(future.done() for future in futures)
        assert not any(thread.is_alive() for thread in executor._threads)
        with pytest.raises(RuntimeError, match='cannot schedule new futures after shutdown'):
            executor.submit(tasks.square, 2)
        executor.shutdown()

    def test_shutdown_of_one_that_was_never_used(self):
        self.executor().shutdown()

    @pytest.mark.race
    def test_shutdown_without_waiting(self):
        gate, executor = self.gate(), self.executor(1)
        futures = [executor.submit(tasks.visit, gate.address)] + [executor.submit(tasks.square, i) for i in range(5)]
        gate.admit()
        executor.shutdown(wait=False)
        assert not any(future.done() for future in futures)
        gate.close()
        assert [future.result(timeout=60) for future in futures[1:]] == [0, 1, 4, 9, 16]

    @pytest.mark.race
    def test_cancel_futures(self):
        gate, executor = self.gate(), self.executor(1)
        first = executor.submit(tasks.visit, gate.address)
        more = [executor.submit(tasks.square, i) for i in range(5)]
        gate.admit()
        executor.shutdown(wait=False, cancel_futures=True)
        assert all(future.cancelled() for future in more)
        gate.close()
        executor.shutdown()
        assert first.done() and not first.cancelled()

    @native_never('what is cancelled so is never told to those who wait')
    def test_cancelled_futures_are_told(self):
        gate, executor = self.gate(), self.executor(1)
        futures = [executor.submit(tasks.visit, gate.address)] + [executor.submit(tasks.square, i) for i in range(5)]
        gate.admit()
        executor.shutdown(wait=False, cancel_futures=True)
        assert len(list(self.lib.as_completed(futures[1:], timeout=60))) == 5

    @pytest.mark.race
    def test_collected_with_work_pending(self):
        gate = self.gate()
        executor = self.executor(1)
        futures = [executor.submit(tasks.visit, gate.address), executor.submit(tasks.square, 3)]
        threads = list(executor._threads)
        gate.admit()
        del executor
        gc.collect()
        gate.close()
        assert futures[1].result(timeout=60) == 9
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()

    @pytest.mark.race
    @pytest.mark.parametrize('error', [None, LookupError])
    def test_nothing_of_a_task_is_kept(self, error):
        """bpo-16284, bpo-31249: when the next task runs, what the one before it took and gave is gone."""
        executor = self.executor()
        function, argument = Numbers(error), Numbers()
        alive = [weakref.ref(function), weakref.ref(argument)]
        future = executor.submit(function, argument)
        function = argument = None
        outcome = future.exception()
        if error is None:
            alive.append(weakref.ref(future.result()))
        alive.append(weakref.ref(future))
        del future, outcome
        executor.submit(tasks.square, 2).result()
        if hasattr(sys, 'exc_clear'):
            sys.exc_clear()
        support.wait_for(lambda: [ref() for ref in alive] == [None] * len(alive), collecting=True)

    def test_two_at_once(self):
        executor, barrier = self.executor(2), [threading.Event(), threading.Event()]

        def meet(mine, other):
            mine.set()
            return other.wait(60)

        futures = [executor.submit(meet, *barrier), executor.submit(meet, *reversed(barrier))]
        assert [future.result() for future in futures] == [True, True]

    @pytest.mark.race
    def test_many_submitters(self):
        executor, results = self.executor(4), []

        def submitter():
            futures = [executor.submit(tasks.square, i) for i in range(200)]
            results.append([future.result() for future in futures])

        threads = [threading.Thread(target=submitter) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [[i * i for i in range(200)]] * 4

    def test_a_task_submits_and_shuts_down(self):
        executor = self.executor(2)
        assert executor.submit(lambda: executor.submit(tasks.square, 5).result()).result() == 25
        executor.submit(executor.shutdown, wait=False).result()
        with pytest.raises(RuntimeError):
            executor.submit(tasks.square, 2)

    @native_never('deadlock')
    def test_in_a_forked_child(self):
        if not hasattr(os, 'fork'):
            pytest.skip('this system has no os.fork')
        executor = self.executor()
        executor.submit(tasks.square, 2).result()
        pid = os.fork()
        if not pid:
            try:
                executor.submit(tasks.square, 2)
            except RuntimeError as error:
                os._exit(7 if 'forked from it' in str(error) else 8)
            os._exit(9)
        assert os.waitpid(pid, 0)[1] == 7 << 8

    @native_never('names a lock as what cannot be pickled, and PyPy in an error of its own')
    def test_pickled(self):
        with pytest.raises(TypeError, match='cannot be sent to another process'):
            pickle.dumps(self.executor(), 2)

    @property
    def lib_thread(self):
        if self.native:
            from concurrent.futures import thread
            return thread
        return self.lib

    def lib_cpu_count(self):
        if self.native and sys.version_info < (3, 13):
            return os.cpu_count()
        from poolcompat import cpu_count
        return cpu_count()


SCRIPT = '''
def slowly(path, gate):
    tasks.visit(gate)
    with open(path, 'a') as f:
        f.write('x')


if __name__ == '__main__':
    how, path, address = ARGS
    executor = lib.ThreadPoolExecutor(1)
    for _ in range(3):
        executor.submit(slowly, path, address)
    say('ready')
    if how == 'collected':
        del executor
    elif how == 'no wait':
        executor.shutdown(wait=False)
'''

BLOCKED = '''
if __name__ == '__main__':
    how, address = ARGS
    executor = lib.ThreadPoolExecutor(1)
    future = executor.submit(tasks.visit, address)
    more = [executor.submit(tasks.square, i) for i in range(5)]
    try:
        if how == 'with':
            more[-1].add_done_callback(lambda future: say('cancelled', future.cancelled()))
            with executor:
                say('ready')
                future.result()
        say('ready')
        if how == 'result':
            future.result()
        elif how == 'shutdown':
            executor.shutdown()
        elif how == 'wait':
            lib.wait([future])
    except KeyboardInterrupt:
        say('interrupted', sum(f.cancelled() for f in more))
    executor.shutdown()
'''


class ThreadScriptCases(object):

    @pytest.mark.race
    @pytest.mark.parametrize('how', ['nothing', 'collected', 'no wait'])
    def test_pending_work_is_done_at_exit(self, tmpdir, how):
        gate, path = self.gate(), str(tmpdir.join('x'))
        script = self.script(SCRIPT, how, path, gate.address)
        assert script.line() == 'ready'
        for _ in range(3):
            gate.admit_one().let_go()
        script.finish()
        assert (script.code, script.err) == (0, '')
        with open(path) as f:
            assert f.read() == 'xxx'

    @pytest.mark.race
    @pytest.mark.skipif(os.name != 'posix', reason='Ctrl-C by signal')
    @pytest.mark.parametrize('how', ['result', 'shutdown', 'wait'])
    def test_ctrl_c(self, how):
        gate = self.gate()
        script = self.script(BLOCKED, how, gate.address)
        gate.admit()
        assert script.line() == 'ready'
        script.signal(signal.SIGINT)
        assert script.line() == 'interrupted 0'
        gate.close()
        script.finish()
        assert (script.code, script.err) == (0, '')

    @pytest.mark.race
    @native_never('gh-125886: runs everything first')
    @pytest.mark.skipif(os.name != 'posix', reason='Ctrl-C by signal')
    def test_ctrl_c_in_a_with_block(self):
        gate = self.gate()
        script = self.script(BLOCKED, 'with', gate.address)
        gate.admit()
        assert script.line() == 'ready'
        script.signal(signal.SIGINT)
        assert script.line() == 'cancelled True'
        gate.close()                    # only now does what runs come to its end
        assert script.line() == 'interrupted 5'
        script.finish()
        assert (script.code, script.err) == (0, '')


bind(globals(), ThreadCases, [Threads, NativeThreads])
bind(globals(), ThreadScriptCases, [Threads])
