"""CONTRACT.md, Behaviour 6: map."""
from __future__ import absolute_import, division, print_function

import gc
import itertools
import os
import sys
import time
import weakref

import pytest

import poolcompat

from tests import tasks
from tests.bindings import ALL, Fork, Native, Portable, Threads, bind, native_since


class Counted(object):
    """An iterator that knows how much was taken from it."""

    def __init__(self, items):
        self.items = iter(items)
        self.taken = 0

    def __iter__(self):
        return self

    def __next__(self):
        item = next(self.items)
        self.taken += 1
        return item

    next = __next__


class MapCases(object):

    def test_in_order(self):
        executor = self.executor(2)
        assert list(executor.map(tasks.square, range(50))) == [i * i for i in range(50)]

    def test_several_iterables(self):
        executor = self.executor()
        assert list(executor.map(tasks.add3, [1, 2, 3], [10, 20], itertools.repeat(0))) == [11, 22]

    @pytest.mark.parametrize('chunksize', [1, 2, 7, 10, 100])
    def test_chunksize(self, chunksize):
        executor = self.executor(2)
        assert list(executor.map(tasks.square, range(10), chunksize=chunksize)) == [i * i for i in range(10)]

    def test_a_chunk_goes_to_one_worker(self):
        executor = self.executor(2)
        pids = list(executor.map(tasks.pid_for, range(12), chunksize=4))
        for chunk in pids[0:4], pids[4:8], pids[8:12]:
            assert len(set(chunk)) == 1

    def test_empty(self):
        executor = self.executor()
        assert list(executor.map(tasks.square, [])) == []
        assert list(executor.map(tasks.square, [], chunksize=3)) == []
        assert list(executor.map(tasks.square, [1], [])) == []

    def test_starts_at_the_call(self):
        executor = self.executor()
        gate = self.gate()
        results = executor.map(tasks.visit, [gate.address])
        gate.admit_one().let_go()
        assert next(results) is None

    def test_takes_all_input_at_the_call(self):
        items = Counted(range(20))
        results = self.executor().map(tasks.square, items)
        assert items.taken == 20
        assert len(list(results)) == 20

    def test_result_is_an_iterator(self):
        results = self.executor().map(tasks.square, [1, 2])
        assert iter(results) is results
        assert [next(results), next(results)] == [1, 4]
        with pytest.raises(StopIteration):
            next(results)
        with pytest.raises(StopIteration):
            next(results)

    @pytest.mark.parametrize('chunksize', [1, 2])
    def test_exception_ends_the_iterator(self, chunksize):
        results = self.executor().map(tasks.divide, [1, 1, 1, 1], [1, 1, 0, 1], chunksize=chunksize)
        assert [next(results), next(results)] == [1, 1]
        with pytest.raises(ZeroDivisionError):
            next(results)
        with pytest.raises(StopIteration):
            next(results)

    @pytest.mark.parametrize('chunksize', [1, 2, 3])
    @native_since((3, 7))
    def test_stop_iteration_of_a_task_does_not_end_it_in_silence(self, chunksize):
        """PEP 479, on every interpreter: what looks like the end would lose the rest of the results."""
        results = self.executor().map(tasks.raise_stop_iteration, [1, 3, 2, 4], chunksize=chunksize)
        with pytest.raises(RuntimeError):
            list(results)
        results = self.executor().map(tasks.raise_stop_iteration, [1, 3, 2, 4], itertools.repeat(0), chunksize=chunksize)
        with pytest.raises(RuntimeError):
            list(results)

    def test_input_that_raises(self):
        def items():
            yield 1
            raise LookupError('input')
        executor = self.executor()
        with pytest.raises(LookupError):
            list(executor.map(tasks.square, items()))
        assert executor.submit(tasks.square, 5).result() == 25

    def test_not_iterable(self):
        with pytest.raises(TypeError):
            self.executor().map(tasks.square, 5)

    def test_timeout(self):
        gate = self.gate()
        results = self.executor().map(tasks.visit, [gate.address], timeout=0.01)
        visitor = gate.admit_one()
        with pytest.raises(self.lib.TimeoutError):
            next(results)
        visitor.let_go()

    def test_enough_time(self):
        assert list(self.executor().map(tasks.square, range(5), timeout=1000)) == [0, 1, 4, 9, 16]

    def test_timeout_after_some_results(self):
        gate = self.gate()
        results = self.executor().map(tasks.call, [tasks.square, tasks.visit], [3, gate.address], timeout=1)
        gate.admit()
        assert next(results) == 9
        with pytest.raises(self.lib.TimeoutError):
            next(results)

    @native_since((3, 11))
    def test_timeout_cancels_what_has_not_started(self, tmpdir):
        gate = self.gate()
        executor = self.executor()
        paths = [str(tmpdir.join(str(i))) for i in range(10)]
        results = executor.map(tasks.visit_then_touch, [gate.address] * 10, paths, timeout=0)
        gate.admit()
        with pytest.raises(self.lib.TimeoutError):
            next(results)
        gate.close()
        executor.shutdown(wait=True)
        assert not os.path.exists(paths[-1])

    @native_since((3, 11))
    @pytest.mark.parametrize('how', ['close', 'delete', 'error'])
    def test_leaving_early_cancels_what_has_not_started(self, tmpdir, how):
        gate = self.gate()
        executor = self.executor()
        paths = [str(tmpdir.join(str(i))) for i in range(10)]
        fns = [tasks.divide if how == 'error' else tasks.noop] + [tasks.visit_then_touch] * 9
        results = executor.map(tasks.call, fns, [1] + [gate.address] * 9, [0] + paths[1:])
        gate.admit()                                # the second one is running, the third may be on its way
        if how == 'error':
            with pytest.raises(ZeroDivisionError):
                next(results)
        else:
            assert next(results) is None
        if how == 'close':
            results.close()
        del results
        gc.collect()
        gate.close()
        executor.shutdown(wait=True)
        assert not os.path.exists(paths[-1])

    @pytest.mark.parametrize('chunksize', [1, 3])
    def test_results_are_not_kept_alive(self, chunksize):
        executor = self.executor()
        results = executor.map(tasks.box, range(6), chunksize=chunksize)
        for expected in range(6):
            result = next(results)
            assert result.value == expected
            alive = weakref.ref(result)
            del result
            if alive() is not None:     # another thread was just giving it to its future, or this is PyPy
                executor.submit(tasks.square, 2).result()
                gc.collect()
            assert alive() is None

    def test_after_shutdown(self):
        executor = self.executor()
        executor.shutdown()
        with pytest.raises(RuntimeError):
            executor.map(tasks.square, [1])

    def test_shutdown_before_the_results_are_read(self):
        with self.executor() as executor:
            results = executor.map(tasks.square, range(5))
        assert list(results) == [0, 1, 4, 9, 16]

    def test_two_at_a_time(self):
        executor = self.executor(2)
        a, b = executor.map(tasks.square, range(10)), executor.map(tasks.add3, range(10))
        assert [x + y for x, y in zip(a, b)] == [i * i + i + 110 for i in range(10)]

    def test_many(self):
        executor = self.executor(2)
        assert sum(executor.map(tasks.square, range(3000), chunksize=10)) == sum(i * i for i in range(3000))


