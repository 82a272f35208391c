"""What the tests are made with: a gate that tasks visit, scripts run in an interpreter of their own, and looks at what
this process holds."""
from __future__ import absolute_import, division, print_function

import errno
import gc
import multiprocessing
import os
import platform
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time

import poolcompat
from poolcompat._compat.py27 import waiting

from tests import tasks

START_METHODS = getattr(multiprocessing, 'get_all_start_methods', lambda: poolcompat.get_context().get_all_start_methods())()
GUARD = 60                  # seconds: only against hanging, never measured

ROOTS = [os.path.dirname(os.path.dirname(os.path.abspath(poolcompat.__file__))),
         os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]


# -- the gate --------------------------------------------------------------------------------------------------------

class Visitor(object):
    """A task that is at the gate (or a process tied to it)."""

    def __init__(self, sock):
        self.sock = sock
        line = b''
        while not line.endswith(b'\n'):
            got = sock.recv(1)
            if not got:
                raise EOFError('the visitor left before it had said who it is')
            line += got
        pid, self.value = line.decode('ascii').rstrip('\n').split(' ', 1)
        self.pid = int(pid)

    def let_go(self):
        try:
            self.sock.sendall(b'.')
        except EnvironmentError:
            pass                # it is gone already

    def wait_for_end(self):
        """Return when its process has ended (or it has closed its side)."""
        try:
            while self.sock.recv(1):
                pass
        except EnvironmentError as e:
            if e.errno != errno.ECONNRESET:
                raise

    def close(self):
        self.sock.close()


class Gate(object):
    """Where a task says that it is running, and waits.

    A socket, since that works for every start method and needs nothing to be handed to the worker but an address; and
    because the kernel tells both sides at once when the other one has died.
    """

    def __init__(self):
        self.folder = tempfile.mkdtemp()
        if hasattr(socket, 'AF_UNIX'):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.bind(os.path.join(self.folder, 'gate'))
        else:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._socket.bind(('127.0.0.1', 0))
        self._socket.listen(64)
        self.address = self._socket.getsockname()
        self.visitors = []

    def admit(self, count=1):
        """Wait until `count` more visitors have come; they stay until they are let go."""
        came = []
        for _ in range(count):
            sock = self._socket.accept()[0]
            sock.setblocking(True)
            came.append(Visitor(sock))
            self.visitors.append(came[-1])
        return came

    def admit_one(self):
        return self.admit()[0]

    def is_empty(self):
        """Return whether nobody is at the door."""
        return not select.select([self._socket], [], [], 0)[0]

    def open(self):
        """Let everybody go who was admitted."""
        for visitor in self.visitors:
            visitor.let_go()

    def close(self):
        """Let everybody go, also those at the door; nobody can come after this."""
        if self.folder is None:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = None
        self._socket.setblocking(False)
        try:
            while True:
                sock = self._socket.accept()[0]
                try:
                    sock.setblocking(True)
                    self.visitors.append(Visitor(sock))
                except (EOFError, EnvironmentError):
                    sock.close()
        except EnvironmentError:
            pass
        self.open()
        for visitor in self.visitors:
            visitor.close()
        self._socket.close()


# -- scripts ---------------------------------------------------------------------------------------------------------

PREAMBLE = '''\
from __future__ import absolute_import, division, print_function
import atexit, gc, os, signal, sys, threading
METHOD, LIBRARY = sys.argv[1:3]
ARGS = sys.argv[3:]
if LIBRARY == 'poolcompat':
    import poolcompat as lib
    from poolcompat import BrokenProcessPool, get_context
else:
    import concurrent.futures as lib
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context
from tests import tasks


def make(workers=2, **kwargs):
    return lib.ProcessPoolExecutor(workers, mp_context=get_context(METHOD), **kwargs)


def say(*words):
    sys.stdout.write(' '.join(str(w) for w in words) + '\\n')
    sys.stdout.flush()


'''


def _in_child():
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)       # a background shell hands down an ignored one


