from __future__ import absolute_import, division, print_function

import gc
import logging
import os
import sys

import pytest

import poolcompat
from tests import support


def pytest_addoption(parser):
    parser.addoption('--rounds', type=int, default=1, metavar='N', help='run every selected test N times over')


def pytest_configure(config):
    config.addinivalue_line('markers', 'race: its outcome depends on the order of events; run it many times over '
                                       '(-m race --rounds 200)')


def pytest_generate_tests(metafunc):
    rounds = metafunc.config.getoption('--rounds')
    if rounds > 1:
        metafunc.parametrize('_round', range(rounds), indirect=True, ids=['round%d' % i for i in range(rounds)])


@pytest.fixture(autouse=True)
def _round():
    """Stands for the number of the round where there are several."""


@pytest.fixture(scope='session', autouse=True)
def _no_main():
    """Spawned workers import the main module again: without this, pytest itself, for each of them."""
    main = sys.modules['__main__']
    had = dict((name, getattr(main, name)) for name in ('__file__', '__spec__') if hasattr(main, name))
    main.__dict__.pop('__file__', None)
    main.__spec__ = None
    yield
    main.__dict__.update(had)


@pytest.fixture(scope='session')
def _warm(_no_main):
    """Open what the interpreter opens once and keeps: it is no test's doing. And take what pytest itself holds out of
    the collector's way, where that can be done (from 3.7): tests collect often."""
    import multiprocessing
    gc.collect()
    getattr(gc, 'freeze', int)()
    os.urandom(1)
    for method in support.START_METHODS:
        context = poolcompat.get_context(method)
        process = context.Process(target=len, args=((),))
        process.start()
        process.join()
        context.Lock()
    kept = multiprocessing.Value('i', 0)        # the file of the shared memory
    poolcompat.wait([poolcompat.Future()], 0)   # the pipe that waiting keeps on 2.7
    yield
    del kept


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if outcome.get_result().failed:
        item.has_failed = True


@pytest.fixture(autouse=True)
def _nothing_left(request, _warm):
    """After every test: no child process, no thread and no descriptor that was not there before it.

    Where the test has failed, its traceback holds all that it had: what is left then says nothing. So it does of a native
    pool.
    """
    before = support.holdings()
    yield
    if not getattr(request.node, 'has_failed', False) and not getattr(request.instance, 'leaves_things', False):
        text = support.settle(before)
        assert not text, 'left over: ' + text


@pytest.fixture
def logged(caplog):
    """What is logged to the logger that the interpreter's own futures use, as text."""
    class Keeper(logging.Handler):
        def emit(self, record):
            records.append(self.format(record))

    records = []
    logger = logging.getLogger('concurrent.futures')
    keeper = Keeper()
    logger.addHandler(keeper)
    propagate, logger.propagate = logger.propagate, False
    yield records
    logger.propagate = propagate
    logger.removeHandler(keeper)
    del caplog.get_records('call')[:]       # they hold frames, and those what was in use then


def pytest_unconfigure(config):
    """End what a native pool has left behind, for `multiprocessing` would wait for it: up to 3.8 a broken one may."""
    import multiprocessing
    for process in multiprocessing.active_children():
        process.terminate()
