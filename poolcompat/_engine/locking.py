"""The lock of the engine of processes."""
from __future__ import absolute_import, division, print_function

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
                result = method(self, *args)
            if self._holder == me:
                self._holder = None
            return result
        finally:
            self._inside.discard(me)

    under_lock.__doc__ = method.__doc__
    return under_lock
