"""A switch for tests: the engines yield at marked points in an order that a seed decides, so that rare interleavings happen.

The points are where a thread is about to take a step that others see, or has just taken it: before and after each function
of ``POINTS``, what ``sender`` returns, and each step of the generator ``among``. Nothing in the package knows of it. What is
forked afterwards yields as well.
"""
from __future__ import absolute_import, division, print_function

import functools
import random
import sys
import time

from poolcompat._engine import callbacks, channel, claims, dispatcher, exits, replacing, slots, threads

POINTS = [
    (exits.Served, ['check_open', 'serve']),
    (dispatcher.Engine, ['_accept', '_leave', '_hand_over', '_pack', '_start_workers', '_start_worker', '_welcome',
                         '_launch_thread', '_run', '_settle', '_patience', '_is_over', '_news', '_cancel_pending',
                         '_drop_pending', '_note', '_retire', '_plan', '_take_back', '_bury', '_explain_death', '_take_all',
                         '_end', '_dismiss', 'close', 'join', 'abandon', 'stop_workers']),
    (replacing.PoolEngine, ['_look_over', '_could_not_start', '_let_go', 'abandon', 'terminate']),
    (threads.ThreadEngine, ['_start_thread', '_close', '_drain', '_leave', '_next', 'abandon']),
    (callbacks.Callbacks, ['add', 'stop', '_step', '_drain']),
    (slots.Slot, ['set_result', 'tell']),
    (claims.ParentClaims, ['offer', 'take_back']),
    (claims.WorkerClaims, ['among']),
    (channel.FastChannel, ['receive', 'flush', 'close']),
    (channel.PortableChannel, ['receive', 'flush', 'close']),
    (channel.FastPoller, ['add', 'remove', 'wake', 'drain', 'poll']),
    (channel.PortablePoller, ['add', 'remove', 'wake', 'drain', 'poll']),
    (channel.FastWorkerEnd, ['place', 'sender']),
    (channel.PortableWorkerEnd, ['place', 'sender']),
]


def turn_on(seed):
    """Have every thread of this process yield at the points, from now on, and the interpreter switch as often as it can."""
    chance = random.Random(seed).random

    def give_way():
        draw = chance()
        if draw < .3:
            time.sleep(0 if draw < .2 else (draw - .2) / 50)     # at most 2 ms

    for owner, names in POINTS:
        for name in names:
            yielding = {'among': _yielding_steps, 'sender': _yielding_result}.get(name, _yielding)
            setattr(owner, name, yielding(vars(owner)[name], give_way))
    if hasattr(sys, 'setswitchinterval'):
        sys.setswitchinterval(1e-6)
    else:
        sys.setcheckinterval(1)


def _yielding(function, give_way):
    @functools.wraps(function)
    def between(*args, **kwargs):
        give_way()
        try:
            return function(*args, **kwargs)
        finally:
            give_way()
    return between


def _yielding_steps(generator, give_way):
    @functools.wraps(generator)
    def between(*args):
        give_way()
        for step in generator(*args):
            give_way()
            yield step
            give_way()
    return between


def _yielding_result(function, give_way):
    @functools.wraps(function)
    def made(*args):
        return _yielding(function(*args), give_way)
    return made
