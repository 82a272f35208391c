"""CONTRACT.md, Behaviour 7: shutdown, collection, interpreter exit, terminate_workers and kill_workers."""
from __future__ import absolute_import, division, print_function

import gc
import signal
import sys
import threading
import weakref

import pytest

from tests import tasks
from tests.bindings import (ALL, Fork, Forkserver, Native, Portable, PortableSpawn, Spawn, bind, native_never,
                            native_since)


class ShutdownCases(object):

    @pytest.mark.race
    def test_waits_for_everything(self):
        executor = self.executor(2)
        futures = [executor.submit(tasks.square, i) for i in range(30)]
        executor.shutdown()
        assert all(f.done() for f in futures)
        assert [f.result() for f in futures] == [i * i for i in range(30)]

    @pytest.mark.race
    def test_workers_end_well(self):
        executor = self.executor(2)
        gate = self.gate()
        futures = [executor.submit(tasks.visit, gate.address) for _ in range(2)]
        gate.admit(2)
        processes = list(executor._processes.values())
        gate.open()
        executor.shutdown()
        assert [process.exitcode for process in processes] == [0, 0]
        assert [f.result() for f in futures] == [None, None]

    @pytest.mark.parametrize('how', ['idle', 'broken'])
    def test_descriptors_are_freed(self, how):
        """Not when the executor is collected: it may be kept for long after."""
        gc.collect()        # what a native executor of a test before has left
        before = tasks.open_descriptors()
        executor = self.executor(2)
        executor.submit(tasks.die_by_exit if how == 'broken' else tasks.square, 2).exception()
        executor.shutdown()
        gc.collect()
        assert tasks.open_descriptors() == before

    @native_never('the second shutdown() does not wait there, although it is asked to')
    def test_waits_when_it_is_asked_to_at_last(self):
        before = tasks.open_descriptors()
        executor = self.executor(2)
        future = executor.submit(tasks.linger)
        executor.shutdown(wait=False)
        executor.shutdown()
        assert future.done()
        gc.collect()
        assert tasks.open_descriptors() == before

    def test_submit_after_it(self):
        executor = self.executor()
        assert executor.submit(tasks.square, 2).result() == 4
        executor.shutdown()
        with pytest.raises(RuntimeError) as caught:
            executor.submit(tasks.square, 2)
        assert str(caught.value) == 'cannot schedule new futures after shutdown'

    def test_never_used(self):
        executor = self.executor()
        executor.shutdown()
        with pytest.raises(RuntimeError):
            executor.submit(tasks.square, 2)

    @native_since((3, 9))
    def test_again(self):
        executor = self.executor()
        executor.submit(tasks.square, 2).result()
        executor.shutdown(wait=False)
        executor.shutdown()
        executor.shutdown(True)
        executor.shutdown(wait=False)

    def test_with_block(self):
        with self.executor() as executor:
            assert isinstance(executor, self.lib.ProcessPoolExecutor)
            future = executor.submit(tasks.square, 3)
        assert future.done() and future.result() == 9
        with pytest.raises(RuntimeError):
            executor.submit(tasks.square, 2)

    def test_with_block_that_raises(self):
        with pytest.raises(LookupError):
            with self.executor() as executor:
                future = executor.submit(tasks.square, 3)
                raise LookupError
        assert future.result() == 9

    @pytest.mark.race
    @native_since((3, 9))
    def test_without_waiting_the_work_is_done(self):
        executor = self.executor()
        gate = self.gate()
        futures = [executor.submit(tasks.visit, gate.address, 'x')] + [
            executor.submit(tasks.square, i) for i in range(10)]
        gate.admit()
        executor.shutdown(wait=False)
        assert not futures[0].done()
        with pytest.raises(RuntimeError):
            executor.submit(tasks.square, 1)
        gate.open()
        assert [f.result() for f in futures] == ['x'] + [i * i for i in range(10)]

    @native_since((3, 9))
    @pytest.mark.race
    @pytest.mark.parametrize('wait', [True, False])
    def test_cancel_futures(self, wait):
        executor = self.executor()
        gate = self.gate()
        running = executor.submit(tasks.visit, gate.address, 'x')
        visitor = gate.admit_one()
        pending = [executor.submit(tasks.square, i) for i in range(10)]
        # released only once the last one is cancelled: by then shutdown() has begun
        pending[-1].add_done_callback(lambda f: visitor.let_go())
        executor.shutdown(wait=wait, cancel_futures=True)
        assert running.result() == 'x'
        assert pending[-1].cancelled()
        for i, future in enumerate(pending):
            assert future.cancelled() or future.result() == i * i
        cancelled = [future.cancelled() for future in pending]
        assert cancelled == sorted(cancelled)           # what still ran were the first ones

    @native_never('the prefetched call cannot be taken back there')
    def test_cancel_futures_takes_back_what_has_not_started(self):
        executor = self.executor()
        gate = self.gate()
        running = executor.submit(tasks.visit, gate.address, 'x')
        gate.admit()
        pending = [executor.submit(tasks.square, i) for i in range(10)]
        executor.shutdown(wait=False, cancel_futures=True)
        self.lib.wait(pending[1:])          # nobody is let go before it returns
        assert all(future.cancelled() for future in pending[1:])
        gate.open()
        assert running.result() == 'x'

    @native_since((3, 9))
    def test_cancel_futures_after_shutdown(self):
        executor = self.executor()
        gate = self.gate()
        running = executor.submit(tasks.visit, gate.address, 'x')
        gate.admit()
        pending = [executor.submit(tasks.square, i) for i in range(10)]
        executor.shutdown(wait=False)
        if not self.native:
            executor.shutdown(wait=False, cancel_futures=True)
            self.lib.wait(pending[1:])
            assert all(future.cancelled() for future in pending[1:])
        gate.open()
        assert running.result() == 'x'

    @native_never('the cancelled futures are never notified there: wait() and as_completed() hang')
    @pytest.mark.race
    def test_cancel_futures_wakes_those_who_wait(self):
        executor = self.executor()
        gate = self.gate()
        running = executor.submit(tasks.visit, gate.address, 'x')
        gate.admit()
        pending = [executor.submit(tasks.square, i) for i in range(10)]
        seen = []
        threads = [threading.Thread(target=lambda: seen.append(len(self.lib.wait(pending).done))),
                   threading.Thread(target=lambda: seen.append(len(list(self.lib.as_completed(pending)))))]
        for thread in threads:
            thread.start()
        executor.shutdown(wait=False, cancel_futures=True)
        gate.open()
        for thread in threads:
            thread.join()
        assert seen == [10, 10]
        assert self.lib.wait(pending).done == set(pending)
        assert running.result() == 'x'

    @native_since((3, 9))
    def test_cancel_futures_of_nothing(self):
        executor = self.executor()
        executor.shutdown(cancel_futures=True)
        executor = self.executor()
        future = executor.submit(tasks.square, 2)
        assert future.result() == 4
        executor.shutdown(cancel_futures=True)
        assert future.result() == 4

    def test_in_another_thread(self):
        executor = self.executor()
        gate = self.gate()
        future = executor.submit(tasks.visit, gate.address, 'x')
        gate.admit()
        thread = threading.Thread(target=executor.shutdown)
        thread.start()
        gate.open()
        thread.join()
        assert future.result() == 'x'

    @pytest.mark.race
    def test_beside_submits(self):
        """Every future that submit() gave is done in the end, whatever came first."""
        executor = self.executor(2)
        futures, refused, ready = [], [], threading.Barrier(4) if hasattr(threading, 'Barrier') else None

        def submit():
            if ready:
                ready.wait()
            try:
                for i in range(200):
                    futures.append(executor.submit(tasks.square, i))
            except RuntimeError as e:
                refused.append(str(e))

        threads = [threading.Thread(target=submit) for _ in range(3)]
        for thread in threads:
            thread.start()
        if ready:
            ready.wait()
        executor.shutdown()
        for thread in threads:
            thread.join()
        for future in futures:
            assert future.result() in [i * i for i in range(200)]
        assert set(refused) <= {'cannot schedule new futures after shutdown'}

    @native_never('the manager thread would join itself: RuntimeError in the log, and the rest undone')
    def test_in_a_callback(self):
        executor = self.executor()
        done = threading.Event()
        gate = self.gate()

        def callback(_future):
            executor.shutdown(wait=True)
            done.set()

        future = executor.submit(tasks.visit, gate.address, 'x')
        gate.admit()
        future.add_done_callback(callback)
        gate.open()
        assert done.wait(60)
        assert future.result() == 'x'
        with pytest.raises(RuntimeError):
            executor.submit(tasks.square, 2)

    @native_since((3, 9))
    def test_without_waiting_in_a_callback(self):
        executor = self.executor()
        done = threading.Event()
        gate = self.gate()
        future = executor.submit(tasks.visit, gate.address, 'x')
        gate.admit()
        future.add_done_callback(lambda f: (executor.shutdown(wait=False), done.set()))
        gate.open()
        assert done.wait(60)
        assert future.result() == 'x'

    def test_submit_in_a_callback(self):
        executor = self.executor()
        done = threading.Event()
        more = []
        gate = self.gate()

        def callback(_future):
            more.append(executor.submit(tasks.square, 5))
            done.set()

        future = executor.submit(tasks.visit, gate.address, 'x')
        gate.admit()
        future.add_done_callback(callback)
        gate.open()
        assert done.wait(60)
        assert more[0].result() == 25


