"""``poolcompat._engine.arrivals``: results of many calls, as they come."""
from __future__ import absolute_import, division, print_function

import random
import threading

import pytest

import poolcompat
from poolcompat._conditions import Condition
from poolcompat._engine import arrivals as arrivals_module
from poolcompat._engine.arrivals import Arrivals
from poolcompat._engine.slots import Slot, failed
from poolcompat.pool import IMapIterator, IMapUnorderedIterator

from tests import support


@pytest.fixture
def arrivals():
    arrivals = Arrivals()
    arrivals.expect(6)
    return arrivals


def test_in_order(arrivals):
    arrivals.put(2, ['c', 'd'])
    arrivals.put(4, ('e',))
    with pytest.raises(poolcompat.TimeoutError):
        arrivals.take(0)
    arrivals.put(0, ['a', 'b'])
    assert [arrivals.take(0) for _ in range(5)] == list('abcde')


def test_there_are_no_more(arrivals):
    arrivals.put(0, list('abcdef'))
    assert [arrivals.take() for _ in range(6)] == list('abcdef')
    with pytest.raises(poolcompat.TimeoutError):        # there may be more
        arrivals.take(.001)
    arrivals.end()
    for _ in range(2):
        with pytest.raises(StopIteration):
            arrivals.take()


def test_an_error_has_its_place(arrivals):
    error = ValueError()
    arrivals.put(1, [failed(error)])
    arrivals.put(0, ['a'])
    assert arrivals.take() == 'a'
    slot = arrivals.take()
    assert type(slot) is Slot and slot.error is error


def test_whoever_waits_is_told_of_what_comes_next_only(arrivals):
    told, fetch = [], arrivals._fetch
    arrivals._fetch = lambda: (told.append(True), fetch())[1]
    thread = threading.Thread(target=arrivals.take)
    thread.start()
    support.wait_for(lambda: arrivals._bells and len(told) >= 2)
    looked = len(told)
    arrivals.put(1, ['b', 'c', 'd', 'e', 'f'])
    thread.join(.05)
    assert thread.is_alive() and len(told) == looked
    arrivals.put(0, ['a'])
    thread.join()


def test_another_takes_what_is_waited_for(arrivals, monkeypatch):
    """As the wait begins: then it is for the next."""
    took = []

    def race():
        if not took:
            arrivals.put(0, ['a'])
            took.append(arrivals.take(0))
        return Condition()

    monkeypatch.setattr(arrivals_module, 'Condition', race)
    thread = threading.Thread(target=lambda: took.append(arrivals.take(support.GUARD)))
    thread.start()
    support.wait_for(lambda: took and arrivals._bells)
    arrivals.put(1, ['b'])
    thread.join(5)
    assert took == ['a', 'b']


def test_the_last_comes_as_somebody_looks():
    class Lock(object):
        def __enter__(self):
            pass

        def __exit__(self, *args):
            if arrivals._tickets:
                arrivals.put(0, ['a'])
                arrivals.end()

    arrivals = Arrivals()
    arrivals.expect(1)
    arrivals._lock = Lock()
    assert arrivals.take(support.GUARD) == 'a'


def test_whoever_waits_is_told_of_the_end(arrivals):
    arrivals.put(0, list('abcdef'))
    took = [arrivals.take() for _ in range(6)]

    def take():
        try:
            took.append(arrivals.take(support.GUARD))
        except StopIteration:
            took.append('end')

    thread = threading.Thread(target=take)
    thread.start()
    support.wait_for(lambda: arrivals._bells)
    arrivals.end()
    thread.join()
    assert took[-1] == 'end' and not arrivals._bells


@pytest.mark.race
@pytest.mark.parametrize('kind', [IMapIterator, IMapUnorderedIterator])
def test_threads_that_put_and_threads_that_take(kind):
    """Each item is taken once, and nobody waits for what has come."""
    results, count, took = kind(False), 3000, [[], [], []]
    results.expect(count)
    results.end()
    runs, at = [], 0
    while at < count:
        length = random.randint(1, 9)
        runs.append((at, list(range(at, min(at + length, count)))))
        at += length
    random.shuffle(runs)

    def put(some):
        for index, items in some:
            results.put(index, items)

    threads = [threading.Thread(target=put, args=(runs[part::2],)) for part in range(2)]
    threads += [threading.Thread(target=lambda got=got: got.extend(results)) for got in took]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(support.GUARD)
        assert not thread.is_alive()
    assert sorted(took[0] + took[1] + took[2]) == list(range(count))
    if kind is IMapIterator:
        assert all(got == sorted(got) for got in took)
