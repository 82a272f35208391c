"""``poolcompat._engine.dispatcher``: callers that come in at odd moments, and our own mistakes."""
from __future__ import absolute_import, division, print_function

import collections
import contextlib
import functools
import signal
import struct
import sys
import threading

import pytest
from six.moves import copyreg

import poolcompat
from poolcompat._compat.py27.pickling import dumps_alone, joined
from poolcompat._compat.py36.processes import kill
from poolcompat._engine import channel, claims, dispatcher
from poolcompat._engine.arrivals import Arrivals
from poolcompat._engine.batches import Batch, take_alike
from poolcompat._engine.calls import Call, in_own_thread
from poolcompat._engine.locking import locked
from poolcompat._engine.slots import Slot

from .. import support, tasks


@pytest.fixture
def executor():
    with poolcompat.ProcessPoolExecutor(2) as executor:
        # Calls are short by all experience, so they are sent ahead.
        assert list(executor.map(tasks.square, range(300))) == [i * i for i in range(300)]
        yield executor


def test_a_caller_within_the_lock_is_let_in(executor):
    """As when a signal's handler, or a weakref's callback, submits while its own thread is submitting."""
    engine = executor._engine
    future = poolcompat.Future()
    locked(dispatcher.Engine.submit)(engine, Call(future, tasks.square, (7,), {}))
    assert future.result() == 49


@pytest.mark.parametrize('pace, own', [(.01, False), (1e-6, True)], ids=['long calls', 'short calls'])
def test_in_a_crowd_short_calls_are_left_to_the_dispatcher(pace, own, monkeypatch):
    """It sends several at once, and a worker that is idle has its call all the same."""
    monkeypatch.setattr(dispatcher, 'cpu_count', lambda: 1)
    senders = []
    with poolcompat.ProcessPoolExecutor(3) as executor, contextlib.closing(support.Gate()) as gate:
        engine = executor._engine
        executor.submit(tasks.square, 1).result()
        for _ in range(2):
            executor.submit(tasks.visit, gate.address)
        gate.admit(2)
        support.wait_for(lambda: all(worker.ready for worker in engine._workers))
        support.wait_for(lambda: engine._polling and not engine._lock.locked())     # else it is left to who has that
        idle = [worker for worker in engine._workers if dispatcher._is_idle(worker)]
        engine._idle, engine._pace, deliver = collections.deque(idle), pace, engine._deliver
        assert len(idle) == 1
        monkeypatch.setattr(engine, '_deliver', lambda *args: (senders.append(in_own_thread()), deliver(*args)))
        assert executor.submit(tasks.square, 9).result() == 81
        gate.open()
    assert set(senders) == {own}


@pytest.fixture
def idle_four():
    """The engine of an executor with four workers, all idle."""
    with poolcompat.ProcessPoolExecutor(4) as executor:
        executor.submit(tasks.square, 1).result()
        support.wait_for(lambda: len(executor._engine._idle) == 4)
        yield executor._engine


def submit_many(engine, fn, arguments):
    slots = [Slot() for _ in arguments]
    engine.submit_all([Call(slot, fn, (argument,), {}) for slot, argument in zip(slots, arguments)])
    return slots


@pytest.mark.race
@pytest.mark.parametrize('pace, most', [(.01, 1), (1e-6, 40)], ids=['long calls', 'short calls'])
def test_no_more_workers_than_can_run_have_short_calls(pace, most, idle_four, monkeypatch):
    """To wake another takes longer than they do."""
    counts, dispatch = [], idle_four._dispatch
    monkeypatch.setattr(idle_four, '_dispatch', lambda worker, calls, choice: (
        counts.append(len(calls)), dispatch(worker, calls, choice)))
    idle_four._pace, idle_four.cpus = pace, 1
    slots = submit_many(idle_four, tasks.square, list(range(40)))
    assert all(slot.wait(support.GUARD) for slot in slots)
    assert [slot.value for slot in slots] == [number ** 2 for number in range(40)]
    assert counts[0] == most


