"""Bytes between the parent and one worker: calls one way, results the other, and how the parent waits for them.

A frame is a header (kind, number of the call, length, how many calls or seconds) and that many bytes. Two channels carry
frames:

``FastChannel``      pipes that the parent never blocks on; calls may be sent ahead (``claims``)
``PortableChannel``  ``multiprocessing`` connections and nothing sent ahead, where a pipe cannot be polled (Windows)
"""
from __future__ import absolute_import, division, print_function

import collections
import contextlib
import errno
import io
import os
import select
import struct
import sys
import threading
from functools import partial
from os import write as write_once      # as it is now, should a library of green threads change it

import six
from six.moves import _thread

from .._compat.py27.pickling import joined, received
from .._compat.py27.pipes import beyond_standard, keep_from_programs
from .._compat.py27.steps import in_one_step
from .._compat.py27.waiting import get_ident
from .._compat.py34 import is_interrupted, read, retried, write
from .._compat.py36.processes import after_fork_in_child
from .claims import MOST, ParentClaims, WorkerClaims, room
from .memory import share
from .spinning import Spin

_HEADER = struct.Struct('<BQQd')
_READ = 1 << 16
_PIPE = 1 << 20                 # what a pipe is made to hold once it carries something big
_SET_PIPE_SIZE = 1031           # F_SETPIPE_SZ, which the fcntl module names from 3.10 only

#: For workers as it is now: an initializer may have a library of green threads take it away.
_new_poll = getattr(select, 'poll', None)

# From the parent:
CALL, QUEUED, TOGETHER, EXIT = range(4)     # run it; run it if you can claim it; so many, with one function; end
# From the worker:
READY, RESULT, ERROR, LOAD_ERROR, INIT_ERROR = range(4, 9)
# A call to be run and what one returned, which are in the memory:
SHARED_CALL, SHARED_RESULT = range(9, 11)


def pack(kind, number, body, extra=0.0):
    """Return the frame as bytes; ``extra`` is how many calls it is for, or the seconds that one took."""
    return _HEADER.pack(kind, number, len(body), extra) + body


# Descriptors that forked children must not keep: a worker learns from the end of its pipe that the parent is gone, and the
# parent likewise, so no other process may hold an end of it.

_open = {}          # connection -> None, or the thread that hands it to the worker it starts
_starting = {}      # process -> lock
_watching = []


def starting():
    """Return the lock under which pipes are made and workers started, one worker at a time in the whole process."""
    return _starting.setdefault(os.getpid(), threading.RLock())


@contextlib.contextmanager
def beside_standard():
    """Keep what is opened inside away from the descriptors 0 to 2 where those are closed: what a call prints goes there."""
    taken = []
    try:
        try:
            fd = os.open(os.devnull, os.O_RDWR)
            while fd <= 2:
                taken.append(fd)
                fd = os.open(os.devnull, os.O_RDWR)
            os.close(fd)
        except (OSError, IOError):
            pass            # no such file, or no more descriptors, which whoever needs one will say
        yield
    finally:
        for fd in taken:
            os.close(fd)


def _pipe(context):
    return beyond_standard(partial(context.Pipe, duplex=False))


def _own(connections):
    if not _watching:
        _watching.append(after_fork_in_child(_close_in_child))
    _open.update(dict.fromkeys(connections))


def _disown(connections):
    for connection in connections:
        _open.pop(connection, None)
        connection.close()


def _close_in_child():
    for connection, thread in list(_open.items()):
        if thread != get_ident():
            connection.close()
    _open.clear()


class _Reader(object):
    """Reads frames from a pipe; a big one straight into the memory that it is to fill."""

    def __init__(self, fd):
        self._fd = fd
        self._file = io.FileIO(fd, 'rb', closefd=False)
        self._rest = b''
        self._big = None        # the header and the body of a big frame, and how much of it is there
        self._filled = 0
        self.more = False       # there may be more to read at once

    def between_frames(self):
        """Return whether no part of a frame has been read."""
        return not self._rest and self._big is None

    def read(self, data=None):
        """Return the frames that one read completes, as ``(kind, number, seconds, body)``; EOFError at the end.

        ``data`` is what someone else has read, where no part of a frame had been.
        """
        if self._big is not None:
            return self._fill()
        if data is None:
            data = read(self._fd, _READ)
        if not data:
            raise EOFError
        self.more = len(data) == _READ
        if self._rest:
            data = self._rest + data
        frames, at, end, unpack, size = [], 0, len(data), _HEADER.unpack_from, _HEADER.size
        start = size
        while start <= end:
            kind, number, length, seconds = unpack(data, at)
            if start + length > end:
                if length > _READ:
                    enlarge(self._fd)
                    body = bytearray(length)
                    body[:end - start] = data[start:]
                    self._big, self._filled = (kind, number, seconds, body), end - start
                    at = end
                break
            at = start + length
            frames.append((kind, number, seconds, data[start:at]))
            start = at + size
        self._rest = data[at:]
        return frames

    def _fill(self):
        body = self._big[3]
        count = retried(self._file.readinto, memoryview(body)[self._filled:])
        if count == 0:
            raise EOFError
        self.more = count is not None
        self._filled += count or 0
        if self._filled < len(body):
            return ()
        kind, number, seconds, _ = self._big
        self._big = None
        return ((kind, number, seconds, received(body)),)


