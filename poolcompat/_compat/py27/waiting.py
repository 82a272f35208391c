"""Waiting on 2.7: prompt, and interrupted by Ctrl-C."""
from __future__ import absolute_import, division, print_function

import sys
import threading
from functools import partial

from .steps import in_one_step


class _LockWaiter(object):
    """Wakes a thread that waits for a lock: on 2.7 without a time-out, and no signal interrupts it."""

    def __init__(self):
        self._block = threading.Lock()      # a green one, where a library of green threads has put it there
        self._block.acquire()

    def signal(self):
        self._block.release()

    def wait(self, timeout):
        self._block.acquire(*(() if timeout is None else (True, max(0, timeout))))

    def close(self, signalled):
        """Do nothing: there is nothing to put back."""


# Breakpoint: https://bugs.python.org/issue8844 (bpo-8844: a signal interrupts a wait for a lock) and
# https://bugs.python.org/issue7316 (bpo-7316: time-outs of locks, where 2.7 sleeps up to 50 ms)
if sys.version_info >= (3, 3):
    from _thread import RLock as LockInC
    from threading import get_ident
    from time import monotonic, perf_counter

    def new_waiter(timeout):
        """Return what wakes this thread, which is about to wait for so many seconds at most."""
        return _LockWaiter()

    class FutureGaps(object):
        """A future with the two methods that only 2.7's backport has."""

        def exception_info(self, timeout=None):
            """Return the exception that the call raised and its traceback, or two None.

            Waits at most ``timeout`` seconds; errors as of ``exception``.
            """
            error = self.exception(timeout)
            return error, getattr(error, '__traceback__', None)

        def set_exception_info(self, exception, traceback):
            """As ``set_exception(exception)``, with the ``traceback`` that it is to have."""
            self.set_exception(exception.with_traceback(traceback))

        def _raise(self):
            try:
                raise self._exception
            finally:
                self = None     # the traceback holds this frame: no cycle through it

        def _settle(self, value):
            """Set the result in the thread that waits for it, unless others are to be told; return whether it is set."""
            with self._condition:
                if self._state != 'RUNNING' or self._done_callbacks or self._waiters:
                    return False
                self._result = value
                self._state = 'FINISHED'
                self._condition.notify_all()
            return True

        def _free_lock(self):
            """Give back the lock, should this thread have it: up to 3.9 Ctrl-C may come as a ``with`` block has ended."""
            while self._condition._is_owned():
                self._condition.release()
