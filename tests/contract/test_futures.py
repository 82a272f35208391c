"""CONTRACT.md, Behaviour 11: Future, wait and as_completed, by themselves."""
from __future__ import absolute_import, division, print_function

import concurrent.futures
import gc
import itertools
import linecache
import sys
import threading
import time
import traceback
import weakref

import pytest
from six.moves import builtins

import poolcompat

from tests import support
from tests.bindings import Binding, NativeNames, bind, native_since
from tests.tasks import Box, FalsyBool, FalsyLength, open_descriptors


class Ours(Binding):
    """The names of poolcompat; no executor."""


class Natives(Binding):
    native = True
    lib = NativeNames()
    here = sys.version_info >= (3, 7)


BOTH = (Ours, Natives)


class Error(Exception):
    """One that a weak reference can point to."""


class FutureBase(object):

    def future(self, result=None, exception=None):
        future = self.lib.Future()
        if exception is not None:
            future.set_running_or_notify_cancel()
            future.set_exception(exception)
        elif result is not None:
            future.set_running_or_notify_cancel()
            future.set_result(result)
        return future

    def cancelled(self):
        future = self.lib.Future()
        assert future.cancel()
        assert future.set_running_or_notify_cancel() is False
        return future


class FutureCases(FutureBase):

    def test_states(self):
        future = self.lib.Future()
        assert (future.done(), future.running(), future.cancelled()) == (False, False, False)
        assert future.set_running_or_notify_cancel() is True
        assert (future.done(), future.running(), future.cancelled()) == (False, True, False)
        assert not future.cancel()
        future.set_result(5)
        assert (future.done(), future.running(), future.cancelled()) == (True, False, False)
        assert future.result() == 5
        assert future.exception() is None
        assert not future.cancel()

    def test_cancelled(self):
        future = self.lib.Future()
        assert future.cancel()
        assert future.cancel()
        assert future.cancelled() and future.done()
        with pytest.raises(self.lib.CancelledError):
            future.result()
        with pytest.raises(self.lib.CancelledError):
            future.exception()
        assert future.set_running_or_notify_cancel() is False

    def test_running_twice(self, logged):
        future = self.lib.Future()
        future.set_running_or_notify_cancel()
        with pytest.raises(RuntimeError):
            future.set_running_or_notify_cancel()

    def test_exception(self):
        error = Error('e')
        future = self.future(exception=error)
        assert future.exception() is error
        with pytest.raises(Error) as caught:
            future.result()
        assert caught.value is error

    @pytest.mark.parametrize('timeout', [0, 0.001, -1])
    def test_timeout(self, timeout):
        future = self.lib.Future()
        with pytest.raises(self.lib.TimeoutError):
            future.result(timeout)
        with pytest.raises(self.lib.TimeoutError):
            future.exception(timeout=timeout)

    @native_since((3, 8))
    @pytest.mark.parametrize('first', ['result', 'exception', 'cancel'])
    def test_set_twice(self, first):
        """bpo-33238"""
        future = {'result': lambda: self.future(result=1), 'exception': lambda: self.future(exception=Error()),
                  'cancel': self.cancelled}[first]()
        with pytest.raises(self.lib.InvalidStateError) as caught:
            future.set_result(2)
        assert repr(future) in str(caught.value)
        with pytest.raises(self.lib.InvalidStateError):
            future.set_exception(Error())
        if first == 'result':
            assert future.result() == 1

    @native_since((3, 14))
    @pytest.mark.parametrize('exception', [FalsyLength(), FalsyBool()])
    def test_falsy_exception(self, exception):
        """gh-132063"""
        future = self.future(exception=exception)
        with pytest.raises(type(exception)):
            future.result()
        assert future.exception() is exception

    def test_repr(self):
        future = self.lib.Future()
        assert 'Future at 0x' in repr(future) and 'state=pending' in repr(future)
        future.set_running_or_notify_cancel()
        assert 'state=running' in repr(future)
        future.set_result(5)
        assert 'state=finished returned int' in repr(future)
        assert 'state=finished raised Error' in repr(self.future(exception=Error()))
        assert 'state=cancelled' in repr(self.cancelled())

    @native_since((3, 9))
    def test_subscript(self):
        assert self.lib.Future[int] is not None
        if sys.version_info >= (3, 9):
            assert self.lib.Future[int].__args__ == (int,)
        with pytest.raises(TypeError):
            self.lib.Future()[int]

    def test_waiters_wake(self):
        future = self.lib.Future()
        seen = []
        threads = [threading.Thread(target=lambda: seen.append(future.result())) for _ in range(3)]
        for thread in threads:
            thread.start()
        future.set_result('r')
        for thread in threads:
            thread.join()
        assert seen == ['r'] * 3

    def test_waiter_of_a_cancelled_future(self):
        future = self.lib.Future()
        seen = []

        def wait():
            try:
                future.result()
            except self.lib.CancelledError:
                seen.append('cancelled')

        thread = threading.Thread(target=wait)
        thread.start()
        future.cancel()
        thread.join()
        assert seen == ['cancelled']

    @native_since((3, 8))
    def test_no_cycle_after_an_exception(self):
        """The exception and what its frames hold are freed without the collector."""
        def ask(futures):
            """Each in a frame of its own, which no traceback may tie to the future."""
            try:
                futures.pop().result()
            except Error:
                pass

        def run():
            future = self.future(exception=Error())
            refs = weakref.ref(future), weakref.ref(future.exception())
            futures = [future, next(iter(self.lib.as_completed([future]))), self.lib.wait([future]).done.pop()]
            del future
            while futures:
                ask(futures)
            if sys.version_info < (3,):
                sys.exc_clear()
            return refs

        gc.collect()
        gc.disable()
        try:
            refs = run()
            if not hasattr(sys, 'getrefcount'):
                gc.collect()            # PyPy
            assert [ref() for ref in refs] == [None, None]
        finally:
            gc.enable()


