"""What the pools of some interpreters lack, as data, for ``python -m poolcompat`` and for README.md."""
from __future__ import absolute_import, division, print_function

import collections

from . import _native

#: ``since`` is the release from which the interpreter's own pools have the feature ``what``, ``how`` what fills it before,
#: or None where nothing can; ``issue`` is CPython's. The texts are those of README.md.
Feature = collections.namedtuple('Feature', 'since what how issue')

_ENGINE = 'the engine'
_MAP = 'a map of its own'
_FUTURE = 'a Future of its own'
_NAMES = 'classes of its own'

FEATURES = tuple(Feature(*row) for row in (
    ((3, 3), '`BrokenProcessPool` when a worker dies, instead of waiting for ever', _ENGINE, 'bpo-9205'),
    ((3, 4), '`get_context`, and `spawn` on POSIX', 'fresh interpreters, and locks that can be given to them', 'bpo-8713'),
    ((3, 4), '`forkserver`', None, 'bpo-8713'),
    ((3, 5), '`map(chunksize=)`', _MAP, 'bpo-11271'),
    ((3, 5), "the worker's traceback as the `__cause__` of an exception", _ENGINE, 'bpo-21817'),
    ((3, 6), '`ThreadPoolExecutor(thread_name_prefix=)`', _ENGINE, 'bpo-27664'),
    ((3, 7), '`initializer`, `initargs`', _ENGINE, 'bpo-21423'),
    ((3, 7), '`mp_context`', _ENGINE, 'bpo-31540'),
    ((3, 7), '`BrokenExecutor`, `BrokenThreadPool`', _NAMES, 'bpo-21423'),
    ((3, 7), 'a call that cannot be pickled fails its own future; no deadlock', _ENGINE, 'bpo-31699'),
    ((3, 7), '`map` and `as_completed` hold nothing that they have yielded', _MAP, 'bpo-27144'),
    ((3, 8), '`InvalidStateError`; a result is set once', _FUTURE, 'bpo-33238'),
    ((3, 8), 'idle threads are used before new ones are started; at most 32 by default', _ENGINE, 'bpo-24882, bpo-35279'),
    ((3, 8), 'a callback that raises is logged, on a finished future too', _FUTURE, 'bpo-33110'),
    ((3, 8), 'timeouts by a monotonic clock', 'waits of its own', 'bpo-34819'),
    ((3, 8), 'more than 61 workers on Windows: a ValueError at once', 'a check', 'bpo-26903'),
    ((3, 9), '`fn` is positional-only: a task may have arguments named `fn` and `self`', 'a check', "3.8's deprecations"),
    ((3, 9), '`shutdown(cancel_futures=)`', _ENGINE, 'bpo-39349'),
    ((3, 9), 'workers start on demand (`spawn`, `forkserver`); idle ones are reused', _ENGINE, 'bpo-39207, gh-90622'),
    ((3, 9), '`shutdown(wait=False)` with a call that cannot be pickled ends', _ENGINE, 'bpo-39104'),
    ((3, 9), '`Future[int]`', _FUTURE, ''),
    ((3, 11), '`TimeoutError` is the builtin one', 'a class that is both', 'bpo-42413'),
    ((3, 11), '`map` cancels the call that it was waiting for', _MAP, 'gh-95166'),
    ((3, 11), '`wait` takes a future twice', 'waits of its own', 'bpo-20369'),
    ((3, 11), '`max_tasks_per_child`', _ENGINE, 'bpo-44733'),
    ((3, 12), 'no deadlock with many tasks, or with big arguments when a worker dies', _ENGINE, 'gh-105829, gh-94777'),
    ((3, 13), 'as many workers as CPUs this process may use', 'reading the affinity', 'gh-109649'),
    ((3, 14), '`map(buffersize=)`: endless input', _MAP, 'gh-74028'),
    ((3, 14), '`terminate_workers()`, `kill_workers()`', _ENGINE, 'gh-128041'),
    ((3, 14), 'an exception that is false is raised, not turned into `None`', _FUTURE, 'gh-132063'),
    ((3, 14), '`InterpreterPoolExecutor`', None, 'gh-124694'),
    ((3, 15), 'process and exit code of the worker that died', _ENGINE, 'gh-139462'),
    ((3, 15), 'each future has a `BrokenProcessPool` of its own', _ENGINE, 'gh-101267'),
    ((3, 15), '`max_tasks_per_child` without a deadlock', _ENGINE, 'gh-115634'),
))


def here(feature):
    """Return what the feature is on this interpreter: ``'native'``, ``'filled'``, or ``'none'`` where it cannot be had."""
    if _native.has_since(feature.since):
        return 'native'
    return 'filled' if feature.how else 'none'
