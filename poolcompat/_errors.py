"""The errors of the process pool, with their native bases, and how a dead worker is told of."""
from __future__ import absolute_import, division, print_function

import signal as signals
from pickle import PicklingError

from . import _native
from ._compat.py36.errors import BrokenExecutor

_, _NativeBrokenProcessPool = _native.process_pool()


class BrokenProcessPool(_NativeBrokenProcessPool, BrokenExecutor):
    """A worker process died, or a call could not cross between the processes.

    ``pid``
        the process that died, or None where none did.
    ``exitcode``
        how it ended, as ``multiprocessing.Process.exitcode``: negative for a signal.
    ``signal``
        the name of that signal, such as ``'SIGKILL'``, or None.
    ``call``
        the call that it was running, as text, or None where it ran none.

    Source: CPython 3.3 (bpo-9205); the process and the exit code 3.15 (gh-139462).
    """
    __module__ = 'poolcompat.process'

    pid = exitcode = signal = call = None


class WorkerLostError(BrokenProcessPool):
    """The worker of a ``Pool`` that ran this call died, or the pool ended before the call did.

    The attributes are those of ``BrokenProcessPool``; ``call`` has a short form of the arguments. Every other call is run.

    Source: our own; up to CPython 3.15 the result of that call is waited for without end (bpo-22393).
    """
    __module__ = 'poolcompat.pool'


class RemoteTraceback(Exception):
    """The traceback of an exception in the worker, as text: its ``__cause__`` in the parent.

    Source: CPython 3.5 (bpo-21817).
    """
    __module__ = 'poolcompat.process'

    def __init__(self, tb):
        Exception.__init__(self, tb)
        self.tb = tb

    def __str__(self):
        return '\n"""\n%s"""' % self.tb


def in_words(error):
    """Return what ``error`` is, and what it says if it can: the code that says so may be the user's."""
    try:
        return '%s: %s' % (type(error).__name__, error)
    except Exception:
        return type(error).__name__


def signal_name(exitcode):
    """Return the name of the signal that ended a process with ``exitcode``, or None where none did."""
    if exitcode is None or exitcode >= 0:
        return None
    names = [name for name in sorted(dir(signals))
             if name.startswith('SIG') and name.isalnum() and getattr(signals, name) == -exitcode]
    return names[0] if names else 'signal %d' % -exitcode


class Death(object):
    """What is known of a worker's death; makes a new exception for each future that it fails."""

    def __init__(self, story, cause=None, pid=None, exitcode=None, call=None):
        self._story = story
        self._cause = cause
        self._facts = {'pid': pid, 'exitcode': exitcode, 'signal': signal_name(exitcode), 'call': call}

    def error(self, error_type=BrokenProcessPool):
        """Return a new exception that tells of it."""
        error = error_type(self._story)
        vars(error).update(self._facts)
        error.__cause__ = self._cause
        return error


def without_frames(error, count):
    """Return ``error`` without the first ``count`` frames of its traceback: they hold the future that is to hold it."""
    traceback = getattr(error, '__traceback__', None)
    for _ in range(count):
        traceback = traceback and traceback.tb_next
    error.__traceback__ = traceback
    return error


_ADVICE = ('. A process pool pickles the function and its arguments: functions and classes must be importable by name from '
           'a module, so no lambda and no local function, and no open file, lock or socket may be among the arguments')


def explain_pickling(error):
    """Return the error of pickling a call, with advice added to its text where that is a plain text."""
    if isinstance(error, (AttributeError, TypeError, PicklingError)) and len(error.args) == 1 \
            and isinstance(error.args[0], str):
        error.args = (error.args[0] + _ADVICE,)
    return error
