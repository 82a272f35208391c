"""``poolcompat._engine.dispatcher``: callers that come in at odd moments, and our own mistakes."""
from __future__ import absolute_import, division, print_function

import signal
import sys
import threading

import pytest

import poolcompat
from poolcompat._compat.py36.processes import kill
from poolcompat._engine import dispatcher
from poolcompat._engine.calls import Call

from .. import support, tasks


@pytest.fixture
def executor():
    with poolcompat.ProcessPoolExecutor(2) as executor:
        # Calls are short by all experience, so they are sent ahead.
        assert list(executor.map(tasks.square, range(300))) == [i * i for i in range(300)]
        yield executor


def test_a_caller_within_the_lock_is_let_in(executor):
    """As when a signal's handler, or a weakref's callback, submits while its own thread is submitting."""
    engine = executor._engine
    future = poolcompat.Future()
    with engine._lock:
        engine._inside.add(threading.current_thread().ident)
        engine.submit(Call(future, tasks.square, (7,), {}))
        engine._inside.clear()
    assert future.result() == 49


def test_a_caller_does_not_wait_for_the_lock(executor):
    futures = []
    with executor._engine._lock:
        caller = threading.Thread(target=lambda: futures.append(executor.submit(tasks.square, 8)))
        caller.start()
        caller.join()
    assert futures[0].result() == 64


@pytest.mark.skipif(sys.version_info < (3, 4), reason='2.7 has no start method under which workers start on demand')
def test_a_caller_that_starts_a_worker_does(monkeypatch):
    """When submit has returned, the worker that it needs is there, whoever had the lock meanwhile."""
    executor, gate = poolcompat.ProcessPoolExecutor(2, mp_context=poolcompat.get_context('spawn')), support.Gate()
    engine = executor._engine
    executor.submit(tasks.visit, gate.address)
    gate.admit()
    left = []
    monkeypatch.setattr(engine, '_leave', left.append)
    with engine._lock:
        caller = threading.Thread(target=executor.submit, args=(tasks.square, 8))
        caller.start()
        support.wait_for(lambda: left or caller.ident in engine._inside)
    caller.join()
    assert len(executor._processes) == 2
    gate.close()
    executor.shutdown()


def test_a_call_that_comes_as_the_engine_ends_fails():
    """Its thread has looked at what waits for the last time, but had not yet as the call looked whether it ends."""
    executor = poolcompat.ProcessPoolExecutor(1)
    executor.submit(tasks.square, 1).result()
    executor.shutdown()
    engine, future = executor._engine, poolcompat.Future()
    engine._closing = False
    engine._leave((Call(future, tasks.square, (2,), {}),))
    with pytest.raises(RuntimeError, match='after shutdown'):
        future.result(timeout=60)


def test_all_workers_end_in_the_way_that_was_asked_for():
    """The death of the first breaks the pool, which may end the others before the caller has come to them."""
    executor, gate = poolcompat.ProcessPoolExecutor(2), support.Gate()
    engine = executor._engine
    for _ in range(2):
        executor.submit(tasks.visit, gate.address)
    gate.admit(2)
    processes = list(engine.processes.values())

    def stop(process):
        kill(process)
        engine.join()

    engine.stop_workers(stop)
    assert set(process.exitcode for process in processes) <= set([-signal.SIGKILL, 255])    # 255: an old forkserver
    gate.close()


def test_an_idle_worker_that_was_lost_is_found(executor):
    """As when KeyboardInterrupt comes between taking a worker from the idle ones and noting that."""
    engine = executor._engine
    engine._idle.clear()
    engine._suspect = True
    engine._wake()
    assert executor.submit(tasks.square, 3).result() == 9


def test_a_mistake_of_ours_leaves_nobody_waiting(monkeypatch):
    executor = poolcompat.ProcessPoolExecutor(1)

    def note(arrived):
        raise LookupError('a mistake')

    logged = []
    monkeypatch.setattr(executor._engine, '_note', note)
    monkeypatch.setattr(dispatcher.log, 'critical', lambda text, exc_info: logged.append(text))
    text = str(executor.submit(tasks.square, 1).exception())
    executor.shutdown()
    assert 'LookupError: a mistake' in text
    assert logged == ['the process pool failed']


class Interrupted(poolcompat.Future):
    """Ctrl-C comes while the caller's thread marks the future as running."""

    def set_running_or_notify_cancel(self):
        raise KeyboardInterrupt


def test_ctrl_c_while_a_call_is_sent_gets_out(executor):
    """Swallowed, it would leave a future that nobody ever sets."""
    with pytest.raises(KeyboardInterrupt):
        executor._engine.submit(Call(Interrupted(), tasks.square, (2,), {}))
    assert executor.submit(tasks.square, 3).result() == 9