def _write(fd, data):
    """Write all of it; OSError where nobody reads any more."""
    written = write(fd, data)
    while written < len(data):
        written += write(fd, memoryview(data)[written:])


def enlarge(fd):
    """Let the pipe hold more, where the system does that."""
    if sys.platform.startswith('linux'):
        import fcntl
        try:
            fcntl.fcntl(fd, _SET_PIPE_SIZE, _PIPE)
        except (OSError, IOError):
            pass        # more than the user may have; the pipe works as it is


class FastChannel(object):
    """The parent's end of three pipes: calls and claims to the worker, results from it."""

    #: How many calls may be sent ahead, at most, and how many bytes: what is too much for the pipe waits in ``unsent``.
    ahead = MOST
    ahead_bytes = 1 << 19
    #: ``send`` returns at once, whatever the worker does.
    blocks = False
    #: A caller may read results in the dispatcher's place. Not on PyPy, where unpickling takes the lock of each module that
    #: it names, written in Python: Ctrl-C in the caller may keep one.
    lends = hasattr(select, 'epoll') and '__pypy__' not in sys.builtin_module_names

    def __init__(self, context, keep=0):
        """``keep``: how many bytes of memory for what is big may be held each way while they are not used."""
        calls, self._calls = _pipe(context)
        self._results, results = _pipe(context)
        self._claims, claims = _pipe(context)
        #: Where what is big goes, or None.
        self.memory = share(keep)
        self._both = [self._claims] + ([self.memory.connection] if self.memory else [])
        self._mine = [self._calls, self._results, self._claims, claims]
        self._workers = [calls, results]
        _own(self._mine + self._workers + self._both)
        for connection in self._mine + self._workers:
            keep_from_programs(connection.fileno())
        for connection in self._mine:
            _unblock(connection.fileno())
        self.worker_end = FastWorkerEnd(calls, results, self._claims, self.memory)
        self.claims = ParentClaims(self._claims.fileno(), claims.fileno())
        self.ahead = room(claims.fileno())
        self._reader = _Reader(self._results.fileno())
        self.between_frames = self._reader.between_frames
        #: What a caller has read of the results.
        self.inbox = collections.deque()
        #: What is yet to be written: ``(memoryview, [what each write took of it])``.
        self.unsent = collections.deque()

    def handing_over(self, yes):
        """Say whether this thread is starting the worker: what it forks keeps the worker's end, and nothing else."""
        if yes:
            _open.update(dict.fromkeys(self._workers + self._both, get_ident()))
        else:
            _open.update(dict.fromkeys(self._both))
            _disown(self._workers)

    def fileno(self):
        """Return the descriptor on which results arrive."""
        return self._results.fileno()

    def writing_fileno(self):
        """Return the descriptor that takes calls."""
        return self._calls.fileno()

    def receive(self):
        """Return the frames that are there; EOFError where there will be no more."""
        frames = []
        try:
            if self.inbox:
                frames += self._reader.read(self.inbox.popleft())
            frames += self._reader.read()
            while self._reader.more:
                frames += self._reader.read()
        except (OSError, IOError) as error:
            self._reader.more = False
            if error.errno != errno.EAGAIN:
                raise
        except EOFError:
            if not frames:
                raise
        return frames

    def catch(self):
        """Read what is there into ``inbox``, in one step."""
        try:
            self.inbox.extend(six.moves.map(os.read, (self._results.fileno(),), (_READ,)))
        except (OSError, IOError) as error:
            if error.errno not in (errno.EAGAIN, errno.EINTR):
                raise

    def caught(self):
        """Return the frame that ``inbox`` holds, if that is all there is in it, and all there is of the result."""
        if len(self.inbox) == 1 and len(self.inbox[0]) >= _HEADER.size:
            data = self.inbox[0]
            kind, number, length, seconds = _HEADER.unpack_from(data)
            if len(data) == _HEADER.size + length and kind != SHARED_RESULT:
                return kind, number, seconds, data[_HEADER.size:]

    def place(self, pickled):
        """Return the kind and the body of the frame of a big call, for a worker that is reserved and has none."""
        memory = self.memory
        body = memory and memory.put_call(pickled)
        return (SHARED_CALL, body) if body else (CALL, joined(pickled))

    def entries(self, frames):
        """Return what ``unsent`` is to be extended by to send the frames ``(kind, number, body, how many calls)``."""
        parts, small = [], []
        for kind, number, body, count in frames:
            small.append(_HEADER.pack(kind, number, len(body), count))
            if len(body) <= _READ:
                small.append(body)
            else:
                parts += [b''.join(small), body]
                small = []
        return [(memoryview(part), []) for part in parts + [b''.join(small)]]

    def flush(self):
        """Write what the pipe takes now. What is left goes when the pipe can be written to again."""
        fd = self._calls.fileno()
        while self.unsent:
            data, counts = self.unsent[0]
            left = data[sum(counts):]
            if len(left) > _READ:
                enlarge(fd)
            try:
                # One call into C, so that no KeyboardInterrupt comes between a write and the note of it.
                counts.extend(six.moves.map(os.write, (fd,), (left,)))
            except (OSError, IOError) as error:
                if error.errno == errno.EPIPE:
                    self.unsent.clear()        # the worker is gone, which its results' end tells
                elif error.errno not in (errno.EAGAIN, errno.EINTR):
                    raise
                return
            if sum(counts) == len(data):
                self.unsent.popleft()

    def close(self):
        """Close the parent's end; a worker that waits for a call then ends.

        The memory goes with the last who refers to it: a caller's thread may be about to write there, and would write to
        whatever has its descriptor next.
        """
        _disown(self._mine)
        if self.memory is not None:
            _open.pop(self.memory.connection, None)
            self.memory, self._both = None, ()


