"""Pickling on 2.7: what ``multiprocessing`` of Python 3 can send."""
from __future__ import absolute_import, division, print_function

import io
import sys
from functools import partial


class Pieces(object):
    """What is pickled, and big: the parts of it, some of them the objects' own memory.

    Where there is a ``head``, that is the pickle, and the parts are long bytes that it leaves out; ``whole()`` returns a
    pickle of all.
    """
    __slots__ = ('pieces', '_length', 'head', 'whole')

    def __init__(self, pieces, length, head=b'', whole=None):
        self.pieces = pieces
        self._length = length
        self.head = head
        self.whole = whole

    def __len__(self):
        return self._length


def joined(pickled):
    """Return what is pickled as bytes."""
    if type(pickled) is not Pieces:
        return pickled
    return pickled.whole() if pickled.head else b''.join(pickled.pieces)


def kept(pickled):
    """Return what is pickled such that the caller may change what it has of its memory."""
    return pickled if type(pickled) is Pieces and pickled.head else joined(pickled)


_BIG = 1 << 20      # bytes from which on the pickled parts are not joined


def _leave_out(value, new_pickler, whole):
    """Return the Pieces of a plain value, whose long bytes are left out.

    In a pickle they would be copied once more as they are unpickled, up to 3.7, and up to 3.6 as they are pickled.
    """
    pieces, head = [], io.BytesIO()

    def leave_out(part):
        if type(part) is bytes and len(part) >= _BIG:
            places = [index for index, piece in enumerate(pieces) if piece is part]
            if not places:
                pieces.append(part)
            return (places or [len(pieces) - 1])[0], len(part)

    new_pickler(head, leave_out).dump(value)
    return Pieces(pieces, sum(map(len, pieces)), head.getvalue(), whole)


# Breakpoint: https://bugs.python.org/issue14166 (methods, and a dispatch_table in the fast pickler)
if sys.version_info >= (3, 4):
    import pickle
    import types
    from multiprocessing.reduction import ForkingPickler

    _PROTOCOL = pickle.HIGHEST_PROTOCOL     # both ends are the same interpreter
    _SMALL = frozenset([type(None), bool, int, float, complex])     # pickled without a reducer
    _PLAIN = _SMALL.union([bytes, str])         # likewise

    _Buffer = getattr(pickle, 'PickleBuffer', None)

    #: From 3.8 on long bytes are unpickled without a copy. That takes a third longer in a worker all the same, and no longer
    #: in the parent (3.13). Breakpoint: https://peps.python.org/pep-0574/
    _LEAVES_OUT_RESULTS = sys.version_info < (3, 8)

    class _Sink(object):
        """A file that keeps what is written to it: from 3.7 on the memory of big objects itself."""

        def __init__(self):
            self.pieces = []
            self.write = self.pieces.append

    class Pickling(object):
        """Pickles one value after the other, with the reducers that are in force at the first: users may register theirs at
        any time. One pickler for all: to make one takes as long as a small value does."""

        def __init__(self):
            self._pickler = None

        def dumps(self, value):
            """Return ``value`` pickled: bytes, or Pieces where it is big."""
            if self._pickler is None:
                self._sink = _Sink()
                self._pickler = pickle.Pickler(self._sink, _PROTOCOL)
                self._pickler.dispatch_table = ForkingPickler(io.BytesIO()).dispatch_table
            pickler, self._pickler = self._pickler, None    # one that has failed may go wrong with the next: up to 3.6
            pickler.dump(value)
            pieces = self._sink.pieces[:]
            pickler.clear_memo()
            del self._sink.pieces[:]
            self._pickler = pickler
            if len(pieces) > 1:
                pieces = [_whole(piece) for piece in pieces]
            length = sum(map(len, pieces))
            return b''.join(pieces) if length < _BIG else Pieces(pieces, length)

        def dumps_call(self, fn, args, kwargs):
            """Return the three pickled, as ``dumps`` does."""
            if type(fn) is types.FunctionType and not kwargs and type(args) is tuple:
                if _SMALL.issuperset(map(type, args)) or all(map(_is_plain, args)):
                    return pickle.dumps((fn, args, kwargs), _PROTOCOL)
                if all(type(arg) is bytes or _is_plain(arg) for arg in args):
                    return _without_long_bytes((fn, args, kwargs))
            return self.dumps((fn, args, kwargs))

    def _whole(piece):
        """Return the memory of a part in one. Not of a bytearray: another thread may change its size."""
        return bytes(piece) if type(piece) is bytearray else piece.raw() if type(piece) is _Buffer else piece

    def _is_plain(value):
        return type(value) in _SMALL or type(value) in _PLAIN and len(value) < _BIG

    class _LeavingOut(pickle.Pickler):
        """Has ``leave_out(part)`` asked of each part of what it pickles."""

        def __init__(self, file, leave_out):
            super(_LeavingOut, self).__init__(file, _PROTOCOL)
            self._leave_out = leave_out

        def persistent_id(self, part):      # 3.13.0 takes none that is set
            return self._leave_out(part)

    def _without_long_bytes(value):
        return _leave_out(value, _LeavingOut, partial(pickle.dumps, value, _PROTOCOL))

    def dumps_alone(value):
        """Return ``value`` pickled as ``Pickling.dumps`` does, with the reducers that are in force now."""
        if _is_plain(value):
            return pickle.dumps(value, _PROTOCOL)
        if _LEAVES_OUT_RESULTS and type(value) is bytes:
            return _without_long_bytes(value)
        return Pickling().dumps(value)

    loads = pickle.loads

    def received(body):
        """Return the bytearray as ``loads`` takes it."""
        return body
