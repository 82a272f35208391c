# coding: utf-8
"""What a rewrite changes, and that it changes nothing else."""
from __future__ import absolute_import, division, print_function

import difflib

import pytest

from hypothesis import given, settings, strategies

from .support import dedent, rewritten

CASES = {
    'from': ('''
        from concurrent.futures import ProcessPoolExecutor, as_completed  # noqa
        ''', '''
        from poolcompat import ProcessPoolExecutor, as_completed  # noqa
        '''),
    'from, with an alias': ('''
        from concurrent.futures import ThreadPoolExecutor as T, wait   as w
        ''', '''
        from poolcompat import ThreadPoolExecutor as T, wait   as w
        '''),
    'from, in parentheses and with comments': ('''
        from concurrent.futures import (   # the pools
            ThreadPoolExecutor,   # threads

            Future,
        )  # end
        ''', '''
        from poolcompat import (   # the pools
            ThreadPoolExecutor,   # threads

            Future,
        )  # end
        '''),
    'from, with a backslash': ('''
        from concurrent.futures import wait, \\
            as_completed
        ''', '''
        from poolcompat import wait, \\
            as_completed
        '''),
    'module under its own name': ('''
        from concurrent import futures
        x = futures.ThreadPoolExecutor(max_workers = 2)
        y = futures.process.BrokenProcessPool
        ''', '''
        import poolcompat as futures
        x = futures.ThreadPoolExecutor(max_workers = 2)
        y = futures.BrokenProcessPool
        '''),
    'module under another name': ('''
        import concurrent.futures as cf, os
        cf.wait([])
        ''', '''
        import poolcompat as cf, os
        cf.wait([])
        '''),
    'dotted': ('''
        import concurrent.futures
        with concurrent.futures.ThreadPoolExecutor() as e:  # concurrent.futures
            print(concurrent . futures.wait([]), 'concurrent.futures.wait')
        ''', '''
        import poolcompat
        with poolcompat.ThreadPoolExecutor() as e:  # concurrent.futures
            print(poolcompat.wait([]), 'concurrent.futures.wait')
        '''),
    'two modules, one import': ('''
        import os
        import concurrent.futures
        import concurrent.futures.thread
        import multiprocessing
        concurrent.futures.thread.ThreadPoolExecutor, multiprocessing.Pool
        ''', '''
        import os
        import poolcompat
        poolcompat.ThreadPoolExecutor, poolcompat.Pool
        '''),
    'a module that something else needs': ('''
        if 1:
            import multiprocessing  # why
            lock = multiprocessing.Lock()
            pool = multiprocessing.Pool(2)
        ''', '''
        if 1:
            import multiprocessing  # why
            import poolcompat
            lock = multiprocessing.Lock()
            pool = poolcompat.Pool(2)
        '''),
    'several on one line': ('''
        import os; import multiprocessing as mp; mp.Pool; mp.Lock
        if os: import multiprocessing.pool; multiprocessing.pool.ThreadPool
        ''', '''
        import os; import multiprocessing as mp; import poolcompat; poolcompat.Pool; mp.Lock
        if os: import poolcompat; poolcompat.ThreadPool
        '''),
    'a submodule that is no longer needed': ('''
        import multiprocessing.pool
        multiprocessing.pool.ThreadPool(multiprocessing.cpu_count())
        ''', '''
        import multiprocessing
        import poolcompat
        poolcompat.ThreadPool(multiprocessing.cpu_count())
        '''),
    'some of the names': ('''
        from multiprocessing import Pool, Process, cpu_count
        from multiprocessing import (
            Lock,  # a lock
            Pool as P,  # processes
        )
        from multiprocessing import Lock, \\
            Pool
        from multiprocessing import (Lock,
                                     Pool)
        from multiprocessing import Queue, Pool, Value
        ''', '''
        from multiprocessing import Process, cpu_count
        from poolcompat import Pool
        from multiprocessing import (
            Lock,  # a lock
        )
        from poolcompat import Pool as P  # processes
        from multiprocessing import Lock
        from poolcompat import Pool
        from multiprocessing import (Lock)
        from poolcompat import Pool
        from multiprocessing import Queue, Value
        from poolcompat import Pool
        '''),
    'dummy': ('''
        from multiprocessing.dummy import Pool
        from multiprocessing.dummy import Pool as ThreadPool
        from multiprocessing.dummy import Pool as Workers, Lock
        ''', '''
        from poolcompat import ThreadPool as Pool
        from poolcompat import ThreadPool
        from multiprocessing.dummy import Lock
        from poolcompat import ThreadPool as Workers
        '''),
    'dummy as a module': ('''
        import multiprocessing.dummy as threads
        from multiprocessing import dummy
        threads.Pool(2), dummy.Pool(3), dummy.Lock()
        ''', '''
        import poolcompat
        from multiprocessing import dummy
        poolcompat.ThreadPool(2), poolcompat.ThreadPool(3), dummy.Lock()
        '''),
    'pool as a module': ('''
        from multiprocessing import pool
        import multiprocessing.pool as mpp
        pool.ThreadPool(2), mpp.AsyncResult
        ''', '''
        from poolcompat import pool
        import poolcompat.pool as mpp
        pool.ThreadPool(2), mpp.AsyncResult
        '''),
    'names of two modules': ('''
        from multiprocessing.pool import ThreadPool, ApplyResult
        ''', '''
        from poolcompat import ThreadPool
        from poolcompat.pool import ApplyResult
        '''),
    'billiard and loky': ('''
        from billiard import Pool, Process
        from billiard.exceptions import WorkerLostError
        from loky import ProcessPoolExecutor
        ''', '''
        from billiard import Process
        from poolcompat import Pool
        from poolcompat.pool import WorkerLostError
        from poolcompat import ProcessPoolExecutor
        '''),
    'the first name of the backport': ('''
        import futures
        from futures import ThreadPoolExecutor
        from futures.thread import ThreadPoolExecutor as T
        futures.wait
        ''', '''
        import poolcompat as futures
        from poolcompat import ThreadPoolExecutor
        from poolcompat import ThreadPoolExecutor as T
        futures.wait
        '''),
    'ladder': ('''
        try:
            from concurrent.futures import ThreadPoolExecutor, wait
        except ImportError:
            from futures import ThreadPoolExecutor, wait
        x = 1
        ''', '''
        from poolcompat import ThreadPoolExecutor, wait
        x = 1
        '''),
    'ladder of modules': ('''
        def f():
            try:
                from concurrent import futures
            except ImportError:  # pragma: no cover
                import futures
            return futures.wait
        ''', '''
        def f():
            import poolcompat as futures
            return futures.wait
        '''),
    'ladder of three': ('''
        try:
            from billiard import Pool
        except ImportError:
            try:
                from multiprocessing import Pool
            except (ImportError, ModuleNotFoundError):
                from multiprocessing.pool import Pool
        ''', '''
        from poolcompat import Pool
        '''),
    'ladder, in parentheses': ('''
        if 1:
            try:
                import concurrent.futures as futures
                from concurrent.futures import (
                    Future,  # one
                )
            except ImportError:
                from futures import Future
                import futures
        ''', '''
        if 1:
            import poolcompat as futures
            from poolcompat import (
                Future,  # one
            )
        '''),
    'no ladder: something else is done': ('''
        try:
            from concurrent import futures
        except ImportError:
            futures = None
        try:
            from concurrent.futures import ThreadPoolExecutor
            OLD = False
        except ImportError:
            from futures import ThreadPoolExecutor
            OLD = True
        ''', '''
        try:
            import poolcompat as futures
        except ImportError:
            futures = None
        try:
            from poolcompat import ThreadPoolExecutor
            OLD = False
        except ImportError:
            from poolcompat import ThreadPoolExecutor
            OLD = True
        '''),
    'no ladder: another class': ('''
        try:
            from multiprocessing import Pool
        except ImportError:
            from multiprocessing.dummy import Pool
        ''', '''
        try:
            from poolcompat import Pool
        except ImportError:
            from poolcompat import ThreadPool as Pool
        '''),
    'Python 2': ('''
        # -*- coding: latin-1 -*-
        import multiprocessing, sys
        def f((a, b)):
        \tprint >>sys.stderr, "\xe9", `a`, 0777L; exec 'x' in {}
        try:
        \tprint "\xe9", multiprocessing.Pool(2).map(f, []), ur'\xe9'
        except (IOError, OSError), e:
        \traise ValueError, e
        ''', '''
        # -*- coding: latin-1 -*-
        import poolcompat, sys
        def f((a, b)):
        \tprint >>sys.stderr, "\xe9", `a`, 0777L; exec 'x' in {}
        try:
        \tprint "\xe9", poolcompat.Pool(2).map(f, []), ur'\xe9'
        except (IOError, OSError), e:
        \traise ValueError, e
        '''),
    'the private module behind the names': ('''
        from concurrent.futures import _base
        from concurrent.futures._base import TimeoutError
        _base.Future
        ''', '''
        import poolcompat
        from poolcompat import TimeoutError
        poolcompat.Future
        '''),
    'annotations': ('''
        import concurrent.futures
        def f(x: concurrent.futures.Future, *, y: 'int' = 1) -> concurrent.futures.Executor:
            z: concurrent.futures.Future = x
        ''', '''
        import poolcompat
        def f(x: poolcompat.Future, *, y: 'int' = 1) -> poolcompat.Executor:
            z: poolcompat.Future = x
        '''),
    'a type in a string needs the module': ('''
        import concurrent.futures
        def f(x: 'concurrent.futures.Future'):
            return concurrent.futures.wait([x])
        ''', '''
        import concurrent.futures
        import poolcompat
        def f(x: 'concurrent.futures.Future'):
            return poolcompat.wait([x])
        '''),
    'characters of several bytes': ('''
        import multiprocessing
        print("äöü €", '𝄞', multiprocessing.Pool, "é")
        ''', '''
        import poolcompat
        print("äöü €", '𝄞', poolcompat.Pool, "é")
        '''),
    'a context is for a pool': ('''
        from multiprocessing import get_context, Pool
        Pool(2, context=get_context('spawn'))
        ''', '''
        from poolcompat import get_context, Pool
        Pool(2, context=get_context('spawn'))
        '''),
    'an unused module of executors': ('''
        from concurrent import futures
        __all__ = ['futures']
        ''', '''
        import poolcompat as futures
        __all__ = ['futures']
        '''),
    'a fallback class': ('''
        try:
            from concurrent.futures import Future
        except ImportError:
            class Future(object):
                pass
        ''', '''
        try:
            from poolcompat import Future
        except ImportError:
            class Future(object):
                pass
        '''),
}