class BufferCases(object):
    """buffersize, gh-74028: natively from 3.14."""

    @pytest.mark.parametrize('buffersize', [1, 2, 5])
    def test_endless_input(self, buffersize):
        items = Counted(itertools.count())
        executor = self.executor()
        results = executor.map(tasks.square, items, buffersize=buffersize)
        assert items.taken == buffersize
        for i in range(20):
            assert next(results) == i * i
            assert items.taken <= i + 1 + buffersize
        results.close()

    def test_with_chunks(self):
        items = Counted(itertools.count())
        executor = self.executor()
        results = executor.map(tasks.square, items, buffersize=2, chunksize=3)
        assert items.taken <= 6
        for i in range(20):
            assert next(results) == i * i
            assert items.taken <= i + 1 + 9
        results.close()

    @pytest.mark.parametrize('buffersize', [1, 3, 4, 10, True])
    def test_finite_input(self, buffersize):
        executor = self.executor(2)
        assert list(executor.map(tasks.square, range(4), buffersize=buffersize)) == [0, 1, 4, 9]
        assert list(executor.map(tasks.square, [], buffersize=buffersize)) == []

    def test_several_iterables(self):
        executor = self.executor()
        results = executor.map(tasks.add3, itertools.count(), [1, 2, 3], buffersize=2)
        assert list(results) == [101, 103, 105]

    def test_exception(self):
        executor = self.executor()
        results = executor.map(tasks.divide, itertools.repeat(1), [1, 0, 1], buffersize=2)
        assert next(results) == 1
        with pytest.raises(ZeroDivisionError):
            next(results)

    def test_results_are_not_kept_alive(self):
        executor = self.executor()
        results = executor.map(tasks.box, range(4), buffersize=2)
        for _ in range(4):
            result = next(results)
            alive = weakref.ref(result)
            del result
            if alive() is not None:     # as above
                executor.submit(tasks.square, 2).result()
                gc.collect()
            assert alive() is None

    def test_timeout(self):
        gate = self.gate()
        executor = self.executor()
        results = executor.map(tasks.visit, itertools.repeat(gate.address), buffersize=1, timeout=0.01)
        with pytest.raises(self.lib.TimeoutError):
            next(results)

    def test_input_that_raises_later(self):
        def items():
            yield 1
            yield 2
            raise LookupError('input')
        executor = self.executor()
        results = executor.map(tasks.square, items(), buffersize=1)
        with pytest.raises(LookupError):
            list(results)


