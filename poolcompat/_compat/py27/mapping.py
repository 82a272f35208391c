"""What 2.7 has of its own to go through items: a ``map`` that is faster than a loop, and an ``xrange`` without slices."""
from __future__ import absolute_import, division, print_function

import sys
import types

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
        """Return ``fn(item)`` of each item. Of a function in C ``map`` would let no signal's handler run in between."""
        return map(fn, items) if type(fn) is types.FunctionType else [fn(item) for item in items]

    def part_of(items, first, end):
        """Return the items ``first`` to ``end``, that one left out, of a sequence: of an xrange another."""
        if type(items) is not xrange:       # noqa: F821 (a name of 2.7)
            return items[first:end]
        if len(items) == 1:
            return items
        step = items[1] - items[0]
        return xrange(items[first], items[end - 1] + (1 if step > 0 else -1), step)     # noqa: F821
