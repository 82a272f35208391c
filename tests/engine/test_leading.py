"""``poolcompat._engine.leading``: callers that read what they wait for, and what comes between."""
from __future__ import absolute_import, division, print_function

import array
import collections
import contextlib
import copy
import functools
import os
import random
import select
import signal
import sys
import threading
import time

import pytest

import poolcompat
from poolcompat._compat.py27.pickling import Pickling
from poolcompat._engine import channel, dispatcher, leading, memory, spinning
from poolcompat._engine.calls import in_own_thread
from poolcompat._engine.spinning import Spin

from .. import support, tasks

fcntl, termios = pytest.importorskip('fcntl'), pytest.importorskip('termios')
pytestmark = pytest.mark.skipif(not channel.FastChannel.lends or poolcompat.cpu_count() == 1,
                                reason='on PyPy, without select.epoll, or with one processor, the dispatcher reads all')
ENGINE = os.path.dirname(os.path.abspath(leading.__file__))


@pytest.fixture(params=['executor', 'pool'])
def submit(request):
    """Has a worker run a call; what it returns has the methods ``result``, and ``pool`` the engine."""
    if request.param == 'executor':
        with poolcompat.ProcessPoolExecutor(2) as executor:
            made_ready(executor)
            submit = executor.submit
            yield submit_to(executor, lambda fn, *args: submit(fn, *args).result)
    else:
        pool = made_ready(poolcompat.Pool(2))
        yield submit_to(pool, lambda fn, *args: pool.apply_async(fn, args).get)
        pool.close()
        pool.join()


def submit_to(owner, function):
    def submit(fn, *args):
        return function(fn, *args)
    submit.engine = owner._engine
    return submit


@pytest.fixture
def long_turns(monkeypatch):
    """Whoever waits reads, and goes on with it."""
    monkeypatch.setattr(leading, 'TURN', 2 * support.GUARD)
    begin = leading.Leading._begin_turn

    def persist(engine, worker, future, turn):
        """Begin, however often the dispatcher is awake just then."""
        fd = begin(engine, worker, future, turn)
        while fd is None and any(call.future is future for call in list(worker.calls)):
            time.sleep(.001)
            fd = begin(engine, worker, future, turn)
        return fd

    monkeypatch.setattr(leading.Leading, '_begin_turn', persist)


@pytest.fixture
def no_looks(long_turns, monkeypatch):
    """As above, though not without end, as an interrupted caller does see its turn through; what has to be done is done
    when it is said: the dispatcher does not look by itself."""
    monkeypatch.setattr(leading, 'TURN', .25)
    monkeypatch.setattr(dispatcher, 'LOOK_SECONDS', 3600)


@contextlib.contextmanager
def signalled(handle, when):
    """Have ``handle`` called by SIGUSR1, which is sent once ``when()`` comes true."""
    before = signal.signal(signal.SIGUSR1, handle)
    try:
        helper = in_thread(lambda: (support.wait_for(when), os.kill(os.getpid(), signal.SIGUSR1)))
        yield
        helper()
    finally:
        signal.signal(signal.SIGUSR1, before)


def raises(number, frame):
    raise ValueError(number)


class Raises(object):
    def __call__(self, number, frame):
        raise ValueError(number)

    def handle(self, number, frame):
        raise ValueError(number)


def has_turn(engine):
    """Whether a caller waits for what it is to read, and nobody has the lock."""
    return any(worker.turn is not None for worker in engine._workers) and not engine._inside


@contextlib.contextmanager
def read_in_turn(submit):
    """Submit a call that ends once a caller has a turn, however late that is: give what ``submit`` returns for it."""
    with contextlib.closing(support.Gate()) as gate:
        submitted = submit(tasks.visit, gate.address, 9)
        visitor, = gate.admit()
        helper = in_thread(lambda: (support.wait_for(lambda: has_turn(submit.engine)), visitor.let_go()))
        yield submitted
        helper()


def idle(engine):
    """Whether all workers wait for calls, and the dispatcher reads what they send."""
    return engine._workers and all(worker.turn is None and dispatcher._is_idle(worker) and worker in engine._idle
                                   for worker in list(engine._workers))


def calm(engine):
    """Whether the next call goes straight to a worker: the dispatcher waits as well."""
    return idle(engine) and engine._polling and not engine._lock.locked()


