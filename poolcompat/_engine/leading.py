"""A caller's turn at reading: whoever waits for a call that is the only one with its worker reads the result itself.

That saves waking the dispatcher's thread and, from there, the caller's. A turn is short: ``TURN`` at most, then the
dispatcher has the worker's results again and the caller waits as for any future. A caller sees to what is simple, one whole
result that nobody else is to be told of; anything else goes to the dispatcher as it was read.

``_Worker.turn`` says who reads: a list for the caller that has the turn, None for the dispatcher. It changes under the
engine's lock. A caller begins only while the dispatcher waits (``_polling``), which heeds ``turn`` when it wakes: the two
never read at the same time. Ctrl-C may end a turn anywhere. What was read is in the channel's ``inbox`` until it is noted,
then in ``turn`` until the future is set; the dispatcher goes on from there. A signal's handler that comes during a turn and
calls the pool gives the turn up first.
"""
from __future__ import absolute_import, division, print_function

import collections
import errno
import os
import select
import signal
import time
from functools import partial

from six.moves import range

from .._compat.py27.steps import in_one_step
from .._compat.py27.waiting import get_ident, monotonic
from .._compat.py34 import is_interrupted
from . import channel as channels
from .calls import set_future
from .locking import is_inside, locked
from .spinning import Spin

TURN = .01          # seconds
_TRIES = 3          # to find the dispatcher waiting


def cuts_in(error, traceback):
    """Return whether the exception came from elsewhere than the code that it ended, and is the caller's to see.

    Ctrl-C, what else a signal's handler raised, or what a library of green threads throws into one.
    """
    green = (getattr(type(error), '__module__', None) or '').partition('.')[0] in ('eventlet', 'gevent', 'greenlet')
    if green or isinstance(error, KeyboardInterrupt):
        return True
    handlers = [signal.getsignal(number) for number in range(1, signal.NSIG)]
    handlers = [_code_of(handler) for handler in handlers if handler not in (signal.SIG_DFL, signal.SIG_IGN, None)]
    while traceback is not None:
        if traceback.tb_frame.f_code in handlers:
            return True
        traceback = traceback.tb_next
    return False


def _code_of(handler):
    function = getattr(handler, 'func', handler)        # of functools.partial
    function = getattr(function, '__func__', function)
    return getattr(function, '__code__', None) or getattr(type(function).__call__, '__code__', handler)


def lead(worker, future, timeout):
    """Wait for the future in its caller's thread, for a turn at most; return what is left of ``timeout``.

    ``worker`` is a weak reference to the one that has the call: a future keeps nothing alive.
    """
    deadline = None if timeout is None else monotonic() + timeout
    worker = worker()
    if worker is not None:
        worker.engine.take_turn(worker, future, TURN if timeout is None else max(0, min(timeout, TURN)))
    return None if deadline is None else max(0, deadline - monotonic())


