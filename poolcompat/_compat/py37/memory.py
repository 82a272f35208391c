"""Memory that two processes share, and what is read from there, on 3.7 and older. Every worker imports this: it imports
little."""
from __future__ import absolute_import, division, print_function

import io
import os
import pickle
import sys

from ..py27.memory import Unpickler, loads, pread, pwrite

# Breakpoint: https://peps.python.org/pep-0574/ (a pickle is read into the object itself, and has its memory; with 3.8, as
# has os.memfd_create, https://bugs.python.org/issue26836, on Linux)
if sys.version_info >= (3, 8):
    memfd_create, _preadv = [getattr(os, name, None) for name in ('memfd_create', 'preadv')]
    can_share = bool(memfd_create and _preadv and pread and pwrite)

    _BUFFER = 1 << 16

    def has_room(fd, more):
        """Return whether the file ``fd`` may take so many bytes more."""
        return True

    def _load_all(fd, at, length):
        return pickle.load(io.BufferedReader(_Reader(fd, at, length), _BUFFER))

    class _Reader(io.RawIOBase):
        """Reads a part of a file, and leaves the offset alone."""

        def __init__(self, fd, at, length):
            super(_Reader, self).__init__()
            self._fd = fd
            self._at = at
            self._end = at + length

        def readable(self):
            return True

        def readinto(self, buffer):
            count = _preadv(self._fd, [memoryview(buffer)[:self._end - self._at]], self._at)
            self._at += count
            return count
else:
    from functools import partial

    from ..py27.pipes import keep_from_programs
    from ..py27.steps import in_one_step

    can_share = sys.platform.startswith('linux')

    def memfd_create(name):
        """Return the descriptor of a new file of the system's shared memory, which loses its name at once."""
        path = '/dev/shm/%s-%s' % (name, ''.join(map('%02x'.__mod__, bytearray(os.urandom(8)))))
        fd, _ = in_one_step(partial(os.open, path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), partial(os.unlink, path))
        keep_from_programs(fd)
        return fd

    def has_room(fd, more):
        """Return whether the file ``fd`` may take so many bytes more.

        Its file system serves others too, semaphores above all, and is small in many containers: half of it is left alone.
        """
        system = os.fstatvfs(fd)
        return not system.f_blocks or 2 * (system.f_bavail * system.f_frsize - more) > system.f_blocks * system.f_frsize

    def _load_all(fd, at, length):
        return loads(_read(fd, at, length))


def load(fd, at, length, head):
    """Return what was pickled and is in the file ``fd``, from ``at`` on, or what the pickle ``head`` says that is there."""
    if not head:
        return _load_all(fd, at, length)
    parts = []

    def part(place):
        index, length = place
        if index == len(parts):
            parts.append(_read(fd, at + sum(map(len, parts)), length))
        return parts[index]

    return Unpickler(io.BytesIO(head), part).load()


def _read(fd, at, length):
    data = pread(fd, length, at)
    while len(data) < length:       # a signal came, or it is more than one call takes
        more = pread(fd, length - len(data), at + len(data))
        if not more:
            raise EOFError('the memory of a worker was cut')
        data += more
    return data
