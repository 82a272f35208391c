"""``python -m benchmarks``: poolcompat's pools beside the native ones, in one run of this interpreter.

Two workers, processes or threads, and calls that do nothing. The rounds are interleaved, so that what else the machine does
falls on all alike; the medians are printed in microseconds a call, and as ratios, which vary less from run to run than the
figures do.
"""
from __future__ import absolute_import, division, print_function

import argparse
import concurrent.futures
import multiprocessing
import os
import platform
import sys

import poolcompat
from poolcompat._compat.py27.waiting import perf_counter


def nothing(value=None):
    return value


def _echo(reading, writing):
    while os.read(reading, 1):
        os.write(writing, b'!')


class Pipe(object):
    """A byte to another process and back, the least that a round trip can be."""

    def __init__(self):
        (echo_reading, self._writing), (self._reading, echo_writing) = os.pipe(), os.pipe()
        self._pid = os.fork()
        if not self._pid:
            os.close(self._writing)
            _echo(echo_reading, echo_writing)
            os._exit(0)
        os.close(echo_reading)

    def round_trip(self, calls):
        for _ in range(calls):
            os.write(self._writing, b'!')
            os.read(self._reading, 1)

    def close(self):
        os.close(self._writing)
        os.waitpid(self._pid, 0)


class Executor(object):
    """A pool of the interface of ``concurrent.futures``, warmed up."""

    def __init__(self, executor):
        self._executor = executor
        list(executor.map(nothing, range(100)))

    def round_trip(self, calls):
        for _ in range(calls):
            self._executor.submit(nothing).result()

    def burst(self, calls):
        futures = [self._executor.submit(nothing) for _ in range(calls)]
        for future in futures:
            future.result()

    def map(self, calls):
        for _ in self._executor.map(nothing, range(calls)):
            pass

    def close(self):
        self._executor.shutdown()


class Pool(object):
    """A pool of the interface of ``multiprocessing.Pool``, warmed up."""

    def __init__(self, pool):
        self._pool = pool
        pool.map(nothing, range(100))

    def round_trip(self, calls):
        for _ in range(calls):
            self._pool.apply(nothing)

    def burst(self, calls):
        results = [self._pool.apply_async(nothing) for _ in range(calls)]
        for result in results:
            result.get()

    def map(self, calls):
        self._pool.map(nothing, range(calls), 1)

    def map_chunked(self, calls):
        self._pool.map(nothing, range(calls))

    def imap(self, calls):
        for _ in self._pool.imap(nothing, range(calls)):
            pass

    def imap_unordered(self, calls):
        for _ in self._pool.imap_unordered(nothing, range(calls)):
            pass

    def close(self):
        self._pool.terminate()
        self._pool.join()


PROCESSES = [
    ('pipe', Pipe),
    ('native', lambda: Executor(concurrent.futures.ProcessPoolExecutor(2))),
    ('Pool', lambda: Pool(multiprocessing.Pool(2))),
    ('poolcompat', lambda: Executor(poolcompat.ProcessPoolExecutor(2))),
]
THREADS = [
    ('native', lambda: Executor(concurrent.futures.ThreadPoolExecutor(2))),
    ('poolcompat', lambda: Executor(poolcompat.ThreadPoolExecutor(2))),
]
POOLS = [
    ('native', lambda: Pool(multiprocessing.Pool(2))),
    ('poolcompat', lambda: Pool(poolcompat.Pool(2))),
]
ROWS = [
    ('processes', PROCESSES, [('round_trip', 1000), ('burst', 5000), ('map', 5000)]),
    ('Pool', POOLS, [('round_trip', 1000), ('burst', 5000), ('imap', 5000), ('imap_unordered', 5000), ('map', 5000),
                     ('map_chunked', 200000)]),
    ('threads', THREADS, [('round_trip', 5000), ('burst', 20000)]),
]


def median(values):
    return sorted(values)[len(values) // 2]


def measure(makers, row, calls, rounds):
    """Return the median microseconds a call, by contender; each is alive only while it is measured."""
    times = {}
    for _ in range(rounds):
        for name, make in makers:
            contender = make()
            try:
                run = getattr(contender, row, None)
                if run is not None:
                    begin = perf_counter()
                    run(calls)
                    times.setdefault(name, []).append((perf_counter() - begin) / calls * 1e6)
            finally:
                contender.close()
    return dict((name, median(values)) for name, values in times.items())


def main():
    parser = argparse.ArgumentParser(prog='python -m benchmarks', description=__doc__.partition('\n')[0])
    parser.add_argument('--rounds', type=int, default=7, help='rounds of which the median is taken (default 7)')
    parser.add_argument('--only', choices=[kind for kind, _, _ in ROWS], help='one kind only')
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error('--rounds must be at least 1')
    print('%s %s, 2 workers, %s CPUs, %d rounds, microseconds a call' % (
        platform.python_implementation(), platform.python_version(), poolcompat.cpu_count(), options.rounds))
    for kind, makers, rows in ROWS:
        for row, calls in rows if options.only in (None, kind) else ():
            times = measure(makers, row, calls, options.rounds)
            ours = times['poolcompat']
            print('%-20s %s' % (kind + ' ' + row, '  '.join(
                '%s %.1f' % (name, times[name]) for name, _ in makers if name in times)))
            print('%-20s %s' % ('', '  '.join(
                'poolcompat/%s %.2f' % (name, ours / times[name]) for name, _ in makers[:-1] if name in times)))
            sys.stdout.flush()


if __name__ == '__main__':
    main()
