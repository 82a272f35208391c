"""Subscripts of classes on 3.8 and older."""
from __future__ import absolute_import, division, print_function

import sys

# Breakpoint: https://peps.python.org/pep-0585/ (Future[int])
if sys.version_info >= (3, 9):
    class FutureGaps(object):
        """Nothing: ``Future`` is generic."""
        __slots__ = ()
else:
    class _Alias(object):
        """What ``Future[int]`` is: the class itself, for annotations."""

        def __init__(self, origin, item):
            self.__origin__ = origin
            self.__args__ = item if isinstance(item, tuple) else (item,)

        def __call__(self, *args, **kwargs):
            return self.__origin__(*args, **kwargs)

        def __repr__(self):
            names = [getattr(item, '__name__', None) or repr(item) for item in self.__args__]
            return '%s.%s[%s]' % (self.__origin__.__module__, self.__origin__.__name__, ', '.join(names))

        def __eq__(self, other):
            return (isinstance(other, _Alias)
                    and (self.__origin__, self.__args__) == (other.__origin__, other.__args__))

        def __ne__(self, other):
            return not self == other

        def __hash__(self):
            return hash((self.__origin__, self.__args__))

    class _Subscriptable(type):
        def __getitem__(cls, item):
            return _Alias(cls, item)

    # A metaclass, because __class_getitem__ is heeded from 3.7 only.
    FutureGaps = _Subscriptable('FutureGaps', (object,), {'__slots__': ()})
