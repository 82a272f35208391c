"""CONTRACT.md, Behaviour 12: Pool and ThreadPool."""
from __future__ import absolute_import, division, print_function

import contextlib
import functools
import gc
import itertools
import multiprocessing.pool
import os
import pickle
import signal
import sys
import threading
import time
import warnings
import weakref

import pytest
from six.moves import builtins, range

import poolcompat
import poolcompat.pool
from poolcompat.pool import MaybeEncodingError, TimeoutError, WorkerLostError

from tests import support, tasks
from tests.bindings import (Fork, Forkserver, NativePool, NativeThreadPool, Portable, PortableSpawn, Spawn, Threads, bind,
                            native_never)
from tests.contract.test_death import every_way

PROCESSES = (Fork, Spawn, Forkserver, Portable, PortableSpawn)
EACH = PROCESSES + (NativePool, Threads, NativeThreadPool)


def counted(items, taken):
    for item in items:
        taken.append(item)
        yield item


def raising_after(count, error=KeyError('no more')):
    for item in range(count):
        yield item
    raise error


class Changing(object):
    """``tasks.square``, and calls ``change()`` as it is pickled."""

    def __init__(self, change):
        self.change = change

    def __reduce__(self):
        self.change()
        return functools.partial, (tasks.square,)

    def __call__(self, item):
        return tasks.square(item)


def interrupt(*args):
    raise KeyboardInterrupt


def errors_of(results):
    """Return how many results of an iterator are errors."""
    errors = 0
    while True:
        try:
            results.next(support.GUARD)
        except StopIteration:
            return errors
        except TimeoutError:
            raise
        except Exception:
            errors += 1


