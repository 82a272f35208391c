"""CONTRACT.md, Behaviour 4: initializer and initargs."""
from __future__ import absolute_import, division, print_function

import os
import platform

import pytest

from tests import tasks
from tests.bindings import ALL, Fork, Native, NativeSpawn, Portable, Spawn, bind, native_never


class InitializerCases(object):

    def test_arguments_arrive_before_the_first_task(self):
        executor = self.executor(initializer=tasks.initialise, initargs=('a', 2))
        assert executor.submit(tasks.initialised).result()[1] == [('a', 2)]

    def test_once_for_each_worker(self):
        executor = self.executor(2, initializer=tasks.initialise, initargs=(1,))
        gate = self.gate()
        held = [executor.submit(tasks.visit, gate.address) for _ in range(2)]
        pids = set(visitor.pid for visitor in gate.admit(2))
        gate.open()
        assert [f.result() for f in held] == [None, None]
        for pid, seen in executor.map(tasks.initialised, range(10)):
            assert pid in pids
            assert seen == [(1,)]

    def test_without_arguments(self):
        executor = self.executor(initializer=tasks.initialise)
        assert executor.submit(tasks.initialised).result()[1] == [()]

    def test_not_in_the_parent(self):
        executor = self.executor(initializer=tasks.initialise, initargs=('a',))
        executor.submit(tasks.noop).result()
        assert tasks.INITIALISED == []

    def test_none(self):
        executor = self.executor(initializer=None, initargs=())
        assert executor.submit(tasks.initialised).result()[1] == []

    def test_lock_and_value(self):
        lock, value = self.ctx.Lock(), self.ctx.Value('i', 0)
        executor = self.executor(2, initializer=tasks.initialise, initargs=(lock, value))
        assert all(executor.map(tasks.use_lock_and_value, range(40)))
        assert value.value == 40

    def test_queue(self):
        queue = self.ctx.Queue()
        executor = self.executor(initializer=tasks.initialise, initargs=(queue,))
        executor.submit(tasks.put_in_queue, 'through the queue').result()
        assert queue.get() == 'through the queue'
        queue.close()
        queue.join_thread()
        executor.shutdown()
        for end in queue._reader, queue._writer:        # not closed by close() on every version
            if not end.closed:
                end.close()

    def test_event(self):
        event = self.ctx.Event()
        executor = self.executor(initializer=tasks.initialise, initargs=(event,))
        future = executor.submit(tasks.wait_for_event, None)
        event.set()
        assert future.result() == 'went'

    def test_semaphore(self):
        semaphore = self.ctx.Semaphore(1)
        executor = self.executor(initializer=tasks.initialise, initargs=(semaphore,))
        assert executor.submit(tasks.acquire_semaphore, None).result() is True
        assert not semaphore.acquire(False)

    def test_pipe(self):
        reader, writer = self.ctx.Pipe(duplex=False)
        executor = self.executor(initializer=tasks.initialise, initargs=(writer,))
        executor.submit(tasks.send_in_pipe, ['through', 'the', 'pipe']).result()
        assert reader.recv() == ['through', 'the', 'pipe']
        reader.close()
        writer.close()

    def test_manager_proxy_in_a_task(self):
        manager = self.ctx.Manager()
        try:
            proxy = manager.list(['a'])
            assert self.executor().submit(tasks.append_to_proxy, proxy, 'b').result() == 2
            assert list(proxy) == ['a', 'b']
            del proxy
        finally:
            manager.shutdown()


class MoreInitializerCases(object):

    def test_bound_method(self):
        executor = self.executor(initializer=tasks.Box('kept').keep)
        assert executor.submit(tasks.initialised).result()[1] == ['kept']

    def test_every_worker_before_its_first_task(self, tmpdir):
        path = str(tmpdir.join('pids'))
        executor = self.executor(3, initializer=tasks.initialise_then_append, initargs=(path, 1))
        pids = set(pid for pid, seen in executor.map(tasks.initialised, range(30)) if seen == [(1,)])
        executor.shutdown()
        with open(path) as f:
            began = [int(line) for line in f]
        assert len(began) == len(set(began)) <= 3
        assert pids <= set(began)

    def test_parent_is_named_by_getppid_under_fork(self):
        executor = self.executor(initializer=tasks.initialise, initargs=(os.getpid(),))
        assert executor.submit(tasks.initialised).result()[1] == [(os.getpid(),)]


class FailingInitializerCases(object):

    @pytest.mark.race
    def test_breaks_the_pool(self):
        executor = self.executor(2, initializer=tasks.initialise_badly)
        future = executor.submit(tasks.square, 2)
        assert isinstance(future.exception(), self.lib.BrokenProcessPool)
        with pytest.raises(self.lib.BrokenProcessPool):
            executor.submit(tasks.square, 2)
        executor.shutdown()

    @pytest.mark.race
    @native_never('the cause is None there, the exception only logged (GAPS 2b)')
    def test_says_why(self):
        executor = self.executor(initializer=tasks.initialise_badly, initargs=('key',))
        errors = [executor.submit(tasks.square, 2).exception()]
        with pytest.raises(self.lib.BrokenProcessPool) as caught:
            executor.submit(tasks.square, 2)
        errors.append(caught.value)
        for error in errors:
            assert isinstance(error.__cause__, tasks.InitError)
            assert str(error.__cause__) == 'no key today'
            assert 'in initialise_badly' in str(error.__cause__.__cause__)
            assert 'initializer' in str(error)

    @native_never('no cause')
    def test_every_pending_future_is_told(self):
        executor = self.executor(initializer=tasks.initialise_badly)
        futures = []
        for i in range(10):
            try:
                futures.append(executor.submit(tasks.square, i))
            except self.lib.BrokenProcessPool:
                break
        assert futures
        for future in futures:
            assert isinstance(future.exception(), self.lib.BrokenProcessPool)
            assert isinstance(future.exception().__cause__, tasks.InitError)

    @native_never('no cause')
    def test_sys_exit(self):
        error = self.executor(initializer=tasks.initialise_and_sys_exit).submit(tasks.square, 2).exception()
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert isinstance(error.__cause__, SystemExit)

    @native_never('no cause')
    def test_exception_that_cannot_be_rebuilt(self):
        error = self.executor(initializer=tasks.initialise_unloadable).submit(tasks.square, 2).exception()
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert error.__cause__ is not None
        assert 'TwoArguments' in str(error) + str(error.__cause__) + str(getattr(error.__cause__, '__cause__', None))

    @native_never('no cause')
    def test_falsy_exception(self):
        error = self.executor(initializer=tasks.initialise_falsy).submit(tasks.square, 2).exception()
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert isinstance(error.__cause__, tasks.FalsyLength)

    def test_exit(self):
        error = self.executor(initializer=tasks.initialise_and_exit, initargs=(3,)).submit(tasks.square, 2).exception()
        assert isinstance(error, self.lib.BrokenProcessPool)

    def test_never_used(self):
        executor = self.executor(2, initializer=tasks.initialise_badly)
        executor.shutdown()


# PyPy 3.9's own pool fails under spawn: it has no _adjust_process_count.
bind(globals(), InitializerCases, ALL + (() if platform.python_implementation() == 'PyPy' else (NativeSpawn,)))
bind(globals(), MoreInitializerCases, [Fork, Portable, Spawn, Native])
bind(globals(), FailingInitializerCases, ALL)
