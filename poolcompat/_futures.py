"""Futures, and the base of executors: the interpreter's own, with what they lack."""
from __future__ import absolute_import, division, print_function

import collections

from ._compat import py310
from ._compat.py27 import waiting as py27
from ._compat.py313.executors import Executor       # noqa: F401 (for others to import from here)
from ._compat.py37 import futures as py37
from ._compat.py38 import generic as py38
from ._conditions import Condition
from ._native import futures

ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION = (
    futures.ALL_COMPLETED, futures.FIRST_COMPLETED, futures.FIRST_EXCEPTION)
CancelledError = futures.CancelledError

_Answer = type(futures.wait(()))
_UNSET = ('PENDING', 'RUNNING')
#: Whether the interpreter's own future has what is known here. To make its condition variable takes longer than the rest.
_FAMILIAR = set(vars(futures.Future())) <= set([
    '_condition', '_state', '_result', '_exception', '_traceback', '_waiters', '_done_callbacks'])


class ExecutorGaps(object):
    """What no interpreter's executors do: cancel at Ctrl-C (gh-125886), and say why they cannot be pickled."""

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_val, exc_tb):
        interrupted = exc_type is not None and issubclass(exc_type, KeyboardInterrupt)
        self.shutdown(wait=True, cancel_futures=interrupted)
        return False

    def __reduce__(self):
        raise TypeError('an executor cannot be sent to another process: its workers and its threads belong to this one; '
                        'make an executor of its own there, or send only what the calls need')


class Future(py27.FutureGaps, py38.FutureGaps, py37.FutureGaps, futures.Future):
    """The result of a call that may not have ended yet: the interpreter's own Future, as of 3.15 on every interpreter.

    Executors make it; ``Future[int]`` is for annotations.

    Source: CPython 3.15, ``concurrent.futures``; ``exception_info`` and ``set_exception_info``: the ``futures`` backport.
    """
    __module__ = 'poolcompat'
    __slots__ = ('_state', '_result', '_exception', '_waiters', '_done_callbacks', '_condition')
    _lead = None    # what waits for it in its caller's thread: see ``_engine.leading``

    def __init__(self):
        if _FAMILIAR:
            self._state = 'PENDING'
            self._result = None
            self._exception = None
            self._waiters = []
            self._done_callbacks = []
        else:
            super(Future, self).__init__()
        self._condition = Condition()

    def result(self, timeout=None):
        """Return what the call returned, or raise what it raised; wait at most ``timeout`` seconds.

        CancelledError where the future was cancelled, TimeoutError where it is not done in time.
        """
        lead = self._lead
        try:
            if lead is not None and self._state == 'RUNNING':
                timeout = lead(self, timeout)
                self._lead = None
            self._wait(timeout)
            if self._exception is not None:     # it may be false
                self._raise()
            return self._result
        finally:
            self = None     # no cycle through the traceback

    def exception(self, timeout=None):
        """Return the exception that the call raised, or None; wait at most ``timeout`` seconds.

        CancelledError where the future was cancelled, TimeoutError where it is not done in time.
        """
        self._wait(timeout)
        return self._exception

    def _wait(self, timeout):
        """Wait until it has ended. Takes no lock: Ctrl-C might keep it, and who is to set the future would wait for ever."""
        if self._state in _UNSET:
            self._condition.wait_unless(self._is_set, timeout)
        state = self._state     # looked at once: it may be set just now
        if state != 'FINISHED':
            raise py310.TimeoutError() if state in _UNSET else CancelledError()

    def _is_set(self):
        return self._state not in _UNSET

    def _tell_again(self):
        """Tell those who wait, of whom some may know."""
        self._condition.notify_all()

    def _set_quietly(self, result, waiters):
        """Set the result, unless it takes waiting or others than threads that wait are to be told; return whether it is set.

        What wakes those threads is added to ``waiters``. In a thread of ours: Ctrl-C might keep the lock.
        """
        if not self._condition.acquire(False):      # by whoever may wait for one of those threads
            return False
        try:
            if self._state != 'RUNNING' or self._done_callbacks or self._waiters:
                return False
            self._result = result
            self._state = 'FINISHED'
        finally:
            self._condition.release()
        self._condition.notify_later(waiters)
        return True


class _Waiter(object):
    """Collects futures as they finish, until there are enough. Futures call it under their own lock, and it takes none."""

    def __init__(self, return_when, count):
        self.finished = collections.deque()
        self._least = 1 if return_when == FIRST_COMPLETED else count
        self._heeds_failures = return_when == FIRST_EXCEPTION
        self._failed = False
        self._told = Condition()

    def add_result(self, future):
        self.finished.append(future)
        if self._has_enough():
            self._told.notify_all()

    add_cancelled = add_result

    def add_exception(self, future):
        self._failed = self._heeds_failures
        self.add_result(future)

    def _has_enough(self):
        return self._failed or len(self.finished) >= self._least

    def wait(self, timeout):
        """Wait until there are enough, at most ``timeout`` seconds."""
        self._told.wait_unless(self._has_enough, timeout)

    def install(self, future):
        """Have ``future`` tell this waiter when it is done, at once where it is."""
        with future._condition:
            if future._state == 'FINISHED' and future._exception is not None:
                self.add_exception(future)
            elif future._state in ('FINISHED', 'CANCELLED_AND_NOTIFIED'):
                self.add_result(future)
            else:
                future._waiters.append(self)

    def remove(self, futures):
        for future in futures:
            with future._condition:
                if self in future._waiters:
                    future._waiters.remove(self)


def wait(fs, timeout=None, return_when=ALL_COMPLETED):
    """Wait for the futures ``fs``, at most ``timeout`` seconds; return the sets ``(done, not_done)``.

    ``return_when`` is FIRST_COMPLETED, FIRST_EXCEPTION or ALL_COMPLETED; ValueError for anything else. A future
    may be given more than once (CPython 3.11, bpo-20369).
    """
    if return_when not in (FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED):
        raise ValueError('Invalid return condition: %r' % (return_when,))
    fs = set(fs)
    waiter = _Waiter(return_when, len(fs))
    try:
        for future in fs:
            waiter.install(future)
        if fs:
            waiter.wait(timeout)
    finally:
        waiter.remove(fs)
    done = set(waiter.finished)
    return _Answer(done, fs - done)


def as_completed(fs, timeout=None):
    """Yield the futures ``fs`` as they finish, each once, those that are done first.

    TimeoutError where one is not done ``timeout`` seconds after the call. No reference to what was yielded is kept
    (CPython 3.7, bpo-27144).
    """
    deadline = None if timeout is None else py27.monotonic() + timeout
    return _as_completed(set(fs), deadline)


def _as_completed(pending, deadline):
    total = len(pending)
    waiter = _Waiter(FIRST_COMPLETED, 0)
    try:
        for future in pending:
            waiter.install(future)
        future = None
        while pending:
            while not waiter.finished:
                left = None if deadline is None else deadline - py27.monotonic()
                if left is not None and left < 0:
                    raise py310.TimeoutError('%d (of %d) futures unfinished' % (len(pending), total))
                waiter.wait(left)
            finished = [waiter.finished.popleft()]
            pending.discard(finished[0])
            yield finished.pop()
    finally:
        waiter.remove(pending)