UNCHANGED = {
    'no pool': '''
        import multiprocessing
        from multiprocessing import Process, get_context, TimeoutError
        multiprocessing.Process, get_context('fork').Process
        ''',
    'done': '''
        import poolcompat
        from poolcompat import Pool
        import poolcompat as futures
        poolcompat.ThreadPool, futures.wait
        ''',
    'relative, and others of that name': '''
        from .concurrent.futures import ThreadPoolExecutor
        from . import futures
        from mine import Pool
        Pool(), futures.wait, self.multiprocessing.Pool
        ''',
    'a name of its own': '''
        def f(multiprocessing):
            return multiprocessing.Pool()
        ''',
    'private names': '''
        from concurrent.futures.thread import _WorkItem
        from concurrent import futures
        futures.thread._python_exit
        ''',
    'a private attribute': '''
        from concurrent.futures import ThreadPoolExecutor
        executor = ThreadPoolExecutor()
        executor._work_queue.qsize()
        ''',
    'a subclass of private parts': '''
        import multiprocessing.pool
        class NoDaemonPool(multiprocessing.pool.Pool):
            Process = None
        ''',
    'arguments of another library': '''
        from billiard.pool import Pool
        from loky import ProcessPoolExecutor
        pool = Pool(2, lost_worker_timeout=3)
        with ProcessPoolExecutor(2, timeout=3) as executor:
            executor.submit(f).result()
        ''',
    'what loky alone can pickle': '''
        from loky import ProcessPoolExecutor
        with ProcessPoolExecutor(2) as executor:
            executor.submit(lambda: 1).result()
        ''',
    'all of a module': '''
        from concurrent.futures import *
        ThreadPoolExecutor()
        ''',
    'poolcompat is something else': '''
        from concurrent.futures import wait
        poolcompat = 1
        ''',
    'a module that may be something else': '''
        try:
            from concurrent import futures
        except ImportError:
            futures = Fallback()
        futures.wait
        ''',
}


