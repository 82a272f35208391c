"""What CPython 3.13 and older lack.

================  ========================================================================================
``executors``     exceptions that are false, ``map(buffersize=)``
``interpreters``  the names of ``InterpreterPoolExecutor``
================  ========================================================================================
"""
from __future__ import absolute_import, division, print_function
