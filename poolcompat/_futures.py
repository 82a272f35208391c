"""Futures, and the base of executors: the interpreter's own, with what they lack."""
from __future__ import absolute_import, division, print_function

from ._compat import py310, py313, py37
from ._compat.py27 import waiting as py27
from ._compat.py38 import generic as py38
from ._native import futures

ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION = (
    futures.ALL_COMPLETED, futures.FIRST_COMPLETED, futures.FIRST_EXCEPTION)
CancelledError = futures.CancelledError
Executor = py313.Executor
wait, as_completed = py310.wait, py310.as_completed


class Future(py27.FutureGaps, py38.FutureGaps, py313.FutureGaps, py310.FutureGaps, py37.FutureGaps, futures.Future):
    """The result of a call that may not have ended yet: the interpreter's own Future, as of 3.15 on every interpreter."""
    __module__ = 'poolcompat'
