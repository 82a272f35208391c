"""Results of many calls, in order, as they come: of ``map`` and ``imap``, where an object for each call costs too much."""
from __future__ import absolute_import, division, print_function

import collections
from functools import partial

from .._compat.py27.steps import in_one_step
from .._compat.py27.waiting import LockInC, monotonic
from .._compat.py310 import TimeoutError as _TimeoutError
from .._conditions import Condition
from .callbacks import current


class Arrivals(object):
    """What the calls returned, each known by its index. In the place of what failed there is a ``Slot`` with the error.

    Whoever submits calls says so first (``expect``), and that there are no more (``end``). An engine puts results in, those
    of calls that follow one another together.
    """
    abandoned = False       # nobody wants them: what has not started need not
    least, then = -1, None  # ``then()`` is called as some end and no more than ``least`` are under way
    _timeout_error = _TimeoutError

    def __init__(self):
        self._items = collections.deque()       # what comes next
        self._arrived = {}          # what comes later: index -> items of the calls from there on, and of how many calls
        self._next = 0              # the index of those that come after ``_items``
        self._lock = LockInC()
        self._tickets = [None]      # one for each call that has not ended, and one until it is known how many there are
        self._bells = []            # of those who wait: what ``_next`` was then, and what to notify

    def expect(self, count):
        """Take note that there are so many calls more."""
        self._tickets.extend([None] * count)

    def under_way(self):
        """Return how many calls have not ended, at most."""
        return len(self._tickets)

    def put(self, index, results):
        """Take in the results of the calls from ``index`` on."""
        awaited = self._take_in(index, results)
        del self._tickets[-len(results):]
        if self._bells:
            self._tell(awaited)
        if len(self._tickets) <= self.least:
            self.then()

    def end(self):
        """Take note that there are no more calls."""
        del self._tickets[-1:]      # which is gone where Ctrl-C had some put twice
        self._tell(None)

    def take(self, timeout=None):
        """Return the next item; StopIteration where there is none, TimeoutError after ``timeout`` seconds."""
        while True:
            try:
                return self._items.popleft()
            except IndexError:
                pass
            self._wait_for_more(timeout)        # out here, where the error is no context of another

    def _take_in(self, index, results):
        """Take in the results; return of which ``_next`` they come next."""
        self._arrived[index] = results, len(results)
        return index

    def _tell(self, awaited):
        """Have those who wait for this look what there is, or all of them, where all calls have ended."""
        for index, bell in list(self._bells):
            if index == awaited or not self._tickets:
                bell.notify_all()

    def _wait_for_more(self, timeout):
        """Return once there are ``_items``, or another thread has taken them."""
        deadline = None if timeout is None else monotonic() + timeout
        while not self._fetch():
            left = None if deadline is None else deadline - monotonic()
            if left is not None and left <= 0:
                raise self._timeout_error
            # In a callback others are called meanwhile.
            bell = self._next, left is None and current() or Condition()
            self._bells.append(bell)
            try:
                bell[1].wait_unless(lambda: self._fetch() or self._next != bell[0], left)
            finally:
                self._bells.remove(bell)

    def _fetch(self):
        """Put what comes next into ``_items``; return whether there is any, StopIteration where there will be none."""
        over = not self._tickets        # first: then all is there
        with self._lock:
            first = at = self._next
            come = []
            while at in self._arrived:
                items, count = self._arrived[at]
                come += items
                at += count
            if at != first:
                in_one_step(partial(self._items.extend, come), partial(setattr, self, '_next', at))
                while first != at:
                    first += self._arrived.pop(first)[1]
        if over and not self._items:
            raise StopIteration
        return bool(self._items)
