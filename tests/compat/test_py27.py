"""``poolcompat._compat.py27``: waits that end at once, and what can be pickled, on every interpreter; ``spawn`` on 2.7."""
from __future__ import absolute_import, division, print_function

import ast
import functools
import multiprocessing
import operator
import os
import signal
import sys
import threading
from multiprocessing import queues

import pytest
from six.moves import range

import poolcompat
from poolcompat._compat.py27.mapping import list_of, part_of
from poolcompat._compat.py27.pickling import Pickling, dumps_alone, loads, received
from poolcompat._compat.py27.waiting import monotonic
from poolcompat._conditions import Condition, Latch

from tests import tasks
from tests.bindings import Spawn, bind


@pytest.mark.parametrize('items', [
    range(0), range(1), range(7), range(3, 30, 4), range(30, 3, -4), range(5, -6, -1), range(sys.maxsize - 5, sys.maxsize),
    range(-sys.maxsize, -sys.maxsize + 5), range(-sys.maxsize + 4, -sys.maxsize - 1, -1),
    range(sys.maxsize, sys.maxsize - 1, -1), list('abcdef'), tuple('abcdef')],
    ids=repr)
def test_parts_of_a_sequence(items):
    """Those of a range are ranges, 2.7's xrange included: to pickle one takes no time."""
    everything = list(items)
    for first in range(len(everything)):
        for end in range(first + 1, len(everything) + 1):
            part = part_of(items, first, end)
            assert list(part) == everything[first:end]
            assert isinstance(part, range) == isinstance(items, range)


def stop_at_three(item):
    if item == 3:
        raise StopIteration('three')
    return item


def test_a_function_of_each_item():
    """A StopIteration of the function is an error like others, and None is no function."""
    assert list_of(abs, [-1, 2]) == [1, 2]
    assert list_of(None, []) == []
    with pytest.raises(TypeError):
        list_of(None, [1])
    with pytest.raises(StopIteration) as caught:
        list_of(stop_at_three, [1, 2, 3, 4])
    assert str(caught.value) == 'three'


def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    return thread


@pytest.mark.race
@pytest.mark.parametrize('timeout', [None, 60])
@pytest.mark.parametrize('waiting_thread', ['main', 'other'])
def test_latch(timeout, waiting_thread):
    for _ in range(200):
        latch, seen = Latch(), []

        def wait():
            seen.append(latch.wait(timeout))

        if waiting_thread == 'main':
            other = in_thread(latch.set)
            wait()
        else:
            other = in_thread(wait)
            latch.set()
        other.join()
        assert seen == [True]


def test_latch_in_vain():
    latch = Latch()
    begin = monotonic()
    assert not latch.wait(.05)
    assert monotonic() - begin >= .03       # 2.7's clock has steps of 10 ms


@pytest.mark.race
def test_latch_of_several():
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


def test_pickled_twice():
    """A method of a built-in type that comes twice in one value."""
    split = 'a-b'.split
    first, second = loads(dumps_alone([split, split]))
    assert first('-') == second('-') == ['a', 'b']


def test_pickled_alone():
    for value in (None, True, 3, 2.5, b'bytes', u'text', [1], Greeter().greet):
        again = loads(dumps_alone(value))
        assert again == value or again('x') == 'hello x'


LONG = b'x' * (1 << 17)


@pytest.mark.parametrize('beside', [
    lambda value: loads(dumps_alone([LONG, value]))[1],
    lambda value: loads(Pickling().dumps_call(len, (LONG, value), {}))[1][1]], ids=['in a value', 'in a call'])
def test_beside_what_is_long(beside):
    """For which 2.7 has another way. What is one object stays one, and a circle a circle."""
    own, circle = [1], [LONG]
    circle.append(circle)
    kinds = LONG, u'\u20ac' * 70000, 1 << 70, .5, None
    again = beside({'own': own, 'same': own, 'circle': circle, 'kinds': kinds})
    assert again['own'] is again['same'] and again['own'] == own
    assert again['circle'][0] == LONG and again['circle'][1] is again['circle']
    assert again['kinds'] == kinds
    assert beside(Greeter().greet)('you') == 'hello you'
    with pytest.raises(Exception, match='lambda|function'):
        beside(lambda: None)


