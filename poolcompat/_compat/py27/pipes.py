"""Pipes on 2.7: programs that the process starts do not inherit them."""
from __future__ import absolute_import, division, print_function

import os
import sys


def beyond_standard(make):
    """Return the connections that ``make()`` returns, none of which has one of the descriptors 0 to 2.

    Where a standard stream is closed, what is printed would go there, and a program would not be given it.
    """
    low = []
    try:
        while True:
            connections = make()
            if min(connection.fileno() for connection in connections) > 2:
                return connections
            low += connections
    finally:
        for connection in low:
            connection.close()


# Breakpoint: https://peps.python.org/pep-0446/ (descriptors are not inherited)
if sys.version_info >= (3, 4):
    pipe = os.pipe

    def keep_from_programs(fd):
        """Have the programs that this process starts not inherit the descriptor ``fd``, which another gave to it."""
        if os.name == 'posix':
            os.set_inheritable(fd, False)
else:
    def keep_from_programs(fd):
        """Have the programs that this process starts not inherit the descriptor ``fd``."""
        if os.name == 'posix':
            import fcntl
            fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.fcntl(fd, fcntl.F_GETFD) | fcntl.FD_CLOEXEC)

    def pipe():
        """Return the two ends of a pipe that programs do not inherit, and that nothing is printed to: where a standard
        stream is closed, the next pipe gets its descriptor."""
        ends = [_not_standard(end) for end in os.pipe()]
        for end in ends:
            keep_from_programs(end)
        return ends

    def _not_standard(fd):
        if fd > 2:
            return fd
        import fcntl
        try:
            return fcntl.fcntl(fd, fcntl.F_DUPFD, 3)
        finally:
            os.close(fd)
