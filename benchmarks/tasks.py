"""What the workers are given to do, in a module that they import by name and that costs nothing to import."""
from __future__ import absolute_import, division, print_function

import itertools
import os
import time

MEBIBYTE = 2 ** 20


def nothing(value=None):
    return value


def size(value):
    """Take something big and send back little."""
    return len(value)


_made = {}


def block(mebibytes):
    """Take little and send back something big, made once: how long that takes is not the pool's doing."""
    if mebibytes not in _made:
        _made[mebibytes] = b'\0' * (mebibytes * MEBIBYTE)
    return _made[mebibytes]


def array(mebibytes):
    import numpy
    if 'array' not in _made:
        _made['array'] = numpy.ones(mebibytes * MEBIBYTE // 8)
    return _made['array']


def spin(loops):
    """Keep a CPU busy: for a number of loops and not until a time, for a worker that is not running does no work."""
    for _ in itertools.repeat(None, loops):
        pass


def wait_while_there(path):
    while os.path.exists(path):
        time.sleep(0.01)
