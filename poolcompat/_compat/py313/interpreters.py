"""The names of interpreters on 3.13 and older."""
from __future__ import absolute_import, division, print_function

import sys

from ..._futures import Executor
from ..._signatures import signature
from ..py36.errors import BrokenExecutor

# Breakpoint: https://github.com/python/cpython/issues/124694 (InterpreterPoolExecutor)
if sys.version_info >= (3, 14):
    from concurrent.futures.interpreter import BrokenInterpreterPool, InterpreterPoolExecutor
    from concurrent.interpreters import ExecutionFailed
else:
    class BrokenInterpreterPool(BrokenExecutor):
        """The initializer of an interpreter's thread has failed.

        Source: CPython 3.14 (gh-124694).
        """
        __module__ = 'poolcompat.interpreter'

    class ExecutionFailed(RuntimeError):
        """An exception was raised in another interpreter.

        Source: CPython 3.14 (gh-124694).
        """
        __module__ = 'poolcompat.interpreter'

    class InterpreterPoolExecutor(Executor):
        """A pool of threads with an interpreter each. It cannot be made here: NotImplementedError says so.

        ``max_workers``, ``thread_name_prefix``, ``initializer``, ``initargs``
            as of ``ThreadPoolExecutor``.

        Source: CPython 3.14 (gh-124694).
        """
        __module__ = 'poolcompat.interpreter'

        @signature("self, max_workers=None, thread_name_prefix='', initializer=None, initargs=()")
        def __init__(self, max_workers, thread_name_prefix, initializer, initargs):
            raise NotImplementedError(
                'an interpreter for each thread needs Python 3.14 or newer, and this is %d.%d; ProcessPoolExecutor is the '
                'nearest thing here: its calls run beside each other as well' % sys.version_info[:2])
