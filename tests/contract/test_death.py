"""CONTRACT.md, Behaviour 1: a worker that dies."""
from __future__ import absolute_import, division, print_function

import errno
import os
import signal
import sys
import threading

import pytest

from tests import tasks
from tests.bindings import (ALL, Fork, Forkserver, Native, Portable, PortableSpawn, Spawn, bind, native_never,
                            native_since)

WAYS = [                # how it dies, with what, exit code, name of the signal
    (tasks.die_by_exit, (9,), 9, None),
    (tasks.die_by_exit, (0,), 0, None),
    (tasks.die_in_thread, (), 7, None),
    (tasks.die_by_signal, (signal.SIGKILL,), -signal.SIGKILL, 'SIGKILL'),
    (tasks.die_by_signal, (signal.SIGTERM,), -signal.SIGTERM, 'SIGTERM'),
    (tasks.die_by_segfault, (), -signal.SIGSEGV, 'SIGSEGV'),
    (tasks.die_by_abort, (), -signal.SIGABRT, 'SIGABRT'),
]
NAMES = ['exit9', 'exit0', 'thread', 'SIGKILL', 'SIGTERM', 'segfault', 'abort']
every_way = pytest.mark.parametrize('fn, args, exitcode, signame', WAYS, ids=NAMES)


def check_says(case, fn, args, exitcode, signame):
    """The error says which process died, how, and doing what."""
    executor = case.executor()
    pid = executor.submit(tasks.pid_for, 0).result()
    error = executor.submit(fn, *args).exception()
    assert error.pid == pid
    assert (error.exitcode, error.signal) == case.ended(exitcode, signame)
    assert fn.__name__ in error.call
    text = str(error)
    assert str(pid) in text
    assert fn.__name__ in text
    assert (error.signal or 'exit code %d' % error.exitcode) in text


class WayCases(object):

    @pytest.mark.race
    @every_way
    def test_breaks_the_pool(self, fn, args, exitcode, signame):
        executor = self.executor()
        error = executor.submit(fn, *args).exception()
        assert isinstance(error, self.lib.BrokenProcessPool)
        with pytest.raises(self.lib.BrokenProcessPool):
            executor.submit(tasks.square, 2)
        executor.shutdown()

    @pytest.mark.race
    @native_never('gh-139462: 3.15 names pid and exit code, and not each time')
    @every_way
    def test_says_who_how_and_what(self, fn, args, exitcode, signame):
        check_says(self, fn, args, exitcode, signame)


