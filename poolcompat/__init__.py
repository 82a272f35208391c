"""The executors of the newest CPython, on every Python from 2.7.

``from poolcompat import ProcessPoolExecutor`` means the same thing on CPython 2.7, on 3.4 to the newest, and on
PyPy. Importing the package loads nothing else: each name is imported from its module the first time it is used.
"""
from __future__ import absolute_import, division, print_function

from ._compat.py36.names import lazy_names

__version__ = '0.1.0'

__all__ = (
    # executors
    'Executor', 'ProcessPoolExecutor', 'ThreadPoolExecutor', 'InterpreterPoolExecutor',
    # pools
    'Pool', 'ThreadPool',
    # futures
    'Future', 'wait', 'as_completed', 'FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED',
    # errors
    'CancelledError', 'TimeoutError', 'InvalidStateError', 'BrokenExecutor', 'BrokenProcessPool',
    'BrokenThreadPool',
    # the machine
    'get_context', 'cpu_count',
    '__version__',
)

__getattr__, __dir__ = lazy_names(__name__, __all__, {
    'process': ('ProcessPoolExecutor', 'BrokenProcessPool'),
    'thread': ('ThreadPoolExecutor', 'BrokenThreadPool'),
    'interpreter': ('InterpreterPoolExecutor',),
    'pool': ('Pool', 'ThreadPool'),
    '_futures': ('Executor', 'Future', 'wait', 'as_completed', 'FIRST_COMPLETED', 'FIRST_EXCEPTION',
                 'ALL_COMPLETED', 'CancelledError'),
    '_compat.py310': ('TimeoutError',),
    '_compat.py37.futures': ('InvalidStateError',),
    '_compat.py36.errors': ('BrokenExecutor',),
    '_compat.py27.contexts': ('get_context',),
    '_compat.py312': ('cpu_count',),
})
del lazy_names


def _named_for_freezers():
    """Never called: PyInstaller and its like find the modules of a program by its import statements."""
    from . import _futures, interpreter, pool, process, thread      # noqa: F401
