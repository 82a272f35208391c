"""The pools of both libraries under the same names, and functions for their workers."""
from __future__ import absolute_import, division, print_function

import concurrent.futures
import contextlib
import multiprocessing
import multiprocessing.pool

import poolcompat
import poolcompat.pool


class Native(object):
    """The interpreter's own."""
    ProcessPoolExecutor = concurrent.futures.ProcessPoolExecutor
    ThreadPoolExecutor = concurrent.futures.ThreadPoolExecutor
    Pool = staticmethod(multiprocessing.Pool)
    ThreadPool = multiprocessing.pool.ThreadPool
    wait = staticmethod(concurrent.futures.wait)
    as_completed = staticmethod(concurrent.futures.as_completed)


class Ours(object):
    """poolcompat's."""
    ProcessPoolExecutor = poolcompat.ProcessPoolExecutor
    ThreadPoolExecutor = poolcompat.ThreadPoolExecutor
    Pool = poolcompat.Pool
    ThreadPool = poolcompat.ThreadPool
    wait = staticmethod(poolcompat.wait)
    as_completed = staticmethod(poolcompat.as_completed)


@contextlib.contextmanager
def closing(pool):
    """Leave a ``Pool`` as every Python can: 2.7's own is no context manager."""
    try:
        yield pool
        pool.close()
    finally:
        pool.terminate()
        pool.join()


def counted(pool_type, made):
    """Return a subclass that notes in ``made`` that one was made: a replaced name that nobody uses proves nothing."""
    class Counted(pool_type):
        def __init__(self, *args, **kwargs):
            made.append(pool_type)
            super(Counted, self).__init__(*args, **kwargs)

    return Counted


def square(number):
    return number * number


def fail_at_three(number):
    if number == 3:
        raise ValueError('three')
    return number
