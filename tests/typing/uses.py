"""Typical uses of the package, for type checkers: it is never run. ``check.py`` compares what they say of it.

A comment ``expect`` names the errors that a checker gives for its line, and only those: mypy's code, pyright's rule, where
they have one.
"""
from __future__ import absolute_import, division, print_function

import asyncio
import concurrent.futures       # noqa: F401 (in a comment)
import multiprocessing.pool     # noqa: F401 (in a comment)
from multiprocessing.context import SpawnContext
from types import TracebackType
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple, Union    # noqa: F401 (in comments)

from typing_extensions import assert_type

import poolcompat
from poolcompat import (FIRST_COMPLETED, BrokenProcessPool, CancelledError, Executor, Future,      # noqa: F401
                        InvalidStateError, Pool, ProcessPoolExecutor, ThreadPool, ThreadPoolExecutor, as_completed,
                        cpu_count, get_context, wait)
from poolcompat.pool import ApplyResult, MapResult, WorkerLostError


def half(number, places=2):
    # type: (int, int) -> float
    return round(number / 2, places)


def both(number, text):
    # type: (int, str) -> bytes
    return b'%d %r' % (number, text)


def six(a, b, c, d, e, f):
    # type: (int, int, int, int, int, int) -> str
    return ''


def prepare(path, level):
    # type: (str, int) -> None
    pass


def ready():
    # type: () -> bool
    return True


# -- submit ----------------------------------------------------------------------------------------------------------

with ProcessPoolExecutor(max_workers=2) as pool:
    assert_type(pool, ProcessPoolExecutor)
    assert_type(pool.submit(half, 3), Future[float])
    assert_type(pool.submit(half, 3, places=1).result(timeout=5), float)
    assert_type(pool.submit(both, 3, text='a').result(), bytes)
    pool.submit(half, '3')                  # expect: mypy arg-type, pyright reportArgumentType
    pool.submit(half)                       # expect: mypy call-arg, pyright reportCallIssue
    pool.submit(half, 3, place=1)           # expect: mypy call-arg, pyright reportCallIssue
    pool.submit(fn=half)                    # expect: mypy call-arg, pyright reportCallIssue
    pool.submit(half(3))                    # expect: mypy arg-type, pyright reportArgumentType, pyright reportCallIssue
    pool.submit(half, 3).result().upper()   # expect: mypy attr-defined, pyright reportAttributeAccessIssue

    # -- map -----------------------------------------------------------------------------------------------------

    assert_type(pool.map(half, [1, 2]), Iterator[float])
    assert_type(list(pool.map(both, [1, 2], 'ab', chunksize=10, timeout=2.5, buffersize=4)), List[bytes])
    assert_type(pool.map(six, [1], [2], [3], [4], [5], [6]), Iterator[str])
    pool.map(half, ['1'])                   # expect: mypy arg-type, pyright reportArgumentType
    pool.map(both, [1], [2])                # expect: mypy arg-type, pyright reportArgumentType
    pool.map(both, [1])                     # expect: mypy arg-type, pyright reportArgumentType
    pool.map(half, 3)                       # expect: mypy call-overload, pyright reportArgumentType
    pool.map(half, [1], timout=3)           # expect: mypy call-overload, pyright reportCallIssue
    pool.map(half, [1], chunksize='3')      # expect: mypy call-overload, pyright reportArgumentType

    pool.shutdown(wait=False, cancel_futures=True)
    pool.shutdown(False, True)              # expect: mypy call-arg, pyright reportCallIssue
    pool.terminate_workers()
    pool.kill_workers()
    assert_type(pool._max_workers, int)

# -- constructors ----------------------------------------------------------------------------------------------------

ProcessPoolExecutor(4, get_context('spawn'), prepare, ('a', 3), max_tasks_per_child=10)
ProcessPoolExecutor(initializer=prepare, initargs=('a', 3))
ProcessPoolExecutor(initializer=ready)
ProcessPoolExecutor(max_workers='4')        # expect: mypy call-overload, pyright reportArgumentType
ProcessPoolExecutor(max_worker=4)           # expect: mypy call-overload, pyright reportCallIssue
ProcessPoolExecutor(mp_context='spawn')     # expect: mypy call-overload, pyright reportArgumentType
ProcessPoolExecutor(2, None, prepare, (3, 4))   # expect: mypy arg-type, pyright reportArgumentType, pyright reportCallIssue
ProcessPoolExecutor(initializer=prepare)    # expect: mypy arg-type, pyright reportArgumentType
ProcessPoolExecutor(1, None, None, (), 5)   # expect: mypy call-overload, pyright reportCallIssue
ThreadPoolExecutor(4, 'reader', prepare, ('a', 3))
ThreadPoolExecutor(thread_name_prefix=b'')  # expect: mypy call-overload, pyright reportArgumentType
poolcompat.InterpreterPoolExecutor(2)

