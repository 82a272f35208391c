"""Signatures on 3.7 and older."""
from __future__ import absolute_import, division, print_function

import sys

# Breakpoint: https://bugs.python.org/issue36542 (a function's __text_signature__, with positional-only)
if sys.version_info >= (3, 8):
    def show_signature(function, text):
        """Let ``inspect.signature(function)`` show ``text``."""
        function.__text_signature__ = '(%s)' % text
elif sys.version_info >= (3, 0):
    def show_signature(function, text):
        """Let ``inspect.signature(function)`` show ``text``."""
        import inspect
        namespace = {}
        exec('def stub(%s): pass' % text.replace(' /,', ''), namespace)
        shown = inspect.signature(namespace['stub'])
        before = text.partition('/')[0] if '/' in text else ''
        function.__signature__ = shown.replace(parameters=[
            parameter.replace(kind=parameter.POSITIONAL_ONLY) if '%s,' % name in before else parameter
            for name, parameter in shown.parameters.items()])
else:
    def show_signature(function, text):
        """Do nothing: 2.7 has no ``inspect.signature``."""
