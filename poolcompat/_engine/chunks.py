"""What a call of several items runs. Threads need nothing else of what runs in a worker."""
from __future__ import absolute_import, division, print_function


def call_each(fn, chunk):
    """Return ``fn(item)`` of each item. In no ``map``, which would take a StopIteration of the call for the end."""
    return [fn(item) for item in chunk]


def star_each(fn, chunk):
    """Return ``fn(*args)`` of each tuple of arguments."""
    return [fn(*args) for args in chunk]
