"""scipy and emcee, whose ``workers`` and ``pool`` are anything with a ``map``."""
from __future__ import absolute_import, division, print_function

import emcee
import numpy
import pytest
from scipy import optimize

from tests.clients.libraries import Native, Ours, closing


def optimum(workers):
    found = optimize.differential_evolution(
        optimize.rosen, [(-2, 2), (-2, 2)], maxiter=5, popsize=6, seed=1, updating='deferred', polish=False, workers=workers)
    return found.x.tolist(), found.fun, found.nfev


def log_probability(position):
    return -0.5 * numpy.sum(position ** 2)


def chain(pool):
    random = numpy.random.RandomState(7)
    sampler = emcee.EnsembleSampler(8, 2, log_probability, pool=pool)
    sampler.run_mcmc(random.randn(8, 2), 10, rstate0=random.get_state())
    return sampler.chain.tolist()


@pytest.mark.parametrize('name', ['Pool', 'ThreadPool'])
def test_scipy_on_pools(name):
    results = []
    for library in Native, Ours:
        with closing(getattr(library, name)(2)) as pool:
            results.append(optimum(pool.map))
    assert results[0] == results[1] == optimum(map)


@pytest.mark.parametrize('name', ['ProcessPoolExecutor', 'ThreadPoolExecutor'])
def test_scipy_on_executors(name):
    results = []
    for library in Native, Ours:
        with getattr(library, name)(2) as executor:
            results.append(optimum(executor.map))
    assert results[0] == results[1] == optimum(map)


@pytest.mark.parametrize('name', ['Pool', 'ThreadPool'])
def test_emcee(name):
    results = []
    for library in Native, Ours:
        with closing(getattr(library, name)(2)) as pool:
            results.append(chain(pool))
    assert results[0] == results[1] == chain(None)
    assert numpy.array(results[1]).shape == (8, 10, 2)
