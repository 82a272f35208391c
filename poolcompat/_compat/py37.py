"""What CPython 3.7 and older lack."""
from __future__ import absolute_import, division, print_function

import logging
import os
import sys

from .._native import Error, futures

# Breakpoint: https://bugs.python.org/issue26836 (os.memfd_create, on Linux; os.preadv is from 3.7, os.pwrite from 3.3)
memfd_create, preadv, pwrite = [getattr(os, name, None) for name in ('memfd_create', 'preadv', 'pwrite')]

# Breakpoint: https://bugs.python.org/issue33416 (a node of ast says where it ends)
ast_knows_ends = sys.version_info >= (3, 8)

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


# Breakpoint: https://bugs.python.org/issue36542 (a function's __text_signature__, with positional-only)
if sys.version_info >= (3, 8):
    def show_signature(function, text):
        """Let ``inspect.signature(function)`` show ``text``."""
        function.__text_signature__ = '(%s)' % text
elif sys.version_info >= (3, 0):
    def show_signature(function, text):
        """Let ``inspect.signature(function)`` show ``text``."""
        import inspect
        namespace = {}
        exec('def stub(%s): pass' % text.replace(' /,', ''), namespace)
        shown = inspect.signature(namespace['stub'])
        before = text.partition('/')[0] if '/' in text else ''
        function.__signature__ = shown.replace(parameters=[
            parameter.replace(kind=parameter.POSITIONAL_ONLY) if '%s,' % name in before else parameter
            for name, parameter in shown.parameters.items()])
else:
    def show_signature(function, text):
        """Do nothing: 2.7 has no ``inspect.signature``."""
