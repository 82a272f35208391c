"""``poolcompat._engine.batches``: many calls that travel as one."""
from __future__ import absolute_import, division, print_function

import collections
import contextlib
import os
import signal

import pytest

import poolcompat
from poolcompat._engine import dispatcher
from poolcompat._engine.arrivals import Arrivals
from poolcompat._engine.batches import Batch, Place, are_plain, singles, take_alike
from poolcompat._engine.calls import Call
from poolcompat._engine.slots import Slot
from poolcompat.pool import WorkerLostError

from tests import support, tasks


def function(*args):
    pass


class Whole(int):
    pass


class Callable(object):
    def __call__(self, *args):
        pass


@pytest.mark.parametrize('fn, arguments, plain', [
    (function, [(1,), (2,)], True),
    (function, [(1, None, True), (2.5, 10 ** 10, u'text')], True),
    (function, [(), ()], True),
    (function, [(b'x' * 400000,), (1,)], True),
    (function, [(b'x' * 400000,), (u'x' * 200000,)], False),
    (function, [(10 ** 19,), (-10 ** 19, 'a')], True),
    (function, [(10 ** 20,), (1,)], False),
    (function, [(-10 ** 20, None), (1,)], False),
    (function, [(1,)], False),
    (function, [], False),
    (function, [(1,), [2]], False),         # of starmap: not what a call is given
    (function, [(1,), 5], False),
    (function, [(1,), ((),)], False),
    (function, [(1,), (Whole(2),)], False),
    (len, [(b'x',), (b'y',)], False),
    (Callable(), [(1,), (2,)], False),
])
def test_what_may_be_a_batch(fn, arguments, plain):
    assert are_plain(fn, True, arguments) is plain


@pytest.mark.parametrize('items, plain', [([1, None], True), ([1], False), ([(1,), (2,)], False), ([1, Whole(2)], False)])
def test_what_items_may_be_a_batch(items, plain):
    assert are_plain(function, False, items) is plain


def batch_of(count, first=0, results=None):
    return Batch(results, first, function, False, list(range(count)), None, Call)


def test_cut():
    batch = batch_of(10, 100)
    batch.number = 7
    part = batch.cut(4)
    assert (part.count, part.at, part.number, part.items) == (4, 100, 7, [0, 1, 2, 3])
    assert (batch.count, batch.at, batch.number, batch.items[0]) == (6, 104, 11, 4)
    rest = batch.cut(6).cut(5)
    assert (rest.count, rest.at, rest.number, rest.items) == (5, 104, 11, [4, 5, 6, 7, 8])
    assert batch.count == 0


def test_each_alone():
    arrivals, call = Arrivals(), Call(None, function, (), {})
    arrivals.expect(3)
    batch = batch_of(3, 5, arrivals)
    batch.number, batch.queued = 40, True
    alone = singles([call, batch])
    assert alone[0] is call and [single.args for single in alone[1:]] == [(0,), (1,), (2,)]
    assert [single.number for single in alone[1:]] == [40, 41, 42] and all(single.queued for single in alone[1:])
    alone[2].future.set_result('b')
    assert arrivals._arrived == {6: (('b',), 1)}


def test_a_place_is_set_once():
    arrivals = Arrivals()
    arrivals.expect(2)
    place = Place(arrivals, 0)
    assert place.set_running_or_notify_cancel()
    place.set_result(5)
    for setter in place.set_result, place.set_exception:
        with pytest.raises(poolcompat.InvalidStateError):
            setter(ValueError())
    assert arrivals.take(0) == 5


def test_a_place_is_cancelled():
    arrivals = Arrivals()
    arrivals.expect(1)
    place = Place(arrivals, 0)
    assert place.cancel() and not place.set_running_or_notify_cancel()
    assert isinstance(arrivals.take(0).error, poolcompat.CancelledError)


def test_what_nobody_wants_is_not_started():
    arrivals = Arrivals()
    arrivals.abandoned = True
    assert not Place(arrivals, 0).set_running_or_notify_cancel()


