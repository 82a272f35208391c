"""CONTRACT.md, Behaviour 5: max_tasks_per_child."""
from __future__ import absolute_import, division, print_function

import gc
import sys
import weakref
from collections import Counter

import pytest

from tests import tasks
from tests.bindings import Fork, Forkserver, NativeSpawn, PortableSpawn, Spawn, bind, native_never, native_since


class LimitCases(object):
    """Exact, and nothing hangs whatever the order of the exits."""

    @native_since((3, 15))
    @pytest.mark.parametrize('limit, expected', [(1, [1] * 4), (3, [3, 3, 1]), (10, [4])])
    def test_exact(self, limit, expected):
        executor = self.executor(1, max_tasks_per_child=limit)
        pids = [f.result() for f in [executor.submit(tasks.pid_for, i) for i in range(sum(expected))]]
        runs = [pids.count(pid) for pid in sorted(set(pids), key=pids.index)]
        assert runs == expected

    @native_since((3, 12))
    def test_one_after_the_other(self):
        executor = self.executor(1, max_tasks_per_child=2)
        pids = [executor.submit(tasks.pid_for, i).result() for i in range(5)]
        assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]

    @native_since((3, 15))
    @pytest.mark.race
    def test_two_workers(self):
        executor = self.executor(2, max_tasks_per_child=3)
        pids = [f.result() for f in [executor.submit(tasks.pid_for, i) for i in range(12)]]
        assert max(Counter(pids).values()) <= 3
        assert len(executor._processes) <= 2

    @native_since((3, 12))
    def test_a_chunk_is_one_task(self):
        executor = self.executor(1, max_tasks_per_child=1)
        pids = list(executor.map(tasks.pid_for, range(4), chunksize=2))
        assert pids[0] == pids[1] != pids[2] == pids[3]

    @native_since((3, 12))
    def test_initializer_runs_in_each(self):
        executor = self.executor(1, max_tasks_per_child=1, initializer=tasks.initialise, initargs=('again',))
        seen = [executor.submit(tasks.initialised).result() for _ in range(2)]
        assert seen[0][0] != seen[1][0]
        assert [values for _, values in seen] == [[('again',)]] * 2

    @native_since((3, 12))
    def test_a_failing_task_counts(self):
        executor = self.executor(1, max_tasks_per_child=2)
        pid = executor.submit(tasks.pid_for, 0).result()
        assert isinstance(executor.submit(tasks.raise_value_error).exception(), ValueError)
        assert executor.submit(tasks.pid_for, 0).result() != pid

    @native_since((3, 15))
    @pytest.mark.race
    def test_a_result_that_cannot_be_pickled_counts(self):
        executor = self.executor(1, max_tasks_per_child=1)
        assert executor.submit(tasks.return_lambda).exception() is not None
        assert executor.submit(tasks.square, 2).result() == 4

    @native_since((3, 15))
    @pytest.mark.race
    def test_many_tasks_pending(self):
        """gh-115634"""
        executor = self.executor(1, max_tasks_per_child=2)
        assert [f.result() for f in [executor.submit(tasks.square, i) for i in range(6)]] == [0, 1, 4, 9, 16, 25]

    @native_since((3, 15))
    @pytest.mark.race
    def test_shutdown_without_waiting(self):
        """gh-132969: replaced workers after shutdown(wait=False)."""
        executor = self.executor(1, max_tasks_per_child=1)
        futures = [executor.submit(tasks.square, i) for i in range(4)]
        executor.shutdown(wait=False)
        assert [f.result() for f in futures] == [0, 1, 4, 9]

    @native_never('in 3.15 it breaks: "garbage collected with work pending"')
    @pytest.mark.race
    def test_collected(self):
        """gh-119592: the executor is gone, and its work needs new workers."""
        executor = self.executor(1, max_tasks_per_child=1)
        futures = [executor.submit(tasks.square, i) for i in range(4)]
        gone = weakref.ref(executor)
        del executor
        gc.collect()
        assert gone() is None
        assert [f.result() for f in futures] == [0, 1, 4, 9]

    @native_since((3, 15))
    @pytest.mark.race
    def test_shutdown_waits(self):
        with self.executor(2, max_tasks_per_child=1) as executor:
            futures = [executor.submit(tasks.square, i) for i in range(4)]
        assert [f.result() for f in futures] == [0, 1, 4, 9]

    @native_since((3, 12))
    def test_the_last_exit_leaves_a_working_pool(self):
        """A worker that has done its number ends at once, and the pool is not broken by it."""
        executor = self.executor(1, max_tasks_per_child=1)
        gate = self.gate()
        first = executor.submit(tasks.tether, gate.address).result()
        gate.admit_one().wait_for_end()
        assert executor.submit(tasks.pid_for, 0).result() != first

    @native_never('a death is told without its reason')
    def test_death_is_still_a_death(self):
        executor = self.executor(1, max_tasks_per_child=2)
        assert executor.submit(tasks.square, 3).result() == 9
        error = executor.submit(tasks.die_by_exit, 0).exception()       # the last task it may run, and exit code 0
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert error.exitcode == self.ended(0)[0]
        assert 'die_by_exit' in error.call

    @native_since((3, 15))
    def test_cancelled_futures_do_not_count(self):
        executor = self.executor(1, max_tasks_per_child=2)
        gate = self.gate()
        held = executor.submit(tasks.visit, gate.address)
        pid = gate.admit_one().pid
        waiting = [executor.submit(tasks.pid_for, i) for i in range(10)]
        cancelled = [f for f in waiting if f.cancel()]
        assert waiting[-1] in cancelled
        gate.open()
        assert held.result() is None
        after = executor.submit(tasks.pid_for, 0)
        ran = [f.result() for f in waiting + [after] if f not in cancelled]
        assert ran[0] == pid
        assert all(count <= 2 for count in Counter(ran + [pid]).values())


bind(globals(), LimitCases, [Spawn, Forkserver, PortableSpawn] + (
    [NativeSpawn] if sys.version_info >= (3, 12) else []))


class NoLimitCases(object):

    def test_one_worker_for_all(self):
        executor = self.executor(1)
        assert len(set(executor.map(tasks.pid_for, range(20)))) == 1


bind(globals(), NoLimitCases, [Fork])
