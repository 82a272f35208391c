"""A call on its way, and what becomes of its future: for processes and threads alike."""
from __future__ import absolute_import, division, print_function

import logging
import os
import threading

from .._compat.py37.futures import InvalidStateError
from .chunks import call_each, star_each

log = logging.getLogger('concurrent.futures')

NO_KWARGS = {}      # of most calls of processes, where it goes no further than into a pickle


class Call(object):
    """A call on its way: what to run, and the future that is to have the result.

    ``pool`` is the ``Pool`` that it keeps from being collected, if any; ``first`` the index of a chunk's first item. Once
    sent it has a ``number`` among the calls of its worker, and is ``queued`` where that was busy: it may be taken back.
    """
    __slots__ = ('future', 'fn', 'args', 'kwargs', 'pool', 'first', 'payload', 'running', 'number', 'queued')
    count = 1       # a Batch has more

    def __init__(self, future, fn, args, kwargs, pool=None, first=None):
        self.future = future
        self.fn = fn
        self.args = args
        self.kwargs = kwargs
        self.pool = pool
        self.first = first
        self.payload = None     # pickled, while it may have to be sent (again)
        self.running = pool is not None     # the future cannot be cancelled any more: that of a Pool never can

    def __str__(self):
        chunked = self.fn is call_each or self.fn is star_each
        return name_of(self.args[0] if chunked else self.fn)


def name_of(fn):
    """Return what a function is called."""
    try:
        return '%s.%s' % (getattr(fn, '__module__', None) or '?',
                          getattr(fn, '__qualname__', None) or getattr(fn, '__name__', None) or type(fn).__name__)
    except Exception:       # the user's own attributes
        return type(fn).__name__


def own_thread(**kwargs):
    """Return a ``threading.Thread`` of ours. No signal's handler runs in it, but in what is forked from it, where it is the
    main one.

    Of a class of now: a library of green threads may have put its own there since the import.
    """
    thread = threading.Thread(**kwargs)
    thread.own_process = os.getpid()
    return thread


def in_own_thread():
    """Return whether this thread is one of ours."""
    return getattr(threading.current_thread(), 'own_process', None) == os.getpid()


def set_future(method, *value):
    """Return ``method(*value)`` of a future, or None where it raised."""
    try:
        return method(*value)
    except BaseException as error:
        could_not_set(error)


def could_not_set(error):
    """Log what a future raised as it was set, a callback's error, but where someone else had set it. In an ``except``.

    What is no mere Exception gets out of a caller's thread: it may be Ctrl-C, which the caller is to see.
    """
    if isinstance(error, InvalidStateError):
        return
    if not isinstance(error, Exception) and not in_own_thread():
        raise
    log.exception('a future could not be set')


def start(call):
    """Mark the future as running; return whether it is to run: it may have been cancelled, or set by someone else."""
    call.running = set_future(call.future.set_running_or_notify_cancel)
    return call.running


def cancel(call):
    """Cancel the future and tell those who wait for it; return whether it could be cancelled."""
    if call.running or not set_future(call.future.cancel):
        return False
    start(call)
    return True


def fail(call, error):
    """Give the future the error, where it can still have one."""
    if call.running or start(call):
        set_future(call.future.set_exception, error)


def take(tickets):
    """Return whether there was a ticket to be taken."""
    try:
        tickets.pop()
        return True
    except IndexError:
        return False
