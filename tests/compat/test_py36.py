"""``poolcompat._compat.py36``: the same on every interpreter."""
from __future__ import absolute_import, division, print_function

import threading

import pytest

from poolcompat._compat.py36.queues import Empty, SimpleQueue


def test_queue_in_order():
    queue = SimpleQueue()
    assert queue.empty()
    with pytest.raises(Empty):
        queue.get_nowait()
    for item in 1, None, 3:
        queue.put(item)
    assert not queue.empty()
    assert [queue.get(), queue.get_nowait(), queue.get()] == [1, None, 3]


@pytest.mark.race
def test_queue_loses_nothing_and_wakes_who_waits():
    queue, got = SimpleQueue(), []

    def consumer():
        mine = []
        while True:
            item = queue.get()
            if item is None:
                got.append(mine)
                return
            mine.append(item)

    def producer(start):
        for number in range(start, start + 500):
            queue.put(number)

    consumers = [threading.Thread(target=consumer) for _ in range(3)]
    producers = [threading.Thread(target=producer, args=(500 * i,)) for i in range(3)]
    for thread in consumers + producers:
        thread.start()
    for thread in producers:
        thread.join()
    for _ in consumers:
        queue.put(None)
    for thread in consumers:
        thread.join()
    assert sorted(sum(got, [])) == list(range(1500))
    for mine in got:
        for start in 0, 500, 1000:
            part = [number for number in mine if start <= number < start + 500]
            assert part == sorted(part)
