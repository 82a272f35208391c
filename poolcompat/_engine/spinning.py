"""Waiting for what comes in a moment without going to sleep.

To wake a thread costs tens of microseconds where its core sleeps as well, half of them the waker's: more than a short call.
So whoever waits looks again and again for about as long before it sleeps. That pays where calls are short and cores
idle, and nowhere else: each look in vain makes the next one rarer, at once where others had the core meanwhile.
"""
from __future__ import absolute_import, division, print_function

import os
import select

from .._compat.py27.waiting import perf_counter
from .._compat.py34 import is_interrupted

_MOMENT = .00005    # seconds: what it saves, so that it never costs more than twice the best that could be done
_AWAY = .001        # seconds in which others must have had the core
_RARE, _RAREST = 63, 1023       # how many waits in a row go without: less than a microsecond each; and where others wait


def _stay():
    """Do nothing, where the core cannot be offered to others (2.7, some systems)."""


_offer_core = getattr(os, 'sched_yield', _stay)


class Spin(object):
    """Looks for a moment whether something has come, as long as that has been of use lately."""

    def __init__(self):
        self._without = 0       # how many of the next waits go without
        self._penalty = 0       # how many did after the last look in vain

    def __call__(self, poll):
        """Return whether ``poll(0)``, a method of ``select.poll`` and its like, tells of something in a moment."""
        if self._without:
            self._without -= 1
            return False
        try:
            if poll(0):
                return True     # was there: that says nothing of how long others take
            begin = now = perf_counter()
            end = begin + _MOMENT
            while begin <= now < end:       # 2.7's clock may step back
                _offer_core()
                if poll(0):
                    self._penalty = 0
                    return True
                now = perf_counter()
            self._penalty = min(_RARE, 2 * self._penalty + 1) if now < end + _AWAY else _RAREST
        except (OSError, IOError, select.error) as error:
            if not is_interrupted(error):
                raise
        self._without = self._penalty
        return False
