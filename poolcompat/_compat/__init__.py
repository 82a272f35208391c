"""What older interpreters lack, one module for each interpreter that lacks it.

``pyXY.py`` holds what CPython X.Y *and older* lack: the gate and what fills the gap, side by side. Callers import
the result and never ask for the version. The day X.Y is no longer supported, its file and its test are deleted and the
imports of it are pointed at the standard library.

==========  =====================================================================================================
``py27``    contexts and ``spawn``, waits that are prompt and that Ctrl-C interrupts, steps that it does not come between,
            methods that can be pickled, pipes, whether the parent has died
``py34``    system calls that are retried after a signal
``py36``    names loaded on first use, at-fork hooks, ``Process.kill``, ``SimpleQueue``, ``BrokenExecutor``
``py37``    ``InvalidStateError``, callbacks that raise, text signatures, where a node of ``ast`` ends, ``os.memfd_create``
``py38``    joining before the interpreter exits, ``Future[int]``
``py310``   one ``TimeoutError``
``py312``   ``process_cpu_count``
``py313``   ``map(buffersize=)``, the names of ``InterpreterPoolExecutor``
==========  =====================================================================================================
"""
from __future__ import absolute_import, division, print_function
