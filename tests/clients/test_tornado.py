"""tornado: its loop, over executors of both libraries."""
from __future__ import absolute_import, division, print_function

from contextlib import closing

import pytest
from tornado import gen, ioloop

from tests.clients.libraries import Native, Ours, fail_at_three, square


@gen.coroutine
def served(executor):
    """What coroutines get: of one call after the other, of several at once, and of one that fails."""
    loop = ioloop.IOLoop.current()
    first = yield executor.submit(square, 3)
    second = yield loop.run_in_executor(executor, square, first)
    several = yield [loop.run_in_executor(executor, square, number) for number in range(20)]
    try:
        yield executor.submit(fail_at_three, 3)
    except ValueError as error:
        raise gen.Return((first, second, several, str(error)))


@pytest.mark.parametrize('name', ['ProcessPoolExecutor', 'ThreadPoolExecutor'])
def test_coroutines(name):
    results = []
    for library in Native, Ours:
        with getattr(library, name)(2) as executor, closing(ioloop.IOLoop(make_current=False)) as loop:
            results.append(loop.run_sync(lambda: served(executor)))
    assert results[0] == results[1] == (9, 81, [n * n for n in range(20)], 'three')
