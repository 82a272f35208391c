"""The executors that the cases of tests/contract are bound to.

A case is a method of a mixin; `bind` makes one test class of the mixin for each binding. The interpreter's own executor
is bound as well, as the reference: a case that fails on the newest one is a wrong case. Where an older one (or each one)
does not keep the promise, the case says so with `native_since` or `native_never`, and is not bound to it there.
"""
from __future__ import absolute_import, division, print_function

import concurrent.futures
import multiprocessing.pool
import os
import sys
import threading
import weakref

import poolcompat

from tests import support


# -- where the native executor keeps a promise -----------------------------------------------------------------------

def native_since(*versions):
    """The native executor keeps this promise since that version; several name the releases of the branches that got
    the change, the last one the first branch that was born with it."""
    def mark(case):
        case.keeps = any(sys.version_info[:2] == v[:2] and sys.version_info >= v for v in versions) or (
            sys.version_info >= max(versions))
        return case
    return mark


def native_never(reason):
    """No native executor keeps this promise up to 3.15; `reason` is the issue, or what it does instead."""
    assert reason

    def mark(case):
        case.keeps = False
        return case
    return mark


def native_keeps(case):
    """Does this interpreter's own executor keep the promise? It loses races of its own now and then, such as that of 3.9 and
    3.13.0 with a closed pipe at exit, so it is asked about none."""
    race = any(mark.name == 'race' for mark in getattr(case, 'pytestmark', ()))
    return getattr(case, 'keeps', True) and not race


class NativeNames(object):
    """The interpreter's own names, as far as it has them."""
    __name__ = 'concurrent.futures'

    def __getattr__(self, name):
        if name == 'BrokenProcessPool':
            from concurrent.futures.process import BrokenProcessPool
            return BrokenProcessPool
        if name == 'get_context':
            return multiprocessing.get_context
        if name in ('Pool', 'ThreadPool'):
            return getattr(multiprocessing.pool, name)
        return getattr(concurrent.futures, name)


# -- bindings --------------------------------------------------------------------------------------------------------

class Binding(object):
    """What every test class has: `self.executor()`, `self.gate()` and `self.script()`, all cleaned up after it."""
    method = None
    channel = None
    native = False
    lib = poolcompat
    here = True                     # can this interpreter run it?
    old_forkserver = False
    leaves_things = False           # and not even itself can help it

    def setup_method(self, _method):
        self._made = []
        self._pools = []
        self._gates = []
        self._scripts = []
        if self.channel:
            os.environ['POOLCOMPAT_CHANNEL'] = self.channel

    def teardown_method(self, _method):
        for gate in self._gates:
            gate.close()            # first: whoever waits there holds up a shutdown
        for script in self._scripts:
            script.close()
        for made in self._made:
            executor = made()
            if executor is not None:
                self.end(executor.shutdown)
        for made in self._pools:
            pool = made()
            if pool is not None:
                pool.terminate()
                pool.join()
        del self._pools[:]
        os.environ.pop('POOLCOMPAT_CHANNEL', None)

    def end(self, shutdown):
        shutdown()

    @property
    def ctx(self):
        return self.lib.get_context(self.method)

    def ended(self, exitcode, signame=None):
        """The exit code and the signal's name that an error can tell of such an end."""
        return (255, None) if self.old_forkserver else (exitcode, signame)

    def make(self, max_workers, **kwargs):
        kwargs.setdefault('mp_context', self.ctx)
        return self.lib.ProcessPoolExecutor(max_workers, **kwargs)

    def executor(self, max_workers=1, **kwargs):
        """An executor of this binding; only weakly held here, so that a test can have it collected."""
        executor = self.make(max_workers, **kwargs)
        self._made.append(weakref.ref(executor))
        return executor

    def make_pool(self, processes, **kwargs):
        return self.lib.Pool(processes, context=self.ctx, **kwargs)

    def pool(self, processes=1, **kwargs):
        """A ``Pool`` of this binding; only weakly held here."""
        pool = self.make_pool(processes, **kwargs)
        self._pools.append(weakref.ref(pool))
        return pool

    def gate(self):
        self._gates.append(support.Gate())
        return self._gates[-1]

    def script(self, body, *args, **kwargs):
        if not kwargs.pop('bare', False):
            args = (self.method, self.lib.__name__) + args
        self._scripts.append(support.Script(body, args, **kwargs))
        return self._scripts[-1]