class Bare(object):
    def __init__(self, **attributes):
        vars(self).update(attributes)


def numbered(number, count=None):
    call = Call(None, function, (), {}) if count is None else batch_of(count)
    call.number = number
    return call


@pytest.mark.parametrize('numbers, parted, kept', [
    ([15, 16], [(15, 2)], [(9, 1), (12, 3), (17, 3), (20, 1), (21, 2)]),
    ([12, 13], [(12, 2)], [(9, 1), (14, 6), (20, 1), (21, 2)]),
    ([18, 19, 20, 21], [(18, 2), (20, 1), (21, 1)], [(9, 1), (12, 6), (22, 1)]),
    ([21, 22], [(21, 2)], [(9, 1), (12, 8), (20, 1)]),
    ([], [], [(9, 1), (12, 8), (20, 1), (21, 2)])])
def test_calls_are_parted_from_a_worker(numbers, parted, kept):
    worker = Bare(calls=collections.deque([numbered(9), numbered(12, 8), numbered(20), numbered(21, 2)]), more=8)
    got = dispatcher._part(worker, sorted(numbers))
    assert [(call.number, call.count) for call in got] == parted
    assert [(call.number, call.count) for call in worker.calls] == kept
    assert dispatcher._load(worker) == sum(count for _, count in kept)


@pytest.mark.parametrize('loads, pace, plenty', [
    ([], 1e-6, False), ([0, 0], 1e-6, False), ([500, 0], 1e-6, True), ([500, 20], 1e-6, False), ([20, 9], 4e-5, True)])
def test_a_nap_leaves_no_worker_without_calls(loads, pace, plenty):
    workers = [Bare(calls=range(load), more=0) for load in loads]
    engine = Bare(_workers=workers, _pace=pace)
    assert vars(dispatcher.Engine)['_all_have_plenty'](engine) is plenty


def check_counts(engine):
    """What is counted comes out even once all has ended."""
    support.wait_for(lambda: engine._death or not (engine._pending or any(worker.calls for worker in engine._workers)))
    if engine._death is None:
        assert engine._queued == 0 and not any(worker.more or worker.reserved for worker in engine._workers)


@pytest.fixture
def executor():
    """Where calls have been short."""
    with poolcompat.ProcessPoolExecutor(2) as executor:
        executor.submit(tasks.noop).result()
        executor._engine._pace = 1e-6
        yield executor
        check_counts(executor._engine)


@pytest.fixture
def pool():
    """Likewise."""
    pool = poolcompat.Pool(2)
    pool._engine._pace = 1e-6
    yield pool
    check_counts(pool._engine)
    pool.terminate()
    pool.join()


@pytest.fixture(params=['executor', 'pool'])
def mapped(request):
    """What maps a function over items, with results in order."""
    if request.param == 'executor':
        return request.getfixturevalue('executor').map
    return request.getfixturevalue('pool').imap


def test_results_are_in_order(mapped):
    assert list(mapped(tasks.square, list(range(5000)))) == [x * x for x in range(5000)]


def test_among_other_calls(pool):
    """Of the same function, and before and behind."""
    one_by_one = [pool.apply_async(tasks.square, (number,)) for number in range(100)]
    together = pool.imap(tasks.square, list(range(300)))
    one_by_one += [pool.apply_async(tasks.square, (number,)) for number in range(100, 200)]
    assert [result.get(support.GUARD) for result in one_by_one] == [x * x for x in range(200)]
    assert list(together) == [x * x for x in range(300)]


def test_one_is_not_pickled_with_a_call_of_the_same_function():
    call, batch = Call(None, function, (1,), {}), batch_of(9)
    assert take_alike(collections.deque([call, call, batch]), 1000) == [call, call]
    assert take_alike(collections.deque([call, batch]), 1000) == []