def texts():
    for name, (before, after) in sorted(CASES.items()):
        yield name, dedent(before), dedent(after)


@pytest.mark.parametrize('end', ['\n', '\r\n', '\r'], ids=['LF', 'CRLF', 'CR'])
@pytest.mark.parametrize('name,before,after', list(texts()), ids=[name for name, _, _ in texts()])
def test_rewrite(name, before, after, end):
    """Also with other line ends, without the last one, and a second time."""
    before, after = before.replace('\n', end), after.replace('\n', end)
    assert rewritten(before) == after
    assert rewritten(after) == after
    if end == '\n':
        assert rewritten(before[:-1]) == after[:-1]


@pytest.mark.parametrize('name', sorted(UNCHANGED))
def test_unchanged(name):
    text = dedent(UNCHANGED[name])
    assert rewritten(text) == text


def test_only_these_lines_change():
    """What is far from a pool is byte for byte the same, whatever it looks like."""
    odd = "x = {  'a':1 ,\t\n}   \n\x0c\n# \u20ac  \ny = '''\n  multiprocessing.Pool\n'''  \\\n  + 'b' ;\n\n\n"
    before = odd + 'import multiprocessing\n' + odd + 'multiprocessing.Pool(  3)\n' + odd
    after = odd + 'import poolcompat\n' + odd + 'poolcompat.Pool(  3)\n' + odd
    assert rewritten(before) == after