def made_ready(owner):
    """Return the owner after a first call, once nothing but a call wakes its dispatcher: the next one has a turn."""
    call = getattr(owner, 'submit', None) or (lambda fn, *args: owner.apply_async(fn, args))
    call(tasks.square, 1)
    engine, look = owner._engine, dispatcher.LOOK_SECONDS
    support.wait_for(lambda: calm(engine))
    dispatcher.LOOK_SECONDS = .02
    try:
        engine._wake()
        support.wait_for(lambda: calm(engine) and engine._dozing)
    finally:
        dispatcher.LOOK_SECONDS = look
    return owner


def in_thread(function, *args):
    """Call the function in a thread; return a function that waits for what it returned or raised."""
    outcome = []

    def run():
        try:
            outcome.append((function(*args), None))
        except Exception as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run)
    thread.start()

    def finish():
        thread.join(support.GUARD)
        assert outcome, 'waits for ever'
        value, error = outcome[0]
        if error is not None:
            raise error
        return value
    return finish


def test_the_caller_reads_what_it_waits_for(submit):
    """Not each time: the dispatcher may be awake."""
    names = set(submit(tasks.late, tasks.NameOfUnpickler)() for _ in range(50))
    assert threading.current_thread().name in names


def test_with_one_processor_the_dispatcher_reads(monkeypatch):
    monkeypatch.setattr(dispatcher, 'cpu_count', lambda: 1)
    with poolcompat.ProcessPoolExecutor(1) as executor:
        names = set(executor.submit(tasks.late, tasks.NameOfUnpickler).result() for _ in range(50))
    assert names == set(['poolcompat-dispatcher'])


def test_whoever_is_to_be_told_is_told_by_the_dispatcher():
    """The caller may hold what a callback needs."""
    with poolcompat.ProcessPoolExecutor(1) as executor:
        told = []
        for _ in range(100):
            future = executor.submit(tasks.square, 2)
            future.add_done_callback(lambda future: told.append(threading.current_thread().name))
            assert future.result() == 4
    assert set(told) <= set(['poolcompat-dispatcher', threading.current_thread().name])     # its own where it was done
    assert 'poolcompat-dispatcher' in told


@pytest.mark.race
def test_a_callback_that_needs_what_the_caller_holds(long_turns):
    with made_ready(poolcompat.ProcessPoolExecutor(1)) as executor, contextlib.closing(support.Gate()) as gate:
        lock, told = threading.Lock(), threading.Event()

        def tell(_):
            with lock:
                told.set()

        future = executor.submit(tasks.visit, gate.address)
        visitor, = gate.admit()
        with lock:
            waiting = in_thread(future.result)
            support.wait_for(lambda: has_turn(executor._engine))
            future.add_done_callback(tell)      # comes while the other thread reads
            visitor.let_go()
            waiting()
        assert told.wait(support.GUARD)


def test_a_long_call_is_left_to_the_dispatcher(submit):
    with contextlib.closing(support.Gate()) as gate:
        waiting = in_thread(submit(tasks.visit, gate.address))
        visitor, = gate.admit()
        support.wait_for(lambda: not has_turn(submit.engine) and submit.engine._polling)
        visitor.let_go()
        waiting()
    support.wait_for(lambda: idle(submit.engine))


@pytest.mark.race
def test_several_wait_for_one(submit):
    for number in range(20):
        result = submit(tasks.square, number)
        waiting = [in_thread(result) for _ in range(4)]
        assert [wait() for wait in waiting] == [number ** 2] * 4
    support.wait_for(lambda: idle(submit.engine))


@pytest.mark.race
def test_callers_at_once(submit):
    def loop(first):
        for number in range(first, first + 100):
            assert submit(tasks.square, number)() == number ** 2

    for wait in [in_thread(loop, first) for first in range(0, 400, 100)]:
        wait()
    support.wait_for(lambda: idle(submit.engine))


@pytest.mark.race
def test_calls_that_wait_get_the_worker_that_a_caller_has_read(long_turns):
    with made_ready(poolcompat.ProcessPoolExecutor(1)) as executor, contextlib.closing(support.Gate()) as gate:
        first = executor.submit(tasks.visit, gate.address)
        visitor, = gate.admit()
        waiting = in_thread(first.result)
        support.wait_for(lambda: has_turn(executor._engine))
        others = [executor.submit(tasks.square, number) for number in range(10)]
        visitor.let_go()
        waiting()
        assert [other.result(support.GUARD) for other in others] == [number ** 2 for number in range(10)]


