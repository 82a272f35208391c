"""Locks, queues and shared memory on 2.7 that can be given to a fresh interpreter: 2.7's own live in what a fork copies.

They are 2.7's classes over semaphores that have a name, as CPython 3.4 (issue 8713) has them, and over memory that has a
descriptor. A name is gone with its maker; where that was killed, with the first of its workers that ends.
"""
from __future__ import absolute_import, division, print_function

import binascii
import contextlib
import ctypes
import mmap
import os
import tempfile
import threading
from multiprocessing import Pipe, queues, sharedctypes, synchronize, util

import _multiprocessing

from .orphans import is_parent_gone
from .pipes import keep_from_programs

_local = threading.local()      # descriptors: what is given to the process that this thread starts

_c = ctypes.CDLL(None, use_errno=True)
_c.sem_open.restype = ctypes.c_void_p
_FAILED = (None, ctypes.c_void_p(-1).value)     # of Linux, and of others


_MEMORY = (ctypes._SimpleCData, ctypes.Array, ctypes.Structure, ctypes.Union)


@contextlib.contextmanager
def giving():
    """Allow what is pickled inside to hold shared things; yields the list of the descriptors that they need."""
    _local.descriptors = []
    try:
        yield _local.descriptors
    finally:
        _local.descriptors = None


def _check_giving(thing):
    if getattr(_local, 'descriptors', None) is None:
        raise RuntimeError('%s objects should only be shared between processes through inheritance: give them to initargs, '
                           'or to the process as it starts' % type(thing).__name__)


def reduce_shared(obj):
    """Return how a process makes ``obj`` again that is given to it, or None; RuntimeError where that cannot be."""
    if isinstance(obj, _multiprocessing.Connection):
        _local.descriptors.append(obj.fileno())
        return _rebuild_connection, (obj.fileno(), obj.readable, obj.writable)
    memory = getattr(obj, '_wrapper', None) if isinstance(obj, _MEMORY) else None
    if isinstance(memory, _Memory):
        if isinstance(obj, ctypes.Array):
            return sharedctypes.rebuild_ctype, (obj._type_, memory, obj._length_)
        return sharedctypes.rebuild_ctype, (type(obj), memory, None)
    if isinstance(obj, sharedctypes.SynchronizedBase) and isinstance(obj.get_obj()._wrapper, _Memory):
        return sharedctypes.synchronized, (obj.get_obj(), obj.get_lock())
    if memory is not None or isinstance(obj, _NATIVE) and not isinstance(obj, (_Given, Event)):
        raise RuntimeError(
            "%r of multiprocessing cannot be given to a process that Python 2.7 starts by 'spawn'. Make it by that context: "
            "get_context('spawn').Lock(), .Queue(), .Value(), ..." % (obj,))


def _rebuild_connection(fd, readable, writable):
    keep_from_programs(fd)
    return _multiprocessing.Connection(fd, readable, writable)


class _Given(object):
    """Goes to a process as what it was made of."""

    def __getstate__(self):
        _check_giving(self)
        return self._made_of

    def __setstate__(self, made_of):
        self._made_of = made_of
        super(_Given, self).__setstate__(made_of)


# -- semaphores ------------------------------------------------------------------------------------------------------

def _open_semaphore(*args):
    handle = _c.sem_open(*args)
    if handle in _FAILED:
        raise OSError(ctypes.get_errno(), 'no semaphore: ' + os.strerror(ctypes.get_errno()))
    return handle


class _Semaphore(_Given):
    """A semaphore with a name."""

    def __init__(self, kind, value, most):
        name = b'/poolcompat-' + binascii.hexlify(os.urandom(8))
        _c.sem_close(ctypes.c_void_p(_open_semaphore(name, os.O_CREAT | os.O_EXCL, 0o600, value)))
        util.Finalize(self, _c.sem_unlink, (name,), exitpriority=0)
        self.__setstate__((name, os.getpid(), kind, most))

    def __setstate__(self, made_of):
        self._made_of = made_of
        name, _, kind, most = made_of
        synchronize.SemLock.__setstate__(self, (_open_semaphore(name, 0), kind, most))
        util.register_after_fork(self, _Semaphore._after_fork)

    def _after_fork(self):
        self._semlock._after_fork()
        name, maker = self._made_of[:2]
        if os.getppid() == maker:
            util.Finalize(None, _unlink_if_left, (name, maker), exitpriority=0)


def _unlink_if_left(name, maker):
    if is_parent_gone(maker):
        _c.sem_unlink(name)