@pytest.mark.race
def test_short_calls_that_wait_wake_no_more_workers_than_can_run(idle_four, monkeypatch):
    """Those that have as many as may be sent ahead are left to get on."""
    senders, dispatch = set(), idle_four._dispatch
    monkeypatch.setattr(idle_four, '_dispatch', lambda worker, calls, choice: (
        senders.add(worker), dispatch(worker, calls, choice)))
    monkeypatch.setattr(dispatcher, '_STILL_SECONDS', 3600)
    monkeypatch.setattr(idle_four, '_ahead', 10)
    idle_four._pace, idle_four.cpus = 1e-9, 1
    monkeypatch.setattr(dispatcher, '_SHORT', 3600)
    slots = submit_many(idle_four, tasks.square, list(range(200)))
    assert all(slot.wait(support.GUARD) for slot in slots)
    assert [slot.value for slot in slots] == [number ** 2 for number in range(200)]
    assert len(senders) == 1


def test_nothing_is_sent_ahead_by_a_pipe_of_one_page(monkeypatch):
    """As a user has them who has a thousand pipes: there is no telling how much such a pipe takes."""
    monkeypatch.setattr(channel, 'room', lambda fd: 0)
    monkeypatch.setattr(claims.ParentClaims, 'offer', None)     # an error for whoever calls it
    with poolcompat.ProcessPoolExecutor(2) as executor:
        assert list(executor.map(tasks.square, range(300))) == [i * i for i in range(300)]
        assert [future.result() for future in [executor.submit(tasks.square, i) for i in range(300)]] == [
            i * i for i in range(300)]
        assert executor._engine._ahead == 0
    with contextlib.closing(poolcompat.Pool(2)) as pool:
        assert list(pool.imap(tasks.square, range(300))) == [i * i for i in range(300)]
        assert pool.map(tasks.square, range(300)) == [i * i for i in range(300)]


def test_all_workers_have_short_calls_where_each_has_one_at_a_time(monkeypatch):
    monkeypatch.setenv('POOLCOMPAT_CHANNEL', 'portable')
    with poolcompat.ProcessPoolExecutor(3) as executor, contextlib.closing(support.Gate()) as gate:
        engine = executor._engine
        executor.submit(tasks.square, 1).result()
        support.wait_for(lambda: len(engine._idle) == 3)
        monkeypatch.setattr(dispatcher, '_STILL_SECONDS', 3600)
        engine._pace, engine.cpus = 1e-6, 1
        slots = submit_many(engine, tasks.visit, 3 * [gate.address])
        assert len(set(visitor.pid for visitor in gate.admit(3))) == 3
        gate.open()
        assert all(slot.wait(support.GUARD) for slot in slots)


@pytest.mark.race
def test_a_worker_that_moves_is_not_looked_at_all_the_time(idle_four, monkeypatch):
    """Calls wait, and there are workers for them that are not to be woken: that is to wait, not to spin."""
    patience, look = [], idle_four._patience
    monkeypatch.setattr(dispatcher, '_STILL_SECONDS', 3600)
    monkeypatch.setattr(idle_four, '_ahead', 2)
    with contextlib.closing(support.Gate()) as gate:
        idle_four._pace, idle_four.cpus = 1e-6, 1
        monkeypatch.setattr(idle_four, '_patience', lambda: (patience.append(look()), patience[-1])[1])
        slots = submit_many(idle_four, tasks.visit, 4 * [gate.address])
        gate.admit()
        support.wait_for(lambda: 3600 in patience)
        assert idle_four._pending and idle_four._idle
        assert patience.count(0) <= 1       # where they came as it was about to wait
        for _ in range(3):
            gate.open()
            gate.admit()
        gate.open()
        assert all(slot.wait(support.GUARD) for slot in slots)


