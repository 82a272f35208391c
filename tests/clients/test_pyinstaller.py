"""PyInstaller: a frozen program whose workers are the program itself, by ``freeze_support``."""
from __future__ import absolute_import, division, print_function

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
        import concurrent.futures as pools
        context = multiprocessing.get_context(method)
    else:
        pools, context = poolcompat, poolcompat.get_context(method)
    with pools.ProcessPoolExecutor(2, mp_context=context) as executor:
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


@pytest.mark.parametrize('method', support.START_METHODS)
def test_a_frozen_program(frozen, method):
    outcomes = []
    for library in 'native', 'poolcompat':
        script = support.Script('', program=['-c', 'import os, sys; os.execv(sys.argv[1], sys.argv[1:])', frozen, library,
                                             method]).finish()
        outcomes.append((script.code, script.out))
    assert outcomes[0] == outcomes[1] == (0, 'True [0, 1, 8, 27, 64]\n'), script.err