class Script(object):
    """A program run by this interpreter in a session of its own: the `body`, or the arguments `program`, in the `folder`.

    The end of its standard output comes when *every* process that it started has ended too: they all hold it.
    """

    def __init__(self, body, args=(), env=None, preamble=PREAMBLE, options=(), inline=False,
                 program=None, folder=None):
        self.folder = tempfile.mkdtemp()
        text = preamble + textwrap.dedent(body)
        self.path = os.path.join(self.folder, 'script.py')
        with open(self.path, 'w') as f:
            f.write(text)
        environ = dict(os.environ, PYTHONFAULTHANDLER='1', **(env or {}))
        environ['PYTHONPATH'] = os.pathsep.join(ROOTS + [environ.get('PYTHONPATH', '')]).rstrip(os.pathsep)
        if program is None:
            program = ['-c', text] if inline else [self.path]
        self._stderr = open(os.path.join(self.folder, 'stderr'), 'w+')
        self._process = subprocess.Popen(
            [sys.executable] + list(options) + list(program) + list(args), stdin=open(os.devnull), stdout=subprocess.PIPE,
            stderr=self._stderr, cwd=folder, env=environ, bufsize=0, close_fds=True, preexec_fn=_in_child)
        self.pid = self._process.pid
        self.hung = False
        self._timer = threading.Timer(GUARD, self._give_up)
        self._timer.daemon = True
        self._timer.start()
        self.out = ''
        self.code = None

    def _give_up(self):
        self.hung = True
        try:
            os.kill(self.pid, signal.SIGABRT)           # faulthandler writes where each thread is
            time.sleep(1)
            os.killpg(self.pid, signal.SIGKILL)
        except OSError:
            pass

    def line(self):
        """The next line that the script (or one of its workers) writes; fails where it ends instead."""
        text = b''
        while not text.endswith(b'\n'):
            got = os.read(self._process.stdout.fileno(), 1)
            if not got:
                raise AssertionError('the script ended:\n%s%s' % (text.decode(), self.finish().err))
            text += got
        self.out += text.decode()
        return text.decode().rstrip('\n')

    def signal(self, number, group=False):
        """Send a signal, once the main thread waits for something: CPython looks for signals between instructions, so it
        sees one that comes between the last of them and the blocking call only when that call ends."""
        before, after = None, self._switches()
        for _ in range(200):
            if after == before:
                break
            time.sleep(0.005)
            before, after = after, self._switches()
        (os.killpg if group else os.kill)(self.pid, number)

    def _switches(self):
        """How often the main thread was taken off its processor; where this changes, it does not wait for long."""
        try:
            with open('/proc/%d/task/%d/status' % (self.pid, self.pid)) as status:
                return [line for line in status if line.startswith(('State', 'voluntary', 'nonvoluntary'))]
        except (IOError, OSError):
            return None

    def wait_for_parent(self):
        """Wait for the end of the script itself, whatever it left running."""
        self._process.wait()

    def finish(self):
        """Wait for the end of the script and of everything that it started."""
        if self.code is None:
            rest = b''
            while True:
                got = os.read(self._process.stdout.fileno(), 65536)
                if not got:
                    break
                rest += got
            self.out += rest.decode()
            self.code = self._process.wait()
            self._timer.cancel()
            self._timer.join()
            self._process.stdout.close()
            self._stderr.seek(0)
            self.err = self._stderr.read()
            self._stderr.close()
            shutil.rmtree(self.folder, ignore_errors=True)
            assert not self.hung, 'the script hung, or left a process behind:\n%s\n%s' % (self.out, self.err)
        return self

    def close(self):
        """End it, whatever it does."""
        if self.code is None:
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except OSError:
                pass
            self.finish()


# -- what this process holds -----------------------------------------------------------------------------------------

def children_of(pid):
    """The children of a process, zombies too; None where the system does not tell."""
    folder = '/proc/%d/task' % pid
    found = set()
    try:
        for thread in os.listdir(folder):
            with open('%s/%s/children' % (folder, thread)) as f:
                found.update(int(word) for word in f.read().split())
    except EnvironmentError:
        return None
    return found


def helper_pids():
    """The processes that multiprocessing keeps for as long as the interpreter lives."""
    found = set()
    for module, name, attribute in (('multiprocessing.forkserver', '_forkserver', '_forkserver_pid'),
                                    ('multiprocessing.resource_tracker', '_resource_tracker', '_pid'),
                                    ('multiprocessing.semaphore_tracker', '_semaphore_tracker', '_pid')):
        keeper = getattr(sys.modules.get(module), name, None)
        found.add(getattr(keeper, attribute, None))
    return found - {None}