class Lock(_Semaphore, synchronize.Lock):
    def __init__(self):
        _Semaphore.__init__(self, synchronize.SEMAPHORE, 1, 1)


class RLock(_Semaphore, synchronize.RLock):
    def __init__(self):
        _Semaphore.__init__(self, synchronize.RECURSIVE_MUTEX, 1, 1)


class Semaphore(_Semaphore, synchronize.Semaphore):
    def __init__(self, value=1):
        _Semaphore.__init__(self, synchronize.SEMAPHORE, value, synchronize.SEM_VALUE_MAX)


class BoundedSemaphore(_Semaphore, synchronize.BoundedSemaphore):
    def __init__(self, value=1):
        _Semaphore.__init__(self, synchronize.SEMAPHORE, value, value)


class Condition(_Given, synchronize.Condition):
    def __init__(self, lock=None):
        self.__setstate__((lock or RLock(), Semaphore(0), Semaphore(0), Semaphore(0)))


class Event(synchronize.Event):
    def __init__(self):
        self._cond = Condition(Lock())
        self._flag = Semaphore(0)


# -- queues ----------------------------------------------------------------------------------------------------------

def _pipe():
    ends = Pipe(duplex=False)
    for end in ends:
        keep_from_programs(end.fileno())
    return ends


def _queue(maxsize):
    if maxsize <= 0:
        maxsize = synchronize.SEM_VALUE_MAX
    return (maxsize,) + _pipe() + (Lock(), Lock(), BoundedSemaphore(maxsize), os.getpid())


class Queue(_Given, queues.Queue):
    def __init__(self, maxsize=0):
        self.__setstate__(_queue(maxsize))
        util.register_after_fork(self, queues.Queue._after_fork)


class JoinableQueue(_Given, queues.JoinableQueue):
    def __init__(self, maxsize=0):
        self.__setstate__(_queue(maxsize) + (Condition(), Semaphore(0)))
        util.register_after_fork(self, queues.Queue._after_fork)


# -- memory ----------------------------------------------------------------------------------------------------------

class _Memory(object):
    """Memory of ``size`` bytes, all zero, with a descriptor."""

    def __init__(self, size):
        folder = '/dev/shm'
        with tempfile.TemporaryFile(dir=folder if os.access(folder, os.W_OK) else None) as zeros:
            zeros.write(b'\0' * size)       # a full disk is an error here, and not a signal later
            zeros.flush()
            self.__setstate__((os.dup(zeros.fileno()), size))

    def __getstate__(self):
        _check_giving(self)
        _local.descriptors.append(self._fd)
        return self._fd, self._size

    def __setstate__(self, state):
        self._fd, self._size = state
        keep_from_programs(self._fd)
        util.Finalize(self, os.close, (self._fd,))
        self._map = mmap.mmap(self._fd, self._size)

    def get_address(self):
        return _multiprocessing.address_of_buffer(self._map)[0]


def RawValue(typecode_or_type, *args):
    type_ = sharedctypes.typecode_to_type.get(typecode_or_type, typecode_or_type)
    value = sharedctypes.rebuild_ctype(type_, _Memory(ctypes.sizeof(type_)), None)
    value.__init__(*args)
    return value


def RawArray(typecode_or_type, size_or_initializer):
    type_ = sharedctypes.typecode_to_type.get(typecode_or_type, typecode_or_type)
    items = () if isinstance(size_or_initializer, (int, long)) else size_or_initializer     # noqa: F821 (a name of 2.7)
    length = len(items) or int(size_or_initializer or 0)
    array = sharedctypes.rebuild_ctype(type_, _Memory(max(1, length * ctypes.sizeof(type_))), length)
    array.__init__(*items)
    return array


def Value(typecode_or_type, *args, **kwargs):
    return _locked(RawValue(typecode_or_type, *args), **kwargs)


def Array(typecode_or_type, size_or_initializer, **kwargs):
    return _locked(RawArray(typecode_or_type, size_or_initializer), **kwargs)


def _locked(obj, lock=True):
    if lock is False:
        return obj
    return sharedctypes.synchronized(obj, RLock() if lock in (True, None) else lock)


#: What 2.7 itself has of the above.
_NATIVE = (synchronize.SemLock, synchronize.Condition, synchronize.Event, queues.Queue, queues.SimpleQueue,
           sharedctypes.SynchronizedBase)

#: By name, what a context has.
SHARED = dict((thing.__name__, thing) for thing in (
    Lock, RLock, Semaphore, BoundedSemaphore, Condition, Event, Queue, JoinableQueue, RawValue, RawArray, Value, Array))
