"""CONTRACT.md, Behaviour 2: what cannot be pickled or loaded, and what can."""
from __future__ import absolute_import, division, print_function

import functools
import operator
import pickle
import sys

import pytest

from tests import tasks
from tests.bindings import ALL, Fork, Native, Portable, bind, native_never, native_since

PICKLING_ERRORS = (pickle.PicklingError, AttributeError, TypeError)
try:
    import cPickle
    PICKLING_ERRORS += (cPickle.PicklingError,)
except ImportError:
    pass


class HarmlessCases(object):
    """The one future fails; the pool, its workers and every other future go on."""

    def alone(self, *call):
        """The error of this call, given beside good ones, in a pool that must outlive it with the same worker."""
        executor = self.executor()
        pid = executor.submit(tasks.pid_for, 0).result()
        before = [executor.submit(tasks.square, i) for i in range(5)]
        bad = executor.submit(*call)
        after = [executor.submit(tasks.square, i) for i in range(5)]
        error = bad.exception()
        assert error is not None
        assert [f.result() for f in before] == [f.result() for f in after] == [0, 1, 4, 9, 16]
        assert executor.submit(tasks.pid_for, 0).result() == pid
        return error

    @pytest.mark.parametrize('argument', [lambda: 1, (i for i in ()), tasks.Unpicklable()],
                             ids=['lambda', 'generator', 'instance'])
    def test_argument_cannot_be_pickled(self, argument):
        assert isinstance(self.alone(tasks.noop, argument), PICKLING_ERRORS)

    def test_function_cannot_be_pickled(self):
        assert isinstance(self.alone(lambda: 1), PICKLING_ERRORS)

    def test_local_function_cannot_be_pickled(self):
        def local():
            return 1
        assert isinstance(self.alone(local), PICKLING_ERRORS)

    def test_argument_raises_when_pickled(self):
        error = self.alone(tasks.noop, tasks.ExplodesWhenDumped())
        assert isinstance(error, ZeroDivisionError)
        assert str(error) == 'cannot be dumped'

    def test_argument_is_too_deep(self):
        deep = []
        for _ in range(50000):
            deep = [deep]
        try:
            assert isinstance(self.alone(tasks.noop, deep), RuntimeError)       # RecursionError where there is one
        finally:
            while deep:         # by hand: freeing it at one go is as deep
                deep = deep.pop()

    @pytest.mark.parametrize('fn', [tasks.return_lambda, tasks.return_generator])
    def test_result_cannot_be_pickled(self, fn):
        assert isinstance(self.alone(fn), PICKLING_ERRORS)

    def test_result_raises_when_pickled(self):
        error = self.alone(tasks.echo, tasks.ExplodesWhenDumpedLater())
        assert isinstance(error, ZeroDivisionError)

    def test_exception_cannot_be_pickled(self):
        assert isinstance(self.alone(tasks.raise_unpicklable), PICKLING_ERRORS)

    def test_exception_refuses_to_be_pickled(self):
        assert isinstance(self.alone(tasks.raise_refuses_pickling), ZeroDivisionError)

    @native_never('breaks the pool (GAPS 2b), without a cause')
    def test_argument_cannot_be_loaded(self):
        error = self.alone(tasks.noop, tasks.ExplodesWhenLoaded())
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert isinstance(error.__cause__, ValueError)
        assert str(error.__cause__) == 'cannot be loaded'

    @native_never('breaks the pool (GAPS 2b)')
    def test_result_cannot_be_loaded(self):
        error = self.alone(tasks.return_explosive)
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert isinstance(error.__cause__, ValueError)
        assert str(error.__cause__) == 'cannot be loaded'

    @native_never('gh-103061: breaks the pool')
    def test_exception_cannot_be_rebuilt(self):
        error = self.alone(tasks.raise_two_arguments)
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert isinstance(error.__cause__, TypeError)

    @native_never('breaks the pool')
    @pytest.mark.parametrize('call', [(tasks.return_unspeakable,), (tasks.ExplodesUnspeakably(),)],
                             ids=['result', 'function'])
    def test_neither_function_nor_error_can_say_what_it_is(self, call):
        error = self.alone(*call)
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert isinstance(error.__cause__, tasks.Unspeakable)
        assert 'Unspeakable' in str(error)

    @native_never('breaks the pool')
    def test_argument_cannot_be_found_in_the_worker(self):
        """The class exists here, and its module has no such name there."""
        error = self.alone(tasks.noop, tasks.FoundOnlyHere())
        assert isinstance(error, self.lib.BrokenProcessPool)
        assert isinstance(error.__cause__, (AttributeError, pickle.UnpicklingError))

    def test_in_map(self):
        executor = self.executor()
        results = executor.map(tasks.echo, [1, lambda: 1, 3])
        assert next(results) == 1
        with pytest.raises(PICKLING_ERRORS):
            next(results)
        assert executor.submit(tasks.square, 3).result() == 9


