"""CONTRACT.md, Names: what can be imported from where."""
from __future__ import absolute_import, division, print_function

import pickle
import re
import sys

import concurrent.futures
import pytest

import poolcompat
import poolcompat.interpreter
import poolcompat.process
import poolcompat.thread

NAMES = ['ProcessPoolExecutor', 'ThreadPoolExecutor', 'InterpreterPoolExecutor', 'BrokenThreadPool',
         'Pool', 'ThreadPool', 'Executor', 'Future', 'wait', 'as_completed', 'FIRST_COMPLETED', 'FIRST_EXCEPTION',
         'ALL_COMPLETED', 'CancelledError', 'TimeoutError', 'InvalidStateError', 'BrokenExecutor', 'BrokenProcessPool',
         'get_context', 'cpu_count', '__version__']

CLASSES = ['ProcessPoolExecutor', 'ThreadPoolExecutor', 'InterpreterPoolExecutor', 'BrokenThreadPool',
           'Pool', 'ThreadPool', 'Executor', 'Future', 'CancelledError', 'TimeoutError', 'InvalidStateError',
           'BrokenExecutor', 'BrokenProcessPool']


@pytest.mark.parametrize('name', NAMES)
def test_name(name):
    assert getattr(poolcompat, name) is not None
    assert name in poolcompat.__all__
    assert name in dir(poolcompat)


def test_star_import():
    namespace = {}
    exec('from poolcompat import *', namespace)
    for name in NAMES:
        assert namespace[name] is getattr(poolcompat, name)


@pytest.mark.parametrize('name', ['ProcessPoolExecutor', 'BrokenProcessPool'])
def test_process_module(name):
    assert getattr(poolcompat.process, name) is getattr(poolcompat, name)
    assert name in poolcompat.process.__all__


@pytest.mark.parametrize('module, names', [
    (poolcompat.thread, ['ThreadPoolExecutor', 'BrokenThreadPool']),
    (poolcompat.interpreter, ['InterpreterPoolExecutor', 'BrokenInterpreterPool', 'ExecutionFailed']),
], ids=['thread', 'interpreter'])
def test_other_modules(module, names):
    assert sorted(names) == sorted(module.__all__)
    for name in names:
        assert getattr(poolcompat, name, getattr(module, name)) is getattr(module, name)


def test_unknown_name():
    with pytest.raises(AttributeError) as caught:
        poolcompat.ProcesPoolExecutor
    assert 'poolcompat' in str(caught.value) and 'ProcesPoolExecutor' in str(caught.value)
    with pytest.raises(ImportError):
        exec('from poolcompat import ProcesPoolExecutor', {})


def test_version():
    assert re.match(r'\d+\.\d+(\.\d+)?([a-z.]+\d*)?$', poolcompat.__version__)


@pytest.mark.parametrize('name', ['FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED'])
def test_constant(name):
    assert getattr(poolcompat, name) == getattr(concurrent.futures, name) == name


@pytest.mark.parametrize('name', CLASSES)
def test_class_can_be_pickled_by_name(name):
    cls = getattr(poolcompat, name)
    assert pickle.loads(pickle.dumps(cls, pickle.HIGHEST_PROTOCOL)) is cls


@pytest.mark.parametrize('name', CLASSES)
def test_class_shows_a_public_name(name):
    cls = getattr(poolcompat, name)
    assert cls.__name__ == name
    module = sys.modules[cls.__module__]
    assert getattr(module, name) is cls
    if cls.__module__.startswith('poolcompat'):
        assert not any(part.startswith('_') for part in cls.__module__.split('.'))


@pytest.mark.parametrize('name', ['wait', 'as_completed', 'cpu_count', 'ProcessPoolExecutor', 'Future'])
def test_documented(name):
    assert getattr(poolcompat, name).__doc__
