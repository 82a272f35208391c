"""The parent's side of the engine: who gets which call, what came back, who died."""
from __future__ import absolute_import, division, print_function

import bisect
import collections
import itertools
import os
import pickle
import sys
import threading
import time
import weakref
from functools import partial

from six.moves import map

from .._compat.py27.pickling import Pickling, Pieces, dumps_alone, joined, kept, loads
from .._compat.py27.signals import interrupt_later
from .._compat.py27.steps import in_one_step
from .._compat.py27.waiting import get_ident, perf_counter
from .._compat.py36.processes import kill, terminate
from .._compat.py312 import cpu_count
from .._compat.py38.exits import DAEMON_THREADS
from .._conditions import Latch, wake
from .._errors import (GUARD, KILLED, BrokenProcessPool, Death, RemoteTraceback, explain_loading, explain_pickling,
                       explain_start, in_words, signal_name, without_frames)
from .._futures import Future
from . import channel as channels
from . import exits
from .batches import Batch, Place, singles, take_alike
from .calls import cancel, could_not_set, fail, in_own_thread, log, own_thread, set_future, start, take
from .leading import TURN, Leading, cuts_in, lead
from .locking import is_inside, locked
from .memory import Shared
from .slots import failed
from .worker import explain_returned, main, unpack_error

_AHEAD_SECONDS = .001       # how much work a busy worker is kept supplied with
LOOK_SECONDS = 2            # how often to look whether busy workers live, should no descriptor tell
_STILL_SECONDS = .004       # how long a worker may end no short call before it stands still: it may be kept from running
_SHORT = .00005             # seconds: to wake a worker takes longer than a call of less
_NAP = .0001                # seconds for which results of short calls are left to gather, and it takes half as long to wake
_LATE = 32                  # short calls that say how long one takes: those before them would count for a hundredth
_FEW = 64                   # results, which cost less than it takes to look for them
_BETWEEN = .000002          # seconds from one short call of a worker to the next
_KEPT_BYTES = 1 << 29       # of memory for big arguments and results, at most, while it is not used, of all workers
_GRACE_SECONDS = 1          # how long a worker that was told to end may take before it is killed


#: How long a pickled scalar is, by the byte that follows the two of the protocol.
_SCALARS = dict((pickled[2:3], len(pickled)) for pickled in [
    pickle.dumps(value, 2) for value in (None, False, True, 1, 1000, 1 << 20, .5)])


class _Worker(object):
    """The parent's picture of a worker process."""

    def __init__(self, engine, process, channel):
        self.engine = engine
        self.process = process
        self.channel = channel
        #: ``lead(future, timeout)``, if any, waits for a call of the worker in its caller's thread. With one processor such
        #: a caller loses that to busy threads more often than one that sleeps: 1,000 calls a second for 7,000 (3.9).
        self.lead = partial(lead, weakref.ref(self)) if channel.lends and engine.cpus > 1 else None
        self.turn = None            # of a caller to read its results: see ``leading``
        self.late_turn = None       # the one that there was when our thread looked last
        self.ready = False          # it said so
        self.reserved = 0           # how many calls a thread is about to send it
        self.calls = collections.deque()    # sent, without a result yet, in order; a Batch is one of them
        self.more = 0               # how many more those of batches are
        self.number = 0             # of the next call
        self.done = 0               # calls that have ended
        self.late_done = None       # and as of a late look, if it had calls then
        self.still = None           # how many had ended when it was found to end none for a while
        self.init_error = None      # what its initializer raised
        self.leaving = False        # it was told to end
        self.killed = False         # by us
        self.buried = False         # its results have ended, and nothing reads them any more


