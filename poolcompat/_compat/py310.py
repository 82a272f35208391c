"""What CPython 3.10 and older lack."""
from __future__ import absolute_import, division, print_function

import collections
import sys

from .._native import futures
from .py27.waiting import Event, monotonic

# Breakpoint: https://bugs.python.org/issue42413 (concurrent.futures.TimeoutError is the builtin one)
if sys.version_info >= (3, 11):
    TimeoutError = TimeoutError

    class FutureGaps(object):
        """Nothing: a time-out is the builtin TimeoutError."""
        __slots__ = ()
elif sys.version_info >= (3, 0):
    import builtins

    class TimeoutError(futures.TimeoutError, builtins.TimeoutError):
        """The operation exceeded the given deadline.

        Source: CPython 3.11 (bpo-42413), where it is the builtin one.
        """
        __module__ = 'poolcompat'

    class FutureGaps(object):
        """A future whose time-out is the builtin TimeoutError too."""

        def exception(self, timeout=None):
            """Return the exception that the call raised, or None; wait at most ``timeout`` seconds."""
            try:
                return super(FutureGaps, self).exception(timeout)
            except futures.TimeoutError:
                late = TimeoutError()
            raise late
else:
    TimeoutError = futures.TimeoutError     # 2.7 has no builtin one

    class FutureGaps(object):
        """Nothing: a time-out is the only TimeoutError there is."""
        __slots__ = ()


# Breakpoint: https://bugs.python.org/issue20369 (wait takes duplicates that are done; in 3.9 and 3.10 late)
if sys.version_info >= (3, 11):
    wait, as_completed = futures.wait, futures.as_completed
else:
    _Answer = type(futures.wait(()))

    class _Waiter(object):
        """Collects futures as they finish; the first that is enough rings. Futures call it under their own lock."""

        def __init__(self, return_when, count):
            self.finished = collections.deque()
            self.enough = Event()
            self._return_when = return_when
            self._count = count

        def _add(self, future, failed=False):
            self.finished.append(future)
            if (self._return_when == futures.FIRST_COMPLETED or len(self.finished) >= self._count
                    or failed and self._return_when == futures.FIRST_EXCEPTION):
                self.enough.set()

        add_result = add_cancelled = _add

        def add_exception(self, future):
            self._add(future, failed=True)

        def install(self, future):
            """Have ``future`` tell this waiter when it is done, at once where it is."""
            with future._condition:
                if future._state == 'FINISHED':
                    self._add(future, failed=future._exception is not None)
                elif future._state == 'CANCELLED_AND_NOTIFIED':
                    self._add(future)
                else:
                    future._waiters.append(self)

        def remove(self, futures):
            for future in futures:
                with future._condition:
                    if self in future._waiters:
                        future._waiters.remove(self)

    def wait(fs, timeout=None, return_when=futures.ALL_COMPLETED):
        """Wait for the futures ``fs``, at most ``timeout`` seconds; return the sets ``(done, not_done)``.

        ``return_when`` is FIRST_COMPLETED, FIRST_EXCEPTION or ALL_COMPLETED; ValueError for anything else. A future
        may be given more than once (CPython 3.11, bpo-20369).
        """
        if return_when not in (futures.FIRST_COMPLETED, futures.FIRST_EXCEPTION, futures.ALL_COMPLETED):
            raise ValueError('Invalid return condition: %r' % (return_when,))
        fs = set(fs)
        waiter = _Waiter(return_when, len(fs))
        try:
            for future in fs:
                waiter.install(future)
            if fs:
                waiter.enough.wait(timeout)
        finally:
            waiter.remove(fs)
        done = set(waiter.finished)
        return _Answer(done, fs - done)

    def as_completed(fs, timeout=None):
        """Yield the futures ``fs`` as they finish, each once, those that are done first.

        TimeoutError where one is not done ``timeout`` seconds after the call. No reference to what was yielded is kept
        (CPython 3.7, bpo-27144).
        """
        deadline = None if timeout is None else monotonic() + timeout
        return _as_completed(set(fs), deadline)

    def _as_completed(pending, deadline):
        total = len(pending)
        waiter = _Waiter(futures.FIRST_COMPLETED, 0)
        try:
            for future in pending:
                waiter.install(future)
            future = None
            while pending:
                if not waiter.finished:
                    waiter.enough.clear()
                while not waiter.finished:
                    left = None if deadline is None else deadline - monotonic()
                    if left is not None and left < 0:
                        raise TimeoutError('%d (of %d) futures unfinished' % (len(pending), total))
                    waiter.enough.wait(left)
                finished = [waiter.finished.popleft()]
                pending.discard(finished[0])
                yield finished.pop()
        finally:
            waiter.remove(pending)
