"""``poolcompat._engine.memory``: what is big arrives whole, and no memory is held that nobody uses."""
from __future__ import absolute_import, division, print_function

import array
import contextlib
import errno
import os
import pickle
import subprocess
import sys

import pytest
import six

import poolcompat
from poolcompat._compat.py27.pickling import Pieces, Pickling, dumps_alone, joined, kept, loads
from poolcompat._compat.py37 import memory as gaps
from poolcompat._engine import channel, dispatcher, memory

from tests import support, tasks

UnpicklingError = six.moves.cPickle.UnpicklingError
MEBIBYTE = 1 << 20

has_memory = pytest.mark.skipif(
    memory.share(1) is None,
    reason='the system or the interpreter has no such memory (Linux, not PyPy)')


@pytest.fixture
def shared():
    shared = memory.share(keep=4 * MEBIBYTE)
    yield shared
    shared.connection.close()


def held(shared):
    """How many bytes of memory it has."""
    return 512 * os.fstat(shared.connection.fileno()).st_blocks


def call_there_and_back(shared, value):
    return shared.call(shared.put_call(Pickling().dumps(value))).load()


def result_there_and_back(shared, value):
    return shared.result(shared.put_result(Pickling().dumps(value))).load()


class Buffer(object):
    """An object whose memory the pickle has, as that of numpy's arrays."""

    def __init__(self, data):
        self.data = data

    def __reduce_ex__(self, protocol):
        return Buffer, (pickle.PickleBuffer(self.data),)


@has_memory
@pytest.mark.parametrize('there_and_back', [call_there_and_back, result_there_and_back])
@pytest.mark.parametrize('value', [
    b'x' * MEBIBYTE, bytearray(3 * MEBIBYTE + 1), u'\u20ac' * MEBIBYTE, [b'x' * MEBIBYTE, 5, b'y' * MEBIBYTE],
    list(range(MEBIBYTE)), array.array(str('d'), [.5]) * MEBIBYTE,
], ids=['bytes', 'bytearray', 'text', 'some', 'numbers', 'array'])
def test_values(shared, there_and_back, value):
    for _ in range(3):
        assert there_and_back(shared, value) == value


@has_memory
@pytest.mark.skipif(not hasattr(pickle, 'PickleBuffer'), reason='pickles have no buffers (CPython 3.8, PEP 574)')
def test_an_object_with_a_buffer(shared):
    data = array.array(str('d'), range(MEBIBYTE))
    assert call_there_and_back(shared, Buffer(data)).data == data.tobytes()


@has_memory
@pytest.mark.parametrize('args', [
    (b'x' * MEBIBYTE,), (b'x' * 2 * MEBIBYTE, 5, None, u'\u20ac', b'y', b'z' * MEBIBYTE, .5, True),
    2 * (b'x' * MEBIBYTE,), (b'x' * MEBIBYTE, u'y' * MEBIBYTE), (b'x' * MEBIBYTE, [b'y' * MEBIBYTE]),
], ids=['one', 'several', 'twice', 'text', 'list'])
def test_calls(shared, args):
    call = tasks.echo, args, {}
    pickled = Pickling().dumps_call(*call)
    assert type(pickled) is Pieces
    assert loads(joined(pickled)) == loads(joined(kept(pickled))) == call
    assert shared.call(shared.put_call(pickled)).load() == call


@has_memory
def test_an_argument_that_comes_twice_is_one_object(shared):
    data = b'x' * MEBIBYTE
    pickled = Pickling().dumps_call(tasks.echo, (data, 1, data), {})
    assert len(pickled) < 2 * MEBIBYTE
    _, (first, _, second), _ = shared.call(shared.put_call(pickled)).load()
    assert first is second


def test_long_bytes_are_not_copied():
    data = b'x' * MEBIBYTE
    pickled = Pickling().dumps_call(tasks.echo, (1, data), {})
    assert pickled.pieces[0] is data and len(pickled.pieces) == 1 and kept(pickled) is pickled
    assert any(piece is data for piece in dumps_alone(data).pieces)


