"""A state machine of one executor beside a simple model of it, with steps that hypothesis chooses."""
from __future__ import absolute_import, division, print_function

import os
import signal

import pytest

import poolcompat

from tests import tasks
from tests.support import GUARD, START_METHODS, wait_for

pytest.importorskip('hypothesis', reason='hypothesis is not made for this interpreter')

from hypothesis import HealthCheck, settings, strategies as st                     # noqa: E402
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule    # noqa: E402


def outcome(function, *args):
    """Return what the function returns, or the exception that it raises."""
    try:
        return function(*args)
    except Exception as error:
        return error


class Executors(RuleBasedStateMachine):
    """What is known of one executor: the calls it took, whether it is closed, and whether a worker was killed."""

    def __init__(self):
        super(Executors, self).__init__()
        self.executor = None
        self.calls = []             # (future, what it is to return or raise)
        self.closed = False
        self.killed = False
        self.cancelled = set()      # indexes of calls for which ``cancel`` was true
        self.cut = False            # cancel_futures: whatever has not started is cancelled

    @initialize(workers=st.integers(1, 3), method=st.sampled_from(['fork'] * 5 + START_METHODS))
    def make(self, workers, method):
        self.executor = poolcompat.ProcessPoolExecutor(workers, mp_context=poolcompat.get_context(method))

    def accepts(self, submit, expected):
        """Submit; an executor that is closed or broken says so."""
        result = outcome(submit)
        if self.closed and not self.killed:
            assert isinstance(result, RuntimeError), result
        elif isinstance(result, Exception):
            assert self.killed and isinstance(result, RuntimeError), result
        else:
            self.calls.append((result, expected))

    @precondition(lambda self: self.executor)
    @rule(value=st.integers(-9, 9), count=st.integers(1, 20))
    def submit(self, value, count):
        for _ in range(count):
            self.accepts(lambda: self.executor.submit(tasks.square, value), value * value)

    @precondition(lambda self: self.executor)
    @rule(divisor=st.integers(-1, 1))
    def submit_what_may_raise(self, divisor):
        self.accepts(lambda: self.executor.submit(tasks.divide, 1, divisor), 1 / divisor if divisor else ZeroDivisionError)

    @precondition(lambda self: self.executor)
    @rule(values=st.lists(st.integers(-9, 9), max_size=30), chunksize=st.integers(1, 8))
    def map(self, values, chunksize):
        result = outcome(lambda: list(self.executor.map(tasks.square, values, chunksize=chunksize)))
        if isinstance(result, Exception):
            assert isinstance(result, RuntimeError) and (self.closed or self.killed), result
        else:
            assert result == [value * value for value in values]

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def cancel(self, data):
        index = data.draw(st.integers(0, len(self.calls) - 1))
        if self.calls[index][0].cancel():
            self.cancelled.add(index)

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def wait(self, data):
        futures = [future for future, _ in self.calls[data.draw(st.integers(0, len(self.calls) - 1)):]]
        done, left = poolcompat.wait(futures, GUARD)
        assert not left and done == set(futures)

    @precondition(lambda self: self.executor and self.calls and not self.closed and not self.killed)
    @rule()
    def kill(self):
        self.killed = True
        os.kill(list(self.executor._processes)[0], signal.SIGKILL)
        wait_for(lambda: self.executor._broken)

    @precondition(lambda self: self.executor)
    @rule(wait=st.booleans(), cancel=st.booleans())
    def shutdown(self, wait, cancel):
        self.closed = True
        self.cut = self.cut or cancel
        self.executor.shutdown(wait, cancel_futures=cancel)
        if wait:
            assert all(future.done() for future, _ in self.calls)

    @precondition(lambda self: self.executor)
    @rule()
    def drop(self):
        """Nobody has it any more: it finishes its calls all the same."""
        self.executor = None
        self.closed = True

    @rule()
    def go_on(self):
        """Do nothing, which can always be done."""

    @invariant()
    def cancelled_stay_cancelled(self):
        assert all(self.calls[index][0].cancelled() for index in self.cancelled)

    def teardown(self):
        if self.executor is not None:
            self.executor.shutdown()
        for index, (future, expected) in enumerate(self.calls):
            result = outcome(future.result, GUARD)
            if isinstance(result, poolcompat.CancelledError):
                assert index in self.cancelled or self.cut
            elif isinstance(result, poolcompat.BrokenProcessPool):
                assert self.killed
            elif isinstance(result, Exception):
                assert type(result) is expected
            else:
                assert result == expected


TestExecutors = Executors.TestCase
TestExecutors.settings = settings(max_examples=40, stateful_step_count=20, deadline=None,
                                  suppress_health_check=[HealthCheck.too_slow])
