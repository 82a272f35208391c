"""What is measured, a row each.

A row's ``measure`` is given a class of contender and a number of calls, and returns a figure of which less is better.
"""
from __future__ import absolute_import, division, print_function

import collections
import os
import random
from timeit import default_timer

import poolcompat

from . import fresh, tasks
from .contenders import LIMITS, POOLS, PROCESSES, THREADS, Lacking, Pipe

Row = collections.namedtuple('Row', 'kind name unit calls measure contenders')

MICROSECONDS = 'us a call'
MIB = 64


def seconds(contender, run, workers=2, first=None):
    """Return how long a warm pool takes for ``run(pool)``, after ``first(pool)`` where there is such."""
    pool = contender(workers)
    try:
        pool.warm(workers)
        if first is not None:
            first(pool)
        begin = default_timer()
        run(pool)
        return default_timer() - begin
    finally:
        pool.close()


def each(run, workers=2):
    """Measure ``run(pool, calls)``, in microseconds a call."""
    return lambda contender, calls: seconds(contender, lambda pool: run(pool, calls), workers) / calls * 1e6


def round_trip(pool, calls):
    for _ in range(calls):
        pool.call(tasks.nothing)


def burst(pool, calls):
    pool.burst(tasks.nothing, range(calls))


def map_by(chunksize):
    return lambda pool, calls: pool.map(tasks.nothing, range(calls), chunksize)


# The methods of multiprocessing.Pool

def imap(pool, calls):
    for _ in pool.pool.imap(tasks.nothing, range(calls)):
        pass


def imap_unordered(pool, calls):
    for _ in pool.pool.imap_unordered(tasks.nothing, range(calls)):
        pass


def starmap(pool, calls):
    method(pool, 'starmap')(tasks.nothing, ((item,) for item in range(calls)), 1)


def starmap_async(pool, calls):
    method(pool, 'starmap_async')(tasks.nothing, ((item,) for item in range(calls)), 1).get()


def method(pool, name):
    if not hasattr(pool.pool, name):
        raise Lacking('no ' + name)
    return getattr(pool.pool, name)


METHODS = [
    ('apply', 1000, round_trip),
    ('apply_async', 5000, burst),
    ('map, chunks of 1', 5000, map_by(1)),
    ('map, chunks of 256', 200000, map_by(256)),
    ('map, its own chunks', 200000, map_by(None)),
    ('map_async, chunks of 1', 5000, lambda pool, calls: pool.pool.map_async(tasks.nothing, range(calls), 1).get()),
    ('imap', 5000, imap),
    ('imap_unordered', 5000, imap_unordered),
    ('starmap, chunks of 1', 5000, starmap),
    ('starmap_async, chunks of 1', 5000, starmap_async),
]


def ending(how):
    """Measure ``close`` or ``terminate``, and ``join``, of a pool that has nothing to do."""
    def run(pool):
        getattr(pool.pool, how)()
        pool.pool.join()
    return lambda contender, calls: seconds(contender, run) * 1e3


# Big arguments and results

def send(make):
    def measure(contender, calls):
        value = make(MIB)
        return milliseconds(contender, calls, lambda pool: pool.call(tasks.size, value))
    return measure


def receive(make):
    return lambda contender, calls: milliseconds(contender, calls, lambda pool: pool.call(make, MIB))


def milliseconds(contender, calls, call):
    """Measure ``call(pool)``; the first one does not count, for memory is got then that is kept."""
    def run(pool):
        for _ in range(calls):
            call(pool)
    return seconds(contender, run, first=call) / calls * 1e3


def with_numpy(measure):
    def measured(contender, calls):
        os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')      # to fork beside its threads is not what is measured
        try:
            import numpy        # noqa: F401
        except ImportError:
            raise Lacking('no numpy')
        return measure(contender, calls)
    return measured


# What a fresh interpreter is for

def start(method):
    return lambda contender, calls: fresh.ask('start', contender, method) * 1e3


def import_time(contender, calls):
    return fresh.import_time(contender) * 1e3


def waiting(contender, calls):
    if not os.path.exists('/proc/self/statm'):
        raise Lacking('no /proc')
    return fresh.ask('waiting', contender, calls)


# The share of the pool

def cpu(contender, calls):
    """Measure the CPU microseconds a call of this process and the workers, without those of starting and ending."""
    return (cpu_seconds(contender, calls) - cpu_seconds(contender, 0)) / calls * 1e6


