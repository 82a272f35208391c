"""A file that is written and read at a place, on 2.7, and how a worker is given it."""
from __future__ import absolute_import, division, print_function

import os
import sys

# Breakpoint: https://bugs.python.org/issue10812 (os.pread and os.pwrite, with 3.3; Windows has neither)
if sys.version_info >= (3, 3):
    import pickle
    from pickle import loads        # noqa: F401 (for others to import from here)

    class Unpickler(pickle.Unpickler):
        """Asks ``find(place)`` for what the pickle leaves out."""

        def __init__(self, file, find):
            super(Unpickler, self).__init__(file)
            self._find = find

        def persistent_load(self, place):       # 3.13.0 takes none that is set
            return self._find(place)

    pread, pwrite = [getattr(os, name, None) for name in ('pread', 'pwrite')]

    def connection(fd):
        """Return the descriptor as something that knows how a worker is given it."""
        from multiprocessing.connection import Connection       # here: workers are given theirs
        return Connection(fd)
else:
    import io
    import mmap
    import cPickle
    from cPickle import loads       # noqa: F401

    from .pipes import keep_from_programs

    def Unpickler(file, find):
        """As above."""
        unpickler = cPickle.Unpickler(file)
        unpickler.persistent_load = find
        return unpickler

    def connection(fd):
        """As above."""
        from _multiprocessing import Connection
        return Connection(fd)

    def pread(fd, length, at):
        """As of Python 3, of a file in memory. It is not opened again: this process may have become another user."""
        if os.fstat(fd).st_size < at + length:
            return b''      # to read what is not there would end this process
        first = at % mmap.ALLOCATIONGRANULARITY
        mapped = mmap.mmap(fd, first + length, access=mmap.ACCESS_READ, offset=at - first)
        try:
            return mapped[first:]
        finally:
            mapped.close()

    def pwrite(fd, data, at):
        """As of Python 3; an error where this process has become another user.

        The file is opened again: the offset of ``fd``, which another process shares, stays where it is.
        """
        with io.FileIO('/proc/self/fd/%d' % fd, 'r+') as again:
            keep_from_programs(again.fileno())
            again.seek(at)
            return again.write(data)
