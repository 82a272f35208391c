"""Starting a fresh interpreter on 2.7, and telling it which process to be: the parent's side of ``spawn``."""
from __future__ import absolute_import, division, print_function

import cPickle
import errno
import fcntl
import io
import marshal
import os
import signal
import subprocess
import sys
from functools import partial
from multiprocessing import forking, process, util

import six

from . import sharing, spawn
from .pickling import Pickler
from .pipes import pipe
from .signals import is_put_off

_STANDARD = 3       # descriptors that every program has


class _Program(subprocess.Popen):
    """A program that is waited for by its process id."""

    def __del__(self):
        pass


class _ProcessPickler(Pickler):
    """Pickles a process, and what can be given to one as it starts."""

    def reduce(self, obj):
        """Return how to make ``obj`` again, or None for what any pickler knows; RuntimeError where it cannot be given."""
        if isinstance(obj, process.AuthenticationString):
            return process.AuthenticationString, (bytes(obj),)
        return sharing.reduce_shared(obj) or Pickler.reduce(self, obj)


class Popen(forking.Popen):
    """A fresh interpreter that runs a process object; waited for and ended as 2.7's own."""

    def __init__(self, process_object):
        if spawn.is_importing_main():
            raise RuntimeError(
                'A process is started while the main module is still being imported by one that was started the same way. '
                "Most likely the main module starts it without the guard if __name__ == '__main__':")
        if getattr(sys, 'frozen', False) or not sys.executable:
            raise RuntimeError(
                "There is no interpreter to start: the program is frozen or embedded. Use get_context('fork').")
        self.returncode = None
        sys.modules.setdefault('__mp_main__', sys.modules['__main__'])      # where a child finds what is defined there
        message = io.BytesIO()
        message.write(marshal.dumps([
            _from_the_start(entry) for entry in sys.path if isinstance(entry, six.string_types)]))
        message.write(cPickle.dumps(_preparation(process_object), 2))
        with sharing.giving() as descriptors:
            _ProcessPickler(message, 2).dump(process_object)
        reading, writing = pipe()
        try:
            command = [sys.executable] + util._args_from_interpreter_flags() + ['-c', spawn.PROGRAM, str(reading)]
            self.pid = _Program(command, preexec_fn=partial(_before_exec, descriptors + [reading], is_put_off())).pid
            os.close(reading)
            reading = None
            _write(writing, message.getvalue())
        finally:
            for fd in reading, writing:
                if fd is not None:
                    os.close(fd)


def _write(fd, data):
    """Write everything, or as much as the other end wants."""
    data = memoryview(data)
    while data:
        try:
            data = data[os.write(fd, data):]
        except OSError as error:
            if error.errno == errno.EPIPE:
                return      # it has ended, which its exit code tells
            if error.errno != errno.EINTR:
                raise


def _from_the_start(path):
    """Return what ``path`` meant when the program started: it may have gone to another folder."""
    return os.path.join(process.ORIGINAL_DIR or '', path)


def _preparation(process_object):
    """Return what the interpreter has to know before it can unpickle the process."""
    main = sys.modules['__main__']
    name, path = None, getattr(main, '__file__', None)
    if path is not None and getattr(main, '__loader__', None) is not None:
        name = os.path.splitext(os.path.basename(path))[0]      # python -m, or a folder or an archive with a __main__.py
        if main.__package__:
            name = main.__package__ + '.' + name
    elif path is not None:
        path = os.path.normpath(_from_the_start(path))
    return dict(
        name=process_object.name, authkey=bytes(process_object.authkey), argv=sys.argv, folder=os.getcwd(),
        original_folder=process.ORIGINAL_DIR, main_name=name, main_path=path, interrupt_later=is_put_off(),
        log_to_stderr=util._log_to_stderr, log_level=util._logger and util._logger.getEffectiveLevel())


def _before_exec(descriptors, ignore_interrupt):
    """Runs in the forked child, where other threads' locks are taken for ever: system calls, and nothing else."""
    if ignore_interrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        there = set(map(int, os.listdir('/dev/fd')))
    except OSError:
        there = set()
    if not there.issuperset(descriptors):       # no such folder, or not with everything
        there = range(os.sysconf('SC_OPEN_MAX'))
    for fd in there:
        if fd >= _STANDARD:
            try:
                fcntl.fcntl(fd, fcntl.F_SETFD, 0 if fd in descriptors else fcntl.FD_CLOEXEC)
            except IOError:
                pass        # not open