class OurFutureCases(FutureBase):
    """What natively no interpreter has, or only the backport for 2.7."""

    def test_exception_info(self):
        error = Error('e')
        try:
            raise error
        except Error:
            tb = sys.exc_info()[2]
        future = self.lib.Future()
        future.set_exception_info(error, tb)
        assert future.exception() is error
        assert future.exception_info() == (error, tb)
        try:
            future.result()
        except Error:
            names = [entry[2] for entry in traceback.extract_tb(sys.exc_info()[2])]
        assert 'test_exception_info' in names[1:]       # where it was raised, after where it was asked for
        del tb

    def test_exception_info_of_others(self):
        assert self.future(result=1).exception_info() == (None, None)
        error = Error()
        assert self.future(exception=error).exception_info()[0] is error
        with pytest.raises(self.lib.CancelledError):
            self.cancelled().exception_info()
        with pytest.raises(self.lib.TimeoutError):
            self.lib.Future().exception_info(timeout=0)

    def test_set_exception_info_twice(self):
        with pytest.raises(self.lib.InvalidStateError):
            self.future(result=1).set_exception_info(Error(), None)

    def test_set_exception_info_wakes_and_calls_back(self):
        future = self.lib.Future()
        seen = []
        future.add_done_callback(seen.append)
        future.set_exception_info(Error('x'), None)
        assert seen == [future]
        assert self.lib.wait([future]).done == {future}

    def test_exception_info_of_a_task(self):
        with self.lib.ProcessPoolExecutor(1) as executor:
            error, tb = executor.submit(int, 'x').exception_info()
        assert isinstance(error, ValueError)

    def test_timeout_error_is_the_builtin(self):
        builtin = getattr(builtins, 'TimeoutError', self.lib.TimeoutError)
        for cls in builtin, self.lib.TimeoutError, concurrent.futures.TimeoutError:
            with pytest.raises(cls):
                self.lib.Future().result(timeout=0)
            with pytest.raises(cls):
                self.lib.Future().exception(timeout=0)
            with pytest.raises(cls):
                list(self.lib.as_completed([self.lib.Future()], timeout=0))

    @pytest.mark.parametrize('cls', [concurrent.futures.CancelledError, poolcompat.CancelledError])
    def test_cancelled_error(self, cls):
        with pytest.raises(cls):
            self.cancelled().result()

    def test_there_is_no_dict_for_each_of_thousands(self):
        future = self.future(result=7)
        assert future.result() == 7
        assert set(vars(future)) <= set(vars(concurrent.futures.Future())) - set(poolcompat.Future.__slots__)
        if sys.version_info < (3, 14):      # newer ones may have more than is known
            assert not vars(future)

    def test_a_subclass_that_knows_the_base_only(self):
        class Known(self.lib.Future):
            def __init__(self):
                concurrent.futures.Future.__init__(self)

        future = Known()
        future.set_running_or_notify_cancel()
        future.set_result(7)
        assert future.result(0) == 7

    def test_native_functions_take_it(self):
        futures = [self.future(result=1), self.future(exception=Error()), self.cancelled()]
        assert concurrent.futures.wait(futures).done == set(futures)
        assert set(concurrent.futures.as_completed(futures)) == set(futures)

    def test_native_futures_are_taken(self):
        futures = [concurrent.futures.Future(), self.lib.Future()]
        futures[0].set_result(1)
        done, not_done = self.lib.wait(futures, return_when=self.lib.FIRST_COMPLETED)
        assert (done, not_done) == ({futures[0]}, {futures[1]})
        completed = self.lib.as_completed(futures)
        assert next(completed) is futures[0]
        futures[1].set_result(2)
        assert next(completed) is futures[1]


