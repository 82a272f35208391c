"""What came of a call, for ``Pool`` and ``map``: a future without a lock, of which there are many and few are waited for."""
from __future__ import absolute_import, division, print_function

from functools import partial

from .._compat.py310 import TimeoutError as _TimeoutError
from .._compat.py37.futures import InvalidStateError
from .._futures import Future
from .calls import set_future


class Slot(object):
    """Has a result or an error once it is ``ready``. An engine sets it as it does a Future; it cannot be cancelled.

    Whoever waits hangs up a bell and looks again; whoever sets it says that it is ready and then rings: one of the two sees
    the other.
    """
    __slots__ = ('ready', 'value', 'error', '_traceback', 'callback', '_lead', '__dict__')
    _bells = ()         # a list once somebody waits

    def __init__(self, callback=None):
        """``callback(slot)`` is called when there is a result or an error, just before it is ``ready``."""
        self.ready = False
        self.value = self.error = self._traceback = None
        self.callback = callback
        self._lead = None       # what waits for it in its caller's thread: see ``leading``

    def set_running_or_notify_cancel(self):
        return True

    def set_result(self, value):
        if self.ready:
            raise InvalidStateError('set before')
        self.value = value
        callback = self.callback
        if callback is not None:
            self.callback = None
            callback(self)
        self.ready = True
        if self._bells:
            self._tell_again()

    def set_exception(self, error):
        self.set_exception_info(error, None)

    def set_exception_info(self, error, traceback):
        if self.ready:
            raise InvalidStateError('set before')
        self.error, self._traceback = error, traceback
        self.set_result(None)

    def take_over(self, other):
        """Have what ``other`` has."""
        if other.error is None:
            self.set_result(other.value)
        else:
            self.set_exception_info(other.error, other._traceback)

    def _settle(self, value):
        """Set the result in the thread that waits for it, unless others are to be told; return whether it is set."""
        if self.ready or self.callback is not None or self._bells:
            return False
        self.set_result(value)
        return True

    def _free_lock(self):
        """Do nothing: there is none."""

    def _tell_again(self):
        """Tell those who wait, of whom some may know."""
        for bell in list(self._bells):
            bell()

    def wait(self, timeout=None):
        """Wait at most ``timeout`` seconds; return whether it is ready."""
        lead = self._lead
        if lead is not None and not self.ready:
            timeout = lead(self, timeout)
            self._lead = None
        if not self.ready:
            future = Future()
            bell = partial(set_future, future.set_result, None)
            self._hang_up(bell)
            try:
                if not self.ready:
                    future.result(timeout)
            except _TimeoutError:
                pass
            finally:
                self._bells.remove(bell)
        return self.ready

    def tell(self, function):
        """Call ``function()`` once it is ready, maybe twice."""
        self._hang_up(function)
        if self.ready:
            function()

    def _hang_up(self, bell):
        self.__dict__.setdefault('_bells', []).append(bell)

    def result(self):
        """Return the result or raise the error."""
        if self.error is None:
            return self.value
        future = Future()
        future.set_exception_info(self.error, self._traceback)
        try:
            return future.result()
        finally:
            self = future = None        # no cycle through the traceback


def failed(error, traceback=None):
    """Return a slot with the error."""
    slot = Slot()
    slot.set_exception_info(error, traceback)
    return slot
