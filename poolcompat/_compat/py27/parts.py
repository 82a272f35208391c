"""What is pickled in a part of a file, whose offset stays where it is: 2.7 asks the C library."""
from __future__ import absolute_import, division, print_function

import os
import sys

# Breakpoint: https://bugs.python.org/issue10812 (bpo-10812: os.pread and os.pwrite, where the system has them)
if sys.version_info >= (3, 3):
    import io
    import pickle

    from ..py37.memory import read_into

    _BUFFER = 1 << 16

    #: Whether parts can be written and read here.
    PARTS = hasattr(os, 'pwrite')

    def write_part(fd, data, at):
        """Write all of ``data`` from ``at`` on; OSError where there is no room."""
        left = memoryview(data)
        while len(left):
            count = os.pwrite(fd, left, at)
            at, left = at + count, left[count:]

    def load_part(fd, at, length):
        """Return the value that is pickled in the ``length`` bytes from ``at`` on."""
        return pickle.load(io.BufferedReader(_Reader(fd, at, length), _BUFFER))

    class _Reader(io.RawIOBase):
        """Reads a part of a file."""

        def __init__(self, fd, at, length):
            super(_Reader, self).__init__()
            self._fd = fd
            self._at = at
            self._end = at + length

        def readable(self):
            return True

        def readinto(self, buffer):
            count = read_into(self._fd, memoryview(buffer)[:self._end - self._at], self._at)
            self._at += count
            return count
else:
    from .pickling import loads

    PARTS = sys.platform.startswith('linux')

    def write_part(fd, data, at):
        """Write all of ``data``, a str, from ``at`` on; OSError where there is no room."""
        _move('pwrite', fd, data, at)

    def load_part(fd, at, length):
        """Return the value that is pickled in the ``length`` bytes from ``at`` on; EOFError where there are fewer."""
        import ctypes
        new = ctypes.pythonapi.PyString_FromStringAndSize
        new.argtypes, new.restype = (ctypes.c_void_p, ctypes.c_ssize_t), ctypes.py_object
        data = new(None, length)        # is nobody else's until it is filled
        _move('pread', fd, data, at)
        return loads(data)

    def _move(name, fd, data, at):
        """Have the C library's function ``name`` write the str ``data`` from ``at`` on, or fill it from there."""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        function = getattr(libc, name + '64', None) or getattr(libc, name)      # as musl calls what has 64 bits anyway
        function.argtypes = ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64
        function.restype = ctypes.c_ssize_t
        start, done = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value, 0
        while done < len(data):
            count = function(fd, start + done, len(data) - done, at + done)
            if count < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            if count == 0:
                raise EOFError('of %d bytes there are %d' % (len(data), done))
            done += count