@pytest.mark.race
def test_calls_that_are_long_against_all_experience_come_one_by_one(idle_four, monkeypatch):
    """Each has a worker in a moment, though so many can run only as there are processors, and nothing ends."""
    monkeypatch.setattr(dispatcher, 'LOOK_SECONDS', 3600)
    with contextlib.closing(support.Gate()) as gate:
        idle_four._pace, idle_four.cpus = 1e-6, 1
        slots = [Slot() for _ in range(4)]
        for slot in slots:
            idle_four.submit(Call(slot, tasks.visit, (gate.address,), {}))
        assert len(set(visitor.pid for visitor in gate.admit(4))) == 4
        gate.open()
        assert all(slot.wait(support.GUARD) for slot in slots)


@pytest.mark.race
def test_calls_that_wait_are_not_sent_behind_one_that_is_long(idle_four):
    """They stay where they can be cancelled, and where any worker can have them."""
    engine = idle_four
    with contextlib.closing(support.Gate()) as gate:
        engine._pace, engine.cpus = 1e-6, 4
        slots = submit_many(engine, tasks.visit, 4 * [gate.address])
        gate.admit(4)
        engine._queued += 1         # so that it looks who stands still
        engine._wake()
        support.wait_for(lambda: engine._standing == 4)
        engine._queued -= 1
        slots += submit_many(engine, tasks.square, list(range(8)))
        engine._wake()
        support.wait_for(lambda: engine._polling and not engine._poller._woken)
        assert len(engine._pending) == 8
        gate.open()
        assert all(slot.wait(support.GUARD) for slot in slots)


@pytest.mark.race
def test_calls_behind_a_long_one_have_their_turn_though_others_never_end(idle_four, monkeypatch):
    """Calls wait all the time, so that to look what stands still only where none does would be to look never."""
    engine, ended = idle_four, []

    def again(_):
        if not ended:
            future = poolcompat.Future()
            future.add_done_callback(again)
            engine.submit(Call(future, tasks.square, (2,), {}))

    monkeypatch.setattr(dispatcher, '_SHORT', 3600)
    monkeypatch.setattr(engine, '_ahead', 4)
    with contextlib.closing(support.Gate()) as gate:
        engine._pace, engine.cpus = 1e-6, 2
        for _ in range(40):
            again(None)
        slots = [Slot() for _ in range(5)]
        calls = [Call(slot, tasks.square, (3,), {}) for slot in slots[1:]]
        engine._leave([Call(slots[0], tasks.visit, (gate.address,), {})] + calls)
        gate.admit()
        assert all(slot.wait(support.GUARD) for slot in slots[1:])
        ended.append(True)
        gate.open()
        assert slots[0].wait(support.GUARD)


def test_calls_are_taken_back_from_the_worker_that_has_some():
    """Another stands still with as many calls, of which none can be had."""
    class Claims(object):
        def __init__(self, *numbers):
            self.numbers = list(numbers)

        def take_back(self, count):
            return [self.numbers.pop() for _ in self.numbers[:count]]

    def worker(call, *numbers):
        return Bare(calls=collections.deque([call]), more=0, channel=Bare(claims=Claims(*numbers)), still=0, reserved=0,
                    leaving=False, buried=False, ready=True)

    alone, started, ahead = [Bare(number=number, count=1, queued=number > 1) for number in (1, 2, 3)]
    workers = [worker(alone), worker(started), worker(ahead, 3)]
    engine = Bare(_idle=collections.deque(), _pending=collections.deque(['later']), _queued=2, _moving=1)
    for name in '_take_from', '_count_out':
        setattr(engine, name, functools.partial(vars(dispatcher.Engine)[name], engine))
    vars(dispatcher.Engine)['_take_back'](engine, workers)
    assert list(engine._pending) == [ahead, 'later'] and list(engine._idle) == [workers[2]]
    assert engine._queued == 0 and not started.queued and not ahead.queued      # what has started is none of those


