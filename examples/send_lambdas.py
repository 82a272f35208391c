#!/usr/bin/env python
"""Give lambdas and local functions to a process pool.

A pool sends a function as its name, by which the worker imports it; a lambda has none. `ByValue(function)` travels as the
function's own code instead, pickled by cloudpickle (`pip install cloudpickle`). Arguments and results travel as ever.

Shows: a wrapper of your own around what is submitted.
"""
from __future__ import absolute_import, division, print_function

import cloudpickle

from poolcompat import ProcessPoolExecutor


class ByValue(object):
    """A callable that can be sent to a process, whatever `function` is."""

    def __init__(self, function):
        self.function = function

    def __call__(self, *args, **kwargs):
        return self.function(*args, **kwargs)

    def __reduce__(self):
        return load, (cloudpickle.dumps(self.function),)


def load(pickled):
    """In a worker: the callable again."""
    return ByValue(cloudpickle.loads(pickled))


def main():
    base = 100
    with ProcessPoolExecutor(2) as pool:
        print(pool.submit(ByValue(lambda number: base + number), 1).result())
        print(list(pool.map(ByValue(lambda number: base * number), range(4), chunksize=2)))


if __name__ == '__main__':
    main()