@pytest.mark.race
def test_what_comes_with_the_result_goes_to_the_dispatcher(submit, long_turns):
    """Results of calls that were sent ahead, in the same pipe."""
    engine = submit.engine
    with contextlib.closing(support.Gate()) as gate:
        first = submit(tasks.visit, gate.address)
        visitor, = gate.admit()
        waiting = in_thread(first)
        support.wait_for(lambda: has_turn(engine))
        worker, = [worker for worker in engine._workers if worker.turn is not None]
        with engine._lock:          # the caller cannot look before both results are there
            visitor.let_go()
            again = copy.copy(worker.calls[0])
            again.fn, again.args, again.future, again.number = tasks.square, (5,), type(again.future)(), worker.number
            again.payload = Pickling().dumps_call(again.fn, again.args, again.kwargs)
            worker.number += 1
            worker.calls.append(again)
            worker.channel.unsent.extend(worker.channel.entries([(channel.CALL, again.number, again.payload, 1)]))
            worker.channel.flush()
            support.wait_for(lambda: bytes_to_read(worker.channel.fileno()) > 40)
        waiting()
        getattr(again.future, 'wait', again.future.result)(support.GUARD)
        assert again.future.result() == 25
    support.wait_for(lambda: idle(engine))


def bytes_to_read(fd):
    count = array.array('i', [0])
    fcntl.ioctl(fd, termios.FIONREAD, count)
    return count[0]


@pytest.mark.race
@pytest.mark.parametrize('method', support.START_METHODS)
def test_a_worker_that_dies_while_a_caller_reads(method, long_turns):
    executor = made_ready(poolcompat.ProcessPoolExecutor(1, mp_context=poolcompat.get_context(method)))
    gate = support.Gate()
    waiting = in_thread(executor.submit(tasks.visit, gate.address).result)
    visitor, = gate.admit()
    support.wait_for(lambda: has_turn(executor._engine))
    os.kill(visitor.pid, signal.SIGKILL)
    with pytest.raises(poolcompat.BrokenProcessPool, match='terminated abruptly'):
        waiting()
    executor.shutdown()
    gate.close()


@pytest.mark.race
def test_workers_that_are_killed_while_a_caller_reads(long_turns):
    executor, gate = made_ready(poolcompat.ProcessPoolExecutor(1)), support.Gate()
    waiting = in_thread(executor.submit(tasks.visit, gate.address).result)
    gate.admit()
    support.wait_for(lambda: has_turn(executor._engine))
    executor.kill_workers()
    with pytest.raises(poolcompat.BrokenProcessPool):
        waiting()
    gate.close()


@pytest.mark.race
def test_a_pool_that_is_terminated_while_a_caller_reads(long_turns):
    pool, gate = made_ready(poolcompat.Pool(1)), support.Gate()
    waiting = in_thread(pool.apply_async(tasks.visit, (gate.address,)).get)
    gate.admit()
    support.wait_for(lambda: has_turn(pool._engine))
    pool.terminate()
    with pytest.raises(Exception, match='terminated'):
        waiting()
    pool.join()
    gate.close()


def test_a_pool_that_is_terminated_just_as_a_caller_begins_to_read(monkeypatch):
    """It then looks at a descriptor that is closed."""
    pool, gate = made_ready(poolcompat.Pool(1)), support.Gate()
    result = pool.apply_async(tasks.visit, (gate.address,))
    gate.admit()
    begin, begun = pool._engine._begin_turn, []

    def begin_late(*args):
        begun.append(begin(*args))
        pool.terminate()
        return begun[0]

    monkeypatch.setattr(pool._engine, '_begin_turn', begin_late)
    with pytest.raises(Exception, match='terminated'):
        in_thread(result.get)()
    assert begun != [None]
    pool.join()
    gate.close()


def test_a_result_that_cannot_be_unpickled(submit):
    """Each fails its own call, and is unpickled once."""
    del tasks.tries_to_unpickle[:]
    for _ in range(20):
        with pytest.raises(Exception, match='not to be had'):
            submit(tasks.FailsToUnpickle)()
    assert len(tasks.tries_to_unpickle) == 20
    support.wait_for(lambda: idle(submit.engine))


