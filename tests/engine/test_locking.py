"""``poolcompat._engine.locking``, and the lock that Ctrl-C kept."""
from __future__ import absolute_import, division, print_function

import sys
import threading

import pytest

from poolcompat._engine.dispatcher import Engine
from poolcompat._engine.locking import get_ident, locked

from .. import support


class Owner(object):
    """What of an engine its lock needs."""

    _free_lock = Engine.__dict__['_free_lock']

    def __init__(self):
        self._lock = threading.Lock()
        self._holder = None
        self._inside = set()
        self.given_back, self.go_on = threading.Event(), threading.Event()

    @locked
    def step(self):
        """Do nothing."""

    def step_and_pause(self, at):
        """Make the step, and stop at the ``at``th line after it."""
        left = []

        def trace(frame, event, arg):
            if frame.f_code.co_name == 'step' and event == 'call':
                left.extend(range(at + 1))
            elif left and event == 'line' and not self._lock.locked():
                left.pop()
                if not left:
                    self.given_back.set()
                    self.go_on.wait(support.GUARD)
            return trace

        sys.settrace(trace)
        try:
            self.step()
        finally:
            sys.settrace(None)
            self.given_back.set()


@pytest.mark.parametrize('at', range(4))
def test_a_lock_that_was_kept_as_another_thread_has_just_given_it_back(at):
    """Up to 3.9 Ctrl-C may come as the ``with`` block has ended, and the other one may get no further for a while."""
    owner = Owner()
    other = threading.Thread(target=owner.step_and_pause, args=(at,))
    other.start()
    owner.given_back.wait(support.GUARD)
    owner._lock.acquire()
    owner._holder = get_ident()
    owner.go_on.set()
    other.join()
    owner._free_lock()
    assert not owner._lock.locked()


def test_a_lock_that_another_thread_has_is_left_to_it():
    owner = Owner()
    owner.step()
    with owner._lock:
        owner._holder = 'another'
        owner._free_lock()
        assert owner._lock.locked()
