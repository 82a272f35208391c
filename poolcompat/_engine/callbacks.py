"""The thread that a ``Pool`` calls callbacks in."""
from __future__ import absolute_import, division, print_function

import threading
import weakref

from .._compat.py36.queues import Empty, SimpleQueue
from . import exits
from .calls import log, own_thread


class Callbacks(object):
    """Calls functions one after the other, so that they need not be thread-safe, in a thread of their own, so that they may
    wait for the pool. Once that has ended, ``add`` calls them itself."""

    def __init__(self, owner):
        self._queue = SimpleQueue()
        self._ended = False
        self._owner = weakref.ref(owner, self.stop)
        self._thread = own_thread(target=self._run, name='poolcompat-callbacks')
        self._thread.daemon = True      # a callback may wait for ever
        exits.note_helper(self)
        self._thread.start()

    def add(self, function, then):
        """Have ``function()`` called, and ``then()`` whatever comes of it."""
        self._queue.put((function, then))
        if self._ended:
            self._drain()

    def stop(self, _=None):
        """End the thread when what there is has been called. Takes no lock: called at any instruction of any thread."""
        self._queue.put(None)

    def join(self, timeout=None):
        """Wait until the thread has ended, unless this is it. After ``stop``."""
        if current() is not self:
            self._thread.join(timeout)

    def is_alive(self):
        """Return whether the thread is."""
        return self._thread.is_alive()

    def work_until(self, slot):
        """Call other functions until the slot is ready, in one of them that waits for it."""
        slot.tell(self.notify_all)
        while not slot.ready:
            self._step(self._queue.get())

    def wait_unless(self, happened, timeout):
        """As a Condition's, without a time-out, in a function that waits: call one more, or be notified."""
        if not happened():
            self._step(self._queue.get())

    def notify_all(self):
        """End a wait for the next function."""
        self._queue.put((_nothing, _nothing))

    def _run(self):
        thread = threading.current_thread()
        thread.callbacks = self
        while not self._ended:
            self._step(self._queue.get())
        self._drain()       # what was added just then
        del thread.callbacks

    def _drain(self):
        try:
            while True:
                self._step(self._queue.get_nowait())
        except Empty:
            pass

    def _step(self, item):
        if item is None:
            self._ended = True
            return
        function, then = item
        try:
            function()
        except BaseException:
            log.exception('a callback of the pool raised')
        finally:
            item = function = None
            then()


def _nothing():
    """Whoever waits for a slot looks again."""


def current():
    """Return the Callbacks whose thread this is, or None."""
    return getattr(threading.current_thread(), 'callbacks', None)