class Interrupter(support.Interrupter):
    """At each line and return of Python code, but where a block is entered or left."""

    def counts(self, frame, event):
        return event in ('line', 'return') and not self.is_with(frame)

    @staticmethod
    def is_with(frame):
        """Return whether a block is entered or left, in C: no signal is heeded at its end, which is told as a line."""
        return linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip().startswith('with ')


class InterruptedCases(FutureBase):
    """Ctrl-C anywhere in a wait: a lock that it kept would stop whoever is to set the future, a pool's thread above all."""

    @pytest.mark.parametrize('wait', [
        lambda lib, future: future.result(timeout=0),
        lambda lib, future: future.exception(timeout=0),
        lambda lib, future: lib.wait([future], timeout=0),
        lambda lib, future: lib.wait([future], timeout=0, return_when=lib.FIRST_COMPLETED),
        lambda lib, future: list(lib.as_completed([future], timeout=0)),
    ], ids=['result', 'exception', 'wait', 'wait for the first', 'as_completed'])
    def test_no_lock_is_kept(self, wait):
        before, interrupted = sys.gettrace(), 0
        assert not self.lib.wait([self.lib.Future()], timeout=0).done       # 2.7 keeps a pipe from now on
        descriptors, timed_out = len(open_descriptors()), self.lib.TimeoutError
        for at in itertools.count(1):
            future = self.lib.Future()
            future.set_running_or_notify_cancel()
            interrupter = Interrupter(at)
            sys.settrace(interrupter)
            try:
                wait(self.lib, future)
            except KeyboardInterrupt:
                interrupted += 1
            except timed_out:
                pass
            finally:
                sys.settrace(before)
            setting = threading.Thread(target=future.set_result, args=(at,))
            setting.daemon = True       # should it wait for ever
            setting.start()
            setting.join(support.GUARD)
            assert not setting.is_alive(), 'waits for a lock'
            assert future.result() == at
            if interrupter.left > 0:
                break
        assert interrupted > 10
        if hasattr(sys, 'exc_clear'):
            sys.exc_clear()     # 2.7 has the last one's traceback, and what that has
        assert len(open_descriptors()) <= descriptors
        assert not self.lib.wait([self.lib.Future()], timeout=0).done       # it is there again for the next test

    @pytest.mark.skipif('__pypy__' in sys.builtin_module_names, reason="PyPy's functions in RPython look like Python's")
    def test_the_lock_is_taken_and_given_back_in_c(self):
        condition = self.lib.Future()._condition
        assert not [method for method in (condition.__enter__, condition.__exit__) if hasattr(method, '__code__')]

    def test_no_lock_is_taken(self):
        """So none can be kept by what cannot be traced."""
        future = self.lib.Future()
        future.set_running_or_notify_cancel()
        seen = []
        with future._condition:
            waiting = threading.Thread(target=lambda: seen.append(future.result()))
            waiting.start()
            support.wait_for(lambda: future._condition._waiters)
            future._result, future._state = 4, 'FINISHED'
            future._condition.notify_all()
            waiting.join(support.GUARD)
            assert seen == [4]
            assert future.result() == 4