@pytest.mark.race
def test_beside_long_calls_short_ones_are_sent_by_their_caller(idle_four, monkeypatch):
    """However many processors those have: they crowd nothing."""
    senders, deliver = [], idle_four._deliver
    monkeypatch.setattr(dispatcher, '_SHORT', 3600)
    with contextlib.closing(support.Gate()) as gate:
        idle_four._pace, idle_four.cpus = 1e-6, 2
        slots = submit_many(idle_four, tasks.visit, 2 * [gate.address])
        gate.admit(2)

        def sent_by_caller():
            """Whether it is so once what is still to be learned of the long ones is known."""
            del senders[:]
            slot = Slot()
            idle_four.submit(Call(slot, tasks.square, (3,), {}))
            assert slot.wait(support.GUARD) and slot.value == 9
            return senders == [False]

        monkeypatch.setattr(idle_four, '_deliver', lambda *args: (senders.append(in_own_thread()), deliver(*args)))
        support.wait_for(sent_by_caller)
        gate.open()
        assert all(slot.wait(support.GUARD) for slot in slots)


@pytest.mark.race
@pytest.mark.parametrize('moving', [0, 1])
def test_a_call_that_is_left_while_the_dispatcher_sets_futures_wakes_nobody(moving, executor, monkeypatch):
    """It looks by itself before it waits again."""
    engine, left, woken = executor._engine, Slot(), []
    support.wait_for(lambda: len(engine._idle) == 2)
    monkeypatch.setattr(dispatcher, 'LOOK_SECONDS', 3600)
    monkeypatch.setattr(dispatcher, '_STILL_SECONDS', 3600)
    engine._wake()
    support.wait_for(lambda: engine._polling and not engine._dozing and not engine._poller._woken)

    def leave(_):
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(engine, '_wake', lambda: woken.append(True))
            engine._leave((Call(left, tasks.square, (3,), {}),))
            engine._moving = moving

    future = poolcompat.Future()
    future.add_done_callback(leave)
    engine.submit(Call(future, tasks.square, (2,), {}))
    assert left.wait(support.GUARD) and left.value == 9
    assert not woken


@pytest.mark.race
def test_calls_behind_one_that_is_long_against_all_experience(idle_four, monkeypatch):
    """They were sent to one worker; the others have them in a moment, though nothing ends."""
    monkeypatch.setattr(dispatcher, 'LOOK_SECONDS', 3600)
    with contextlib.closing(support.Gate()) as gate:
        idle_four._pace, idle_four.cpus = 1e-6, 1
        slots = submit_many(idle_four, tasks.visit, 12 * [gate.address])
        visitors = gate.admit(4)
        assert len(set(visitor.pid for visitor in visitors)) == 4
        gate.open()
        for _ in range(8):
            gate.admit()
            gate.open()
        assert all(slot.wait(support.GUARD) for slot in slots)


def test_an_idle_worker_that_was_lost_is_found_again(idle_four, monkeypatch):
    monkeypatch.setattr(dispatcher, 'LOOK_SECONDS', .02)
    with idle_four._lock:
        idle_four._idle.clear()
    slot, = submit_many(idle_four, tasks.square, [3])
    assert slot.wait(support.GUARD) and slot.value == 9


class Bare(object):
    """A worker, or an engine, as far as a test needs one."""

    def __init__(self, **attributes):
        vars(self).update(attributes)


def test_a_worker_that_stands_still_is_not_hidden_by_one_that_moves():
    call = object()
    moving, still, idle = [Bare(calls=calls, done=0, late_done=None, still=None) for calls in ([call] * 9, [call] * 2, [])]
    engine = Bare(_workers=[moving, still, idle], _stalled_at=0)
    look = vars(dispatcher.Engine)['_find_still']
    assert look(engine) == []       # nothing is known yet
    moving.done += 1
    assert look(engine) == [] and engine._moving      # that was a moment ago
    engine._stalled_at = 0
    assert look(engine) == [still] and engine._moving     # the one that moves may stand still the next time
    engine._stalled_at = 0
    assert look(engine) == [moving, still] and not engine._moving
    still.done += 1
    assert look(engine) == [moving] and engine._moving
    moving.calls = []
    idle.calls = [call]
    engine._stalled_at = 0
    assert look(engine) == []       # one that had nothing to do has just begun


