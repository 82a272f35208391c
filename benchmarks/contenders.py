"""The pools that are compared, behind one interface, and the limits that no pool can pass.

A contender imports its library when it is made, so that this module costs nothing to import. It has ``call`` for a call and
its result, ``submit`` and ``take`` for the two halves of that, ``map``, and ``close``.
"""
from __future__ import absolute_import, division, print_function

import multiprocessing
import os
import struct
import sys
from operator import methodcaller

from . import tasks


class Lacking(Exception):
    """What is to be measured does not exist here, and why."""


class Contender(object):
    take = methodcaller('result')
    method_of_children = 'fork'     # by which workers are children of this process, so that their CPU time can be told

    def call(self, fn, *args):
        return self.take(self.submit(fn, *args))

    def burst(self, fn, items):
        for handle in [self.submit(fn, item) for item in items]:
            self.take(handle)

    def warm(self, workers):
        """Have all workers started, by more calls at once than there are workers."""
        self.burst(tasks.nothing, range(max(100, 4 * workers)))


class Executor(Contender):
    """A pool of the interface of ``concurrent.futures``."""

    def __init__(self, executor):
        self._executor = executor
        self.submit = executor.submit

    def map(self, fn, items, chunksize):
        for _ in self._executor.map(fn, items, chunksize=chunksize):
            pass

    def close(self):
        self._executor.shutdown()


class Native(Executor):
    name = 'native'
    statement = 'from concurrent.futures import ProcessPoolExecutor'

    def __init__(self, workers, method=None):
        from concurrent.futures import ProcessPoolExecutor
        method = told(method)
        Executor.__init__(self, ProcessPoolExecutor(workers, **({'mp_context': context(method)} if method else {})))


class Poolcompat(Executor):
    name = 'poolcompat'
    statement = 'from poolcompat import ProcessPoolExecutor'

    def __init__(self, workers, method=None):
        import poolcompat
        Executor.__init__(self, poolcompat.ProcessPoolExecutor(workers, method and context(method, poolcompat)))


class Loky(Executor):
    """Its own start method is a ``spawn`` of its own."""
    name = 'loky'
    statement = 'from loky import ProcessPoolExecutor'
    method_of_children = None

    def __init__(self, workers, method=None):
        from loky import ProcessPoolExecutor
        if method not in (None, 'spawn'):
            raise Lacking('no ' + method)
        Executor.__init__(self, ProcessPoolExecutor(workers))


class Pebble(Contender):
    name = 'pebble'
    statement = 'from pebble import ProcessPool'

    def __init__(self, workers, method=None):
        from pebble import ProcessPool
        method = told(method)
        self._pool = ProcessPool(max_workers=workers, **({'context': context(method)} if method else {}))

    def submit(self, fn, *args):
        return self._pool.schedule(fn, args=args)

    def map(self, fn, items, chunksize):
        for _ in self._pool.map(fn, items, chunksize=chunksize).result():
            pass

    def close(self):
        self._pool.close()
        self._pool.join()


class Pool(Contender):
    """A pool of the interface of ``multiprocessing.Pool``; ``pool`` is for what only such a one has."""
    take = methodcaller('get')

    def __init__(self, pool):
        self.pool = pool

    def call(self, fn, *args):
        return self.pool.apply(fn, args)

    def submit(self, fn, *args):
        return self.pool.apply_async(fn, args)

    def map(self, fn, items, chunksize):
        self.pool.map(fn, items, chunksize)

    def close(self):
        self.pool.terminate()
        self.pool.join()


class NativePool(Pool):
    name = 'Pool'
    statement = 'from multiprocessing.pool import Pool'

    def __init__(self, workers, method=None):
        method = told(method)
        Pool.__init__(self, (context(method) if method else multiprocessing).Pool(workers))


class PoolcompatPool(Pool):
    name = 'poolcompat'
    statement = 'from poolcompat import Pool'

    def __init__(self, workers, method=None):
        import poolcompat
        Pool.__init__(self, poolcompat.Pool(workers, context=method and context(method, poolcompat)))


class Billiard(Pool):
    name = 'billiard'
    statement = 'from billiard.pool import Pool'

    def __init__(self, workers, method=None):
        import billiard
        Pool.__init__(self, (context(method, billiard) if method else billiard).Pool(workers))


