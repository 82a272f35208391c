"""The engine of the thread pools: a queue, and threads that take calls from it."""
from __future__ import absolute_import, division, print_function

import collections
import os
import sys
import threading

from .._compat.py36.queues import Empty, SimpleQueue
from .._compat.py38.exits import DAEMON_THREADS
from .._conditions import Latch
from . import exits
from .calls import cancel, fail, log, own_thread, set_future, start, take

_BROKEN = 'A thread initializer failed, the thread pool is not usable anymore'


class ThreadEngine(exits.Served):
    """A pool of threads. They hold the engine, and nobody but its user holds the executor.

    ``_lock`` guards who is let in (``_closing``, ``_death``) and how many threads there are. A thread may have it twice: a
    signal's handler or a finalizer that submits a call while its own thread does so. No user code runs under it.
    """

    def __init__(self, max_workers, name, initializer, initargs, error_type, finishing=True):
        """``finishing`` says that this process finishes the work before it exits."""
        super(ThreadEngine, self).__init__()
        self._finishing = finishing
        self._max_workers = max_workers
        self._name = name
        self._initializer = initializer
        self._initargs = initargs
        self._error_type = error_type
        self._calls = SimpleQueue()     # and None to look whether to end
        self._idle = collections.deque()        # an item for each thread that waits for a call
        self._lock = threading.RLock()
        self._alive = 0
        self._finished = Latch()
        #: The threads, for those who look into an executor.
        self.threads = set()

    def submit(self, call):
        """Have an idle thread, a new one, or the next that is free run the call."""
        self.submit_all((call,))

    def submit_all(self, calls):
        """As ``submit``, for many calls: all, or none where it raises what a new call is told."""
        if self._pid != os.getpid():
            self.check_process()
        with self._lock:
            self.check_open()
            for call in calls:
                self._calls.put(call)
                try:
                    self._idle.pop()
                except IndexError:
                    if len(self.threads) < self._max_workers:
                        self._start_thread()

    def start(self):
        """Start all the threads, before there is anything to do."""
        with self._lock:
            while len(self.threads) < self._max_workers:
                self._start_thread()

    def _start_thread(self):
        ticket = [None]     # whoever takes it decides: the thread that it runs, or this one that it never will
        thread = own_thread(target=self._run, args=(ticket,), name='%s_%d' % (self._name, len(self.threads)))
        thread.daemon = DAEMON_THREADS or not self._finishing
        if len(self.threads) >= self._max_workers:      # a finalizer came in meanwhile, and submitted a call
            return
        self.threads.add(thread)
        self._alive += 1
        if self._finishing:
            exits.begin(self, thread)
        try:
            thread.start()
        except BaseException as error:      # no memory for it, or Ctrl-C
            if take(ticket):
                self.threads.discard(thread)
                self._leave()
                if not self.threads:
                    self._drain()
            if not self.threads or not isinstance(error, Exception):
                raise

    def close(self, cancelling=False):
        """Take no more calls, and end when those that there are have ended; cancel those that have not started."""
        for call in self._close(cancelling):
            cancel(call)

    def terminate(self):
        """Take no more calls, and fail those that have not started."""
        for call in self._close(True):
            fail(call, self._error_type('The pool was terminated before the call was started.'))

    def _close(self, emptying):
        self.check_process()
        with self._lock:
            self._closing = True
            calls = self._drain() if emptying else ()
            if not self._alive:
                self._finished.set()
        self._calls.put(None)
        return calls

    def abandon(self):
        """Finish what there is and end. Takes no lock: it is called at any instruction of any thread."""
        self._closing = True
        self._calls.put(None)

    def join(self):
        """Wait until all threads have ended. After ``close``."""
        if threading.current_thread() in self.threads:
            return
        self._finished.wait()
        for thread in list(self.threads):
            thread.join()

    def broken(self):
        """Return what broke the pool, as text, or False."""
        return self._death is not None and _BROKEN

    def _refusal(self):
        if self._death is None:
            return super(ThreadEngine, self)._refusal()
        error = self._error_type(_BROKEN)
        error.__cause__ = self._death       # what an initializer raised
        return error

    def _drain(self):
        """Return the calls that no thread has begun."""
        calls = []
        try:
            while True:
                calls.append(self._calls.get_nowait())
        except Empty:
            return [call for call in calls if call is not None]

    # -- the threads -------------------------------------------------------------------------------------------

    def _run(self, ticket):
        if not take(ticket):
            return
        try:
            if self._initializer is None or self._initialize():
                self._work()
        finally:
            with self._lock:
                self._leave()

    def _leave(self):
        self._alive -= 1
        if not self._alive:
            exits.end(self)
            if self._closing:
                self._finished.set()

    def _initialize(self):
        """Call the initializer; where it raises, break the pool."""
        try:
            self._initializer(*self._initargs)
            return True
        except:     # noqa: E722 (2.7 can raise what is no BaseException)
            log.critical('Exception in initializer:', exc_info=True)
            cause = sys.exc_info()[1]
        with self._lock:
            self._death = cause
        for call in self._drain():
            fail(call, self._refusal())
        return False

    def _work(self):
        while True:
            call = self._next()
            if call is not None:
                _run_call(call)
                call = None
            elif self._closing:
                self._calls.put(None)       # for the other threads
                return

    def _next(self):
        """Return the next call, or None; where this thread has to wait for it, that is noted."""
        if not self._calls.empty():
            try:
                return self._calls.get_nowait()
            except Empty:
                pass
        self._idle.append(None)
        return self._calls.get()


def _run_call(call):
    """Run the call and set its future. Afterwards nothing here holds any of it."""
    future = call.future
    if not start(call):
        return
    try:
        result = call.fn(*call.args, **call.kwargs)
    except:     # noqa: E722 (as above)
        _, error, traceback = sys.exc_info()
        set_future(future.set_exception_info, error, traceback)
        error = traceback = None
    else:
        set_future(future.set_result, result)
    call = future = result = None
