"""asyncio: executors of both libraries under one loop, and as its default."""
from __future__ import absolute_import, division, print_function

import asyncio
import contextlib

import pytest

from tests.clients.libraries import Native, Ours, fail_at_three, square


def gathered(executor):
    """The results of calls that the loop has made in the executor, and the errors' types."""
    with executor, contextlib.closing(asyncio.new_event_loop()) as loop:
        calls = [loop.run_in_executor(executor, square, number) for number in range(50)]
        calls += [loop.run_in_executor(executor, fail_at_three, number) for number in range(6)]
        results = loop.run_until_complete(asyncio.gather(*calls, return_exceptions=True))
    return [type(result) if isinstance(result, Exception) else result for result in results]


@pytest.mark.parametrize('name', ['ProcessPoolExecutor', 'ThreadPoolExecutor'])
def test_run_in_executor(name):
    ours = gathered(getattr(Ours, name)(2))
    assert ours == gathered(getattr(Native, name)(2))
    assert ours[:3] == [0, 1, 4] and ours[53] is ValueError


def test_as_the_default_executor():
    with contextlib.closing(asyncio.new_event_loop()) as loop, Ours.ThreadPoolExecutor(2, 'ours') as executor:
        loop.set_default_executor(executor)
        assert loop.run_until_complete(loop.run_in_executor(None, square, 7)) == 49
        assert [thread.name.startswith('ours') for thread in executor._threads] == [True]