@pytest.mark.parametrize('step', [-3600, 3600])
def test_a_clock_that_steps_puts_no_look_off(step, executor):
    """2.7's is set by whoever sets the system's."""
    engine = executor._engine
    executor.shutdown()
    engine._looked_at += step
    stepped = engine._looked_at
    assert engine._find_dead() == [] and engine._looked_at != stepped
    looked_at = engine._looked_at
    assert engine._find_dead() == [] and engine._looked_at == looked_at


def test_a_call_that_is_left_as_the_dispatcher_falls_asleep(executor, monkeypatch):
    """It has looked for calls that wait, and has not yet said that it has to be woken; no worker seems to be idle."""
    class Meanwhile(dict):
        def __len__(self):
            if not engine._quiet or left or not in_own_thread():
                return 0
            engine._idle.clear()
            left.append(Slot())
            engine._leave((Call(left[0], tasks.square, (3,), {}),))
            return 0

    engine, left = executor._engine, []
    monkeypatch.setattr(dispatcher, 'LOOK_SECONDS', .02)
    monkeypatch.setattr(engine, '_settling', Meanwhile())
    engine._wake()
    support.wait_for(lambda: left)
    assert left[0].wait(support.GUARD) and left[0].value == 9


def test_who_writes_has_the_lock(executor, monkeypatch):
    """Two threads would write the same twice."""
    engine, flush, locked = executor._engine, channel.FastChannel.flush, set()
    monkeypatch.setattr(channel.FastChannel, 'flush', lambda self: (locked.add(engine._lock.locked()), flush(self)))
    futures = [executor.submit(len, 900000 * b'x') for _ in range(4)]       # more than a pipe takes
    assert [future.result() for future in futures] == 4 * [900000]
    assert locked == set([True])


def test_a_call_wakes_nobody_while_all_workers_are_busy(executor, monkeypatch):
    """The dispatcher looks at what waits as soon as a result comes, for which it waits."""
    engine, woken = executor._engine, []
    with contextlib.closing(support.Gate()) as gate:
        for _ in range(2):
            executor.submit(tasks.visit, gate.address)
        visitors = gate.admit(2)
        support.wait_for(lambda: engine._polling and not engine._idle)
        monkeypatch.setattr(engine._poller, '_wake', (functools.partial(woken.append, True),))
        with engine._lock:
            future = executor.submit(tasks.square, 8)
        assert not woken
        visitors[0].let_go()
        assert future.result(support.GUARD) == 64


def test_a_caller_does_not_wait_for_the_lock(executor):
    futures = []
    with executor._engine._lock:
        caller = threading.Thread(target=lambda: futures.append(executor.submit(tasks.square, 8)))
        caller.start()
        caller.join()
    assert futures[0].result() == 64


@pytest.mark.skipif(sys.version_info < (3, 4), reason='2.7 has no start method under which workers start on demand')
def test_a_caller_that_starts_a_worker_does(monkeypatch):
    """When submit has returned, the worker that it needs is there, whoever had the lock meanwhile."""
    executor, gate = poolcompat.ProcessPoolExecutor(2, mp_context=poolcompat.get_context('spawn')), support.Gate()
    engine = executor._engine
    executor.submit(tasks.visit, gate.address)
    gate.admit()
    left = []
    monkeypatch.setattr(engine, '_leave', left.append)
    with engine._lock:
        caller = threading.Thread(target=executor.submit, args=(tasks.square, 8))
        caller.start()
        support.wait_for(lambda: left or caller.ident in engine._inside)
    caller.join()
    assert len(executor._processes) == 2
    gate.close()
    executor.shutdown()


