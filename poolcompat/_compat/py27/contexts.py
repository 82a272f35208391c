"""Contexts on 2.7."""
from __future__ import absolute_import, division, print_function

import multiprocessing
import sys

# Breakpoint: https://bugs.python.org/issue8713 (contexts and start methods)
if sys.version_info >= (3, 4):
    get_context = multiprocessing.get_context
else:
    import os
    import types

    _METHODS = ['fork', 'spawn'] if os.name == 'posix' else ['spawn']

    class _Context(types.ModuleType):
        """``multiprocessing`` as a context: its functions and classes, for one start method."""

        def __init__(self, method):
            types.ModuleType.__init__(self, 'multiprocessing')
            vars(self).update((name, value) for name, value in vars(multiprocessing).items()
                              if not name.startswith('_') and not isinstance(value, types.ModuleType))
            if method != _METHODS[0]:       # 2.7's own is a fork
                from .sharing import SHARED
                from .spawn import Process
                vars(self).update(SHARED, Process=Process)
            self._method = method

        def get_context(self, method=None):
            return get_context(method)

        def get_start_method(self, allow_none=False):
            return self._method

        def get_all_start_methods(self):
            return list(_METHODS)

        def __repr__(self):
            return '<context %r of Python 2.7>' % self._method

    _contexts = {}

    def get_context(method=None):
        """Return a context, with the methods that ``multiprocessing`` has here: ``Process``, ``Queue``, ``Lock``, ....

        ``method`` is ``'fork'`` or ``'spawn'`` on POSIX, ``'spawn'`` on Windows, or None for the first of them;
        ValueError for another, as in CPython 3.4.
        """
        if method is None:
            method = _METHODS[0]
        if method not in _METHODS:
            raise ValueError('cannot find context for %r' % (method,))
        if method not in _contexts:
            _contexts[method] = _Context(method)
        return _contexts[method]