class DeathCases(object):

    @pytest.mark.race
    def test_everything_pending_fails(self):
        """Also what runs in another worker that is alive and well, and is never let go."""
        executor = self.executor(2)
        gate = self.gate()
        held = executor.submit(tasks.visit, gate.address)
        gate.admit()
        doomed = executor.submit(tasks.visit_then_exit, gate.address, 9)
        visitor = gate.admit_one()
        pending = [executor.submit(tasks.square, i) for i in range(20)]
        visitor.let_go()
        for future in [held, doomed] + pending:
            assert isinstance(future.exception(), self.lib.BrokenProcessPool)
        with pytest.raises(self.lib.BrokenProcessPool):
            executor.submit(tasks.square, 1)
        executor.shutdown()

    @pytest.mark.race
    @native_never('one exception object for all up to 3.14 (gh-101267), and no cause that can be relied on after')
    def test_one_exception_for_each_future(self):
        executor = self.executor(1)
        gate = self.gate()
        doomed = executor.submit(tasks.visit_then_exit, gate.address, 9)
        visitor = gate.admit_one()
        pending = [executor.submit(tasks.square, i) for i in range(5)]
        visitor.let_go()
        errors = [future.exception() for future in [doomed] + pending]
        assert len(set(id(error) for error in errors)) == len(errors)
        for error in errors:            # and all of them say what happened
            assert (error.pid, error.exitcode, error.signal) == (visitor.pid,) + self.ended(9)
            assert 'visit_then_exit' in error.call
        with pytest.raises(self.lib.BrokenProcessPool) as caught:
            executor.submit(tasks.square, 1)
        assert caught.value.pid == visitor.pid
        assert id(caught.value) not in [id(error) for error in errors]

    @pytest.mark.race
    def test_killed_while_running(self):
        executor = self.executor()
        gate = self.gate()
        future = executor.submit(tasks.visit, gate.address)
        visitor = gate.admit_one()
        os.kill(visitor.pid, signal.SIGKILL)
        error = future.exception()
        assert isinstance(error, self.lib.BrokenProcessPool)
        if not self.native:
            assert (error.pid, error.exitcode, error.signal) == (visitor.pid,) + self.ended(-9, 'SIGKILL')
            assert 'visit' in error.call

    @pytest.mark.race
    @native_never('a submit that is too early is accepted there')
    def test_killed_while_idle(self):
        executor = self.executor()
        gate = self.gate()
        pid = executor.submit(tasks.tether, gate.address).result()
        tie = gate.admit_one()
        os.kill(pid, signal.SIGKILL)
        tie.wait_for_end()
        # Whoever is faster, the one that reads the news or the one that submits: nobody waits for ever, and the error
        # is the same.
        try:
            error = executor.submit(tasks.square, 2).exception()
        except self.lib.BrokenProcessPool as e:
            error = e
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert (error.pid, error.exitcode, error.signal) == (pid,) + self.ended(-9, 'SIGKILL')
        with pytest.raises(self.lib.BrokenProcessPool) as caught:
            executor.submit(tasks.square, 2)
        assert caught.value.pid == pid

    @native_never('no such attribute')
    def test_killed_while_idle_names_no_call(self):
        """The pool hears of it while another worker is at work, so that a future is there to tell."""
        executor = self.executor(2)
        gate = self.gate()
        held = executor.submit(tasks.visit, gate.address)
        gate.admit()
        idle = executor.submit(tasks.pid_for, 0).result()
        os.kill(idle, signal.SIGKILL)
        error = held.exception()
        assert (error.pid, error.exitcode, error.signal) == (idle,) + self.ended(-9, 'SIGKILL')
        assert error.call is None

    @pytest.mark.race
    def test_killed_while_another_one_works(self):
        executor = self.executor(2)
        gate = self.gate()
        futures = [executor.submit(tasks.visit, gate.address) for _ in range(2)]
        visitors = gate.admit(2)
        os.kill(visitors[1].pid, signal.SIGKILL)
        for future in futures:
            assert isinstance(future.exception(), self.lib.BrokenProcessPool)
        executor.shutdown()

    @pytest.mark.race
    def test_all_killed_at_once(self):
        executor = self.executor(2)
        gate = self.gate()
        futures = [executor.submit(tasks.visit, gate.address) for _ in range(2)]
        for visitor in gate.admit(2):
            os.kill(visitor.pid, signal.SIGKILL)
        for future in futures:
            assert isinstance(future.exception(), self.lib.BrokenProcessPool)

    @native_never('says nothing of the cause before 3.15')
    def test_death_while_a_result_is_pickled(self):
        executor = self.executor()
        gate = self.gate()
        future = executor.submit(tasks.return_visits_when_dumped, gate.address)
        visitor = gate.admit_one()
        os.kill(visitor.pid, signal.SIGKILL)
        error = future.exception()
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert error.pid == visitor.pid
        assert 'return_visits_when_dumped' in error.call

    @native_since((3, 7))
    def test_death_while_a_task_is_unpickled(self):
        error = self.executor().submit(tasks.noop, tasks.ExitsWhenLoaded(5)).exception()
        assert isinstance(error, self.lib.BrokenProcessPool)
        if not self.native:
            assert error.exitcode == self.ended(5)[0]

    @pytest.mark.race
    def test_callbacks_run(self):
        executor = self.executor()
        seen = []
        done = threading.Event()
        gate = self.gate()
        future = executor.submit(tasks.visit_then_exit, gate.address, 9)
        future.add_done_callback(lambda f: (seen.append(f), done.set()))
        gate.admit_one().let_go()
        assert done.wait(60)
        assert seen == [future]

    @native_since((3, 12, 1))
    @pytest.mark.race
    def test_cancel_beside_a_death(self):
        """gh-107219 / gh-108974: futures cancelled while the pool breaks."""
        executor = self.executor()
        gate = self.gate()
        doomed = executor.submit(tasks.visit_then_exit, gate.address, 9)
        visitor = gate.admit_one()
        pending = [executor.submit(tasks.square, i) for i in range(10)]
        visitor.let_go()
        cancelled = [future.cancel() for future in pending]
        assert isinstance(doomed.exception(), self.lib.BrokenProcessPool)
        for future, was in zip(pending, cancelled):
            if was:
                assert future.cancelled()
            else:
                assert isinstance(future.exception(), self.lib.BrokenProcessPool)
        executor.shutdown()

    def test_with_block_is_left(self):
        with self.executor() as executor:
            future = executor.submit(tasks.die_by_exit)
            with pytest.raises(self.lib.BrokenProcessPool):
                future.result()

    def test_map(self):
        gate = self.gate()
        fns = [tasks.visit] + [tasks.die_if] * 4
        results = self.executor().map(tasks.call, fns, [gate.address, 1, 2, 3, 4], [0, 3, 3, 3, 3])
        gate.admit_one().let_go()               # now all of them are submitted
        assert [next(results), next(results), next(results)] == [0, 1, 2]
        with pytest.raises(self.lib.BrokenProcessPool):
            next(results)

    def test_results_before_it_are_kept(self):
        executor = self.executor()
        before = executor.submit(tasks.square, 3)
        assert before.result() == 9
        doomed = executor.submit(tasks.die_by_exit)
        assert isinstance(doomed.exception(), self.lib.BrokenProcessPool)
        assert before.result() == 9

    @pytest.mark.race
    def test_another_pool_is_not_touched(self):
        other = self.executor()
        assert other.submit(tasks.square, 2).result() == 4
        executor = self.executor()
        assert isinstance(executor.submit(tasks.die_by_exit).exception(), self.lib.BrokenProcessPool)
        assert other.submit(tasks.square, 3).result() == 9

    @native_never('gh-87472 and others: says nothing of the reason')
    def test_shutdown_without_waiting_then_death(self):
        executor = self.executor()
        gate = self.gate()
        future = executor.submit(tasks.visit_then_exit, gate.address, 9)
        visitor = gate.admit_one()
        executor.shutdown(wait=False)
        visitor.let_go()
        error = future.exception()
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert (error.pid, error.exitcode, error.signal) == (visitor.pid,) + self.ended(9)

    def test_error_can_be_pickled(self):
        import pickle
        error = self.executor().submit(tasks.die_by_exit).exception()
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert str(again) == str(error)
        if not self.native:
            assert (again.pid, again.exitcode, again.signal, again.call) == (
                error.pid, error.exitcode, error.signal, error.call)


