"""What the system, and the program around the pool, can do to it: each pool ends with results or with a clear error."""
from __future__ import absolute_import, division, print_function

import os
import sys

import pytest

from tests import tasks
from tests.bindings import Fork, Forkserver, Portable, Spawn, bind


BOTH = '''
import time
from poolcompat import Pool

GOOD = [n * n for n in range(5)]
TOLD = set(['BrokenProcessPool', 'WorkerLostError', 'OSError', 'IOError', 'BlockingIOError', 'FileNotFoundError',
            'RuntimeError'])
TOLD |= set(['ConnectionRefusedError', 'ConnectionResetError', 'BrokenPipeError', 'EOFError'])   # a forkserver has ended


def outcomes():
    """What both pools make of five calls: True for what is right, or the name of the error."""
    found = []
    for kind in make, lambda workers: Pool(workers, context=get_context(METHOD)):
        try:
            pool = kind(3)
            found.append(list(pool.map(tasks.square, range(5))) == GOOD)
            end(pool)
        except Exception as error:
            found.append(type(error).__name__)
        pool = None
        gc.collect()
    return found


def end(pool):
    if hasattr(pool, 'shutdown'):
        pool.shutdown()
    else:
        pool.close()
        pool.join()


def clear(found):
    return all(outcome is True or outcome in TOLD for outcome in found) or repr(found).replace(" ", "")


def process_is(state, pid):
    with open('/proc/%d/stat' % pid) as stream:
        return stream.read().rpartition(')')[2].split()[0] == state
'''


class SystemCases(object):

    def both(self, body, *args, **kwargs):
        """What the script says that has both pools."""
        script = self.script(BOTH + body, *args, **kwargs).finish()
        assert script.code == 0, script.err
        return script.out.split()

    def test_no_descriptor_left(self):
        assert self.both('''
if __name__ == '__main__':
    import resource
    outcomes()                                  # what is opened once and kept
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    for few in list(range(12)) + [15, 20, 30]:
        free = os.open(os.devnull, os.O_RDONLY)
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free + few, most[1]))
        found = outcomes()
        resource.setrlimit(resource.RLIMIT_NOFILE, most)
        if few == 0:
            say(True not in found)
        if clear(found) is not True:
            say(few, clear(found))
    found = outcomes()
    while METHOD == 'forkserver' and clear(found) is True and found != [True, True]:
        found = outcomes()      # the server may be ending still for want of descriptors: the next one is whole
    say(found == [True, True] or clear(found))
''') == ['True', 'True']

    def test_no_room_for_temporary_files(self):
        assert self.both('''
if __name__ == '__main__':
    import resource
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    say(clear(outcomes()))
''') == ['True']

    def test_closed_standard_streams(self, tmpdir):
        """A daemon's: what is opened next gets their descriptors, and what its calls print goes there."""
        said = tmpdir.join('said')
        self.both('''
def speak(number):
    for fd in 0, 1, 2:
        try:
            os.write(fd, b'what was printed ' * 10)
        except OSError:
            pass
    return number


if __name__ == '__main__':
    file = os.open(ARGS[0], os.O_WRONLY | os.O_CREAT)
    os.dup2(file, 60)
    os.close(file)
    for fd in 0, 1, 2:
        os.close(fd)
    found = [outcomes()]
    for kind in make, lambda workers: Pool(workers, context=get_context(METHOD)):
        pool = kind(2)
        found.append(list(pool.map(speak, range(50))) == list(range(50)))
        end(pool)
    pool = make(1)
    calls = []
    for number in range(3):
        calls.append(pool.submit(tasks.square, number).result() == number ** 2)
        try:
            os.write(1, b'what the program itself says ' * 10)
        except OSError:
            pass
    found.append(calls == [True] * 3)
    end(pool)
    os.write(60, repr(found).encode())
''', str(said))
        assert said.read() == '[[True, True], True, True, True]'

    @pytest.mark.skipif(not os.path.exists('/proc/self/stat'), reason='needs the states of processes, from /proc')
    @pytest.mark.parametrize('how', ['kill_workers', 'terminate_workers', 'terminate'])
    def test_stopped_for_ever_then_ended(self, how):
        assert self.both('''
def stop():
    os.kill(os.getpid(), signal.SIGSTOP)


if __name__ == '__main__':
    pool = Pool(2, context=get_context(METHOD)) if ARGS[0] == 'terminate' else make(2)
    submit = pool.apply_async if ARGS[0] == 'terminate' else lambda fn, args: pool.submit(fn, *args)
    stopped = [submit(stop, ()) for _ in range(2)]
    for process in (pool._pool if ARGS[0] == 'terminate' else list(pool._processes.values())):
        while not process_is('T', process.pid):
            time.sleep(.001)
    getattr(pool, ARGS[0])()
    for call in stopped:
        try:
            call.get() if ARGS[0] == 'terminate' else call.result()
        except BrokenProcessPool:
            say('broken')
    (pool.join if ARGS[0] == 'terminate' else pool.shutdown)()
''', how) == ['broken', 'broken']

    def test_reloaded_modules(self):
        """Pools that are there go on, and new ones can be made."""
        assert self.both('''
if __name__ == '__main__':
    from six.moves import reload_module
    pools = make(2), Pool(2, context=get_context(METHOD))
    say([list(pool.map(tasks.square, range(5))) == GOOD for pool in pools])
    import poolcompat.process, poolcompat.thread, poolcompat.pool
    for module in lib, poolcompat.process, poolcompat.thread, poolcompat.pool:
        reload_module(module)
    say([list(pool.map(tasks.square, range(5))) == GOOD for pool in pools])
    found = outcomes()
    while METHOD == 'forkserver' and clear(found) is True and found != [True, True]:
        found = outcomes()      # the server may be ending still for want of descriptors: the next one is whole
    say(found == [True, True] or clear(found))
    for pool in pools:
        end(pool)
''') == ['[True,', 'True]'] * 2 + ['True']

    @pytest.mark.parametrize('how', ['handled', 'ignored', 'reaped'])
    def test_signals_of_the_program(self, how):
        """A timer that interrupts every system call, and a program that sees to all its children by itself."""
        assert self.both('''
def reap(number, frame):
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except OSError:
        pass


if __name__ == '__main__':
    from poolcompat.pool import WorkerLostError
    signal.signal(signal.SIGALRM, lambda number, frame: None)
    signal.signal(signal.SIGCHLD, {'handled': lambda number, frame: None, 'ignored': signal.SIG_IGN,
                                   'reaped': reap}[ARGS[0]])
    signal.setitimer(signal.ITIMER_REAL, .002, .002)
    found = outcomes()
    while METHOD == 'forkserver' and clear(found) is True and found != [True, True]:
        found = outcomes()      # the server may be ending still for want of descriptors: the next one is whole
    say(found == [True, True] or clear(found))
    pool, executor = Pool(2, context=get_context(METHOD)), make(2)
    lost = pool.apply_async(os._exit, (3,))
    try:
        lost.get()
    except WorkerLostError:
        say(list(pool.map(tasks.square, range(5))) == GOOD)
    end(pool)
    try:
        executor.submit(os._exit, 3).result()
    except BrokenProcessPool:
        say('broken')
    end(executor)
    signal.setitimer(signal.ITIMER_REAL, 0)     # at its very end an interpreter has no handlers any more
''', how) == ['True', 'True', 'broken']

    @pytest.mark.race
    def test_program_that_forks_in_its_threads(self):
        """What is forked meanwhile has copies of our pipes, for a moment or for as long as it runs."""
        assert self.both('''
def fork_often():
    while not over.is_set():
        pid = os.fork()
        if not pid:
            os._exit(0)
        os.waitpid(pid, 0)


if __name__ == '__main__':
    over = threading.Event()
    threads = [threading.Thread(target=fork_often) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        say(outcomes() == [True, True])
    executor = make(1)
    executor.submit(tasks.square, 1).result()
    reading, writing = os.pipe()
    keeper = os.fork()
    if not keeper:
        os.close(writing)
        os.read(reading, 1)             # until the parent says so
        os._exit(0)
    try:
        executor.submit(os._exit, 3).result()
    except BrokenProcessPool:
        say('broken')
    end(executor)
    os.write(writing, b'!')
    os.waitpid(keeper, 0)
    over.set()
    for thread in threads:
        thread.join()
''') == ['True'] * 3 + ['broken']


