"""``python -m poolcompat migrate``: reports how a code base uses pools, and moves it to poolcompat or back to the natives.

``sources``   files: which, in what encoding, and how they are written
``python2``   Python 2, spelt as Python 3 for ``ast``, with every position known
``scopes``    what a name means: imports, scopes, and of what type a value is
``names``     the table of names: who has it since when, what stands for it
``find``      the uses in one file, and what stops a rewrite
``rules``     code that is unsafe whatever the pool
``rewrite``   the edits
``report``    text, JSON and SARIF
``commands``  the command line

It runs on Python 3.8 and newer, where ``ast`` says where each node ends, and reads Python 2 by ``fissix``. Everything is
imported on use: ``import poolcompat`` loads none of it.
"""
from __future__ import absolute_import, division, print_function

import sys


def main(arguments=None):
    """Run the command with ``arguments`` (those of the process by default) and return its exit status."""
    from .._compat.py37.syntax import ast_knows_ends
    if not ast_knows_ends:
        return _refuse('Python 3.8 or newer is needed to run it, and %s is older.\nThe sources that it reads may be '
                       'of any Python.' % sys.executable, "python3 -m pip install 'poolcompat[migrate]'")
    try:
        import fissix       # noqa: F401 (only whether it is there)
    except ImportError:
        return _refuse('fissix, the parser of Python 2, is not installed.', "pip install 'poolcompat[migrate]'")
    from . import commands
    return commands.run(sys.argv[1:] if arguments is None else arguments)


def _refuse(cause, remedy):
    print('poolcompat migrate cannot run: %s\nRemedy:  %s' % (cause, remedy), file=sys.stderr)
    return 2