class GrandchildCases(object):
    """A process that the worker forked has copies of its descriptors, and hides its end: natively for ever."""

    @pytest.mark.race
    def test_grandchild_holds_the_descriptors(self):
        executor = self.executor()
        gate = self.gate()
        pid = executor.submit(tasks.fork_a_holder, gate.address).result()
        gate.admit()
        future = executor.submit(tasks.visit, gate.address)
        gate.admit()
        os.kill(pid, signal.SIGKILL)
        error = future.exception()
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert (error.pid, error.exitcode) == (pid, -9)


class BusyGrandchildCases(object):

    @pytest.mark.race
    def test_grandchild_holds_the_descriptors_while_another_worker_is_busy(self):
        """A look at the dead must not wait for a pause in the results of the living."""
        executor = self.executor(2)
        gate = self.gate()
        held = executor.submit(tasks.visit, gate.address)
        gate.admit()
        pid = executor.submit(tasks.fork_a_holder, gate.address).result()
        gate.admit()
        futures = [executor.submit(tasks.visit, gate.address)]
        visitor = gate.admit_one()
        assert visitor.pid == pid
        done = threading.Event()
        futures[0].add_done_callback(lambda f: done.set())
        held_one = gate.visitors[0]
        os.kill(pid, signal.SIGKILL)
        held_one.let_go()
        try:
            while not done.is_set():        # calls that take a moment each, without end
                executor.submit(tasks.linger).result()
        except self.lib.BrokenProcessPool as e:
            assert (e.pid, e.exitcode) == (pid, -9)
        assert isinstance(futures[0].exception(), self.lib.BrokenProcessPool)
        assert held.done()


bind(globals(), GrandchildCases, [Fork, Portable] + ([] if Forkserver.old_forkserver else [Forkserver]))
bind(globals(), BusyGrandchildCases, [Fork, Portable])
bind(globals(), WayCases, [Fork, Portable, Native])
bind(globals(), DeathCases, ALL)


