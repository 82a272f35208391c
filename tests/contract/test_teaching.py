"""What errors say of the common mistakes: what happened, the probable cause, and the remedy."""
from __future__ import absolute_import, division, print_function

import os
import signal
import threading

import pytest

from tests import tasks
from tests.bindings import Fork, Forkserver, Portable, Spawn, Threads, bind

OURS = [Fork, Spawn, Forkserver, Portable]
FORKED = [Fork, Portable]
FRESH = [Spawn, Forkserver]


def check(error, *words):
    for word in words:
        assert word in str(error), '%r is not in: %s' % (word, error)


class ArgumentCases(object):
    """What cannot be sent to a worker. The pool goes on."""

    def refused(self, *call):
        executor = self.executor()
        error = executor.submit(*call).exception()
        check(error, 'A process pool pickles the function and its arguments')
        assert executor.submit(tasks.square, 3).result() == 9
        return error

    def test_lambda(self):
        check(self.refused(lambda: 1), '<lambda>', 'importable by name', 'use a def of the module')

    def test_lambda_as_an_argument(self):
        check(self.refused(tasks.call, lambda: 1), '<lambda>', 'no lambda', 'use a def of the module')

    def test_local_function(self):
        def local_function():
            pass
        check(self.refused(local_function), 'local_function', 'no local function', 'use a def of the module')

    def test_open_file(self):
        with open(os.devnull) as stream:
            check(self.refused(tasks.noop, stream), type(stream).__name__, 'No open file', 'send the path of the file')

    def test_open_file_in_a_list(self):
        with open(os.devnull) as stream:
            check(self.refused(tasks.noop, [{'log': stream}]), type(stream).__name__, 'send the path of the file')

    def test_lock(self):
        check(self.refused(tasks.noop, threading.Lock()), 'lock', 'No open file, lock', 'locks', 'initargs')

    @pytest.mark.parametrize('name', ['Lock', 'Event', 'Queue'])
    def test_lock_of_multiprocessing(self, name):
        thing = getattr(self.ctx, name)()
        check(self.refused(tasks.noop, thing), 'through inheritance', 'locks, queues and events', 'initargs')
        if name == 'Queue':
            thing.close()
            thing.join_thread()

    def test_executor(self):
        executor = self.executor()
        check(executor.submit(tasks.noop, executor).exception(), 'an executor cannot be sent to another process',
              'its workers and its threads belong to this one', 'make an executor of its own there')

    def test_types_of_files_can_be_sent(self):
        """It is open files that cannot."""
        assert self.executor().submit(tasks.echo, type(os.sys.__stdout__)).result() is type(os.sys.__stdout__)


class ResultCases(object):
    """What cannot come back. The pool goes on."""

    def error_of(self, fn):
        executor = self.executor()
        error = executor.submit(fn).exception()
        assert executor.submit(tasks.square, 3).result() == 9
        return error

    def test_generator(self):
        check(self.error_of(tasks.return_generator), 'generator', 'What a call returns is pickled to be sent back',
              'return data, such as the list of what a generator yields')

    def test_lambda(self):
        check(self.error_of(tasks.return_lambda), '<lambda>', 'What a call returns', 'return data')

    def test_exception_that_cannot_be_pickled(self):
        error = self.error_of(tasks.raise_unpicklable)
        check(error, '<lambda>', 'It was the call that raised Unpicklable: x', 'cannot be pickled to be sent back',
              'its class must be importable by name')
        check(error.__cause__, 'raise_unpicklable')

    def test_exception_of_a_local_class(self):
        check(self.error_of(tasks.raise_of_a_local_class), 'It was the call that raised Local: sad',
              'its class must be importable by name')

    def test_exception_that_cannot_be_made_again(self):
        error = self.error_of(tasks.raise_two_arguments)
        check(error, 'raise_two_arguments', 'the exception that the call raised could not be unpickled',
              'by calling its class with its args', 'define __reduce__')
        assert isinstance(error.__cause__, TypeError)


