"""Ctrl-C while a worker is started: the worker must not get it before it is ready for it."""
from __future__ import absolute_import, division, print_function

import contextlib
import signal
import sys

# Breakpoint: https://bugs.python.org/issue8407 (bpo-8407: signal.pthread_sigmask)
if sys.version_info >= (3, 3):
    HANDLERS = (signal.default_int_handler,)

    def _start_tracker():
        """Have the process run that tracks what ``multiprocessing`` shares: from 3.8 to 3.13 its start unblocks SIGINT."""
        try:
            from multiprocessing import resource_tracker
        except ImportError:
            return      # 3.7 and older
        resource_tracker.ensure_running()

    @contextlib.contextmanager
    def interrupt_later(forking):
        """Start processes inside with SIGINT blocked; yields whether it was not before, which they are to be told."""
        if not hasattr(signal, 'pthread_sigmask'):
            yield False
            return
        if not forking:
            _start_tracker()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
        try:
            yield signal.SIGINT not in before
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def interrupt_now():
        """Let SIGINT through again, in a process that was started by one which had let it through."""
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT,))
else:
    import threading

    _late = []
    _local = threading.local()

    def put_off(number, frame):
        """Handle Ctrl-C later."""
        _late.append(number)

    def is_put_off():
        """Return whether a process that this thread starts must not get Ctrl-C before it is ready for it."""
        return getattr(_local, 'starting', False) and signal.getsignal(signal.SIGINT) != signal.SIG_IGN

    #: Those that are Python's own, or ours in a process that was just started.
    HANDLERS = (signal.default_int_handler, put_off)

    @contextlib.contextmanager
    def interrupt_later(forking):
        """Start processes inside with Ctrl-C put off, here if this is the main thread: others cannot set a handler."""
        here = isinstance(threading.current_thread(), threading._MainThread) and (
            signal.getsignal(signal.SIGINT) is signal.default_int_handler)
        try:
            _local.starting = True
            if here:
                signal.signal(signal.SIGINT, put_off)
            yield False
        finally:
            if here:
                signal.signal(signal.SIGINT, signal.default_int_handler)
            _local.starting = False
        if here and _late:
            del _late[:]
            raise KeyboardInterrupt

    def interrupt_now():
        """Do nothing: no signal was blocked."""