def cpu_seconds(contender, calls):
    begin = cpu_clock()
    pool = contender(2, contender.method_of_children)
    try:
        pool.warm(2)
        burst(pool, calls)
    finally:
        pool.close()
    return cpu_clock() - begin


def cpu_clock():
    """Return the CPU seconds of this process and of its children that have ended."""
    try:
        import resource
    except ImportError:
        raise Lacking('no resource')
    usages = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def loops_in(microseconds, _known=[]):
    """Return how many loops ``tasks.spin`` makes in that time, found out once."""
    if not _known:
        _known.append(1000000 / (1e6 * min(alone([1000] * 1000) for _ in range(3))))
    return int(microseconds * _known[0])


def alone(loops):
    """Return the seconds that calls of so many loops take without a pool."""
    begin = default_timer()
    for count in loops:
        tasks.spin(count)
    return default_timer() - begin


def processors():
    return min(2, poolcompat.cpu_count() or 1)


def lost(microseconds):
    """Measure the per cent of the workers' time in which they are not at work."""
    def measure(contender, calls):
        loops = [loops_in(microseconds)] * calls
        work = alone(loops)
        return 100 * (1 - work / processors() / seconds(contender, lambda pool: pool.map(tasks.spin, loops, 1)))
    return measure


def imbalance(contender, calls):
    """Measure by how many per cent calls from 1 us to 10 ms, mixed, take longer than if no worker ever waited."""
    chance = random.Random(1)
    loops = [loops_in(10 ** chance.uniform(0, 4)) for _ in range(calls)]
    best = alone(loops) / processors()
    return 100 * (seconds(contender, lambda pool: pool.map(tasks.spin, loops, 1)) / best - 1)


def length(microseconds, calls):
    name = '%d us' % microseconds if microseconds < 1000 else '%d ms' % (microseconds // 1000)
    return Row('lengths', 'calls of ' + name, '% lost', calls, lost(microseconds), PROCESSES)


ROWS = [
    Row('processes', 'round trip', MICROSECONDS, 1000, each(round_trip), [Pipe] + PROCESSES),
    Row('processes', 'burst of submit', MICROSECONDS, 5000, each(burst), PROCESSES),
    Row('processes', 'map, chunks of 1', MICROSECONDS, 5000, each(map_by(1)), PROCESSES),
    Row('processes', 'map, chunks of 256', MICROSECONDS, 200000, each(map_by(256)), PROCESSES),
] + [
    Row('Pool', name, MICROSECONDS, calls, each(run), POOLS) for name, calls, run in METHODS
] + [
    Row('Pool', how + ' and join', 'ms', 1, ending(how), POOLS) for how in ('close', 'terminate')
] + [
    Row('threads', 'round trip', MICROSECONDS, 5000, each(round_trip), THREADS),
    Row('threads', 'burst of submit', MICROSECONDS, 20000, each(burst), THREADS),
    Row('big', '64 MiB argument', 'ms a call', 3, send(tasks.block), LIMITS + PROCESSES),
    Row('big', '64 MiB result', 'ms a call', 3, receive(tasks.block), LIMITS + PROCESSES),
    Row('big', '64 MiB numpy argument', 'ms a call', 3, with_numpy(send(tasks.array)), LIMITS + PROCESSES),
    Row('big', '64 MiB numpy result', 'ms a call', 3, with_numpy(receive(tasks.array)), LIMITS + PROCESSES),
    Row('start', 'import', 'ms', 1, import_time, PROCESSES),
] + [
    Row('start', 'first result, ' + how, 'ms', 1, start(how), PROCESSES) for how in ('fork', 'spawn', 'forkserver')
] + [
    Row('cpu', 'CPU time', MICROSECONDS, 10000, cpu, PROCESSES),
    Row('memory', 'waiting call', 'bytes', 50000, waiting, PROCESSES),
] + [
    Row('workers', '%d workers' % count, MICROSECONDS, 10000, each(burst, count), PROCESSES) for count in (2, 8, 32, 128)
] + [
    Row('calls', '{:,} calls'.format(count), MICROSECONDS, count, each(burst), PROCESSES) for count in (1000, 10000, 100000)
] + [
    length(10, 20000), length(100, 5000), length(1000, 500), length(10000, 100),
    Row('lengths', 'mixed lengths', '% too long', 500, imbalance, PROCESSES),
]
MILLION = [Row('calls', '1,000,000 calls', MICROSECONDS, 1000000, each(burst), PROCESSES)]
KINDS = ('processes', 'Pool', 'threads', 'big', 'start', 'cpu', 'memory', 'workers', 'calls', 'lengths')