class DeathCases(object):

    ADVICE = 'Most likely the memory ran out and the system killed the process', 'out-of-memory killer', 'use fewer workers'

    def test_killed(self):
        executor = self.executor()
        error = executor.submit(tasks.die_by_signal, signal.SIGKILL).exception()
        if self.old_forkserver:     # does not know how it died
            assert 'memory' not in str(error)
        else:
            check(error, 'was killed by SIGKILL (exit code -9) while it ran tests.tasks.die_by_signal', *self.ADVICE)

    def test_killed_in_a_with_block_that_waits(self):
        executor = self.executor()
        with executor:
            future = executor.submit(tasks.die_by_signal, signal.SIGKILL)
        assert ('memory' in str(future.exception())) is not self.old_forkserver

    @pytest.mark.parametrize('fn, args', [(tasks.die_by_signal, (signal.SIGTERM,)), (tasks.die_by_exit, (9,)),
                                          (tasks.die_by_segfault, ())], ids=['SIGTERM', 'exit', 'segfault'])
    def test_died_otherwise(self, fn, args):
        assert 'memory' not in str(self.executor().submit(fn, *args).exception())

    def test_killed_by_us(self):
        executor = self.executor()
        gate = self.gate()
        future = executor.submit(tasks.visit, gate.address)
        gate.admit()
        executor.kill_workers()
        assert 'memory' not in str(future.exception())


NO_GUARD = '''
executor = make(1)
print(executor.submit(tasks.square, 3).result())
'''

NO_GUARD_AND_POOL = '''
print(lib.Pool(1, context=get_context(METHOD)).apply(tasks.square, (3,)))
'''

DEFINED_LATE = '''
if __name__ == '__main__':
    with make(1) as executor:
        executor.submit(tasks.noop).result()

        def late(x):
            return x

        say(str(executor.submit(late, 1).exception()))
        say(executor.submit(tasks.square, 3).result())
'''

DEFINED_LATE_AND_POOL = '''
if __name__ == '__main__':
    pool = lib.Pool(1, context=get_context(METHOD))

    def late(x):
        return x

    try:
        pool.apply(late, (1,))
    except AttributeError as error:
        say(str(error))
    say(pool.apply(tasks.square, (3,)))
    pool.close()
    pool.join()
'''


class GuardCases(object):

    ADVICE = ('Most likely the main module makes the pool', "without the guard if __name__ == '__main__':",
              'Put what makes the pool under that guard')

    @pytest.mark.parametrize('program', [NO_GUARD, NO_GUARD_AND_POOL], ids=['executor', 'pool'])
    def test_no_guard(self, program):
        script = self.script(program).finish()
        assert script.code == 1
        check(script.err, *self.ADVICE)
        if 'forkserver, which starts the workers, has ended' not in script.err:     # from 3.14 on it imports main itself
            check(script.err, 'ended with exit code', 'before it was ready')


class ForkserverCases(GuardCases):

    @pytest.mark.parametrize('maker', ['make(1).submit(tasks.square, 3).result()',
                                       'lib.Pool(1, context=get_context(METHOD))'], ids=['executor', 'pool'])
    def test_forkserver_that_has_ended(self, tmpdir, maker):
        """As it does from 3.14 on where the main module has no guard."""
        tmpdir.join('ends_it.py').write('import os\nos._exit(1)\n')
        script = self.script('''
if __name__ == '__main__':
    os.environ['PYTHONPATH'] = os.pathsep.join([ARGS[0], os.environ.get('PYTHONPATH', '')])
    sys.path.insert(0, ARGS[0])         # from 3.14 on it has that
    get_context(METHOD).set_forkserver_preload(['ends_it'])
    %s
''' % maker, str(tmpdir)).finish()
        assert script.code == 1
        check(script.err.splitlines()[-1], 'The forkserver, which starts the workers, has ended', *self.ADVICE)


class LateCases(object):
    """A worker that does not know the function."""

    advice = 'The worker imports the module afresh', "under if __name__ == '__main__'", 'Put it into a module'

    @pytest.mark.parametrize('program', [DEFINED_LATE, DEFINED_LATE_AND_POOL], ids=['executor', 'pool'])
    def test_defined_late(self, program):
        script = self.script(program).finish()
        first, second = script.out.splitlines()
        check(first, 'late', *self.advice)
        assert second == '9'


