"""CONTRACT.md, Behaviour 10: Ctrl-C, and the death of the parent."""
from __future__ import absolute_import, division, print_function

import signal

import pytest

from tests.bindings import Fork, Forkserver, Native, Portable, PortableSpawn, Spawn, bind, native_never, native_since

# The task that runs is held at the gate of the test, so whatever ends before the gate opens did not wait for it.
BLOCKED = '''
def block(how, executor, future):
    say('ready')
    if how == 'result':
        future.result()
    elif how == 'result with a timeout':
        future.result(timeout=1000)
    elif how == 'exception':
        future.exception()
    elif how == 'wait':
        lib.wait([future])
    elif how == 'as_completed':
        list(lib.as_completed([future]))
    elif how == 'map':
        list(executor.map(tasks.square, [1, 2, 3]))
    elif how == 'shutdown':
        executor.shutdown()


if __name__ == '__main__':
    how, address = ARGS
    executor = make(1)
    future = executor.submit(tasks.visit, address, 'x')
    try:
        block(how, executor, future)
    except KeyboardInterrupt:
        say('interrupted')
    say(future.result())
    executor.shutdown()
'''

WITH_BLOCK = '''
if __name__ == '__main__':
    address, folder = ARGS
    try:
        with make(1) as executor:
            first = executor.submit(tasks.visit, address, 'x')
            more = [executor.submit(tasks.visit_then_touch, address, os.path.join(folder, str(i))) for i in range(20)]
            more[-1].add_done_callback(lambda future: say('cancelled', future.cancelled()))
            try:
                say('ready')
                first.result()
            except KeyboardInterrupt:
                say('interrupted')
                raise
    except KeyboardInterrupt:
        say('left', all(f.done() for f in [first] + more))
'''

IDLE = '''
if __name__ == '__main__':
    executor = make(2 if METHOD == 'fork' else 1)       # one that is still starting is not idle
    say(sum(executor.map(tasks.square, range(10))))
    try:
        say('ready')
        while True:
            signal.pause()
    except KeyboardInterrupt:
        say('interrupted')
    if ARGS[0] == 'shutdown':
        executor.shutdown()
    elif ARGS[0] == 'raise':
        raise KeyboardInterrupt
'''

MAP_LOOP = '''
if __name__ == '__main__':
    with make(2) as executor:
        for i in executor.map(tasks.visit, [ARGS[0]] * 10):
            pass
'''


class InterruptCases(object):

    def interrupt(self, how):
        gate = self.gate()
        script = self.script(BLOCKED, how, gate.address)
        gate.admit()
        assert script.line() == 'ready'
        script.signal(signal.SIGINT)
        assert script.line() == 'interrupted'
        gate.open()
        script.finish()
        assert (script.code, script.out.splitlines()[-1]) == (0, 'x'), script.err

    @pytest.mark.race
    @pytest.mark.parametrize('how', ['result', 'result with a timeout', 'exception', 'wait', 'as_completed', 'map'])
    def test_blocked_parent_is_interrupted_at_once(self, how):
        self.interrupt(how)

    @native_since((3, 13))
    @pytest.mark.race
    def test_blocked_in_shutdown(self):
        """Natively a join() that is interrupted takes the thread for ended, up to 3.12."""
        self.interrupt('shutdown')

    @pytest.mark.race
    @native_never('gh-125886: runs everything first')
    @pytest.mark.parametrize('group', [False, True], ids=['parent', 'group'])
    def test_with_block(self, tmpdir, group):
        """What has not started is cancelled; what runs comes to its end, or is interrupted as the parent was."""
        gate = self.gate()
        script = self.script(WITH_BLOCK, gate.address, str(tmpdir))
        gate.admit()
        assert script.line() == 'ready'
        script.signal(signal.SIGINT, group=group)
        assert script.line() == 'interrupted'
        assert script.line() == 'cancelled True'
        gate.close()                    # only now does whatever runs come to its end
        assert script.line() == 'left True'
        script.finish()
        assert (script.code, script.err) == (0, '')
        assert len(tmpdir.listdir()) <= 1

    @pytest.mark.race
    @native_never('idle workers die with a traceback each')
    @pytest.mark.parametrize('how', ['shutdown', 'raise', 'fall off the end'])
    def test_idle_workers_end_in_silence(self, how):
        script = self.script(IDLE, how)
        script.line()
        assert script.line() == 'ready'
        script.signal(signal.SIGINT, group=True)
        script.finish()
        assert script.out.endswith('interrupted\n')
        if how == 'raise':
            assert script.code != 0
            assert script.err.count('Traceback') == 1       # the parent's own
        else:
            assert (script.code, script.err) == (0, '')

    @pytest.mark.race
    @native_never('tracebacks of the workers')
    def test_uncaught(self):
        """Ctrl-C in the ordinary program: one traceback, nothing left running."""
        gate = self.gate()
        script = self.script(MAP_LOOP, gate.address)
        gate.admit(2)
        script.signal(signal.SIGINT, group=True)
        gate.open()
        gate.close()
        script.finish()
        assert script.code != 0
        assert script.err.count('Traceback (most recent call last)') - script.err.count('direct cause') <= 1
        assert script.err.rstrip().splitlines()[-1].startswith('KeyboardInterrupt')


