"""Ways in which a call, a worker or the system can fail, by pool, start method and channel: each costs what it must.

Rows that have a place of their own are not repeated here: see test_death, test_faults, test_fork_safety, test_interrupt,
test_start_methods and test_shutdown.
"""
from __future__ import absolute_import, division, print_function

import os
import re
import signal
import sys
import threading

import pytest

from poolcompat import BrokenProcessPool
from poolcompat.pool import WorkerLostError

from tests import tasks
from tests.bindings import Fork, Forkserver, Portable, PortableSpawn, Spawn, bind
from tests.support import GUARD

PYPY = hasattr(sys, 'pypy_version_info')
DEADLY = ['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGALRM', 'SIGHUP', 'SIGUSR1',
          'SIGQUIT']
DEPTH = 100000
TOO_DEEP = re.compile('recursion|stack overflow', re.IGNORECASE)       # by the interpreter's version


def nested(depth):
    """Return a list in a list in a list, as deep as said."""
    item = []
    for _ in range(depth):
        item = [item]
    return item


def unnest(item):
    """Take such a list apart, which frees it without going deep."""
    while item:
        item = item.pop()


def starve(megabytes):
    """Allocate so much, with room for half of it."""
    import resource
    with open('/proc/self/statm') as stream:
        used = int(stream.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + megabytes * (1 << 19), resource.getrlimit(resource.RLIMIT_AS)[1]))
    return len(bytearray(megabytes << 20))


def unsettle(folder):
    """Change what a process has for itself; return where it then is."""
    import resource
    os.chdir(folder)
    os.umask(0o777)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 32), hard))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return os.path.basename(os.getcwd())


def close_standard_streams():
    for fd in 0, 1, 2:
        try:
            os.close(fd)
        except OSError:
            pass
    return os.getpid()


def leave_a_thread(address):
    """Start a thread that the worker has to wait for at its end."""
    threading.Thread(target=tasks.visit, args=(address,)).start()


def raise_at_exit():
    import atexit
    atexit.register(tasks.raise_value_error)


class TableCases(object):
    """``start`` begins a call, ``outcome`` returns what it returned or raised: of either pool."""

    def check_alive(self, pool):
        assert [self.outcome(call) for call in [self.start(pool, tasks.square, n) for n in range(20)]] == [
            n * n for n in range(20)]

    @pytest.mark.parametrize('name', [name for name in DEADLY if hasattr(signal, name)])
    def test_each_signal(self, name):
        number = getattr(signal, name)
        pool = self.subject(1)
        error = self.outcome(self.start(pool, tasks.die_by_signal, int(number)))
        assert isinstance(error, self.lost), error
        assert (error.exitcode, error.signal) == self.ended(-number, name)
        if self.survives:
            self.check_alive(pool)

    @pytest.mark.skipif(PYPY or not os.path.exists('/proc/self/statm'), reason='PyPy aborts without memory; needs /proc')
    def test_out_of_memory(self):
        pool = self.subject(2)
        assert isinstance(self.outcome(self.start(pool, starve, 512)), MemoryError)
        self.check_alive(pool)

    def test_unsettled_worker(self, tmpdir):
        here = os.getcwd()
        pool = self.subject(1)
        assert self.outcome(self.start(pool, unsettle, str(tmpdir))) == tmpdir.basename
        self.check_alive(pool)
        assert os.getcwd() == here

    def test_closed_standard_streams(self):
        pool = self.subject(1)
        self.outcome(self.start(pool, close_standard_streams))
        self.check_alive(pool)
        assert isinstance(self.outcome(self.start(pool, tasks.raise_value_error)), ValueError)
        self.check_alive(pool)

    def test_argument_too_deep_to_pickle(self):
        pool = self.subject(1)
        item = nested(DEPTH)
        error = self.outcome(self.start(pool, tasks.noop, item))
        unnest(item)
        assert isinstance(error, RuntimeError) and TOO_DEEP.search(str(error)), error
        self.check_alive(pool)
        self.leaves_things = PYPY       # the compiled loop may keep the traceback, and with it the worker

    @pytest.mark.skipif(PYPY, reason='PyPy frees so deep a list by going as deep')
    def test_result_too_deep_to_pickle(self):
        pool = self.subject(1)
        error = self.outcome(self.start(pool, nested, DEPTH))
        assert isinstance(error, Exception) and TOO_DEEP.search(str(error)), error
        self.check_alive(pool)

    def test_thread_that_outlives_the_call(self):
        gate = self.gate()
        pool = self.subject(1)
        self.outcome(self.start(pool, leave_a_thread, gate.address))
        gate.admit_one()
        self.check_alive(pool)
        gate.open()

    def test_exit_handler_that_raises(self):
        pool = self.subject(1)
        self.outcome(self.start(pool, raise_at_exit))
        self.check_alive(pool)

    def test_program_that_speaks_as_it_starts(self, tmpdir):
        tmpdir.join('sitecustomize.py').write('import os\nos.write(1, b"a word\\n" * 3)\n')
        script = self.script('''
            if __name__ == '__main__':
                pool = make(2)
                say(sum(pool.map(tasks.square, range(50))))
                pool.shutdown()
        ''', env={'PYTHONPATH': str(tmpdir)})
        assert str(sum(n * n for n in range(50))) in script.finish().out.split()


class ExecutorTable(TableCases):
    """``ProcessPoolExecutor``, which a death breaks."""
    lost = BrokenProcessPool
    survives = False

    def subject(self, workers):
        return self.executor(workers)

    def start(self, pool, fn, *args):
        return pool.submit(fn, *args)

    def outcome(self, future):
        error = future.exception(GUARD)
        return future.result() if error is None else error

    @pytest.mark.parametrize('wait', [True, False])
    def test_callback_that_shuts_down(self, wait):
        pool = self.subject(1)
        ended = threading.Event()

        def shut_down(_):
            pool.shutdown(wait=wait)
            ended.set()
        gate = self.gate()
        future = pool.submit(tasks.visit, gate.address)
        future.add_done_callback(shut_down)
        gate.admit_one()
        gate.open()
        assert ended.wait(GUARD)
        with pytest.raises(RuntimeError):
            pool.submit(tasks.square, 1)


class PoolTable(TableCases):
    """``Pool``, which replaces a worker that dies."""
    lost = WorkerLostError
    survives = True

    def subject(self, workers):
        return self.pool(workers)

    def start(self, pool, fn, *args):
        return pool.apply_async(fn, args)

    def outcome(self, result):
        try:
            return result.get(GUARD)
        except Exception as error:
            return error

    test_program_that_speaks_as_it_starts = None        # that is the interpreter's start, of which there is one kind


for _cases in ExecutorTable, PoolTable:
    bind(globals(), _cases, (Fork, Spawn, Forkserver, Portable, PortableSpawn))
