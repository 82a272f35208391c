"""What ``python -m poolcompat`` tries out, each in a process of its own with a time limit: the system may refuse, or hang.

    python -m poolcompat._checks NAME

does one of them in the process that runs it, and writes what came of it as a line of JSON.
"""
from __future__ import absolute_import, division, print_function

import collections
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time

from ._compat.py27.contexts import get_context
from ._compat.py27.waiting import monotonic
from ._errors import in_words, signal_name

#: ``outcome`` is 'works', 'fails' or 'hangs'; ``detail`` what was raised, and ``advice`` what to make of it, or ''.
Outcome = collections.namedtuple('Outcome', 'name outcome seconds detail advice')

_MODULE = 'poolcompat._checks'
_LOOK_SECONDS = .02
_GRACE_SECONDS = 2      # what is killed ends, but not where the system itself hangs

_LOOK = 'look at the limits (ulimit -u, the pids limit of a container) and at what a sandbox forbids.'
_PROCESSES = 'The system refuses a new process: ' + _LOOK
_INTERPRETER = 'No fresh interpreter could be started from %s: %s' % (sys.executable, _LOOK)
_ADVICE = {
    'threads': 'The system refuses a new thread, and no pool works without: ' + _LOOK,
    'semaphores': "multiprocessing's locks, queues and events cannot be made here: on Linux they need /dev/shm, writable. "
                  'The pools of poolcompat do without them.',
    'fork': _PROCESSES + " get_context('spawn') may still work.",
    'spawn': _INTERPRETER,
    'forkserver': _INTERPRETER + ' Its server also needs a socket in the folder for temporary files.',
    '': _PROCESSES,
}


def start_methods():
    """Return the names of the start methods that this interpreter has, its own default first."""
    default = get_context()
    every = getattr(multiprocessing, 'get_all_start_methods', None) or default.get_all_start_methods
    return sorted(every(), key=default.get_start_method().__ne__)


def names():
    """Return the names of the checks."""
    return ['threads', 'semaphores'] + start_methods()


# -- in a process of its own -----------------------------------------------------------------------------------------

def answer(question):
    """Return twice the question: the call that a pool is given."""
    return 2 * question


def _try(name):
    if name == 'semaphores':
        get_context().Lock()
        return
    from .process import ProcessPoolExecutor
    from .thread import ThreadPoolExecutor
    with ThreadPoolExecutor(1) if name == 'threads' else ProcessPoolExecutor(1, get_context(name)) as pool:
        if pool.submit(answer, 21).result() != 42:
            raise RuntimeError('the pool gave a wrong result')


def main(name):
    """Do one check and say what came of it."""
    try:
        _try(name)
        detail = ''
    except BaseException as error:
        detail = in_words(error)
    sys.stdout.write(json.dumps(as_text(detail)) + '\n')
    sys.stdout.flush()


# -- in the process that asks ----------------------------------------------------------------------------------------

def run(name, limit):
    """Return the Outcome of a check, after at most ``limit`` seconds and a little."""
    started = monotonic()
    try:
        detail = _ask(name, started + limit)
        outcome = 'fails' if detail else 'works'
        advice = _ADVICE[name] if detail else ''
    except _Late:
        outcome, detail, advice = 'hangs', 'not done after %g seconds' % limit, _ADVICE[name]
    except Exception as error:      # not even a process for the check could be had
        outcome, detail, advice = 'fails', 'could not be tried: ' + as_text(in_words(error)), _ADVICE['']
    return Outcome(name, outcome, round(monotonic() - started, 3), detail, advice)


class _Late(Exception):
    """The time limit has passed."""


def as_text(value):
    """Return what the system calls something as text, which it is not on 2.7."""
    return value.decode('utf-8', 'replace') if isinstance(value, bytes) else value


def _ask(name, deadline):
    """Return what the check says of itself, after it and all that it started have ended."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    path = os.pathsep.join([root] + [folder for folder in [os.environ.get('PYTHONPATH')] if folder])
    with open(os.devnull, 'r+') as nothing:
        process = subprocess.Popen(
            [sys.executable, '-m', _MODULE, name], stdin=nothing, stdout=subprocess.PIPE, stderr=nothing,
            close_fds=os.name == 'posix', env=dict(os.environ, PYTHONPATH=path), preexec_fn=getattr(os, 'setsid', None))
    try:
        _wait(process, deadline)
        if process.returncode is None:
            raise _Late
        if process.returncode:
            return 'the process of the check ended with %s' % (
                signal_name(process.returncode) or 'exit code %d' % process.returncode)
        return json.loads(os.read(process.stdout.fileno(), 1 << 16).decode('ascii'))
    finally:
        _kill(process)
        process.stdout.close()


def _kill(process):
    """Kill the process, and on POSIX what it has left behind."""
    try:
        if hasattr(os, 'killpg'):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except OSError:
        pass        # all of it is gone
    _wait(process, monotonic() + _GRACE_SECONDS)


def _wait(process, deadline):
    """Wait until the process has ended, or the time is up: a ``wait`` with a time limit, which 2.7 lacks."""
    while process.poll() is None and monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)


if __name__ == '__main__':
    main(sys.argv[1])