@pytest.mark.race
@pytest.mark.parametrize('told', [False, True])
def test_the_pool_ends_when_the_caller_has_set_what_it_read(told, long_turns):
    """Whoever waits for ``shutdown`` finds every future done."""
    tasks.unpickling.clear()
    tasks.may_unpickle.clear()
    executor, callbacks = made_ready(poolcompat.ProcessPoolExecutor(1)), []
    with contextlib.closing(support.Gate()) as gate:
        future = executor.submit(tasks.visit, gate.address, tasks.WaitsToUnpickle())
        visitor, = gate.admit()
        waiting = in_thread(future.result)
        support.wait_for(lambda: has_turn(executor._engine))
        visitor.let_go()
    assert tasks.unpickling.wait(support.GUARD)
    if told:
        future.add_done_callback(callbacks.append)      # which makes it the dispatcher's
    ending, engine = in_thread(executor.shutdown), executor._engine
    support.wait_for(lambda: engine._ended or engine._closing and engine._polling and not engine._poller._woken)
    assert not engine._ended
    tasks.may_unpickle.set()
    ending()
    assert future.done() and callbacks == [future] * told
    assert waiting() is True


def test_a_big_result(submit):
    for size in 10, 60000, 65536, 70000, 10 ** 6:
        assert submit(tasks.echo, b'x' * size)() == b'x' * size
    support.wait_for(lambda: idle(submit.engine))


def test_a_turn_that_nobody_ends_is_taken_back(submit, monkeypatch):
    """As where Ctrl-C comes a second time while the first is seen to."""
    engine, gate = submit.engine, support.Gate()
    result = submit(tasks.visit, gate.address)
    visitor, = gate.admit()
    worker, = [worker for worker in engine._workers if worker.calls]
    support.wait_for(lambda: engine._begin_turn(worker, worker.calls[0].future, ['lost']))
    visitor.let_go()
    waiting = in_thread(result)
    waiting()
    support.wait_for(lambda: idle(engine))
    gate.close()


@pytest.mark.race
def test_a_signal_handler_that_waits_for_the_same_call(no_looks, submit):
    """It comes while its thread reads, and waits for what that thread would read."""
    engine, gate, results = submit.engine, support.Gate(), []
    result = submit(tasks.visit, gate.address)
    visitor, = gate.admit()

    def handle(number, frame):
        visitor.let_go()
        results.append(result())

    with signalled(handle, lambda: has_turn(engine)):
        results.append(result())
    assert len(results) == 2
    support.wait_for(lambda: idle(engine))
    gate.close()


@pytest.mark.race
def test_a_signal_handler_whose_call_comes_after_what_its_thread_waits_for(no_looks):
    with made_ready(poolcompat.ProcessPoolExecutor(1)) as executor, contextlib.closing(support.Gate()) as gate:
        future, results = executor.submit(tasks.visit, gate.address), []
        visitor, = gate.admit()

        def handle(number, frame):
            after = executor.submit(tasks.square, 3)
            visitor.let_go()
            results.append(after.result())

        with signalled(handle, lambda: has_turn(executor._engine)):
            future.result()
        assert results == [9]


@pytest.mark.race
def test_a_signal_handler_that_ends_the_pool_from_which_its_thread_reads(no_looks):
    executor, gate = made_ready(poolcompat.ProcessPoolExecutor(1)), support.Gate()
    future = executor.submit(tasks.visit, gate.address)
    visitor, = gate.admit()

    def handle(number, frame):
        visitor.let_go()
        executor.shutdown()

    with signalled(handle, lambda: has_turn(executor._engine)):
        future.result()
    gate.close()


@pytest.mark.race
def test_a_signal_handler_that_forks(no_looks, submit):
    """The child goes on with what was interrupted, has no worker to read from, and waits as for any future."""
    gate, children = support.Gate(), []
    result = submit(tasks.visit, gate.address)
    visitor, = gate.admit()

    def handle(number, frame):
        children.append(os.fork())
        if children[0]:
            visitor.let_go()
        else:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, .5)

    with signalled(handle, lambda: has_turn(submit.engine)):
        try:
            result()
        finally:
            if children == [0]:
                os._exit(1)
    assert os.waitpid(children[0], 0)[1] == signal.SIGALRM
    gate.close()


@pytest.mark.race
def test_what_a_signal_handler_raises_while_its_thread_unpickles(submit, long_turns):
    """That thread has it, and the call is as good as before."""
    tasks.unpickling.clear()
    tasks.may_unpickle.clear()
    gate = support.Gate()
    result = submit(tasks.visit, gate.address, tasks.WaitsToUnpickle())
    visitor, = gate.admit()

    def handle(number, frame):
        tasks.may_unpickle.set()
        raise ValueError('from the handler')

    def unpickling():
        if has_turn(submit.engine):
            visitor.let_go()
        return tasks.unpickling.is_set()

    with signalled(handle, unpickling):
        with pytest.raises(ValueError, match='from the handler'):
            result()
    assert result() is True
    gate.close()


