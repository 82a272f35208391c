"""CONTRACT.md, Identity: asyncio takes executors and futures of ours for the interpreter's own."""
from __future__ import absolute_import, division, print_function

import gc
import sys
import threading
import warnings

import pytest

from tests import tasks
from tests.bindings import Fork, Native, NativeThreads, Portable, Spawn, Threads, bind, native_since

asyncio = pytest.importorskip('asyncio', reason='Python 2.7 has no asyncio')


class AsyncioBase(object):

    def setup_method(self, method):
        super(AsyncioBase, self).setup_method(method)
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)

    def teardown_method(self, method):
        self.loop.run_until_complete(self.loop.shutdown_asyncgens() if hasattr(self.loop, 'shutdown_asyncgens') else (
            asyncio.sleep(0)))
        asyncio.set_event_loop(None)
        self.loop.close()
        super(AsyncioBase, self).teardown_method(method)

    def wait(self, awaitable):
        return self.loop.run_until_complete(awaitable)

    def wrapped(self, future):
        return asyncio.wrap_future(future, loop=self.loop)

    def wait_until_done(self, future):
        """Run the loop until the asyncio future is done, however it ends."""
        try:
            self.wait(future)
        except BaseException as error:
            return error

    def pending(self, executor, gate):
        """A call that runs, and one that waits behind others, all of them to be let go by the gate."""
        futures = [executor.submit(tasks.visit, gate.address, i) for i in range(6)]
        gate.admit()
        return futures[0], futures[-1]


class AsyncioCases(AsyncioBase):

    def test_run_in_executor(self):
        assert self.wait(self.loop.run_in_executor(self.executor(), tasks.square, 5)) == 25

    def test_many_at_once(self):
        executor = self.executor(2)
        futures = [self.loop.run_in_executor(executor, tasks.square, i) for i in range(200)]
        assert self.wait(asyncio.gather(*futures)) == [i * i for i in range(200)]

    def test_exception(self):
        wrapped = self.loop.run_in_executor(self.executor(), tasks.raise_value_error, 'from there')
        with pytest.raises(ValueError) as caught:
            self.wait(wrapped)
        assert str(caught.value) == 'from there'

    def test_callable_with_arguments_of_its_own(self):
        assert self.wait(self.loop.run_in_executor(self.executor(), tasks.capture, 1, 'a')) == ((1, 'a'), {})

    def test_wrapped_before_and_after_it_is_done(self):
        executor, gate = self.executor(), self.gate()
        future = executor.submit(tasks.visit, gate.address, 'x')
        gate.admit()
        before = self.wrapped(future)
        gate.open()
        assert self.wait(before) == 'x'
        assert self.wait(self.wrapped(future)) == 'x'

    def test_cancelled_here_is_cancelled_there(self):
        executor, gate = self.executor(), self.gate()
        running, waiting = self.pending(executor, gate)
        wrapped = self.wrapped(waiting)
        assert wrapped.cancel()
        assert isinstance(self.wait_until_done(wrapped), asyncio.CancelledError)
        assert waiting.cancelled()
        gate.close()
        assert running.result() == 0

    def test_cancelled_there_is_cancelled_here(self):
        executor, gate = self.executor(), self.gate()
        running, waiting = self.pending(executor, gate)
        wrapped = self.wrapped(waiting)
        assert waiting.cancel()
        assert isinstance(self.wait_until_done(wrapped), asyncio.CancelledError)
        assert wrapped.cancelled()
        gate.close()
        assert running.result() == 0

    def test_a_running_call_goes_on(self):
        """Nobody waits for it any more; its result is there all the same, and nothing is logged for it."""
        executor, gate, seen = self.executor(), self.gate(), []
        self.loop.set_exception_handler(lambda loop, context: seen.append(context))
        running, _ = self.pending(executor, gate)
        wrapped = self.wrapped(running)
        assert wrapped.cancel()
        assert isinstance(self.wait_until_done(wrapped), asyncio.CancelledError)
        assert running.running()
        gate.close()
        assert running.result() == 0
        self.wait(asyncio.sleep(0))
        assert seen == []

    def test_timeout(self):
        executor, gate = self.executor(), self.gate()
        running, _ = self.pending(executor, gate)
        error = self.wait_until_done(asyncio.wait_for(self.wrapped(running), 0.01))
        assert isinstance(error, asyncio.TimeoutError)
        gate.close()
        assert running.result() == 0

    def test_first_completed(self):
        executor, gate = self.executor(2), self.gate()
        slow = self.loop.run_in_executor(executor, tasks.visit, gate.address, 'slow')
        gate.admit()
        fast = self.loop.run_in_executor(executor, tasks.square, 3)
        done, waiting = self.wait(asyncio.wait([slow, fast], return_when=asyncio.FIRST_COMPLETED))
        assert (done, waiting) == (set([fast]), set([slow]))
        gate.open()
        assert self.wait(slow) == 'slow'

    def test_the_result_comes_in_the_thread_of_the_loop(self):
        threads = []
        wrapped = self.loop.run_in_executor(self.executor(), tasks.square, 3)
        wrapped.add_done_callback(lambda _: threads.append(threading.current_thread()))
        assert self.wait(wrapped) == 9
        self.wait(asyncio.sleep(0))
        assert threads == [threading.current_thread()]

    def test_loop_that_is_closed_first(self, logged):
        """Logged by some, for nobody can be told; the pool lives on."""
        executor, gate = self.executor(), self.gate()
        loop = asyncio.new_event_loop()
        future = executor.submit(tasks.visit, gate.address, 'x')
        wrapped = asyncio.wrap_future(future, loop=loop)
        gate.admit()
        loop.close()
        gate.open()
        assert future.result() == 'x'
        assert executor.submit(tasks.square, 3).result() == 9
        del wrapped
        gc.collect()


