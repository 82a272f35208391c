"""The engine of Pool: where a worker cannot be replaced, and the moment before it knows that it is to end."""
from __future__ import absolute_import, division, print_function

import os
import signal
import threading

import pytest

import poolcompat
from poolcompat._engine import replacing
from poolcompat.pool import WorkerLostError

from tests import support, tasks


class NoMore(OSError):
    pass


@pytest.fixture
def no_more(monkeypatch):
    """Makes an engine's starts fail from then on."""
    def fail():
        raise NoMore('no process to be had')
    return lambda engine: monkeypatch.setattr(engine, '_start_worker', fail)


@pytest.fixture
def pool():
    pool = poolcompat.Pool(2)
    yield pool
    pool.terminate()
    pool.join()


def kill(process):
    os.kill(process.pid, signal.SIGKILL)


def test_goes_on_with_fewer(pool, no_more, logged):
    engine = pool._engine
    start = engine._start_worker
    no_more(engine)
    kill(pool._pool[0])
    support.wait_for(lambda: logged)
    assert len(pool._pool) == 1
    assert 'goes on with 1 of 2 workers' in logged[0] and 'no process to be had' in logged[0]
    assert pool.map(tasks.square, range(20), 1) == [x * x for x in range(20)]
    engine._start_worker = start
    engine._rests_until = 0
    assert pool.map(tasks.square, range(20), 1) == [x * x for x in range(20)]
    support.wait_for(lambda: len(pool._pool) == 2)


def test_a_worker_that_dies_as_a_call_is_pickled_for_it_and_the_pool_closes():
    """The call runs on the next one: the pool has not ended before it was handed over."""
    pool = poolcompat.Pool(1)
    pool.apply(tasks.square, (1,))
    engine, worker = pool._engine, pool._engine._workers[0]

    def hook():
        tasks.CallsWhenDumped.hook = staticmethod(lambda: None)
        pool.close()
        kill(worker.process)
        support.wait_for(lambda: worker not in engine._workers)
        engine._thread.join(.2)     # time to end, should it do so

    tasks.CallsWhenDumped.hook = staticmethod(hook)
    try:
        result = pool.apply_async(tasks.echo, (tasks.CallsWhenDumped(),))
    finally:
        tasks.CallsWhenDumped.hook = None
    assert result.get(support.GUARD) == 'dumped'
    pool.join()


def test_no_worker_is_left(no_more):
    pool, gate = poolcompat.Pool(1), support.Gate()
    no_more(pool._engine)
    results = [pool.apply_async(tasks.visit_then_exit, (gate.address, 3)), pool.apply_async(tasks.square, (3,))]
    gate.admit_one()
    gate.close()
    for result in results:
        with pytest.raises(WorkerLostError) as caught:
            result.get()
    assert isinstance(caught.value.__cause__, NoMore)
    pool.close()
    pool.join()


def test_started_as_all_ends(monkeypatch):
    """A caller starts a worker, and meanwhile the engine's own thread ends: that one is ended too (see conftest.py)."""
    pool = poolcompat.Pool(1)
    engine, welcome, started = pool._engine, pool._engine._welcome, []

    def late(worker):
        pool.terminate()
        started.append(worker.process)
        return welcome(worker)

    monkeypatch.setattr(engine, '_welcome', late)
    caller = threading.current_thread()
    monkeypatch.setattr(engine, '_missing_workers', lambda: int(threading.current_thread() is caller))
    engine._start_workers(1)
    assert not started[0].is_alive() and not engine._workers


def test_none_can_be_started(monkeypatch):
    def fail(self):
        raise NoMore('no process to be had')

    monkeypatch.setattr(replacing.PoolEngine, '_start_worker', fail)
    with pytest.raises(NoMore):
        poolcompat.Pool(2)


def test_is_about_to_be_terminated(pool):
    """A call of another thread, before the engine's own thread has seen it."""
    pool._engine._terminating = pool._engine._closing = True
    for submit, calls in (pool._engine.submit, ()), (pool._engine.submit_all, ((), ())):
        with pytest.raises(WorkerLostError) as caught:
            submit(calls)
        assert 'terminated' in str(caught.value)


def test_interrupted_as_it_starts(monkeypatch):
    """Ctrl-C after the first of two workers: nothing is left, which is looked at after every test."""
    start, started = replacing.PoolEngine._start_worker, []

    def interrupted(self):
        if started:
            raise KeyboardInterrupt
        started.append(start(self))

    monkeypatch.setattr(replacing.PoolEngine, '_start_worker', interrupted)
    with pytest.raises(KeyboardInterrupt):
        poolcompat.Pool(2)
    assert started
