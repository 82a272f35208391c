"""CONTRACT.md, Behaviour 9: forked children of the parent, and what workers inherit."""
from __future__ import absolute_import, division, print_function

import gc
import importlib
import os
import platform
import sys
import threading

import pytest

from tests import tasks
from tests.bindings import ALL, Fork, Forkserver, Native, Portable, bind
from tests.support import GUARD, in_forked_child, wait_for

OURS = [binding for binding in ALL if binding is not Native]

EXIT_IN_CHILD = '''
if __name__ == '__main__':
    executor = make(1)
    say(executor.submit(tasks.square, 3).result())
    pid = os.fork()
    if not pid:
        sys.exit(5)                         # with all the handlers that run at an exit
    say(os.WEXITSTATUS(os.waitpid(pid, 0)[1]))
    say(executor.submit(tasks.square, 4).result())
'''

PROCESS_CHILD = '''
def child():
    try:
        executor.submit(tasks.square, 3)
    except RuntimeError:
        say('refused')


if __name__ == '__main__':
    executor = make(1)
    say(executor.submit(tasks.square, 3).result())
    process = get_context('fork').Process(target=child)
    process.start()
    process.join()
    say(process.exitcode)
    say(executor.submit(tasks.square, 4).result())
'''


def inodes(descriptors):
    """What can be told from another by its name: pipes, sockets, memory; not /dev/null and files."""
    return set(what for what in descriptors.values() if what.startswith(('pipe:', 'socket:', '/memfd:', '/dev/shm')))


def sentinels(executors):
    """The pipes that multiprocessing itself makes for each process; every later fork inherits those, ours or not."""
    found = set()
    for executor in executors:
        for process in executor._processes.values():
            ends = [process.sentinel] if hasattr(process, 'sentinel') else []
            ends += [end for end in getattr(getattr(process._popen, 'finalizer', None), '_args', None) or ()]
            for end in ends:
                for fd in end if isinstance(end, tuple) else [end]:
                    found.add(os.readlink('/proc/self/fd/%d' % fd))
    return found


class ForkedChildCases(object):
    """The child of a fork has the executor, and not its thread."""

    def test_submit(self):
        executor = self.executor()
        assert executor.submit(tasks.square, 3).result() == 9
        text = in_forked_child(lambda: executor.submit(tasks.square, 3))
        assert text.startswith('RuntimeError: ')
        assert 'fork' in text
        assert executor.submit(tasks.square, 4).result() == 16

    def test_map(self):
        executor = self.executor()
        assert executor.submit(tasks.square, 3).result() == 9
        assert in_forked_child(lambda: list(executor.map(tasks.square, [3]))).startswith('RuntimeError: ')

    def test_before_its_first_use(self):
        """Made here and first used there: the executor belongs to the process that made it."""
        executor = self.executor()
        assert in_forked_child(lambda: executor.submit(tasks.square, 3).result()).startswith('RuntimeError: ')
        assert executor.submit(tasks.square, 4).result() == 16

    @pytest.mark.race
    @pytest.mark.parametrize('how', ['shutdown', 'shutdown without waiting', 'kill', 'collected', 'with'])
    def test_the_end_of_it_there_is_not_the_end_here(self, how):
        executors = [self.executor()]
        gate = self.gate()
        held = executors[0].submit(tasks.visit, gate.address, 'x')
        gate.admit()

        def child():
            try:
                if how == 'shutdown':
                    executors[0].shutdown()
                elif how == 'shutdown without waiting':
                    executors[0].shutdown(wait=False)
                elif how == 'kill':
                    executors[0].kill_workers()
                elif how == 'with':
                    with executors[0]:
                        pass
            except RuntimeError:
                pass
            del executors[:]
            gc.collect()
            return 'came to the end'

        assert in_forked_child(child) == 'came to the end'
        gate.open()
        assert held.result() == 'x'
        assert executors[0].submit(tasks.square, 4).result() == 16

    def test_exit_handlers_of_the_child(self):
        script = self.script(EXIT_IN_CHILD).finish()
        assert script.out.split() == ['9', '5', '16']       # multiprocessing has its own complaint at such an exit

    def test_process_of_multiprocessing(self):
        script = self.script(PROCESS_CHILD).finish()
        assert (script.out.split(), script.err) == (['9', 'refused', '0', '16'], '')


class NewExecutorCases(object):
    """Under forkserver a forked child cannot: multiprocessing takes its parent's server for its own child."""

    def test_new_executor_in_the_child(self):
        executor = self.executor()
        assert executor.submit(tasks.square, 3).result() == 9

        def child():
            with self.executor() as another:
                return another.submit(tasks.square, 5).result()

        assert in_forked_child(child) == '25'
        assert executor.submit(tasks.square, 4).result() == 16