class LateAndForkedCases(LateCases):

    advice = ('A worker that was forked knows only what was defined before', 'define the function, and import its module, '
              'before the first call')


class NumberCases(object):

    def test_text(self):
        for text in '4', u'4', b'4':
            with pytest.raises(TypeError) as caught:
                self.executor(text)
            check(caught.value, 'max_workers must be an integer, not %s: %r' % (type(text).__name__, text),
                  'What comes from a command line or from the environment is text: use int()')
            with pytest.raises(TypeError) as caught:
                self.pool(text)
            check(caught.value, 'processes must be an integer, not %s: %r' % (type(text).__name__, text), 'use int()')

    def test_what_counts_as_a_number(self):
        assert self.executor(True).submit(tasks.square, 3).result() == 9


class PoolCases(object):
    """The same mistakes with a ``Pool``."""

    def error_of(self, fn, *args):
        pool = self.pool()
        with pytest.raises(Exception) as caught:
            pool.apply(fn, args)
        assert pool.apply(tasks.square, (3,)) == 9
        return caught.value

    def test_lambda(self):
        check(self.error_of(lambda: 1), '<lambda>', 'importable by name', 'use a def of the module')

    def test_generator(self):
        check(self.error_of(tasks.return_generator), 'Error sending result',
              'What a call returns is pickled to be sent back', 'return data')

    def test_exception_that_cannot_be_made_again(self):
        check(self.error_of(tasks.raise_two_arguments), 'by calling its class with its args', 'define __reduce__')

    def test_killed(self):
        error = self.error_of(tasks.die_by_signal, signal.SIGKILL)
        if self.old_forkserver:     # does not know how it died
            assert 'memory' not in str(error)
        else:
            check(error, 'A worker of the pool was lost', 'was killed by SIGKILL', *DeathCases.ADVICE)


class NestedCases(object):
    """A call that waits for another call of its own executor, all of whose threads wait.

    It is no error: whoever else has the executor or the future may cancel what waits, which ends it. So it is what it is
    natively, and README.md says so.
    """

    def nested(self, executor, timeout=None):
        """What the only thread's call gets that waits for the next one."""
        inner = []
        waits = threading.Event()

        def outer():
            inner.append(executor.submit(tasks.square, 3))
            waits.set()
            return inner[0].result(timeout)

        future = executor.submit(outer)
        waits.wait()
        return future, inner[0]

    def test_time_out(self):
        executor = self.executor(1)
        future, _ = self.nested(executor, timeout=0.01)
        assert isinstance(future.exception(), self.lib.TimeoutError)
        assert executor.submit(tasks.square, 3).result() == 9

    def test_cancelled_from_outside(self):
        future, inner = self.nested(self.executor(1))
        assert inner.cancel()
        assert isinstance(future.exception(), self.lib.CancelledError)

    def test_cancelled_by_shutdown(self):
        executor = self.executor(1)
        future, _ = self.nested(executor)
        executor.shutdown(cancel_futures=True)
        assert isinstance(future.exception(), self.lib.CancelledError)

    def test_another_thread(self):
        future, _ = self.nested(self.executor(2))
        assert future.result() == 9


class NestedAndForkedCases(object):
    """Of processes none can wait so: an executor cannot be sent, and one that is inherited says what is wrong."""

    def test_inherited_executor(self, monkeypatch):
        executor = self.executor()
        monkeypatch.setattr(tasks, 'EXECUTOR', executor)
        name, text = executor.submit(tasks.use_inherited_executor).result()
        assert name == 'RuntimeError'
        check(text, 'this executor belongs to process %d' % os.getpid(), 'forked from it', 'make an executor of its own')


bind(globals(), ArgumentCases, OURS)
bind(globals(), ResultCases, OURS)
bind(globals(), DeathCases, OURS)
bind(globals(), GuardCases, [Spawn])
bind(globals(), ForkserverCases, [Forkserver])
bind(globals(), LateCases, FRESH)
bind(globals(), LateAndForkedCases, FORKED)
bind(globals(), NumberCases, [Fork, Threads])
bind(globals(), PoolCases, OURS)
bind(globals(), NestedCases, [Threads])
bind(globals(), NestedAndForkedCases, FORKED)
