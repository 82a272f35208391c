"""``ThreadPoolExecutor``: the newest CPython's, on every interpreter."""
from __future__ import absolute_import, division, print_function

import itertools

from . import _native
from ._compat.py312 import cpu_count
from ._compat.py36.errors import BrokenExecutor
from ._compat.py37.signatures import show_signature
from ._engine.calls import Call
from ._engine.threads import ThreadEngine
from ._futures import Executor, ExecutorGaps, Future
from ._signatures import check_number, signature, submit_arguments

__all__ = ('ThreadPoolExecutor', 'BrokenThreadPool')

_NativeThreadPoolExecutor, _NativeBrokenThreadPool = _native.thread_pool()
_counter = itertools.count()

if issubclass(_NativeBrokenThreadPool, BrokenExecutor):
    BrokenThreadPool = _NativeBrokenThreadPool
else:
    class BrokenThreadPool(_NativeBrokenThreadPool, BrokenExecutor):
        """The initializer of a thread has failed.

        Source: CPython 3.7 (bpo-21423).
        """


class ThreadPoolExecutor(ExecutorGaps, _NativeThreadPoolExecutor, Executor):
    """A pool of threads that run calls.

    ``max_workers``
        how many threads; by default four more than the CPUs that this process may use, at most 32. ValueError where it is
        less than 1.
    ``thread_name_prefix``
        what the threads' names begin with; by default ``ThreadPoolExecutor-N``.
    ``initializer``, ``initargs``
        called in each thread before its first call. TypeError where it cannot be called. What it raises breaks the pool.

    A call that waits for another one of the same executor keeps its thread meanwhile. Where all threads wait so for calls
    that wait for a thread, as natively, nothing goes on until one is cancelled or a time-out ends: make more threads than
    calls can wait, or a second executor for what is waited for.

    Source: CPython 3.15, ``concurrent.futures``; arguments since 3.6 (bpo-27664), 3.7 (bpo-21423).
    """

    @signature("self, max_workers=None, thread_name_prefix='', initializer=None, initargs=()")
    def __init__(self, max_workers, thread_name_prefix, initializer, initargs):
        if max_workers is None:
            max_workers = min(32, (cpu_count() or 1) + 4)
        check_number('max_workers', max_workers)
        if max_workers <= 0:
            raise ValueError('max_workers must be greater than 0')
        if initializer is not None and not callable(initializer):
            raise TypeError('initializer must be a callable')
        self._max_workers = max_workers     # read by third parties, as _threads
        name = thread_name_prefix or 'ThreadPoolExecutor-%d' % next(_counter)
        self._engine = ThreadEngine(max_workers, name, initializer, initargs, BrokenThreadPool)
        self._engine.serve(self)

    @property
    def _threads(self):
        return self._engine.threads

    @property
    def _broken(self):
        return self._engine.broken()

    def submit(*args, **kwargs):
        """Have a thread call ``fn(*args, **kwargs)``; return the Future that will have the result.

        RuntimeError after ``shutdown`` and in a forked process, BrokenThreadPool where an initializer has failed.
        """
        self, fn, args = submit_arguments('ThreadPoolExecutor', args)
        future = Future()
        self._engine.submit(Call(future, fn, args, kwargs))
        return future

    show_signature(submit, 'self, fn, /, *args, **kwargs')

    @signature('self, wait=True, *, cancel_futures=False')
    def shutdown(self, wait, cancel_futures):
        """Take no more calls, and end the threads when the calls that there are have ended.

        ``wait``
            return only then.
        ``cancel_futures``
            cancel the calls that have not started.

        Source: CPython 3.9 (bpo-39349).
        """
        self._engine.close(cancel_futures)
        if wait:
            self._engine.join()
