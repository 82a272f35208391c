"""What the workers are given to do, in a module that they import by name and that costs nothing to import."""
from __future__ import absolute_import, division, print_function

import functools
import itertools
import os
import time

MEBIBYTE = 2 ** 20


def nothing(value=None):
    return value


def size(value):
    """Take something big and send back little."""
    return len(value)


def made_once(make):
    """Have each value of ``make(mebibytes)`` made once: how long that takes is not the pool's doing."""
    made = {}

    @functools.wraps(make)
    def get(mebibytes):
        if mebibytes not in made:
            made[mebibytes] = make(mebibytes)
        return made[mebibytes]
    return get


@made_once
def block(mebibytes):
    """Take little and send back something big."""
    return b'\0' * (mebibytes * MEBIBYTE)


@made_once
def array(mebibytes):
    import numpy
    return numpy.ones(mebibytes * MEBIBYTE // 8)


def spin(loops):
    """Keep a CPU busy: for a number of loops and not until a time, for a worker that is not running does no work."""
    for _ in itertools.repeat(None, loops):
        pass


def wait_while_there(path):
    while os.path.exists(path):
        time.sleep(0.01)
