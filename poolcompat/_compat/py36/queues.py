"""A queue in C that 3.6 and older lack.

Made of what is there when it is made: a library of green threads may have put its own in place of that after the import.
"""
from __future__ import absolute_import, division, print_function

import sys

from six.moves.queue import Empty       # noqa: F401 (for others to import from here)

# Breakpoint: https://bugs.python.org/issue14976 (bpo-14976: queue.SimpleQueue)
if sys.version_info >= (3, 7):
    import queue

    def SimpleQueue():
        """Return an unbounded queue whose ``put`` may come in at any instruction of any thread."""
        return queue.SimpleQueue()
else:
    import collections

    from six.moves import _thread

    class SimpleQueue(object):
        """An unbounded queue without a lock of its own, so that ``put`` may come in at any instruction of any thread."""

        def __init__(self):
            self._items = collections.deque()
            self._waiting = collections.deque()     # a taken lock for each thread that waits, or is about to

        def put(self, item):
            """Add the item, and wake one thread that waits."""
            self._items.append(item)
            if self._waiting:       # else whoever is about to wait sees the item
                try:
                    self._waiting.popleft().release()
                except IndexError:
                    pass

        def empty(self):
            """Return whether there is no item now."""
            return not self._items

        def get_nowait(self):
            """Return the oldest item; Empty where there is none."""
            try:
                return self._items.popleft()
            except IndexError:
                raise Empty

        def get(self):
            """Return the oldest item; waits for one."""
            while True:
                try:
                    return self._items.popleft()
                except IndexError:
                    pass
                turn = _thread.allocate_lock()
                turn.acquire()
                self._waiting.append(turn)
                if self._items:         # came before it could be seen that this thread waits
                    try:
                        self._waiting.remove(turn)
                    except ValueError:
                        pass            # was woken meanwhile
                    continue
                turn.acquire()