class BrokenPoolCases(object):

    def test_buffer(self):
        executor = self.executor()
        results = executor.map(tasks.die_if, itertools.count(), itertools.repeat(3), buffersize=2)
        with pytest.raises(self.lib.BrokenProcessPool):
            for _ in results:
                pass


class ClockCases(object):

    def test_timeout_counts_from_the_call(self):
        """The only test that lets time pass: the second before the first next() is part of the timeout."""
        gate = self.gate()
        results = self.executor().map(tasks.visit, [gate.address], timeout=1)
        gate.admit()
        time.sleep(1.01)
        start = time.time()
        with pytest.raises(self.lib.TimeoutError):
            next(results)
        assert time.time() - start < 0.9

    def test_wall_clock_does_not_matter(self, monkeypatch):
        """bpo-34819"""
        start, calls = time.time(), itertools.count()
        gate = self.gate()
        monkeypatch.setattr(time, 'time', lambda: start + 1e6 * next(calls))
        results = self.executor().map(tasks.visit, [gate.address], timeout=1000)
        gate.admit_one().let_go()
        assert next(results) is None


class OwnSubmit(poolcompat.ProcessPoolExecutor):
    """One of the user's, that sees every call: so those of ``map`` too."""

    def __init__(self, *args, **kwargs):
        super(OwnSubmit, self).__init__(*args, **kwargs)
        self.seen = []

    def submit(self, fn, *args, **kwargs):
        self.seen.append(args)
        return super(OwnSubmit, self).submit(fn, *args, **kwargs)


class ForkOwnSubmit(Fork):

    def make(self, max_workers, **kwargs):
        return OwnSubmit(max_workers, mp_context=self.ctx, **kwargs)


class SubmitCases(object):

    def test_submit_of_a_subclass_is_called(self):
        with OwnSubmit(2, mp_context=self.ctx) as executor:
            assert list(executor.map(tasks.square, [1, 2, 3])) == [1, 4, 9]
            assert executor.seen == [(1,), (2,), (3,)]
            assert list(executor.map(tasks.square, [1, 2, 3], chunksize=2)) == [1, 4, 9]
            assert len(executor.seen) == 5

    def test_submit_that_was_put_into_the_class_is_called(self, monkeypatch):
        seen, submit = [], poolcompat.ProcessPoolExecutor.submit

        def traced(self, fn, *args, **kwargs):
            seen.append(args)
            return submit(self, fn, *args, **kwargs)

        monkeypatch.setattr(poolcompat.ProcessPoolExecutor, 'submit', traced)
        assert list(self.executor(2).map(tasks.square, [1, 2, 3])) == [1, 4, 9]
        assert seen == [(1,), (2,), (3,)]

    def test_submit_that_was_put_in_its_place_is_called(self, monkeypatch):
        executor = self.executor(2)
        seen, submit = [], executor.submit
        monkeypatch.setattr(executor, 'submit', lambda fn, *args: seen.append(args) or submit(fn, *args), raising=False)
        assert list(executor.map(tasks.square, [1, 2, 3])) == [1, 4, 9]
        assert seen == [(1,), (2,), (3,)]

    def test_input_that_waits_for_a_result(self):
        """What is not at hand is submitted as it comes."""
        executor = self.executor(2)
        gate = self.gate()

        def addresses():
            yield gate.address
            gate.admit()
            yield gate.address
            gate.admit()

        results = executor.map(tasks.visit, addresses())
        gate.open()
        assert list(results) == [None, None]

    def test_calls_that_wait_for_each_other(self):
        """Those that were submitted in one step run beside each other."""
        executor = self.executor(2)
        gate = self.gate()
        results = executor.map(tasks.visit, [gate.address] * 6)
        for _ in range(3):
            for visitor in gate.admit(2):
                visitor.let_go()
        assert list(results) == [None] * 6

    @pytest.mark.parametrize('chunksize', [1, 2])
    def test_lost_call_is_named(self, chunksize):
        with pytest.raises(poolcompat.BrokenProcessPool) as caught:
            list(self.executor().map(os._exit, [3], chunksize=chunksize))
        assert '_exit' in caught.value.call


bind(globals(), MapCases, [Fork, Portable, ForkOwnSubmit, Native])
bind(globals(), SubmitCases, [Fork, Portable])
bind(globals(), BufferCases, [Fork, Portable, Threads] + ([Native] if sys.version_info >= (3, 14) else []))
bind(globals(), BrokenPoolCases, [Fork, Portable] + ([Native] if sys.version_info >= (3, 14) else []))
bind(globals(), ClockCases, [Fork, Native])


class SomeMapCases(object):

    def test_map(self):
        executor = self.executor(2)
        assert list(executor.map(tasks.square, range(20), chunksize=3)) == [i * i for i in range(20)]
        results = executor.map(tasks.square, itertools.count(), buffersize=2)
        assert [next(results), next(results)] == [0, 1]


bind(globals(), SomeMapCases, [b for b in ALL if b not in (Fork, Portable, Native)])