class Leading(object):
    """What the engine of processes has for callers that read."""

    def __init__(self):
        super(Leading, self).__init__()
        self._new_poll = getattr(select, 'poll', None)      # as ``channels.choose`` has found it
        self._polling = False       # our thread waits, and reads nothing
        self._leaders = {}          # who is in ``take_turn``: thread -> (worker, turn)
        self._settling = {}         # what callers have read and are about to set the future of: id -> turn
        self._late_settling = ()    # those that did so when our thread looked last
        self._leftover = collections.deque()    # what callers have left to our thread: functions
        self._unread = collections.deque()      # workers of whose results callers have left it some
        self._spin = Spin()

    def take_turn(self, worker, future, seconds):
        """Wait for the future, whose call the worker has, for so many seconds at most."""
        me = get_ident()
        if self._pid != os.getpid() or is_inside(self) or self._give_turn_up():
            return
        turn = []       # the call that ended, and not yet its future
        outer = self._leaders.get(me)       # where this one comes while that is unpickled
        try:
            self._leaders[me] = worker, turn
            for _ in range(_TRIES):
                if self._polling:
                    break
                time.sleep(0)       # lets it come to that
            fd = self._begin_turn(worker, future, turn)
            if fd is not None:
                poll = self._new_poll()
                poll.register(fd, select.POLLIN)        # even if all ends just now, and it is closed
                if not self._spin(poll.poll):
                    self._sleep(poll, seconds)
                if self._pid != os.getpid():        # what a signal's handler has forked
                    return
                if self._end_turn(worker, turn):
                    self._wake()
                if turn:
                    self._settle_turn(turn)
        except:     # noqa: E722 (2.7 can raise what is no BaseException)
            if self._pid == os.getpid():
                self._suspect = True
                if turn:
                    turn[0][0].future._free_lock()      # first: our thread waits for it, and Ctrl-C may come again
                self._free_lock()
                if worker.turn is turn:
                    worker.turn = None
                    self._suspect = True        # our thread may have put it down before it could see to the worker
                self._wake()
                if turn:
                    self._leave_settling(turn, partial(self._settle_again, *turn[0]))
            raise
        finally:
            if outer is not None and outer[1]:
                self._leaders[me] = outer
            else:
                self._leaders.pop(me, None)

    def _sleep(self, poll, seconds):
        """Wait until there is something to read, for so many seconds at most, or up to 3.4 until there is a signal."""
        try:
            poll.poll(seconds * 1000)
        except (OSError, IOError, select.error) as error:
            if not is_interrupted(error):
                raise

    def _give_turn_up(self):
        """Let our thread read in this one's place, whose turn a signal's handler has interrupted; return whether it was so.

        Where that came while this thread has the lock, ours waits for it, and finds the turn ended or given up.
        """
        worker, turn = self._leaders.get(get_ident(), (None, None))
        if turn is None or worker.turn is not turn:
            return False
        worker.turn = None
        self._suspect = True
        self._wake()
        return True

    @locked
    def _begin_turn(self, worker, future, turn):
        """Keep the worker's results from our thread; return the descriptor to read, or None where that cannot be."""
        if not self._polling or self._death is not None or self._max_tasks is not None or self._poller.lend is None:
            return None
        if worker.turn is not None or worker.leaving or worker.buried:
            return None
        if worker.channel.inbox or not worker.channel.between_frames():
            return None
        if len(worker.calls) != 1 or worker.calls[0].future is not future:
            return None
        fd = worker.channel.fileno()
        try:
            in_one_step(partial(setattr, worker, 'turn', turn), partial(self._poller.lend, fd))
        except (OSError, IOError) as error:
            if error.errno != errno.ENOENT:
                raise
            worker.turn = None      # a turn on it was cut short, which our thread is about to see to
            return None
        return fd

    @locked
    def _end_turn(self, worker, turn):
        """Read what is there and give the worker back to our thread; return whether to wake it."""
        if worker.turn is not turn:     # it took the worker back
            return False
        channel = worker.channel
        channel.catch()
        kind, number, seconds, body = channel.caught() or (None, None, None, None)
        steps = [partial(setattr, worker, 'turn', None), partial(self._poller.take_back, channel.fileno(), select.POLLIN)]
        if worker.calls and worker.calls[0].number == number:
            in_one_step(partial(turn.append, (worker.calls[0], kind, body)),
                        partial(self._settling.__setitem__, id(turn), turn),
                        partial(worker.calls.popleft), partial(channel.inbox.clear), *steps)
            self._count(worker, turn, (seconds,))
            if not worker.calls:
                self._idle.append(worker)
        else:
            if channel.inbox:
                self._unread.append(worker)
            in_one_step(*steps)
        return bool(channel.inbox or self._pending or self._queued or self._closing)

    def _settle_turn(self, turn):
        (call, kind, body), future = turn[0], turn[0][0].future
        kind, value = self._outcome(call, kind, body)
        if kind == channels.RESULT and future._settle(value):
            in_one_step(partial(turn.pop), partial(self._settling.pop, id(turn), None))
            if self._closing:
                self._wake()
        else:
            method = future.set_result if kind == channels.RESULT else future.set_exception
            self._leave_settling(turn, partial(set_future, method, value))

    def _leave_settling(self, turn, function):
        """Have our thread call the function, which settles what the caller has read."""
        in_one_step(partial(self._leftover.append, function), partial(turn.pop),
                    partial(self._settling.pop, id(turn), None))
        self._wake()
        if self._ended:         # just then
            self._see_to_leftover()

    def _settle_again(self, call, kind, body):
        """Settle a call whose caller was cut short as it did so."""
        future = call.future
        self._settle([(call, kind, body)])
        future._tell_again()

    def _see_to_leftover(self):
        while self._leftover:
            try:
                function = self._leftover.popleft()
            except IndexError:      # another thread, as all ends
                return
            function()

    @locked
    def _heed_turns(self, readable, overdue):
        """Return the workers to read from: the ``readable``, and those that callers left something of, but for turns."""
        self._polling = False
        if overdue:         # nobody takes so long, but who was interrupted time and again
            for worker in self._workers:
                if worker.turn is not None and worker.turn is not worker.late_turn:
                    self._looked_at = 0     # again, soon
                else:
                    worker.turn = None
                    self._poller.reclaim(worker)
                worker.late_turn = worker.turn
            led = [id(turn) for _, turn in list(self._leaders.values())]
            for turn in self._late_settling:
                if self._settling.get(id(turn)) is turn and id(turn) not in led:
                    del self._settling[id(turn)]
                    self._leftover.extend(partial(self._settle_again, *read) for read in turn)
                    self._wake()
            self._late_settling = list(self._settling.values())
            self._unread.extend(self._workers)
        while self._unread:
            worker = self._unread.popleft()
            if worker.channel.inbox and not worker.buried and worker not in readable:
                readable.append(worker)
        return [worker for worker in readable if worker.turn is None]