# -- threads, and either of them -------------------------------------------------------------------------------------


def run(executor):
    # type: (Executor) -> List[float]
    return list(executor.map(half, [1, 2], buffersize=1))


with ThreadPoolExecutor() as threads:
    assert_type(threads, ThreadPoolExecutor)
    assert_type(threads.map(half, (1, 2)), Iterator[float])
    threads.submit(both, 3)                 # expect: mypy call-arg, pyright reportCallIssue
    run(threads)
    run(pool)
    run(Pool())                             # expect: mypy arg-type, pyright reportArgumentType
    native = threads    # type: concurrent.futures.ThreadPoolExecutor
    either = pool       # type: Union[ProcessPoolExecutor, ThreadPoolExecutor]

# -- futures ---------------------------------------------------------------------------------------------------------

futures = {pool.submit(half, number): number for number in range(3)}
for future in as_completed(futures, timeout=10):
    assert_type(future, Future[float])
    assert_type(futures[future], int)
    assert_type(future.exception(), Optional[BaseException])
    assert_type(future.exception_info(), Tuple[Optional[BaseException], Optional[TracebackType]])
    future.add_done_callback(lambda done: print(done.result()))

pending = set(futures)      # type: Set[Future[float]]
while pending:
    done, pending = wait(pending, return_when=FIRST_COMPLETED)
    assert_type(done, Set[Future[float]])
assert_type(wait(futures).not_done, Set[Future[float]])
wait(pool.submit(half, 1))                  # expect: mypy arg-type, pyright reportArgumentType

mine = Future()             # type: Future[str]
mine.set_result('done')
mine.set_result(3)                          # expect: mypy arg-type, pyright reportArgumentType
mine.set_exception_info(ValueError(), None)


async_result = asyncio.wrap_future(pool.submit(half, 1))
assert_type(async_result, 'asyncio.Future[float]')

# -- Pool ------------------------------------------------------------------------------------------------------------

with Pool(2, initializer=prepare, initargs=('a', 3), maxtasksperchild=5, context=get_context('fork')) as workers:
    assert_type(workers, Pool)
    assert_type(workers.apply(both, (1, 'a')), bytes)
    assert_type(workers.map(half, [1, 2], chunksize=3), List[float])
    assert_type(workers.starmap(both, [(1, 'a')]), List[bytes])
    assert_type(workers.apply_async(half, (1,), callback=print), ApplyResult[float])
    assert_type(workers.map_async(half, [1, 2]), MapResult[float])
    assert_type(workers.map_async(half, [1, 2]).get(timeout=3), List[float])
    assert_type(workers.starmap_async(both, [(1, 'a')]).get(), List[bytes])
    assert_type(next(workers.imap(half, [1])), float)
    assert_type(workers.imap_unordered(half, [1], chunksize=2).next(timeout=1), float)
    workers.map(half, ['a'])                # expect: mypy arg-type, pyright reportArgumentType
    workers.imap(half, 3)                   # expect: mypy arg-type, pyright reportArgumentType
    workers.map(half, [1], chunk_size=3)    # expect: mypy call-arg, pyright reportCallIssue
    workers.map(len, ['a'])
    same = workers      # type: multiprocessing.pool.Pool
Pool('4')                                   # expect: mypy arg-type, pyright reportArgumentType
ThreadPool(2, prepare, ('a', 3)).map(half, [1])

# -- errors and the rest ---------------------------------------------------------------------------------------------

try:
    pool.submit(half, 1).result()
except WorkerLostError as lost:
    assert_type(lost.call, Optional[str])
except BrokenProcessPool as broken:
    assert_type(broken.pid, Optional[int])
    assert_type(broken.exitcode, Optional[int])
    assert_type(broken.signal, Optional[str])
except (CancelledError, InvalidStateError, poolcompat.TimeoutError) as error:
    print(error)

assert_type(cpu_count(), Optional[int])
assert_type(get_context('spawn'), SpawnContext)
assert_type(poolcompat.__version__, str)
poolcompat.ProcesPoolExecutor               # expect: mypy attr-defined, pyright reportAttributeAccessIssue
