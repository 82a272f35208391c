"""Waiting on 2.7: prompt, and interrupted by Ctrl-C."""
from __future__ import absolute_import, division, print_function

import sys
from functools import partial

from ..._steps import in_one_step

# Breakpoint: https://bugs.python.org/issue8844 (bpo-8844: a signal interrupts a wait for a lock) and
# https://bugs.python.org/issue7316 (bpo-7316: time-outs of locks, where 2.7 sleeps up to 50 ms)
if sys.version_info >= (3, 3):
    from _thread import allocate_lock
    from threading import Event, get_ident
    from time import monotonic, perf_counter

    class Latch(object):
        """Something that comes true once. Waiting is all C: Ctrl-C during ``Event.wait`` may leave its lock taken."""

        def __init__(self):
            self._closed = allocate_lock()
            self._closed.acquire()
            self._opening = iter((partial(self._closed.release),))

        def set(self):
            list(map(partial.__call__, self._opening))      # the first time, no other

        def wait(self):
            in_one_step(partial(self._closed.acquire), partial(self._closed.release))

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

        def _settle(self, value):
            """Set the result in the thread that waits for it, unless others are to be told; return whether it is set."""
            with self._condition._lock:     # in C: Ctrl-C in the condition's own methods would keep it for good
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

        def _tell_again(self):
            """Tell those who wait, of whom some may know."""
            with self._condition:
                self._condition.notify_all()
