"""Futures, and the base of executors: the interpreter's own, with what they lack."""
from __future__ import absolute_import, division, print_function

from ._compat import py310, py37
from ._compat.py27 import waiting as py27
from ._compat.py313 import executors as py313
from ._compat.py38 import generic as py38
from ._native import futures

ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION = (
    futures.ALL_COMPLETED, futures.FIRST_COMPLETED, futures.FIRST_EXCEPTION)
CancelledError = futures.CancelledError
Executor = py313.Executor
wait, as_completed = py310.wait, py310.as_completed


class ExecutorGaps(object):
    """What no interpreter's executors do: cancel at Ctrl-C (gh-125886), and say why they cannot be pickled."""

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_val, exc_tb):
        interrupted = exc_type is not None and issubclass(exc_type, KeyboardInterrupt)
        self.shutdown(wait=True, cancel_futures=interrupted)
        return False

    def __reduce__(self):
        raise TypeError('an executor cannot be sent to another process: its workers and its threads belong to this one; '
                        'make an executor of its own there, or send only what the calls need')


class Future(py27.FutureGaps, py38.FutureGaps, py313.FutureGaps, py310.FutureGaps, py37.FutureGaps, futures.Future):
    """The result of a call that may not have ended yet: the interpreter's own Future, as of 3.15 on every interpreter.

    Executors make it; ``Future[int]`` is for annotations.

    Source: CPython 3.15, ``concurrent.futures``; ``exception_info`` and ``set_exception_info``: the ``futures`` backport.
    """
    __module__ = 'poolcompat'
    _lead = None    # what waits for it in its caller's thread: see ``_engine.leading``

    def result(self, timeout=None):
        """Return what the call returned, or raise what it raised; wait at most ``timeout`` seconds.

        CancelledError where the future was cancelled, TimeoutError where it is not done in time.
        """
        lead = self._lead
        try:
            if lead is not None and self._state == 'RUNNING':       # no look that takes the lock: Ctrl-C may keep it
                timeout = lead(self, timeout)
                self._lead = None
            return super(Future, self).result(timeout)
        finally:
            self = None     # no cycle through the traceback
