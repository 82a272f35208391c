"""Contexts on 2.7."""
from __future__ import absolute_import, division, print_function

import multiprocessing
import sys

# Breakpoint: https://bugs.python.org/issue8713 (contexts and start methods)
if sys.version_info >= (3, 4):
    get_context = multiprocessing.get_context
else:
    import types

    _METHOD = 'spawn' if sys.platform == 'win32' else 'fork'

    class _Context(types.ModuleType):
        """``multiprocessing`` as a context: its functions and classes, with the one start method that 2.7 has."""

        def __init__(self):
            types.ModuleType.__init__(self, 'multiprocessing')
            vars(self).update((name, value) for name, value in vars(multiprocessing).items()
                              if not name.startswith('_') and not isinstance(value, types.ModuleType))

        def get_context(self, method=None):
            return get_context(method)

        def get_start_method(self, allow_none=False):
            return _METHOD

        def get_all_start_methods(self):
            return [_METHOD]

        def __repr__(self):
            return '<context %r of Python 2.7>' % _METHOD

    def get_context(method=None):
        """Return a context, with the methods that ``multiprocessing`` has here: ``Process``, ``Queue``, ``Lock``, ....

        ``method`` is ``'fork'`` on POSIX, ``'spawn'`` on Windows, or None for that one; ValueError for another, as in
        CPython 3.4.
        """
        if method not in (None, _METHOD):
            raise ValueError('cannot find context for %r' % (method,))
        return _context

    _context = _Context()
