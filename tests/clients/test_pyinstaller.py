"""PyInstaller: a frozen program whose workers are the program itself, by ``freeze_support``."""
from __future__ import absolute_import, division, print_function

import multiprocessing
import os
import subprocess
import sys

import pytest

from tests import support

PROGRAM = '''\
from __future__ import absolute_import, division, print_function
import multiprocessing
import os
import sys

import poolcompat


def cube(number):
    return number ** 3


if __name__ == '__main__':
    multiprocessing.freeze_support()
    library, method = sys.argv[1:]
    if library == 'native':
        from concurrent.futures import ProcessPoolExecutor
        if method != 'fork':
            multiprocessing.set_start_method(method)
        executor = ProcessPoolExecutor(2)
    else:
        executor = poolcompat.ProcessPoolExecutor(2, poolcompat.get_context(method))
    with executor:
        print(getattr(sys, 'frozen', False), list(executor.map(cube, range(5))))
'''


@pytest.fixture(scope='module')
def frozen(tmpdir_factory):
    """The path of the frozen program."""
    folder = tmpdir_factory.mktemp('frozen')
    folder.join('program.py').write(PROGRAM)
    process = subprocess.Popen(
        [sys.executable, '-m', 'PyInstaller', '--onedir', '--noconfirm', '--log-level', 'ERROR', 'program.py'],
        cwd=str(folder), env=dict(os.environ, PYTHONPATH=os.pathsep.join(support.ROOTS)),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = process.communicate()[0]
    assert process.returncode == 0, said.decode('utf-8', 'replace')
    return str(folder.join('dist', 'program', 'program'))


def run(frozen, library, method):
    execute = 'import os, sys; os.execv(sys.argv[1], sys.argv[1:])'
    return support.Script('', program=['-c', execute, frozen, library, method]).finish()


@pytest.mark.parametrize('method', support.START_METHODS)
def test_a_frozen_program(frozen, method):
    ours = run(frozen, 'poolcompat', method)
    if method == 'spawn' and not hasattr(multiprocessing, 'get_context'):       # 2.7, where the native pools have no spawn
        assert "the program is frozen or embedded. Use get_context('fork')" in ours.err
    else:
        native = run(frozen, 'native', method)
        assert (ours.code, ours.out) == (native.code, native.out) == (0, 'True [0, 1, 8, 27, 64]\n'), ours.err + native.err
