"""What 2.7 has of its own to go through items: a ``map`` that is faster than a loop, and an ``xrange`` without slices."""
from __future__ import absolute_import, division, print_function

import sys

# Breakpoint: https://peps.python.org/pep-3100/ (PEP 3100: ``map`` is an iterator, to which a StopIteration is the end;
# xrange is gone, and what took its place has slices)
if sys.version_info >= (3, 0):
    def list_of(fn, items):
        """Return ``fn(item)`` of each item."""
        return [fn(item) for item in items]

    def part_of(items, first, end):
        """Return the items ``first`` to ``end``, that one left out, of a sequence."""
        return items[first:end]
else:
    def list_of(fn, items):
        """Return ``fn(item)`` of each item. ``map`` takes None for a function."""
        return map(fn, items) if fn is not None else [fn(item) for item in items]

    def part_of(items, first, end):
        """Return the items ``first`` to ``end``, that one left out, of a sequence: of an xrange another."""
        if type(items) is not xrange:       # noqa: F821 (a name of 2.7)
            return tuple(items[first:end])      # each collection of garbage goes through a list, and not such a tuple
        step = items[1] - items[0] if len(items) > 1 else 1
        return xrange(items[first], items[end - 1] + (1 if step > 0 else -1), step)     # noqa: F821