class ForkOnlyCases(SystemCases):

    @pytest.mark.skipif(not hasattr(os, 'setuid'), reason='only POSIX limits the number of processes')
    def test_no_process_left(self):
        """Root has no such limit: the script becomes another user."""
        assert self.both('''
if __name__ == '__main__':
    import resource
    outcomes()                                  # what is imported late, which the other user may not be able to read
    if not os.getuid():
        os.setuid(65432)
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
    found = outcomes()
    say(True not in found, clear(found))
''') == ['True', 'True']


class ReplacedCases(object):

    @pytest.mark.race
    def test_killed_while_being_replaced(self):
        """Whatever is killed at whatever moment: each call ends, and the pool ends."""
        assert self.script(BOTH + '''
def kill_all():
    while not over.is_set():
        for process in pool._pool:
            time.sleep(.002)
            try:
                os.kill(process.pid, signal.SIGKILL)
            except OSError:
                pass


if __name__ == '__main__':
    from poolcompat.pool import WorkerLostError
    over = threading.Event()
    pool = Pool(2, maxtasksperchild=1, context=get_context(METHOD))
    killer = threading.Thread(target=kill_all)
    killer.start()
    ends = [0, 0]
    for result in [pool.apply_async(tasks.square, (n,)) for n in range(60)]:
        try:
            result.get()
            ends[0] += 1
        except WorkerLostError:
            ends[1] += 1
    over.set()
    killer.join()
    end(pool)
    say(sum(ends))
''').finish().out == '60\n'


class BigCases(object):

    @pytest.mark.skipif(sys.maxsize < 1 << 32, reason='there is no room for it on a 32-bit system')
    @pytest.mark.skipif(hasattr(sys, 'pypy_version_info'), reason='PyPy copies it many times over, for minutes')
    def test_gibibyte(self):
        with self.executor() as executor:
            assert len(executor.submit(tasks.megabytes, 1 << 10).result()) == 1 << 30


bind(globals(), SystemCases, [Spawn, Forkserver])
bind(globals(), ForkOnlyCases, [Fork, Portable])
bind(globals(), ReplacedCases, [Fork, Portable])
bind(globals(), BigCases, [Fork])