class CollectionCases(object):

    @pytest.mark.race
    def test_with_work_pending(self):
        executor = self.executor()
        gate = self.gate()
        futures = [executor.submit(tasks.visit, gate.address, 'x')] + [
            executor.submit(tasks.square, i) for i in range(10)]
        gate.admit()
        gone = weakref.ref(executor)
        del executor
        gc.collect()
        assert gone() is None
        gate.open()
        assert [f.result() for f in futures] == ['x'] + [i * i for i in range(10)]

    @pytest.mark.race
    def test_idle(self):
        executor = self.executor()
        gate = self.gate()
        assert executor.submit(tasks.tether, gate.address).result()
        tie = gate.admit_one()
        gone = weakref.ref(executor)
        del executor
        gc.collect()
        assert gone() is None
        tie.wait_for_end()

    def test_never_used(self):
        executor = self.executor()
        gone = weakref.ref(executor)
        del executor
        gc.collect()
        assert gone() is None

    @pytest.mark.race
    def test_in_a_cycle(self):
        executor = self.executor()
        executor.me = executor
        future = executor.submit(tasks.square, 3)
        gone = weakref.ref(executor)
        del executor
        gc.collect()
        assert gone() is None
        assert future.result() == 9

    @pytest.mark.race
    def test_chain(self):
        assert self.executor().submit(tasks.square, 3).result() == 9
        assert list(self.executor(2).map(tasks.square, range(10))) == [i * i for i in range(10)]

    @pytest.mark.race
    @native_since((3, 9))
    def test_after_shutdown_without_waiting(self):
        executor = self.executor()
        futures = [executor.submit(tasks.square, i) for i in range(5)]
        executor.shutdown(wait=False)
        del executor
        gc.collect()
        assert [f.result() for f in futures] == [0, 1, 4, 9, 16]

    @pytest.mark.race
    def test_then_a_death(self):
        executor = self.executor()
        gate = self.gate()
        future = executor.submit(tasks.visit_then_exit, gate.address, 9)
        more = executor.submit(tasks.square, 3)
        visitor = gate.admit_one()
        del executor
        gc.collect()
        visitor.let_go()
        assert isinstance(future.exception(), self.lib.BrokenProcessPool)
        assert isinstance(more.exception(), self.lib.BrokenProcessPool)

    @native_since((3, 7))
    @pytest.mark.race
    def test_arguments_and_results_are_not_kept(self):
        executor = self.executor()
        argument = tasks.Box(1)
        alive = weakref.ref(argument)
        future = executor.submit(tasks.echo, argument)
        del argument
        assert future.result() == tasks.Box(1)
        # the pool drops its own reference a moment after the result is there: the next call shows that moment is past
        executor.submit(tasks.noop).result()
        gc.collect()
        assert alive() is None
        alive = weakref.ref(future.result())
        del future
        executor.submit(tasks.noop).result()
        gc.collect()
        assert alive() is None


