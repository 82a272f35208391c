"""The errors of the process pool, with their native bases, and how a dead worker is told of."""
from __future__ import absolute_import, division, print_function

import errno
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


# -- what an error teaches: each text is the probable cause and the remedy, and stands after what happened ------------

_CALL = ('A process pool pickles the function and its arguments. Functions and classes must be importable by name from a '
         'module, so no lambda and no local function: use a def of the module, or functools.partial of one. No open '
         'file, lock or socket may be among the arguments: send the path of the file; give locks, queues and events of '
         'multiprocessing to initargs, which initializer keeps in a global')
_RESULT = ('What a call returns is pickled to be sent back: return data, such as the list of what a generator yields, '
           'and no generator, lambda, open file, lock or socket')
_RAISED = ('It was the call that raised %s, which cannot be pickled to be sent back: its class must be importable by '
           'name from a module, and what it holds must be such as can be pickled')
_REBUILT = ('pickle makes an exception again by calling its class with its args: have its __init__ hand all its '
            'arguments to that of Exception, or define __reduce__')
_FORKED = ('A worker that was forked knows only what was defined before: define the function, and import its module, '
           'before the first call')
_FRESH = ('The worker imports the module afresh: what is defined at a prompt, by exec, or under if __name__ == '
          "'__main__': is not in it. Put it into a module")
GUARD = ("Most likely the main module makes the pool when it is imported, without the guard if __name__ == '__main__':, "
         'or cannot be imported by the worker. Put what makes the pool under that guard')
_FORKSERVER = 'The forkserver, which starts the workers, has ended. '
KILLED = ('Most likely the memory ran out and the system killed the process (its log then has a line of the '
          'out-of-memory killer), unless somebody else did: use fewer workers, or give each call less at once')


def explain_start(error, start_method):
    """Return ``error``, with which a worker could not be started; it says where the forkserver is gone.

    From 3.14 on that imports the main module itself.
    """
    if start_method == 'forkserver':
        if isinstance(error, EOFError):
            error.args = ('%s. %s' % (error, _FORKSERVER + GUARD),)
        elif getattr(error, 'errno', None) in (errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE):
            error.strerror = '%s. %s' % (error.strerror, _FORKSERVER + GUARD)
    return error


def _advise(error, advice):
    """Return the error with the advice added to its text, where that is a plain text of an interpreter's own."""
    plain = isinstance(error, (AttributeError, TypeError, ImportError, PicklingError)) or (
        type(error) is RuntimeError and 'through inheritance' in str(error))        # a lock of multiprocessing
    if plain and len(error.args) == 1 and isinstance(error.args[0], str):
        error.args = ('%s. %s' % (error.args[0], advice),)
    return error


def explain_pickling(error):
    """Return the error of pickling a call, with advice."""
    return _advise(error, _CALL)


def explain_result(error):
    """Return the error of pickling what a call returned, with advice."""
    return _advise(error, _RESULT)


def explain_raised(error, raised):
    """Return the error of pickling what a call raised, with advice."""
    return _advise(error, _RAISED % in_words(raised))


def explain_loading(error, where, method):
    """Return the error of unpickling, with advice where the cause is likely; ``method`` is how the worker was started."""
    if 'the worker' in where and isinstance(error, (AttributeError, ImportError)):
        return _advise(error, _FORKED if method == 'fork' else _FRESH)
    return _advise(error, _REBUILT) if 'the exception' in where and isinstance(error, TypeError) else error