@pytest.mark.parametrize('handle', [
    raises, functools.partial(raises), Raises(), Raises().handle], ids=['function', 'partial', 'instance', 'method'])
def test_what_cuts_in(handle, monkeypatch):
    """Whatever handles a signal, it is told from what the interrupted code raises."""
    def outcome():
        try:
            handle(signal.SIGUSR1, None)
        except ValueError:
            return leading.cuts_in(*sys.exc_info()[1:])

    assert not outcome()
    before = signal.signal(signal.SIGUSR1, handle)
    try:
        assert outcome()
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_what_a_library_of_green_threads_throws_cuts_in():
    assert leading.cuts_in(type(str('GreenletExit'), (BaseException,), {'__module__': 'greenlet'})(), None)
    assert leading.cuts_in(type(str('Timeout'), (BaseException,), {'__module__': 'gevent.timeout'})(), None)
    assert not leading.cuts_in(SystemExit(), None)


@pytest.mark.skipif(sys.version_info >= (3,), reason='Python 3 has no classic classes')
def test_a_signal_handler_that_raises_what_is_no_baseexception(submit, long_turns):
    class Classic:
        pass

    def handle(number, frame):
        raise Classic

    gate = support.Gate()
    result = submit(tasks.visit, gate.address)
    visitor, = gate.admit()
    with signalled(handle, lambda: has_turn(submit.engine)):
        with pytest.raises(Classic):
            result()
    visitor.let_go()
    result()
    support.wait_for(lambda: idle(submit.engine))
    gate.close()


def test_leaving_the_program_while_unpickling(submit):
    """SystemExit is an error of the call like others, whichever thread unpickles."""
    del tasks.tries_to_unpickle[:]
    for _ in range(20):
        with pytest.raises((poolcompat.BrokenProcessPool, SystemExit), match='not here'):      # a Pool raises the cause
            submit(tasks.late, tasks.FailsToUnpickle, SystemExit, 'not here')()
    assert len(tasks.tries_to_unpickle) == 20


@pytest.mark.skipif(sys.version_info >= (3,), reason='Python 3 has no classic classes')
def test_what_is_no_baseexception_while_unpickling(submit):
    for _ in range(20):
        with pytest.raises(Exception, match='could not be unpickled: instance'):
            submit(tasks.late, tasks.FailsToUnpickle, tasks.Classic)()


@pytest.mark.race
def test_what_takes_long_to_unpickle_is_unpickled_once(submit, long_turns, monkeypatch):
    """However often the dispatcher looks meanwhile."""
    tasks.unpickling.clear()
    tasks.may_unpickle.clear()
    del tasks.tries_to_unpickle[:]
    engine, gate = submit.engine, support.Gate()
    waiting = in_thread(submit(tasks.visit, gate.address, tasks.WaitsToUnpickle()))
    visitor, = gate.admit()
    support.wait_for(lambda: has_turn(engine))
    visitor.let_go()
    assert tasks.unpickling.wait(support.GUARD)
    monkeypatch.setattr(dispatcher, 'LOOK_SECONDS', .01)        # now: it takes a turn that it has seen twice
    engine._wake()
    looks = set()
    support.wait_for(lambda: looks.add(engine._looked_at) or len(looks) > 5)
    tasks.may_unpickle.set()
    waiting()
    assert len(tasks.tries_to_unpickle) == 1
    gate.close()


def test_only_the_turn_that_was_seen_before_is_late(monkeypatch):
    """Another may be at the same address."""
    executor = made_ready(poolcompat.ProcessPoolExecutor(1))
    executor.shutdown()
    engine, first, second = executor._engine, [], [('a call', None, None)]
    engine._settling[id(first)] = first
    engine._heed_turns([], True)
    engine._settling[id(first)] = second
    engine._heed_turns([], True)
    assert engine._settling.pop(id(first)) is second and not engine._leftover


def test_no_turn_before_what_was_read_in_another_is_noted(submit):
    engine, gate = submit.engine, support.Gate()
    result = submit(tasks.visit, gate.address)
    visitor, = gate.admit()
    worker, = [worker for worker in engine._workers if worker.calls]

    def begin():
        return engine._begin_turn(worker, worker.calls[0].future, [])

    worker.channel.inbox.append(b'')
    support.wait_for(lambda: engine._polling)
    assert begin() is None
    worker.channel.inbox.clear()
    support.wait_for(begin)
    visitor.let_go()
    result()        # once the dispatcher has taken that turn back
    gate.close()


