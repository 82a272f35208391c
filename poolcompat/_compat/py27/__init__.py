"""What CPython 2.7 lacks.

==============  ==========================================================================================
``waiting``     locks, events and futures whose waits end at once, and at Ctrl-C; clocks
``contexts``    ``get_context``
``spawn``       processes that are fresh interpreters: what runs in them
``launch``      what starts them
``sharing``     locks, queues and shared memory that can be given to them
``pickling``    pickling of methods and of what ``multiprocessing`` can send
``pipes``       descriptors that started programs do not inherit
``signals``     Ctrl-C while a process is started
``connections`` waiting for several connections
``steps``       several calls that no signal comes between
``mapping``     a function called with one item after the other
==============  ==========================================================================================
"""
from __future__ import absolute_import, division, print_function
