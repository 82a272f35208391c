"""``poolcompat._engine.channel``: frames arrive whole, in order, whatever their size."""
from __future__ import absolute_import, division, print_function

import errno
import gc
import os
import platform
import subprocess
import sys
import threading
import weakref

import pytest

import poolcompat
from poolcompat import get_context
from poolcompat._engine import channel as channels

from .. import tasks

SIZES = [0, 1, 100, 1 << 16, (1 << 16) + 1, 3 << 20]


@pytest.fixture(params=[channels.FastChannel, channels.PortableChannel])
def channel(request):
    if request.param is channels.FastChannel:
        pytest.importorskip('fcntl', reason='the fast channel is for POSIX')
    channel = request.param(get_context())
    yield channel
    channel.close()
    channels._disown(channel._workers)
    channel.worker_end = None       # refers to the memory too


def in_thread(function, *args):
    thread = threading.Thread(target=function, args=args)
    thread.start()
    return thread


def receive(channel, count):
    """Return ``count`` frames; the channel does not block, so that asks again and again."""
    frames = []
    while len(frames) < count:
        frames.extend(channel.receive())
    return [(kind, number, bytes(body)) for kind, number, _, body in frames]


def flush(channel):
    while channel.unsent:
        channel.flush()


def run(channel):
    """Return ``(number, body, first)`` of each call that the worker is to run."""
    return [(number, bytes(body), first) for numbers, body, first in channel.worker_end.calls() for number in numbers]


def bodies():
    return [bytes(bytearray([65 + number])) * size for number, size in enumerate(SIZES)]


def test_calls_arrive_as_they_were_sent(channel):
    got = []
    reader = in_thread(lambda: got.extend(run(channel)))
    for number, body in enumerate(bodies()):
        channel.unsent.extend(channel.entries([(channels.CALL, number, body, 1)]))
        flush(channel)
    channel.unsent.extend(channel.entries([(channels.EXIT, 0, b'', 0)]))
    flush(channel)
    reader.join()
    assert got == [(number, body, None) for number, body in enumerate(bodies())]


def test_results_arrive_as_they_were_sent(channel):
    def work():
        send = channel.worker_end.sender()
        for number, body in enumerate(bodies()):
            send(channels.RESULT, number, body, 0.5)
    writer = in_thread(work)
    assert receive(channel, len(SIZES)) == [(channels.RESULT, number, body) for number, body in enumerate(bodies())]
    writer.join()


def cut_short(fd, data):
    return os.write(fd, data[:5])


def interrupted(fd, data):
    raise OSError(errno.EINTR, 'Interrupted system call')


@pytest.mark.parametrize('write_once', [cut_short, interrupted])
def test_a_signal_may_cut_the_writing_of_a_result_short(write_once, monkeypatch):
    pytest.importorskip('fcntl', reason='the fast channel is for POSIX')
    monkeypatch.setattr(channels, 'write_once', write_once)
    channel = channels.FastChannel(get_context())
    channel.worker_end.sender()(channels.RESULT, 1, b'whole', 0.5)
    assert receive(channel, 1) == [(channels.RESULT, 1, b'whole')]
    channel.close()
    channels._disown(channel._workers)


def test_a_result_is_not_written_twice_where_a_handler_raises(monkeypatch):
    """As it has been written, an error of the system's kind."""
    pytest.importorskip('fcntl', reason='the fast channel is for POSIX')

    def write_and_raise(fd, data):
        os.write(fd, data)
        raise OSError('alarm')

    monkeypatch.setattr(channels, 'write_once', write_and_raise)
    channel = channels.FastChannel(get_context())
    with pytest.raises(OSError):
        channel.worker_end.sender()(channels.RESULT, 1, b'whole', 0.5)
    assert len(channel.receive()) == 1
    channel.close()
    channels._disown(channel._workers)


def test_what_was_sent_before_the_end_arrives_before_it(channel):
    channel.worker_end.sender()(channels.RESULT, 1, b'last', 0.5)
    channels._disown(channel._workers)
    assert receive(channel, 1) == [(channels.RESULT, 1, b'last')]
    with pytest.raises(EOFError):
        channel.receive()


def test_the_end_of_the_parent_is_an_error(channel):
    got = []

    def work():
        with pytest.raises(EOFError):
            got.extend(run(channel))
        got.append('end')
    reader = in_thread(work)
    channels._disown([channel._calls])
    reader.join()
    assert got == ['end']