else:
    import collections
    import errno
    import os
    import select
    import threading
    from thread import allocate_lock, get_ident         # noqa: F401 (for others to import from here)
    from time import time as perf_counter               # noqa: F401

    import six

    from .pipes import pipe
    from ..py34 import retried
    from ..py36.processes import after_fork_in_child

    if os.name == 'posix':
        def monotonic():
            """Return seconds by a clock that never steps, to 10 ms: 2.7 has no better one."""
            return os.times()[4]
    else:
        from time import clock as monotonic

    _STEP = .1      # seconds

    class _LockWaiter(object):
        """Wakes a thread that no signal interrupts."""

        def __init__(self):
            self._block = allocate_lock()
            self._block.acquire()

        def signal(self):
            self._block.release()

        def wait(self, timeout):
            self._block.acquire()

        def close(self, signalled):
            pass

    class _PipeWaiter(object):
        """Wakes a thread that waits for a time, or that Ctrl-C must interrupt: the main one."""

        _pipes = {}         # process -> its pipes, the first of which is kept; one that was forked has its own
        _free = {}          # process -> the one that is kept, while nobody uses it

        def __init__(self):
            pid = os.getpid()
            if pid not in self._pipes:
                after_fork_in_child(_leave_pipes_to_the_parent)
                self._free.setdefault(pid, collections.deque())
                self._pipes.setdefault(pid, [])
            try:
                self._pipe = self._free[pid].pop()
            except IndexError:
                self._pipe = pipe()
                self._pipes[pid].append(self._pipe)

        def signal(self):
            retried(os.write, self._pipe[1], b'!')

        def wait(self, timeout):
            poll = select.poll()
            poll.register(self._pipe[0], select.POLLIN)
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
                retried(os.read, self._pipe[0], 1)
            pid = os.getpid()
            if self._pipe is self._pipes[pid][0]:
                self._free[pid].append(self._pipe)
            else:
                self._pipes[pid].remove(self._pipe)
                for end in self._pipe:
                    os.close(end)

    def _leave_pipes_to_the_parent():
        for pipes in _PipeWaiter._pipes.values():
            for ends in pipes:
                for end in ends:
                    os.close(end)
        _PipeWaiter._pipes.clear()
        _PipeWaiter._free.clear()

    def _new_waiter(timeout):
        main = isinstance(threading.current_thread(), threading._MainThread)
        return _PipeWaiter() if (main or timeout is not None) and hasattr(select, 'poll') else _LockWaiter()

    class Condition:
        """A condition variable whose ``wait`` ends when it is notified, and at Ctrl-C.

        A classic class, so that ``with`` finds the lock's own methods in the instance: they are C, and a
        KeyboardInterrupt cannot come between taking the lock and the block that gives it back.
        """

        def __init__(self):
            lock = allocate_lock()
            self.__enter__, self.__exit__ = lock.__enter__, lock.__exit__
            self.acquire, self.release = lock.acquire, lock.release
            self._waiters = collections.deque()

        def wait(self, timeout=None):
            """Wait to be notified, at most ``timeout`` seconds. The lock must be held."""
            released = []
            try:
                try:
                    self.wait_unless(partial(self._give_back, released), timeout)
                finally:
                    self._take_again(released)
            finally:        # whoever waits gives the lock back when this is over, so it must have it, come what may
                self._take_again(released)

        def _give_back(self, released):
            in_one_step(partial(self.release), partial(released.append, True))

        def _take_again(self, released):
            if released:
                in_one_step(partial(self.acquire), partial(released.pop))

        def wait_unless(self, happened, timeout):
            """Note this thread, and wait to be notified, at most ``timeout`` seconds, unless ``happened()``.

            The lock need not be held where whoever notifies sees to it first that ``happened()``.
            """
            waiter, noted = _new_waiter(timeout), []
            try:
                in_one_step(partial(self._waiters.append, waiter), partial(noted.append, True))
                if not happened():
                    waiter.wait(timeout)
            finally:
                try:
                    self._waiters.remove(waiter)
                    noted = False
                except ValueError:      # whoever took it out tells it
                    pass
                waiter.close(bool(noted))

        def notify(self, n=1):
            """Wake ``n`` threads that wait."""
            while n:
                try:
                    waiter = self._waiters.popleft()
                except IndexError:      # all are told, or have gone meanwhile: for that no lock is needed
                    return
                waiter.signal()
                n -= 1

        def notify_all(self):
            """Wake every thread that waits."""
            self.notify(len(self._waiters))

        notifyAll = notify_all

    class Event(object):
        """``threading.Event`` over the condition above."""

        def __init__(self):
            self._changed = Condition()
            self._flag = False

        def is_set(self):
            return self._flag

        def set(self):
            with self._changed:
                self._flag = True
                self._changed.notify_all()

        def clear(self):
            self._flag = False

        def wait(self, timeout=None):
            with self._changed:
                if not self._flag:
                    self._changed.wait(timeout)
                return self._flag

    Latch = Event

    class FutureGaps(object):
        """A future whose waits are prompt and interrupted by Ctrl-C, and that raises with the traceback it was given."""

        _held = ()

        def __init__(self):
            self._condition = Condition()       # and the rest as the backport, whose own takes longer than the call
            self._state = 'PENDING'
            self._result = self._exception = self._traceback = None
            self._waiters = []
            self._done_callbacks = []

        def exception_info(self, timeout=None):
            """Return the exception that the call raised and its traceback, or two None.

            Waits at most ``timeout`` seconds; errors as of ``exception``. Takes no lock, which Ctrl-C might keep.
            """
            if not self._is_set():
                self._condition.wait_unless(self._is_set, timeout)
            if self._state != 'FINISHED':
                return super(FutureGaps, self).exception_info(0)        # raises what is to be raised
            return self._exception, self._traceback

        def _is_set(self):
            return self._state not in ('PENDING', 'RUNNING')

        def result(self, timeout=None):
            """Return what the call returned, or raise what it raised; wait at most ``timeout`` seconds.

            CancelledError where the future was cancelled, TimeoutError where it is not done in time.
            """
            error, traceback = self.exception_info(timeout)
            if error is not None:
                six.reraise(error.__class__, error, traceback)     # an instance of an old-style class too
            return self._result

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
                in_one_step(partial(self._condition.release), partial(self._held.pop))

        def _tell_again(self):
            """Tell those who wait, of whom some may know."""
            with self._condition:
                self._condition.notify_all()