class ForcedCases(object):
    """terminate_workers and kill_workers (gh-128041): natively from 3.14."""

    @native_never('the cancelled futures are never notified there: wait() and as_completed() hang')
    @pytest.mark.race
    @pytest.mark.parametrize('name, number', [('terminate_workers', signal.SIGTERM), ('kill_workers', signal.SIGKILL)])
    def test_ends_the_running(self, name, number):
        executor = self.executor(2)
        gate = self.gate()
        running = [executor.submit(tasks.visit, gate.address) for _ in range(2)]
        gate.admit(2)
        pending = [executor.submit(tasks.square, i) for i in range(20)]
        processes = list(executor._processes.values())
        getattr(executor, name)()
        for future in running:
            assert isinstance(future.exception(), self.lib.BrokenProcessPool)
        self.lib.wait(pending)
        assert pending[-1].cancelled()
        for future in pending:
            assert future.cancelled() or isinstance(future.exception(), self.lib.BrokenProcessPool)
        with pytest.raises(RuntimeError):
            executor.submit(tasks.square, 1)
        executor.shutdown(wait=True)
        for process in processes:
            process.join()
            assert process.exitcode == self.ended(-number)[0]

    @pytest.mark.parametrize('name', ['terminate_workers', 'kill_workers'])
    def test_idle_never_used_and_again(self, name):
        executor = self.executor()
        getattr(executor, name)()
        getattr(executor, name)()
        executor = self.executor()
        assert executor.submit(tasks.square, 3).result() == 9
        getattr(executor, name)()
        getattr(executor, name)()
        with pytest.raises(RuntimeError):
            executor.submit(tasks.square, 1)
        executor.shutdown()
        getattr(executor, name)()

    def test_kill_is_not_held_off(self):
        executor = self.executor()
        gate = self.gate()
        future = executor.submit(tasks.visit_ignoring_sigterm, gate.address)
        visitor = gate.admit_one()
        executor.kill_workers()
        visitor.wait_for_end()
        assert isinstance(future.exception(), self.lib.BrokenProcessPool)

    def test_results_before_it_are_kept(self):
        executor = self.executor()
        future = executor.submit(tasks.square, 3)
        assert future.result() == 9
        executor.kill_workers()
        assert future.result() == 9

    def test_with_block(self):
        gate = self.gate()
        with self.executor() as executor:
            future = executor.submit(tasks.visit, gate.address)
            gate.admit()
            executor.kill_workers()
        assert isinstance(future.exception(), self.lib.BrokenProcessPool)