class CallbackCases(FutureBase):

    @pytest.mark.parametrize('end', ['result', 'exception', 'cancel'])
    def test_called_once_in_order(self, end):
        future = self.lib.Future()
        seen = []
        for i in range(3):
            future.add_done_callback(lambda f, i=i: seen.append((i, f)))
        if end == 'cancel':
            future.cancel()
            future.set_running_or_notify_cancel()
        elif end == 'result':
            future.set_result(1)
        else:
            future.set_exception(Error())
        assert seen == [(0, future), (1, future), (2, future)]

    def test_on_a_done_future(self):
        for future in self.future(result=1), self.future(exception=Error()), self.cancelled():
            seen = []
            future.add_done_callback(seen.append)
            assert seen == [future]

    def test_same_callback_twice(self):
        future = self.lib.Future()
        seen = []
        future.add_done_callback(seen.append)
        future.add_done_callback(seen.append)
        future.set_result(1)
        assert seen == [future, future]

    def test_one_that_raises_is_logged(self, logged):
        future = self.lib.Future()
        seen = []

        def bad(_future):
            raise Error('in the callback')

        future.add_done_callback(bad)
        future.add_done_callback(seen.append)
        future.set_result(1)
        assert seen == [future]
        assert len(logged) == 1
        assert 'in the callback' in logged[0] and 'exception calling callback' in logged[0]

    @native_since((3, 8))
    def test_one_that_raises_is_logged_on_a_done_future_too(self, logged):
        """bpo-33110"""
        def bad(_future):
            raise Error('in the callback')

        for future in self.future(result=1), self.future(exception=Error()), self.cancelled():
            del logged[:]
            assert future.add_done_callback(bad) is None
            assert len(logged) == 1
            assert 'in the callback' in logged[0] and 'exception calling callback' in logged[0]

    def test_added_in_a_callback(self):
        future = self.lib.Future()
        seen = []
        future.add_done_callback(lambda f: f.add_done_callback(seen.append))
        future.set_result(1)
        assert seen == [future]

    def test_result_is_there(self):
        future = self.lib.Future()
        seen = []
        future.add_done_callback(lambda f: seen.append(f.result(timeout=0)))
        future.set_result(1)
        assert seen == [1]


class WaitCases(FutureBase):

    def later(self, function, *args):
        """Do it in another thread; joined by the guard against left-over threads."""
        thread = threading.Thread(target=function, args=args)
        thread.start()
        return thread

    def test_all_completed(self):
        futures = [self.future(result=1), self.future(exception=Error()), self.cancelled(), self.lib.Future()]
        self.later(futures[3].set_result, 2)
        result = self.lib.wait(futures)
        assert result.done == set(futures)
        assert result.not_done == set()
        done, not_done = result
        assert (done, not_done) == (result.done, result.not_done)

    def test_first_completed(self):
        a, b = self.lib.Future(), self.lib.Future()
        self.later(a.set_result, 1)
        assert self.lib.wait([a, b], return_when=self.lib.FIRST_COMPLETED) == ({a}, {b})
        assert self.lib.wait([a, b], return_when='FIRST_COMPLETED') == ({a}, {b})

    def test_first_exception(self):
        a, b, c = self.lib.Future(), self.lib.Future(), self.lib.Future()
        a.set_result(1)
        self.later(b.set_exception, Error())
        assert self.lib.wait([a, b, c], return_when=self.lib.FIRST_EXCEPTION) == ({a, b}, {c})
        assert self.lib.wait([a, b, c], return_when=self.lib.FIRST_EXCEPTION) == ({a, b}, {c})

    def test_first_exception_without_one(self):
        a, b = self.lib.Future(), self.lib.Future()
        a.set_result(1)
        self.later(b.set_result, 1)
        assert self.lib.wait([a, b], return_when=self.lib.FIRST_EXCEPTION) == ({a, b}, set())

    def test_timeout(self):
        a, b = self.future(result=1), self.lib.Future()
        for timeout in 0, 0.001:
            assert self.lib.wait([a, b], timeout=timeout) == ({a}, {b})

    def test_timeout_not_reached(self):
        future = self.lib.Future()
        self.later(future.set_result, 1)
        assert self.lib.wait([future], timeout=1000).done == {future}

    def test_empty(self):
        for return_when in self.lib.ALL_COMPLETED, self.lib.FIRST_COMPLETED, self.lib.FIRST_EXCEPTION:
            assert self.lib.wait([], timeout=10, return_when=return_when) == (set(), set())

    def test_unknown_condition(self):
        with pytest.raises(ValueError) as caught:
            self.lib.wait([self.lib.Future()], return_when='LAST_COMPLETED')
        assert 'LAST_COMPLETED' in str(caught.value)

    @native_since((3, 9, 18), (3, 10, 13), (3, 11))
    @pytest.mark.parametrize('when', ['ALL_COMPLETED', 'FIRST_COMPLETED', 'FIRST_EXCEPTION'])
    def test_duplicates(self, when):
        """bpo-20369: natively for ever, where they are done."""
        a, b = self.future(result=1), self.lib.Future()
        assert self.lib.wait([a, a], return_when=when) == ({a}, set())
        self.later(b.set_result, 2)
        done, not_done = self.lib.wait([b, a, a, b], return_when=when)
        assert done | not_done == {a, b}
        if when == 'ALL_COMPLETED':
            assert not not_done

    @native_since((3, 9, 18), (3, 10, 13), (3, 11))
    def test_generator(self):
        futures = [self.future(result=i + 1) for i in range(3)]
        assert self.lib.wait(f for f in futures).done == set(futures)

    def test_many_threads(self):
        futures = [self.lib.Future() for _ in range(20)]
        seen = []
        threads = [self.later(lambda: seen.append(len(self.lib.wait(futures).done))) for _ in range(3)]
        for future in futures:
            future.set_result(1)
        for thread in threads:
            thread.join()
        assert seen == [20] * 3

    def test_nothing_of_it_stays_on_the_future(self):
        future = self.lib.Future()
        self.lib.wait([future], timeout=0)
        with pytest.raises(self.lib.TimeoutError):
            list(self.lib.as_completed([future], timeout=0))
        assert future._waiters == []


