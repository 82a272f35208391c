"""``Pool`` and ``ThreadPool``: the newest ``multiprocessing.pool``, on every interpreter, over ``poolcompat._engine``."""
from __future__ import absolute_import, division, print_function

import itertools
import multiprocessing
import sys
import warnings
from functools import partial

import six
from six.moves import builtins, range, zip

from . import _native
from ._compat.py27.contexts import get_context
from ._compat.py27.mapping import part_of
from ._compat.py310 import TimeoutError as _TimeoutError
from ._compat.py312 import cpu_count
from ._conditions import Condition
from ._engine import exits
from ._engine.arrivals import Arrivals
from ._engine.batches import Place, submit_each
from ._engine.callbacks import Callbacks, current
from ._engine.calls import NO_KWARGS, Call, in_own_thread, own_thread, take
from ._engine.chunks import call_each, star_each
from ._engine.leading import cuts_in
from ._engine.replacing import PoolCall, PoolEngine
from ._engine.slots import Slot, failed
from ._engine.threads import ThreadEngine
from ._errors import RemoteTraceback    # noqa: F401 (CPython's name for it here)
from ._errors import WorkerLostError
from ._map import AT_HAND, batches
from ._signatures import check_number
from .thread import BrokenThreadPool

__all__ = ('Pool', 'ThreadPool', 'AsyncResult', 'ApplyResult', 'MapResult', 'TimeoutError', 'MaybeEncodingError',
           'WorkerLostError')

_native_pool = _native.multiprocessing_pool()
MaybeEncodingError = _native_pool.MaybeEncodingError
_ResourceWarning = getattr(builtins, 'ResourceWarning', None)       # 2.7 has none

_RUN, _CLOSE, _TERMINATE = 'RUN', 'CLOSE', 'TERMINATE'
_BATCH = 256            # how many calls of an ``imap`` a feeder submits at once; twice as many are on their way
_AT_HAND = 2048         # the same where the items are at hand
_pool_count = itertools.count()


class TimeoutError(_TimeoutError, multiprocessing.TimeoutError):
    """The result was not there in time.

    Source: CPython's ``multiprocessing.TimeoutError``, which is no ``TimeoutError`` up to 3.15.
    """
    __module__ = 'poolcompat.pool'


# -- results ---------------------------------------------------------------------------------------------------------

def _wait(slot, timeout):
    """Return whether ``slot`` is ready, after at most ``timeout`` seconds."""
    if not slot.ready and timeout is None and current():
        current().work_until(slot)      # it may be another callback that makes it ready
    return slot.ready or slot.wait(timeout)


class ApplyResult(_native_pool.ApplyResult):
    """What a call will have returned: see ``Pool.apply_async``.

    Source: CPython 3.15, ``multiprocessing.pool``.
    """
    __module__ = 'poolcompat.pool'
    __slots__ = ('_slot', '_outcome')

    def __init__(self, callbacks, callback, error_callback):
        self._slot = self._outcome = Slot()
        if callback is not None or error_callback is not None:
            self._outcome = Slot(partial(self._conclude, callbacks, callback, error_callback))

    def ready(self):
        """Return whether the call has ended."""
        return self._slot.ready

    def successful(self):
        """Return whether the call ended without an exception; ValueError where it has not ended."""
        if not self.ready():
            raise ValueError('%r not ready' % (self,))
        return self._slot.error is None

    def wait(self, timeout=None):
        """Wait until the call has ended, for at most ``timeout`` seconds."""
        _wait(self._slot, timeout)

    def get(self, timeout=None):
        """Return what the call returned, or raise what it raised; TimeoutError after ``timeout`` seconds."""
        if not _wait(self._slot, timeout):
            raise TimeoutError
        try:
            return self._slot.result()
        finally:
            self = None     # no cycle through the traceback

    def _conclude(self, callbacks, callback, error_callback, outcome):
        """Have the callback called; only then is the result ready."""
        ready = partial(self._slot.take_over, outcome)
        function, value = (callback, outcome.value) if outcome.error is None else (error_callback, outcome.error)
        if function is None:
            ready()
        else:
            callbacks.add(partial(function, value), ready)


AsyncResult = ApplyResult