class Engine(Leading, exits.Served):
    """A pool of worker processes, and the thread that serves them."""

    _error_type = BrokenProcessPool
    _story = 'A process in the process pool was terminated abruptly while the future was running or pending: '
    _explain = staticmethod(explain_returned)     # sees to results that cannot be pickled, in the worker
    _least_ahead = 1        # how many calls a worker may have, however long they take: what is sent cannot be cancelled

    def __init__(self, max_workers, context, initializer, initargs, max_tasks):
        super(Engine, self).__init__()
        self._max_workers = max_workers
        self._context = context
        self._initializer = initializer
        self._initargs = initargs
        self._max_tasks = max_tasks
        self._grows = context.get_start_method() != 'fork'      # forking is safe only before our thread runs
        self._channel_type, self._poller_type = channels.choose()
        self._ahead = self._channel_type.ahead      # how many calls may be sent ahead to a worker
        self._lock = threading.Lock()
        self._holder = None         # the thread that took the lock last
        self._inside = set()        # threads in a method that is _locked
        self._pending = collections.deque()     # calls that no worker has
        self._workers = []          # those that take calls
        self._idle = collections.deque()        # of those, the ones that may have nothing to do: see _take_idle
        self._newcomers = []        # started, and not yet known to the poller
        self._leavers = []          # told to end, and not yet gone
        self._departed = []         # dead and out of ``_workers``, while a thread is about to send them a call
        self._queued = 0            # calls sent ahead to busy workers
        self._stalled_at = 0        # when it was looked last whether workers with short calls stand still
        self._moving = 0            # how many did not, which is to be looked at soon
        self._standing = 0          # how many did
        self._holds = False         # as many move as are to: calls wait, though workers have nothing to do
        self._stuck = collections.deque()       # workers whose pipe did not take all, for our thread to watch
        self._naps = False          # few results came, of calls that travel together
        self._pace = None           # seconds that a call takes, by late experience
        self.cpus = cpu_count() or 2
        self._failed_starts = 0     # workers in a row that did not get as far as to be ready
        self._launched = False
        self._dismissed = False     # the workers were told to end, and no other is taken in
        self._cancelling = False
        self._suspect = False       # an exception cut a step of a caller's short: look everything over
        self._stop = terminate      # how the workers of a broken pool are ended
        self._ended = False         # nothing looks at ``_pending`` any more
        self._quiet = False         # nothing came while our thread waited last
        self._dozing = False        # it waits, and will not look at the workers by itself
        self._looked_at = 0         # when it did so last, or 0 where it is to do so soon
        self._poller = None
        self._thread = None
        self._finished = Latch()
        #: The processes by pid, for those who look into an executor.
        self.processes = {}

    # -- called from any thread --------------------------------------------------------------------------------

    def abandon(self):
        """Finish what there is and end. Takes no lock: it is called at any instruction of any thread."""
        self._closing = True
        self._wake()

    def submit(self, call):
        """Send the call to an idle worker, or let it wait for one."""
        if self._pid != os.getpid():
            self.check_process()
        if self._leaders:
            self._give_turn_up()
        busy = len(self._workers) >= self._max_workers and (
            not self._idle or self._lock.locked() or self._is_crowded())
        if busy or self._inside and is_inside(self):
            self._leave((call,))
            return
        choice = []
        try:
            missing, unseen = self._accept(call, choice)
            for worker in list(choice):
                self._send(worker, call, choice)
                call.future._lead = worker.lead
            if missing > 0:
                self._start_workers(1)
            if unseen:
                self._wake()
        except BaseException as error:
            if not isinstance(error, Exception) or cuts_in(error, sys.exc_info()[2]):
                self._mend(choice)
            raise

    def submit_all(self, calls):
        """As ``submit``, for many calls; after the first, which sees to the workers, they are left to our thread at once."""
        self._give_turn_up()
        if not self._launched or len(calls) == 1:
            self.submit(calls[0])
            calls = calls[1:]
        if calls:
            self.check_process()
            self._leave(calls)

    def submit_batch(self, batch):
        """As ``submit_all``, for a Batch."""
        self._give_turn_up()
        if not self._launched:
            self.submit(*batch.cut(1).calls())
        self.check_process()
        self._leave((batch,))

    def _leave(self, calls):
        """Leave the calls to our thread. Takes no lock: this thread may have it, in what a signal's handler or the collector
        interrupted; and where all workers are busy, or another thread has it, to take it would take longer than to go on.

        While all are busy, our thread will look at what waits by itself.
        """
        self.check_open()
        try:
            self._pending.extend(calls)
        finally:
            if self._is_unseen() or len(self._workers) < self._max_workers:
                self._wake()
        if self._ended:         # just then; if it came too late to be seen, it is still there
            for late in self._drop_pending():
                fail(late, self._refusal())

    def _mend(self, choice):
        """Put in order what Ctrl-C left behind as this thread submitted a call."""
        self._free_lock()
        for worker in choice:
            worker.reserved = 0
        self._suspect = True
        self._wake()
        with channels.starting():
            if self._thread is None:
                self._fall(Death('The process pool was interrupted while it was started.'))
                self._end()

    def _free_lock(self):
        """Give back the lock if Ctrl-C kept this thread from it: up to 3.9 it can come as a ``with`` block has ended.

        Then the lock stays taken, and no other thread gets as far as to note that it has it.
        """
        for _ in range(100):
            if self._holder != get_ident() or not self._lock.locked():
                return
            time.sleep(.001)
        self._lock.release()

    @locked
    def _accept(self, call, choice):
        """Put the worker that is to have the call into ``choice``, or the call among those that wait.

        Returns how many workers are missing, and whether our thread has to be woken.
        """
        self.check_open()
        if not (self._pending or self._channel_type.blocks or self._is_crowded()):
            self._take_idle(choice)
        if choice:
            return 0, False
        self._pending.append(call)
        return self._missing_workers(), self._is_unseen()

    def close(self, cancel=False):
        """Take no more calls, and end when those that there are have ended; cancel those that have not started."""
        self.check_process()
        self._cancelling = self._cancelling or cancel       # by our own thread, which no signal interrupts
        self._closing = True
        if not self._launched and not self._pending:
            self._finished.set()
        self._wake()

    def join(self):
        """Wait until all has ended: calls, workers and the thread."""
        if self._thread is threading.current_thread():
            return
        self._give_turn_up()
        self._finished.wait()
        if self._thread is not None:
            self._thread.join()

    def broken(self):
        """Return what broke the pool, as text, or False."""
        return self._death is not None and str(self._death.error(self._error_type))

    def stop_workers(self, stop):
        """Call ``stop(process)`` for every worker, and cancel what has not started."""
        processes = list(self.processes.values()) + [worker.process for worker in self._leavers]
        self._stop = stop       # should our own thread come to the last workers first
        self.close(cancel=True)
        for process in processes:
            _try_to(stop, process)

    # -- shared by the callers' threads and ours ----------------------------------------------------------------

    def _refusal(self):
        if self._death is not None:
            return self._death.error(self._error_type)
        return super(Engine, self)._refusal()

    def _take_idle(self, choice):
        """Reserve a worker that has nothing to do and put it into ``choice``, if there is one. Under the lock.

        An exception between two steps here leaves the worker out of ``_idle``, to which ``_look_over`` returns it.
        """
        while self._idle and not choice:
            worker = self._idle.pop()
            if _is_idle(worker):
                choice.append(worker)
                worker.reserved = 1

    def _missing_workers(self):
        """Return how many workers could be started for the calls that wait, also behind others. Under the lock."""
        if not self._launched:
            return self._max_workers
        room = self._max_workers - len(self._workers)
        if not self._grows or not room or self._death is not None:
            return 0
        free = sum(not worker.ready or _is_idle(worker) for worker in self._workers)
        moving = sum(max(0, worker.reserved - (not worker.calls)) for worker in self._workers)
        return min(self._waiting() + self._queued + moving - free, room)

    def _send(self, worker, call, choice):
        """As ``_dispatch``, of a new call to a worker that has none."""
        packed, frames = (), ()
        kind, payload = self._place(worker, call, channels.CALL) if self._pack(call, Pickling()) else (None, None)
        if payload:
            call.number, call.queued = worker.number, False
            worker.number += 1
            packed, frames = (call,), (worker.channel.entries(((kind, call.number, payload, 1),)), ())
        self._deliver(worker, packed, frames, (), choice)

    def _dispatch(self, worker, calls, choice):
        """Pickle the calls and send them to ``worker``, which is reserved for this thread; what is too much goes back.

        The worker leaves ``choice`` when it is no longer reserved.
        """
        pickling = Pickling()
        packed, parcels, size = [], [], 0       # a parcel: calls, the kind of their frame, and they pickled
        most = worker.channel.ahead_bytes
        busy = bool(worker.calls)       # it may run out of calls meanwhile, but it gets none from others
        alone = len(calls) == 1
        while calls:
            if type(calls[0]) is Batch:
                alike = [calls.popleft()]
            else:
                alike = () if alone or not (busy or packed) else take_alike(calls, most - size)
            if alike:
                kind, payload = channels.TOGETHER, self._pack_together(alike)
                if payload is None:
                    calls.extendleft(reversed(singles(alike)))
                    alone = True        # each will say by itself what is wrong
            else:
                call = calls.popleft()
                if call.payload is None and not self._pack(call, pickling):
                    continue
                kind, payload, alike = channels.QUEUED if busy or packed else channels.CALL, call.payload, [call]
                if size + len(payload) > most and (busy or packed):
                    call.payload = kept(payload)        # what it has of the caller's own memory may change meanwhile
                    calls.appendleft(call)
                    break
                kind, payload = self._place(worker, call, kind)
            if payload:
                size += len(payload)
                packed += alike
                parcels.append((alike, kind, payload))
        self._deliver(worker, packed, self._frames(worker, busy, parcels), calls, choice)

    def _deliver(self, worker, packed, frames, rest, choice):
        """Send the calls ``packed`` in their ``frames``; the ``rest`` is what is too much. All fail in a dead pool."""
        unseen = self._hand_over(worker, packed, frames, rest, choice)
        if self._death is not None:
            for call in singles(itertools.chain(packed, rest)):
                fail(call, self._death.error(self._error_type))
        elif worker.channel.blocks:
            worker.channel.flush()
        if unseen:
            self._wake()

    @locked
    def _hand_over(self, worker, packed, frames, rest, choice):
        """Send the calls ``packed`` to the worker, and let the ``rest`` wait; return whether to wake our thread."""
        if self._death is None:
            self._pending.extendleft(reversed(rest))
        if worker.buried and self._death is None:       # just now, and another will take its place
            self._pending.extendleft(reversed(packed))
            for call in packed:
                call.payload = kept(call.payload)       # as above
        elif self._death is None:
            if packed:
                unsent, ahead = frames
                if ahead:
                    worker.channel.claims.offer(ahead)
                    self._queued += len(ahead)
                worker.more += len(ahead) + (not packed[0].queued) - len(packed)
                in_one_step(partial(worker.calls.extend, packed), partial(worker.channel.unsent.extend, unsent))
                if not packed[0].queued:        # nobody takes it back
                    packed[0].payload = None
                if not worker.channel.blocks:   # one that may is flushed by the caller, outside the lock
                    worker.channel.flush()
                    if worker.channel.unsent:
                        self._stuck.append(worker)
            elif not worker.calls:
                self._idle.append(worker)
        worker.reserved = 0
        del choice[:]
        return self._dozing or self._stuck or worker.buried or (
            not packed and (self._pending or self._queued or self._closing))

    def _pack(self, call, pickling):
        """Pickle the call; return whether it is still to be run. User code runs here: no lock is held."""
        if not (call.running or start(call)):
            return False
        try:
            call.payload = pickling.dumps_call(call.fn, call.args, call.kwargs)
            return True
        except BaseException as error:
            if not isinstance(error, Exception) and not in_own_thread():
                raise       # Ctrl-C while the caller pickles: the caller has no future yet
            set_future(call.future.set_exception, explain_pickling(without_frames(error, 2)))
            return False

    def _place(self, worker, call, kind):
        """Return the kind and the body of the call's frame, None where there is no memory for that: the call has failed."""
        if type(call.payload) is not Pieces:
            return kind, call.payload
        try:
            return worker.channel.place(call.payload)
        except BaseException as error:
            if not isinstance(error, Exception) and not in_own_thread():
                raise       # as above
            set_future(call.future.set_exception, without_frames(error, 1))
            return kind, None

    def _pack_together(self, calls):
        """Return the calls pickled together, and keep those in the list that are to be run; None where it cannot be done."""
        if type(calls[0]) is Batch:
            star, items = calls[0].star, calls[0].items
            if calls[0].results.abandoned:
                del calls[:]
        else:
            calls[:] = [call for call in calls if call.running or start(call)]
            star, items = True, [call.args for call in calls]
        try:
            return joined(dumps_alone((calls[0].fn, star, items))) if calls else b''
        except Exception:
            return None

    def _frames(self, worker, busy, parcels):
        """Number the calls; return what is to be written for them, and the numbers of those that are sent ahead."""
        frames, number = [], worker.number
        for calls, kind, payload in parcels:
            first = number
            for call in calls:
                call.number = number
                call.queued = True
                number += call.count
            frames.append((kind, first, payload, number - first))
        ahead = list(range(worker.number, number))
        if parcels and not busy and parcels[0][1] != channels.TOGETHER:
            parcels[0][0][0].queued = False
            del ahead[0]
        worker.number = number
        return worker.channel.entries(frames), ahead

    def _wake(self):
        poller = self._poller
        if poller is not None:
            poller.wake()

    def _start_workers(self, count):
        """Start workers: under ``fork`` all of them, before the thread; else up to ``count`` that are missing."""
        error = None
        with channels.starting(), channels.beside_standard():
            if self._death is not None:     # interrupted, in another thread
                self._fall(self._death)
                return
            first, self._launched = not self._launched, True
            if not self._grows:
                count = self._max_workers if first else 0
            elif not first:
                count = min(count, self._missing_workers())     # another thread may have been here
            try:
                for _ in range(count):
                    self._start_worker()
            except Exception as reason:     # no memory, no process, no descriptor, initargs that cannot be pickled
                error = explain_start(reason, self._context.get_start_method())
            if first:
                try:
                    self._launch_thread()
                except Exception as reason:
                    error = error or reason
        if error is not None:
            self._could_not_start(error)
            if self._thread is None:
                self._end()
        self._wake()

    def _could_not_start(self, error):
        self._fall(Death('A process of the process pool could not be started: ' + in_words(error), cause=error))

    def _start_worker(self):
        worker, channel = None, self._channel_type(self._context, _KEPT_BYTES // (2 * self._max_workers))
        try:
            forking = self._context.get_start_method() == 'fork'
            with interrupt_later(forking) as blocked:
                process = self._context.Process(target=main, args=(
                    channel.worker_end, self._explain, self._initializer, self._initargs, forking, blocked))
                channel.handing_over(True)
                try:
                    process.start()
                finally:
                    channel.handing_over(False)
                channel.worker_end = None
                worker = _Worker(self, process, channel)
                if not self._welcome(worker):
                    channel.close()
                    _try_to(kill, process)
                    _try_to(process.join)
        except BaseException:
            if worker not in self._workers:
                channel.close()
            raise

    @locked
    def _welcome(self, worker):
        """Take the worker in, and return True; False where all has ended meanwhile."""
        if self._dismissed:
            return False
        self._ahead = min(self._ahead, worker.channel.ahead)
        in_one_step(partial(self.processes.__setitem__, worker.process.pid, worker.process),
                    partial(self._workers.append, worker), partial(self._newcomers.append, worker))
        return True

    def _launch_thread(self):
        self._poller = self._poller_type(self._context)
        ticket = [None]         # whoever takes it decides: the thread that it runs, or this one that it never will
        thread = own_thread(target=self._run, args=(ticket,), name='poolcompat-dispatcher')
        thread.daemon = DAEMON_THREADS
        try:
            self._thread = thread
            exits.begin(self, thread)   # first: this process may exit before the thread has got going
            thread.start()
        except BaseException:
            if take(ticket):
                self._thread = None
            raise

    # -- our own thread ------------------------------------------------------------------------------------------

    def _run(self, ticket):
        if not take(ticket):
            return
        try:
            self._look_over()
            while not self._is_over():
                self._turn()
        except:     # noqa: E722 (a mistake of ours must not leave anybody waiting; 2.7 can raise what is no BaseException)
            error = sys.exc_info()[1]
            log.critical('the process pool failed', exc_info=True)
            self._fall(Death('The process pool failed: ' + in_words(error), cause=error))
        finally:
            self._end()

    def _turn(self):
        """Wait for something to happen, and see to it."""
        if self._naps and self._all_have_plenty():
            time.sleep(_NAP)
        readable, writable = self._poller.poll(self._patience())
        self._quiet = not readable and not writable
        looked_at, woken = self._looked_at, None in readable
        if woken:
            self._poller.drain()
            self._look_over()
        if self._cancelling:
            self._cancel_pending()
        dead = self._find_dead()
        readable = dead + [worker for worker in readable if worker not in dead and worker is not None]
        arrived, ended = [], []
        for worker in self._heed_turns(readable, self._looked_at != looked_at):
            try:
                arrived.append((worker, worker.channel.receive()))
                alive = worker not in dead
            except EOFError:
                alive = False
            if not alive:
                ended.append(worker)
        for worker in writable:
            self._flush(worker)
            self._poller.watch_writing(worker, bool(worker.channel.unsent))
        done = []
        try:
            self._note(arrived, done)
            self._refill()
        finally:
            self._settle(done)
        for worker in ended:
            self._bury(worker)

    def _all_have_plenty(self):
        """Return whether some workers are busy, and none of them will be out of calls after a nap."""
        busy = [worker for worker in self._workers if worker.calls]
        return bool(busy) and min(map(_load, busy)) * (self._pace + _BETWEEN) > 3 * _NAP

    @locked
    def _flush(self, worker):
        """Write what the worker's pipe takes. A caller may be about to do so."""
        worker.channel.flush()

    def _settle(self, done):
        """Set the futures of the calls that ended, ``(call, kind, body)`` of each, to what came back.

        Those of a Batch come together, with their frames. Threads that wait are woken once all are set, or before something
        of the user's may run, which may wait for them: whoever wakes takes the interpreter's lock, on 2.7 at once.
        """
        waiters = collections.deque()
        try:
            for call, kind, body in done:
                future = call.future
                if waiters and not _is_scalar(body):
                    wake(waiters)
                if future is None:
                    set_future(call.results.put, call.at, self._values(call, body))
                    continue
                kind, value = self._outcome(call, kind, body)
                if kind == channels.RESULT and type(future) is Future and future._set_quietly(value, waiters):
                    continue
                wake(waiters)       # before there may be a callback
                try:
                    (future.set_result if kind == channels.RESULT else future.set_exception)(value)
                except BaseException as error:
                    could_not_set(error)
        finally:
            wake(waiters)

    def _values(self, batch, frames):
        """Return what the calls of the Batch returned, or a slot with its error in the place of each that did not."""
        values, bodies = [], [frame[3] for frame in frames]
        if [frame[0] for frame in frames].count(channels.RESULT) == len(frames) and Shared not in map(type, bodies):
            try:
                values.extend(map(loads, bodies))       # keeps what came before an error or a StopIteration
            except:     # noqa: E722 (2.7 can raise what is no BaseException; below it is raised again, and explained)
                pass
        for kind, _, _, body in frames[len(values):]:
            kind, value = self._outcome(batch, kind, body)
            values.append(value if kind == channels.RESULT else failed(value))
        return values

    def _outcome(self, call, kind, body):
        """Return what came back: RESULT and what the call returned, or another kind and an exception."""
        try:
            if kind == channels.RESULT:
                value = body.load() if type(body) is Shared else loads(body)
            else:
                value = _unpack(body)
            if kind == channels.LOAD_ERROR:
                value = self._unpickled_badly(call, 'the worker could not unpickle the call', value)
            return kind, value
        except:     # noqa: E722 (2.7 can raise what is no BaseException)
            return self._could_not_load(call, kind)

    def _could_not_load(self, call, kind):
        """Return ERROR and the error of a call of which could not be unpickled what came back. In an ``except``."""
        error, traceback = sys.exc_info()[1:]
        if not in_own_thread() and cuts_in(error, traceback):
            raise
        traceback = None
        where = 'what the call returned' if kind == channels.RESULT else 'the exception that the call raised'
        return channels.ERROR, self._unpickled_badly(call, where + ' could not be unpickled', without_frames(error, 1))

    def _unpickled_badly(self, call, where, cause):
        """Return the error of a call that could not be unpickled, or what came of it."""
        cause = explain_loading(cause, where, self._context.get_start_method())
        error = BrokenProcessPool('%s: %s: %s' % (call, where, in_words(cause)))
        error.__cause__ = cause
        error.call = str(call)
        return error

    @locked
    def _patience(self):
        """Return after how many seconds to look at the workers, or None where it does not matter.

        Then a call must wake this thread, so that is put off until it has been quiet for a while.
        """
        self._polling = True
        self._dozing = self._quiet      # first: whoever adds to ``_pending`` looks at it after that
        self._dozing = self._quiet and not (self._pending or self._settling) and not any(
            worker.calls or worker.turn is not None or worker.channel.memory and worker.channel.memory.used
            for worker in self._workers)
        if self._pending and self._idle and not self._holds:        # came since we looked
            return 0
        if self._moving:
            return _STILL_SECONDS
        return None if self._dozing else LOOK_SECONDS if self._looked_at else TURN

    def _find_dead(self):
        """Return the workers that have died, every now and then: the end of the pipe tells sooner, if nobody has it open."""
        now = perf_counter()
        if self._looked_at and 0 <= now - self._looked_at < LOOK_SECONDS:       # 2.7's clock may step
            return []
        self._looked_at = now
        self._rest()
        return [worker for worker in self._workers + self._leavers
                if not worker.buried and not _try_to(worker.process.is_alive)]

    @locked
    def _rest(self):
        """Keep no memory for workers that have nothing to do, and forget none of them."""
        self._find_idle()
        for worker in self._workers:
            if worker.channel.memory and _is_idle(worker):
                worker.channel.memory.rest()

    @locked
    def _is_over(self):
        if self._death is not None:
            return True
        return self._closing and not (self._pending or self._settling or self._leftover) and not any(
            worker.calls or worker.reserved for worker in self._workers + self._departed)

    def _look_over(self):
        """Do what other threads leave to this one when they wake it."""
        newcomers, stuck = self._news()
        for worker in newcomers:
            self._poller.add(worker)
        for worker in stuck:
            self._poller.watch_writing(worker, True)
        self._see_to_leftover()

    @locked
    def _news(self):
        """Return the workers that are new, and those whose pipe did not take all; find idle ones that were lost."""
        newcomers, self._newcomers = self._newcomers, []
        stuck, self._stuck = self._stuck, collections.deque()
        if self._suspect:
            self._suspect = False
            stuck = self._workers
            self._unread.extend(self._workers)
            for worker in self._workers:
                if worker.turn is None:
                    self._poller.reclaim(worker)
            self._find_idle()
        return newcomers, [worker for worker in stuck if worker.channel.unsent and not worker.buried]

    def _find_idle(self):
        """Return to ``_idle`` what an exception lost as a caller took it. Under the lock."""
        self._idle.extend([worker for worker in self._workers if _is_idle(worker) and worker not in self._idle])

    def _cancel_pending(self):
        """Cancel the calls that wait, but for those that a worker is being started for."""
        self._cancelling = False
        calls = self._recall() + self._drop_pending()
        for call in calls:      # one that has a place can be cancelled again, also where it was sent and taken back before
            call.running = call.running and type(call.future) is not Place
        starting = sum(not worker.ready for worker in self._workers)
        self._pending.extend(calls[:starting])
        for call in calls[starting:]:
            if not cancel(call):
                self._pending.append(call)      # was with a worker for a moment, and cannot be cancelled

    @locked
    def _recall(self):
        """Return the calls that workers have and have not started, each alone: they no longer will."""
        calls = []
        for worker in self._workers if self._queued else ():
            calls += singles(self._take_from(worker, channels.MOST))
        self._find_idle()
        return calls

    def _take_from(self, worker, most):
        """Return up to ``most`` calls that the worker has and has not started: it no longer will. Under the lock."""
        calls = _part(worker, worker.channel.claims.take_back(most))
        self._count_out(calls)
        return calls

    def _count_out(self, calls):
        """Count the calls no more among those that were sent ahead. Under the lock."""
        for call in calls:
            self._queued -= call.queued * call.count
            call.queued = False

    def _drop_pending(self):
        """Return the calls that wait, each alone, which now are the caller's. Other threads may add to them meanwhile."""
        calls = []
        try:
            while True:
                calls.append(self._pending.popleft())
        except IndexError:
            return singles(calls)

    @locked
    def _note(self, arrived, done):
        """Note what the frames say of the workers; add ``(call, kind, body)`` of the calls that ended to ``done``."""
        together = 0
        if self._death is not None:     # another thread could not start a worker: the calls have failed already
            return
        for worker, frames in arrived:
            first, took = len(done), []
            frames = iter(frames)
            for frame in frames:
                kind, number, seconds, body = frame
                if kind == channels.READY:
                    worker.ready = True
                    self._failed_starts = 0
                    continue
                if kind == channels.INIT_ERROR:
                    worker.init_error = body
                    continue
                call = worker.calls[0]
                if call.number != number:
                    raise RuntimeError('call %d ended, not %d' % (number, call.number))
                if type(call) is Batch:
                    some = [frame]
                    some += itertools.islice(frames, call.count - 1)
                    done.append((self._end_some(worker, some), None, some))
                    took += [seconds for _, _, seconds, _ in some]
                    together += len(some)
                    continue
                worker.calls.popleft()
                if kind == channels.SHARED_RESULT:
                    kind, body = channels.RESULT, worker.channel.memory.result(body)
                done.append((call, kind, body))
                took.append(seconds)
            self._count(worker, done[first:], took)
            if _is_idle(worker):
                if worker.done == self._max_tasks:
                    self._retire(worker)
                    self.processes.pop(worker.process.pid, None)
                else:
                    self._idle.append(worker)
        self._naps = 0 < together < _FEW

    def _end_some(self, worker, frames):
        """Take the calls that the frames say ended from the Batch in front, and return them. Under the lock."""
        batch, count = worker.calls[0], len(frames)
        if frames[-1][1] != batch.number + count - 1:
            raise RuntimeError('call %d ended, not %d' % (frames[-1][1], batch.number + count - 1))
        if channels.SHARED_RESULT in [frame[0] for frame in frames]:
            for at, (kind, number, seconds, body) in enumerate(frames):
                if kind == channels.SHARED_RESULT:
                    frames[at] = channels.RESULT, number, seconds, worker.channel.memory.result(body)
        ended = batch.cut(count)
        if not batch.count:
            worker.calls.popleft()
            count -= 1
        worker.more -= count
        return ended

    def _count(self, worker, ended, seconds):
        """Note that the worker ended the calls, ``(call, kind, body)`` of each, and how long each took. Under the lock."""
        for call, _, _ in ended:
            self._queued -= call.queued * call.count
            worker.done += call.count
            call.payload = None
        if len(seconds) > _LATE and max(seconds) < _SHORT:
            seconds = seconds[-_LATE:]
        pace = self._pace
        for took in seconds:
            mean = took if pace is None else (7 * pace + took) / 8
            pace = took if took > mean else mean
        self._pace = pace

    def _retire(self, worker):
        """Tell the worker to end, without waiting until it did. Under the lock."""
        worker.leaving = True
        worker.turn = None
        self._workers.remove(worker)
        self._leavers.append(worker)
        worker.channel.unsent.extend(worker.channel.entries([(channels.EXIT, 0, b'', 0)]))
        worker.channel.flush()

    def _refill(self):
        """Supply the workers with calls, for as long as there is a worker and a call for it."""
        while True:
            plan, missing = self._plan()
            if missing > 0:
                self._start_workers(missing)
                self._look_over()
            if not plan:
                return
            taken = [call for _, calls in plan for call in calls]
            try:
                for worker, calls in plan:
                    self._dispatch(worker, calls, [])
            except BaseException:       # a mistake of ours: all ends, and they have to be told
                self._pending.extend(taken)
                raise

    def _is_crowded(self):
        """Return whether so many workers run short calls that our thread does better to send several at once."""
        busy = len(self._workers) - len(self._idle)     # at least: some may be in there twice, or have calls
        return busy - self._standing >= self.cpus and self._has_short_calls()

    def _is_unseen(self):
        """Return whether our thread waits, and will not look soon at a call though there may be a worker for it."""
        return self._polling and (self._dozing or bool(self._idle) and not self._holds)

    def _has_short_calls(self):
        """Return whether to wake a worker takes longer than a call, by late experience."""
        return self._pace is not None and self._pace < _SHORT

    @locked
    def _plan(self):
        """Reserve workers for the calls that wait; return pairs of both, and how many workers are missing."""
        self._forget_abandoned()
        plan, crew, waiting = [], max(1, len(self._workers)), self._waiting()
        self._moving, self._holds, spare, slow = 0, False, len(self._idle), ()
        if not self._has_short_calls():
            slow = () if waiting else self._workers
        elif waiting or self._queued:
            crew = min(crew, self.cpus)         # to wake more than can run takes longer
            slow = self._find_still()
            if crew < len(self._workers) and self._ahead:
                may_begin = crew + len(slow) - self._moving     # each that stands still lets another begin
                self._holds = may_begin <= 0
                spare = may_begin if waiting else spare
        self._take_back(slow)
        if not self._pending:
            return plan, self._missing_workers()
        share = waiting // crew if waiting else -(-self._waiting() // max(1, spare))
        most = max(self._least_ahead, int(_AHEAD_SECONDS / max(self._pace or 1, 1e-6)))
        most = max(1, min(self._ahead, most))
        too_big = len(self._pending[0].payload or b'') > self._channel_type.ahead_bytes
        for worker in self._takers(len(self._idle) if too_big else spare, 0 if too_big else most // 2):
            have = _load(worker)
            room = most - have if have else most - self._least_ahead + 1        # what is least ahead can come after that
            room = min(max(1, room), max(1, share))
            if self._max_tasks is not None:
                room = min(room, self._max_tasks - worker.done - have)
            if room > 0:
                calls, worker.reserved = self._draw(room)
                plan.append((worker, calls))
            if not self._pending:
                break
        return plan, self._missing_workers()

    def _forget_abandoned(self):
        """Forget what nobody wants any more. Under the lock."""
        while self._pending and _is_abandoned(self._pending[0]):
            self._pending.popleft()
        for worker in self._workers if self._queued else ():
            if worker.calls and worker.calls[-1].queued and _is_abandoned(worker.calls[-1]):
                self._pending.extendleft(reversed([
                    call for call in self._take_from(worker, channels.MOST) if not _is_abandoned(call)]))
                self._find_idle()

    def _waiting(self):
        """Return how many calls wait, at least: of batches only the first is counted. Under the lock."""
        try:
            return len(self._pending) - 1 + self._pending[0].count
        except IndexError:
            return 0

    def _draw(self, most):
        """Take up to ``most`` calls from those that wait; return them, and how many. A Batch is cut. Under the lock."""
        calls, count = collections.deque(), 0
        while self._pending and count < most:
            call = self._pending.popleft()
            if call.count > most - count:
                self._pending.appendleft(call)
                call = call.cut(most - count)
            count += call.count
            calls.extend(call.calls() if type(call) is Batch and call.count == 1 else (call,))
        return calls, count

    def _takers(self, spare, most):
        """Yield the workers that may have calls: ``spare`` with none, then those with up to ``most``. Under the lock."""
        while self._idle and spare > 0:
            worker = self._idle.pop()
            if _is_idle(worker):
                spare -= 1
                yield worker
        if most:
            busy = [worker for worker in self._workers if worker.calls and not worker.reserved]
            for worker in sorted(busy, key=_load):
                if _load(worker) <= most and not _stands_still(worker):
                    yield worker

    def _take_back(self, slow):
        """Let calls wait again that were sent ahead to one of the workers ``slow``, where another may have them.

        Under the lock. Short ones are few enough not to take long together: who ends one after the other is not slow.
        """
        while self._idle and not _is_idle(self._idle[-1]):
            self._idle.pop()
        if not self._queued or not (self._idle or self._moving):
            return
        ahead = [worker for worker in slow if worker.calls and worker.calls[-1].queued]
        for worker in sorted(ahead, key=_load, reverse=True):
            calls = self._take_from(worker, max(1, _load(worker) // 2))
            if not calls:       # it has started all
                self._count_out(worker.calls)
            else:
                self._pending.extendleft(reversed(calls))
                if _is_idle(worker):        # what it was about to start was all that it had
                    worker.still = None
                    self._idle.appendleft(worker)
                return

    def _find_still(self):
        """Return the workers with calls that ended none for a while; note how many there are, and others. Under the lock."""
        now = perf_counter()
        if not 0 <= now - self._stalled_at < _STILL_SECONDS:
            self._stalled_at = now
            for worker in self._workers:
                worker.still = worker.done if worker.done == worker.late_done else None
                worker.late_done = worker.done if worker.calls else None
        busy = [worker for worker in self._workers if worker.calls]
        still = [worker for worker in busy if _stands_still(worker)]
        self._standing, self._moving = len(still), len(busy) - len(still)
        return still

    def _bury(self, worker):
        """See to a worker whose results have ended."""
        if worker.buried:
            return
        self._poller.remove(worker)
        worker.buried = True
        if worker.leaving:
            worker.channel.close()
            self._leavers = [leaver for leaver in self._leavers
                             if not leaver.buried or _try_to(leaver.process.is_alive)]
            return
        process = worker.process
        _try_to(process.join, _GRACE_SECONDS)       # its descriptors are closed a moment before it can be waited for
        if _try_to(process.is_alive):
            worker.killed = True
            _try_to(kill, process)
            _try_to(process.join)
        self._mourn(worker, *self._explain_death(worker))

    def _mourn(self, worker, death, running):
        """See to what was lost with a worker."""
        self._fall(death)

    def _explain_death(self, worker):
        """Return the worker's ``Death``, and the call that it was running, or None."""
        process, cause, running = worker.process, None, None
        if worker.init_error is not None:
            try:
                cause = _unpack(worker.init_error)
                doing = 'because its initializer raised ' + in_words(cause)
            except BaseException as error:
                cause = RemoteTraceback(unpack_error(worker.init_error)[0])
                doing = 'because its initializer raised an exception that cannot be unpickled (%s)' % in_words(error)
        elif not worker.ready:
            doing = 'before it was ready'
            if self._context.get_start_method() != 'fork':
                doing += '. ' + GUARD
        else:
            unclaimed = worker.channel.claims.take_back(channels.MOST) if worker.channel.claims else ()
            running = self._single_out(worker, unclaimed)
            doing = 'while it ran %s' % running if running else 'while it was idle'
        name = signal_name(process.exitcode)
        if name == 'SIGKILL' and not worker.killed and self._stop is terminate:
            doing += '. ' + KILLED
        end = 'was killed by %s (exit code %d)' % (name, process.exitcode) if name else (
            'ended in an unknown way' if process.exitcode is None else 'ended with exit code %d' % process.exitcode)
        return Death('%sprocess %s %s %s.' % (self._story, process.pid, end, doing), cause=cause, pid=process.pid,
                     exitcode=process.exitcode, call=running and str(running)), running

    @locked
    def _single_out(self, worker, unclaimed):
        """Return the call that a dead worker was running, in front of its calls, also where it was in a Batch; or None."""
        call = worker.calls[0] if worker.calls else None
        if call is None or call.number in unclaimed:
            return None
        if type(call) is Batch:
            call, = call.cut(1).calls()
            if not worker.calls[0].count:
                worker.calls.popleft()
            worker.calls.appendleft(call)
        return call

    def _fall(self, death):
        """Break the pool: no call ends well from now on."""
        if self._cancelling:
            self._cancel_pending()
        for call in self._take_all(death):
            fail(call, self._death.error(self._error_type))

    @locked
    def _take_all(self, death):
        if self._death is None:
            self._death = death
        calls = singles(call for worker in self._workers for call in worker.calls)
        calls.extend(self._drop_pending())
        for worker in self._workers:
            worker.calls.clear()
        return calls

    def _end(self):
        """End the workers, wait for them, and free what the engine has."""
        try:
            self._end_workers()
            poller, self._poller = self._poller, None
            if poller is not None:
                poller.close()
            self._idle.clear()
            self._leavers, self.processes = [], {}      # each process has descriptors too
            self._owner = None
            self._ended = True
            self._see_to_leftover()
            for call in self._drop_pending():       # came in just then
                fail(call, self._refusal())
            exits.end(self)
        finally:
            self._finished.set()

    def _end_workers(self):
        workers = self._dismiss()
        for worker in workers:
            if self._death is not None:
                _try_to(self._stop, worker.process)     # first: the end of its pipe says that we have died
            worker.channel.close()
        for worker in workers:
            if self._death is not None:
                _try_to(worker.process.join, _GRACE_SECONDS)
                if _try_to(worker.process.is_alive):
                    _try_to(kill, worker.process)
            _try_to(worker.process.join)

    @locked
    def _dismiss(self):
        """Tell every worker to end, and return them, and those that were told before. No other is taken in."""
        self._dismissed = True
        for worker in list(self._workers):
            self._retire(worker)
        return self._leavers


def _is_scalar(body):
    """Return whether what came back is a number, a truth value or None, by opcode and length: to unpickle it runs nothing.

    Anything else may, if only because the collector comes. Of Python 3's only the smallest are told apart.
    """
    return type(body) is bytes and len(body) == _SCALARS.get(body[2:3])


def _is_idle(worker):
    return not (worker.calls or worker.reserved or worker.leaving or worker.buried) and worker.ready


def _is_abandoned(call):
    """Return whether the call is one of a map, or several, and nobody wants the results any more."""
    results = getattr(call if type(call) is Batch else call.future, 'results', None)
    return results is not None and results.abandoned


def _load(worker):
    """Return how many calls the worker has."""
    return len(worker.calls) + worker.more


def _part(worker, numbers):
    """Take the calls of these numbers, which grow, away from the worker, and return them. Under the lock."""
    parted, kept = [], []
    for call in worker.calls if numbers else ():
        first = bisect.bisect_left(numbers, call.number)
        count = bisect.bisect_left(numbers, call.number + call.count) - first
        if 0 < count < call.count:      # of a Batch, where they follow one another
            kept.append(call.cut(numbers[first] - call.number))
            parted.append(call.cut(count))
            kept.append(call)
        else:
            (parted if count else kept).append(call)
    if parted:
        worker.calls.clear()
        worker.calls.extend(call for call in kept if call.count)
        worker.more = sum(call.count - 1 for call in worker.calls)
    return parted


def _stands_still(worker):
    """Return whether the call that it runs was found to take long."""
    return worker.still == worker.done


def _try_to(function, *args):
    """Return ``function(*args)`` of a process that may be gone, or closed by someone else."""
    try:
        return function(*args)
    except (OSError, ValueError):
        pass


def _unpack(body):
    """Return the exception that a worker sent, with the worker's traceback as its cause."""
    text, pickled = unpack_error(body)
    error = loads(pickled)
    error.__cause__ = RemoteTraceback(text)
    return error
