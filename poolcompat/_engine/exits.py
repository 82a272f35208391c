"""The life of an engine: whose it is, and that the process finishes its work before it exits."""
from __future__ import absolute_import, division, print_function

import os
import threading
import weakref

from .._compat.py38.exits import at_exit


_engines = {}       # process -> its engines that are at work
_threads = weakref.WeakSet()    # the threads of engines, at work or just ending
_helpers = weakref.WeakSet()    # threads that run code of the user's, which may take for ever
_exiting = False
_MOMENT = 1         # seconds that a helper is waited for


class Served(object):
    """An engine, as far as its owner and its process go.

    It knows nothing of its executor, so that the executor can be collected: ``abandon`` tells the engine.
    """

    def __init__(self):
        self._pid = os.getpid()
        self._owner = None
        self._closing = False
        self._death = None      # what broke it
        watch()

    def serve(self, owner):
        """Finish and end when ``owner``, the executor, is collected."""
        def abandon(_, engine=weakref.ref(self)):
            engine = engine()
            if engine is not None and engine._pid == os.getpid():
                engine.abandon()
        self._owner = weakref.ref(owner, abandon)

    def finish(self):
        """Begin to end, as this process is about to exit: finish what there is."""
        self.close()

    def check_process(self):
        """Raise RuntimeError in a process that was forked from the one the engine belongs to."""
        if self._pid != os.getpid():
            raise RuntimeError(
                'this executor belongs to process %d, and this is process %d, forked from it: its workers and its threads '
                'are not here; make an executor of its own in the forked process' % (self._pid, os.getpid()))

    def check_open(self):
        """Raise what a new call is to be told where none is taken any more."""
        if self._closing or _exiting or self._death is not None:
            raise self._refusal()

    def _refusal(self):
        """Return the error of a call that comes too late: after ``close``, or as this process is about to exit."""
        late = _exiting and not self._closing
        return RuntimeError('cannot schedule new futures after ' + ('interpreter shutdown' if late else 'shutdown'))


def watch():
    """Have this process finish its pools before it exits. Called for each new one."""
    global _exiting
    _engines.setdefault(os.getpid(), set())
    try:
        at_exit(_finish_all)
    except RuntimeError:        # it is exiting
        _exiting = True


def begin(engine, thread):
    """Note that ``engine`` is at work, with a thread that is about to start."""
    _engines[os.getpid()].add(engine)
    _threads.add(thread)


def end(engine):
    """Note that ``engine`` has no more work; its last thread may still be ending."""
    _engines[os.getpid()].discard(engine)


def note_helper(thread):
    """Have ``thread`` waited for at exit, but for a moment only, after its ``stop()`` if it has one.

    On 2.7 a thread that outlives its modules complains.
    """
    _helpers.add(thread)


def _finish_all():
    """Finish the work of every pool of this process, as it is about to exit."""
    global _exiting
    _exiting = True
    engines = list(_engines.get(os.getpid(), ()))
    for engine in engines:
        engine.finish()
    for engine in engines:
        engine.join()
    for thread in list(_threads):
        if thread.is_alive() and thread is not threading.current_thread():
            thread.join()
    helpers = [thread for thread in list(_helpers) if thread.is_alive()]
    for thread in helpers:
        getattr(thread, 'stop', int)()
    for thread in helpers:
        thread.join(_MOMENT)
