"""What the names of pools are: what stands for each in poolcompat, who has it since when, and what is lost without it.

A ``kind`` is a name as poolcompat has it, without the first word: ``Pool``, ``pool.AsyncResult``. ``KINDS`` gives the kind
of every name of every library that is known here. A version is a tuple, the first Python that has something natively.
"""
from __future__ import absolute_import, division, print_function

import collections

OLDEST = (2, 7)

EXECUTORS = 'ProcessPoolExecutor', 'ThreadPoolExecutor', 'InterpreterPoolExecutor'
POOLS = 'Pool', 'ThreadPool'
OF_PROCESSES = 'ProcessPoolExecutor', 'Pool'

Native = collections.namedtuple('Native', 'module name since')
Feature = collections.namedtuple('Feature', 'text since')


def _native(module, since, names):
    return {name: Native(module, name.split('.')[-1], since) for name in names.split()}


NATIVE = {}
NATIVE.update(_native('concurrent.futures', (3, 2), (
    'ProcessPoolExecutor ThreadPoolExecutor Executor Future wait as_completed FIRST_COMPLETED FIRST_EXCEPTION '
    'ALL_COMPLETED CancelledError TimeoutError')))
NATIVE.update(_native('concurrent.futures', (3, 7), 'BrokenExecutor'))
NATIVE.update(_native('concurrent.futures', (3, 8), 'InvalidStateError'))
NATIVE.update(_native('concurrent.futures', (3, 14), 'InterpreterPoolExecutor'))
NATIVE.update(_native('concurrent.futures.process', (3, 3), 'BrokenProcessPool'))
NATIVE.update(_native('concurrent.futures.thread', (3, 7), 'BrokenThreadPool'))
NATIVE.update(_native('concurrent.futures.interpreter', (3, 14), (
    'interpreter.BrokenInterpreterPool interpreter.ExecutionFailed')))
NATIVE.update(_native('multiprocessing.pool', OLDEST, (
    'Pool ThreadPool pool.AsyncResult pool.MapResult pool.MaybeEncodingError')))
NATIVE.update(_native('multiprocessing.pool', (3, 3), 'pool.ApplyResult'))
NATIVE.update(_native('multiprocessing', OLDEST, 'pool.TimeoutError'))
NATIVE.update(_native('multiprocessing', (3, 4), 'get_context'))
NATIVE['cpu_count'] = Native('os', 'process_cpu_count', (3, 13))

# What replaces a name but is no pool by itself: it moves only where a pool does.
COMPANIONS = frozenset(['get_context'])

MODULES = {         # those of the same layout
    'concurrent.futures': 'poolcompat',
    'concurrent.futures.process': 'poolcompat.process',
    'concurrent.futures.thread': 'poolcompat.thread',
    'concurrent.futures.interpreter': 'poolcompat.interpreter',
    'multiprocessing.pool': 'poolcompat.pool',
}

LAYOUT = {          # module of poolcompat: name there, kind
    'poolcompat': {kind: kind for kind in NATIVE if '.' not in kind},
    'poolcompat.process': {kind: kind for kind in ('ProcessPoolExecutor', 'BrokenProcessPool')},
    'poolcompat.thread': {kind: kind for kind in ('ThreadPoolExecutor', 'BrokenThreadPool')},
    'poolcompat.interpreter': {
        'InterpreterPoolExecutor': 'InterpreterPoolExecutor', 'BrokenInterpreterPool': 'interpreter.BrokenInterpreterPool',
        'ExecutionFailed': 'interpreter.ExecutionFailed'},
    'poolcompat.pool': dict(
        {name: 'pool.' + name for name in ('AsyncResult', 'ApplyResult', 'MapResult', 'TimeoutError',
                                           'MaybeEncodingError', 'WorkerLostError')}, Pool='Pool', ThreadPool='ThreadPool'),
}


def _kinds():
    for module, names in LAYOUT.items():
        for name, kind in names.items():
            yield '%s.%s' % (module, name), kind
    for kind, native in NATIVE.items():
        if native.module != 'os':
            yield '%s.%s' % (native.module, native.name), kind
        if native.module == 'concurrent.futures':
            yield 'concurrent.futures._base.%s' % kind, kind
    for module, kinds in (('process', EXECUTORS[:1]), ('thread', EXECUTORS[1:2]), ('interpreter', EXECUTORS[2:])):
        for kind in kinds:
            yield 'concurrent.futures.%s.%s' % (module, kind), kind
    for name in 'Executor', 'Future', 'wait', 'as_completed', 'ProcessPoolExecutor', 'BrokenProcessPool', 'CancelledError', \
            'FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED', 'TimeoutError':
        yield 'loky.' + name, name
    for name in 'ProcessPoolExecutor', 'BrokenProcessPool':
        yield 'loky.process_executor.' + name, name
    for name in 'Pool', 'AsyncResult', 'ApplyResult', 'MapResult', 'MaybeEncodingError':
        yield 'billiard.pool.' + name, 'Pool' if name == 'Pool' else 'pool.' + name
    for name in 'TimeoutError', 'WorkerLostError':
        yield 'billiard.exceptions.' + name, 'pool.' + name
    yield 'multiprocessing.Pool', 'Pool'
    yield 'multiprocessing.pool.TimeoutError', 'pool.TimeoutError'
    yield 'multiprocessing.dummy.Pool', 'ThreadPool'
    yield 'billiard.Pool', 'Pool'


KINDS = dict(_kinds())