def _unblock(fd):
    import fcntl
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)


class FastWorkerEnd(object):
    """The worker's end of the three pipes."""

    def __init__(self, calls, results, claims, memory):
        self._calls = calls
        self._results = results
        self._claims = claims
        self._memory = memory

    def calls(self):
        """Yield ``(numbers, body, first)`` of each frame; EOFError or OSError: the parent is gone.

        ``numbers`` yields those of its calls that this worker is to run, each as it comes to it. ``first`` is the number of
        the first of several that came together, and None of one alone.
        """
        memory = [self._memory.connection] if self._memory else []
        for connection in [self._calls, self._results, self._claims] + memory:
            keep_from_programs(connection.fileno())     # spawn makes them inheritable
        reader, spin, poll = _Reader(self._calls.fileno()), Spin(), _new_poll()
        poll.register(self._calls.fileno(), select.POLLIN)
        claims = WorkerClaims(self._claims.fileno())
        while True:
            spin(poll.poll)
            for kind, number, count, body in reader.read():
                if kind == EXIT:
                    return
                numbers = iter(range(number, number + int(count)))
                if kind == SHARED_CALL:
                    body = self._memory.call(body)
                elif kind != CALL:
                    numbers = claims.among(numbers)
                yield numbers, body, number if kind == TOGETHER else None

    def place(self, pickled):
        """Return the kind and the body of the frame of a big result."""
        body = self._memory and self._memory.put_result(pickled)
        return (SHARED_RESULT, body) if body else (RESULT, joined(pickled))

    def sender(self):
        """Return ``send(kind, number, body, seconds)``, which writes a frame; OSError where the parent is gone."""
        fd, pack_header = self._results.fileno(), _HEADER.pack

        def send(kind, number, body, seconds):
            length = len(body)
            header = pack_header(kind, number, length, seconds)
            if length <= _READ:
                data = header + body
                try:
                    written = write_once(fd, data)
                except (OSError, IOError) as error:
                    if not is_interrupted(error):   # what a signal's handler has raised may be one, and all be written
                        raise
                    written = write(fd, data)
                if written < len(data):
                    _write(fd, memoryview(data)[written:])
            else:                       # is not copied, to stand behind its header
                enlarge(fd)
                _write(fd, header)
                _write(fd, body)
        return send