bind(globals(), ShutdownCases, [Fork, Portable, Native, Forkserver])
bind(globals(), CollectionCases, ALL)
bind(globals(), ForcedCases, [Fork, Spawn, Forkserver, Portable] + ([Native] if sys.version_info >= (3, 14) else []))


class SpawnShutdownCases(object):
    """The same where starting costs the most: the few that differ there."""
    test_waits_for_everything = ShutdownCases.__dict__['test_waits_for_everything']
    test_workers_end_well = ShutdownCases.__dict__['test_workers_end_well']
    test_without_waiting_the_work_is_done = ShutdownCases.__dict__['test_without_waiting_the_work_is_done']


bind(globals(), SpawnShutdownCases, [Spawn, PortableSpawn])


# -- the end of the interpreter --------------------------------------------------------------------------------------

EXIT = '''
def main(path, how):
    executor = make(2)
    futures = [executor.submit(tasks.append, path, str(i)) for i in range(10)]
    if how == 'cycle':
        executor.me = executor
    elif how == 'global':
        globals()['keep'] = executor
    elif how == 'wait=False':
        executor.shutdown(wait=False)
    elif how == 'collected':
        del executor
        gc.collect()
    elif how == 'sys.exit':
        sys.exit(3)
    elif how == 'exception':
        raise LookupError('of the main thread')
    elif how == 'daemon thread':
        thread = threading.Thread(target=executor.map, args=(tasks.square, range(10)))
        thread.daemon = True
        thread.start()
    elif how == 'blocked daemon thread':
        thread = threading.Thread(target=futures[-1].result)
        thread.daemon = True
        thread.start()


if __name__ == '__main__':
    if ARGS[1] == 'thread':
        thread = threading.Thread(target=main, args=ARGS)
        thread.start()
        thread.join()
    else:
        main(*ARGS)
    say('end of main')
'''

