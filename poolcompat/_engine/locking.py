"""The lock of the engine of processes."""
from __future__ import absolute_import, division, print_function

import sys

from .._compat.py27.waiting import get_ident


def locked(method):
    """Have the method run under the engine's lock. It may call no other such method, and no code of the user's.

    A thread is marked as inside before it takes the lock until after it gave it back: a signal's handler may run at
    either instruction.
    """
    def under_lock(self, *args):
        me = get_ident()
        try:
            self._inside.add(me)
            with self._lock:
                self._holder = me
                return method(self, *args)
        finally:
            self._inside.discard(me)

    under_lock.__doc__ = method.__doc__
    return under_lock


_CODE = locked(len).__code__


def is_inside(engine):
    """Return whether this thread is in such a method, as a signal's handler or the collector then is.

    Ctrl-C may have come as the mark was about to be removed: what counts is that the method is being run.
    """
    if get_ident() not in engine._inside:
        return False
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code is _CODE:
            return True
        frame = frame.f_back
    engine._inside.discard(get_ident())
    return False
