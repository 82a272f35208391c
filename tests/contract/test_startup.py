"""CONTRACT.md, Behaviour 8: when workers start, and who gets the work."""
from __future__ import absolute_import, division, print_function

import os
import threading

import pytest

from tests import tasks
from tests.bindings import ALL, Fork, Forkserver, Native, Portable, PortableSpawn, Spawn, bind, native_never, native_since


class StartupCases(object):

    def test_nothing_before_the_first_submit(self):
        threads = threading.enumerate()
        executor = self.executor(2)
        assert threading.enumerate() == threads
        assert not executor._processes

    def test_side_by_side(self):
        """Calls that wait for each other run at the same time."""
        executor = self.executor(2)
        gate = self.gate()
        futures = [executor.submit(tasks.visit, gate.address) for _ in range(2)]
        assert len(set(visitor.pid for visitor in gate.admit(2))) == 2
        gate.open()
        assert [f.result() for f in futures] == [None, None]

    @pytest.mark.race
    def test_side_by_side_after_short_calls(self):
        """A call sent ahead to a worker does not wait there while another one is idle."""
        executor = self.executor(2)
        gate = self.gate()
        for _ in range(3):
            short = [executor.submit(tasks.square, i) for i in range(60)]
            futures = [executor.submit(tasks.visit, gate.address) for _ in range(2)]
            assert len(set(visitor.pid for visitor in gate.admit(2))) == 2
            gate.open()
            assert [f.result() for f in short + futures] == [i * i for i in range(60)] + [None, None]

    @pytest.mark.race
    def test_no_call_waits_behind_a_long_one(self):
        """One worker is held; whatever was given to it ahead is done by the other."""
        executor = self.executor(2)
        gate = self.gate()
        list(executor.map(tasks.square, range(200)))        # short calls: work is sent ahead
        calls = [executor.submit(tasks.square, i) for i in range(40)]
        held = executor.submit(tasks.visit, gate.address)
        calls += [executor.submit(tasks.square, i) for i in range(40)]
        gate.admit()
        assert [f.result() for f in calls] == [i * i for i in range(40)] * 2
        assert not held.done()
        gate.open()
        assert held.result() is None

    def test_one_worker_in_order(self, tmpdir):
        path = str(tmpdir.join('order'))
        executor = self.executor(1)
        for future in [executor.submit(tasks.append, path, str(i)) for i in range(50)]:
            future.result()
        with open(path) as f:
            assert [int(line) for line in f] == list(range(50))

    @pytest.mark.race
    def test_every_call_runs_once(self, tmpdir):
        path = str(tmpdir.join('lines'))
        executor = self.executor(2)
        for future in [executor.submit(tasks.append, path, str(i)) for i in range(300)]:
            future.result()
        with open(path) as f:
            assert sorted(int(line) for line in f) == list(range(300))


class ForkStartupCases(object):

    @native_since((3, 9, 18), (3, 10, 13), (3, 11))
    def test_all_at_the_first_submit(self):
        executor = self.executor(3)
        future = executor.submit(tasks.square, 2)
        assert len(executor._processes) == 3
        assert future.result() == 4

    @native_since((3, 9, 18), (3, 10, 13), (3, 11))
    def test_no_thread_of_the_pool_is_there_at_the_fork(self, monkeypatch):
        """gh-90622"""
        real, seen = os.fork, []

        def fork():
            seen.append(threading.enumerate())
            return real()

        before = threading.enumerate()
        monkeypatch.setattr(os, 'fork', fork)
        executor = self.executor(3)
        assert executor.submit(tasks.square, 2).result() == 4
        assert seen == [before] * 3

    def test_no_thread_of_the_parent_is_seen_in_the_worker(self):
        assert 'MainThread' in self.executor().submit(tasks.thread_names).result()


class DemandCases(object):

    @native_never('an idle worker is known a moment too late there, so that one too many may start')
    def test_idle_workers_are_used_first(self):
        executor = self.executor(4)
        pids = set(executor.submit(tasks.pid_for, i).result() for i in range(6))
        assert len(pids) == 1
        assert list(executor._processes) == list(pids)

    def test_another_one_where_none_is_idle(self):
        executor = self.executor(3)
        gate = self.gate()
        futures = []
        for number in 1, 2:
            futures.append(executor.submit(tasks.visit, gate.address))
            gate.admit()
            assert len(executor._processes) == number
        gate.open()
        assert [f.result() for f in futures] == [None, None]

    def test_not_more_than_max_workers(self):
        executor = self.executor(2)
        pids = set(f.result() for f in [executor.submit(tasks.pid_for, i) for i in range(20)])
        assert len(pids) <= 2
        assert len(executor._processes) <= 2


class NestedCases(object):

    def test_pool_inside_a_worker(self):
        executor = self.executor()
        assert executor.submit(tasks.nested, self.lib.__name__, self.method, 7).result() == 49


bind(globals(), StartupCases, ALL)
bind(globals(), ForkStartupCases, [Fork, Portable, Native])
bind(globals(), DemandCases, [Spawn, Forkserver, PortableSpawn])
bind(globals(), NestedCases, [Fork, Spawn, Portable, Native])