class InsideAWorkerCases(object):

    def test_executor_used_by_its_own_worker(self, monkeypatch):
        """The classic deadlock: a task that gives work to the pool it runs in, through a global."""
        executor = self.executor()
        monkeypatch.setattr(tasks, 'EXECUTOR', executor)
        name, text = executor.submit(tasks.use_inherited_executor).result()
        assert name == 'RuntimeError'
        assert 'fork' in text or 'process' in text


class ImportCases(object):
    """A thread that imports a module as a worker is forked is not in the worker, to end it."""

    @pytest.mark.skipif(sys.version_info < (3, 0), reason='2.7 lets no thread import while a process is forked')
    def test_module_that_another_thread_is_importing(self, tmpdir, monkeypatch):
        tmpdir.join('slow_to_import.py').write(
            'import threading\nbegun, go_on = threading.Event(), threading.Event()\nbegun.set()\ngo_on.wait(%d)\n' % GUARD)
        monkeypatch.syspath_prepend(str(tmpdir))
        importer = threading.Thread(target=importlib.import_module, args=('slow_to_import',))
        importer.start()
        try:
            wait_for(lambda: hasattr(sys.modules.get('slow_to_import'), 'go_on'))
            slow = sys.modules['slow_to_import']
            assert slow.begun.wait(GUARD)
            executor = self.executor()
            assert executor.submit(tasks.name_of_imported, 'slow_to_import').result(GUARD) == 'slow_to_import'
        finally:
            slow.go_on.set()
            importer.join()
            del sys.modules['slow_to_import']


bind(globals(), ForkedChildCases, [Fork, Portable, Forkserver])
bind(globals(), NewExecutorCases, [Fork, Portable])
bind(globals(), InsideAWorkerCases, [Fork, Portable])
bind(globals(), ImportCases, [Fork, Portable])


@pytest.mark.skipif(not os.path.isdir('/proc/self/fd'), reason='needs the names of descriptors, from /proc')
class DescriptorCases(object):

    @pytest.mark.skipif(platform.python_implementation() == 'PyPy',
                        reason='PyPy closes what nobody holds some time later, so numbers of descriptors vary')
    def test_no_more_with_more_workers(self):
        """A worker holds nothing of the other workers."""
        numbers = []
        for workers in 1, 4:
            executor = self.executor(workers)
            gate = self.gate()
            futures = [executor.submit(tasks.visit_and_list_descriptors, gate.address) for _ in range(workers)]
            gate.admit(workers)
            theirs = sentinels([executor])
            gate.open()
            seen = [future.result()[1].values() for future in futures]
            numbers.append(max(sum(what not in theirs for what in one) for one in seen))
            gate.close()        # a forked worker of the next round would inherit it
            executor.shutdown()
        assert numbers[0] == numbers[1]

    def test_nothing_of_another_executor(self):
        before = inodes(tasks.open_descriptors())
        first = self.executor(2)
        assert first.submit(tasks.square, 2).result() == 4
        of_the_first = inodes(tasks.open_descriptors()) - before - sentinels([first])
        assert of_the_first
        second = self.executor(1)
        seen = inodes(second.submit(tasks.open_descriptors).result())
        assert not seen & of_the_first

    def test_nothing_that_stood_in_for_a_standard_stream(self):
        executor = self.executor(2)
        nulls = [sum(what == os.devnull for what in where().values()) for where in (
            tasks.open_descriptors, executor.submit(tasks.open_descriptors).result)]
        assert nulls[1] <= nulls[0] + 1         # multiprocessing gives a worker one for its standard input

    def test_nothing_in_programs_of_the_parent(self):
        before = inodes(tasks.descriptors_of_a_program())
        executor = self.executor(2)
        assert executor.submit(tasks.square, 2).result() == 4
        assert inodes(tasks.descriptors_of_a_program()) - before == set()

    def test_nothing_in_programs_of_a_worker(self, tmpdir):
        """No more than in the programs of a process that multiprocessing alone has started."""
        path = str(tmpdir.join('plain'))
        process = self.ctx.Process(target=tasks.write_descriptors_of_a_program, args=(path,))
        process.start()
        process.join()
        with open(path) as f:
            plain = len(inodes(dict(enumerate(f.read().splitlines()))))
        executor = self.executor(1)
        found = inodes(executor.submit(tasks.descriptors_of_a_program).result())
        assert len(found) <= plain, sorted(found)

    def test_nothing_grows(self):
        """A hundred calls, big ones among them, leave nothing open on either side."""
        executor = self.executor(1)
        executor.submit(tasks.echo, b'x' * (1 << 20)).result()
        here, there = tasks.open_descriptors(), executor.submit(tasks.open_descriptors).result()
        for _ in range(10):
            assert list(executor.map(tasks.square, range(10))) == [i * i for i in range(10)]
            executor.submit(tasks.echo, b'x' * (1 << 20)).result()
            assert isinstance(executor.submit(tasks.noop, lambda: 1).exception(), Exception)
        assert executor.submit(tasks.open_descriptors).result() == there
        assert tasks.open_descriptors() == here


bind(globals(), DescriptorCases, OURS)
