"""CONTRACT.md, Behaviour 13: misuse gets a clear error at the place of the mistake, and never a hang."""
from __future__ import absolute_import, division, print_function

import pickle
import platform
import re

import pytest

from tests import tasks
from tests.bindings import ALL, Fork, Forkserver, Native, NativeThreads, Portable, PortableSpawn, Spawn, Threads, bind

OURS = [binding for binding in ALL if binding is not Native]


class PickledExecutorCases(object):

    def test_pickled_by_hand(self):
        for executor in self.executor(), self.executor():
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                with pytest.raises(TypeError) as caught:
                    pickle.dumps(executor, protocol)
                assert 'executor cannot be sent to another process' in str(caught.value)
            executor.submit(tasks.noop).result()            # the second time around: one that is in use

    def test_as_an_argument(self):
        executor = self.executor()
        error = executor.submit(tasks.noop, executor).exception()
        assert isinstance(error, TypeError)
        assert 'executor cannot be sent to another process' in str(error)
        assert executor.submit(tasks.square, 3).result() == 9

    def test_its_method_as_a_task(self):
        executor = self.executor()
        error = executor.submit(executor.submit, tasks.noop).exception()
        assert isinstance(error, TypeError)
        assert 'executor cannot be sent to another process' in str(error)

    @pytest.mark.skipif(platform.python_implementation() == 'PyPy', reason='PyPy pickles locks, so a future too')
    def test_a_future_as_an_argument(self):
        executor = self.executor()
        error = executor.submit(tasks.noop, executor.submit(tasks.noop)).exception()
        assert isinstance(error, (TypeError, pickle.PicklingError))
        assert executor.submit(tasks.square, 3).result() == 9


class WhatCanBeSentCases(object):
    """The error says what can be sent, and how."""

    def check(self, error, name):
        # the advice may stand in the message or in what the exception is raised from
        text = ' '.join([str(error), str(getattr(error, '__cause__', None))] + list(getattr(error, '__notes__', ())))
        assert name in text
        assert 'importable' in text and 'module' in text
        assert 'no lambda' in text

    def test_lambda(self):
        executor = self.executor()
        self.check(executor.submit(lambda: 1).exception(), '<lambda>')

    def test_local_function(self):
        def local_function():
            pass
        executor = self.executor()
        self.check(executor.submit(local_function).exception(), 'local_function')

    def test_lambda_in_map(self):
        with pytest.raises(Exception) as caught:
            list(self.executor().map(lambda x: x, [1]))
        self.check(caught.value, '<lambda>')


IMPORTING_MAIN = '''
executor = make(1)
try:
    say('result', executor.submit(tasks.square, 3).result())
except RuntimeError as e:
    say(type(e).__name__, '/', str(e).replace('\\n', ' '))
executor.shutdown()
'''

MAIN_FUNCTION = '''
def double(x):
    return x + x


class Point(object):
    def __init__(self, x):
        self.x = x

    def moved(self, by):
        return Point(self.x + by)


if __name__ == '__main__':
    with make(1) as executor:
        say(executor.submit(double, 4).result(), executor.submit(Point(1).moved, 2).result().x)
'''

NO_MAIN_FILE = '''
def double(x):
    return x + x


executor = make(1)
error = executor.submit(double, 4).exception()
say(type(error).__name__, '/', repr(error.__cause__))
say(executor.submit(tasks.square, 3).result())
executor.shutdown()
'''

DAEMON = '''
def child():
    try:
        with make(1) as executor:
            say('result', executor.submit(tasks.square, 3).result())
    except BaseException as e:
        say(type(e).__name__, e)


if __name__ == '__main__':
    process = get_context(METHOD).Process(target=child)
    process.daemon = True
    process.start()
    process.join()
'''


class MainCases(object):

    def test_pool_started_while_main_is_imported(self):
        """The child, where the mistake is met, is told; and since this one survives it, the parent has its result."""
        script = self.script(IMPORTING_MAIN).finish()
        first, second = script.out.splitlines()
        assert '__main__' in first and not first.startswith('result')
        assert second == 'result 9'

    def test_functions_and_classes_of_main(self):
        script = self.script(MAIN_FUNCTION).finish()
        assert (script.out, script.err) == ('8 3\n', '')

    def test_function_of_a_main_that_cannot_be_imported(self):
        """python -c, or a prompt: the worker cannot find the function; the pool lives on."""
        script = self.script(NO_MAIN_FILE, inline=True).finish()
        first, second = script.out.splitlines()
        assert first.startswith('BrokenProcessPool / AttributeError')
        assert second == '9'


class ForkMainCases(object):

    def test_functions_and_classes_of_main(self):
        script = self.script(MAIN_FUNCTION).finish()
        assert (script.out, script.err) == ('8 3\n', '')

    def test_function_of_a_main_that_cannot_be_imported(self):
        script = self.script(NO_MAIN_FILE.replace('executor.submit(double, 4).exception()', 'None')
                             .replace('error.__cause__', 'executor.submit(double, 4).result()'), inline=True).finish()
        assert script.out == 'NoneType / 8\n9\n'


class DaemonCases(object):

    def test_pool_in_a_daemonic_process(self):
        """multiprocessing does not let such a process have children: it is told, and does not wait."""
        script = self.script(DAEMON).finish()
        assert script.code == 0
        assert re.match(r'(AssertionError|RuntimeError|BrokenProcessPool) .*daemonic processes are not allowed to have '
                        r'children', script.out)


class AfterShutdownCases(object):

    def test_submit_and_map(self):
        executor = self.executor()
        executor.shutdown()
        for call in (lambda: executor.submit(tasks.square, 1), lambda: executor.map(tasks.square, [1])):
            with pytest.raises(RuntimeError) as caught:
                call()
            assert str(caught.value) == 'cannot schedule new futures after shutdown'

    def test_with_again(self):
        executor = self.executor()
        with executor:
            pass
        with executor:
            with pytest.raises(RuntimeError):
                executor.submit(tasks.square, 1)


bind(globals(), PickledExecutorCases, OURS)
bind(globals(), WhatCanBeSentCases, [Fork, Portable])
bind(globals(), MainCases, [Spawn, Forkserver, PortableSpawn])
bind(globals(), ForkMainCases, [Fork, Native])
bind(globals(), DaemonCases, [Fork, Spawn])
bind(globals(), AfterShutdownCases, [Fork, Native, Threads, NativeThreads])
