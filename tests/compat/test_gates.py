"""Where the interpreter's own is good enough the name is the interpreter's own."""
from __future__ import absolute_import, division, print_function

import concurrent.futures
import multiprocessing
import os
import sys

import pytest

import poolcompat

NATIVE = [
    ((3, 0), 'CancelledError', concurrent.futures),
    ((2, 7), 'FIRST_COMPLETED', concurrent.futures),
    ((2, 7), 'FIRST_EXCEPTION', concurrent.futures),
    ((2, 7), 'ALL_COMPLETED', concurrent.futures),
    ((3, 4), 'get_context', multiprocessing),
    ((3, 7), 'BrokenExecutor', concurrent.futures),
    ((3, 8), 'InvalidStateError', concurrent.futures),
    ((3, 11), 'TimeoutError', concurrent.futures),
    ((3, 14), 'Executor', concurrent.futures),
]


@pytest.mark.parametrize('since,name,home', NATIVE, ids=[name for _, name, _ in NATIVE])
def test_identity(since, name, home):
    """Native from that version on, and ours before it."""
    ours, native = getattr(poolcompat, name), getattr(home, name, None)
    assert (ours is native) == (sys.version_info >= since or name == 'CancelledError' or (
        name == 'TimeoutError' and sys.version_info < (3,)))


@pytest.mark.skipif(sys.version_info < (3, 13), reason='os.process_cpu_count is from 3.13')
def test_native_cpu_count():
    assert poolcompat.cpu_count is os.process_cpu_count


def test_cpu_count_can_be_told(monkeypatch):
    if sys.version_info >= (3, 13):
        pytest.skip('the native one reads the variable when the interpreter starts')
    monkeypatch.setenv('PYTHON_CPU_COUNT', '7')
    assert poolcompat.cpu_count() == 7
    monkeypatch.setenv('PYTHON_CPU_COUNT', 'default')
    assert poolcompat.cpu_count() != 7 or multiprocessing.cpu_count() == 7


@pytest.mark.skipif(not hasattr(os, 'sched_setaffinity'), reason='the affinity cannot be set from here')
def test_cpu_count_honours_affinity():
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, [min(before)])
    try:
        assert poolcompat.cpu_count() == 1
    finally:
        os.sched_setaffinity(0, before)
    assert poolcompat.cpu_count() == len(before)
