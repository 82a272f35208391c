"""``ProcessPoolExecutor``: the newest CPython's, on every interpreter, over the engine of ``poolcompat._engine``."""
from __future__ import absolute_import, division, print_function

import itertools
import operator
import sys

import six
from six.moves import map, zip

from . import _native
from ._compat.py27.contexts import get_context
from ._compat.py312 import cpu_count
from ._compat.py36.processes import kill, terminate
from ._compat.py37.signatures import show_signature
from ._engine.arrivals import Arrivals
from ._engine.batches import submit_each
from ._engine.calls import NO_KWARGS, Call
from ._engine.chunks import call_each, star_each
from ._engine.dispatcher import Engine
from ._engine.slots import Slot
from ._errors import BrokenProcessPool
from ._errors import RemoteTraceback as _RemoteTraceback    # noqa: F401 (CPython's name for it here)
from ._futures import Executor, ExecutorGaps, Future
from ._map import AT_HAND, batches, deadline_after, left_until, map_calls, result_of
from ._signatures import check_number, signature, submit_arguments

__all__ = ('ProcessPoolExecutor', 'BrokenProcessPool')

_NativeProcessPoolExecutor, _ = _native.process_pool()
_AT_ONCE = 256          # how many short calls of a map are submitted in the first step
_MAX_WINDOWS_WORKERS = 61       # WaitForMultipleObjects waits for 63 handles