class PortableChannel(object):
    """The parent's end of two ``multiprocessing`` connections. One call at a time is with the worker."""

    ahead = 0
    ahead_bytes = 0
    blocks = True
    lends = False
    inbox = ()
    claims = None
    memory = None

    def __init__(self, context, keep=0):
        calls, self._calls = _pipe(context)
        self._results, results = _pipe(context)
        self._mine = [self._calls, self._results]
        self._workers = [calls, results]
        _own(self._mine + self._workers)
        for connection in self._mine + self._workers:
            keep_from_programs(connection.fileno())
        self.worker_end = PortableWorkerEnd(calls, results)
        self.unsent = collections.deque()

    def handing_over(self, yes):
        """Say whether this thread is starting the worker: what it forks keeps the worker's end, and nothing else."""
        if yes:
            _open.update(dict.fromkeys(self._workers, get_ident()))
        else:
            _disown(self._workers)

    @property
    def connection(self):
        """The connection on which results arrive."""
        return self._results

    def receive(self):
        """Return the frames that are there; EOFError where there will be no more."""
        try:
            return [_unpack(self._results.recv_bytes())] if self._results.poll(0) else ()
        except (OSError, IOError):
            raise EOFError

    def place(self, pickled):
        """Return the kind and the body of the frame of a big call."""
        return CALL, joined(pickled)

    def entries(self, frames):
        """Return what ``unsent`` is to be extended by to send the frames ``(kind, number, body, 1)``."""
        return [pack(*frame) for frame in frames]

    def flush(self):
        """Send what is unsent; waits for the worker to take it."""
        while self.unsent:
            try:
                retried(self._calls.send_bytes, self.unsent.popleft())
            except (OSError, IOError, EOFError):
                pass        # the worker is gone, which its results' end tells

    def close(self):
        """Close the parent's end; a worker that waits for a call then ends."""
        _disown(self._mine)


def _unpack(data):
    kind, number, _, seconds = _HEADER.unpack_from(data)
    return kind, number, seconds, data[_HEADER.size:]


class PortableWorkerEnd(object):
    """The worker's end of the two connections."""

    def __init__(self, calls, results):
        self._calls = calls
        self._results = results

    def calls(self):
        """As above: each call is alone, and to be run."""
        for connection in self._calls, self._results:
            keep_from_programs(connection.fileno())     # spawn makes them inheritable
        while True:
            kind, number, _, body = _unpack(retried(self._calls.recv_bytes))
            if kind == EXIT:
                return
            yield iter((number,)), body, None

    def place(self, pickled):
        """Return the kind and the body of the frame of a big result."""
        return RESULT, joined(pickled)

    def sender(self):
        """Return ``send(kind, number, body, seconds)``, which writes a frame; OSError where the parent is gone."""
        def send(kind, number, body, seconds):
            retried(self._results.send_bytes, pack(kind, number, body, seconds))
        return send


class FastPoller(object):
    """Waits for results, for pipes that can take more, and to be woken."""

    def __init__(self, context):
        self._waiting, self._waking = _pipe(context)
        self._connections = [self._waiting]
        _own([self._waiting, self._waking])
        for connection in self._waiting, self._waking:
            keep_from_programs(connection.fileno())
            _unblock(connection.fileno())
        if hasattr(select, 'epoll'):
            self._poll, self._scale = select.epoll(), 1
            #: Leave a descriptor to a caller, and take it back: functions in C.
            self.lend, self.take_back = self._poll.unregister, self._poll.register
            keep_from_programs(self._poll.fileno())
            self._connections.append(self._poll)
            _own([self._poll])
        else:
            self._poll, self._scale = select.poll(), 1000
            self.lend = self.take_back = None
        self._poll.register(self._waiting.fileno(), select.POLLIN)
        self._workers = {self._waiting.fileno(): None}
        self._writing = {}
        self._woken = []        # something, while it is woken
        self._wake = partial(self._woken.append, True), partial(os.write, self._waking.fileno(), b'!')

    def add(self, worker):
        """Wait for the results of ``worker``."""
        self._workers[worker.channel.fileno()] = worker
        self._poll.register(worker.channel.fileno(), select.POLLIN)

    def remove(self, worker):
        """Wait for ``worker`` no longer. Before its channel is closed."""
        if self._workers.pop(worker.channel.fileno(), None):
            try:
                self._poll.unregister(worker.channel.fileno())
            except (OSError, IOError) as error:
                if error.errno != errno.ENOENT:     # left to a caller whose turn was cut short
                    raise
        self.watch_writing(worker, False)

    def reclaim(self, worker):
        """Wait for the results of ``worker``, which a caller may have been left to."""
        try:
            if self.take_back and worker.channel.fileno() in self._workers:
                self.take_back(worker.channel.fileno(), select.POLLIN)
        except (OSError, IOError) as error:
            if error.errno != errno.EEXIST:
                raise

    def watch_writing(self, worker, yes):
        """Say whether to wait until the pipe to ``worker`` can take more."""
        fd = worker.channel.writing_fileno()
        if yes and fd not in self._writing:
            self._writing[fd] = worker
            self._poll.register(fd, select.POLLOUT)
        elif not yes and self._writing.pop(fd, None):
            self._poll.unregister(fd)

    def poll(self, timeout):
        """Wait at most ``timeout`` seconds; return ``(readable, writable)`` workers, None among the first if woken."""
        events = retried(self._poll.poll, -1 if timeout is None else timeout * self._scale)
        readable, writable = [], []
        for fd, _ in events:
            if fd in self._writing:
                writable.append(self._writing[fd])
            elif fd in self._workers:
                readable.append(self._workers[fd])
        return readable, writable

    def wake(self):
        """End ``poll``. From any thread, and where no lock may be taken."""
        if not self._woken:
            try:
                in_one_step(*self._wake)    # a flag without its byte would keep everybody from waking it
            except (OSError, IOError) as error:
                if error.errno not in (errno.EPIPE, errno.EBADF, errno.EAGAIN):     # closed, with what it was to wake
                    del self._woken[:]
                    self.wake()     # a signal's handler raised it
                    raise

    def drain(self):
        """Forget that it was woken; the caller then looks what for.

        The flag is put down last: whoever finds it up until then need not send another byte.
        """
        read(self._waiting.fileno(), _READ)
        del self._woken[:]

    def close(self):
        """Free the descriptors. One goes with the poller: another thread may be about to write to it."""
        _disown(self._connections)
        _open.pop(self._waking)


