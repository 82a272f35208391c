"""A caller's turn at reading: whoever waits for a call that is the only one with its worker reads the result itself.

That saves waking the dispatcher's thread and, from there, the caller's. A turn is short: ``_TURN`` at most, then the
dispatcher has the worker's results again and the caller waits as for any future. A caller sees to what is simple, one whole
result that nobody else is to be told of; anything else goes to the dispatcher as it was read.

``_Worker.turn`` says who reads: a list for the caller that has the turn, None for the dispatcher. It changes under the
engine's lock. A caller begins only while the dispatcher waits (``_polling``), which heeds ``turn`` when it wakes: the two
never read at the same time. Ctrl-C may end a turn anywhere. What was read is in the channel's ``inbox`` until it is noted,
then in ``turn`` until the future is set; the dispatcher goes on from there.
"""
from __future__ import absolute_import, division, print_function

import collections
import os
import select
import time
from functools import partial

from six.moves import range

from .._compat.py27.waiting import get_ident, monotonic
from .._compat.py34 import retried
from . import channel as channels
from .calls import set_future
from .locking import locked
from .spinning import Spin
from .steps import in_one_step

_TURN = .01         # seconds
_TRIES = 3          # to find the dispatcher waiting


def lead(worker, future, timeout):
    """Wait for the future in its caller's thread, for a turn at most; return what is left of ``timeout``.

    ``worker`` is a weak reference to the one that has the call: a future keeps nothing alive.
    """
    deadline = None if timeout is None else monotonic() + timeout
    worker = worker()
    if worker is not None:
        worker.engine.take_turn(worker, future, _TURN if timeout is None else max(0, min(timeout, _TURN)))
    return None if deadline is None else max(0, deadline - monotonic())


class Leading(object):
    """What the engine of processes has for callers that read."""

    def __init__(self):
        super(Leading, self).__init__()
        self._polling = False       # our thread waits, and reads nothing
        self._settling = {}         # what callers have read and are about to set the future of: id -> turn
        self._late_settling = ()    # those that did so when our thread looked last
        self._leftover = collections.deque()    # what callers have left to our thread: functions
        self._spin = Spin()

    def take_turn(self, worker, future, seconds):
        """Wait for the future, whose call the worker has, for so many seconds at most."""
        if self._pid != os.getpid() or get_ident() in self._inside:
            return
        turn = []       # the call that ended, and not yet its future
        try:
            for _ in range(_TRIES):
                if self._polling:
                    break
                time.sleep(0)       # lets it come to that
            fd = self._begin_turn(worker, future, turn)
            if fd is not None:
                poll = select.poll()
                poll.register(fd, select.POLLIN)        # even if all ends just now, and it is closed
                if not self._spin(poll.poll):
                    retried(poll.poll, seconds * 1000)
                if self._end_turn(worker, turn):
                    self._wake()
                if turn:
                    self._settle_turn(turn)
        except BaseException:
            self._free_lock()
            if worker.turn is turn:
                worker.turn = None
            self._suspect = True
            self._wake()
            if turn:
                self._leave_settling(turn, partial(self._settle_again, *turn[0]))
            raise

    @locked
    def _begin_turn(self, worker, future, turn):
        """Keep the worker's results from our thread; return the descriptor to read, or None where that cannot be."""
        if not self._polling or self._death is not None or self._max_tasks is not None or self._poller.lend is None:
            return None
        if worker.turn is not None or worker.leaving or worker.buried or not worker.channel.between_frames():
            return None
        if len(worker.calls) != 1 or worker.calls[0].future is not future:
            return None
        fd = worker.channel.fileno()
        try:
            in_one_step(partial(setattr, worker, 'turn', turn), partial(self._poller.lend, fd))
        except (OSError, IOError):      # a turn on it was cut short, which our thread is about to see to
            worker.turn = None
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
        if worker.calls and worker.calls[0].number == number:
            in_one_step(partial(turn.append, (worker.calls[0], kind, body)),
                        partial(self._settling.__setitem__, id(turn), turn),
                        partial(worker.calls.popleft), partial(channel.inbox.clear))
            self._count(worker, turn[0][0], seconds)
            if not worker.calls:
                self._idle.append(worker)
        in_one_step(partial(setattr, worker, 'turn', None),
                    partial(self._poller.take_back, channel.fileno(), select.POLLIN))
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
        self._settle(call, kind, body)
        future._tell_again()

    def _see_to_leftover(self):
        while self._leftover:
            try:
                function = self._leftover.popleft()
            except IndexError:      # another thread, as all ends
                return
            function()

    @locked
    def _heed_turns(self, readable, woken, overdue):
        """Return the workers to read from: the ``readable``, and those that callers left something of, but for turns."""
        self._polling = False
        if overdue:         # nobody takes so long, but who was interrupted time and again
            for worker in self._workers:
                if worker.turn is not None and worker.turn is worker.late_turn:
                    worker.turn = None
                    self._poller.reclaim(worker)
                worker.late_turn = worker.turn
            for key in self._late_settling:
                for read in list(self._settling.pop(key, ())):
                    self._leftover.append(partial(self._settle_again, *read))
                    self._wake()
            self._late_settling = list(self._settling)
        if woken:
            readable = readable + [worker for worker in self._workers if worker.channel.inbox and worker not in readable]
        return [worker for worker in readable if worker.turn is None]
