"""CONTRACT.md, Behaviour 3: exceptions of tasks."""
from __future__ import absolute_import, division, print_function

import sys
import traceback

import pytest

from tests import tasks
from tests.bindings import ALL, Fork, Native, Portable, bind, native_since


class ExceptionCases(object):

    def error(self, fn, *args):
        """The exception of a task; the pool must outlive it."""
        executor = self.executor()
        error = executor.submit(fn, *args).exception()
        assert executor.submit(tasks.square, 4).result() == 16
        return error

    def test_type_and_arguments(self):
        error = self.error(tasks.raise_instance, KeyError('a', 2))
        assert type(error) is KeyError
        assert error.args == ('a', 2)

    def test_attributes(self):
        error = self.error(tasks.raise_with_attribute)
        assert type(error) is tasks.InitError
        assert error.luggage == [1, 2, 3]

    def test_result_raises_what_exception_returns(self):
        future = self.executor().submit(tasks.raise_value_error)
        with pytest.raises(ValueError) as caught:
            future.result()
        assert caught.value is future.exception()

    @pytest.mark.parametrize('exception', [SystemExit(3), KeyboardInterrupt('k'), GeneratorExit('g'), StopIteration(5),
                                           AssertionError(), MemoryError('m'), OSError(2, 'gone', 'file'), IOError()],
                             ids=repr)
    def test_every_kind_comes_back(self, exception):
        error = self.error(tasks.raise_instance, exception)
        assert type(error) is type(exception)
        assert error.args == exception.args
        assert tasks.raise_instance.__name__ in str(error.__cause__)

    def test_sys_exit(self):
        error = self.error(tasks.raise_system_exit, 3)
        assert type(error) is SystemExit
        assert error.code == 3

    @native_since((3, 14))
    @pytest.mark.parametrize('fn', [tasks.raise_falsy_length, tasks.raise_falsy_bool])
    def test_falsy_exception_is_raised(self, fn):
        """gh-132063"""
        future = self.executor().submit(fn)
        with pytest.raises((tasks.FalsyLength, tasks.FalsyBool)):
            future.result()
        assert future.exception() is not None

    @native_since((3, 14))
    def test_falsy_exception_in_map(self):
        with pytest.raises(tasks.FalsyLength):
            list(self.executor().map(tasks.raise_instance, [tasks.FalsyLength()]))

    def test_unprintable(self):
        error = self.error(tasks.raise_unprintable)
        assert type(error) is tasks.Unprintable
        assert 'raise_unprintable' in str(error.__cause__)

    def test_unicode_message(self):
        error = self.error(tasks.raise_unicode)
        assert type(error) is ValueError
        assert error.args == (u'\u20ac',)
        assert 'raise_unicode' in str(error.__cause__)

    if sys.version_info < (3,):
        def test_old_style_instance(self):
            """`except BaseException` does not catch it."""
            future = self.executor().submit(tasks.raise_old_style)
            with pytest.raises(BaseException):
                try:
                    future.result()
                except tasks.OldStyle:
                    raise RuntimeError('an old-style instance')
            executor = self.executor()
            futures = [executor.submit(tasks.raise_old_style), executor.submit(tasks.square, 3)]
            assert futures[1].result() == 9

    def test_call_that_does_not_fit(self):
        assert isinstance(self.error(tasks.square), TypeError)
        assert isinstance(self.error(tasks.square, 1, 2), TypeError)

    def test_not_callable(self):
        error = self.error(5)
        assert isinstance(error, TypeError)
        assert 'not callable' in str(error)

    def test_recursion(self):
        error = self.error(tasks.recurse)
        assert isinstance(error, RuntimeError)      # RecursionError where there is one


class TracebackCases(object):

    def test_traceback_of_the_worker(self):
        error = self.executor().submit(tasks.raise_value_error).exception()
        text = str(error.__cause__)
        assert isinstance(error.__cause__, Exception)
        assert 'Traceback (most recent call last)' in text
        assert 'in raise_value_error' in text
        assert '# this comment is on the failing line' in text
        assert 'ValueError: a marker in the message' in text
        assert 'tasks.py' in text

    def test_every_frame(self):
        error = self.executor().submit(tasks.call, tasks.divide, 1, 0).exception()
        text = str(error.__cause__)
        assert text.index('in call') < text.index('in divide') < text.index('ZeroDivisionError')

    if sys.version_info >= (3,):
        def test_chained_in_the_worker(self):
            text = str(self.executor().submit(tasks.raise_chained).exception().__cause__)
            assert text.index('ZeroDivisionError') < text.index('direct cause') < text.index('LookupError')

        def test_printed_with_the_exception(self):
            future = self.executor().submit(tasks.raise_value_error)
            try:
                future.result()
            except ValueError:
                text = traceback.format_exc()
            assert '# this comment is on the failing line' in text
            assert text.index('raise_value_error') < text.index('direct cause') < text.index('future.result()')

    if sys.version_info >= (3, 11):
        def test_notes(self):
            error = self.executor().submit(tasks.raise_with_note).exception()
            assert error.__notes__ == ['a note from the worker']

    def test_system_exit(self):
        error = self.executor().submit(tasks.raise_system_exit, 1).exception()
        assert 'in raise_system_exit' in str(error.__cause__)

    def test_keyboard_interrupt(self):
        error = self.executor().submit(tasks.raise_keyboard_interrupt).exception()
        assert type(error) is KeyboardInterrupt
        assert 'in raise_keyboard_interrupt' in str(error.__cause__)

    def test_in_map(self):
        with pytest.raises(ZeroDivisionError) as caught:
            list(self.executor().map(tasks.divide, [1, 1], [1, 0], chunksize=2))
        assert 'in divide' in str(caught.value.__cause__)


bind(globals(), ExceptionCases, [Fork, Portable, Native])
bind(globals(), TracebackCases, ALL)