@pytest.mark.parametrize('method', support.START_METHODS)
def test_workers_are_started_for_a_batch(method):
    """As many as it has calls, where they are started one by one as they are needed."""
    context = poolcompat.get_context(method)
    with poolcompat.ProcessPoolExecutor(4, context) as executor, contextlib.closing(support.Gate()) as gate:
        results = executor.map(tasks.visit_where_told, ['%d %s' % (number, gate.address) for number in range(6)])
        assert len(set(visitor.pid for visitor in gate.admit(4))) == 4
        gate.open()
        gate.admit(2)
        gate.open()
        assert list(results) == list(range(6))


def test_big_results(mapped):
    """They go through the memory, where there is one."""
    assert [len(result) for result in mapped(tasks.megabytes, [0, 3, 0, 2] * 5)] == [0, 3 << 20, 0, 2 << 20] * 5


def test_results_that_cannot_be_unpickled(pool):
    results = pool.imap(tasks.give_badly, [0, 1, 2] * 20)
    for number in range(60):
        if number % 3 == 1:
            with pytest.raises(ValueError):
                next(results)
        else:
            assert next(results) == number % 3


def test_results_of_an_executor_that_cannot_be_unpickled(executor):
    for _ in range(3):
        results = executor.map(tasks.give_badly, [0, 1, 2] * 20)
        assert next(results) == 0
        with pytest.raises(poolcompat.BrokenProcessPool) as caught:
            next(results)
        assert caught.value.call == 'tests.tasks.give_badly'
        assert 'what the call returned could not be unpickled' in str(caught.value)
    assert executor.submit(tasks.square, 3).result() == 9


def test_a_function_that_workers_do_not_find(pool):
    def nowhere(x):
        pass

    for method in pool.imap, pool.imap_unordered:
        results = method(nowhere, list(range(30)))
        errors = set()
        for _ in range(30):
            with pytest.raises(Exception) as caught:
                next(results)
            errors.add(id(caught.value))
        with pytest.raises(StopIteration):
            next(results)
    assert pool.apply(tasks.square, (3,)) == 9


def test_ctrl_c_once_imap_has_submitted(pool, monkeypatch):
    """It stays what it is, though the results have come."""
    submit = pool._engine.submit_batch

    def interrupted(batch):
        results = batch.results
        submit(batch)
        support.wait_for(lambda: results.under_way() == 1)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pool._engine, 'submit_batch', interrupted)
        with pytest.raises(KeyboardInterrupt):
            pool.imap(tasks.square, [3] * 100)
    assert list(pool.imap(tasks.square, [3] * 100)) == [9] * 100


@pytest.mark.race
def test_what_is_behind_a_long_call_is_taken_back(pool):
    with contextlib.closing(support.Gate()) as gate:
        items = ['%d %s' % (number, gate.address if number == 40 else '') for number in range(400)]
        results = pool.imap_unordered(tasks.visit_where_told, items)
        visitor = gate.admit_one()
        got = [results.next(support.GUARD) for _ in range(399)]
        assert sorted(got) == [number for number in range(400) if number != 40]
        visitor.let_go()
        assert list(results) == [40]


@pytest.mark.race
@pytest.mark.parametrize('at', [0, 1, 150, 399])
def test_a_worker_that_dies_loses_the_one_that_it_ran(pool, at):
    with contextlib.closing(support.Gate()) as gate:
        items = ['%d %s' % (number, gate.address if number == at else '') for number in range(400)]
        results = pool.imap(tasks.visit_where_told, items)
        os.kill(gate.admit_one().pid, signal.SIGKILL)
        got = []
        for item in items:
            try:
                got.append(next(results))
            except WorkerLostError as error:
                assert error.call.startswith("tests.tasks.visit_where_told('%d " % at)
                got.append('lost')
        assert got == [number if number != at else 'lost' for number in range(400)]


def test_a_call_that_fails_leaves_nothing_to_those_that_came_with_it():
    with poolcompat.Pool(1) as pool:
        pool.apply(tasks.noop)
        pool._engine._pace = 1e-6
        results, got = pool.imap(tasks.reciprocal_or_handled, [1, 0, 2, 0, 4]), []
        for _ in range(5):
            try:
                got.append(next(results))
            except ZeroDivisionError:
                got.append(None)
    assert got == [(1, False), None, (.5, False), None, (.25, False)]


