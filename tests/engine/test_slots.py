"""``poolcompat._engine.slots``: what came of a call, waited for or not."""
from __future__ import absolute_import, division, print_function

import threading

import pytest

import poolcompat
from poolcompat._engine.slots import Slot

from tests import support


def test_result():
    slot = Slot()
    assert not slot.ready and not slot.wait(.001)
    slot.set_result(5)
    assert slot.ready and slot.wait() and slot.result() == 5
    assert slot._bells == []


def test_error():
    slot, error = Slot(), ZeroDivisionError('once')
    slot.set_exception(error)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError) as caught:
            slot.result()
        assert caught.value is error


@pytest.mark.parametrize('setter', [Slot.set_result, Slot.set_exception])
def test_is_set_once(setter):
    slot = Slot()
    slot.set_result(5)
    with pytest.raises(poolcompat.InvalidStateError):
        setter(slot, ValueError())
    assert slot.result() == 5


def test_callback_comes_first():
    seen = []
    slot = Slot(lambda slot: seen.append((slot.value, slot.ready)))
    slot.set_result(5)
    assert seen == [(5, False)]


def test_takes_over():
    first, second, error = Slot(), Slot(), ValueError()
    first.set_exception(error)
    second.take_over(first)
    assert second.ready and second.error is error


@pytest.mark.race
def test_everybody_who_waits_is_told():
    for _ in range(100):
        slot, told = Slot(), []
        threads = [threading.Thread(target=lambda: told.append(slot.wait(support.GUARD))) for _ in range(3)]
        for thread in threads:
            thread.start()
        slot.set_result(5)
        for thread in threads:
            thread.join()
        assert told == [True] * 3
