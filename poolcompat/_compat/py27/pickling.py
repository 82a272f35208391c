"""Pickling on 2.7: what ``multiprocessing`` of Python 3 can send."""
from __future__ import absolute_import, division, print_function

import io
import sys

# Breakpoint: https://bugs.python.org/issue14166 (methods, and a dispatch_table in the fast pickler)
if sys.version_info >= (3, 4):
    import pickle
    import types
    from multiprocessing.reduction import ForkingPickler

    _PROTOCOL = pickle.HIGHEST_PROTOCOL     # both ends are the same interpreter
    _PLAIN = frozenset([type(None), bool, int, float, complex, bytes, str])     # pickled without a reducer

    class Pickling(object):
        """Pickles one value after the other, with the reducers that are in force at the first: users may register theirs at
        any time. One pickler for all: to make one takes as long as a small value does."""

        def __init__(self):
            self._pickler = None

        def dumps(self, value):
            """Return ``value`` pickled."""
            if self._pickler is None:
                self._buffer = io.BytesIO()
                self._pickler = pickle.Pickler(self._buffer, _PROTOCOL)
                self._pickler.dispatch_table = ForkingPickler(io.BytesIO()).dispatch_table
            pickler, self._pickler = self._pickler, None    # one that has failed may go wrong with the next: up to 3.6
            pickler.dump(value)
            pickled = self._buffer.getvalue()
            pickler.clear_memo()
            self._buffer.seek(0)
            self._buffer.truncate()
            self._pickler = pickler
            return pickled

        def dumps_call(self, fn, args, kwargs):
            """Return the three pickled."""
            if type(fn) is types.FunctionType and not kwargs and _PLAIN.issuperset(map(type, args)):
                return pickle.dumps((fn, args, kwargs), _PROTOCOL)
            return self.dumps((fn, args, kwargs))

    def dumps_alone(value):
        """Return ``value`` pickled, with the reducers that are in force now."""
        return pickle.dumps(value, _PROTOCOL) if type(value) in _PLAIN else Pickling().dumps(value)

    loads = pickle.loads
else:
    import cPickle
    import types
    from multiprocessing.forking import ForkingPickler

    _FILE = 'c__builtin__\nfile\n'       # in what is pickled where there is an open file, or the type
    _LONG = 1 << 16                     # bytes that take long to be searched

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

    def dumps_alone(value):
        """Return ``value`` pickled, by the slow pickler where the fast one cannot: it knows methods, and more.

        The fast one does not refuse an open file, which is looked for where there is not much to look through.
        An object of the user's that fails in the fast one is pickled twice, and fails in the slow one for the same reason.
        """
        try:
            pickled = cPickle.dumps(value, 2)
            if len(pickled) > _LONG or _FILE not in pickled:
                return pickled
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
            return dumps_alone((fn, args, kwargs))

    def loads(data):
        """Return what was pickled in ``data``, bytes or bytearray."""
        return cPickle.loads(bytes(data))
