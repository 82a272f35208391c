"""The end of a process on 3.8 and older."""
from __future__ import absolute_import, division, print_function

import sys
import threading
from multiprocessing import util

# Breakpoint: https://github.com/python/cpython/pull/19149 (threads of executors are joined before atexit handlers)
if sys.version_info >= (3, 9):
    #: Threads that an ``at_exit`` function joins: it is called while they still run.
    DAEMON_THREADS = False

    def at_exit(function):
        """Call ``function()``, maybe twice, when this process is about to exit; RuntimeError where it already is.

        ``multiprocessing`` joins the children of its own children first, so it is told too.
        """
        threading._register_atexit(function)
        util.Finalize(None, function, exitpriority=100)
else:
    #: Before 3.9 the interpreter joins every other thread before it calls ``at_exit`` functions.
    DAEMON_THREADS = True

    def at_exit(function):
        """Call ``function()`` when this process is about to exit, before ``multiprocessing`` joins its children."""
        util.Finalize(None, function, exitpriority=100)
