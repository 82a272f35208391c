"""``poolcompat._engine.threads``: what can go wrong between two of its steps."""
from __future__ import absolute_import, division, print_function

import threading
import weakref

import pytest

import poolcompat
from poolcompat._engine import threads

from .. import support, tasks


class CannotStart(threading.Thread):

    def start(self):
        raise RuntimeError("can't start new thread")


def test_no_thread_can_be_started(monkeypatch):
    executor = poolcompat.ThreadPoolExecutor(2)
    monkeypatch.setattr(threads, 'own_thread', CannotStart)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        executor.submit(tasks.square, 2)
    monkeypatch.undo()
    assert executor.submit(tasks.square, 3).result() == 9
    executor.shutdown()


def test_another_thread_cannot_be_started(monkeypatch):
    """The one that there is runs the call."""
    executor = poolcompat.ThreadPoolExecutor(2)
    release = threading.Event()
    first = executor.submit(release.wait)
    monkeypatch.setattr(threads, 'own_thread', CannotStart)
    second = executor.submit(tasks.square, 3)
    release.set()
    assert second.result(timeout=60) == 9
    assert first.done() and len(executor._threads) == 1
    executor.shutdown()


class Interrupted(threading.Thread):
    """Ctrl-C comes as it was started, before its first step or after."""
    first = None

    def start(self):
        super(Interrupted, self).start()
        if self.first is not None:
            self.first.wait(support.GUARD)
        raise KeyboardInterrupt


class InterruptedEarly(Interrupted):

    def run(self):
        self.may_run.wait(support.GUARD)
        super(InterruptedEarly, self).run()


def test_ctrl_c_before_a_thread_runs(monkeypatch):
    """What was made of it is taken back, and the thread ends without having run anything."""
    executor, seen = poolcompat.ThreadPoolExecutor(1), []
    InterruptedEarly.may_run = threading.Event()
    monkeypatch.setattr(threads, 'own_thread', InterruptedEarly)
    with pytest.raises(KeyboardInterrupt):
        executor.submit(seen.append, 2)
    monkeypatch.undo()
    assert not executor._threads
    InterruptedEarly.may_run.set()
    assert executor.submit(tasks.square, 3).result() == 9
    support.wait_for(lambda: sum(thread.name.startswith('ThreadPoolExecutor') for thread in threading.enumerate()) == 1)
    assert seen == [] and len(executor._threads) == 1       # and it is the one that runs
    executor.shutdown()


def test_ctrl_c_when_a_thread_runs(monkeypatch):
    """It goes on, and the call that nobody has the future of is run."""
    executor, ran = poolcompat.ThreadPoolExecutor(1), threading.Event()
    monkeypatch.setattr(Interrupted, 'first', ran)
    monkeypatch.setattr(threads, 'own_thread', Interrupted)
    with pytest.raises(KeyboardInterrupt):
        executor.submit(ran.set)
    monkeypatch.undo()
    assert ran.is_set() and len(executor._threads) == 1
    assert executor.submit(tasks.square, 3).result() == 9
    executor.shutdown()


class WaitedFor(threading.Thread):
    """Its call is run before ``start`` returns."""
    ran = None

    def start(self):
        super(WaitedFor, self).start()
        self.ran.wait(support.GUARD)


def test_a_new_thread_needs_no_lock(monkeypatch):
    """Whoever submits holds it. With it, ``shutdown(cancel_futures=True)`` right after cancelled what could have run."""
    executor, ran = poolcompat.ThreadPoolExecutor(1), threading.Event()
    monkeypatch.setattr(WaitedFor, 'ran', ran)
    monkeypatch.setattr(threads, 'own_thread', WaitedFor)
    future = executor.submit(ran.set)
    assert ran.is_set()
    executor.shutdown(wait=False, cancel_futures=True)
    assert future.result() is None
    executor.shutdown()


def test_a_thread_that_has_ended_is_gone():
    """Not only ended: whoever counts threads, as CPython's own tests do, sees none that nobody needs."""
    executor = poolcompat.ThreadPoolExecutor(1)
    executor.submit(tasks.square, 3).result()
    gone = list(map(weakref.ref, executor._threads))
    executor.shutdown()
    del executor
    support.wait_for(lambda: [ref() for ref in gone] == [None], collecting=True)


def test_a_caller_within_the_lock_is_let_in():
    """As when a signal's handler, or a weakref's callback, submits while its own thread is submitting."""
    with poolcompat.ThreadPoolExecutor(1) as executor:
        with executor._engine._lock:
            future = executor.submit(tasks.square, 7)
        assert future.result() == 49
