"""The engine of ``Pool``: a worker that dies loses the one call that it ran, and another takes its place."""
from __future__ import absolute_import, division, print_function

from six.moves import reprlib

from .._compat.py27.waiting import monotonic
from .._errors import Death, WorkerLostError, explain_loading
from .calls import Call, fail, log, name_of
from .dispatcher import LOOK_SECONDS, Engine
from .locking import locked
from .worker import refuse_returned

_MOST_FAILED_STARTS = 3     # in a row, and at least one for each worker
_TERMINATED = Death('The pool was terminated before the call had ended.')


class PoolCall(Call):
    """A call of a ``Pool``, told by its arguments."""
    __slots__ = ()

    def __str__(self):
        try:
            if self.first is not None:
                fn, chunk = self.args
                return '%s of items %d to %d: %s' % (
                    name_of(fn), self.first, self.first + len(chunk) - 1, reprlib.repr(list(chunk)))
            arguments = [reprlib.repr(arg) for arg in self.args]
            arguments += ['%s=%s' % (name, reprlib.repr(value)) for name, value in sorted(self.kwargs.items())]
            return '%s(%s)' % (name_of(self.fn), ', '.join(arguments))
        except Exception:       # the user's own repr
            return name_of(self.fn)


class PoolEngine(Engine):
    """Workers that are started at once, and replaced; all ends when the owner is collected, and at exit."""

    _error_type = WorkerLostError
    _story = 'A worker of the pool was lost: '
    _explain = staticmethod(refuse_returned)
    _least_ahead = 2

    def __init__(self, *args):
        super(PoolEngine, self).__init__(*args)
        self._grows = True
        self._terminating = False
        self._rests_until = 0       # when to try again to start a worker
        self._start_error = None

    def start(self):
        """Start the workers, before there is anything to do. Raises what kept all of them from being started."""
        try:
            self._start_workers(self._max_workers)
        except BaseException:       # Ctrl-C
            self._mend(())
            self.terminate()
            raise
        if self._start_error is not None:
            self.join()
            raise self._start_error

    def abandon(self):
        """Fail every call and end. Takes no lock: it is called at any instruction of any thread."""
        self._closing = self._terminating = True
        self._wake()

    finish = abandon

    def terminate(self):
        """Fail every call, end the workers, and wait until all has ended."""
        self.check_process()
        self.abandon()
        self.join()

    def _refusal(self):
        if self._terminating and self._death is None:       # our thread is about to see that all is to end
            return _TERMINATED.error(self._error_type)
        return super(PoolEngine, self)._refusal()

    def _look_over(self):
        super(PoolEngine, self)._look_over()
        if self._terminating and self._death is None:
            self._fall(_TERMINATED)

    def _missing_workers(self):
        if not self._launched:
            return self._max_workers
        room = self._max_workers - len(self._workers)
        if not room or self._death is not None or self._terminating or (
                self._closing and not self._pending) or monotonic() < self._rests_until:
            return 0
        return room

    def _could_not_start(self, error):
        if not self._workers or self._thread is None:
            self._start_error = error
            super(PoolEngine, self)._could_not_start(error)
            return
        self._rests_until = monotonic() + LOOK_SECONDS
        log.warning('the pool goes on with %d of %d workers: no other could be started', len(self._workers),
                    self._max_workers, exc_info=(type(error), error, getattr(error, '__traceback__', None)))

    def _unpickled_badly(self, call, where, cause):
        return explain_loading(cause, where, self._context.get_start_method())

    def _mourn(self, worker, death, running):
        self._failed_starts += not worker.ready
        if self._failed_starts >= max(_MOST_FAILED_STARTS, self._max_workers):
            self._fall(death)
            return
        self._let_go(worker, running)
        worker.channel.close()
        if running is not None:
            fail(running, death.error(self._error_type))
        self._wake()        # to have it replaced

    @locked
    def _let_go(self, worker, running):
        """Let the calls of a dead worker wait again, but for the one that it was running."""
        self._count_out(worker.calls)
        self._pending.extendleft(call for call in reversed(worker.calls) if call is not running)
        worker.calls.clear()
        self._workers.remove(worker)
        self._departed = [departed for departed in self._departed + [worker] if departed.reserved]
        self.processes.pop(worker.process.pid, None)
