"""Futures on 3.7 and older."""
from __future__ import absolute_import, division, print_function

import logging
import sys

from ..._native import Error, futures

# Breakpoint: https://bugs.python.org/issue33238 (InvalidStateError: a future is set once)
if sys.version_info >= (3, 8):
    InvalidStateError = futures.InvalidStateError

    class FutureGaps(object):
        """Nothing: a second result is refused, and a callback's error is logged."""
        __slots__ = ()
else:
    class InvalidStateError(Error):
        """The operation is not allowed in this state of the future.

        Source: CPython 3.8 (bpo-33238).
        """
        __module__ = 'poolcompat'

    _UNSET = ('PENDING', 'RUNNING')

    class FutureGaps(object):
        """A future that is set once, and whose callbacks cannot raise into ``add_done_callback`` (bpo-33110).

        The private names are those of ``concurrent.futures._base`` up to 3.7 and of the backport, which no
        longer change.
        """

        def set_result(self, result):
            """Set ``result`` as that of the call; InvalidStateError where there is one (CPython 3.8, bpo-33238)."""
            with self._condition:
                unset = self._state in _UNSET
                if unset:
                    self._result = result
                    self._finish('add_result')
            self._after(unset)

        def set_exception(self, exception):
            """Set ``exception`` as that of the call; InvalidStateError where there is a result (CPython 3.8, bpo-33238)."""
            with self._condition:
                unset = self._state in _UNSET
                if unset:
                    self._exception = exception
                    self._finish('add_exception')
            self._after(unset)

        def _finish(self, tell):
            self._state = 'FINISHED'
            for waiter in self._waiters:
                getattr(waiter, tell)(self)
            self._condition.notify_all()

        def _after(self, unset):
            if not unset:
                raise InvalidStateError('%s: %r' % (self._state, self))
            self._invoke_callbacks()

        def add_done_callback(self, fn):
            """Call ``fn(future)`` when the future is done, or now; what it raises is logged (CPython 3.8)."""
            with self._condition:
                if self._state in _UNSET:
                    self._done_callbacks.append(fn)
                    return
            try:
                fn(self)
            except Exception:
                logging.getLogger('concurrent.futures').exception('exception calling callback for %r', self)
