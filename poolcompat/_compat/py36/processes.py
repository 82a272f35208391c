"""Processes on 3.6 and older."""
from __future__ import absolute_import, division, print_function

import os
import signal
import sys

# Breakpoint: https://bugs.python.org/issue16500 (os.register_at_fork)
if hasattr(os, 'register_at_fork') and sys.version_info >= (3, 7):
    def after_fork_in_child(function):
        """Call ``function()`` in every process that is forked from this one from now on."""
        os.register_at_fork(after_in_child=function)
else:
    def after_fork_in_child(function):
        """Call ``function()`` in every process that ``multiprocessing`` forks from this one from now on."""
        from multiprocessing import util
        util.register_after_fork(function, lambda function: function())


# Breakpoint: https://bugs.python.org/issue30794 (Process.kill)
if sys.version_info >= (3, 7):
    def kill(process):
        """Kill a ``multiprocessing.Process`` in a way that it cannot ignore."""
        process.kill()
else:
    def kill(process):
        """Kill a ``multiprocessing.Process`` in a way that it cannot ignore."""
        if not hasattr(signal, 'SIGKILL'):
            process.terminate()
        elif process.is_alive():
            os.kill(process.pid, signal.SIGKILL)


def terminate(process):
    """Ask a ``multiprocessing.Process`` to end, one that is stopped as well: it is to go on for that.

    Whether it lives is not asked: where two threads ask a forkserver's process at once, one takes away the exit code.
    """
    process.terminate()
    if hasattr(signal, 'SIGCONT'):
        try:
            os.kill(process.pid, signal.SIGCONT)
        except OSError:
            pass        # it has gone