@pytest.mark.race
def test_a_broken_pool_fails_each_call_with_an_error_of_its_own(executor):
    engine, arrivals = executor._engine, Arrivals()
    with contextlib.closing(support.Gate()) as gate:
        items = ['%d %s' % (number, gate.address if number < 2 else '') for number in range(400)]
        arrivals.expect(400)
        engine.submit_batch(Batch(arrivals, 0, tasks.visit_where_told, False, items, None, Call))
        os.kill(gate.admit_one().pid, signal.SIGKILL)
        got = [arrivals.take(support.GUARD) for _ in range(400)]
    errors = [item.error for item in got if type(item) is Slot]
    assert all(isinstance(error, poolcompat.BrokenProcessPool) for error in errors)
    assert 1 <= len(errors) == len(set(map(id, errors)))
    assert all(item == number for number, item in enumerate(got) if type(item) is not Slot)


def test_what_waits_is_cancelled():
    with poolcompat.ProcessPoolExecutor(1) as executor, contextlib.closing(support.Gate()) as gate:
        slow = executor.submit(tasks.visit, gate.address)
        visitor = gate.admit_one()
        results = executor.map(tasks.square, list(range(1000)))
        executor.shutdown(wait=False, cancel_futures=True)
        with pytest.raises(poolcompat.CancelledError):
            next(results)
        visitor.let_go()
        slow.result()


@pytest.mark.race
@pytest.mark.parametrize('how', ['cancelled', 'left'])
@pytest.mark.parametrize('together', [True, False])
def test_what_was_sent_ahead_is_not_run(executor, how, together):
    """Behind calls that are long against all experience."""
    engine = executor._engine
    with contextlib.closing(support.Gate()) as gate:
        items = ['0 '] + ['1 ' + gate.address] * 400
        fn, items = (tasks.visit_where_told, items) if together else (tasks.call_with, [
            (tasks.visit_where_told, item) for item in items])
        results = executor.map(fn, items)
        assert next(results) == 0
        gate.admit(2)
        support.wait_for(lambda: engine._queued > 2)
        if how == 'left':
            results.close()
        executor.shutdown(wait=False, cancel_futures=how == 'cancelled')
        support.wait_for(lambda: engine._queued <= 2)       # those that run
        gate.open()
        executor.shutdown()
        assert gate.is_empty()


def test_what_was_sent_ahead_and_waits_again_is_cancelled(executor):
    """It has been taken back from a worker that stood still."""
    engine, arrivals = executor._engine, Arrivals()
    with contextlib.closing(support.Gate()) as gate:
        for _ in range(2):
            executor.submit(tasks.visit, gate.address)
        gate.admit(2)
        arrivals.expect(1)
        call = Call(Place(arrivals, 0), tasks.call_with, ((tasks.square, 3),), {})
        call.running = True
        engine._leave((call,))
        executor.shutdown(wait=False, cancel_futures=True)
        assert isinstance(arrivals.take(support.GUARD).error, poolcompat.CancelledError)
        gate.open()


def test_what_waits_when_the_iterator_is_left_is_not_run(executor):
    engine = executor._engine
    with contextlib.closing(support.Gate()) as gate:
        engine._pace = 100          # nothing is sent ahead
        results = executor.map(tasks.visit_where_told, ['0 '] + ['1 ' + gate.address] * 300)
        assert next(results) == 0
        gate.admit(2)
        results.close()
        gate.open()
        support.wait_for(lambda: not engine._pending and len(engine._idle) == 2)
        assert gate.is_empty()


def test_a_batch_that_nobody_wants_is_not_run(executor):
    arrivals = Arrivals()
    arrivals.abandoned = True
    with contextlib.closing(support.Gate()) as gate:
        items = ['1 ' + gate.address] * 9
        executor._engine.submit_batch(Batch(arrivals, 0, tasks.visit_where_told, False, items, None, Call))
        support.wait_for(lambda: not executor._engine._pending)
        executor.shutdown()
        assert gate.is_empty()
