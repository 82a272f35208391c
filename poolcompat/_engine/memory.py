"""Memory that the parent shares with one worker, for what is big: a pipe takes twice as long (Linux).

It is a file without a name. A pickled call is written at its start, and read before the worker is given another; a pickled
result is written far behind. Whether that has been read is told by the file's offset, which both sides share: a result is
written where it is at ``_RESULTS``, and then moves it on; whoever has read the result moves it back. Where the file is in
use or cannot be written, the pipe is there.

The kernel takes longer to find a page than to copy what is in it. So pages are kept for what comes next: of a worker that
has nothing to do for a while, none, and else up to ``keep`` bytes each way.
"""
from __future__ import absolute_import, division, print_function

import itertools
import os
import struct

from .._compat.py27.memory import connection, pwrite
from .._compat.py27.pipes import beyond_standard
from .._compat.py37.memory import can_share, has_room, load, memfd_create

_RESULTS = 1 << 40      # bytes: where results are
_LENGTH = struct.Struct('<Q')

_count = itertools.count()      # for names that tell one from the other in /proc; nothing looks for them


def share(keep):
    """Return a Memory, or None where the system, or a limit that it has set, has none."""
    try:
        return Memory(keep) if can_share else None
    except OSError:
        return None


def _new_file():
    return [connection(memfd_create('poolcompat-%d-%d' % (os.getpid(), next(_count))))]


class Memory(object):
    """The memory of one worker."""

    def __init__(self, keep):
        #: Has the descriptor, and knows how a worker is given one.
        self.connection, = beyond_standard(_new_file)
        #: As far as the parent knows, there is something in it.
        self.used = False
        self._keep = keep
        self._written = {0: 0, _RESULTS: 0}     # how much is there already, as far as who writes there knows
        self._lately = False        # since ``rest`` was called last
        self._give_back()

    def put_call(self, pickled):
        """Write the Pieces, in the parent; return what to send in their place, or None where that failed."""
        self.used = True
        body = self._put(pickled, 0)
        self._lately = self._lately or body is not None
        return body

    def put_result(self, pickled):
        """As ``put_call``, in the worker; None also where the last one has not been read."""
        if not self._is_free():
            return None
        body = self._put(pickled, _RESULTS)
        if body is not None:
            os.lseek(self.connection.fileno(), _RESULTS + len(pickled), os.SEEK_SET)
        return body

    def call(self, body):
        """Return the call that was put here, when its ``body`` has come."""
        return Shared(self, 0, body)

    def result(self, body):
        """Return the result that was put here, when its ``body`` has come."""
        self.used = self._lately = True
        return Shared(self, _RESULTS, body)

    def free(self, at, length):
        """Note that what was there has been read."""
        if at == _RESULTS:
            if length > self._keep:
                os.ftruncate(self.connection.fileno(), _RESULTS)
            self._give_back()
        elif length > self._keep and self._is_free():
            os.ftruncate(self.connection.fileno(), 0)

    def rest(self):
        """Keep nothing that was not used since the last time. In the parent, while the worker has nothing to do."""
        if self.used and not self._lately:
            os.ftruncate(self.connection.fileno(), 0)
            self.used, self._written[0] = False, 0
        self._lately = False

    def _is_free(self):
        return os.lseek(self.connection.fileno(), 0, os.SEEK_CUR) == _RESULTS

    def _give_back(self):
        os.lseek(self.connection.fileno(), _RESULTS, os.SEEK_SET)

    def _put(self, pickled, begin):
        fd, at = self.connection.fileno(), begin
        try:
            if not has_room(fd, max(0, len(pickled) - self._written[begin])):
                return None
            for piece in pickled.pieces:
                left = memoryview(piece)
                while len(left):
                    count = pwrite(fd, left, at)
                    at, left = at + count, left[count:]
        except (OSError, IOError):      # more than this process or the system may have
            self._written[begin] = 0
            if begin == _RESULTS or self._is_free():
                os.ftruncate(fd, begin)
            return None
        self._written[begin] = max(self._written[begin], len(pickled))
        return _LENGTH.pack(len(pickled)) + pickled.head


class Shared(object):
    """A pickled value that is in the memory."""

    def __init__(self, memory, at, body):
        self._memory = memory
        self._at = at
        self._length, = _LENGTH.unpack_from(body)
        self._head = body[_LENGTH.size:]

    def load(self):
        """Return the value, unpickled. Once: its place is free then."""
        try:
            return load(self._memory.connection.fileno(), self._at, self._length, self._head)
        finally:
            self._memory.free(self._at, self._length)