def test_a_worker_that_is_lent_can_be_removed():
    class Worker(object):
        channel = channel.FastChannel(poolcompat.get_context())

    poller = channel.FastPoller(poolcompat.get_context())
    poller.add(Worker)
    poller.lend(Worker.channel.fileno())
    poller.remove(Worker)
    assert poller.poll(0) == ([], [])
    poller.close()
    poller._waking.close()
    Worker.channel.handing_over(False)
    Worker.channel.close()


def test_an_initializer_that_takes_away_poll():
    with poolcompat.ProcessPoolExecutor(1, initializer=tasks.lose_poll) as executor:
        assert executor.submit(tasks.square, 3).result() == 9


class Interrupter(support.Interrupter):
    """At each line of the engine's."""

    def enters(self, frame):
        return os.path.dirname(frame.f_code.co_filename) in (ENGINE, os.path.dirname(ENGINE))

    def counts(self, frame, event):
        return event == 'line'


@pytest.mark.race
def test_ctrl_c_at_every_line(submit):
    """The call has its result all the same, for whoever waits next, and the pool both its workers."""
    before, interrupted, missed = sys.gettrace(), set(), 0
    for at in range(1, 1000):
        result = submit(tasks.late, tasks.square, at)
        interrupter = Interrupter(at)
        sys.settrace(interrupter)
        try:
            value = result()
        except KeyboardInterrupt:
            interrupted.add(interrupter.within)
            missed = 0
            value = in_thread(result)()
        else:
            missed += 1
        finally:
            sys.settrace(before)
        assert value == at ** 2
        support.wait_for(lambda: calm(submit.engine))
        if missed == 30:        # one that finds the dispatcher awake is short
            break
    assert interrupted >= set(['take_turn', '_begin_turn', '_end_turn', '_settle_turn', 'under_lock'])


@pytest.mark.race
@pytest.mark.parametrize('given_up', [False, True])
def test_ctrl_c_as_a_result_has_been_read(given_up, no_looks, submit, monkeypatch):
    """The dispatcher goes on from there, at once; also where a signal's handler had given the turn up before."""
    def interrupted(self):
        monkeypatch.setattr(channel.FastChannel, 'caught', caught)
        if given_up:
            submit.engine._give_turn_up()
        raise KeyboardInterrupt

    caught = channel.FastChannel.caught
    with read_in_turn(submit) as result:
        monkeypatch.setattr(channel.FastChannel, 'caught', interrupted)
        with pytest.raises(KeyboardInterrupt):
            result()
        assert in_thread(result)() == 9


@pytest.mark.race
def test_ctrl_c_before_a_call_is_written(no_looks, submit, monkeypatch):
    """The dispatcher writes it: whoever is to have it has it."""
    def interrupted(self):
        monkeypatch.setattr(channel.FastChannel, 'flush', flush)
        raise KeyboardInterrupt

    flush = channel.FastChannel.flush
    monkeypatch.setattr(channel.FastChannel, 'flush', interrupted)
    with pytest.raises(KeyboardInterrupt):
        submit(tasks.square, 3)
    support.wait_for(lambda: idle(submit.engine))
    assert sum(worker.done for worker in submit.engine._workers) == 2


@pytest.mark.race
@pytest.mark.skipif(not memory.share(1), reason='what is big goes through the pipe here, in parts that tell of the next')
def test_a_result_in_shared_memory(no_looks, submit):
    """The caller has read where it is, and leaves it to the dispatcher, at once."""
    assert len(submit(tasks.late, tasks.megabytes, 2)()) == 2 << 20


def test_a_handler_that_raises_timeouterror_as_a_turn_begins(submit, monkeypatch):
    """That is an OSError, as is what a system call says."""
    engine, raised = submit.engine, []
    lend = engine._poller.lend

    def lend_and_raise(fd):
        lend(fd)
        if not raised:
            raised.append(True)
            raise OSError

    monkeypatch.setattr(dispatcher, 'LOOK_SECONDS', 3600)
    monkeypatch.setattr(engine._poller, 'lend', lend_and_raise)
    result = submit(tasks.late, tasks.square, 3)
    while True:
        try:
            value = result()
        except OSError:
            monkeypatch.setattr(engine._poller, 'lend', lend)
            value = result()
        assert value == 9
        if raised:
            break
        result = submit(tasks.late, tasks.square, 3)    # the dispatcher was awake