def forkserver_pid():
    return getattr(getattr(sys.modules.get('multiprocessing.forkserver'), '_forkserver', None), '_forkserver_pid', None)


class Interrupter(object):
    """For ``sys.settrace``: raises KeyboardInterrupt at the ``at``th of the events that count."""

    def __init__(self, at):
        self.left = at
        self.within = None      # the function that it was in

    def enters(self, frame):
        """Return whether any event of the frame may count."""
        return True

    def counts(self, frame, event):
        raise NotImplementedError

    def __call__(self, frame, event, arg):
        return self.trace if self.enters(frame) else None

    def trace(self, frame, event, arg):
        if self.counts(frame, event):
            self.left -= 1
            if not self.left:
                sys.settrace(None)
                self.within = frame.f_code.co_name
                raise KeyboardInterrupt
        return self.trace


def holdings():
    """What this process holds now: (processes, threads, descriptors)."""
    processes = set(p.pid for p in multiprocessing.active_children())
    processes |= (children_of(os.getpid()) or set())
    if forkserver_pid():
        processes |= (children_of(forkserver_pid()) or set())
    threads = set(t for t in threading.enumerate() if 'timeout' not in t.name.lower())
    return processes - helper_pids(), threads, tasks.open_descriptors()


def left_over(before):
    """What is there now and was not there before, as text; '' for nothing."""
    processes, threads, descriptors = holdings()
    text = []
    if processes - before[0]:
        text.append('processes %s' % sorted(processes - before[0]))
    if threads - before[1]:
        text.append('threads %s' % sorted(t.name for t in threads - before[1]))
    kept = kept_by_waiting()
    new = dict((fd, what) for fd, what in descriptors.items() if before[2].get(fd) != what and fd not in kept)
    if new:
        text.append('descriptors %s' % new)
    return ', '.join(text)


def kept_by_waiting():
    """The descriptors of the one pipe that waiting keeps on 2.7: another one, where Ctrl-C has made the first lost."""
    pipes = getattr(waiting, '_Pipe', None)
    return set(end.fileno() for pipe in pipes.free.get(os.getpid(), ()) for end in pipe.ends) if pipes else ()


def settle(before, seconds=10):
    """What is left over once what was on its way out has had the time to go.

    There is nothing to wait on for a forkserver that reaps, or for a thread after its last statement: so this one looks
    again and again, and at the end says what is still there. It collects garbage late: that is slow in a process which
    holds as much as this one, and seldom needed.
    """
    end = time.time() + seconds
    looks = 0
    # PyPy finalizes one thing after the other that hold each other, and nothing before it collects.
    collect, every = ((1, 2, 3), 10) if platform.python_implementation() == 'PyPy' else ((5, 10), 50)
    text = left_over(before)
    while text and time.time() < end:
        time.sleep(min(0.001 * 2 ** looks, 0.1))
        looks += 1
        if looks in collect or looks % every == 0:
            gc.collect()
        text = left_over(before)
    return text


def wait_for(condition, collecting=False):
    """Wait until the condition holds, where there is nothing to wait on; PyPy may have to collect garbage for it."""
    end = time.time() + GUARD
    while not condition():
        assert time.time() < end, 'not within %d seconds' % GUARD
        time.sleep(0.001)
        if collecting and platform.python_implementation() == 'PyPy':
            gc.collect()


def in_forked_child(function):
    """What `function` returns in an os.fork()ed child of this process, as text; the child ends without cleaning up."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            os.close(reader)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(GUARD // 2)                    # a hang ends as the empty text
            try:
                text = str(function())
            except BaseException as e:
                text = '%s: %s' % (type(e).__name__, e)
            os.write(writer, text.encode('utf-8')[:4000])
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    text = b''
    while True:
        got = os.read(reader, 4096)
        if not got:
            break
        text += got
    os.close(reader)
    status = os.waitpid(pid, 0)[1]
    assert status == 0, 'the child ended with status %#x after %r' % (status, text)
    return text.decode('utf-8')