# Of these every name is of a pool, also one that is not known here.
POOL_MODULES = 'concurrent.futures', 'multiprocessing.pool', 'billiard.pool'
NO_COUNTERPART = {
    'loky.get_reusable_executor': 'make one ProcessPoolExecutor and keep it',
    'loky.wrap_non_picklable_objects': 'poolcompat sends what pickle can',
    'loky.set_loky_pickler': 'poolcompat sends what pickle can',
}
MULTIPROCESSING_STAYS = frozenset(['multiprocessing.TimeoutError'])     # poolcompat's is one of them
PREFIXES = 'concurrent', 'multiprocessing', 'billiard', 'loky', 'poolcompat', 'futures'


def canonical(dotted):
    """``futures`` is the first name of the backport of ``concurrent.futures``."""
    return 'concurrent.' + dotted if dotted == 'futures' or dotted.startswith('futures.') else dotted


def is_of_pools(dotted):
    """Whether this is a name of a pool's library, known or not."""
    if dotted in MULTIPROCESSING_STAYS:
        return False
    return dotted in KINDS or dotted in NO_COUNTERPART or any(dotted.startswith(name + '.') for name in POOL_MODULES)


# -- what each call needs --------------------------------------------------------------------------------------------

CONSTRUCTORS = {        # the parameters in their order, those by keyword only after None
    'ProcessPoolExecutor': (('max_workers', (3, 2)), ('mp_context', (3, 7)), ('initializer', (3, 7)), ('initargs', (3, 7)),
                            None, ('max_tasks_per_child', (3, 11))),
    'ThreadPoolExecutor': (('max_workers', (3, 2)), ('thread_name_prefix', (3, 6)), ('initializer', (3, 7)),
                           ('initargs', (3, 7))),
    'InterpreterPoolExecutor': (('max_workers', (3, 14)), ('thread_name_prefix', (3, 14)), ('initializer', (3, 14)),
                                ('initargs', (3, 14))),
    'Pool': (('processes', OLDEST), ('initializer', OLDEST), ('initargs', OLDEST), ('maxtasksperchild', OLDEST),
             ('context', (3, 4))),
    'ThreadPool': (('processes', OLDEST), ('initializer', OLDEST), ('initargs', OLDEST)),
}

_EXECUTOR_METHODS = {
    'submit': ((3, 2), {}), 'map': ((3, 2), {'chunksize': (3, 5), 'buffersize': (3, 14)}),
    'shutdown': ((3, 2), {'cancel_futures': (3, 9)}),
}
_POOL_METHODS = {
    'apply_async': (OLDEST, {'error_callback': (3, 3)}), 'map_async': (OLDEST, {'error_callback': (3, 3)}),
    'starmap': ((3, 3), {}), 'starmap_async': ((3, 3), {}), '__enter__': ((3, 3), {}),
}
METHODS = {             # kind: method: since, its keywords
    'ProcessPoolExecutor': dict(_EXECUTOR_METHODS, terminate_workers=((3, 14), {}), kill_workers=((3, 14), {})),
    'ThreadPoolExecutor': _EXECUTOR_METHODS, 'InterpreterPoolExecutor': _EXECUTOR_METHODS,
    'Pool': _POOL_METHODS, 'ThreadPool': _POOL_METHODS,
}

KEPT_PRIVATE = {        # what poolcompat keeps of the private attributes
    'ProcessPoolExecutor': ('_max_workers', '_processes'), 'ThreadPoolExecutor': ('_max_workers', '_threads'),
    'InterpreterPoolExecutor': ('_max_workers', '_threads'), 'Pool': ('_pool', '_processes'),
    'ThreadPool': ('_pool', '_processes'),
}

BASE = {'concurrent.futures': 'the pools of concurrent.futures (2.7: the backport futures)'}

# -- what the interpreter's own lacks, up to a version or for good ---------------------------------------------------

_OF_EXECUTORS = (
    ('Ctrl-C in a with block cancels what has not started', None),
    ('shutdown(wait=False) with a call that cannot be pickled ends', (3, 9)),
    ('TimeoutError is the builtin one', (3, 11)),
)
BEHAVIOUR = {
    'ProcessPoolExecutor': _OF_EXECUTORS + (
        ('a call, result or exception that cannot be unpickled fails alone, not the whole pool', None),
        ('workers end after their parent was killed', None),
        ('no deadlock with many calls, or with big arguments when a worker dies', (3, 12)),
        ('BrokenProcessPool says which process died, and how', (3, 15)),
        ('BrokenProcessPool says which call it was running', None),
    ),
    'ThreadPoolExecutor': _OF_EXECUTORS[:1] + (
        ('idle threads are used before new ones are started', (3, 8)),
        ('TimeoutError is the builtin one', (3, 11)),
    ),
    'Pool': (
        ('a worker that dies loses one call, which fails; natively that call is waited for for ever', None),
        ('what cannot be unpickled fails its own call; natively it is waited for for ever', None),
        ('an initializer that keeps failing ends the pool; natively workers are started for ever', None),
        ('a callback may raise, and may wait for the pool', None),
        ('a result asked for after terminate() is an error; natively it is waited for for ever', None),
    ),
    'ThreadPool': (
        ('a callback may raise, and may wait for the pool', None),
        ('a result asked for after terminate() is an error; natively it is waited for for ever', None),
    ),
}


def parameters_of(kind):
    """{parameter: since} of the constructor."""
    return dict(parameter for parameter in CONSTRUCTORS[kind] if parameter)


def positional_of(kind):
    """The (parameter, since) that may be given by place."""
    found = CONSTRUCTORS[kind]
    return found[:found.index(None)] if None in found else found


def version_text(version):
    return '%d.%d' % version
