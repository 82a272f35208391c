"""cloudpickle, by the wrapper of ``examples/send_lambdas.py``."""
from __future__ import absolute_import, division, print_function

import os
import sys

import pytest

import poolcompat

from tests import support
from tests.clients.libraries import Native, Ours

EXAMPLES = os.path.join(support.ROOTS[1], 'examples')


@pytest.fixture
def by_value(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    yield __import__('send_lambdas').ByValue
    del sys.modules['send_lambdas']


def mapped(executor, by_value, base):
    def local(number):
        return number + base

    with executor:
        return executor.submit(by_value(lambda: base)).result(), list(executor.map(by_value(local), range(5), chunksize=2))


@pytest.mark.parametrize('name', ['ProcessPoolExecutor', 'ThreadPoolExecutor'])
def test_lambdas_and_local_functions(by_value, name):
    ours = mapped(getattr(Ours, name)(2), by_value, 10)
    assert ours == mapped(getattr(Native, name)(2), by_value, 10) == (10, [10, 11, 12, 13, 14])


@pytest.mark.parametrize('method', support.START_METHODS)
def test_every_start_method(by_value, method):
    executor = poolcompat.ProcessPoolExecutor(2, poolcompat.get_context(method))
    assert mapped(executor, by_value, 20) == (20, [20, 21, 22, 23, 24])


def test_the_example(by_value):
    script = support.Script('', program=[os.path.join(EXAMPLES, 'send_lambdas.py')]).finish()
    assert (script.code, script.out, script.err) == (0, '101\n[0, 100, 200, 300]\n', '')
