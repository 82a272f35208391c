"""``python -m poolcompat migrate`` where it cannot run: it says why and what to do. Everything else is in tests/migrate."""
from __future__ import absolute_import, division, print_function

import os
import subprocess
import sys

import poolcompat

from poolcompat import migrate
from poolcompat._compat.py37 import syntax


def test_older_interpreter(monkeypatch, capsys):
    monkeypatch.setattr(syntax, 'ast_knows_ends', False)
    assert migrate.main(['x.py']) == 2
    error = capsys.readouterr().err
    assert error.startswith('poolcompat migrate cannot run: Python 3.8 or newer is needed to run it, and ')
    assert "pip install 'poolcompat[migrate]'" in error


def test_no_parser(monkeypatch, capsys):
    monkeypatch.setattr(syntax, 'ast_knows_ends', True)
    monkeypatch.setitem(sys.modules, 'fissix', None)
    assert migrate.main(['x.py']) == 2
    error = capsys.readouterr().err
    assert error == ('poolcompat migrate cannot run: fissix, the parser of Python 2, is not installed.\n'
                     "Remedy:  pip install 'poolcompat[migrate]'\n")


def run(*arguments):
    """(exit status, what is printed) of ``python -m poolcompat``."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(poolcompat.__file__)))
    code = 'import runpy, sys; sys.path[:0] = %r; sys.argv[1:] = %r; runpy.run_module("poolcompat", run_name="__main__")' % (
        [root], list(arguments))
    process = subprocess.Popen([sys.executable, '-W', 'ignore', '-c', code], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, universal_newlines=True)
    return process.communicate()[0], process.returncode


def test_as_a_command(tmpdir):
    """On any interpreter: a report where it can run, status 2 and a remedy where it cannot."""
    path = tmpdir.join('mine.py')
    path.write('import multiprocessing\n')
    output, status = run('migrate', str(path))
    assert (output, status) == ('no use of a pool in 1 files\n', 0) or (status == 2 and 'Remedy:' in output)
