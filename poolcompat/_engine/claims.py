"""Which of the calls that were sent ahead to a worker it may still start: a pipe of claims.

For each call that is sent to a worker that is still busy, its number goes into the claim pipe first. Both sides hold
the pipe's reading end, and whoever reads a number has that call: the worker, to run it; the parent, to give it to another
worker. The kernel hands out each number once, so a call runs at most once; a number is never lost with a lock that a
stopped or killed worker holds, as there is none; and what is left in a dead worker's pipe had not been started.

The numbers of a worker's calls grow, and both pipes keep their order. So the worker, which finds call ``s`` in front of
it, reads at most one number ``t`` beyond those of earlier calls. Where ``t == s`` the call is its own. Where
``t > s``, or there is none, the parent has taken ``s`` back: ``t`` is kept for the call that it belongs to.

The protocol is modelled in ``tests/model/claims.pml``, which is searched exhaustively. Its labels are these steps:

=============  ===========================================================================
``SEND``       ``Engine._hand_over``: ``offer``, and only then the frames are written
``CLAIM``      ``WorkerClaims.among``
``RUN``        what ``worker._run`` does with a call that comes from there, up to the result's frame
``NOTE``       ``Engine._note``, and ``Leading._end_turn`` in a caller's thread
``TAKE_BACK``  ``Engine._take_back``: ``take_back``
``BURY``       ``Engine._explain_death`` and ``PoolEngine._let_go``: what is left is taken back
=============  ===========================================================================
"""
from __future__ import absolute_import, division, print_function

import errno
import os
import struct
import sys
from os import read     # as it is now, should a library of green threads change it

from .._compat.py34 import is_interrupted, write

_NUMBER = struct.Struct('<Q')

_WHOLE = 4096           # bytes, which every system's pipe takes, and in one piece
_GET_PIPE_SIZE = 1032   # F_GETPIPE_SZ, which the fcntl module names from 3.10 only

#: How many numbers may be on offer to a worker, at most.
MOST = 1024


def room(fd):
    """Return how many numbers the pipe takes in any case, at most ``MOST``; none may be on offer where that is 0.

    Linux puts nothing into a page that has been read in part, and grants a user who has a thousand pipes one page for each
    of the others (two from 5.14 on).
    """
    if sys.platform.startswith('linux'):
        import fcntl
        try:
            return min(MOST, (fcntl.fcntl(fd, _GET_PIPE_SIZE) - os.sysconf('SC_PAGE_SIZE')) // _NUMBER.size)
        except (OSError, IOError):
            pass        # before 2.6.35, or an emulation of it, where a pipe has a fixed size
    return _WHOLE // _NUMBER.size


def _read(fd, count):
    """Return up to ``count`` numbers from the pipe, packed, none where it is empty. Each is whole: writes are atomic."""
    while True:
        try:
            return read(fd, count * _NUMBER.size)
        except (OSError, IOError) as error:
            if error.errno == errno.EAGAIN:
                return b''
            if not is_interrupted(error):
                raise


class ParentClaims(object):
    """The parent's side: offers calls, and takes them back."""

    def __init__(self, reading, writing):
        self._reading = reading
        self._writing = writing

    def offer(self, numbers):
        """Let the worker claim the calls ``numbers``; at most as many as there is ``room`` for may be on offer."""
        packed = struct.pack('<%dQ' % len(numbers), *numbers)
        for at in range(0, len(packed), _WHOLE):
            write(self._writing, packed[at:at + _WHOLE])

    def take_back(self, count):
        """Return the numbers of up to ``count`` calls that the worker has not started and no longer will."""
        packed = _read(self._reading, count)
        return list(struct.unpack('<%dQ' % (len(packed) // _NUMBER.size), packed))


class WorkerClaims(object):
    """The worker's side."""

    def __init__(self, reading):
        self._reading = reading
        self._claimed = -1

    def among(self, numbers):
        """Yield those of the calls ``numbers`` that are still this worker's to run, each as it is asked for. Each once."""
        reading, size, unpack, claimed = self._reading, _NUMBER.size, _NUMBER.unpack, self._claimed
        for number in numbers:
            if claimed < number:
                try:
                    packed = read(reading, size)
                except (OSError, IOError) as error:
                    if error.errno != errno.EAGAIN:     # what a signal's handler has raised may be one, and a number be read
                        raise
                    packed = b''
                if packed:
                    self._claimed, = claimed, = unpack(packed)
            if claimed == number:
                yield number
