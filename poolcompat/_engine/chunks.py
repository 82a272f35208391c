"""What a call of several items runs. Threads need nothing else of what runs in a worker."""
from __future__ import absolute_import, division, print_function

from .._compat.py27.mapping import list_of


def call_each(fn, chunk):
    """Return ``fn(item)`` of each item."""
    return list_of(fn, chunk)


def star_each(fn, chunk):
    """Return ``fn(*args)`` of each tuple of arguments."""
    return [fn(*args) for args in chunk]