BLOCKS = [before for _, before, _ in texts()] + [dedent(text) for name, text in sorted(UNCHANGED.items()) if name not in (
    'poolcompat is something else',)]
MODERN = [text for text in BLOCKS if 'print >>' not in text]
OLD = [text for text in BLOCKS if '->' not in text and "x: '" not in text and '*, y' not in text]


@settings(max_examples=60, deadline=None)
@given(strategies.one_of(strategies.lists(strategies.sampled_from(MODERN), min_size=1, max_size=4),
                         strategies.lists(strategies.sampled_from(OLD), min_size=1, max_size=4)),
       strategies.sampled_from(['\n', '\r\n']))
def test_a_second_run_changes_nothing(blocks, end):
    """However the snippets above come together; and each line that goes or comes has to do with a pool or an import."""
    text = ''.join(blocks).replace('\n', end)
    once = rewritten(text)
    assert rewritten(once) == once
    for line in difflib.ndiff(text.split(end), once.split(end)):
        if line[:1] in '+-':
            assert any(word in line for word in (
                'import', 'poolcompat', 'concurrent', 'multiprocessing', 'futures', 'threads.', 'dummy.', 'mp.', 'try:',
                'except', 'Future', ')', '# one', 'Pool', 'as_completed', 'Lock,')) or not line[2:].strip(), line


# -- back ------------------------------------------------------------------------------------------------------------

BACK = {
    'from': ((3, 4), '''
        from poolcompat import ProcessPoolExecutor, as_completed  # noqa
        ''', '''
        from concurrent.futures import ProcessPoolExecutor, as_completed  # noqa
        '''),
    'from, of several modules': ((3, 4), '''
        from poolcompat import Pool, wait, BrokenProcessPool, get_context
        from poolcompat.pool import ThreadPool, AsyncResult
        ''', '''
        from multiprocessing.pool import Pool
        from concurrent.futures import wait
        from concurrent.futures.process import BrokenProcessPool
        from multiprocessing import get_context
        from multiprocessing.pool import ThreadPool, AsyncResult
        '''),
    'module': ((3, 4), '''
        import poolcompat
        poolcompat.wait([]), poolcompat.Pool(2)
        ''', '''
        import concurrent.futures
        import multiprocessing.pool
        concurrent.futures.wait([]), multiprocessing.pool.Pool(2)
        '''),
    'module under a name': ((3, 4), '''
        import poolcompat as futures
        futures.wait([])
        ''', '''
        from concurrent import futures
        futures.wait([])
        '''),
    'module under a name, with pools': ((3, 4), '''
        import poolcompat as pc
        pc.wait([]), pc.ThreadPool()
        ''', '''
        import concurrent.futures
        import multiprocessing.pool
        concurrent.futures.wait([]), multiprocessing.pool.ThreadPool()
        '''),
    'new enough': ((3, 11), '''
        from poolcompat import ProcessPoolExecutor
        ProcessPoolExecutor(2, max_tasks_per_child=3)
        ''', '''
        from concurrent.futures import ProcessPoolExecutor
        ProcessPoolExecutor(2, max_tasks_per_child=3)
        '''),
    'too old': ((3, 10), '''
        from poolcompat import ProcessPoolExecutor, wait, cpu_count
        ProcessPoolExecutor(2, max_tasks_per_child=3)
        ''', '''
        from poolcompat import ProcessPoolExecutor, cpu_count
        from concurrent.futures import wait
        ProcessPoolExecutor(2, max_tasks_per_child=3)
        '''),
    'a method that is too new': ((3, 8), '''
        from poolcompat import ThreadPoolExecutor
        def f():
            with ThreadPoolExecutor() as executor:
                executor.shutdown(cancel_futures=True)
        ''', '''
        from poolcompat import ThreadPoolExecutor
        def f():
            with ThreadPoolExecutor() as executor:
                executor.shutdown(cancel_futures=True)
        '''),
    'never native': ((3, 14), '''
        from poolcompat.pool import WorkerLostError, Pool
        ''', '''
        from poolcompat.pool import WorkerLostError
        from multiprocessing.pool import Pool
        '''),
}


@pytest.mark.parametrize('name', sorted(BACK))
def test_back(name):
    oldest, before, after = BACK[name]
    before, after = dedent(before), dedent(after)
    assert rewritten(before, oldest) == after
    assert rewritten(after, oldest) == after


@pytest.mark.parametrize('name', ['from', 'from, with an alias', 'from, in parentheses and with comments', 'dotted'])
def test_there_and_back(name):
    """Where nothing else was said, what comes back is what was there."""
    before = dedent(CASES[name][0]).replace('concurrent . ', 'concurrent.')
    assert rewritten(rewritten(before), (3, 14)) == before