def test_a_long_result():
    assert loads(dumps_alone(LONG)) == LONG


def test_loads_from_a_bytearray():
    assert loads(received(bytearray(dumps_alone(['x'])))) == ['x']


# -- spawn on 2.7, which every other interpreter has -----------------------------------------------------------------

if sys.version_info < (3, 0):
    from poolcompat._compat.py27 import launch, sharing

    ORPHAN = """
    if __name__ == '__main__':
        lock = get_context(METHOD).Lock()
        executor = make(1, initializer=tasks.initialise, initargs=(lock,))
        executor.submit(tasks.try_lock).result()
        say(repr(lock._made_of[0]))
        if ARGS[0] == 'dying':
            worker, = executor._processes
            os.closerange(3, 256)
            os.waitpid(worker, 0)
        if ARGS[0] != 'ended':
            os.kill(os.getpid(), signal.SIGKILL)
    """

    class SpawnCases(object):

        @pytest.mark.parametrize('make', [
            multiprocessing.Lock, multiprocessing.Condition, multiprocessing.Event, multiprocessing.Queue,
            queues.SimpleQueue, lambda: multiprocessing.Value('i', 0), lambda: multiprocessing.RawArray('i', 3)])
        def test_things_that_cannot_be_given(self, make):
            thing = make()
            executor = self.executor(initializer=tasks.initialise, initargs=(thing,))
            with pytest.raises(poolcompat.BrokenProcessPool) as caught:
                executor.submit(tasks.noop)
                executor.submit(tasks.noop).result()
            for word in type(thing).__name__, 'cannot be given', "get_context('spawn')":
                assert word in str(caught.value)

        @pytest.mark.parametrize('how', ['ended', 'killed', 'dying'])
        def test_no_name_is_left(self, how):
            """Of a semaphore: where the maker was killed, the workers see to it.

            A process that dies closes its descriptors first, and is its children's parent for a moment longer.
            """
            script = self.script(ORPHAN, how).finish()
            with pytest.raises(OSError):
                sharing._open_semaphore(ast.literal_eval(script.out), 0)

        def test_process(self):
            """Also without a pool: an exit code, a daemon, a signal."""
            process = self.ctx.Process(target=os._exit, args=(3,), name='three')
            assert process.name == 'three'
            process.start()
            process.join()
            assert process.exitcode == 3
            gate = self.gate()
            process = self.ctx.Process(target=tasks.visit, args=(gate.address,))
            process.start()
            gate.admit_one()
            assert process.is_alive()
            process.terminate()
            process.join()
            assert process.exitcode == -signal.SIGTERM

        def test_frozen(self, monkeypatch):
            monkeypatch.setattr(sys, 'frozen', True, raising=False)
            with pytest.raises(RuntimeError, match="frozen or embedded.*'fork'"):
                self.ctx.Process(target=len).start()

        def test_descriptors_where_no_folder_lists_them(self, monkeypatch):
            monkeypatch.setattr(launch.os, 'listdir', lambda folder: [])
            monkeypatch.setattr(launch.os, 'sysconf', lambda name: 200)
            reader, writer = self.ctx.Pipe(duplex=False)
            executor = self.executor(initializer=tasks.initialise, initargs=(writer,))
            executor.submit(tasks.send_in_pipe, 'through').result()
            assert reader.recv() == 'through'
            reader.close()
            writer.close()

    bind(globals(), SpawnCases, [Spawn])


@pytest.mark.skipif(sys.version_info >= (3,), reason='on Python 3 the lock of a condition is the one in C')
def test_condition_over_a_lock_in_python(monkeypatch):
    """As a library of green threads puts it in place."""
    class Green(object):
        def __init__(self):
            lock = allocate()
            self.acquire, self.release = lock.acquire, lock.release

        def __enter__(self):
            return self.acquire()

        def __exit__(self, exc_type, exc_val, exc_tb):
            self.release()

    allocate = threading.Lock
    monkeypatch.setattr(threading, 'Lock', Green)
    condition = Condition()
    with condition:
        assert not condition.acquire(False)
    assert condition.acquire(False)
    condition.release()
    assert condition.acquire(False)
