"""The wheel and the source distribution: complete, well described, and installed by pips as old as the interpreters."""
from __future__ import absolute_import, division, print_function

import glob
import os
import shutil
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUNDLED = """
import ensurepip, glob, os
print(glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), '_bundled', 'pip-*'))[0])
"""
PROGRAM = '''\
from poolcompat import Pool, ProcessPoolExecutor, ThreadPoolExecutor


if __name__ == '__main__':
    for executor_type in ProcessPoolExecutor, ThreadPoolExecutor:
        with executor_type(2) as executor:
            print(list(executor.map(abs, range(-3, 0))))
    with Pool(2) as pool:
        print(pool.map(abs, range(-3, 0)))
'''


def run(*command, **options):
    """What the command writes; AssertionError with all of it where it fails."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, **options)
    output, errors = process.communicate()
    assert process.returncode == 0, output + errors
    return output


@pytest.fixture(scope='module')
def distributions(tmpdir_factory):
    """The folder with the two of them, built by this interpreter."""
    folder = str(tmpdir_factory.mktemp('dist'))
    run(sys.executable, '-m', 'build', '--outdir', folder, ROOT)
    return folder


@pytest.fixture(scope='module')
def wheel(distributions):
    [path] = glob.glob(os.path.join(distributions, '*.whl'))
    assert path.endswith('-py2.py3-none-any.whl')
    return path


def test_twine(distributions):
    run(sys.executable, '-m', 'twine', 'check', '--strict', *glob.glob(os.path.join(distributions, '*')))


@pytest.mark.skipif(not os.path.exists(os.path.join(ROOT, '.git')), reason='what belongs to it is what git knows')
def test_source_distribution_is_complete():
    run(sys.executable, '-m', 'check_manifest', ROOT)


@pytest.mark.parametrize('command, brings', [('python2.7', {'poolcompat', 'six', 'futures'}),
                                             ('python3.6', {'poolcompat', 'six'}),
                                             (sys.executable, {'poolcompat', 'six'})],
                         ids=['2.7', '3.6', 'newest'])
def test_wheel_installs(wheel, tmpdir, command, brings):
    """By the pip that came with the interpreter, in an environment where there is nothing else."""
    interpreter = shutil.which(command)
    if interpreter is None:
        pytest.skip(command + ' is not on this machine')
    run(sys.executable, '-m', 'virtualenv', '--quiet', '--no-pip', '--no-setuptools', '--no-wheel', '-p', interpreter,
        str(tmpdir.join('env')))
    python = str(tmpdir.join('env', 'bin', 'python'))
    pip = os.path.join(run(interpreter, '-c', BUNDLED).strip(), 'pip')
    run(python, pip, 'install', '--disable-pip-version-check', wheel)
    installed = run(python, pip, 'list', '--disable-pip-version-check', '--format=freeze')
    tmpdir.join('program.py').write(PROGRAM)
    assert run(python, 'program.py', cwd=str(tmpdir)) == '[3, 2, 1]\n' * 3
    assert set(line.partition('==')[0] for line in installed.split()) == brings