else:
    import cPickle
    import types
    from multiprocessing.forking import ForkingPickler

    _FILE = 'c__builtin__\nfile\n'       # in what is pickled where there is an open file, or the type
    _LONG = 1 << 16                     # bytes that take long to be searched, or copied twice
    _PLAIN = frozenset([type(None), bool, int, long, float, str, unicode])     # noqa: F821 (names of 2.7)

    class Pickler(ForkingPickler):
        """The pickler of ``multiprocessing``, which knows methods, and methods of built-in types as well."""

        def save(self, obj):
            reduced = self.reduce(obj) if id(obj) not in self.memo else None
            if reduced is None:
                ForkingPickler.save(self, obj)
            else:
                self.save_reduce(*reduced, obj=obj)

        def reduce(self, obj):
            """Return the function and the arguments that make ``obj`` again, or None for what the base knows."""
            if isinstance(obj, types.FileType):
                raise TypeError("cannot pickle '%s' object" % type(obj).__name__)    # would arrive as one that is not open
            owner = getattr(obj, '__self__', None)
            if type(obj) is types.BuiltinFunctionType and owner is not None:
                return getattr, (owner, obj.__name__)

    def _is_plain(value):
        """Return whether there is nothing long in it but a str."""
        return type(value) in _PLAIN and (type(value) is not unicode or len(value) < _BIG)  # noqa: F821 (a name of 2.7)

    def _dumps_long(value, protocol):
        """As ``cPickle.dumps``, which takes twice as long for a long str, and less for what is small."""
        pickler = cPickle.Pickler(protocol)
        pickler.dump(value)
        return pickler.getvalue()

    def _leaving_out(file, leave_out):
        pickler = cPickle.Pickler(file, 2)
        pickler.persistent_id = leave_out
        return pickler

    def _without_long_str(value):
        return _leave_out(value, _leaving_out, partial(_dumps_long, value, 2))

    def dumps_alone(value, long_inside=False):
        """Return ``value`` pickled, by the slow pickler where the fast one cannot: it knows methods, and more.

        The fast one does not refuse an open file, which is looked for where there is not much to look through.
        An object of the user's that fails in the fast one is pickled twice, and fails in the slow one for the same reason.

        ``long_inside`` says that the value has a long str in it. What is big is Pieces.
        """
        try:
            if long_inside:
                pickled = _dumps_long(value, 2)
            elif type(value) is str and len(value) >= _BIG:
                return _without_long_str(value)
            else:
                pickled = cPickle.dumps(value, 2)
            if len(pickled) > _LONG or _FILE not in pickled:
                return pickled if len(pickled) < _BIG else Pieces([pickled], len(pickled))
        except Exception:
            pass
        buffer = io.BytesIO()
        Pickler(buffer, 2).dump(value)
        return buffer.getvalue()

    class Pickling(object):
        """Pickles one value after the other: 2.7's fast pickler takes no reducers that would have to be looked up."""

        dumps = staticmethod(dumps_alone)

        def dumps_call(self, fn, args, kwargs):
            """Return the three pickled."""
            longest = 0
            for arg in args if type(args) is tuple else ():
                if type(arg) is str and len(arg) > longest:
                    longest = len(arg)
            if longest >= _BIG and type(fn) is types.FunctionType and not kwargs and all(map(_is_plain, args)):
                try:
                    return _without_long_str((fn, args, kwargs))
                except Exception:
                    pass        # the slow pickler will say why
            return dumps_alone((fn, args, kwargs), longest > _LONG)

    loads = cPickle.loads

    def received(body):
        """Return the bytearray as ``loads`` takes it."""
        return bytes(body)
