"""Syntax trees on 3.7 and older."""
from __future__ import absolute_import, division, print_function

import sys

# Breakpoint: https://bugs.python.org/issue33416 (a node of ast says where it ends)
ast_knows_ends = sys.version_info >= (3, 8)