IDLE = '''
if __name__ == '__main__':
    executor = make(2)
    say(executor.submit(tasks.square, 3).result())
'''

BROKEN = '''
if __name__ == '__main__':
    executor = make(2)
    futures = [executor.submit(tasks.die_by_exit)]
    try:
        futures += [executor.submit(tasks.square, i) for i in range(100)]
    except BrokenProcessPool:
        pass
    say('end of main')
'''

ATEXIT = '''
def late():
    try:
        say(executor.submit(tasks.square, 3).result())
    except RuntimeError as e:
        say('refused:', e)


if __name__ == '__main__':
    if ARGS[0] == 'before':
        atexit.register(late)
    executor = make(1)
    say(executor.submit(tasks.square, 2).result())
    if ARGS[0] == 'after':
        atexit.register(late)
'''

CALLBACK_AT_EXIT = '''
if __name__ == '__main__':
    executor = make(1)
    future = executor.submit(tasks.visit, ARGS[0])
    future.add_done_callback(lambda f: say('callback'))
    say('end of main')
'''


class ExitCases(object):

    @pytest.mark.race
    @pytest.mark.parametrize('how', ['nothing', 'cycle', 'global', 'wait=False', 'collected', 'sys.exit', 'exception',
                                     'thread', 'daemon thread', 'blocked daemon thread'])
    def test_pending_work_is_done(self, tmpdir, how):
        path = str(tmpdir.join('lines'))
        script = self.script(EXIT, path, how).finish()
        assert script.code == {'sys.exit': 3, 'exception': 1}.get(how, 0), script.err
        with open(path) as f:
            assert sorted(int(line) for line in f) == list(range(10))
        if how == 'exception':
            assert script.err.count('Traceback') == 1 and 'LookupError: of the main thread' in script.err
        elif how == 'blocked daemon thread' and script.err:     # 2.7 lets it run while modules are emptied under it
            assert sys.version_info < (3,) and 'most likely raised during interpreter shutdown' in script.err
        elif how != 'daemon thread':        # that one may come too late, and say so
            assert script.err == ''

    def test_idle(self):
        script = self.script(IDLE).finish()
        assert (script.code, script.out, script.err) == (0, '9\n', '')

    @pytest.mark.race
    def test_broken(self):
        script = self.script(BROKEN).finish()
        assert (script.code, script.out) == (0, 'end of main\n'), script.err
        assert self.native or script.err == ''

    @pytest.mark.parametrize('when', ['before', 'after'])
    def test_submit_in_an_exit_handler(self, when):
        """From 3.9 on it is refused; before, it may come in time. It never hangs."""
        script = self.script(ATEXIT, when).finish()
        first, second = script.out.splitlines()
        assert first == '4'
        refused = second.startswith('refused: cannot schedule new futures after')
        assert refused or (second == '9' and sys.version_info < (3, 9))

    def test_callbacks_run(self):
        gate = self.gate()
        script = self.script(CALLBACK_AT_EXIT, gate.address)
        visitor = gate.admit_one()
        assert script.line() == 'end of main'
        visitor.let_go()
        script.finish()
        assert script.out == 'end of main\ncallback\n'
        assert script.err == ''


class ShortExitCases(object):

    @pytest.mark.race
    @pytest.mark.parametrize('how', ['nothing', 'wait=False', 'collected'])
    def test_pending_work_is_done(self, tmpdir, how):
        ExitCases.__dict__['test_pending_work_is_done'](self, tmpdir, how)

    test_idle = ExitCases.__dict__['test_idle']


bind(globals(), ExitCases, [Fork] + ([Native] if sys.version_info >= (3, 9) else []))
bind(globals(), ShortExitCases, [Spawn, Forkserver, Portable, PortableSpawn])