KILLED_IDLE = '''
if __name__ == '__main__':
    executor = make(2)
    held = executor.submit(tasks.visit, ARGS[0])
    executor.submit(tasks.tether, ARGS[0]).result()
    say('ready')
    while True:
        signal.pause()
'''

KILLED_BUSY = '''
if __name__ == '__main__':
    address, folder = ARGS
    executor = make(1)
    first = executor.submit(tasks.visit_then_touch, address, os.path.join(folder, 'first'))
    more = [executor.submit(tasks.touch, os.path.join(folder, str(i))) for i in range(20)]
    say('ready')
    while True:
        signal.pause()
'''

ALL_IDLE = '''
if __name__ == '__main__':
    executor = make(2 if METHOD == 'fork' else 1)       # one that is still starting is not idle
    say(sum(executor.map(tasks.square, range(10))))
    if ARGS:
        os._exit(int(ARGS[0]))
    while True:
        signal.pause()
'''


class ParentDeathCases(object):
    """gh-111873, open: natively the workers stay."""

    @pytest.mark.race
    @pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGTERM])
    def test_all_idle(self, number):
        script = self.script(ALL_IDLE)
        assert script.line() == '285'
        script.signal(number)
        assert script.finish().code == -number         # and nobody holds its output any more
        assert self.old_forkserver or script.err == ''

    def test_os_exit(self):
        script = self.script(ALL_IDLE, '7').finish()
        assert (script.code, script.out) == (7, '285\n')
        assert self.old_forkserver or script.err == ''

    @pytest.mark.race
    def test_idle_beside_busy(self):
        """The idle one ends at once, while the other one still works; that one ends after its call."""
        gate = self.gate()
        script = self.script(KILLED_IDLE, gate.address)
        busy, tie = gate.admit(2)
        if busy.value == 'tether':
            busy, tie = tie, busy
        assert script.line() == 'ready'
        script.signal(signal.SIGKILL)
        tie.wait_for_end()
        gate.open()
        script.finish()
        assert self.old_forkserver or script.err == ''

    @pytest.mark.race
    def test_busy(self, tmpdir):
        """The call that runs comes to its end, and is the last."""
        gate = self.gate()
        script = self.script(KILLED_BUSY, gate.address, str(tmpdir))
        gate.admit()
        assert script.line() == 'ready'
        script.signal(signal.SIGKILL)
        script.wait_for_parent()
        gate.open()
        script.finish()
        assert [path.basename for path in tmpdir.listdir()] == ['first']
        assert self.old_forkserver or script.err == ''


bind(globals(), InterruptCases, [Fork, Portable, Native])
bind(globals(), ParentDeathCases, [Fork, Spawn, Forkserver, Portable, PortableSpawn])


class OtherInterruptCases(object):
    test_with_block = InterruptCases.__dict__['test_with_block']
    test_idle_workers_end_in_silence = InterruptCases.__dict__['test_idle_workers_end_in_silence']


bind(globals(), OtherInterruptCases, [Spawn, Forkserver])


IMPORTED = """
if __name__ == '__main__':
    executor = make(1)
    try:
        executor.submit(tasks.square, 3).result()
    except KeyboardInterrupt:
        say('interrupted')
else:
    tasks.visit(%r)
"""


class StartCases(object):

    @pytest.mark.race
    def test_interrupted_while_it_starts(self):
        """The first worker of a program: with it multiprocessing's tracker is started, which up to 3.13 unblocks SIGINT."""
        gate = self.gate()
        script = self.script(IMPORTED % (gate.address,))
        gate.admit_one()
        script.signal(signal.SIGINT, group=True)
        assert script.line() == 'interrupted'
        gate.open()
        script.finish()
        assert (script.code, script.err) == (0, '')


bind(globals(), StartCases, [Spawn, PortableSpawn])