def test_a_call_that_comes_as_the_engine_ends_fails():
    """Its thread has looked at what waits for the last time, but had not yet as the call looked whether it ends."""
    executor = poolcompat.ProcessPoolExecutor(1)
    executor.submit(tasks.square, 1).result()
    executor.shutdown()
    engine, future = executor._engine, poolcompat.Future()
    engine._closing = False
    engine._leave((Call(future, tasks.square, (2,), {}),))
    with pytest.raises(RuntimeError, match='after shutdown'):
        future.result(timeout=60)


def test_all_workers_end_in_the_way_that_was_asked_for():
    """The death of the first breaks the pool, which may end the others before the caller has come to them."""
    executor, gate = poolcompat.ProcessPoolExecutor(2), support.Gate()
    engine = executor._engine
    for _ in range(2):
        executor.submit(tasks.visit, gate.address)
    gate.admit(2)
    processes = list(engine.processes.values())

    def stop(process):
        kill(process)
        engine.join()

    engine.stop_workers(stop)
    assert set(process.exitcode for process in processes) <= set([-signal.SIGKILL, 255])    # 255: an old forkserver
    gate.close()


def test_an_idle_worker_that_was_lost_is_found(executor):
    """As when KeyboardInterrupt comes between taking a worker from the idle ones and noting that."""
    engine = executor._engine
    engine._idle.clear()
    engine._suspect = True
    engine._wake()
    assert executor.submit(tasks.square, 3).result() == 9


def test_a_mistake_of_ours_leaves_nobody_waiting(monkeypatch):
    executor = poolcompat.ProcessPoolExecutor(1)

    def note(arrived, done):
        raise LookupError('a mistake')

    logged = []
    monkeypatch.setattr(executor._engine, '_note', note)
    monkeypatch.setattr(dispatcher.log, 'critical', lambda text, exc_info: logged.append(text))
    text = str(executor.submit(tasks.square, 1).exception())
    executor.shutdown()
    assert 'LookupError: a mistake' in text
    assert logged == ['the process pool failed']


def test_a_mistake_of_ours_loses_nothing_that_has_come_back(monkeypatch):
    executor, logged = poolcompat.ProcessPoolExecutor(1), []
    executor.submit(tasks.square, 1).result()

    def count(*args):
        raise LookupError('a mistake')

    monkeypatch.setattr(executor._engine, '_count', count)
    monkeypatch.setattr(dispatcher.log, 'critical', lambda text, exc_info: logged.append(text))
    called = []
    future = executor.submit(tasks.square, 3)
    future.add_done_callback(lambda future: called.append(future.result()))
    executor._engine.join()
    assert called == [9] and logged == ['the process pool failed']


def test_a_mistake_of_ours_in_sending_leaves_nobody_waiting(monkeypatch):
    """Neither what was about to be sent, nor what has come back just then."""
    def frames(*args):
        raise LookupError('a mistake')

    executor, gate = poolcompat.ProcessPoolExecutor(1), support.Gate()
    logged = []
    futures = [executor.submit(tasks.visit, gate.address)]
    visitor = gate.admit_one()
    futures += [executor.submit(tasks.square, number) for number in range(500)]
    monkeypatch.setattr(dispatcher.log, 'critical', lambda text, exc_info: logged.append(text))
    monkeypatch.setattr(executor._engine, '_frames', frames)
    visitor.let_go()
    errors = [future.exception(support.GUARD) for future in futures]
    assert errors[0] is None and all('a mistake' in str(error) for error in errors[-100:])
    assert logged == ['the process pool failed']
    executor.shutdown()
    gate.close()


def function(*args):
    pass


@pytest.mark.parametrize('argument, most, count', [
    (5, 1000, 20), (b'x' * 100, 1000, 10), ((1,), 1000, 0), (5, 0, 0), ((1,), -5, 0), (b'x' * 2000, 1000, 0)])