@pytest.mark.parametrize('size', [1, MEBIBYTE])
def test_a_function_that_cannot_be_pickled(size):
    with poolcompat.ProcessPoolExecutor(1) as executor:
        error = executor.submit(lambda data: 0, b'x' * size).exception()
    assert 'lambda' in str(error)


def test_what_is_small_is_bytes():
    value = [b'x' * 100000, bytearray(b'y' * 100000), u'z' * 100000]
    assert type(Pickling().dumps(value)) is bytes and pickle.loads(Pickling().dumps(value)) == value


@has_memory
def test_a_result_that_is_not_read_stays(shared):
    first = shared.result(shared.put_result(Pickling().dumps(b'1' * MEBIBYTE)))
    assert shared.put_result(Pickling().dumps(b'2' * MEBIBYTE)) is None
    assert call_there_and_back(shared, b'3' * MEBIBYTE) == b'3' * MEBIBYTE
    assert first.load() == b'1' * MEBIBYTE
    assert result_there_and_back(shared, b'2' * MEBIBYTE) == b'2' * MEBIBYTE


@has_memory
def test_a_value_that_cannot_be_unpickled_leaves_room(shared):
    for _ in range(2):
        body = shared.put_result(Pieces([b'?' * MEBIBYTE], MEBIBYTE))
        with pytest.raises(UnpicklingError):
            shared.result(body).load()


@has_memory
def test_what_is_read_of_another_length_is_an_error(shared):
    """Where somebody has cut the file, no process is killed for it."""
    result = shared.result(shared.put_result(Pickling().dumps(b'x' * MEBIBYTE)))
    os.ftruncate(shared.connection.fileno(), 0)
    with pytest.raises((EOFError, UnpicklingError)):
        result.load()