class Mpire(Pool):
    name = 'mpire'
    statement = 'from mpire import WorkerPool'

    def __init__(self, workers, method=None):
        from mpire import WorkerPool
        Pool.__init__(self, WorkerPool(workers, keep_alive=True, **({'start_method': method} if method else {})))

    def warm(self, workers):
        """After ``apply`` a first ``map`` of the same function fails."""
        self.map(tasks.nothing, range(max(100, 4 * workers)), 1)

    def map(self, fn, items, chunksize):
        self.pool.map(fn, items, chunk_size=chunksize)

    def close(self):
        self.pool.stop_and_join()


class NativeThreads(Executor):
    name = 'native'

    def __init__(self, workers):
        from concurrent.futures import ThreadPoolExecutor
        Executor.__init__(self, ThreadPoolExecutor(workers))


class PoolcompatThreads(Executor):
    name = 'poolcompat'

    def __init__(self, workers):
        from poolcompat import ThreadPoolExecutor
        Executor.__init__(self, ThreadPoolExecutor(workers))


class Limit(Contender):
    def warm(self, workers):
        self.call(tasks.nothing)


class Pipe(Limit):
    """Bytes to another process and back: a pool that does this and no more would be the fastest there can be."""
    name = 'pipe'
    _sizes = struct.Struct('QQ')

    def __init__(self, workers):
        if not hasattr(os, 'fork'):
            raise Lacking('no fork')
        (echo_reading, self._writing), (self._reading, echo_writing) = os.pipe(), os.pipe()
        self._pid = os.fork()
        if not self._pid:
            try:
                os.close(self._writing)
                self._echo(echo_reading, echo_writing)
            finally:
                os._exit(0)
        os.close(echo_reading)
        os.close(echo_writing)
        self._block = b''

    def _echo(self, reading, writing):
        """Read what is announced and write what is asked for, to the end of the pipe."""
        block = b''
        for header in iter(lambda: os.read(reading, self._sizes.size), b''):
            coming, going = self._sizes.unpack(header)
            read(reading, coming)
            block = block if len(block) == going else b'\0' * going
            write(writing, block)

    def call(self, fn, value=None):
        there, back = traffic(fn, value)
        self._block = self._block if len(self._block) == there else b'\0' * there
        os.write(self._writing, self._sizes.pack(there, back))
        write(self._writing, self._block)
        read(self._reading, back)

    def close(self):
        os.close(self._writing)
        os.close(self._reading)
        os.waitpid(self._pid, 0)


class Memcpy(Limit):
    """The bytes copied once in memory, as what is pickled is at least."""
    name = 'memcpy'

    def __init__(self, workers):
        self._target = self._source = b''

    def call(self, fn, value=None):
        length = max(traffic(fn, value))
        if len(self._target) != length:
            self._target, self._source = bytearray(length), b'\1' * length
        memoryview(self._target)[:] = self._source

    def close(self):
        self._target = self._source = b''


def traffic(fn, value):
    """Return how many bytes go there and come back, if only those that count do."""
    if fn in (tasks.block, tasks.array):
        return 0, value * tasks.MEBIBYTE
    return 0 if value is None else getattr(value, 'nbytes', None) or len(value), 1


def read(descriptor, count):
    while count:
        count -= len(os.read(descriptor, min(count, tasks.MEBIBYTE)))


def write(descriptor, data):
    left = memoryview(data)
    while len(left):
        left = left[os.write(descriptor, left):]


def context(method, library=multiprocessing):
    try:
        return library.get_context(method)
    except (AttributeError, ValueError):
        raise Lacking('no ' + method)


def told(method):
    """Return the start method, or None for the default one: not every Python can be told which."""
    return None if method == getattr(multiprocessing, 'get_start_method', lambda: 'fork')() else method


def installed(contenders):
    """Return those whose libraries are there."""
    found = []
    for contender in contenders:
        try:
            exec(contender.statement, {})
        except ImportError:
            continue
        found.append(contender)
    return found


def version(contender):
    library = contender.statement.split()[1].partition('.')[0]
    return getattr(sys.modules[library], '__version__', None)


LIMITS = [Pipe, Memcpy]
PROCESSES = [Native, NativePool, Loky, Pebble, Billiard, Mpire, Poolcompat]
POOLS = [NativePool, Billiard, PoolcompatPool]
THREADS = [NativeThreads, PoolcompatThreads]
