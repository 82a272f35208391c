"""Where these tests run: on Python 3.8 and newer, with fissix, which the environment ``migrate`` of tox.ini has.

Elsewhere there is nothing to test but the refusal, and tests/test_migrate_refuses.py does that everywhere; so they are not
collected, for a few hundred skips would hide the others.
"""
from __future__ import absolute_import, division, print_function

from poolcompat._compat.py37.syntax import ast_knows_ends

try:
    import fissix
except ImportError:
    fissix = None

if fissix is None or not ast_knows_ends:
    collect_ignore_glob = ['test_*.py']