@has_memory
@pytest.mark.skipif(sys.version_info >= (3, 8), reason='from 3.8 on the file has no file system whose room others need')
def test_half_of_the_file_system_is_left_to_others(shared, monkeypatch):
    system = os.fstatvfs(shared.connection.fileno())
    half = system.f_blocks * system.f_frsize // 2
    for free, fits in (half + MEBIBYTE - system.f_frsize, False), (half + MEBIBYTE + system.f_frsize, True):
        left = SystemWith(system, free // system.f_frsize)
        monkeypatch.setattr(os, 'fstatvfs', lambda fd: left)
        pickled = Pieces([b'x' * MEBIBYTE], MEBIBYTE)
        assert [bool(put(pickled)) for put in (shared.put_call, shared.put_result)] == [fits, fits]


@has_memory
@pytest.mark.skipif(sys.version_info >= (3, 8), reason='from 3.8 on the file has no file system whose room others need')
def test_what_is_written_again_needs_no_more_room(shared, monkeypatch):
    asked = []
    monkeypatch.setattr(memory, 'has_room', lambda fd, more: not asked.append(more))
    for there_and_back in call_there_and_back, result_there_and_back:
        for count in 2, 1, 3:
            there_and_back(shared, [b'x' * count * MEBIBYTE])
        assert asked[1] == 0 and MEBIBYTE <= asked.pop() < 2 * MEBIBYTE < asked[0]
        del asked[:]


@has_memory
def test_what_could_not_be_written_whole_is_given_back(shared, monkeypatch):
    def write_one(fd, data, at):
        if at % (1 << 30):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return pwrite(fd, data[:MEBIBYTE], at)

    pwrite = memory.pwrite
    monkeypatch.setattr(memory, 'pwrite', write_one)
    pickled = Pieces([b'x' * 3 * MEBIBYTE], 3 * MEBIBYTE)
    assert shared.put_call(pickled) is shared.put_result(pickled) is None
    assert not held(shared)
    monkeypatch.undo()
    result = shared.result(shared.put_result(Pickling().dumps(b'x' * MEBIBYTE)))
    monkeypatch.setattr(memory, 'pwrite', write_one)
    assert shared.put_call(pickled) is None
    assert result.load() == b'x' * MEBIBYTE


class SystemWith(object):
    """What a file system says of itself, but for how many blocks are free."""

    def __init__(self, system, free):
        self.f_blocks, self.f_frsize, self.f_bavail = system.f_blocks, system.f_frsize, free


@has_memory
def test_it_may_be_read_in_parts(shared, monkeypatch):
    def read_little(fd, length, at):
        return pread(fd, min(length, 300000), at)

    pread = gaps.pread
    monkeypatch.setattr(gaps, 'pread', read_little)
    for value in b'x' * 3 * MEBIBYTE, [b'y' * MEBIBYTE]:
        assert call_there_and_back(shared, value) == value


@has_memory
def test_the_file_has_no_name(shared):
    assert os.readlink('/proc/self/fd/%d' % shared.connection.fileno()).endswith(' (deleted)')
    assert not [name for name in os.listdir('/dev/shm') if name.startswith('poolcompat')]


@has_memory
def test_little_is_kept_at_once_the_rest_is_given_back(shared):
    for there_and_back in call_there_and_back, result_there_and_back:
        there_and_back(shared, b'x' * 2 * MEBIBYTE)
    assert 4 * MEBIBYTE <= held(shared) < 5 * MEBIBYTE
    result_there_and_back(shared, b'x' * 5 * MEBIBYTE)
    assert held(shared) < 3 * MEBIBYTE
    call_there_and_back(shared, b'x' * 5 * MEBIBYTE)
    assert held(shared) == 0


@has_memory
def test_a_big_call_leaves_a_result_alone(shared):
    result = shared.result(shared.put_result(Pickling().dumps(b'x' * MEBIBYTE)))
    call_there_and_back(shared, b'y' * 5 * MEBIBYTE)
    assert result.load() == b'x' * MEBIBYTE


@has_memory
def test_nothing_is_kept_by_who_rests(shared):
    call_there_and_back(shared, b'x' * MEBIBYTE)
    shared.rest()
    assert held(shared) and shared.used
    shared.rest()
    assert not held(shared) and not shared.used
    assert call_there_and_back(shared, b'x' * MEBIBYTE) == b'x' * MEBIBYTE


@has_memory
def test_an_idle_pool_keeps_nothing(monkeypatch):
    monkeypatch.setattr(dispatcher, 'LOOK_SECONDS', .05)
    with poolcompat.ProcessPoolExecutor(1) as executor:
        data = b'x' * MEBIBYTE
        assert executor.submit(tasks.echo, data).result() == data
        shared = executor._engine._workers[0].channel.memory
        support.wait_for(lambda: not held(shared))
        support.wait_for(lambda: executor._engine._dozing)
        assert executor.submit(tasks.echo, data).result() == data


def test_many_at_once():
    """More than the memory has room for, both ways, among small ones."""
    with poolcompat.ProcessPoolExecutor(2) as executor:
        values = [bytes(bytearray([65 + number % 26])) * size for number in range(12) for size in (10, MEBIBYTE)]
        assert list(executor.map(tasks.echo, values)) == values
        assert [future.result() for future in [executor.submit(tasks.echo, value) for value in values]] == values


def test_it_is_the_argument_as_it_was(monkeypatch):
    """A worker that is idle has it when ``submit`` returns: the caller may do what it likes with its memory."""
    monkeypatch.setattr(dispatcher, 'LOOK_SECONDS', .02)
    with poolcompat.ProcessPoolExecutor(1) as executor:
        executor.submit(tasks.square, 1).result()
        support.wait_for(lambda: executor._engine._dozing)      # so it does not keep the caller from sending
        data = bytearray(3 * MEBIBYTE)
        future = executor.submit(tasks.echo, data)
        data[:] = b'x' * len(data)
        assert future.result() == bytearray(3 * MEBIBYTE)


@pytest.mark.parametrize('name, error', [('memfd_create', errno.EPERM), ('pwrite', errno.ENOSPC)])
def test_where_the_system_refuses(monkeypatch, name, error):
    """A call goes through the pipe, as does a result."""
    def refuse(*args):
        refused.append(args)
        raise OSError(error, os.strerror(error))

    refused = []
    monkeypatch.setattr(memory, name, refuse)
    with poolcompat.ProcessPoolExecutor(1) as executor:
        data = b'x' * 3 * MEBIBYTE
        assert executor.submit(tasks.echo, data).result() == data
        assert refused or executor._engine._workers[0].channel.memory is None


def refuse_memory(*args):
    raise MemoryError('no more')


@pytest.mark.parametrize('busy', [False, True])
def test_no_memory_for_what_is_to_be_sent(busy, monkeypatch):
    """That call fails, whoever sends it."""
    monkeypatch.setattr(channel.FastChannel, 'place', refuse_memory)
    monkeypatch.setattr(channel.PortableChannel, 'place', refuse_memory)
    with poolcompat.ProcessPoolExecutor(1) as executor, contextlib.closing(support.Gate()) as gate:
        first = executor.submit(tasks.visit, gate.address) if busy else executor.submit(tasks.square, 1)
        visitor = gate.admit_one() if busy else first.result()
        big = executor.submit(tasks.echo, b'x' * 3 * MEBIBYTE)
        after = executor.submit(tasks.square, 3)
        if busy:
            visitor.let_go()
        assert isinstance(big.exception(support.GUARD), MemoryError)
        assert after.result(support.GUARD) == 9


@pytest.mark.skipif(poolcompat.get_context().get_start_method() != 'fork',
                    reason='only a forked worker is changed with its parent')
def test_no_memory_for_what_is_returned(monkeypatch):
    monkeypatch.setattr(channel.FastWorkerEnd, 'place', refuse_memory)
    monkeypatch.setattr(channel.PortableWorkerEnd, 'place', refuse_memory)
    with poolcompat.ProcessPoolExecutor(1) as executor:
        assert isinstance(executor.submit(tasks.megabytes, 3).exception(support.GUARD), MemoryError)
        assert executor.submit(tasks.square, 3).result(support.GUARD) == 9


def test_an_error_with_much_to_say():
    """Of an exception that cannot be pickled."""
    with poolcompat.ProcessPoolExecutor(1) as executor:
        error = executor.submit(tasks.raise_instance, tasks.Verbose).exception(support.GUARD)
        assert 'no pickle' in str(error)
        assert executor.submit(tasks.square, 3).result(support.GUARD) == 9


@pytest.mark.skipif(os.name != 'posix', reason='the names are those of POSIX')
def test_a_system_that_cannot_read_at_a_place():
    """As Windows."""
    program = ("import os; [delattr(os, name) for name in ('pread', 'pwrite') if hasattr(os, name)]; "
               "import poolcompat.pool")
    subprocess.check_call([sys.executable, '-c', program])


def test_a_worker_that_dies_with_something_big():
    with poolcompat.Pool(1) as pool:
        data = b'x' * 3 * MEBIBYTE
        for _ in range(2):
            lost = pool.apply_async(tasks.die_at_five, (5, data))
            again = pool.apply_async(tasks.echo, (data,))
            with pytest.raises(poolcompat.pool.WorkerLostError):
                lost.get(support.GUARD)
            assert again.get(support.GUARD) == data


@has_memory
def test_a_worker_has_no_other_workers_memory():
    """Else that would stay when both have ended."""
    with poolcompat.ProcessPoolExecutor(2) as executor:
        found = [executor.submit(tasks.open_descriptors).result() for _ in range(5)]
        for descriptors in found:
            assert len([what for what in descriptors.values() if 'poolcompat' in what]) == 1


def test_a_channel_without_it(monkeypatch):
    monkeypatch.setattr(channel, 'share', lambda keep: None)
    with poolcompat.ProcessPoolExecutor(1) as executor:
        data = b'x' * 3 * MEBIBYTE
        assert executor.submit(tasks.echo, data).result() == data
