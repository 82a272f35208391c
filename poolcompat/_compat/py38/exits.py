"""The end of a process on 3.8 and older."""
from __future__ import absolute_import, division, print_function

import os
import sys
import threading

_finalizers = {}        # process -> what multiprocessing calls before it joins its own children


def _finalize(util, is_exiting, function):
    """Have ``multiprocessing`` call ``function()`` before it joins the children of this process, at its exit.

    Finalizers can be called earlier, by anybody: then the next call of this one sets it up again.
    """
    def finalize():
        if is_exiting():
            function()

    known = _finalizers.get(os.getpid())
    if known is None or not known.still_active():
        _finalizers[os.getpid()] = util.Finalize(None, finalize, exitpriority=100)


# Breakpoint: https://bugs.python.org/issue39812 (threads of executors are joined before atexit handlers)
if sys.version_info >= (3, 9):
    #: Threads that an ``at_exit`` function joins: it is called while they still run.
    DAEMON_THREADS = False

    _registered = set()     # processes

    def at_exit(function):
        """Call ``function()``, maybe twice, when this process is about to exit; RuntimeError where it already is.

        To be called again for each new thing to see to: what ``multiprocessing`` holds may have been called early.
        """
        if os.getpid() not in _registered:
            _registered.add(os.getpid())
            threading._register_atexit(function)
        util = sys.modules.get('multiprocessing.util')
        if util is not None:        # otherwise this is no process of multiprocessing's, which ends in its own way
            _finalize(util, util.is_exiting, function)
else:
    from multiprocessing import util

    #: Before 3.9 the interpreter joins every other thread before it calls ``at_exit`` functions.
    DAEMON_THREADS = True

    # Breakpoint: https://github.com/python/cpython/blob/v2.7.18/Lib/multiprocessing/util.py (is_exiting, never true there)
    if sys.version_info >= (3, 0):
        _is_exiting = util.is_exiting
    else:
        def _is_exiting():
            return True

    def at_exit(function):
        """Call ``function()`` when this process is about to exit. To be called again for each new thing to see to."""
        _finalize(util, _is_exiting, function)