class WayOnOtherMethodsCases(object):
    """Each start method learns the exit code in its own way."""

    @pytest.mark.race
    @pytest.mark.parametrize('fn, args, exitcode, signame', [WAYS[0], WAYS[3]], ids=[NAMES[0], NAMES[3]])
    def test_says_who_how_and_what(self, fn, args, exitcode, signame):
        check_says(self, fn, args, exitcode, signame)


class StartCases(object):
    """A worker that cannot be started, or dies before it is ready."""

    def outcome(self, executor):
        """The error of a first call, whether `submit` or its future has it."""
        try:
            return executor.submit(tasks.square, 2).exception()
        except Exception as e:
            return e

    def test_initializer_exits(self):
        error = self.outcome(self.executor(2, initializer=tasks.initialise_and_exit, initargs=(4,)))
        assert isinstance(error, self.lib.BrokenProcessPool)
        if not self.native:
            assert error.exitcode == self.ended(4)[0]

    def test_initargs_exit_when_loaded(self):
        if self.method == 'fork':       # nothing is loaded there
            executor = self.executor(initializer=tasks.noop, initargs=(tasks.ExitsWhenLoaded(3),))
            assert executor.submit(tasks.square, 2).result() == 4
            return
        error = self.outcome(self.executor(initializer=tasks.noop, initargs=(tasks.ExitsWhenLoaded(3),)))
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert error.exitcode == self.ended(3)[0]

    def test_initargs_that_cannot_be_pickled(self):
        executor = self.executor(initializer=tasks.noop, initargs=(lambda: None,))
        if self.method == 'fork':
            assert executor.submit(tasks.square, 2).result() == 4
        else:
            assert self.outcome(executor) is not None
            assert self.outcome(executor) is not None           # it does not hang later either
        executor.shutdown()

    def test_initargs_that_cannot_be_loaded(self):
        executor = self.executor(initializer=tasks.noop, initargs=(tasks.ExplodesWhenLoaded(),))
        if self.method == 'fork':
            assert executor.submit(tasks.square, 2).result() == 4
        else:
            error = self.outcome(executor)
            assert isinstance(error, self.lib.BrokenProcessPool)
        executor.shutdown()


bind(globals(), StartCases, [Fork, Spawn, Forkserver, Portable, PortableSpawn])
bind(globals(), WayOnOtherMethodsCases, [Spawn, Forkserver, PortableSpawn])


class NoForkCases(object):
    """fork() fails: out of processes or memory."""

    @pytest.mark.parametrize('good', [0, 1, 2])
    def test_fork_fails(self, monkeypatch, good):
        real, calls = os.fork, []

        def fork():
            calls.append(1)
            if len(calls) > good:
                for name in 'parent_r', 'parent_w', 'child_r', 'child_w':       # multiprocessing itself forgets them
                    if name in sys._getframe(1).f_locals:
                        os.close(sys._getframe(1).f_locals[name])
                raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            return real()

        monkeypatch.setattr(os, 'fork', fork)
        executor = self.executor(3)
        errors = []
        for _ in range(2):
            try:
                errors.append(executor.submit(tasks.square, 2).exception())
            except (OSError, self.lib.BrokenProcessPool) as e:
                errors.append(e)
        assert len(calls) > good
        if not good:            # else the workers that there are may have done it
            assert None not in errors
        for error in errors:
            if error is not None:
                assert os.strerror(errno.EAGAIN) in str(error) + str(error.__cause__)
        monkeypatch.undo()
        executor.shutdown()


bind(globals(), NoForkCases, [Fork, Portable])


NO_GUARD = '''
with make(1) as executor:
    try:
        executor.submit(tasks.square, 3).result()
    except BrokenProcessPool as e:
        say('broken:', str(e).replace('\\n', ' '))
'''


class GuardCases(object):

    def test_missing_main_guard_is_named(self):
        """The worker imports the main module again, which starts a pool again."""
        script = self.script(NO_GUARD)
        line = script.line()
        script.finish()
        assert line.startswith('broken:')
        assert "if __name__ == '__main__'" in line

    def test_main_guard_is_not_named_for_other_deaths(self):
        executor = self.executor()
        assert executor.submit(tasks.square, 3).result() == 9
        assert '__main__' not in str(executor.submit(tasks.die_by_exit).exception())


bind(globals(), GuardCases, [Spawn, Forkserver, PortableSpawn])