class AsCompletedCases(FutureBase):

    def test_in_the_order_of_completion(self):
        a, b, c = self.lib.Future(), self.lib.Future(), self.future(result=1)
        completed = self.lib.as_completed([a, b, c])
        assert next(completed) is c
        b.set_result(2)
        assert next(completed) is b
        a.set_exception(Error())
        assert next(completed) is a
        with pytest.raises(StopIteration):
            next(completed)

    def test_cancelled_ones_too(self):
        future = self.cancelled()
        assert list(self.lib.as_completed([future])) == [future]

    def test_empty(self):
        assert list(self.lib.as_completed([])) == []
        assert list(self.lib.as_completed([], timeout=0)) == []

    def test_timeout(self):
        a, b = self.future(result=1), self.lib.Future()
        completed = self.lib.as_completed([a, b], timeout=0)
        assert next(completed) is a
        with pytest.raises(self.lib.TimeoutError) as caught:
            next(completed)
        assert str(caught.value) == '1 (of 2) futures unfinished'

    @pytest.mark.parametrize('done', [True, False])
    def test_duplicates(self, done):
        """bpo-20369"""
        a, b = self.future(result=1), self.lib.Future()
        if done:
            b.set_result(2)
        else:
            thread = threading.Thread(target=b.set_result, args=(2,))
            thread.start()
        found = list(self.lib.as_completed(itertools.chain([b, a], [a, b, b])))
        assert sorted(f.result() for f in found) == [1, 2]
        if not done:
            thread.join()

    def test_references_are_dropped(self):
        """bpo-27144: a future that was yielded is the caller's alone."""
        futures = [self.future(result=Box(i)) for i in range(4)]
        completed = self.lib.as_completed(futures)
        del futures
        for _ in range(4):
            future = next(completed)
            alive = weakref.ref(future)
            del future
            if not hasattr(sys, 'getrefcount'):
                gc.collect()            # PyPy
            assert alive() is None

    def test_references_are_dropped_of_late_ones(self):
        futures = [self.lib.Future() for _ in range(3)] + [self.future(result=1)]
        completed = self.lib.as_completed(list(futures))
        assert next(completed) is futures.pop()
        while futures:
            futures.pop().set_result(1)
            future = next(completed)
            alive = weakref.ref(future)
            del future
            if not hasattr(sys, 'getrefcount'):
                gc.collect()
            assert alive() is None

    def test_wall_clock_does_not_matter(self, monkeypatch):
        """bpo-34819"""
        start, calls = time.time(), itertools.count()
        monkeypatch.setattr(time, 'time', lambda: start + 1e6 * next(calls))
        a, b = self.lib.Future(), self.lib.Future()
        completed = self.lib.as_completed([a, b], timeout=1000)
        thread = threading.Thread(target=a.set_result, args=(1,))
        thread.start()
        assert next(completed) is a
        thread.join()
        thread = threading.Thread(target=b.set_result, args=(1,))
        thread.start()
        assert next(completed) is b
        thread.join()

    def test_left_early(self):
        a, b = self.future(result=1), self.lib.Future()
        completed = self.lib.as_completed([a, b])
        next(completed)
        completed.close()
        assert b._waiters == []


bind(globals(), FutureCases, BOTH)
bind(globals(), OurFutureCases, [Ours])
bind(globals(), InterruptedCases, [Ours])
bind(globals(), CallbackCases, BOTH)
bind(globals(), WaitCases, BOTH)
bind(globals(), AsCompletedCases, BOTH)
