"""Errors that 3.6 and older lack."""
from __future__ import absolute_import, division, print_function

import sys

from ..._native import futures

# Breakpoint: https://bugs.python.org/issue21423 (BrokenExecutor)
if sys.version_info >= (3, 7):
    BrokenExecutor = futures.BrokenExecutor
else:
    class BrokenExecutor(RuntimeError):
        """An executor can no longer run calls.

        Source: CPython 3.7 (bpo-21423).
        """
        __module__ = 'poolcompat'
