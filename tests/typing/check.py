"""Compare the stubs with the running package, and what type checkers say of ``uses.py`` with what it expects.

    python tests/typing/check.py FOLDER

Run by tox's environment ``types``. ``stubtest`` has to run on the interpreter whose package it compares: each that is
found on PATH gets a virtual environment in FOLDER, which is kept for the next time.
"""
from __future__ import absolute_import, division, print_function

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
USES = os.path.join(HERE, 'uses.py')
ALLOWLIST = os.path.join(HERE, 'allowlist.txt')
STUBS = sorted(glob.glob(os.path.join(ROOT, 'poolcompat', '*.pyi')))

INTERPRETERS = ['3.9', '3.10', '3.11', '3.12', '3.13']     # that stubtest runs on
TARGETS = ['3.10', '3.13', '3.14']      # for which the checkers look at the uses: the oldest they know, and where stubs fork
BIN = 'Scripts' if os.name == 'nt' else 'bin'


def output_of(command, **kwargs):
    """What the command prints, whatever its exit status."""
    return subprocess.Popen(command, stdout=subprocess.PIPE, universal_newlines=True, cwd=ROOT, **kwargs).communicate()[0]


# -- uses ------------------------------------------------------------------------------------------------------------

def expected(text, checker):
    """``(line, code)`` of the errors that the comments of ``text`` name for the checker."""
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        for name, code in re.findall(r'(\w+) ([\w-]+)', line.partition('# expect: ')[2]):
            if name == checker:
                found.add((number, code))
    return found


def mypy_errors(target):
    """``(file, line, code)`` of the errors that ``mypy --strict`` finds in the stubs and in the uses."""
    out = output_of([sys.executable, '-m', 'mypy', '--strict', '--no-error-summary', '--hide-error-context',
                     '--show-absolute-path', '--python-version', target] + STUBS + [USES])
    errors = [re.match(r'(.*):(\d+): error: .*\[([\w-]+)\]$', line) for line in out.splitlines() if ': note: ' not in line]
    if None in errors:
        raise SystemExit('mypy failed:\n' + out)
    return set((os.path.basename(error.group(1)), int(error.group(2)), error.group(3)) for error in errors)


def pyright_errors(target):
    """The same of pyright."""
    out = output_of([sys.executable, '-m', 'pyright', '--outputjson', '--pythonversion', target] + STUBS + [USES])
    try:
        found = json.loads(out)['generalDiagnostics']
    except ValueError:
        raise SystemExit('pyright failed:\n' + out)
    return set((os.path.basename(error['file']), error['range']['start']['line'] + 1, error.get('rule', 'error'))
               for error in found)


def check_uses(checker, errors_of):
    """Return how many errors came that are not expected, or did not come that are."""
    with open(USES) as stream:
        wanted = set((os.path.basename(USES),) + error for error in expected(stream.read(), checker))
    bad = 0
    for target in TARGETS:
        found = errors_of(target)
        for what, errors in ('not expected', found - wanted), ('expected, and not there', wanted - found):
            for error in sorted(errors):
                print('%s for %s: %s:%d: %s: %s' % ((checker, target) + error + (what,)))
                bad += 1
        print('%s for %s: %d errors, %d expected' % (checker, target, len(found), len(wanted)))
    return bad


# -- stubs -----------------------------------------------------------------------------------------------------------

def find(version):
    """The interpreter of that version on PATH, or None."""
    for folder in os.environ.get('PATH', '').split(os.pathsep):
        path = os.path.join(folder, 'python' + version)
        if os.access(path, os.X_OK) and subprocess.call([path, '-c', 'import venv, ensurepip']) == 0:
            return path
    return None


def environment(interpreter, folder):
    """The interpreter of a virtual environment that has mypy, made where it is not there."""
    python = os.path.join(folder, BIN, 'python')
    if subprocess.call([python, '-m', 'mypy', '--version'], stdout=subprocess.DEVNULL) if os.path.exists(python) else True:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.check_call([interpreter, '-m', 'venv', folder])
        subprocess.check_call([python, '-m', 'pip', 'install', '-q', '--disable-pip-version-check', 'mypy <3', 'six'])
    return python


def check_stubs(folder):
    """Return on how many interpreters the package is not what the stubs say.

    The stubs are copied: beside them mypy would read the modules too, of which it understands little.
    """
    alone, bad, ran = tempfile.mkdtemp(), 0, 0
    try:
        os.mkdir(os.path.join(alone, 'poolcompat'))
        for stub in STUBS:
            shutil.copy(stub, os.path.join(alone, 'poolcompat'))
        for version in INTERPRETERS:
            interpreter = find(version)
            print('stubtest on %s: %s' % (version, interpreter or 'not on this machine'))
            sys.stdout.flush()
            if interpreter:
                python = environment(interpreter, os.path.join(folder, version))
                bad += subprocess.call([python, '-m', 'mypy.stubtest', 'poolcompat', '--allowlist', ALLOWLIST], cwd=folder,
                                       env=dict(os.environ, PYTHONPATH=ROOT, MYPYPATH=alone)) != 0
                ran += 1
    finally:
        shutil.rmtree(alone)
    return bad or not ran


def main(folder):
    bad = check_uses('mypy', mypy_errors) + check_uses('pyright', pyright_errors) + check_stubs(os.path.abspath(folder))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
