"""A file that is written and read at a place, on 2.7, and how a worker is given it."""
from __future__ import absolute_import, division, print_function

import sys

# Breakpoint: https://bugs.python.org/issue10812 (os.pread and os.pwrite, with 3.3)
if sys.version_info >= (3, 3):
    from os import pread, pwrite        # noqa: F401 (for others to import from here)
    from pickle import Unpickler, loads     # noqa: F401

    def connection(fd):
        """Return the descriptor as something that knows how a worker is given it."""
        from multiprocessing.connection import Connection       # here: workers are given theirs
        return Connection(fd)
else:
    import io
    import mmap
    import os
    from cPickle import Unpickler, loads        # noqa: F401

    from .pipes import keep_from_programs

    def connection(fd):
        """As above."""
        from _multiprocessing import Connection
        return Connection(fd)

    def pread(fd, length, at):
        """As of Python 3, of a file in memory. It is not opened again: this process may have become another user."""
        if os.fstat(fd).st_size < at + length:
            return b''      # to read what is not there would end this process
        first = at % mmap.ALLOCATIONGRANULARITY
        return mmap.mmap(fd, first + length, access=mmap.ACCESS_READ, offset=at - first)[first:]

    def pwrite(fd, data, at):
        """As of Python 3, with a file of its own: the offset of ``fd`` stays where it is."""
        again = io.FileIO('/proc/self/fd/%d' % fd, 'r+')
        keep_from_programs(again.fileno())
        again.seek(at)
        return again.write(data)
