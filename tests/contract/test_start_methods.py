"""CONTRACT.md, Start methods: a worker that is a fresh interpreter is told where it is and what the main module is."""
from __future__ import absolute_import, division, print_function

import os
import platform
import threading
import zipfile

import pytest

from tests import tasks
from tests.bindings import NativeSpawn, PortableSpawn, Spawn, bind

HELPER = r'''
import os
import sys


def where(_item=None):
    """What a worker finds: the arguments, the folder, the module search path, and what its main module is called."""
    return sys.argv[1:], os.getcwd(), sys.path, sys.modules['__main__'].__name__


def run(method, call, *args):
    """Leave this folder, add one to the module search path, and have a worker call it."""
    from poolcompat import ProcessPoolExecutor, get_context
    os.chdir(os.path.dirname(os.getcwd()))
    sys.path.insert(1, '/nowhere/in/particular')
    with ProcessPoolExecutor(1, mp_context=get_context(method)) as executor:
        arguments, folder, path, name = executor.submit(where).result()
        assert (arguments, folder) == (sys.argv[1:], os.getcwd()), (arguments, folder)
        assert path[1] == sys.path[1], path
        sys.stdout.write('%s %s\n' % (executor.submit(call, *args).result(), name))
'''

#: A main module whose functions a worker needs, so that it has to be imported there.
MAIN = '''
import sys
%simport helper

SEEN = []


class Point(object):
    def __init__(self, x):
        self.x = x

    def __str__(self):
        return 'Point %%d' %% self.x


def moved(point, by):
    SEEN.append(point)
    return Point(point.x + by)


if __name__ == '__main__':
    helper.run(sys.argv[1], moved, Point(1), 2)
'''

#: One that is all main program: workers do without it.
ONLY_MAIN = '''
import sys
%simport helper

assert sys.argv[0] != '-c', 'imported by a worker'
helper.run(sys.argv[1], abs, -3)
'''

RELATIVE = 'from . '


class MainCases(object):
    """The same program, started in every way that there is."""

    def run(self, tmpdir, files, *program):
        folder = tmpdir.mkdir('program')
        for name, text in files.items():
            folder.join(*name.split('/')).write(text, ensure=True)
        script = self.script('', preamble='', bare=True, program=program + (self.method,), folder=str(folder)).finish()
        assert script.code == 0, script.err
        return script.out

    def test_script(self, tmpdir):
        out = self.run(tmpdir, {'main.py': MAIN % '', 'helper.py': HELPER}, 'main.py')
        assert out == 'Point 3 __mp_main__\n'

    def test_module(self, tmpdir):
        out = self.run(tmpdir, {'main.py': MAIN % '', 'helper.py': HELPER}, '-m', 'main')
        assert out == 'Point 3 __mp_main__\n'

    def test_module_of_a_package(self, tmpdir):
        out = self.run(tmpdir, {'package/__init__.py': '', 'package/main.py': MAIN % RELATIVE, 'package/helper.py': HELPER},
                       '-m', 'package.main')
        assert out == 'Point 3 __mp_main__\n'

    def test_package(self, tmpdir):
        out = self.run(tmpdir, {'package/__init__.py': '', 'package/__main__.py': ONLY_MAIN % RELATIVE,
                                'package/helper.py': HELPER}, '-m', 'package')
        assert out == '3 __main__\n'

    def test_folder(self, tmpdir):
        out = self.run(tmpdir, {'inner/__main__.py': ONLY_MAIN % '', 'inner/helper.py': HELPER},
                       str(tmpdir.join('program', 'inner')))      # absolute: 3.4 to 3.8 pass a relative one on as it is
        assert out == '3 __main__\n'

    def test_archive(self, tmpdir):
        path = str(tmpdir.join('program.zip'))
        with zipfile.ZipFile(path, 'w') as archive:
            archive.writestr('__main__.py', ONLY_MAIN % '')
            archive.writestr('helper.py', HELPER)
        assert self.run(tmpdir, {}, path) == '3 __main__\n'

    def test_command(self, tmpdir):
        out = self.run(tmpdir, {'helper.py': HELPER}, '-c', 'import helper, sys; helper.run(sys.argv[1], abs, -3)')
        assert out == '3 __main__\n'

    def test_without_assertions(self, tmpdir):
        """The flags of the interpreter are the workers' too."""
        files = {'main.py': MAIN.replace('return ', "return sys.flags.optimize or ") % '', 'helper.py': HELPER}
        assert self.run(tmpdir, files, '-O', 'main.py') == '1 __mp_main__\n'


