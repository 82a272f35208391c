"""Waiting to be told, without the lock of whoever tells: a condition variable that Ctrl-C leaves in order.

Python's own takes its lock and gives it back in Python code. A KeyboardInterrupt that comes there keeps it for good, and
whoever is to notify waits for ever.
"""
from __future__ import absolute_import, division, print_function

import collections
from functools import partial

from six.moves import range

from ._compat.py27.steps import in_one_step
from ._compat.py27.waiting import LockInC, new_waiter


class Condition(LockInC):
    """A condition variable, which is its own lock. Whoever waits need not hold that."""

    _waiters = ()       # a deque once somebody waits

    def wait_unless(self, happened, timeout):
        """Note this thread, and wait to be notified, at most ``timeout`` seconds, unless ``happened()``.

        Whoever notifies sees to it first that ``happened()``.
        """
        waiters = self.__dict__.setdefault('_waiters', collections.deque())
        waiter, noted = new_waiter(timeout), []
        try:
            in_one_step(partial(waiters.append, waiter), partial(noted.append, True))
            if not happened():
                waiter.wait(timeout)
        finally:
            try:
                waiters.remove(waiter)
                noted = False
            except ValueError:      # whoever took it out tells it
                pass
            waiter.close(bool(noted))

    def notify_all(self):
        """Wake every thread that waits."""
        for _ in range(len(self._waiters)):
            try:
                waiter = self._waiters.popleft()
            except IndexError:      # others have gone meanwhile
                return
            waiter.signal()

    def notify_later(self, waiters):
        """Add what wakes every thread that waits to the deque, for ``wake`` to do so. Where no signal's handler runs."""
        for _ in range(len(self._waiters)):
            try:
                waiters.append(self._waiters.popleft())
            except IndexError:      # as above
                return


def wake(waiters):
    """Wake the threads, and forget them."""
    while waiters:
        waiters.popleft().signal()


class Latch(object):
    """Something that comes true once."""

    def __init__(self):
        self._changed = Condition()
        self._open = False

    def is_set(self):
        """Return whether it has come true."""
        return self._open

    def set(self):
        """Let it be true, and wake every thread that waits."""
        self._open = True
        self._changed.notify_all()

    def wait(self, timeout=None):
        """Wait until it is true, at most ``timeout`` seconds; return whether it is."""
        if not self._open:
            self._changed.wait_unless(self.is_set, timeout)
        return self._open
