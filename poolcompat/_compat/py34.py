"""What CPython 3.4 and older lack."""
from __future__ import absolute_import, division, print_function

import errno
import select
import sys


def is_interrupted(error):
    """Return whether the error is that of a system call which a signal cut short.

    What the signal's handler raised may be an OSError too, TimeoutError above all.
    """
    return error.args[:1] == (errno.EINTR,)


# Breakpoint: https://peps.python.org/pep-0475/ (PEP 475: a call that a signal cut short is made again)
if sys.version_info >= (3, 5):
    from os import read, write      # noqa: F401 (for others to import from here)

    def retried(function, *args):
        """Return ``function(*args)``, a system call."""
        return function(*args)
else:
    import os

    def _retrying(function):
        def retrying(*args):
            while True:
                try:
                    return function(*args)
                except (OSError, IOError, select.error) as error:
                    if not is_interrupted(error):
                        raise
        return retrying

    def retried(function, *args):
        """Return ``function(*args)``, a system call, made again for as long as signals cut it short.

        The handlers of those signals run in between, and an exception that one raises gets out.
        """
        return _retrying(function)(*args)

    read, write = _retrying(os.read), _retrying(os.write)