def test_a_handler_that_raises_timeouterror_as_the_dispatcher_is_woken():
    """It is woken all the same."""
    poller, wake = channel.FastPoller(poolcompat.get_context()), []
    wake.append(poller._wake)

    def fail_once():
        poller._wake = wake[0]
        raise OSError

    poller._wake = (functools.partial(fail_once),) + poller._wake
    with pytest.raises(OSError):
        poller.wake()
    assert poller.poll(0) == ([None], [])
    poller.close()
    poller._waking.close()


@pytest.mark.skipif(sys.version_info < (3, 5), reason='up to 3.4 signals have no enumeration')
def test_an_enumeration_that_lacks_a_value_does_not_cut_in():
    """Its metaclass has a method that is called, as the default handler's has."""
    with pytest.raises(ValueError) as raised:
        signal.Signals(9999)
    assert not leading.cuts_in(raised.value, raised.tb)


def test_a_call_that_is_waited_for_while_another_is_unpickled(submit):
    """The outer one is not taken for abandoned meanwhile."""
    me, outer = threading.current_thread().ident, (submit.engine._workers[0], [('a call', None, None)])
    submit.engine._leaders[me] = outer
    for number in range(5):
        assert submit(tasks.late, tasks.square, number)() == number ** 2
        assert submit.engine._leaders.pop(me) is outer
        submit.engine._leaders[me] = outer
    del submit.engine._leaders[me]


