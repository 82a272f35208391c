"""Executors on 3.13 and older."""
from __future__ import absolute_import, division, print_function

import sys

from six.moves import zip

from ..._map import map_calls
from ..._native import futures
from ..._signatures import signature, submit_arguments
from ..py37.signatures import show_signature

# Breakpoint: https://github.com/python/cpython/issues/74028 (Executor.map(buffersize=))
if sys.version_info >= (3, 14):
    Executor = futures.Executor
else:
    class Executor(futures.Executor):
        """The base of executors, for your own: ``submit`` and ``shutdown`` are to be defined.

        Source: CPython 3.15, ``concurrent.futures``.
        """
        __module__ = 'poolcompat'

        def submit(*args, **kwargs):
            """Have ``fn(*args, **kwargs)`` called; return its Future. To be defined."""
            submit_arguments('Executor', args)
            raise NotImplementedError()

        show_signature(submit, 'self, fn, /, *args, **kwargs')

        @signature('self, fn, *iterables, timeout=None, chunksize=1, buffersize=None')
        def map(self, fn, iterables, timeout, chunksize, buffersize):
            """Return an iterator over ``fn`` of the items of ``iterables``, in order, called concurrently.

            ``timeout``
                seconds from now until TimeoutError is raised for a result that is not there, or None.
            ``chunksize``
                for executors that send several items together; not used here.
            ``buffersize``
                how many calls may be submitted beyond the results that were taken, or None for all at once.
                TypeError where it is not an int, ValueError where it is less than 1.

            Source: CPython 3.14 (gh-74028).
            """
            return map_calls(self, fn, zip(*iterables), timeout, buffersize)

        @signature('self, wait=True, *, cancel_futures=False')
        def shutdown(self, wait, cancel_futures):
            """Free what the executor holds; here that is nothing.

            ``wait``
                return only when the calls that there are have ended.
            ``cancel_futures``
                cancel the calls that have not started.

            Source: CPython 3.9 (bpo-39349).
            """
