"""Many calls that travel as one: an object for each of them costs more than all that is done with it."""
from __future__ import absolute_import, division, print_function

import types
from itertools import chain

import six
from six.moves import map

from .._compat.py37.futures import InvalidStateError
from .._futures import CancelledError
from .calls import NO_KWARGS, name_of
from .slots import failed

_SMALL = frozenset([type(None), bool, float])
_WHOLE = frozenset(six.integer_types)
_TEXT = frozenset([bytes, six.text_type])
_PLAIN = _SMALL | _WHOLE | _TEXT
_TUPLES = frozenset([tuple])
_BYTES = 16                 # that a small one takes pickled, at most
_LEAST, _MOST = -1 << 64, 1 << 64       # of small whole numbers
_MOST_BYTES = 1 << 19       # of a Batch: all of it may be sent ahead


def are_plain(fn, star, items):
    """Return whether calls of ``fn`` with each of ``items`` can be a Batch, which one alone is not worth."""
    if len(items) < 2 or type(fn) is not types.FunctionType or star and not _TUPLES.issuperset(map(type, items)):
        return False
    args = list(chain.from_iterable(items)) if star else items
    kinds = frozenset(map(type, args))
    if not kinds <= _PLAIN:
        return False
    whole = args if kinds <= _WHOLE else [arg for arg in args if type(arg) in _WHOLE]
    if whole and not (_LEAST < min(whole) and max(whole) < _MOST):
        return False
    texts = () if kinds.isdisjoint(_TEXT) else [arg for arg in args if type(arg) in _TEXT]
    return _BYTES * len(args) + sum(map(len, texts)) <= _MOST_BYTES


def take_alike(calls, most_bytes):
    """Return the calls that are taken from the front of ``calls`` to be pickled together, none where one comes alone.

    All are of one function, and their arguments such that nothing but the function can be at fault.
    """
    fn, alike, size = calls[0].fn, [], 0
    if type(fn) is not types.FunctionType or most_bytes <= 0:
        return alike
    for call in calls:
        if type(call) is Batch or call.fn is not fn or call.kwargs or call.payload is not None:
            break
        if type(call.args) is not tuple:        # an item of starmap, which to look through would run code of the user's
            break
        for arg in call.args:
            kind = type(arg)
            if kind in _SMALL or kind in _WHOLE and _LEAST < arg < _MOST:
                size += _BYTES
            else:
                size += len(arg) if kind in _TEXT else most_bytes + 1
        if size > most_bytes:
            break
        alike.append(call)
    if len(alike) < 2:
        return []
    for _ in alike:
        calls.popleft()
    return alike


class Batch(object):
    """Calls of one function, whose arguments are such that nothing but the function can be at fault.

    ``items`` are what each is called with, tuples of arguments where ``star`` is true and else the only argument.
    ``results.put(index, values)`` is told what came of those from ``index`` on: what each returned, or a slot with its
    error. ``first`` is the index of the first, ``pool`` what they keep from being collected, and ``make(place, fn, args,
    kwargs, pool)`` makes a ``Call`` of one. Sent, they are numbered from ``number`` on, and all of them are ``queued`` or
    none.
    """
    __slots__ = ('results', 'fn', 'star', 'pool', 'payload', 'number', 'queued', 'at', 'end', '_items', '_first', '_make')
    future = None       # each has its own place among the results

    def __init__(self, results, first, fn, star, items, pool, make):
        self.results = results
        self.fn = fn
        self.star = star
        self.pool = pool
        self.payload = self.number = None
        self.queued = False
        self.at = self._first = first
        self.end = first + len(items)
        self._items = items
        self._make = make

    def __str__(self):
        return name_of(self.fn)

    @property
    def count(self):
        """How many there are."""
        return self.end - self.at

    @property
    def items(self):
        """What each is called with."""
        return self._items[self.at - self._first:self.end - self._first]

    def cut(self, count):
        """Return the first ``count``, which leave this one."""
        part = Batch(self.results, self._first, self.fn, self.star, self._items, self.pool, self._make)
        part.number, part.queued = self.number, self.queued
        part.at, part.end = self.at, self.at + count
        self.at += count
        if self.number is not None:
            self.number += count
        return part

    def calls(self):
        """Return a ``Call`` of each."""
        calls = [self._make(Place(self.results, index), self.fn, item if self.star else (item,), NO_KWARGS, self.pool)
                 for index, item in enumerate(self.items, self.at)]
        if self.number is not None:
            for number, call in enumerate(calls, self.number):
                call.number, call.queued = number, self.queued
        return calls


def submit_each(engine, results, index, fn, star, items, pool, make):
    """Submit the calls of ``fn`` with each of ``items`` to an engine of processes, as a Batch where they can be one.

    ``results.put`` is told of them, from ``index`` on; ``star``, ``pool`` and ``make`` as of a Batch.
    """
    if are_plain(fn, star, items):
        engine.submit_batch(Batch(results, index, fn, star, items, pool, make))
    else:
        engine.submit_all([make(Place(results, at), fn, item if star else (item,), NO_KWARGS, pool)
                           for at, item in enumerate(items, index)])


def singles(calls):
    """Return the calls, and those of a Batch one by one."""
    alone = []
    for call in calls:
        alone += call.calls() if type(call) is Batch else (call,)
    return alone


class Place(object):
    """Where a call's result goes among those of many: an engine sets it as it does a Future."""
    __slots__ = ('results', '_index', '_lead')

    def __init__(self, results, index):
        self.results = results
        self._index = index

    def set_running_or_notify_cancel(self):
        return self.results is not None and not self.results.abandoned

    def cancel(self):
        self.set_exception(CancelledError())
        return True

    def set_result(self, value):
        results, self.results = self.results, None
        if results is None:
            raise InvalidStateError('set before')
        results.put(self._index, (value,))

    def set_exception(self, error):
        self.set_exception_info(error, None)

    def set_exception_info(self, error, traceback):
        self.set_result(failed(error, traceback))