class ProcessPoolExecutor(ExecutorGaps, _NativeProcessPoolExecutor, Executor):
    """A pool of worker processes that run calls.

    ``max_workers``
        how many processes; by default as many as this process may use CPUs. ValueError where it is less than 1, and on
        Windows where it is more than 61.
    ``mp_context``
        the start method, as ``get_context`` returns it; by default the interpreter's own, and ``spawn`` where
        ``max_tasks_per_child`` is given.
    ``initializer``, ``initargs``
        called in each worker before its first call. TypeError where it cannot be called. What it raises breaks the pool.
    ``max_tasks_per_child``
        after how many calls a worker is replaced; by default never. TypeError where it is not an int, ValueError where it is
        less than 1 or the start method is ``fork``.

    Source: CPython 3.15, ``concurrent.futures``; arguments since 3.2, 3.7 (bpo-31540, bpo-21423), 3.11 (bpo-44733).
    """

    @signature('self, max_workers=None, mp_context=None, initializer=None, initargs=(), *, max_tasks_per_child=None')
    def __init__(self, max_workers, mp_context, initializer, initargs, max_tasks_per_child):
        if max_workers is None:
            max_workers = cpu_count() or 1
            if sys.platform == 'win32':
                max_workers = min(_MAX_WINDOWS_WORKERS, max_workers)
        check_number('max_workers', max_workers)
        if operator.index(max_workers) <= 0:
            raise ValueError('max_workers must be greater than 0')
        elif sys.platform == 'win32' and max_workers > _MAX_WINDOWS_WORKERS:
            raise ValueError('max_workers must be <= %d' % _MAX_WINDOWS_WORKERS)
        if mp_context is None:
            mp_context = get_context('spawn' if max_tasks_per_child is not None else None)
        if initializer is not None and not callable(initializer):
            raise TypeError('initializer must be a callable')
        if max_tasks_per_child is not None:
            if not isinstance(max_tasks_per_child, six.integer_types):
                raise TypeError('max_tasks_per_child must be an integer')
            if max_tasks_per_child <= 0:
                raise ValueError('max_tasks_per_child must be >= 1')
            if mp_context.get_start_method() == 'fork':
                raise ValueError("max_tasks_per_child is incompatible with the 'fork' multiprocessing start method; "
                                 'supply a different mp_context.')
        self._max_workers = max_workers     # read by third parties, as the three that follow
        self._mp_context = mp_context
        self._engine = Engine(max_workers, mp_context, initializer, initargs, max_tasks_per_child)
        self._engine.serve(self)

    @property
    def _processes(self):
        return self._engine.processes

    @property
    def _broken(self):
        return self._engine.broken()

    def submit(*args, **kwargs):
        """Have a worker call ``fn(*args, **kwargs)``; return the Future that will have the result.

        RuntimeError after ``shutdown`` and in a forked process, BrokenProcessPool where a worker has died.
        """
        self, fn, args = submit_arguments('ProcessPoolExecutor', args)
        future = Future()
        self._engine.submit(Call(future, fn, args, kwargs or NO_KWARGS))
        return future

    show_signature(submit, 'self, fn, /, *args, **kwargs')

    @signature('self, fn, *iterables, timeout=None, chunksize=1, buffersize=None')
    def map(self, fn, iterables, timeout, chunksize, buffersize):
        """Return an iterator over ``fn`` of the items of ``iterables``, in order, called concurrently.

        ``timeout``
            seconds from now until TimeoutError is raised for a result that is not there, or None.
        ``chunksize``
            how many items are sent to a worker together. ValueError where it is less than 1.
        ``buffersize``
            how many calls may be submitted beyond the results that were taken, or None for all at once.
            TypeError where it is not an int, ValueError where it is less than 1.

        Source: CPython 3.5 (bpo-11271), 3.14 (gh-74028).
        """
        if chunksize < 1:
            raise ValueError('chunksize must be >= 1.')
        # What is at hand is submitted at once, but where somebody has put another ``submit`` in the place of ours.
        at_hand = buffersize is None and AT_HAND.issuperset(map(type, iterables)) and (
            getattr(self.submit, '__func__', None) is _own_submit)
        star, at_once = True, _AT_ONCE
        if chunksize == 1 and at_hand and len(iterables) == 1:
            star, items = False, iter(iterables[0])
        elif chunksize == 1:
            items = zip(*iterables)
        else:
            each, singly = (call_each, iter(iterables[0])) if len(iterables) == 1 else (star_each, zip(*iterables))
            chunks = iter(lambda: tuple(itertools.islice(singly, chunksize)), ())
            fn, items, at_once = each, zip(itertools.repeat(fn), chunks), self._max_workers
        if at_hand:
            results = _map_at_once(self._engine, fn, star, items, timeout, at_once)
        else:
            results = map_calls(self, fn, items, timeout, buffersize)
        return results if chunksize == 1 else _chained(results)

    @signature('self, wait=True, *, cancel_futures=False')
    def shutdown(self, wait, cancel_futures):
        """Take no more calls, and free everything when those that there are have ended.

        ``wait``
            return only then.
        ``cancel_futures``
            cancel the calls that have not started.

        Source: CPython 3.9 (bpo-39349).
        """
        self._engine.close(cancel_futures)
        if wait:
            self._engine.join()

    def terminate_workers(self):
        """End the worker processes now (SIGTERM) and shut down; calls that run get BrokenProcessPool (CPython 3.14)."""
        self._engine.stop_workers(terminate)

    def kill_workers(self):
        """Kill the worker processes now (SIGKILL) and shut down; calls that run get BrokenProcessPool (CPython 3.14)."""
        self._engine.stop_workers(kill)


_own_submit = vars(ProcessPoolExecutor)['submit']


def _map_at_once(engine, fn, star, items, timeout, at_once):
    """As ``map_calls``, by an engine of processes: ``at_once`` calls are submitted in the first step, more in the next."""
    deadline, arrivals, index = deadline_after(timeout), Arrivals(), 0
    try:
        for batch in batches(items, at_once):
            arrivals.expect(len(batch))
            submit_each(engine, arrivals, index, fn, star, batch, None, Call)
            index += len(batch)
    except BaseException:
        arrivals.abandoned = True
        raise
    arrivals.end()
    return _arrived(arrivals, deadline)


def _arrived(arrivals, deadline):
    try:
        while True:
            try:
                item = arrivals.take(left_until(deadline))
            except StopIteration:
                return
            result = [result_of(item) if type(item) is Slot else item]
            item = None
            yield result.pop()
    finally:
        arrivals.abandoned = True


def _chained(chunks):
    """Yield the items of lists, keeping none. Leaving it leaves the iterator ``chunks``."""
    try:
        for chunk in chunks:
            chunk.reverse()
            while chunk:
                yield chunk.pop()
    finally:
        chunks.close()
