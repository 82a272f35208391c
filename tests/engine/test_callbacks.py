"""poolcompat/_engine/callbacks.py"""
from __future__ import absolute_import, division, print_function

import gc
import weakref

import poolcompat
from tests.support import GUARD, wait_for


def test_nothing_keeps_what_has_ended():
    """Each pool of a long-lived process once left its thread's object behind."""
    pool = poolcompat.ThreadPool(1)
    assert pool.apply_async(len, ('ab',), callback=str).get(GUARD) == 2
    pool.close()
    pool.join()
    callbacks = weakref.ref(pool._callbacks)
    del pool
    gc.collect()
    wait_for(lambda: callbacks() is None, collecting=True)