class MapResult(ApplyResult):
    """What the calls of a map will have returned: see ``Pool.map_async``.

    Source: CPython 3.15, ``multiprocessing.pool``.
    """

    def __init__(self, callbacks, callback, error_callback, length, chunksize):
        super(MapResult, self).__init__(callbacks, callback, error_callback)
        self._parts = _Parts(self._outcome, length, chunksize)


class _Parts(object):
    """What the calls of a map have returned, each an item or a chunk of them, until the slot ``outcome`` is set to all."""

    abandoned = False       # as of Arrivals

    def __init__(self, outcome, length, chunksize):
        self._outcome = outcome
        self._chunksize = chunksize
        self._values = [None] * length
        self._tickets = [None] * -(-length // chunksize)        # one for each call that has not ended
        self._last = [None]         # whoever takes it concludes
        self._failed = []           # slots of calls
        if not length:
            outcome.set_result([])

    def put(self, index, results):
        """Take in the results of the calls from ``index`` on, a slot with the error in the place of each that failed."""
        if self._chunksize > 1:
            for first, result in zip(itertools.count(index * self._chunksize, self._chunksize), results):
                if type(result) is not Slot:
                    self._values[first:first + len(result)] = result
        else:
            self._values[index:index + len(results)] = results
        self._failed += [result for result in results if type(result) is Slot]
        del self._tickets[-len(results):]
        if not self._tickets and take(self._last):
            values, self._values = self._values, None
            if self._failed:
                self._outcome.take_over(self._failed[0])
            else:
                self._outcome.set_result(values)


class IMapIterator(Arrivals):
    """The results of ``Pool.imap``, as they come, in order."""

    _timeout_error = TimeoutError

    def __init__(self, chunked):
        super(IMapIterator, self).__init__()
        self._chunked = chunked

    def __iter__(self):
        return self

    def next(self, timeout=None):
        """Return the next result, or raise what the call raised; TimeoutError after ``timeout`` seconds."""
        item = self.take(timeout)
        if type(item) is not Slot:
            return item
        try:
            return item.result()
        finally:
            item = None     # no cycle through the traceback

    __next__ = next

    def _take_in(self, index, results):
        self._arrived[index] = self._flat(results), len(results)
        return index

    def _flat(self, results):
        if not self._chunked:
            return results
        return [item for result in results for item in ((result,) if type(result) is Slot else result)]


class IMapUnorderedIterator(IMapIterator):
    """The results of ``Pool.imap_unordered``, as they come."""

    def _take_in(self, index, results):
        self._items.extend(self._flat(results))
        return self._next


class _Feeder(object):
    """Submits the calls of an ``imap``, of ``fn`` with each of ``items``, two batches ahead of their results."""

    def __init__(self, pool, results, fn, star, items, chunksize):
        self._pool = pool
        self._results = results
        self._fn = fn
        self._star = star
        self._items = items
        self._chunksize = chunksize
        self._count = 0         # of those that were submitted
        self._turn = [None]     # whoever takes it submits
        self._due = []          # how many calls are to be submitted
        self.ended = False      # there are no more, or nobody wants them

    def start(self, at_once):
        """Submit all, so many calls at once, in a thread of its own: the iterable may wait for ever."""
        thread = own_thread(target=self._run, args=(at_once,), name='poolcompat-feeder')
        thread.daemon = True
        exits.note_helper(thread)
        thread.start()

    def _run(self, at_once):
        results, few_left = self._results, Condition()
        results.least, results.then = _BATCH, few_left.notify_all
        while not self.ended:
            if results.under_way() > 2 * _BATCH:
                few_left.wait_unless(lambda: results.under_way() <= _BATCH, None)
            self._submit(at_once)

    def feed_ahead(self):
        """Submit two batches, whose items are at hand, and have those that follow submitted as they end."""
        self._results.least, self._results.then = _AT_HAND, self.advance
        self._advance(2 * _AT_HAND)

    def advance(self):
        """Submit one more batch, in the thread that takes note of the end of one: the engine's.

        It may be another once all ends, and this one again inside.
        """
        self._advance(_AT_HAND)

    def _advance(self, count):
        self._due.append(count)
        while self._due and take(self._turn):
            try:
                count = max(self._due)      # who has the turn alone takes from it
                del self._due[:]            # first: who comes meanwhile has found few under way again
                if not self.ended:
                    self._submit(count)
            finally:
                self._turn.append(None)

    def _submit(self, most):
        """Submit so many calls; where there are fewer, end."""
        pool, results, first, count = self._pool, self._results, self._count, 0
        try:
            batch = list(itertools.islice(self._items, most))
            count = len(batch)
            results.expect(count)
            self._count += count
            if count < most:
                self.ended = True
            if batch:
                pool._submit(results, first, self._fn, self._star, batch, self._chunksize)
        except:     # noqa: E722 (the user's iterable has raised, on 2.7 maybe no BaseException, or the pool has ended)
            self.ended = True
            if not count:
                count = 1
                results.expect(count)
            results.put(first, [failed(sys.exc_info()[1])] * count)
            if not in_own_thread() and cuts_in(*sys.exc_info()[1:]):
                raise
        finally:
            if self.ended:
                self._pool = self._results = self._fn = self._items = None      # what keeps this keeps none of them
                results.least = -1
                results.end()
                pool._fed(self)


# -- pools -----------------------------------------------------------------------------------------------------------

class Pool(_native_pool.Pool):
    """A pool of worker processes that run calls, one or a chunk of them at a time.

    ``processes``
        how many; by default as many as this process may use CPUs. ValueError where it is less than 1.
    ``initializer``, ``initargs``
        called in each worker before its first call. TypeError where it cannot be called. Where it fails in as many workers
        in a row as there are, and at least three, the pool ends and every result is a WorkerLostError.
    ``maxtasksperchild``
        after how many calls, or chunks, a worker is replaced; by default never. ValueError where it is not an int or less
        than 1.
    ``context``
        the start method, as ``get_context`` returns it; by default the interpreter's own.

    A worker that dies is replaced, and the call that it ran is a WorkerLostError.

    Source: CPython 3.15, ``multiprocessing.pool``.
    """
    __module__ = 'poolcompat.pool'

    def __init__(self, processes=None, initializer=None, initargs=(), maxtasksperchild=None, context=None):
        self._state = None      # until there is something to close
        if processes is None:
            processes = cpu_count() or 1
        check_number('processes', processes)
        if processes < 1:
            raise ValueError('Number of processes must be at least 1')
        if maxtasksperchild is not None and (
                not isinstance(maxtasksperchild, six.integer_types) or maxtasksperchild <= 0):
            raise ValueError('maxtasksperchild must be a positive int or None')
        if initializer is not None and not callable(initializer):
            raise TypeError('initializer must be a callable')
        self._feeders = set()
        self._engine = self._make_engine(processes, context, initializer, initargs, maxtasksperchild)
        self._engine.serve(self)
        self._engine.start()
        try:
            self._callbacks = Callbacks(self)
        except BaseException:       # no memory for its thread, or Ctrl-C
            self._engine.terminate()
            raise
        self._processes = processes
        self._state = _RUN

    @staticmethod
    def _make_engine(processes, context, initializer, initargs, maxtasksperchild):
        return PoolEngine(processes, context or get_context(), initializer, initargs, maxtasksperchild)

    _call = PoolCall
    _in_processes = True        # the engine's thread runs nobody's code, and its calls can travel together

    if _ResourceWarning is not None:
        def __del__(self):
            if self._state == _RUN:
                warnings.warn('unclosed running multiprocessing pool %r' % (self,), _ResourceWarning)

    def __repr__(self):
        cls = type(self)
        return '<%s.%s state=%s pool_size=%d>' % (cls.__module__, getattr(cls, '__qualname__', cls.__name__), self._state,
                                                  len(self._pool))

    def __reduce__(self):
        raise NotImplementedError('pool objects cannot be passed between processes or pickled')

    def __enter__(self):
        self._check_running()
        return self

    def __exit__(self, exc_type, exc_val, exc_tb):
        self.terminate()

    @property
    def _pool(self):
        return list(self._engine.processes.values())

    def _check_running(self):
        if self._state != _RUN:
            raise ValueError('Pool not running')

    # -- calls ---------------------------------------------------------------------------------------------------

    def apply(self, func, args=(), kwds={}):
        """Return ``func(*args, **kwds)``, called in a worker, or raise what it raised; ValueError after ``close``."""
        return self.apply_async(func, args, kwds).get()

    def apply_async(self, func, args=(), kwds={}, callback=None, error_callback=None):
        """Have a worker call ``func(*args, **kwds)``; return the AsyncResult.

        ``callback`` is called with what the call returned, or ``error_callback`` with the exception, in a thread of the
        pool. ValueError after ``close`` and ``terminate``.
        """
        self._check_running()
        result = ApplyResult(self._callbacks, callback, error_callback)
        self._engine.submit(self._call(result._outcome, func, tuple(args), dict(kwds) if kwds else NO_KWARGS, self))
        return result

    def map(self, func, iterable, chunksize=None):
        """Return the list of ``func`` of each item of ``iterable``, called in workers.

        ``chunksize`` items are sent to a worker together; by default as many as make four chunks for each worker.
        ValueError where it is less than 1, and after ``close``. While a list is sent, which ``map_async`` does before it
        returns, no other thread may change it: RuntimeError where it became shorter.
        """
        return self.map_async(func, iterable, chunksize).get()

    def starmap(self, func, iterable, chunksize=None):
        """As ``map``, of ``func(*item)`` for each item of ``iterable``, ``chunksize`` of them together."""
        return self.starmap_async(func, iterable, chunksize).get()

    def map_async(self, func, iterable, chunksize=None, callback=None, error_callback=None):
        """As ``map`` of ``func``, ``iterable`` and ``chunksize``; return the MapResult at once.

        ``callback`` and ``error_callback`` as of ``apply_async``; the first is called with the list.
        """
        return self._map(call_each, func, iterable, chunksize, callback, error_callback)

    def starmap_async(self, func, iterable, chunksize=None, callback=None, error_callback=None):
        """As ``map_async``, of ``func(*item)`` for each item of ``iterable``, ``chunksize`` of them together.

        ``callback`` and ``error_callback`` as there.
        """
        return self._map(star_each, func, iterable, chunksize, callback, error_callback)

    def _map(self, each, func, iterable, chunksize, callback, error_callback):
        self._check_running()
        items = iterable if type(iterable) in AT_HAND else tuple(iterable)
        if chunksize is None:
            chunksize = max(1, -(-len(items) // (4 * self._processes)))
        elif chunksize < 1:
            raise ValueError('Chunksize must be 1+, not %d' % chunksize)
        if type(items) is list and not (chunksize > 1 and self._in_processes):      # the calls may begin, and change it
            items = tuple(items)
        length = len(items)
        result = MapResult(self._callbacks, callback, error_callback, length, chunksize)
        if chunksize > 1:
            rest = ((func, _chunk(items, at, min(at + chunksize, length))) for at in range(0, length, chunksize))
            fn, star, alone, at_once = each, True, self._processes, self._processes
        else:
            fn, star, rest, alone = func, each is star_each, iter(items), 0
            at_once = _BATCH if self._in_processes else max(1, length)      # a thread that begins holds up this one
        # Each that is alone goes straight to a worker, and runs while the others are made.
        index = 0
        try:
            for batch in itertools.chain(batches(itertools.islice(rest, alone), 1, 1), batches(rest, at_once)):
                self._submit(result._parts, index, fn, star, batch, chunksize)
                index += len(batch)
        except BaseException:       # nobody has the result
            result._parts.abandoned = True
            raise
        return result

    def _submit(self, results, index, fn, star, items, chunksize):
        """Submit the calls of ``fn`` with each of ``items``, tuples of arguments where ``star`` is true.

        ``results.put`` is told of them, from ``index`` on.
        """
        if chunksize == 1 and self._in_processes:
            submit_each(self._engine, results, index, fn, star, items, self, self._call)
        else:
            self._engine.submit_all([
                self._call(Place(results, at), fn, item if star else (item,), NO_KWARGS, self,
                           at * chunksize if chunksize > 1 else None)
                for at, item in enumerate(items, index)])

    def imap(self, func, iterable, chunksize=1):
        """Return an iterator over ``func`` of each item of ``iterable``, in order, called in workers.

        ``chunksize`` items are sent to a worker together; ValueError where it is less than 1.

        The iterable is consumed a little ahead of the workers, and in a thread of the pool unless it is a list, a tuple or a
        range. The iterator's ``next(timeout)`` raises TimeoutError where a result is not there in time.
        """
        return self._imap(IMapIterator, func, iterable, chunksize)

    def imap_unordered(self, func, iterable, chunksize=1):
        """As ``imap`` of ``func``, ``iterable`` and ``chunksize``, in the order in which the calls end."""
        return self._imap(IMapUnorderedIterator, func, iterable, chunksize)

    def _imap(self, iterator_type, func, iterable, chunksize):
        self._check_running()
        if chunksize < 1:
            raise ValueError('Chunksize must be 1+, not %d' % chunksize)
        results = iterator_type(chunksize > 1)
        if chunksize == 1:
            fn, star, items = func, False, iter(iterable)
        else:
            fn, star, items = call_each, True, _chunks(func, iterable, chunksize)
        feeder, at_hand = _Feeder(self, results, fn, star, items, chunksize), type(iterable) in AT_HAND
        self._feeders.add(feeder)
        try:
            if at_hand and chunksize == 1 and self._in_processes:
                feeder.feed_ahead()
            else:
                feeder.start(_BATCH if at_hand else 1)
        except BaseException:       # no memory for a thread, or Ctrl-C
            feeder.ended = True
            self._fed(feeder)
            raise
        return results

    def _fed(self, feeder):
        """Take note that the feeder has fed all that it had."""
        self._feeders.discard(feeder)
        if self._state != _RUN and not self._feeders:
            self._engine.close()

    # -- the end -------------------------------------------------------------------------------------------------

    def close(self):
        """Take no more calls; the workers end when those that there are have ended."""
        if self._state == _RUN:
            self._state = _CLOSE
            if not self._feeders:
                self._engine.close()

    def terminate(self):
        """End the workers now (SIGTERM); every result that is not there is a WorkerLostError."""
        self._state = _TERMINATE
        self._engine.terminate()
        self._callbacks.stop()

    def join(self):
        """Wait until the workers have ended, and every callback. ValueError before ``close`` and ``terminate``."""
        if self._state == _RUN:
            raise ValueError('Pool is still running')
        self._engine.join()
        self._callbacks.stop()
        self._callbacks.join()


def _chunk(items, first, end):
    """Return the items ``first`` to ``end``, that one left out: of a range another, which takes no time to pickle.

    A list is taken as it is now, since a copy of all of it takes as long as to pickle a part: RuntimeError where it has
    become shorter.
    """
    chunk = part_of(items, first, end)
    if type(items) is not list:
        return chunk
    if len(chunk) < end - first:
        raise RuntimeError('the list became shorter while it was mapped: another thread, or what an item is pickled by, '
                           'has removed from it; map a copy, as list(items) makes one')
    return tuple(chunk)     # takes less time to pickle than a list


def _chunks(fn, items, size):
    """Return an iterator over ``(fn, chunk)`` of each chunk of up to ``size`` items: a tuple."""
    items = iter(items)
    return zip(itertools.repeat(fn), iter(lambda: tuple(itertools.islice(items, size)), ()))


class ThreadPool(Pool, _native_pool.ThreadPool):
    """A pool of threads that run calls. Where an initializer fails, the pool ends.

    ``processes``, ``initializer``, ``initargs``
        as of ``Pool``: how many threads, and what each of them calls first.

    At the exit of the interpreter calls that run are left alone.

    Source: CPython 3.15, ``multiprocessing.pool``.
    """
    __module__ = 'poolcompat.pool'

    def __init__(self, processes=None, initializer=None, initargs=()):
        Pool.__init__(self, processes, initializer, initargs)

    @staticmethod
    def _make_engine(processes, context, initializer, initargs, maxtasksperchild):
        return ThreadEngine(
            processes, 'ThreadPool-%d' % next(_pool_count), initializer, initargs, BrokenThreadPool, finishing=False)

    _in_processes = False

    @staticmethod
    def _call(slot, fn, args, kwargs, pool, first=None):
        # Keeps no pool from being collected. The copy: up to 3.8 a function in C may be given the very dict of a call.
        return Call(slot, fn, args, dict(kwargs))

    @property
    def _pool(self):
        return list(self._engine.threads)

    def terminate(self):
        """Fail the calls that have not started with BrokenThreadPool; those that run go on."""
        super(ThreadPool, self).terminate()
