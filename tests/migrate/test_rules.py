"""Each warning where it is due, and none where code is harmless: a false alarm makes people switch it off."""
from __future__ import absolute_import, division, print_function

import pytest

from poolcompat.migrate.report import HANDS
from poolcompat.migrate.rules import RULES

from .support import dedent, warned

# A line that ends with "# !code" is to be warned of, and no other.
CASES = {
    'import-time-pool': '''
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
        from multiprocessing.dummy import Pool as ThreadPool
        POOL = multiprocessing.Pool(2)  # !import-time-pool
        IDLE = ProcessPoolExecutor()
        THREADS, MORE = ThreadPoolExecutor(), ThreadPool(3)
        with ProcessPoolExecutor() as executor:  # !import-time-pool
            list(executor.map(abs, [1]))
        class Holder:
            pool = multiprocessing.Pool()  # !import-time-pool
            def start(self):
                self.own = multiprocessing.Pool()
        def start():
            with multiprocessing.Pool() as pool:
                return pool.map(abs, [1])
        if __name__ == '__main__':
            with multiprocessing.Pool() as pool:
                pool.map(abs, [1])
        ''',
    'import-time-pool under fork, which was asked for': '''
        import multiprocessing
        multiprocessing.set_start_method('fork')
        pool = multiprocessing.Pool(2)
        ''',
    'unguarded-script': '''
        import sys
        from multiprocessing import Pool
        from concurrent.futures import ProcessPoolExecutor
        def work():
            with Pool(2) as pool:
                return pool.map(abs, [1])
        def main():
            return work()
        def make():
            return ProcessPoolExecutor()
        def harmless():
            return 1
        sys.exit(main())  # !unguarded-script
        x = harmless()
        executor = make()
        main if x else None
        ''',
    'unguarded-script, guarded': '''
        from multiprocessing import Pool
        def main():
            with Pool(2) as pool:
                return pool.map(abs, [1])
        if __name__ == '__main__':
            main()
        ''',
    'not-picklable': '''
        import functools, threading
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
        from multiprocessing import Pool
        double = lambda x: 2 * x
        def top(x, *more):
            return x
        def f(key):
            def local(x):
                return x
            def callback(result):
                return result
            global shared
            def shared(x):
                return x
            with ProcessPoolExecutor() as executor, ThreadPoolExecutor() as threads, Pool() as pool:
                found = [executor.submit(lambda: 1),  # !not-picklable
                         executor.submit(local, 1),  # !not-picklable
                         executor.submit(double, 1),  # !not-picklable
                         executor.submit(functools.partial(local, 1)),  # !not-picklable
                         executor.submit(top, (x for x in [1])),  # !not-picklable
                         executor.submit(top, 1, key=lambda: 2),  # !not-picklable
                         executor.submit(top, local),  # !not-picklable
                         executor.submit(top, 1),
                         executor.submit(shared, 1),
                         executor.submit(functools.partial(top, 1)),
                         executor.submit(key, 1),
                         threads.submit(lambda: 1), threads.submit(local, 1),
                         pool.apply_async(top, (1,), callback=callback),
                         pool.apply_async(top, (1,), {}, lambda result: None),
                         pool.apply_async(top, (lambda: 1,)),  # !not-picklable
                         pool.map(func=lambda x: x, iterable=[1]),  # !not-picklable
                         pool.map(top, (x for x in [1])), pool.map(top, map(lambda x: x, [1]))]
                executor.submit(top, 1).add_done_callback(lambda future: None)
                return found
        ''',
    'not-picklable: bound methods': '''
        import threading
        from multiprocessing import Pool
        class Holder(object):
            def __init__(self):
                self.pool = Pool(2)
            def work(self, x):
                return x
            @staticmethod
            def static(x):
                return x
            def run(self):
                self.pool.map(self.static, [1])
                return self.pool.map(self.work, [1])  # !not-picklable
        class Locked:
            def __init__(self):
                self.lock = threading.Lock()
            def work(self, x):
                return x
            def run(self):
                with Pool(2) as pool:
                    return pool.map(self.work, [1])  # !not-picklable
        class Plain:
            def __init__(self, x):
                self.x = x
                self.pool = None
            def work(self, x):
                return x
            def run(self):
                with Pool(2) as pool:
                    return pool.map(self.work, [1])
        class Careful(object):
            def __init__(self):
                self.lock = threading.Lock()
            def __getstate__(self):
                return {}
            def work(self, x):
                return x
            def run(self):
                with Pool(2) as pool:
                    return pool.map(self.work, [1])
        class Heir(Unknown):
            def __init__(self):
                self.lock = threading.Lock()
            def work(self, x):
                return x
            def run(self):
                with Pool(2) as pool:
                    return pool.map(self.work, [1])
        ''',
    'fork-only': '''
        from multiprocessing import Pool
        data = None
        table = {}
        LIMIT = 3
        cache = {}
        names = []
        def work(x):
            return data[x] + LIMIT  # !fork-only
        def look(x):
            if x not in cache:
                cache[x] = x
            return cache[x] + table[x]  # !fork-only
        def early(x):
            return late[x], names  # !fork-only
        def main():
            global data
            data = [1, 2, 3]
            table['x'] = 1
            with Pool(2) as pool:
                pool.map(work, range(3))
                names.append(1)
                return pool.map(look, range(3))
        if __name__ == '__main__':
            late = {1: 2}
            with Pool() as pool:
                pool.map(early, [1])
            main()
        ''',
    'fork-only, with an initializer': '''
        from multiprocessing import Pool
        data = None
        def start(given):
            global data
            data = given
        def work(x):
            return data[x]
        def main(local):
            with Pool(2, initializer=start, initargs=([1],)) as pool:
                pool.map(work, range(3))
            with Pool(2, lambda: None) as pool:  # !fork-only
                pool.map(work, range(3))
            return Pool(3, start, (1,))
        def constant(x):
            return TABLE[x]
        TABLE = {}
        TABLE['x'] = 1
        ''',
    'fork-only, as asked for': '''
        from multiprocessing import get_context
        from poolcompat import Pool
        data = None
        def work(x):
            return data[x]
        def main():
            global data
            data = [1]
            with Pool(2, context=get_context('fork')) as pool:
                return pool.map(work, range(3))
        ''',
    'never-collected': '''
        from concurrent.futures import ThreadPoolExecutor, ProcessPoolExecutor
        from multiprocessing.pool import ThreadPool
        def f(x, futures=[]):
            with ThreadPoolExecutor() as executor:
                executor.submit(f, 1)  # !never-collected
                executor.submit(f, 1).result()
                executor.submit(f, 1).add_done_callback(print)
                executor.map(f, [1])  # !never-collected
                for each in executor.map(f, [1]):
                    pass
                lost = executor.submit(f, 1)  # !never-collected
                _ = executor.submit(f, 1)  # !never-collected
                [executor.submit(f, i) for i in range(3)]  # !never-collected
                dropped = [executor.submit(f, i) for i in range(3)]  # !never-collected
                kept = [executor.submit(f, i) for i in range(3)]
                futures.append(executor.submit(f, 2))
                other.submit(f)
                last = executor.submit(f, 1)
                return kept, lambda: last
        def g():
            with ThreadPool() as pool:
                pool.apply_async(f, (1,))  # !never-collected
                pool.apply_async(f, (1,), callback=print)
                pool.apply_async(f, (1,), {}, print)
                pool.map_async(f, [1], error_callback=print)
                pool.map_async(f, [1])  # !never-collected
                pool.map(f, [1])
                pool.apply(f, (1,))
                pool.close()
                pool.join()
        ''',
    'map-in-loop': '''
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
        from multiprocessing import Pool
        def f(files, state):
            with ProcessPoolExecutor() as executor, ThreadPoolExecutor() as threads, Pool() as pool:
                for name in files:
                    print(list(executor.map(len, name)))  # !map-in-loop
                    print(list(executor.map(len, name, name, name)))  # !map-in-loop
                    print(list(executor.map(len, name, chunksize=10)), list(threads.map(len, name)))
                    print(pool.map(len, name))  # !map-in-loop
                    print(pool.map(len, name, 10), pool.apply(len, name), pool.map(len, *files))
                for _ in range(10):
                    state = pool.map(len, state)
                while state:
                    state = pool.map(len, state)
                for found in executor.map(len, files):
                    print(found)
                print(list(executor.map(len, files)))
                return [list(executor.map(len, name)) for name in []]
        ''',
    'never-closed': '''
        import contextlib
        from multiprocessing import Pool
        from multiprocessing.pool import ThreadPool
        def f(given):
            lost = Pool(2)  # !never-closed
            lost.map(len, [])
            closed = Pool(2)
            closed.map(len, [])
            closed.close()
            ended = ThreadPool(2)
            ended.terminate()
            early = Pool(2)  # !never-closed
            early.join()
            early.close()
            waits = Pool(2)  # !never-closed
            waits.apply_async(len, callback=print)
            waits.close()
            joined = Pool(2)
            joined.apply_async(len, callback=print)
            joined.close()
            joined.join()
            handed = Pool(2)
            given(handed)
            back = Pool(2)
            ThreadPool(2).map(len, [])  # !never-closed
            given.pool = Pool()
            with Pool() as one, contextlib.closing(Pool()) as other:
                one.map(len, [])
                other.map(len, [])
            return back
        ''',
    'wrong-timeout': '''
        import concurrent.futures
        import multiprocessing
        from multiprocessing.pool import ThreadPool
        from poolcompat import ThreadPoolExecutor as Ours, ThreadPool as OurPool
        def f():
            with concurrent.futures.ThreadPoolExecutor() as executor, ThreadPool() as pool:
                future = executor.submit(f)
                result = pool.apply_async(f)
                try:
                    future.result(timeout=1)
                except TimeoutError:  # !wrong-timeout
                    pass
                try:
                    future.result(1)
                except multiprocessing.TimeoutError:  # !wrong-timeout
                    pass
                try:
                    future.result(1)
                except concurrent.futures.TimeoutError:
                    pass
                try:
                    result.get(1)
                except (ValueError, concurrent.futures.TimeoutError):  # !wrong-timeout
                    pass
                try:
                    result.get(timeout=1)
                except multiprocessing.TimeoutError:
                    pass
                try:
                    result.get()
                    future.result()
                    {}.get(1)
                except TimeoutError:
                    pass
                try:
                    result.get(1)
                except TimeoutError:
                    pass
                except Exception:
                    pass
                try:
                    result.get(1)
                except (TimeoutError, multiprocessing.TimeoutError):
                    pass
                for each in [executor.submit(f) for i in range(3)]:
                    try:
                        each.result(1)
                    except TimeoutError:  # !wrong-timeout
                        pass
                for each in concurrent.futures.as_completed([future]):
                    try:
                        each.result(1)
                    except (IOError, TimeoutError):  # !wrong-timeout
                        pass
        def g():
            with Ours() as executor, OurPool() as pool:
                future, result = 1, 2
                try:
                    executor.submit(f).result(1)
                    pool.apply_async(f).get(1)
                except TimeoutError:
                    pass
        ''',
    'star-import': '''
        from concurrent.futures import *  # !star-import
        from os.path import *
        ''',
    'no-counterpart': '''
        import loky
        from concurrent.futures import _base, thread
        _base.Future, _base.LOGGER  # !no-counterpart
        from concurrent.futures.thread import _WorkItem  # !no-counterpart
        from loky import get_reusable_executor  # !no-counterpart
        loky.get_reusable_executor()  # !no-counterpart
        thread._python_exit  # !no-counterpart
        thread.ThreadPoolExecutor.submit
        ''',
    'argument': '''
        import billiard, loky
        from concurrent.futures import ThreadPoolExecutor
        def f(options, given):
            billiard.Pool(2, lost_worker_timeout=1)  # !argument
            billiard.Pool(1, None, (), 4, 5)  # !argument
            loky.ProcessPoolExecutor(2, None)  # !argument
            loky.ProcessPoolExecutor(2, timeout=3)  # !argument
            ThreadPoolExecutor(2, 'x', None, (), 5)  # !argument
            ThreadPoolExecutor(2, 'x', None, ())
            ThreadPoolExecutor(*given), ThreadPoolExecutor(**options)
        ''',
    'private': '''
        from concurrent.futures import ThreadPoolExecutor
        from multiprocessing import Pool
        def f(other):
            executor = ThreadPoolExecutor()
            with Pool() as pool:
                print(executor._work_queue)  # !private
                print(executor._threads, executor._max_workers, executor.__class__, other._work_queue, pool._pool)
                print(pool._state)  # !private
        ''',
    'subclass': '''
        from concurrent.futures import ThreadPoolExecutor
        from multiprocessing.pool import Pool
        class Daemonless(Pool):  # !subclass
            def Process(self, *args):
                return None
        class Waiting(ThreadPoolExecutor):  # !subclass
            def waiting(self):
                return self._work_queue.qsize()
        class Adjusting(ThreadPoolExecutor):  # !subclass
            def _adjust_thread_count(self):
                pass
        class Fine(ThreadPoolExecutor):
            _name = 'fine'
            def __init__(self, *args, **kwargs):
                ThreadPoolExecutor.__init__(self, *args, **kwargs)
                self._own = 1
            def submit(self, *args, **kwargs):
                return self._later(self._own, self._name, self._max_workers)
            def _later(self, *args):
                return args
        ''',
    'context-pool': '''
        import multiprocessing
        from poolcompat import get_context
        def f():
            context = multiprocessing.get_context('spawn')
            with context.Pool(2) as pool:  # !context-pool
                pool.map(len, [])
            context.Process()
            with get_context('spawn').Pool() as pool:  # !context-pool
                pool.map(len, [])
        ''',
    'name-in-string': '''
        import importlib, mock
        @mock.patch('mine.multiprocessing.Pool')  # !name-in-string
        def f(monkeypatch):
            importlib.import_module('concurrent.futures')  # !name-in-string
            monkeypatch.setattr('multiprocessing.pool.Pool', None)  # !name-in-string
            mock.patch('mine.pool')
            print('multiprocessing.Pool')
        ''',
    'name-taken': '''
        from concurrent.futures import wait
        poolcompat = 1  # !name-taken
        ''',
    'bound-twice': '''
        try:
            from concurrent import futures  # !bound-twice
        except ImportError:
            futures = object()
        try:
            import multiprocessing
        except ImportError:
            multiprocessing = None
        ''',
    'names that go in circles': '''
        from concurrent.futures import ThreadPoolExecutor
        def f(x, xs=()):
            pool = ThreadPoolExecutor()
            a = a
            xs = [x for x in xs]
            for x in xs:
                x = x.submit(x.set(x)) or x.submit(x)
                x = x.submit(x.set(x)) or x.submit(x)
                x = x.submit(x.set(x)) or x.submit(x)
                x = x.submit(x.set(x)) or x.submit(x)
                x = x.submit(x.set(x)) or x.submit(x)
                x = x.submit(x.set(x)) or x.submit(x)
                x = x.submit(x.set(x)) or x.submit(x)
                x = x.submit(x.set(x)) or x.submit(x)
            for y in a:
                y.result(1)
            pool.shutdown()
        ''',
    'harmless': '''
        """multiprocessing.Pool and lambda."""
        import os, threading
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor, TimeoutError, as_completed
        from mine import pool, executor
        SIZE = 3
        pool.map(lambda x: x, [1])
        executor.submit(lambda: 1)
        queue = multiprocessing.Queue()
        def work(x, key=lambda x: x):
            return key(x) + SIZE + len(os.sep)
        def main(numbers):
            with ProcessPoolExecutor() as executor:
                futures = [executor.submit(work, number) for number in sorted(numbers, key=lambda x: -x)]
                for future in as_completed(futures, timeout=3):
                    try:
                        print(future.result(timeout=3))
                    except TimeoutError:
                        print('late')
                return list(executor.map(work, numbers, chunksize=10))
        if __name__ == '__main__':
            main([1])
        ''',
}


def expected(text):
    lines = enumerate(dedent(text).splitlines(), 1)
    return sorted((number, line.split('# !')[1]) for number, line in lines if '# !' in line)


@pytest.mark.parametrize('name', sorted(CASES))
def test_rule(name):
    assert warned(CASES[name]) == expected(CASES[name])


def test_every_rule_is_tested():
    told = set(code for text in CASES.values() for _, code in expected(text))
    assert told == (set(RULES) | set(HANDS)) - {'not-native'}
