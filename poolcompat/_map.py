"""``Executor.map``, for any executor that has ``submit``."""
from __future__ import absolute_import, division, print_function

import collections
import itertools
import weakref

import six
from six.moves import range

from ._compat.py27.waiting import monotonic


#: Of these every item is at hand: nobody waits for the next one.
AT_HAND = frozenset([list, tuple, range])

_BATCH = 256        # how many calls of a map are submitted in one step, at most


def batches(items, size, most=_BATCH):
    """Yield lists of the items: ``size``, then twice as many each time, to ``most``. The first run while others are made."""
    for batch in iter(lambda: list(itertools.islice(items, size)), []):
        yield batch
        size = min(2 * size, most)


def map_calls(executor, fn, arguments, timeout, buffersize):
    """Submit ``fn(*args)`` for each ``args`` of an iterable; return an iterator over the results, in order.

    The calls are submitted now, or ``buffersize`` ahead of the results that were taken. ``timeout`` counts from now.
    What has not started when the iterator is left is cancelled, and nothing that it yielded is kept.
    """
    if buffersize is not None and not isinstance(buffersize, six.integer_types):
        raise TypeError('buffersize must be an integer or None')
    if buffersize is not None and buffersize < 1:
        raise ValueError('buffersize must be None or > 0')
    deadline = deadline_after(timeout)
    arguments = iter(arguments)
    ahead = collections.deque(executor.submit(fn, *args) for args in itertools.islice(arguments, buffersize))
    return _results(ahead, weakref.ref(executor), fn, arguments if buffersize else None, deadline)


def deadline_after(timeout):
    """Return when so many seconds from now will have passed, or None."""
    return None if timeout is None else monotonic() + timeout


def left_until(deadline):
    """Return the seconds until then, or None."""
    return None if deadline is None else deadline - monotonic()


def _results(ahead, executor, fn, arguments, deadline):
    try:
        while ahead:
            result = [result_of(ahead[0], left_until(deadline))]
            ahead.popleft()
            if arguments is not None:
                alive = executor()
                if alive is not None:
                    ahead.extend(alive.submit(fn, *args) for args in itertools.islice(arguments, 1))
                alive = None    # the executor may be collected while the caller has the result
            yield result.pop()
    finally:
        for future in ahead:        # also the one for which the wait was cut short, gh-95166
            future.cancel()


def result_of(future, *timeout):
    """Return what the future has, or raise it; RuntimeError in the place of StopIteration."""
    try:
        return future.result(*timeout)
    except StopIteration as stop:       # would end an iterator in silence, before 3.7
        six.raise_from(RuntimeError('generator raised StopIteration'), stop)
    finally:
        future = None       # no cycle through the traceback