def test_what_is_pickled_together(argument, most, count):
    calls = collections.deque(Call(None, function, (argument,), {}) for _ in range(20))
    assert len(take_alike(calls, most)) == count
    assert len(calls) == 20 - count


class Interrupted(poolcompat.Future):
    """Ctrl-C comes while the caller's thread marks the future as running."""

    def set_running_or_notify_cancel(self):
        raise KeyboardInterrupt


def test_ctrl_c_while_a_call_is_sent_gets_out(executor):
    """Swallowed, it would leave a future that nobody ever sets."""
    engine = executor._engine
    support.wait_for(lambda: engine._dozing and not engine._lock.locked())     # else a call may be left to its thread
    with pytest.raises(KeyboardInterrupt):
        executor._engine.submit(Call(Interrupted(), tasks.square, (2,), {}))
    assert executor.submit(tasks.square, 3).result() == 9


@pytest.fixture
def counts(executor, monkeypatch):
    """A list to which each frame with many calls adds how many of them are to be run. However long a call takes here and
    now, it counts as short."""
    monkeypatch.setattr(dispatcher, '_AHEAD_SECONDS', 1e6)
    counts, pack = [], executor._engine._pack_together

    def noting(calls):
        payload = pack(calls)
        counts.append(len(calls))
        return payload

    monkeypatch.setattr(executor._engine, '_pack_together', noting)
    return counts


@pytest.fixture
def let_go(executor):
    """Keeps both workers from taking calls until it is called."""
    gate = support.Gate()
    for _ in range(2):
        executor.submit(tasks.visit, gate.address)
    gate.admit(2)
    yield gate.close
    gate.close()


def test_calls_that_are_sent_together(executor, counts, let_go):
    """Arguments of each kind, some functions, and errors: each future has its own."""
    items = [0, -1, 1.5, None, True, b'b', u'\xe9', 10 ** 30, 'x' * 1000] * 20
    same = [executor.submit(tasks.echo, item) for item in items]
    keywords = [executor.submit(tasks.add3, x, c=1) for x in range(10)]
    pairs = [executor.submit(tasks.divide, x, x % 3) for x in range(30)]
    let_go()
    assert [future.result() for future in same] == items
    assert [future.result() for future in keywords] == [x + 11 for x in range(10)]
    for x, future in enumerate(pairs):
        if x % 3:
            assert future.result() == x // (x % 3)
        else:
            assert isinstance(future.exception(), ZeroDivisionError)
    assert max(counts) > 1


def test_some_of_those_that_go_together_are_cancelled(executor, counts, let_go):
    futures = [executor.submit(tasks.square, x) for x in range(400)]
    cancelled = [future.cancel() for future in futures[1::2]]
    let_go()
    assert [future.result() for future in futures[::2]] == [x * x for x in range(0, 400, 2)]
    assert any(cancelled) and all(future.cancelled() == was for future, was in zip(futures[1::2], cancelled))
    assert counts


def test_what_cannot_be_sent_together_is_sent_alone(executor, counts, let_go):
    """The function cannot be pickled, or the arguments are big: as if each had come alone."""
    unknown = tasks.square.__class__(tasks.square.__code__, tasks.__dict__, 'nowhere')
    small = [executor.submit(tasks.echo, x) for x in range(100)]
    lost = [executor.submit(unknown, x) for x in range(50)]
    big = [executor.submit(tasks.echo, b'x' * 100000) for _ in range(10)]
    small += [executor.submit(tasks.echo, x) for x in range(100)]
    let_go()
    for future in lost:
        assert "Can't pickle" in str(future.exception())
    assert [future.result() for future in big] == [b'x' * 100000] * 10
    assert [future.result() for future in small] == list(range(100)) * 2
    assert counts