@pytest.mark.skipif(os.name != 'posix', reason='Windows has handles, none of them small')
@pytest.mark.parametrize('kind', ['FastChannel', 'PortableChannel'])
def test_no_end_is_a_standard_stream(kind, tmpdir):
    """Whatever another thread did to what else keeps descriptors away from those."""
    program = '''
import os, sys
from poolcompat import get_context
from poolcompat._engine import channel as channels
told = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
for fd in 0, 1, 2:
    os.close(fd)
channel = channels.%s(get_context())
both = channel._mine + channel._workers + list(getattr(channel, '_both', ()))
os.write(told, repr(sorted(end.fileno() for end in both)[0] > 2).encode())
channel.close()
''' % kind
    told = tmpdir.join('told')
    subprocess.check_call([sys.executable, '-c', program, str(told)])
    assert told.read() == 'True'


def test_a_call_that_was_taken_back_is_left_out():
    pytest.importorskip('fcntl', reason='the fast channel is for POSIX')
    channel = channels.FastChannel(get_context())
    channel.claims.offer([1, 2])
    channel.unsent.extend(channel.entries(
        [(channels.CALL, 0, b'a', 1), (channels.QUEUED, 1, b'b', 1), (channels.QUEUED, 2, b'c', 1),
         (channels.EXIT, 3, b'', 0)]))
    assert channel.claims.take_back(1) == [1]
    flush(channel)
    assert run(channel) == [(0, b'a', None), (2, b'c', None)]
    channel.close()
    channels._disown(channel._workers)


def test_some_of_those_that_came_together_are_taken_back():
    pytest.importorskip('fcntl', reason='the fast channel is for POSIX')
    channel = channels.FastChannel(get_context())
    channel.claims.offer([3, 4, 5, 6])
    channel.unsent.extend(channel.entries([(channels.TOGETHER, 3, b'all', 4), (channels.EXIT, 7, b'', 0)]))
    assert channel.claims.take_back(2) == [3, 4]
    flush(channel)
    assert run(channel) == [(5, b'all', 3), (6, b'all', 3)]
    channel.close()
    channels._disown(channel._workers)


def test_a_full_pipe_does_not_block():
    pytest.importorskip('fcntl', reason='the fast channel is for POSIX')
    channel = channels.FastChannel(get_context())
    body = b'x' * (8 << 20)
    channel.unsent.extend(channel.entries([(channels.CALL, 0, body, 1), (channels.EXIT, 1, b'', 0)]))
    channel.flush()
    assert channel.unsent           # nobody reads, and yet it came back
    got = []
    reader = in_thread(lambda: got.extend(run(channel)))
    flush(channel)
    reader.join()
    assert got == [(0, body, None)]
    channel.close()
    channels._disown(channel._workers)


def test_a_worker_that_is_gone_takes_everything():
    pytest.importorskip('fcntl', reason='the fast channel is for POSIX')
    channel = channels.FastChannel(get_context())
    channels._disown(channel._workers)
    channel.unsent.extend(channel.entries([(channels.CALL, 0, b'x', 1)]))
    channel.flush()
    assert not channel.unsent
    channel.close()


@pytest.mark.parametrize('poller_type', [channels.FastPoller, channels.PortablePoller])
def test_a_wake_is_not_lost(poller_type):
    if poller_type is channels.FastPoller:
        pytest.importorskip('fcntl', reason='the fast poller is for POSIX')
    poller = poller_type(get_context())
    for _ in range(1000):
        waker = in_thread(poller.wake)
        assert poller.poll(None) == ([None], [])
        waker.join()
        poller.drain()
        assert poller.poll(0) == ([], [])
    poller.close()


@pytest.mark.skipif(platform.python_implementation() == 'PyPy', reason='PyPy frees what nobody holds some time later')
@pytest.mark.parametrize('poller_type', [channels.FastPoller, channels.PortablePoller])
def test_a_poller_that_nobody_holds_is_gone(poller_type):
    """And its descriptor with it, without the collector."""
    if poller_type is channels.FastPoller:
        pytest.importorskip('fcntl', reason='the fast poller is for POSIX')
    gc.disable()
    try:
        poller = poller_type(get_context())
        poller.wake()
        poller.drain()
        poller.close()
        gone = weakref.ref(poller)
        del poller
        assert gone() is None
    finally:
        gc.enable()


def test_the_portable_channel_can_be_forced(monkeypatch):
    monkeypatch.setenv('POOLCOMPAT_CHANNEL', 'portable')
    assert channels.choose() == (channels.PortableChannel, channels.PortablePoller)


def test_a_pool_on_the_portable_channel_after_ctrl_c(monkeypatch):
    """The dispatcher looks everything over, and finds nothing that a caller was left to."""
    monkeypatch.setenv('POOLCOMPAT_CHANNEL', 'portable')
    with poolcompat.ProcessPoolExecutor(1) as executor:
        executor.submit(tasks.square, 1).result()
        executor._engine._suspect = True
        executor._engine._wake()
        assert executor.submit(tasks.square, 2).result() == 4
