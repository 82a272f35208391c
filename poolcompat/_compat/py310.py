"""What CPython 3.10 and older lack."""
from __future__ import absolute_import, division, print_function

import sys

from .._native import futures

# Breakpoint: https://bugs.python.org/issue42413 (concurrent.futures.TimeoutError is the builtin one)
if sys.version_info >= (3, 11):
    TimeoutError = TimeoutError
elif sys.version_info >= (3, 0):
    import builtins

    class TimeoutError(futures.TimeoutError, builtins.TimeoutError):
        """The operation exceeded the given deadline.

        Source: CPython 3.11 (bpo-42413), where it is the builtin one.
        """
        __module__ = 'poolcompat'
else:
    TimeoutError = futures.TimeoutError     # 2.7 has no builtin one