def test_a_function_that_the_worker_lacks_fails_each_that_came_together(executor, counts, let_go, monkeypatch):
    made_later = tasks.square.__class__(tasks.square.__code__, tasks.__dict__, 'made_later')
    made_later.__qualname__ = 'made_later'
    monkeypatch.setattr(tasks, 'made_later', made_later, raising=False)
    lost = [executor.submit(tasks.made_later, x) for x in range(200)]
    let_go()
    for future in lost:
        assert isinstance(future.exception().__cause__, AttributeError)
    assert max(counts) > 1
    assert executor.submit(tasks.square, 3).result() == 9


# -- threads are woken once all futures are set, but for what may wait for them --------------------------------------

TOLD = threading.Event()


def wait_until_told(*_):
    assert TOLD.wait(support.GUARD)
    return 2


class Told(object):
    """To unpickle it takes until ``TOLD``."""

    def __reduce__(self):
        return wait_until_told, ()


def in_batch():
    results = Arrivals()
    results.expect(1)
    batch = Batch(results, 0, tasks.square, False, [1], None, Call)
    return batch, None, [(channel.RESULT, 0, 0.0, pack(Told()))]


def alone(value, callback=None):
    future = poolcompat.Future()
    assert future.set_running_or_notify_cancel()
    if callback is not None:
        future.add_done_callback(callback)
    return Call(future, tasks.square, (1,), {}), channel.RESULT, pack(value)


def awaited():
    """A call whose result a thread waits for, which then sets ``TOLD``."""
    TOLD.clear()
    call = alone(1)
    waiting = threading.Thread(target=lambda: (call[0].future.result(), TOLD.set()))
    waiting.daemon = True
    waiting.start()
    support.wait_for(lambda: call[0].future._condition._waiters)
    return call


def pack(value):
    return joined(dumps_alone(value))


def set_by_error():
    call, _, body = alone(Told())
    return call, channel.ERROR, struct.pack('<Q', 0) + body


@pytest.mark.parametrize('second', [
    lambda: alone(2, wait_until_told), lambda: alone(Told()), set_by_error, in_batch,
], ids=['callback', 'unpickled', 'error', 'in a batch'])
def test_who_waits_is_woken_before_code_of_the_users_runs(second):
    """Which may wait for that thread: else both would wait for ever."""
    first = awaited()
    with poolcompat.ProcessPoolExecutor(1) as executor:
        settling = threading.Thread(target=executor._engine._settle, args=([first, second()],))
        settling.daemon = True
        settling.start()
        settling.join(support.GUARD)
        assert not settling.is_alive() and TOLD.is_set()


def test_who_waits_is_woken_though_what_comes_next_fails(executor):
    first = awaited()
    with pytest.raises(AttributeError):
        executor._engine._settle([first, (None, channel.RESULT, b'')])
    assert TOLD.wait(support.GUARD)


@pytest.mark.skipif(sys.version_info >= (3,), reason='on Python 3 only the smallest are told apart')
@pytest.mark.parametrize('value', [None, True, False, 0, -1, 99, 1000, 1 << 20, .25])
def test_scalars(value):
    assert dispatcher._is_scalar(pack(value))


@pytest.mark.parametrize('value', [
    (), (1,), (1, 2), (None, None), (.5, None), (True, 1, 2), [1], {1: 1}, u'a', b'a', b'ab', b'abcde', Told(), len, object])
def test_no_scalars(value):
    assert not dispatcher._is_scalar(pack(value))


def test_a_number_may_stand_for_a_name():
    copyreg.add_extension('tests.tasks', 'square', 240)
    try:
        assert not dispatcher._is_scalar(pack(tasks.square))
    finally:
        copyreg.remove_extension('tests.tasks', 'square', 240)


def test_who_waits_is_woken_before_a_future_that_somebody_holds():
    """Who may wait for that thread."""
    first, second = awaited(), alone(2)
    with poolcompat.ProcessPoolExecutor(1) as executor:
        with second[0].future._condition:
            settling = threading.Thread(target=executor._engine._settle, args=([first, second],))
            settling.daemon = True
            settling.start()
            assert TOLD.wait(support.GUARD)
        settling.join(support.GUARD)
        assert second[0].future.result() == 2
