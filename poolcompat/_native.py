"""The interpreter's own pools: the one module that imports them, and knows where they keep the promise.

==========================  ============================================================================
``wait`` ``as_completed``   never native: Ctrl-C in the newest may keep the lock of a future
``Executor``                native from 3.14 (``map(buffersize=)``), before: ``_futures``
``Future``                  never quite native: its waits take no lock; ``exception_info`` is the backport's
``InvalidStateError``       native from 3.8
``BrokenExecutor``          native from 3.7
``BrokenThreadPool``        native from 3.7
``ThreadPoolExecutor``      never native: the newest forgets calls whose executor is gone, where an initializer fails
``ProcessPoolExecutor``     never native: the newest hangs and breaks in ways that the README lists
``Pool`` ``ThreadPool``     never native: the newest waits for ever for what a dead worker was doing
==========================  ============================================================================
"""
from __future__ import absolute_import, division, print_function

import sys
from concurrent import futures

#: The base of the errors of ``concurrent.futures``.
Error = futures.CancelledError.__mro__[1]


def has_since(version):
    """Return whether this interpreter has what is native since that version."""
    # Breakpoint: https://docs.python.org/3/library/concurrent.futures.html (of each feature, in ``_features``)
    return sys.version_info >= version


def interpreter():
    """Return what this interpreter is, and of which version, as text."""
    import platform
    return platform.python_implementation(), platform.python_version()


def thread_pool():
    """Return the native ``ThreadPoolExecutor`` and ``BrokenThreadPool``, with a stand-in as below."""
    from concurrent.futures import thread
    return futures.ThreadPoolExecutor, getattr(thread, 'BrokenThreadPool', type('BrokenThreadPool', (RuntimeError,), {}))


def process_pool():
    """Return the native ``ProcessPoolExecutor`` and ``BrokenProcessPool``.

    A function, because it imports ``multiprocessing``. 2.7 has no such error: a stand-in keeps the bases alike.
    """
    from concurrent.futures import process
    stand_in = type('BrokenProcessPool', (RuntimeError,), {})
    return futures.ProcessPoolExecutor, getattr(process, 'BrokenProcessPool', stand_in)


def multiprocessing_pool():
    """Return the module ``multiprocessing.pool``. A function, because it imports much."""
    from multiprocessing import pool
    return pool