@pytest.mark.race
def test_the_time_out_is_kept_while_signals_come(submit, long_turns):
    gate = support.Gate()
    result = submit(tasks.visit, gate.address)
    visitor, = gate.admit()
    before = signal.signal(signal.SIGALRM, lambda number, frame: None)
    signal.setitimer(signal.ITIMER_REAL, .005, .005)
    try:
        with pytest.raises(poolcompat.TimeoutError):
            result(.1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    visitor.let_go()
    result()
    gate.close()


def test_one_whose_time_is_over_as_it_is_to_be_told():
    """It goes without the lock, and the others are told all the same, callbacks among them."""
    class Leaving(collections.deque):
        def popleft(self):
            self.clear()
            return collections.deque.popleft(self)

    future, told = poolcompat.Future(), []
    future.set_running_or_notify_cancel()
    future.add_done_callback(told.append)
    future._condition._waiters = Leaving(['a waiter'])
    future.set_result(4)
    assert told == [future] and future.result() == 4


class TestAtAnyMoment(object):
    @pytest.mark.race
    def test_ctrl_c(self, submit):
        """Whoever asks again has the result, and no lock is kept."""
        armed, interrupted, descriptors = [], 0, len(tasks.open_descriptors())

        def interrupt(number, frame):
            if armed:
                armed.pop()
                raise KeyboardInterrupt

        before = signal.signal(signal.SIGALRM, interrupt)
        try:
            for number in range(1000):
                result = submit(tasks.square, number)
                try:
                    armed.append(True)
                    signal.setitimer(signal.ITIMER_REAL, random.uniform(.00001, .0003))
                    value = result()
                    del armed[:]
                except KeyboardInterrupt:
                    del armed[:]
                    interrupted += 1
                    value = result()
                assert value == number ** 2
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        if hasattr(sys, 'exc_clear'):
            sys.exc_clear()
        assert interrupted and len(tasks.open_descriptors()) <= descriptors
        assert not poolcompat.wait([poolcompat.Future()], timeout=0).done       # it is there again for the next test


@pytest.mark.skipif(sys.version_info < (3,), reason="2.7's lock does not tell who has it")
def test_ctrl_c_as_a_turn_gives_a_futures_lock_back(long_turns, monkeypatch):
    """Up to 3.9 the lock is then kept. The dispatcher needs it."""
    settle = poolcompat.Future._settle

    def interrupted(future, value):
        assert settle(future, value)
        future._condition.acquire()
        raise KeyboardInterrupt

    with made_ready(poolcompat.ProcessPoolExecutor(1)) as executor:
        monkeypatch.setattr(poolcompat.Future, '_settle', interrupted)
        with read_in_turn(submit_to(executor, executor.submit)) as future:
            with pytest.raises(KeyboardInterrupt):
                future._lead(future, None)
            assert in_thread(future.result)() == 9
        monkeypatch.setattr(poolcompat.Future, '_settle', settle)
        assert executor.submit(tasks.square, 4).result() == 16


@pytest.mark.race
@pytest.mark.parametrize('method, late', [
    ('_free_lock', True), ('_wake', False), ('_wake', True), ('_leave_settling', False), ('_leave_settling', True)])
def test_ctrl_c_again_while_the_first_is_seen_to(method, late, submit, monkeypatch):
    """As one of the steps of that begins, or ends: the dispatcher finds what was left when it looks."""
    monkeypatch.setattr(dispatcher, 'LOOK_SECONDS', .02)
    engine, before, again, missed = submit.engine, sys.gettrace(), [], 0
    step = getattr(engine, method)

    def interrupted(*args):
        if interrupter.left or again[-1] or in_own_thread():
            return step(*args)
        again[-1] = True
        if late:
            step(*args)
        raise KeyboardInterrupt

    for at in range(1, 1000, 3):
        result = submit(tasks.late, tasks.square, at)
        interrupter = Interrupter(at)
        again.append(False)
        monkeypatch.setattr(engine, method, interrupted)
        sys.settrace(interrupter)
        try:
            value = result()
        except KeyboardInterrupt:
            missed = -1
            monkeypatch.setattr(engine, method, step)
            value = in_thread(result)()
        finally:
            missed += 1
            sys.settrace(before)
            monkeypatch.setattr(engine, method, step)
        assert value == at ** 2
        support.wait_for(lambda: calm(engine))
        if missed == 10:
            break
    assert any(again)


def test_the_time_out_counts_from_the_start(submit):
    with contextlib.closing(support.Gate()) as gate:
        result = submit(tasks.visit, gate.address)
        visitor, = gate.admit()
        for timeout in -1, 0, .001, .02:
            with pytest.raises(poolcompat.TimeoutError):
                result(timeout)
        visitor.let_go()
        result()


def test_a_turn_right_after_one_that_was_cut_short(submit):
    """Before the dispatcher has put the worker's results back."""
    engine, gate = submit.engine, support.Gate()
    result = submit(tasks.visit, gate.address)
    visitor, = gate.admit()
    worker, = [worker for worker in engine._workers if worker.calls]
    engine._poller.lend(worker.channel.fileno())
    with pytest.raises(poolcompat.TimeoutError):
        result(.001)
    visitor.let_go()
    engine._suspect = True
    engine._wake()
    result()
    gate.close()


# -- looking for a moment --------------------------------------------------------------------------------------------

def test_looks_in_vain_make_the_next_rarer():
    spin, looks = Spin(), []

    def nothing(timeout):
        looks.append(timeout)
        return []

    waits = 0
    for _ in range(5000):
        before = len(looks)
        assert not spin(nothing)
        waits += len(looks) > before
    assert waits < 100
    assert set(looks) == set([0])


def test_where_others_want_the_core_looks_are_rarest():
    spin, looks = Spin(), []

    def away(timeout):
        looks.append(timeout)
        time.sleep(.01)
        return []

    assert not any(spin(away) for _ in range(1000))
    assert len(looks) == 2


def test_what_comes_in_a_moment_is_waited_for_again(monkeypatch):
    monkeypatch.setattr(spinning, '_MOMENT', support.GUARD)
    spin, answers = Spin(), []

    def soon(timeout):
        answers.append(len(answers) % 3 == 2)
        return answers[-1]

    assert all(spin(soon) for _ in range(100))
    assert len(answers) == 300


def test_a_look_is_taken_also_where_the_end_is_rounded(monkeypatch):
    """Beyond a power of two seconds there is half as much between two numbers."""
    now = 8162 + 3 * 2.0 ** -40
    assert now + 60 - 60 > now
    monkeypatch.setattr(spinning, '_MOMENT', 60)
    monkeypatch.setattr(spinning, 'perf_counter', lambda: now)
    answers = [False, False, True]
    assert Spin()(lambda timeout: answers.pop(0))


def test_a_clock_that_steps_back_ends_the_look(monkeypatch):
    times, looks = [1e9, 1e9 - 3600], []
    monkeypatch.setattr(spinning, 'perf_counter', lambda: times.pop(0) if len(times) > 1 else times[0])

    def nothing(timeout):
        looks.append(timeout)
        assert len(looks) < 100, 'looks until the clock is where it was'
        return []

    assert not Spin()(nothing)


def test_what_a_signals_handler_raises_ends_the_look():
    """TimeoutError is an OSError."""
    def alarmed(timeout):
        raise OSError

    with pytest.raises(OSError):
        Spin()(alarmed)


def test_a_signal_ends_the_look():
    def interrupted(timeout):
        raise select.error(4, 'Interrupted system call')

    assert not Spin()(interrupted)
