"""``poolcompat._compat.py27``: waits that end at once, and what can be pickled; the same on every interpreter."""
from __future__ import absolute_import, division, print_function

import functools
import operator
import threading

import pytest

import poolcompat
from poolcompat._compat.py27.pickling import Pickling, dumps_alone, loads
from poolcompat._compat.py27.waiting import Event, Latch, monotonic


def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    return thread


@pytest.mark.race
@pytest.mark.parametrize('timeout', [None, 60])
@pytest.mark.parametrize('waiting_thread', ['main', 'other'])
def test_event(timeout, waiting_thread):
    for _ in range(200):
        event, seen = Event(), []

        def wait():
            seen.append(event.wait(timeout))

        if waiting_thread == 'main':
            other = in_thread(event.set)
            wait()
        else:
            other = in_thread(wait)
            event.set()
        other.join()
        assert seen == [True]


def test_event_in_vain():
    event = Event()
    begin = monotonic()
    assert not event.wait(.05)
    assert monotonic() - begin >= .03       # 2.7's clock has steps of 10 ms


@pytest.mark.race
def test_latch():
    for _ in range(200):
        latch = Latch()
        waiting = [in_thread(latch.wait) for _ in range(3)]
        latch.set()
        latch.set()
        latch.wait()
        for thread in waiting:
            thread.join()


@pytest.mark.race
@pytest.mark.parametrize('timeout', [None, 60])
def test_future_is_waited_for_by_several_threads(timeout):
    for _ in range(100):
        future, seen = poolcompat.Future(), []
        threads = [in_thread(lambda: seen.append(future.result(timeout))) for _ in range(3)]
        future.set_result(5)
        assert future.result(timeout) == 5
        for thread in threads:
            thread.join()
        assert seen == [5, 5, 5]


class Greeter(object):
    def greet(self, name):
        return 'hello ' + name

    @classmethod
    def name(cls):
        return cls.__name__


@pytest.mark.parametrize('function,args,result', [
    (Greeter().greet, ('you',), 'hello you'),
    (Greeter.name, (), 'Greeter'),
    ('a-b'.split, ('-',), ['a', 'b']),
    (functools.partial(Greeter().greet, 'me'), (), 'hello me'),
    (operator.add, (1, 2), 3),
    (len, ('abc',), 3),
], ids=['method', 'class method', 'method of str', 'partial of a method', 'function', 'builtin'])
def test_functions_that_can_be_pickled(function, args, result):
    again, = loads(Pickling().dumps([function]))
    assert again(*args) == result
    fn, args, kwargs = loads(Pickling().dumps_call(function, args, {}))
    assert fn(*args, **kwargs) == result


def test_pickled_one_after_the_other():
    """Each by itself, also after one that failed midway."""
    pickling, shared = Pickling(), [b'x' * 10]
    for _ in range(2):
        assert loads(pickling.dumps([shared, shared])) == [shared, shared]
        with pytest.raises(Exception, match='lambda|function'):
            pickling.dumps([shared, b'y' * 100000, lambda: None])
        with pytest.raises(Exception, match='lambda|function'):
            pickling.dumps_call(len, (shared, lambda: None), {})
    assert pickling.dumps([shared]) == Pickling().dumps([shared])
    assert loads(pickling.dumps_call(operator.add, (1, shared), {'a': 2})) == (operator.add, (1, shared), {'a': 2})


def test_pickled_alone():
    for value in (None, True, 3, 2.5, b'bytes', u'text', [1], Greeter().greet):
        again = loads(dumps_alone(value))
        assert again == value or again('x') == 'hello x'


def test_loads_from_a_bytearray():
    assert loads(bytearray(dumps_alone(['x']))) == ['x']