class DefaultExecutorCases(AsyncioBase):

    def set_default(self, executor):
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')         # 3.8 to 3.10 deprecate executors that are no ThreadPoolExecutor
            self.loop.set_default_executor(executor)

    @native_since((3, 9))
    def test_default_executor(self):
        """Natively, when the loop ends it before 3.9, a process pool keeps its pipes."""
        executor = self.executor()
        if self.method != 'threads' and sys.version_info >= (3, 11):
            with pytest.raises(TypeError):          # asyncio takes threads only
                self.set_default(executor)
            return
        self.set_default(executor)
        assert self.wait(self.loop.run_in_executor(None, tasks.square, 5)) == 25
        if hasattr(self.loop, 'shutdown_default_executor'):
            self.wait(self.loop.shutdown_default_executor())
        else:
            self.loop.close()                       # before 3.9 it ends here
        with pytest.raises(RuntimeError):
            executor.submit(tasks.square, 3)
        self.loop = asyncio.new_event_loop() if self.loop.is_closed() else self.loop


class DeadWorkerCases(AsyncioBase):

    def test_dead_worker(self):
        executor = self.executor()
        error = self.wait_until_done(self.loop.run_in_executor(executor, tasks.die_by_exit))
        assert isinstance(error, self.lib.BrokenProcessPool)
        with pytest.raises(self.lib.BrokenProcessPool):
            self.loop.run_in_executor(executor, tasks.square, 3)


class FutureCases(AsyncioBase):

    def test_future_by_itself(self):
        future = self.lib.Future()
        wrapped = self.wrapped(future)
        future.set_result(5)
        assert self.wait(wrapped) == 5


bind(globals(), AsyncioCases, [Fork, Portable, Threads, Native, NativeThreads])
bind(globals(), DefaultExecutorCases, [Fork, Threads, Native, NativeThreads])
bind(globals(), DeadWorkerCases, [Fork, Spawn, Portable, Native])
bind(globals(), FutureCases, [Fork])