class Fork(Binding):
    method = 'fork'
    here = hasattr(os, 'fork')


class Spawn(Binding):
    method = 'spawn'


class Forkserver(Binding):
    method = 'forkserver'
    here = sys.version_info >= (3, 4) and hasattr(os, 'fork')
    # Before 3.7 (bpo-31310) the server does not wait for the workers: each tells its exit code itself, and one that
    # cannot, because it was killed or left by os._exit(), has 255. It complains where nobody is there to be told, and
    # a copy of its pipe in another process hides its end.
    old_forkserver = sys.version_info < (3, 7)


class Portable(Fork):
    """The channel that stands in where there are no non-blocking pipes, made to stand in here."""
    channel = 'portable'


class PortableSpawn(Spawn):
    channel = 'portable'


class Native(Fork):
    """The interpreter's own executor. Before 3.7 it has neither a context nor an initializer to be given: not bound.

    One may hang, as a worker does that was forked while another thread had a lock in C. That is to cost its test only.
    """
    native = True
    lib = NativeNames()
    here = Fork.here and sys.version_info >= (3, 7)

    def end(self, shutdown):
        if not ended_in_time(shutdown):
            for process in multiprocessing.active_children():
                process.kill()
            shutdown()


def ended_in_time(end):
    """Call ``end()``, and return whether it has returned after 5 seconds."""
    thread = threading.Thread(target=end)
    thread.daemon = True
    thread.start()
    thread.join(5)
    return not thread.is_alive()


class NativeSpawn(Native):
    method = 'spawn'


class Threads(Binding):
    """ThreadPoolExecutor, for the cases that do not care what runs a call."""
    method = 'threads'

    def make(self, max_workers, **kwargs):
        return self.lib.ThreadPoolExecutor(max_workers, **kwargs)

    def make_pool(self, processes, **kwargs):
        return self.lib.ThreadPool(processes, **kwargs)


class NativeThreads(Threads):
    """The interpreter's own. Before 3.9 it lacks much of what the cases ask for: not bound."""
    native = True
    lib = NativeNames()
    here = sys.version_info >= (3, 9)


class NativePools(object):
    """The interpreter's own pools, the newest only, and held here: their end is a race (gh-78178), more so if collected.

    Where the race is lost it hangs, or threads and processes are left: no test of these looks for them.
    """
    here = Native.here and sys.version_info >= (3, 13)
    leaves_things = True

    def pool(self, processes=1, **kwargs):
        pool = self.make_pool(processes, **kwargs)
        self._pools.append(lambda: pool)
        return pool

    def teardown_method(self, method):
        for gate in self._gates:
            gate.close()
        for made in self._pools:
            ended_in_time(made().terminate)
        del self._pools[:]
        for process in multiprocessing.active_children():
            process.kill()
        super(NativePools, self).teardown_method(method)


class NativePool(NativePools, Native):
    """``multiprocessing.Pool``."""


class NativeThreadPool(NativePools, NativeThreads):
    """``multiprocessing.pool.ThreadPool``."""


FORKING = (Fork, Portable, Native)
ALL = (Fork, Spawn, Forkserver, Portable, PortableSpawn, Native)


def bind(namespace, cases, bindings=ALL):
    """Put a test class for each binding that can run here into a test module."""
    for binding in bindings:
        if not binding.here:
            continue
        body = {'__module__': namespace['__name__'], '__doc__': cases.__doc__}
        if binding.native:
            for name in dir(cases):
                if name.startswith('test_') and not native_keeps(getattr(cases, name)):
                    body[name] = None
        name = 'Test%s%s' % (cases.__name__.replace('Cases', ''), binding.__name__)
        assert name not in namespace
        namespace[name] = type(name, (cases, binding), body)