else:
    import collections
    import errno
    import io
    import os
    import select
    import weakref
    from itertools import chain
    from thread import get_ident                # noqa: F401 (for others to import from here)
    from time import time as perf_counter       # noqa: F401

    import six

    from six.moves import map

    from .pipes import keep_from_programs
    from ..py34 import retried
    from ..py36.processes import after_fork_in_child

    if os.name == 'posix':
        def monotonic():
            """Return seconds by a clock that never steps, to 10 ms: 2.7 has no better one."""
            return os.times()[4]
    else:
        from time import clock as monotonic

    _STEP = .1      # seconds

    def _gone():
        """The reference to what has never been."""

    class _Pipe(object):
        """A pipe that is closed with the object, wherever Ctrl-C makes it lost, and in a forked child."""

        free = {}       # process -> its pipe that is kept, while nobody uses it
        _kept = {}      # process -> weak reference to that
        _all = {}       # id -> weak reference

        def __init__(self):
            if os.getpid() not in self.free:
                after_fork_in_child(_leave_pipes_to_the_parent)
                self.free.setdefault(os.getpid(), collections.deque())
            self._all[id(self)] = weakref.ref(self, partial(self._all.pop, id(self)))
            low = []
            while True:
                self.ends = []      # files, in one step: such an object closes itself, in C
                self.ends.extend(map(io.FileIO, chain.from_iterable(map(partial.__call__, (partial(os.pipe),)))))
                if min(end.fileno() for end in self.ends) > 2:
                    break
                low.append(self.ends)       # where a standard stream is closed: what is printed is not for this pipe
            for end in self.ends:
                keep_from_programs(end.fileno())

        def put_back(self):
            """Keep it, if it is the one or there is none; else it goes with the last who refers to it."""
            pid = os.getpid()
            if self.ends and (self._kept.get(pid, _gone)() or self) is self:
                self._kept[pid] = weakref.ref(self)
                self.free[pid].append(self)

    def _leave_pipes_to_the_parent():
        _Pipe.free.clear()
        for pipe in [reference() for reference in list(_Pipe._all.values())]:
            if pipe is not None:
                del pipe.ends[:]

    class _PipeWaiter(object):
        """Wakes a thread that waits for a time, or that Ctrl-C must interrupt: the main one."""

        def __init__(self):
            try:
                self._pipe = _Pipe.free[os.getpid()].pop()
            except (KeyError, IndexError):
                self._pipe = _Pipe()
            self._reading, self._writing = [end.fileno() for end in self._pipe.ends]

        def signal(self):
            retried(os.write, self._writing, b'!')

        def wait(self, timeout):
            poll = select.poll()
            poll.register(self._reading, select.POLLIN)
            deadline = None if timeout is None else monotonic() + timeout
            while True:     # in short steps: a signal that comes just before a step does not end it
                left = _STEP if deadline is None else min(_STEP, max(0, deadline - monotonic()))
                try:
                    if poll.poll(left * 1000) or deadline is not None and monotonic() >= deadline:
                        return
                except select.error as error:
                    if error.args[0] != errno.EINTR:
                        raise

        def close(self, signalled):
            if signalled:
                retried(os.read, self._reading, 1)
            self._pipe.put_back()

    def new_waiter(timeout):
        """Return what wakes this thread, which is about to wait for so many seconds at most."""
        main = isinstance(threading.current_thread(), threading._MainThread)
        return _PipeWaiter() if (main or timeout is not None) and hasattr(select, 'poll') else _LockWaiter()

    class LockInC(object):
        """A lock for ``with``.

        ``with`` finds the lock's own methods in slots: they are C, and a KeyboardInterrupt cannot come between taking the
        lock and the block that gives it back.
        """
        __slots__ = ('__enter__', '__exit__', 'acquire')

        def __init__(self):
            lock = threading.Lock()
            self.__enter__ = self.acquire = lock.acquire
            self.__exit__ = lock.__exit__

        def release(self):
            self.__exit__(None, None, None)

    class FutureGaps(object):
        """A future that raises with the traceback it was given."""

        _held = ()
        _traceback = None

        def exception_info(self, timeout=None):
            """Return the exception that the call raised and its traceback, or two None.

            Waits at most ``timeout`` seconds; errors as of ``exception``.
            """
            return self.exception(timeout), self._traceback

        def _raise(self):
            six.reraise(self._exception.__class__, self._exception, self._traceback)    # one of an old-style class too

        def set_exception_info(self, exception, traceback):
            """As ``set_exception(exception)``, with the ``traceback`` that it is to have."""
            with self._condition:
                if self._state in ('PENDING', 'RUNNING'):
                    self._traceback = traceback
            self.set_exception(exception)

        def _settle(self, value):
            """Set the result in the thread that waits for it, unless others are to be told; return whether it is set."""
            self._held = []
            in_one_step(partial(self._condition.acquire), partial(self._held.append, True))
            try:
                if self._state != 'RUNNING' or self._done_callbacks or self._waiters:
                    return False
                self._result = value
                self._finish('add_result')
                return True
            finally:
                self._free_lock()

        def _free_lock(self):
            """Give back the lock, should Ctrl-C have kept ``_settle`` from it."""
            if self._held:
                in_one_step(partial(self._condition.__exit__, None, None, None), partial(self._held.pop))
