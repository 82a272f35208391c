"""What setup.cfg, setup.py, tox.ini and the package say of versions and files agrees."""
from __future__ import absolute_import, division, print_function

import io
import os
import re

import pytest

import poolcompat

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def read(name):
    with io.open(os.path.join(ROOT, name), encoding='utf-8') as stream:
        return stream.read()


def versions():
    return re.findall(r'Programming Language :: Python :: (\d\.\d+)$', read('setup.cfg'), re.MULTILINE)


def test_versions():
    assert versions() == ['2.7'] + ['3.%d' % minor for minor in range(4, 16)]


def test_tox_has_an_environment_for_each():
    envlist = re.search('^envlist = (.*)$', read('tox.ini'), re.MULTILINE).group(1).split(', ')
    assert envlist == ['py' + version.replace('.', '') for version in versions()] + [
        'pypy3', 'clients27', 'clients36', 'clients311', 'clients313', 'packaging313', 'docs', 'lint', 'types', 'migrate']


def test_python_requires():
    assert re.search('^python_requires = (.*)$', read('setup.cfg'), re.MULTILINE).group(1) == (
        '>=2.7, !=3.0.*, !=3.1.*, !=3.2.*, !=3.3.*')


def test_requirements():
    listed = re.search('^install_requires =\n((?:    .*\n)+)', read('setup.cfg'), re.MULTILINE).group(1)
    assert sorted(listed.split('\n')) == ['', '    futures; python_version < "3"', '    six']


@pytest.mark.parametrize('name', ['py.typed', '__init__.pyi'] + [
    name + '.pyi' for name in ('_futures', 'interpreter', 'pool', 'process', 'thread')])
def test_stubs_are_installed(name):
    """They came with the package: under tox, through the source distribution and a wheel made of it."""
    with io.open(os.path.join(os.path.dirname(poolcompat.__file__), name), encoding='utf-8') as stream:
        assert stream.read() == read(os.path.join('poolcompat', name))


def test_every_public_module_has_a_stub():
    folder = os.path.join(ROOT, 'poolcompat')
    public = [name for name in os.listdir(folder) if name.endswith('.py') and not name.startswith('_')]
    assert len(public) == 4
    for name in public:
        assert os.path.exists(os.path.join(folder, name + 'i'))


def test_extras():
    extras = re.search('^\\[options.extras_require\\]\n((?:.+\n)+)', read('setup.cfg'), re.MULTILINE).group(1)
    assert extras == 'migrate =\n    fissix; python_version >= "3.8"\n'


def test_hook():
    """The hook of pre-commit runs the command, with the parser that it needs."""
    hook = read('.pre-commit-hooks.yaml')
    assert re.search('^  entry: python -m poolcompat migrate$', hook, re.MULTILINE)
    assert re.search(r'^  additional_dependencies: \[fissix\]$', hook, re.MULTILINE)


def test_version_is_in_the_changelog():
    assert re.search(r'^## \[?%s\b' % re.escape(poolcompat.__version__), read('CHANGELOG.md'), re.MULTILINE)


@pytest.mark.parametrize('name', ['README.md', 'CHANGELOG.md', 'RELEASING.md', 'LICENSE', 'tox.ini', 'run-tests',
                                  'MANIFEST.in'])
def test_file_is_there(name):
    assert read(name).strip()
