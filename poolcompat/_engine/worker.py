"""What runs in a worker process. It imports little: under ``spawn`` every worker pays for it."""
from __future__ import absolute_import, division, print_function

import signal
import struct
import sys
import traceback

from .._compat.py27.orphans import tell_parent_is_gone
from .._compat.py27.pickling import Pieces, dumps_alone, joined, loads
from .._compat.py27.signals import HANDLERS, interrupt_now
from .._compat.py27.waiting import perf_counter
from .channel import ERROR, INIT_ERROR, LOAD_ERROR, READY, RESULT
from .memory import Shared

_LENGTH = struct.Struct('<Q')


class _Interrupt(object):
    """Lets Ctrl-C raise KeyboardInterrupt in the user's code, and nowhere else.

    In between, the parent decides: it ends its workers, or it does not.
    """

    def __init__(self):
        self.allowed = False
        if signal.getsignal(signal.SIGINT) in HANDLERS:
            signal.signal(signal.SIGINT, self._handle)

    def _handle(self, number, frame):
        if self.allowed:
            self.allowed = False
            raise KeyboardInterrupt


def main(end, explain, initializer, initargs, forked, blocked):
    """Run the calls that arrive at ``end``, a channel's worker end, until there are no more.

    ``explain(error, result)`` sees to the error of pickling a result, ``forked`` says how this process was started, and
    ``blocked`` that SIGINT was blocked for the time of the start.
    """
    if forked:
        _forget_imports()
    interrupt = _Interrupt()
    if blocked:
        interrupt_now()
    send, place = end.sender(), end.place
    try:
        if initializer is not None:
            try:
                interrupt.allowed = True
                initializer(*initargs)
                interrupt.allowed = False
            except:     # noqa: E722 (as below)
                interrupt.allowed = False
                _log_initializer()
                send(INIT_ERROR, 0, pack_error(), 0)
                return
        initializer = initargs = None
        send(READY, 0, b'', 0)
        for numbers, body, first in end.calls():
            loaded = []
            while _run(numbers, body, first, loaded, explain, interrupt, place, send):
                pass
            body = None
    except (EOFError, OSError, IOError):
        tell_parent_is_gone()


def _forget_imports():
    """Forget who was importing what as this process was forked: the parent's other threads are not here to end it.

    A call that needs such a module has an error, if any, instead of waiting for ever. On PyPy up to 3.10 that is every
    module with a function which another thread pickled just then. What 2.7 has instead is held for the time of a fork.
    """
    getattr(sys.modules.get('_frozen_importlib'), '_module_locks', {}).clear()


def _run(numbers, body, first, loaded, explain, interrupt, place, send):
    """Run the calls ``numbers`` that came as ``body`` and send what comes of each, up to one that fails; return whether
    one did: of its exception nothing is left once this has returned.

    Of calls that came together, from ``first`` on, ``loaded`` keeps what was unpickled: as of a Batch.
    """
    for number in numbers:
        started = perf_counter()
        try:
            kind, kwargs, fails = LOAD_ERROR, None, True
            try:
                interrupt.allowed = True
                if first is None:
                    fn, args, kwargs = body.load() if type(body) is Shared else loads(body)
                    body = None
                else:
                    if not loaded:
                        loaded[:] = loads(body)
                    fn, star, args = loaded
                    args = args[number - first] if star else (args[number - first],)
                kind = ERROR
                result = fn(*args, **kwargs) if kwargs else fn(*args)
                fn = args = kwargs = None
                try:
                    pickled = dumps_alone(result)
                except Exception as error:
                    explain(error, result)
                    raise
                interrupt.allowed = False
                kind, packed = place(pickled) if type(pickled) is Pieces else (RESULT, pickled)
                result, fails = None, False
            except:     # noqa: E722 (2.7 can raise what is no BaseException)
                interrupt.allowed = False
                fn = args = kwargs = result = None
                packed = pack_error()
        except KeyboardInterrupt:       # came as the call ended with an exception; none follows it
            kind, packed = ERROR, pack_error()
        send(kind, number, packed, perf_counter() - started)
        if fails:
            return True
        packed = pickled = None     # now: to free what is big takes long
    return False


def explain_returned(error, result):
    """Have the error of pickling the result say what can be sent back."""
    from .._errors import explain_result
    explain_result(error)


def refuse_returned(error, result):
    """Raise what ``Pool`` raises where the result cannot be pickled: MaybeEncodingError."""
    explain_returned(error, result)
    from .. import _native
    raise _native.multiprocessing_pool().MaybeEncodingError(error, result)


def _log_initializer():
    import logging
    logging.getLogger('concurrent.futures').critical('Exception in initializer:', exc_info=True)


def pack_error():
    """Return the exception that is being handled: the length of its traceback's text, that text, and it pickled.

    Where it cannot be pickled, the error that says so takes its place.
    """
    text, raised = ''.join(traceback.format_exception(*sys.exc_info())), sys.exc_info()[1]
    try:
        pickled = joined(dumps_alone(raised))
    except BaseException:
        text += '\nThe exception above could not be pickled:\n\n'
        text += ''.join(traceback.format_exception(*sys.exc_info()))
        try:
            from .._errors import explain_raised
            pickled = joined(dumps_alone(explain_raised(sys.exc_info()[1], raised)))
        except BaseException:
            pickled = dumps_alone(RuntimeError('an exception that cannot be pickled'))
    if not isinstance(text, bytes):
        text = text.encode('utf-8', 'backslashreplace')
    return _LENGTH.pack(len(text)) + text + pickled


def unpack_error(body):
    """Return the traceback's text and the pickled exception."""
    start = _LENGTH.size + _LENGTH.unpack_from(body)[0]
    text = bytes(body[_LENGTH.size:start])
    return text if str is bytes else text.decode('utf-8', 'replace'), body[start:]