class InterfaceCases(object):
    """What each method does with calls that end well or badly."""

    def test_apply(self):
        pool = self.pool()
        assert pool.apply(tasks.square, (3,)) == 9
        assert pool.apply(tasks.add3, (1,), {'c': 3}) == 14
        assert pool.apply(func=tasks.add3, args=(1,), kwds={'b': 3}) == 104
        with pytest.raises(ZeroDivisionError):
            pool.apply(tasks.divide, (1, 0))

    def test_apply_async(self):
        result = self.pool().apply_async(tasks.square, (3,))
        assert result.get() == 9
        result.wait()
        result.wait(timeout=0)
        assert result.ready() and result.successful()
        assert isinstance(result, multiprocessing.pool.ApplyResult)

    def test_result_that_is_not_there(self):
        gate = self.gate()
        result = self.pool().apply_async(tasks.visit, (gate.address, 5))
        visitor = gate.admit_one()
        result.wait(0)
        assert not result.ready()
        for error in multiprocessing.TimeoutError, self.timeout_error():
            with pytest.raises(error):
                result.get(timeout=.001)
        visitor.let_go()
        assert result.get() == 5

    def timeout_error(self):
        return multiprocessing.TimeoutError if self.native else poolcompat.TimeoutError

    def test_successful_before_the_end(self):
        """bpo-34454 (3.7 and before: AssertionError)."""
        gate = self.gate()
        result = self.pool().apply_async(tasks.visit, (gate.address,))
        gate.admit_one()
        with pytest.raises(ValueError):
            result.successful()

    def test_failed(self):
        result = self.pool().apply_async(tasks.divide, (1, 0))
        result.wait()
        assert result.ready() and not result.successful()
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                result.get()

    def test_map(self):
        pool = self.pool(2)
        assert pool.map(tasks.square, range(100)) == [x * x for x in range(100)]
        assert pool.map(tasks.square, iter(range(100)), chunksize=7) == [x * x for x in range(100)]
        assert pool.map(tasks.square, set([3])) == [9]
        assert pool.map(tasks.square, []) == []
        assert pool.map_async(tasks.square, []).get(support.GUARD) == []
        assert pool.map_async(tasks.square, range(3), 1).get() == [0, 1, 4]
        assert pool.starmap(tasks.divide, [(4, 2), (9, 3)]) == [2, 3]
        assert pool.starmap_async(tasks.divide, iter([(4, 2), (9, 3)]), 1).get() == [2, 3]

    def test_map_of_what_has_a_length(self):
        """It is asked for it, and is not copied first."""
        sizes = []

        class Counted(list):
            def __len__(self):
                sizes.append(list.__len__(self))
                return sizes[-1]

        pool = self.pool(2)
        assert pool.map(tasks.square, Counted(range(81))) == [x * x for x in range(81)]
        assert sizes

    @native_never('maps what the list has by then, or waits for ever')
    @pytest.mark.parametrize('chunksize', [1, 7, None])
    def test_map_of_a_list_that_is_added_to(self, chunksize):
        """As its items are sent. Those that there were are mapped."""
        items = list(range(100))
        result = self.pool(2).map_async(Changing(lambda: items.extend(range(5))), items, chunksize)
        assert result.get(support.GUARD) == [x * x for x in range(100)]

    @native_never('maps what the list has by then, or waits for ever')
    @pytest.mark.parametrize('chunksize', [1, 7, None])
    def test_map_of_a_list_that_is_removed_from(self, chunksize):
        """As its items are sent. Those that there were are mapped, or it says so: a list is not copied to be cut."""
        items, pool = list(range(100)), self.pool(2)
        try:
            result = pool.map_async(Changing(lambda: items.__delitem__(slice(60, None))), items, chunksize)
        except RuntimeError as error:
            assert chunksize != 1 and self.method != 'threads'
            assert 'became shorter while it was mapped' in str(error)
        else:
            assert result.get(support.GUARD) == [x * x for x in range(100)]
        assert pool.map(tasks.square, items) == [x * x for x in items]

    def test_map_fails_with_the_first_error(self):
        pool = self.pool(1)
        with pytest.raises(ValueError) as caught:
            pool.map(tasks.raise_value_error, ['first', 'second'], 1)
        assert str(caught.value) == 'first'

    def test_map_is_not_ready_before_all_have_ended(self):
        """bpo-35378 or before: the failed part does not end the whole."""
        gate = self.gate()
        result = self.pool(2).starmap_async(
            tasks.call, [(tasks.divide, 1, 0), (tasks.visit, gate.address)], 1)
        visitor = gate.admit_one()
        assert not result.ready()
        visitor.let_go()
        with pytest.raises(ZeroDivisionError):
            result.get()

    def test_iterable_that_cannot_be_iterated(self):
        with pytest.raises(TypeError):
            self.pool().map(tasks.square, 5)

    @pytest.mark.parametrize('chunksize', [1, 3, 1000])
    def test_imap(self, chunksize):
        pool = self.pool(2)
        results = pool.imap(tasks.square, range(1000), chunksize)
        assert list(results) == [x * x for x in range(1000)]
        assert list(results) == []
        results = pool.imap_unordered(tasks.square, range(1000), chunksize=chunksize)
        assert sorted(results) == [x * x for x in range(1000)]
        assert list(pool.imap(tasks.square, [], chunksize)) == list(pool.imap_unordered(tasks.square, [], chunksize)) == []

    def test_imap_next(self):
        gate = self.gate()
        results = self.pool().imap(tasks.visit, [gate.address, gate.address])
        assert iter(results) is results
        visitor = gate.admit_one()
        for _ in range(2):
            with pytest.raises(multiprocessing.TimeoutError):
                results.next(timeout=.001)
        visitor.let_go()
        assert results.next() is None
        gate.admit_one().let_go()
        assert next(results) is None
        for _ in range(2):
            with pytest.raises(StopIteration):
                results.next(timeout=support.GUARD)

    def test_imap_unordered_gives_what_has_ended(self):
        gate = self.gate()
        results = self.pool(2).imap_unordered(tasks.call_with, [(tasks.visit, gate.address, 'slow'), (tasks.square, 3)])
        visitor = gate.admit_one()
        assert next(results) == 9
        visitor.let_go()
        assert next(results) == 'slow'

    @native_never('its list of results is too short, or has holes')
    def test_stop_iteration_of_a_call_is_its_error(self):
        pool = self.pool()
        for chunksize in 1, 2, 4:
            with pytest.raises(StopIteration):
                pool.map(tasks.raise_stop_iteration, [1, 3, 2, 4], chunksize)
            with pytest.raises(StopIteration):
                pool.starmap(tasks.raise_stop_iteration, [(1,), (3,), (2,), (4,)], chunksize)

    def test_imap_goes_on_after_an_error(self):
        pool = self.pool()
        for results in pool.imap(tasks.reciprocal, [1, 0, 2]), pool.imap_unordered(tasks.reciprocal, [1, 0, 2]):
            assert next(results) == 1
            with pytest.raises(ZeroDivisionError):
                next(results)
            assert next(results) == .5
            with pytest.raises(StopIteration):
                next(results)

    @pytest.mark.parametrize('count', [0, 1, 3])
    @pytest.mark.parametrize('chunksize', [1, 2])
    def test_iterable_that_raises(self, count, chunksize):
        """bpo-28699: also at its first item."""
        pool = self.pool()
        for method in pool.imap, pool.imap_unordered:
            results = method(tasks.square, raising_after(count), chunksize)
            with pytest.raises(KeyError):
                list(results)
        with pytest.raises(KeyError):
            pool.map(tasks.square, raising_after(count))
        assert pool.apply(tasks.square, (3,)) == 9

    @pytest.mark.skipif(sys.version_info >= (3,), reason='Python 3 has no classic classes')
    @native_never('its thread dies, and every later result is waited for in vain')
    def test_iterable_that_raises_an_old_style_exception(self):
        pool = self.pool()
        for method in pool.imap, pool.imap_unordered:
            results = method(tasks.square, raising_after(1, tasks.OldStyle()))
            assert next(results) == 0
            with pytest.raises(tasks.OldStyle):
                next(results)
            with pytest.raises(StopIteration):
                next(results)

    @native_never('its threads submit all')
    @pytest.mark.parametrize('items', [[3] * 2000, iter([3] * 2000)], ids=['at hand', 'one by one'])
    def test_ctrl_c_in_imap(self, items, monkeypatch):
        pool = self.pool()
        with monkeypatch.context() as patch:
            patch.setattr(pool, '_submit', interrupt)
            patch.setattr(threading.Thread, 'start', interrupt)
            with pytest.raises(KeyboardInterrupt):
                pool.imap(tasks.square, items)
        assert list(pool.imap(tasks.square, [4] * 1000)) == [16] * 1000
        pool.close()
        pool.join()

    @native_never('its threads submit all')
    @pytest.mark.parametrize('at_hand', [True, False])
    def test_a_handler_that_closes_and_raises_in_imap(self, at_hand, monkeypatch):
        pool = self.pool()

        def close_and_raise(*args):
            patch.undo()
            pool.close()
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            if at_hand and self.method != 'threads':
                patch.setattr(pool, '_fed', close_and_raise)
            else:
                patch.setattr(threading.Thread, 'start', close_and_raise)
            with pytest.raises(KeyboardInterrupt):
                pool.imap(tasks.square, [3] if at_hand else iter([3]))
        pool.join()

    @native_never('its result handler has it')
    @pytest.mark.parametrize('count', [10, 512, 2000])
    @pytest.mark.parametrize('method', ['imap', 'imap_unordered'])
    def test_what_is_fed_and_unread_keeps_nothing(self, method, count):
        """Neither keeps the iterator the pool, nor anything the iterator, also while nobody collects cycles."""
        if hasattr(sys, 'getrefcount'):
            gc.disable()        # on PyPy that would also put off what is to be done as the pool goes
        try:
            pool = self.pool()
            results = getattr(pool, method)(tasks.echo, list(range(count)))
            engine, gone = pool._engine, weakref.ref(pool)
            support.wait_for(lambda: not pool._feeders)
            pool.apply(tasks.echo, (1,))
            pool = None
            support.wait_for(lambda: gone() is None, collecting=True)
            support.wait_for(engine._finished.is_set, collecting=True)
            assert len(list(results)) == count
            results = getattr(self.pool(), method)(tasks.echo, list(range(count)))
            gone = weakref.ref(results)
            results = None
            support.wait_for(lambda: gone() is None, collecting=True)
        finally:
            gc.enable()

    def test_imap_consumes_what_is_endless(self):
        taken = []
        results = self.pool().imap(tasks.square, counted(itertools.count(), taken))
        assert list(itertools.islice(results, 1000)) == [x * x for x in range(1000)]
        gate = self.gate()
        results = self.pool().imap(tasks.visit, counted(itertools.repeat(gate.address), taken))
        gate.admit_one()

    @native_never('a full pipe is what stops it, after some thousand items')
    def test_imap_does_not_run_far_ahead(self):
        """While a call runs, 512 items at most are taken."""
        taken, gate = [], self.gate()
        feeding = self.gate()

        def addresses():
            for number in range(511):
                yield gate.address
            tasks.visit(feeding.address)
            taken.append('item 512')
            yield gate.address
            taken.append('item 513')

        def feeding_in():
            """The functions that the thread which consumes the addresses is in."""
            feeder = [thread for thread in threading.enumerate() if thread.name == 'poolcompat-feeder'][0]
            frame, names = sys._current_frames()[feeder.ident], []
            while frame:
                names.append(frame.f_code.co_name)
                frame = frame.f_back
            return names

        results = self.pool().imap(tasks.visit, addresses())
        gate.admit_one()
        feeding.admit_one().let_go()
        support.wait_for(lambda: taken and (len(taken) > 1 or 'wait_unless' in feeding_in()))
        assert taken == ['item 512']
        assert results is not None

    @native_never('it takes all at once')
    @pytest.mark.parametrize('at_hand', [True, False])
    def test_imap_goes_on_beside_calls_that_take_long(self, at_hand):
        """Wherever they are: what counts is how many are under way."""
        pool, gate = self.pool(3), self.gate()
        items = ['%d %s' % (number, gate.address if number in (511, 1023) else '') for number in range(5000)]
        results = pool.imap_unordered(tasks.visit_where_told, items if at_hand else iter(items))
        gate.admit(2)
        assert len(set(results.next(support.GUARD) for _ in range(4998))) == 4998
        gate.open()
        assert sorted(results) == [511, 1023]

    def test_starmap_of_what_is_no_tuple(self):
        """Each fails for itself, and nothing looks through an iterator before it is sent."""
        pool = self.pool()
        for _ in range(2):
            with pytest.raises(TypeError):
                pool.starmap(tasks.capture, [(1,), 2, (3,), 4] * 10, chunksize=1)
        assert pool.starmap(tasks.capture, [[1, 2]] * 20, chunksize=1) == [((1, 2), {})] * 20
        if sys.version_info >= (3,) or self.method == 'threads':      # before, no iterator can be pickled
            assert pool.starmap(tasks.capture, [iter([n, n]) for n in range(20)], chunksize=1) == [
                ((n, n), {}) for n in range(20)]
        assert pool.apply(tasks.square, (3,)) == 9

    def test_callbacks(self):
        pool, got = self.pool(), []
        pool.apply_async(tasks.square, (3,), callback=got.append).wait()
        pool.apply_async(tasks.square, (4,), {}, got.append).wait()
        pool.map_async(tasks.square, [1, 2], callback=got.append).wait()
        pool.starmap_async(tasks.divide, [(4, 2)], callback=got.append).wait()
        pool.map_async(tasks.square, [], 1).wait()
        assert got == [9, 16, [1, 4], [2]]
        pool.apply_async(tasks.divide, (1, 0), callback=got.append, error_callback=got.append).wait()
        pool.map_async(tasks.reciprocal, [1, 0], error_callback=got.append).wait()
        assert [type(error) for error in got[4:]] == [ZeroDivisionError, ZeroDivisionError]

    @native_never('its thread dies, and every later result is waited for in vain')
    def test_callback_that_raises(self, logged):
        pool = self.pool()
        result = pool.apply_async(tasks.square, (3,), callback=tasks.raise_value_error)
        assert result.get() == 9
        assert pool.map_async(tasks.square, [3], callback=tasks.raise_value_error).get() == [9]
        result = pool.apply_async(tasks.divide, (1, 0), error_callback=lambda error: tasks.raise_system_exit(3))
        with pytest.raises(ZeroDivisionError):
            result.get()
        assert pool.apply(tasks.square, (4,)) == 16
        assert len(logged) == 3

    @native_never('waits in vain: the thread that calls back is the one that it waits for')
    def test_callback_that_calls_the_pool(self):
        pool, got = self.pool(), []

        def again(value):
            got.append(pool.apply(tasks.square, (value,)))
            got.append(pool.map(tasks.square, range(10), 1))
            got.append(list(pool.imap_unordered(tasks.square, [value])))

        assert pool.apply_async(tasks.square, (2,), callback=again).get() == 4
        assert got == [16, [x * x for x in range(10)], [16]]

    @native_never('as above')
    def test_callback_that_waits_for_what_is_not_submitted_yet(self):
        pool, got = self.pool(1), []

        def wait(_):
            late = (time.sleep(.1) or x for x in range(2))
            got.append([list(pool.imap(tasks.square, late)), list(pool.imap(tasks.square, []))])

        pool.apply_async(tasks.square, (2,), callback=wait).get()
        assert got == [[[0, 1], []]]

    @native_never('as above')
    def test_callback_that_waits_for_another(self):
        pool, got, first = self.pool(), [], []
        gate = threading.Event()

        def wait(_):
            gate.wait(support.GUARD)
            got.append(first[0].get())

        one = pool.apply_async(tasks.square, (2,), callback=wait)
        first.append(pool.apply_async(tasks.square, (3,), callback=got.append))
        gate.set()
        one.wait()
        assert got == [9, 9]

    def test_callbacks_are_called_one_at_a_time(self):
        """So that they need no lock."""
        pool, threads = self.pool(2), set()
        results = [pool.apply_async(time.sleep, (.01,), callback=lambda _: threads.add(threading.current_thread()))
                   for _ in range(10)]
        for result in results:
            result.get()
        assert len(threads) == 1 and threading.current_thread() not in threads

    @native_never('every result waits for the callback')
    def test_callback_holds_up_no_call(self):
        pool, gate = self.pool(1), threading.Event()
        result = pool.apply_async(tasks.square, (2,), callback=lambda _: gate.wait(support.GUARD))
        assert pool.apply_async(tasks.square, (3,)).get(support.GUARD) == 9
        assert not result.ready()
        gate.set()
        assert result.get() == 4

    def test_callback_after_terminate(self):
        """What ends the pool's own thread for callbacks takes none from them."""
        pool, got = self.pool(1), []
        results = [pool.apply_async(tasks.square, (x,), callback=got.append, error_callback=got.append) for x in range(50)]
        results[0].get()
        pool.terminate()
        pool.join()
        if not self.native:
            assert all(result.ready() for result in results) and len(got) == 50

    @native_never('as above')
    def test_callback_that_waits_for_what_came_with_its_own(self):
        """Also as the last that a closed pool does."""
        for _ in range(20):
            pool, got, later = self.pool(), [], []
            both = threading.Event()

            def wait(_):
                both.wait(support.GUARD)
                got.append(later[0].get(support.GUARD))

            pool.apply_async(tasks.square, (2,), callback=wait)
            later.append(pool.apply_async(tasks.square, (3,)))
            pool.close()
            both.set()
            pool.join()
            assert got == [9]

    @native_never('it hangs')
    def test_callback_that_waits_for_imap(self):
        """Which goes on only once another callback has been called."""
        pool, may_go_on, got = self.pool(2), threading.Event(), []

        def items():
            may_go_on.wait(support.GUARD)
            yield 3

        def wait(_):
            pool.apply_async(tasks.square, (2,), callback=lambda _: may_go_on.set())
            got.append(next(results))

        results = pool.imap(tasks.square, items())
        pool.apply_async(tasks.square, (2,), callback=wait).get(support.GUARD / 4)
        assert got == [9]

    def test_callback_that_ends_the_pool(self):
        pool = self.pool(2)
        result = pool.apply_async(tasks.square, (2,), callback=lambda _: pool.close())
        assert result.get() == 4
        pool.join()
        pool = self.pool(2)
        called = threading.Event()

        def end(_):
            pool.terminate()
            called.set()

        pool.apply_async(tasks.square, (2,), callback=end)
        called.wait(support.GUARD)
        pool.join()

    def test_many_threads(self):
        pool, wrong = self.pool(2), []

        def use(number):
            for x in range(30):
                if pool.apply(tasks.square, (number * x,)) != (number * x) ** 2:
                    wrong.append(number)

        threads = [threading.Thread(target=use, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []

    def test_after_close(self):
        """bpo-35477 (3.7 and before: re-entering is allowed)."""
        pool = self.pool()
        with pytest.raises(ValueError) as caught:
            pool.join()
        assert str(caught.value) == 'Pool is still running'
        results = [pool.apply_async(tasks.square, (x,)) for x in range(10)]
        lazy = pool.imap(tasks.square, range(10))
        pool.close()
        pool.close()
        for method in (pool.apply, pool.apply_async, pool.map, pool.map_async, pool.imap, pool.imap_unordered, pool.starmap,
                       pool.starmap_async):
            with pytest.raises(ValueError) as caught:
                method(tasks.square, (3,))
            assert str(caught.value) == 'Pool not running'
        with pytest.raises(ValueError):
            pool.__enter__()
        pool.join()
        pool.join()
        assert [result.get() for result in results] == list(lazy) == [x * x for x in range(10)]

    def test_with(self):
        with self.pool() as pool:
            assert pool.apply(tasks.square, (3,)) == 9
        with pytest.raises(ValueError):
            pool.apply(tasks.square, (3,))

    def test_repr(self):
        """bpo-35491."""
        pool = self.pool(3)
        name = type(pool).__name__
        assert repr(pool) == '<%s.%s state=RUN pool_size=3>' % (type(pool).__module__, name)
        pool.close()
        assert 'state=CLOSE' in repr(pool)
        pool.terminate()
        assert 'state=TERMINATE' in repr(pool)

    def test_pickling_a_pool(self):
        with pytest.raises(NotImplementedError) as caught:
            pickle.dumps(self.pool(), 2)
        assert str(caught.value) == 'pool objects cannot be passed between processes or pickled'

    def test_initializer(self, monkeypatch):
        monkeypatch.setattr(tasks, 'INITIALISED', [])       # threads add to this process's own
        pool = self.pool(initializer=tasks.initialise, initargs=('a', 'b'))
        assert ('a', 'b') in pool.apply(tasks.initialised)[1]
        with pytest.raises(TypeError) as caught:
            self.pool(initializer=3)
        assert str(caught.value) == 'initializer must be a callable'

    def test_number_of_processes(self):
        for number in 0, -1:
            with pytest.raises(ValueError) as caught:
                self.pool(number)
            assert str(caught.value) == 'Number of processes must be at least 1'
        assert len(self.pool(3)._pool) == 3
        assert self.pool(None)._processes >= 1

    @pytest.mark.parametrize('chunksize', [1, 3, 50, 100])
    def test_chunks_of_what_can_be_cut(self, chunksize):
        pool = self.pool(2)
        for items in range(5, 355, 7), range(0), tuple(range(50)), list(range(50)):
            squares = [item ** 2 for item in items]
            assert pool.map(tasks.square, items, chunksize) == squares
            assert list(pool.imap(tasks.square, items, chunksize)) == squares
            assert pool.starmap(pow, tuple((item, 2) for item in items), chunksize) == squares

    @pytest.mark.skipif(sys.version_info < (3,), reason="2.7's xrange is no longer than an index can be")
    def test_a_range_without_end(self):
        assert next(self.pool().imap(abs, range(10 ** 20), 3)) == 0

    @native_never('imap says so where the first result is asked for, from 3.7 on')
    @pytest.mark.parametrize('chunksize', [1, 2])
    def test_what_is_no_iterable(self, chunksize):
        pool = self.pool()
        for method in pool.map, pool.imap, pool.imap_unordered, pool.starmap_async:
            with pytest.raises(TypeError, match="'int' object is not iterable"):
                method(tasks.square, 5, chunksize)

    @native_never('0 gives a list of None')
    def test_chunksize(self):
        pool = self.pool()
        for method in pool.map, pool.imap, pool.imap_unordered, pool.starmap_async:
            with pytest.raises(ValueError) as caught:
                method(tasks.square, [3], 0)
            assert str(caught.value) == 'Chunksize must be 1+, not 0'

    @native_never('its methods are functions of Python 3, with its own words')
    def test_unknown_keyword(self):
        with pytest.raises(TypeError) as caught:
            self.pool().map(tasks.square, [3], chunk=2)
        assert "map() got an unexpected keyword argument 'chunk'" in str(caught.value)

    def test_terminate(self):
        """While calls run, wait, and are fed."""
        gate = self.gate()
        pool = self.pool(2)
        for _ in range(2):
            pool.apply_async(tasks.visit, (gate.address,))
        gate.admit(2)
        pool.map_async(tasks.square, range(100), 1)
        pool.imap(tasks.square, itertools.count())
        if self.method == 'threads':
            gate.open()
        pool.terminate()
        pool.join()
        pool.terminate()

    @native_never('who asks for the next result waits for ever')
    def test_terminate_ends_iterators(self):
        pool = self.pool(2)
        results = [method(tasks.echo, items)
                   for items in (range(100000), itertools.count()) for method in (pool.imap, pool.imap_unordered)]
        assert [next(iterator) is not None for iterator in results] == [True] * 4
        pool.terminate()
        pool.join()
        assert [errors_of(iterator) > 0 for iterator in results] == [True] * 4

    def test_close_with_results_unread(self):
        pool = self.pool(2)
        pool.imap(tasks.square, range(2000))
        pool.imap_unordered(tasks.square, range(2000), 7)
        for x in range(100):
            pool.apply_async(tasks.square, (x,))
        pool.close()
        pool.join()

    def test_huge_generator(self):
        pool = self.pool(2)
        assert sum(pool.map(tasks.echo, (1 for _ in range(100000)))) == 100000


class CollectedCases(object):

    @pytest.mark.skipif(not hasattr(builtins, 'ResourceWarning'), reason='2.7 has no ResourceWarning')
    def test_unclosed(self):
        """bpo-35424."""
        pool = self.pool()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            del pool
            gc.collect()
        texts = [str(warning.message) for warning in caught if warning.category.__name__ == 'ResourceWarning']
        assert any(text.startswith('unclosed running multiprocessing pool') for text in texts)

    def test_collected(self):
        """A pool that nobody has ends; what is asked of it before keeps it."""
        gate = self.gate()
        pool = self.pool()
        result = pool.apply_async(tasks.visit, (gate.address, 5))
        visitor = gate.admit_one()
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            del pool
            gc.collect()
            visitor.let_go()
            assert result.get() == 5
            del result
            gc.collect()


class LostCases(object):
    """A worker that dies."""

    @pytest.mark.race
    @every_way
    def test_loses_its_call_only(self, fn, args, exitcode, signame):
        pool = self.pool(2)
        before = [pool.apply_async(tasks.square, (x,)) for x in range(20)]
        lost = pool.apply_async(fn, args)
        after = [pool.apply_async(tasks.square, (x,)) for x in range(200)]
        with pytest.raises(WorkerLostError) as caught:
            lost.get()
        error = caught.value
        assert isinstance(error, poolcompat.BrokenProcessPool)
        assert (error.exitcode, error.signal) == self.ended(exitcode, signame)
        assert error.pid
        assert fn.__name__ in error.call
        for part in [str(error.pid), error.call] + [repr(arg) for arg in args]:
            assert part in str(error)
        assert [result.get() for result in before] == [x * x for x in range(20)]
        assert [result.get() for result in after] == [x * x for x in range(200)]
        pool.close()
        pool.join()

    @pytest.mark.race
    def test_is_replaced(self):
        pool = self.pool(1)
        pids = set()
        for _ in range(5):
            pids.add(pool.apply(os.getpid))
            with pytest.raises(WorkerLostError):
                pool.apply(tasks.die_by_exit, (3,))
        assert len(pids) == 5

    @pytest.mark.race
    def test_idle(self):
        pool = self.pool(2)
        for _ in range(5):
            pids = set(process.pid for process in pool._pool)
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            support.wait_for(lambda: len(pool._pool) == 2 and not pids & set(process.pid for process in pool._pool))
            assert pool.map(tasks.square, range(10), 1) == [x * x for x in range(10)]

    @pytest.mark.race
    def test_map_names_the_part(self):
        pool = self.pool(2)
        with pytest.raises(WorkerLostError) as caught:
            pool.map(tasks.die_at_five, range(12), 4)
        assert caught.value.call == 'tests.tasks.die_at_five of items 4 to 7: [4, 5, 6, 7]'
        with pytest.raises(WorkerLostError) as caught:      # by default four chunks for each worker, of 81 items
            pool.map(tasks.die_at_five, range(81))
        assert ' of items 0 to 10: ' in caught.value.call
        with pytest.raises(WorkerLostError) as caught:
            pool.apply(tasks.die_at_five, (5,), {'text': 'x' * 1000})
        assert caught.value.call.startswith("tests.tasks.die_at_five(5, text='xxx")
        assert len(caught.value.call) < 100
        results = pool.imap(tasks.die_at_five, range(8))
        for x in range(8):
            if x == 5:
                with pytest.raises(WorkerLostError):
                    next(results)
            else:
                assert next(results) == x
        results = pool.imap_unordered(tasks.die_at_five, range(12), 4)
        lost, got = 0, []
        for _ in range(9):
            try:
                got.append(next(results))
            except WorkerLostError:
                lost += 1
        assert lost == 1 and sorted(got) == [0, 1, 2, 3, 8, 9, 10, 11]

    @pytest.mark.race
    def test_close_and_join(self):
        pool = self.pool(2)
        results = [pool.apply_async(tasks.die_at_five, (x,)) for x in [5, 1, 5, 2, 5]]
        pool.close()
        pool.join()
        for x, result in zip([5, 1, 5, 2, 5], results):
            if x == 5:
                with pytest.raises(WorkerLostError):
                    result.get()
            else:
                assert result.get() == x

    @pytest.mark.race
    @pytest.mark.parametrize('initializer, args', [
        (tasks.initialise_badly, ('sun',)), (tasks.initialise_and_exit, (4,)), (tasks.initialise_and_sys_exit, ())])
    @pytest.mark.parametrize('size', [1, 4])
    def test_initializer_that_fails(self, initializer, args, size, logged):
        """gh-87472: natively workers are started for ever."""
        pool = self.pool(size, initializer=initializer, initargs=args)
        with pytest.raises(WorkerLostError) as caught:
            pool.apply(tasks.square, (3,))
        if initializer is tasks.initialise_badly:
            assert isinstance(caught.value.__cause__, tasks.InitError)
        if initializer is tasks.initialise_and_exit:
            assert caught.value.exitcode == self.ended(4)[0]
        pool.close()
        pool.join()

    @pytest.mark.race
    def test_initializer_that_fails_now_and_then(self, tmpdir, logged):
        """Each second worker: the pool goes on."""
        path = str(tmpdir.join('starts'))
        pool = self.pool(1, initializer=tasks.initialise_each_second_time, initargs=(path,), maxtasksperchild=1)
        assert pool.map(tasks.square, range(6), 1) == [x * x for x in range(6)]

    @pytest.mark.race
    def test_terminated(self):
        gate = self.gate()
        pool = self.pool(1)
        running = pool.apply_async(tasks.visit, (gate.address,))
        gate.admit_one()
        waiting = [pool.apply_async(tasks.square, (3,)), pool.map_async(tasks.square, range(10), 1)]
        lazy = pool.imap(tasks.square, itertools.count())
        pool.terminate()
        for result in [running] + waiting:
            with pytest.raises(WorkerLostError) as caught:
                result.get()
            assert 'terminated' in str(caught.value)
        with pytest.raises(WorkerLostError):
            next(lazy)

    @pytest.mark.race
    def test_callback_that_waits_as_all_is_terminated(self):
        """What it waits for fails only after it."""
        gate = self.gate()
        pool, got = self.pool(1), []
        results = []

        def wait(_):
            try:
                got.append(results[-1].get())
            except WorkerLostError as error:
                got.append(str(error))

        results.append(pool.apply_async(tasks.visit, (gate.address,), error_callback=wait))
        results.append(pool.apply_async(tasks.square, (3,)))
        gate.admit_one()
        pool.terminate()
        pool.join()
        assert got == [str(results[-1]._slot.error)]

    @pytest.mark.race
    def test_left_by_with(self):
        """Natively the result is waited for in vain."""
        gate = self.gate()
        with self.pool() as pool:
            result = pool.apply_async(tasks.visit, (gate.address,))
            gate.admit_one()
        with pytest.raises(WorkerLostError):
            result.get()

    @pytest.mark.race
    def test_maxtasksperchild(self):
        pool = self.pool(2, maxtasksperchild=3)
        pids = pool.map(tasks.pid_for, range(60), 1)
        assert sorted(set(pids.count(pid) for pid in pids)) in ([3], [1, 3], [2, 3], [1, 2, 3])
        assert max(pids.count(pid) for pid in pids) == 3
        assert len(set(pids)) in (20, 21)
        for value in 0, -1, 'x', 1.5:
            with pytest.raises(ValueError) as caught:
                self.pool(maxtasksperchild=value)
            assert str(caught.value) == 'maxtasksperchild must be a positive int or None'

    def test_nested(self):
        """Natively workers are daemons, which may have no children."""
        assert self.pool().apply(tasks.map_in_a_pool, (self.method, 10)) == [x * x for x in range(10)]


class PicklingCases(object):
    """What cannot go from process to process fails its own call, at once."""

    def check(self, error_type, fn, *args):
        pool = self.pool()
        with pytest.raises(error_type) as caught:
            pool.apply(fn, args)
        with pytest.raises(error_type):
            pool.starmap(fn, [args])
        assert pool.apply(tasks.square, (3,)) == 9
        return caught.value

    def test_function(self):
        self.check(Exception, lambda *args: 3)

    def test_argument(self):
        self.check(Exception, tasks.echo, threading.Lock())

    def test_what_the_worker_cannot_find(self):
        """The most asked question about the native pool: it waits for ever."""
        error = self.check(ValueError, tasks.echo, tasks.ExplodesWhenLoaded())
        assert not isinstance(error, poolcompat.BrokenProcessPool)

    def test_result(self):
        error = self.check(MaybeEncodingError, tasks.return_lambda)
        assert 'lambda' in error.value

    def test_result_that_cannot_be_unpickled(self):
        self.check(ValueError, tasks.return_explosive)

    def test_exception_that_cannot_be_rebuilt(self):
        self.check(TypeError, tasks.raise_two_arguments)

    def test_exception_that_cannot_be_pickled(self):
        self.check(Exception, tasks.raise_unpicklable)

    def test_base_exceptions(self):
        """Natively they end the worker, and the call is waited for in vain."""
        self.check(SystemExit, tasks.raise_system_exit, 3)
        self.check(KeyboardInterrupt, tasks.raise_keyboard_interrupt)

    def test_remote_traceback(self):
        error = self.check(ValueError, tasks.raise_value_error)
        assert 'in raise_value_error' in str(error.__cause__)


class ExitCases(object):
    """A program that leaves its pool as it is ends, and so does all that it started, which ``finish`` waits for."""

    @pytest.mark.race
    @pytest.mark.parametrize('how', ['idle', 'busy', 'waiting', 'closed', 'feeding', 'sys.exit', 'killed'])
    def test_left(self, how):
        script = self.script("""
        import itertools, time
        if __name__ == '__main__':
            how = ARGS[0]
            pool = lib.Pool(2, context=get_context(METHOD))
            pool.apply(tasks.square, (2,))
            if how in ('busy', 'closed', 'sys.exit'):
                results = [pool.apply_async(time.sleep, (1000,)) for _ in range(4)]
            if how == 'waiting':
                pool.map_async(tasks.square, range(10000), 1)
            if how == 'feeding':
                pool.imap(tasks.square, itertools.count())
            if how == 'closed':
                pool.close()
            if how == 'sys.exit':
                sys.exit(0)
            if how == 'killed':
                os.kill(os.getpid(), signal.SIGKILL)
        """, how)
        script.finish()
        assert script.code == (-signal.SIGKILL if how == 'killed' else 0)
        if how != 'killed':
            assert script.err == ''

    @pytest.mark.race
    @pytest.mark.parametrize('how', ['map', 'imap', 'join'])
    def test_interrupted(self, how):
        """Ctrl-C in a terminal, while the parent waits: at once, also on 2.7, whose own pool hangs."""
        script = self.script("""
        import time
        if __name__ == '__main__':
            with lib.Pool(2, context=get_context(METHOD)) as pool:
                pool.map(tasks.square, range(10), 1)
                try:
                    say('ready')
                    if ARGS[0] == 'map':
                        pool.map(time.sleep, [1000] * 4, 1)
                    if ARGS[0] == 'imap':
                        list(pool.imap(time.sleep, [1000] * 4))
                    if ARGS[0] == 'join':
                        pool.map_async(tasks.visit, ARGS[1:] * 4, 1)
                        pool.close()
                        pool.join()
                except KeyboardInterrupt:
                    say('interrupted')
        """, how, self.gate().address)
        assert script.line() == 'ready'
        script.signal(signal.SIGINT, group=True)
        assert script.line() == 'interrupted'
        script.finish()
        assert (script.code, script.err) == (0, '')


class ThreadCases(object):
    """What ThreadPool does better than the native one."""

    def test_what_a_process_could_not_take(self):
        lock = threading.Lock()
        assert self.pool().apply(lambda: lock) is lock

    def test_initializer_that_fails(self, logged):
        pool = self.pool(2, initializer=tasks.initialise_badly)
        with pytest.raises((poolcompat.BrokenThreadPool, ValueError)) as caught:
            pool.apply(tasks.square, (3,))
        assert isinstance(caught.value.__cause__, tasks.InitError)

    def test_base_exceptions(self):
        pool = self.pool()
        with pytest.raises(SystemExit):
            pool.apply(tasks.raise_system_exit, (3,))
        with pytest.raises(KeyboardInterrupt):
            pool.apply(tasks.raise_keyboard_interrupt)
        assert pool.apply(tasks.square, (3,)) == 9

    def test_terminated(self):
        gate = self.gate()
        pool = self.pool()
        running = pool.apply_async(tasks.visit, (gate.address, 5))
        visitor = gate.admit_one()
        waiting = pool.apply_async(tasks.square, (3,))
        pool.terminate()
        with pytest.raises(poolcompat.BrokenThreadPool):
            waiting.get()
        visitor.let_go()
        assert running.get() == 5

    def test_left_running_at_exit(self):
        script = self.script("""
        import poolcompat, threading
        pool = poolcompat.ThreadPool(2)
        started = threading.Event()
        pool.apply_async(lambda: (started.set(), threading.Event().wait(1000)))
        started.wait()
        """)
        script.finish()
        assert script.code == 0


# Spawned workers and the portable channel each by itself: what they do together is in the cases below.
bind(globals(), InterfaceCases, [binding for binding in EACH if binding is not PortableSpawn])
bind(globals(), CollectedCases, PROCESSES + (Threads,))
bind(globals(), LostCases, PROCESSES)
bind(globals(), PicklingCases, PROCESSES)
bind(globals(), ExitCases, PROCESSES)
bind(globals(), ThreadCases, (Threads,))


class TestNames(object):

    def test_names(self):
        assert sorted(poolcompat.pool.__all__) == [
            'ApplyResult', 'AsyncResult', 'MapResult', 'MaybeEncodingError', 'Pool', 'ThreadPool', 'TimeoutError',
            'WorkerLostError']
        assert poolcompat.pool.AsyncResult is poolcompat.pool.ApplyResult
        assert poolcompat.Pool is poolcompat.pool.Pool and poolcompat.ThreadPool is poolcompat.pool.ThreadPool

    def test_identity(self):
        assert issubclass(poolcompat.Pool, multiprocessing.pool.Pool)
        assert issubclass(poolcompat.ThreadPool, multiprocessing.pool.ThreadPool)
        assert issubclass(TimeoutError, multiprocessing.TimeoutError) and issubclass(TimeoutError, poolcompat.TimeoutError)
        assert issubclass(TimeoutError, getattr(builtins, 'TimeoutError', Exception))
        assert issubclass(WorkerLostError, poolcompat.BrokenProcessPool)

    def test_errors_can_be_pickled(self):
        for error in TimeoutError('a'), WorkerLostError('a'):
            again = pickle.loads(pickle.dumps(error, 2))
            assert type(again) is type(error) and again.args == error.args

    @pytest.mark.parametrize('cls', [poolcompat.Pool, poolcompat.ThreadPool])
    def test_every_public_method_is_ours(self, cls):
        for name in dir(cls):
            if not name.startswith('_') and name != 'Process':     # only native code calls that
                owner = [base for base in cls.__mro__ if name in vars(base)][0]
                assert owner.__module__ == 'poolcompat.pool', name

    @pytest.mark.skipif(sys.version_info < (3, 3), reason='inspect.signature is from 3.3')
    def test_signatures(self):
        import inspect
        signatures = dict((name, str(inspect.signature(getattr(poolcompat.Pool, name)))) for name in (
            '__init__', 'apply_async', 'map', 'imap', 'starmap_async'))
        assert signatures == {
            '__init__': '(self, processes=None, initializer=None, initargs=(), maxtasksperchild=None, context=None)',
            'apply_async': '(self, func, args=(), kwds={}, callback=None, error_callback=None)',
            'map': '(self, func, iterable, chunksize=None)',
            'imap': '(self, func, iterable, chunksize=1)',
            'starmap_async': '(self, func, iterable, chunksize=None, callback=None, error_callback=None)'}


def test_what_fails_as_it_is_sent_is_not_run(tmpdir, monkeypatch):
    """Nobody has the result of the chunks before."""
    def cut(items, first, end):
        if first == 4:
            raise RuntimeError('shorter')
        return items[first:end]

    monkeypatch.setattr(poolcompat.pool, '_chunk', cut)
    paths = [str(tmpdir.join(str(number))) for number in range(6)]
    with contextlib.closing(support.Gate()) as gate, poolcompat.Pool(1) as pool:
        pool.apply_async(tasks.visit, (gate.address,))
        visitor = gate.admit_one()
        with pytest.raises(RuntimeError):
            pool.map_async(tasks.touch, paths, 2)
        last = pool.apply_async(tasks.square, (3,))
        visitor.let_go()
        assert last.get(support.GUARD) == 9
    assert not tmpdir.listdir()


def test_chunk_of_a_list_that_became_shorter():
    """Before, some of its items might be missing without a word."""
    chunk = poolcompat.pool._chunk
    assert chunk([1, 2, 3], 1, 3) == (2, 3)
    for items in [1, 2, 3], [1]:
        with pytest.raises(RuntimeError) as caught:
            chunk(items, 2, 4)
        assert 'became shorter while it was mapped' in str(caught.value)


class Feeding(object):
    """A pool that takes calls, and what to do as it does so."""

    def __init__(self, meanwhile):
        self._meanwhile = meanwhile
        self.taken = []
        self.fed = 0

    def _submit(self, results, index, fn, star, items, chunksize):
        self._meanwhile()
        self.taken += items

    def _fed(self, feeder):
        self.fed += 1


@pytest.mark.parametrize('where', ['inside', 'other thread'])
def test_batches_are_fed_one_after_the_other(where):
    """In the order of the items, also where the last result of a batch is set as the next is being submitted."""
    def meanwhile():
        if where == 'inside':
            feeder.advance()
        else:
            thread = threading.Thread(target=feeder.advance)
            thread.start()
            thread.join()

    pool = Feeding(meanwhile)
    feeder = poolcompat.pool._Feeder(
        pool, poolcompat.pool.IMapIterator(False), tasks.square, False, iter(range(2000)), 1)
    feeder.advance()
    assert (pool.taken, pool.fed) == (list(range(2000)), 1)


def test_imap_unordered_takes_what_it_is_told_of():
    """At once: whoever sets the result may have been cut short as it told the consumer, or have lost the processor."""
    results = poolcompat.pool.IMapUnorderedIterator(False)
    results.expect(1)
    results._take_in(0, [9])
    assert results.next(support.GUARD) == 9
