"""What CPython 3.6 and older lack.

==============  ==========================================================================================
``names``       names of a module that are loaded on first use
``processes``   functions called after a fork, ``Process.kill``
``queues``      ``SimpleQueue``
``errors``      ``BrokenExecutor``
==============  ==========================================================================================
"""
from __future__ import absolute_import, division, print_function
