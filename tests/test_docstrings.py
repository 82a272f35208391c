"""What the reference is made of: each public docstring names its parameters and where it comes from."""
from __future__ import absolute_import, division, print_function

import importlib
import inspect
import re

import pytest

import poolcompat
import poolcompat.pool

MODULES = ['poolcompat', 'poolcompat.process', 'poolcompat.thread', 'poolcompat.interpreter', 'poolcompat.pool']


def is_ours(thing):
    """Whether we wrote it: what is the native object itself has CPython's documentation."""
    return callable(thing) and (thing.__module__ or '').startswith('poolcompat')


def public_names():
    """The functions and classes of all modules, each once, by the name under which it is found first."""
    found = {}
    for module in map(importlib.import_module, MODULES):
        for name in module.__all__:
            thing = getattr(module, name)
            if is_ours(thing):
                found.setdefault(thing, '%s.%s' % (module.__name__, name))
    return sorted((name, thing) for thing, name in found.items())


def public_methods():
    """The functions, the methods, also those that a base of ours brings, and the classes that users call: no errors, no
    results and no futures."""
    for name, thing in public_names():
        if not (inspect.isclass(thing) and issubclass(thing, (Exception, poolcompat.Future, poolcompat.pool.ApplyResult))):
            yield name, thing
        if inspect.isclass(thing):
            for method in sorted(dir(thing)):
                homes = [cls for cls in thing.__mro__ if method in vars(cls)]
                if not method.startswith('_') and homes[0].__module__.startswith('poolcompat'):
                    if callable(getattr(thing, method)):
                        yield '%s.%s' % (name, method), getattr(thing, method)


NAMES, METHODS = public_names(), list(public_methods())


def ids(pairs):
    return [name for name, _ in pairs]


def test_there_are_names():
    assert {'poolcompat.ProcessPoolExecutor', 'poolcompat.Pool', 'poolcompat.Future'} <= set(ids(NAMES))
    assert {'poolcompat.ProcessPoolExecutor.submit', 'poolcompat.Pool.imap'} <= set(ids(METHODS))


@pytest.mark.parametrize('name, thing', NAMES, ids=ids(NAMES))
def test_source(name, thing):
    assert re.search(r'CPython|PEP|futures.{1,9}backport', thing.__doc__), '%s does not say where it comes from' % name


@pytest.mark.skipif(not hasattr(inspect, 'signature'), reason='Python 2.7 has no inspect.signature; the texts are the same')
@pytest.mark.parametrize('name, thing', METHODS, ids=ids(METHODS))
def test_parameters(name, thing):
    parameters = set(inspect.signature(thing).parameters) - {'self'}
    named = set(re.findall(r'\w+', ' '.join(re.findall(r'``(.+?)``', thing.__doc__ or '', re.DOTALL))))
    assert parameters <= named, '%s does not name %s' % (name, sorted(parameters - named))
