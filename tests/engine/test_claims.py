"""``poolcompat._engine.claims``: each call goes to one side, whoever asks first."""
from __future__ import absolute_import, division, print_function

import errno
import os
import random
import sys

import pytest

fcntl = pytest.importorskip('fcntl', reason='claims are for pipes that do not block, which Windows has not')

from poolcompat._engine import claims                                  # noqa: E402
from poolcompat._engine.channel import _unblock                         # noqa: E402
from poolcompat._engine.claims import MOST, ParentClaims, WorkerClaims, room     # noqa: E402


@pytest.fixture
def sides():
    reading, writing = os.pipe()
    _unblock(reading)
    _unblock(writing)
    yield ParentClaims(reading, writing), WorkerClaims(reading)
    os.close(reading)
    os.close(writing)


def claim(worker, number):
    """Return whether the call is the worker's."""
    return list(worker.among([number])) == [number]


def test_the_worker_claims_what_is_offered(sides):
    parent, worker = sides
    parent.offer([3, 4])
    assert claim(worker, 3) and claim(worker, 4)


def test_what_was_taken_back_cannot_be_claimed(sides):
    parent, worker = sides
    parent.offer([1, 2, 3])
    assert parent.take_back(2) == [1, 2]
    assert [claim(worker, number) for number in (1, 2, 3)] == [False, False, True]


def test_what_was_claimed_cannot_be_taken_back(sides):
    parent, worker = sides
    parent.offer([1, 2])
    assert claim(worker, 1)
    assert list(parent.take_back(5)) == [2]
    assert not claim(worker, 2)
    assert list(parent.take_back(5)) == []


def test_a_claim_is_kept_for_the_call_that_it_belongs_to(sides):
    parent, worker = sides
    parent.offer([1, 2])
    parent.take_back(1)
    parent.offer([5])
    assert [claim(worker, number) for number in (1, 2, 5)] == [False, True, True]


def test_each_is_claimed_only_as_the_worker_comes_to_it(sides):
    parent, worker = sides
    parent.offer([1, 2, 3, 4])
    numbers = worker.among([1, 2, 3, 4])
    assert next(numbers) == 1
    assert parent.take_back(2) == [2, 3]
    assert next(numbers) == 4
    assert list(numbers) == []


def resized(fd, pages):
    """Give the pipe so many pages, as the system does to a user who has many."""
    set_pipe_size = 1031
    fcntl.fcntl(fd, set_pipe_size, pages * 4096)


@pytest.mark.parametrize('pages', [None, 1, 2, 16])
def test_as_many_as_there_is_room_for_fit(sides, pages):
    """Whatever was read before: a page that has been read in part takes nothing more."""
    parent, worker = sides
    if pages is not None:
        if not sys.platform.startswith('linux'):
            pytest.skip('the size of a pipe can be set on Linux only')
        resized(parent._writing, pages)
        assert room(parent._writing) == {1: 0, 2: 512, 16: MOST}[pages]
    most = room(parent._writing)
    if not most:
        return
    choose, offered, claimed = random.Random(1), 0, 0
    for _ in range(300):
        count = choose.choice([1, most - (offered - claimed), choose.randint(1, most)])
        count = min(count, most - (offered - claimed))
        parent.offer(list(range(offered, offered + count)))
        offered += count
        for number in range(claimed, choose.randint(claimed, offered)):
            assert claim(worker, number)
            claimed += 1
    assert offered > 2 * most


def test_a_system_that_does_not_tell_the_size_of_a_pipe(sides, monkeypatch):
    def refuse(*args):
        raise IOError(errno.EINVAL, 'Invalid argument')

    monkeypatch.setattr(fcntl, 'fcntl', refuse)
    assert room(sides[0]._writing) == 512


def test_no_number_is_lost_where_a_handler_raises(sides, monkeypatch):
    """As it has been read, an error of the system's kind: the worker ends by that, and claims nothing else first."""
    def read_and_raise(fd, count):
        os.read(fd, count)
        raise OSError('alarm')

    parent, worker = sides
    parent.offer([5, 6])
    monkeypatch.setattr(claims, 'read', read_and_raise)
    with pytest.raises(OSError):
        claim(worker, 5)
    monkeypatch.undo()
    assert parent.take_back(MOST) == [6]


@pytest.mark.parametrize('seed', range(50))
def test_any_order(sides, seed):
    """Every call that was offered goes to one side, and to one only."""
    parent, worker = sides
    choose = random.Random(seed)
    waiting, offered, ran, back = [], 0, [], []
    while offered < 200 or waiting:
        step = choose.randrange(3)
        if step == 0 and offered < 200:
            count = choose.randint(1, 6)
            numbers = list(range(offered, offered + count))
            parent.offer(numbers)
            waiting += numbers
            offered += count
        elif step == 1:
            back += parent.take_back(choose.randint(1, 3))
        elif waiting:
            number = waiting.pop(0)
            if claim(worker, number):
                ran.append(number)
    assert sorted(ran + back) == list(range(offered))
