"""What is a use, and which Python each needs."""
from __future__ import absolute_import, division, print_function

import inspect

import pytest

import poolcompat
import poolcompat.interpreter
import poolcompat.pool
import poolcompat.process
import poolcompat.thread

from poolcompat.migrate import names

from .support import used


def test_uses():
    assert used('''
        import multiprocessing
        import os, multiprocessing.dummy
        from concurrent import futures
        from billiard.pool import Pool as P
        from poolcompat import WorkerLostError
        multiprocessing.Pool(2)
        P(3, initializer=f)
        with futures.ThreadPoolExecutor(thread_name_prefix='x') as executor:
            executor.shutdown(cancel_futures=True)
        futures.BrokenExecutor
        from poolcompat import InterpreterPoolExecutor as I
        ''') == {
            (2, 'multiprocessing.dummy'): (2, 7),
            (3, 'concurrent.futures'): (3, 2),
            (4, 'billiard.pool.Pool'): (2, 7),
            (6, 'multiprocessing.Pool'): (2, 7),
            (7, 'billiard.pool.Pool'): (2, 7),
            (8, 'concurrent.futures.ThreadPoolExecutor'): (3, 6),
            (9, 'ThreadPoolExecutor.shutdown'): (3, 9),
            (10, 'concurrent.futures.BrokenExecutor'): (3, 7),
            (11, 'poolcompat.InterpreterPoolExecutor'): (3, 14),
        }


FEATURES = [
    ('ProcessPoolExecutor(2)', (3, 2)),
    ('ProcessPoolExecutor(2, context)', (3, 7)),
    ('ProcessPoolExecutor(initializer=f)', (3, 7)),
    ('ProcessPoolExecutor(max_tasks_per_child=f)', (3, 11)),
    ('ThreadPoolExecutor(2, "x")', (3, 6)),
    ('ThreadPoolExecutor(2, "x", f, ())', (3, 7)),
    ('InterpreterPoolExecutor()', (3, 14)),
    ('ProcessPoolExecutor().map(f, x, chunksize=2)', (3, 5)),
    ('ThreadPoolExecutor().map(f, x, buffersize=2)', (3, 14)),
    ('ProcessPoolExecutor().kill_workers()', (3, 14)),
    ('ThreadPoolExecutor().shutdown(wait=False)', (3, 2)),
    ('ThreadPoolExecutor().shutdown(cancel_futures=True)', (3, 9)),
    ('Pool(2, f, (), 3)', (2, 7)),
    ('Pool(2, f, (), 3, context)', (3, 4)),
    ('Pool(2).map(f, x, 3)', (2, 7)),
    ('Pool(2).starmap(f, x)', (3, 3)),
    ('ThreadPool(2).apply_async(f, error_callback=g)', (3, 3)),
]


@pytest.mark.parametrize('call,since', FEATURES)
def test_features(call, since):
    found = used('from poolcompat import %s\nx = %s' % (call.split('(')[0], call))
    assert max(needs for (line, _), needs in found.items() if line == 2) == since


def test_with():
    assert used('from multiprocessing import Pool\nwith Pool() as pool:\n    pass\n')[(2, 'with Pool')] == (3, 3)


@pytest.mark.parametrize('text', ['''
    from multiprocessing import Process
    import multiprocessing, mine.multiprocessing.Pool
    multiprocessing.Process()
    self.multiprocessing.Pool
    ''', '''
    from .concurrent.futures import wait
    def f(multiprocessing):
        multiprocessing.Pool()
    '''])
def test_no_use(text):
    assert used(text) == {}


# -- the table of names agrees with the package ----------------------------------------------------------------------

@pytest.mark.parametrize('module', sorted(names.LAYOUT))
def test_layout(module):
    """Every public name of the package is in the table, and the other way round."""
    package = {'poolcompat': poolcompat, 'poolcompat.pool': poolcompat.pool, 'poolcompat.process': poolcompat.process,
               'poolcompat.thread': poolcompat.thread, 'poolcompat.interpreter': poolcompat.interpreter}[module]
    for name in names.LAYOUT[module]:
        assert hasattr(package, name)
    if module in ('poolcompat', 'poolcompat.pool'):
        assert set(names.LAYOUT[module]) == set(package.__all__) - {'__version__'}


@pytest.mark.parametrize('kind', sorted(set(names.CONSTRUCTORS) - {'InterpreterPoolExecutor'}))
def test_constructors(kind):
    parameters = [name for name in inspect.signature(getattr(poolcompat, kind)).parameters]
    assert parameters == [found[0] for found in names.CONSTRUCTORS[kind] if found]


@pytest.mark.parametrize('kind', sorted(set(names.METHODS) - {'InterpreterPoolExecutor'}))
def test_methods(kind):
    for method, (_, keywords) in names.METHODS[kind].items():
        parameters = inspect.signature(getattr(getattr(poolcompat, kind), method)).parameters
        assert set(keywords) <= set(parameters)
