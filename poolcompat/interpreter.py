"""``InterpreterPoolExecutor``: the interpreter's own, where it has one."""
from __future__ import absolute_import, division, print_function

from ._compat.py313.interpreters import BrokenInterpreterPool, ExecutionFailed, InterpreterPoolExecutor

__all__ = ('InterpreterPoolExecutor', 'BrokenInterpreterPool', 'ExecutionFailed')
