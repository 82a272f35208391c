"""Waiting for connections on 2.7."""
from __future__ import absolute_import, division, print_function

import sys

# Breakpoint: https://bugs.python.org/issue12328 (bpo-12328: multiprocessing.connection.wait)
if sys.version_info >= (3, 3):
    from multiprocessing.connection import wait
else:
    import os
    import select
    import time

    from ..py34 import retried

    if os.name == 'posix':
        def wait(connections, timeout=None):
            """Return those of the connections that can be read, after at most ``timeout`` seconds."""
            return retried(select.select, connections, (), (), timeout)[0]
    else:
        def wait(connections, timeout=None):
            """Return those of the connections that can be read, after at most ``timeout`` seconds.

            2.7 has no way to wait for several pipes on Windows: they are asked every millisecond.
            """
            deadline = None if timeout is None else time.clock() + timeout
            while True:
                ready = [connection for connection in connections if connection.poll(0)]
                if ready or deadline is not None and time.clock() >= deadline:
                    return ready
                time.sleep(.001)