CALLABLES = [
    ('method', (tasks.Box(1).method, 2), (1, 2)),
    ('classmethod', (tasks.Box.of, 3), 3),
    ('classmethod of an instance', (tasks.Box(0).of, 4), 4),
    ('instance', (tasks.Box(6), 7), ('called', 6, 7)),
    ('method of str', ('abc'.upper,), 'ABC'),
    ('method of list', ([3, 1, 2].index, 1), 1),
    ('classmethod of dict', (dict.fromkeys, 'ab', 1), {'a': 1, 'b': 1}),
    ('method as argument', (tasks.call, tasks.Box(1).method, 2), (1, 2)),
    ('partial', (functools.partial(tasks.add3, 1, c=2), 3), 6),
    ('partial of method', (functools.partial(tasks.Box(8).method), 3), (8, 3)),
    ('builtin', (len, 'four'), 4),
    ('class', (tasks.Box, 9), tasks.Box(9)),
]
if sys.version_info >= (3, 5):          # functions that know where they were defined; before, pickle itself cannot
    CALLABLES += [
        ('staticmethod', (tasks.Box.double, 5), 10),
        ('itemgetter', (operator.itemgetter(1), 'xyz'), 'y'),
    ]


class TravelCases(object):
    """What can be sent, the same on every interpreter."""

    @pytest.mark.parametrize('call, expected', [row[1:] for row in CALLABLES], ids=[row[0] for row in CALLABLES])
    def test_callable(self, call, expected):
        assert self.executor().submit(*call).result() == expected

    def test_method_as_a_result(self):
        assert self.executor().submit(tasks.echo, tasks.Box(1).method).result()(2) == (1, 2)

    @pytest.mark.parametrize('value', [None, True, 0, 1 << 80, 2.5, 1j, b'bytes', u'text \u20ac', (), [], {}, set('ab'),
                                       frozenset('c'), range(3), slice(1, 2)], ids=repr)
    def test_value(self, value):
        result = self.executor().submit(tasks.echo, value).result()
        assert result == value
        assert type(result) is type(value)

    def test_one_object_stays_one(self):
        shared = [1]
        a, b = self.executor().submit(tasks.echo, (shared, shared)).result()
        assert a is b

    @pytest.mark.parametrize('size', [1, 100, 4095, 4096, 65535, 65536, 65537, 1 << 20, 5 << 20])
    def test_sizes(self, size):
        data = b'ab' * size
        executor = self.executor()
        assert executor.submit(tasks.size_of, data).result() == 2 * size
        assert executor.submit(tasks.echo, data).result() == data

    def test_large_beside_small(self):
        executor = self.executor(2)
        large = [executor.submit(tasks.echo, b'x' * (3 << 20)) for _ in range(4)]
        small = [executor.submit(tasks.square, i) for i in range(50)]
        assert [f.result() for f in small] == [i * i for i in range(50)]
        assert [len(f.result()) for f in large] == [3 << 20] * 4

    def test_large_both_ways_at_once(self):
        """A worker that writes a large result while a large call is written to it."""
        executor = self.executor()
        data = b'y' * (2 << 20)
        assert all(f.result() == data for f in [executor.submit(tasks.echo, data) for _ in range(6)])

    @native_since((3, 7))
    def test_pickling_may_call_the_executor(self):
        """User code runs while a call is pickled; no lock may be held then."""
        executor = self.executor()
        futures = []
        hook = lambda: futures.append(executor.submit(tasks.square, 3))      # noqa: E731
        tasks.CallsWhenDumped.hook = staticmethod(hook)
        try:
            assert executor.submit(tasks.echo, tasks.CallsWhenDumped()).result() == 'dumped'
            assert [f.result() for f in futures] == [9]
        finally:
            tasks.CallsWhenDumped.hook = None

    def test_argument_is_pickled_once(self):
        executor = self.executor()
        calls = []
        tasks.CallsWhenDumped.hook = staticmethod(lambda: calls.append(1))
        try:
            assert executor.submit(tasks.echo, tasks.CallsWhenDumped()).result() == 'dumped'
        finally:
            tasks.CallsWhenDumped.hook = None
        assert calls == [1]


bind(globals(), HarmlessCases, ALL)
bind(globals(), TravelCases, [Fork, Portable, Native])


class MethodCases(object):

    def test_bound_method(self):
        assert self.executor().submit(tasks.Box(1).method, 2).result() == (1, 2)

    def test_large(self):
        data = b'z' * (1 << 20)
        assert self.executor().submit(tasks.echo, data).result() == data


bind(globals(), MethodCases, [b for b in ALL if b not in (Fork, Portable, Native)])
