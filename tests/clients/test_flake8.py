"""flake8 with ``-j``, which checks files in a ``multiprocessing.Pool``."""
from __future__ import absolute_import, division, print_function

import io

import flake8.checker
from flake8.main.application import Application

from tests.clients.libraries import Ours, counted


def checked(folder, report):
    application = Application()
    application.run(['--isolated', '-j', '2', '--output-file', str(report), str(folder)])
    with io.open(str(report), encoding='utf-8') as stream:
        return sorted(stream.read().replace(str(folder), '').splitlines())


def test_flake8_finds_the_same(monkeypatch, tmpdir):
    tree = tmpdir.mkdir('tree')
    for number in range(8):
        tree.join('module%d.py' % number).write('import os\nx = %d ;y=1\n' % number)
    native = checked(tree, tmpdir.join('native'))
    made = []
    monkeypatch.setattr(flake8.checker.multiprocessing, 'Pool', counted(Ours.Pool, made))
    assert checked(tree, tmpdir.join('ours')) == native
    assert made == [Ours.Pool]
    assert sum(": F401 'os' imported but unused" in line for line in native) == 8