class FreshCases(object):
    """What a fork would hand down, and this does not."""

    def test_locks_of_other_threads(self):
        """A thread of the parent holds a lock that the worker needs, in the module that it imports."""
        taken, leave = threading.Event(), threading.Event()

        def hold():
            with tasks.LOCK:
                taken.set()
                leave.wait()

        holder = threading.Thread(target=hold)
        holder.start()
        taken.wait()
        try:
            assert self.executor().submit(tasks.lock_is_free).result() is True
        finally:
            leave.set()
            holder.join()

    def test_descriptors(self):
        reader, writer = os.pipe()
        if hasattr(os, 'set_inheritable'):
            os.set_inheritable(reader, True)
        try:
            what = os.readlink('/proc/self/fd/%d' % reader) if os.path.isdir('/proc/self/fd') else None
            found = self.executor().submit(tasks.open_descriptors).result()
            assert found and what not in found.values()
        finally:
            os.close(reader)
            os.close(writer)

    def test_many_descriptors_in_initargs(self):
        pipes = [self.ctx.Pipe(duplex=False) for _ in range(5)]
        executor = self.executor(2, initializer=tasks.initialise, initargs=[writer for _, writer in pipes])
        for _ in range(4):
            executor.submit(tasks.send_in_pipe, 'through').result()
        assert [pipes[0][0].recv() for _ in range(4)] == ['through'] * 4
        for end in sum(map(list, pipes), []):
            end.close()


class SharedCases(object):
    """What can be given to initargs, beyond what test_initializer has."""

    def given(self, *things):
        return self.executor(2, initializer=tasks.initialise, initargs=things)

    def test_recursive_lock(self):
        lock = self.ctx.RLock()
        executor = self.given(lock)
        with lock, lock:
            future = executor.submit(tasks.try_lock)
            assert future.result() is False
        assert executor.submit(tasks.try_lock).result() is True

    def test_bounded_semaphore(self):
        semaphore = self.ctx.BoundedSemaphore(2)
        executor = self.given(semaphore)
        assert [executor.submit(tasks.try_lock).result() for _ in range(2)] == [True, True]     # each gives it back
        with semaphore, semaphore:
            assert executor.submit(tasks.try_lock).result() is False
        with pytest.raises(ValueError):
            semaphore.release()

    @pytest.mark.race
    def test_condition(self):
        condition, value = self.ctx.Condition(), self.ctx.Value('i', 0, lock=False)
        executor = self.given(condition, value)
        with condition:
            future = executor.submit(tasks.change_under_condition, 5)
            while value.value != 5:
                condition.wait()
        assert future.result() is None

    def test_joinable_queue(self):
        queue = self.ctx.JoinableQueue()
        executor = self.given(queue)
        queue.put('work')
        future = executor.submit(tasks.work_off_queue)
        queue.join()
        assert future.result() == 'work'
        queue.close()
        queue.join_thread()
        executor.shutdown()
        for end in queue._reader, queue._writer:        # not closed by close() on every version
            if not end.closed:
                end.close()

    @pytest.mark.parametrize('make', ['Array', 'RawArray'])
    def test_array(self, make):
        array = getattr(self.ctx, make)('i', [1, 2, 3])
        assert self.given(array).submit(tasks.change_item, 1, 7).result() == [1, 7, 3]
        assert array[:] == [1, 7, 3]

    def test_array_of_zeros(self):
        array = self.ctx.Array('d', 10)
        assert self.given(array).submit(tasks.change_item, 9, 2.5).result() == [0] * 9 + [2.5]
        assert array[9] == 2.5

    def test_text(self):
        array = self.ctx.Array('c', b'text')
        self.given(array).submit(tasks.change_item, 0, b'n').result()
        assert array.value == b'next'

    def test_value_with_a_lock_that_is_given_too(self):
        lock = self.ctx.RLock()
        value = self.ctx.Value('i', 4, lock=lock)
        executor = self.given(lock, value)
        with value.get_lock():
            assert executor.submit(tasks.try_lock).result() is False
        assert all(executor.map(tasks.use_lock_and_value, range(3)))
        assert value.value == 7

    def test_refused_in_a_task(self):
        """As natively: only while a process starts can they be given to it."""
        executor = self.executor()
        ctx = self.ctx
        for thing in ctx.Lock(), ctx.Condition(), ctx.Event(), ctx.Value('i', 0), ctx.RawArray('i', 3):
            error = executor.submit(tasks.echo, thing).exception()
            assert isinstance(error, RuntimeError), (thing, error)
            assert 'inheritance' in str(error) or 'spawning' in str(error)
        assert executor.submit(tasks.square, 3).result() == 9


bind(globals(), MainCases, [Spawn])
bind(globals(), FreshCases, [Spawn, PortableSpawn] + ([] if platform.python_implementation() == 'PyPy' else [NativeSpawn]))
bind(globals(), SharedCases, [Spawn])
