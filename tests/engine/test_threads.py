"""``poolcompat._engine.threads``: what can go wrong between two of its steps."""
from __future__ import absolute_import, division, print_function

import threading
import weakref

import pytest

import poolcompat
from poolcompat._engine import threads
from poolcompat._engine.calls import OwnThread

from .. import support, tasks


class CannotStart(threading.Thread):

    def start(self):
        raise RuntimeError("can't start new thread")


def test_no_thread_can_be_started(monkeypatch):
    executor = poolcompat.ThreadPoolExecutor(2)
    monkeypatch.setattr(threads, 'OwnThread', CannotStart)
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
    monkeypatch.setattr(threads, 'OwnThread', CannotStart)
    second = executor.submit(tasks.square, 3)
    release.set()
    assert second.result(timeout=60) == 9
    assert first.done() and len(executor._threads) == 1
    executor.shutdown()


class Interrupted(OwnThread):

    def start(self):
        super(Interrupted, self).start()
        raise KeyboardInterrupt


def test_ctrl_c_while_a_thread_is_started(monkeypatch):
    """It may come when the thread runs already: what was made of it is taken back, and the thread ends."""
    executor = poolcompat.ThreadPoolExecutor(1)
    monkeypatch.setattr(threads, 'OwnThread', Interrupted)
    with pytest.raises(KeyboardInterrupt):
        executor.submit(tasks.square, 2)
    monkeypatch.undo()
    assert executor.submit(tasks.square, 3).result() == 9
    support.wait_for(lambda: sum(isinstance(thread, OwnThread) for thread in threading.enumerate()) == 1)
    assert len(executor._threads) == 1          # and it is the one that runs
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
