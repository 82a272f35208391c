"""Pickling on 2.7: what ``multiprocessing`` of Python 3 can send."""
from __future__ import absolute_import, division, print_function

import io
import sys

# Breakpoint: https://bugs.python.org/issue14166 (methods, and a dispatch_table in the fast pickler)
if sys.version_info >= (3, 4):
    import pickle
    from multiprocessing.reduction import ForkingPickler

    _PROTOCOL = pickle.HIGHEST_PROTOCOL     # both ends are the same interpreter
    _PLAIN = frozenset([type(None), bool, int, float, complex, bytes, str])     # pickled without a reducer

    def reducers():
        """Return the reducers that are in force now, for ``dumps``: users may register theirs at any time."""
        return ForkingPickler(io.BytesIO()).dispatch_table

    def dumps(value, table):
        """Return ``value`` pickled with ``reducers()``, which a group of calls shares."""
        buffer = io.BytesIO()
        pickler = pickle.Pickler(buffer, _PROTOCOL)
        pickler.dispatch_table = table
        pickler.dump(value)
        return buffer.getvalue()

    def dumps_alone(value):
        """Return ``value`` pickled, with the reducers that are in force now."""
        return pickle.dumps(value, _PROTOCOL) if type(value) in _PLAIN else dumps(value, reducers())

    loads = pickle.loads
else:
    import cPickle
    import types
    from multiprocessing.forking import ForkingPickler

    class _Pickler(ForkingPickler):
        """The pickler of ``multiprocessing``, which knows methods, and methods of built-in types as well."""

        def save(self, obj):
            owner = getattr(obj, '__self__', None)
            if type(obj) is types.BuiltinFunctionType and owner is not None:
                self.save_reduce(getattr, (owner, obj.__name__), obj=obj)
            else:
                ForkingPickler.save(self, obj)

    def reducers():
        """Return nothing of use: 2.7's fast pickler takes no reducers."""

    def dumps(value, table):
        """Return ``value`` pickled, by the slow pickler where the fast one cannot: it knows methods, and more.

        An object of the user's that fails in the fast one is pickled twice, and fails in the slow one for the same reason.
        """
        try:
            return cPickle.dumps(value, 2)
        except Exception:
            buffer = io.BytesIO()
            _Pickler(buffer, 2).dump(value)
            return buffer.getvalue()

    def dumps_alone(value):
        """Return ``value`` pickled."""
        return dumps(value, None)

    def loads(data):
        """Return what was pickled in ``data``, bytes or bytearray."""
        return cPickle.loads(bytes(data))
