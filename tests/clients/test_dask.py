"""dask's local schedulers, on a pool that it is given."""
from __future__ import absolute_import, division, print_function

import dask
import dask.local
import pytest

from tests.clients.libraries import Native, Ours, closing, square


def computed(pool, scheduler):
    """A graph with a fan-out and a fan-in."""
    squares = [dask.delayed(square)(number) for number in range(30)]
    parts = [dask.delayed(sum)(squares[first:first + 5]) for first in range(0, 30, 5)]
    with dask.config.set(pool=pool, scheduler=scheduler):
        return dask.compute(parts, dask.delayed(max)(parts))


@pytest.mark.parametrize('name, scheduler', [('Pool', 'processes'), ('ThreadPool', 'threads')])
def test_pools(name, scheduler):
    results = []
    for library in Native, Ours:
        with closing(getattr(library, name)(2)) as pool:
            results.append(computed(pool, scheduler))
    assert results[0] == results[1] == ([30, 255, 730, 1455, 2430, 3655], 3655)


@pytest.mark.skipif(not hasattr(dask.local, 'MultiprocessingPoolExecutor'),
                    reason='a dask as old as this one takes only pools')
@pytest.mark.parametrize('name, scheduler', [('ProcessPoolExecutor', 'processes'), ('ThreadPoolExecutor', 'threads')])
def test_executors(name, scheduler):
    results = []
    for library in Native, Ours:
        with getattr(library, name)(2) as executor:
            results.append(computed(executor, scheduler))
    assert results[0] == results[1] == ([30, 255, 730, 1455, 2430, 3655], 3655)