class PortablePoller(object):
    """Waits for results and to be woken, by connections."""

    def __init__(self, context):
        from .._compat.py27.connections import wait     # here, because each new worker would import much with it
        self._wait = wait
        self._waiting, self._waking = _pipe(context)
        self._connections = [self._waiting]
        _own([self._waiting, self._waking])
        for connection in self._waiting, self._waking:
            keep_from_programs(connection.fileno())
        self._workers = {self._waiting: None}
        self._woken = False

    def add(self, worker):
        """Wait for the results of ``worker``."""
        self._workers[worker.channel.connection] = worker

    def remove(self, worker):
        """Wait for ``worker`` no longer."""
        self._workers.pop(worker.channel.connection, None)

    def reclaim(self, worker):
        """Do nothing: no caller reads."""

    def watch_writing(self, worker, yes):
        """Do nothing: nothing is left unwritten."""

    def poll(self, timeout):
        """Wait at most ``timeout`` seconds; return ``(readable, writable)`` workers, None among the first if woken."""
        ready = self._wait(list(self._workers), timeout)
        return [self._workers[connection] for connection in ready], []

    def wake(self):
        """End ``poll``. From any thread, and where no lock may be taken."""
        if not self._woken:
            try:
                self._woken = True
                self._waking.send_bytes(b'!')
            except (OSError, IOError):
                pass        # closed, with what it was to wake
            except BaseException:
                self._woken = False
                raise

    def drain(self):
        """Forget that it was woken; the flag is put down last, as above."""
        while self._waiting.poll(0):
            self._waiting.recv_bytes()
        self._woken = False

    def close(self):
        """Free the connections. One goes with the poller: another thread may be about to write to it."""
        _disown(self._connections)
        _open.pop(self._waking)


def choose():
    """Return the channel and the poller for this platform; POOLCOMPAT_CHANNEL=portable forces those (for tests).

    NotImplementedError where green threads would all stop while one waits.
    """
    green = _is_green(_thread.start_new_thread) or _is_green(os.read)
    if green and getattr(getattr(select, 'poll', None), '__module__', 'select') == 'select':
        raise NotImplementedError(
            'a pool of processes has a thread that waits in select.poll. Here that is missing, or stops all green threads: '
            'most likely eventlet.monkey_patch() has taken it away, or has patched only a part. Use eventlet.monkey_patch('
            'os=False, select=False, thread=False), gevent.monkey.patch_all(), or a pool of threads')
    if os.name != 'posix' or os.environ.get('POOLCOMPAT_CHANNEL') == 'portable' or not hasattr(select, 'poll'):
        return PortableChannel, PortablePoller
    return FastChannel, FastPoller


def _is_green(function):
    return (getattr(function, '__module__', None) or '').partition('.')[0] in ('eventlet', 'gevent')
