"""Code that is unsafe whatever the pool. Each rule says nothing where it is not sure."""
from __future__ import absolute_import, division, print_function

import ast
import os

from . import names
from .find import Finding
from .scopes import COMPREHENSIONS, FUNCTIONS, LOOPS, set_bindings

RULES = {}              # code: what it is about, in one line

_SENDS_ONE = frozenset(['submit', 'apply', 'apply_async'])
_SENDS = _SENDS_ONE | frozenset(['map', 'map_async', 'starmap', 'starmap_async', 'imap', 'imap_unordered'])
_NOT_PICKLED = frozenset([
    'threading.Lock', 'threading.RLock', 'threading.Condition', 'threading.Event', 'threading.Thread', 'threading.local',
    'threading.Semaphore', 'socket.socket', 'sqlite3.connect', 'subprocess.Popen'])
_CHANGES = frozenset(['append', 'extend', 'update', 'add', 'setdefault', 'insert'])


def rule(code, text):
    """Register a function of a module that yields (node, message) or (node, message, blocks)."""
    def register(look):
        RULES[code] = text
        look.code = code
        _LOOKS.append(look)
        return look
    return register


_LOOKS = []


def warnings(module):
    """Yield a Finding for each rule that the module breaks."""
    facts = _Facts(module)
    for look in _LOOKS:
        for found in look(module, facts):
            yield Finding(module, found[0], look.code, *found[1:])


class _Send(object):
    """A call that gives a pool something to do: ``pool`` is its Value, ``function`` what is to run, ``others`` what goes
    with it."""

    def __init__(self, call, pool, function, others):
        self.call, self.pool, self.function, self.others = call, pool, function, others


class _Facts(object):
    """What several rules ask for."""

    def __init__(self, module):
        self.module = module
        self.calls = [node for node in module.nodes if isinstance(node, ast.Call)]
        self.pools = []         # the Value of each call that makes a pool of processes
        self.sends = []
        for call in self.calls:
            value = module.value(call)
            if value is not None and value.call is call and value.kind in names.OF_PROCESSES:
                self.pools.append(value)
            send = self._send(call)
            if send is not None:
                self.sends.append(send)
        self.asks_for_fork = any(self._names_fork(call) for call in self.calls)

    def _send(self, call):
        if not (isinstance(call.func, ast.Attribute) and call.func.attr in _SENDS):
            return None
        pool = self.module.value(call.func.value)
        if pool is None or pool.kind not in names.CONSTRUCTORS:
            return None
        function = call.args[0] if call.args else _keyword(call, 'func')
        others = []
        if call.func.attr == 'submit':
            others = call.args[1:] + [word.value for word in call.keywords]
        elif call.func.attr in _SENDS_ONE:
            given = call.args[1] if len(call.args) > 1 else _keyword(call, 'args')
            others = given.elts if isinstance(given, (ast.Tuple, ast.List)) else []
        return _Send(call, pool, function, others) if function is not None else None

    @staticmethod
    def _names_fork(call):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, 'id', '')
        return called in ('get_context', 'set_start_method') and bool(call.args) and (
            isinstance(call.args[0], ast.Constant) and call.args[0].value == 'fork')

    def to_processes(self):
        return [send for send in self.sends if send.pool.kind in names.OF_PROCESSES]

    def function_of(self, node):
        """The ``def`` that a name means, if it is one."""
        if isinstance(node, ast.Call) and self.module.is_called(node, 'functools.partial') and node.args:
            node = node.args[0]
        if not isinstance(node, ast.Name):
            return None
        found = set_bindings(node)
        if len(found) == 1 and isinstance(found[0].node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return found[0].node
        return None

    def reached(self, start):
        """``start`` and every function of the module that it calls, one through another."""
        found, to_do = [], [start]
        while to_do:
            function = to_do.pop()
            if function not in found:
                found.append(function)
                called = [self.function_of(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)]
                to_do += [each for each in called if each is not None]
        return found

    def initializers(self):
        """Every function that an initializer runs."""
        found = []
        for pool in self.pools:
            start = self.function_of(initializer_of(pool))
            if start is not None:
                found += self.reached(start)
        return found


def _keyword(call, name):
    return next((word.value for word in call.keywords if word.arg == name), None)


def initializer_of(pool):
    """The expression that is the initializer of a pool, or None."""
    parameters = [name for name, _ in names.positional_of(pool.kind)]
    place = parameters.index('initializer')
    return pool.call.args[place] if len(pool.call.args) > place else _keyword(pool.call, 'initializer')


def _guard(node):
    """The ``if __name__ == ...`` around a node, or None."""
    while node is not None:
        if isinstance(node, ast.If) and any(isinstance(part, ast.Name) and part.id == '__name__'
                                            for part in ast.walk(node.test)):
            return node
        node = node.parent
    return None


def _runs_at_import(module, node):
    return module.enclosing(node, FUNCTIONS) is None and _guard(node) is None


def _works_as_script_only(module):
    """A ``__main__.py`` of a package is not imported by workers."""
    return os.path.basename(module.path) == '__main__.py'


@rule('import-time-pool', 'a pool of processes is used as the module is imported')
def _import_time_pool(module, facts):
    if facts.asks_for_fork or _works_as_script_only(module):
        return
    used = set(id(send.pool.call) for send in facts.to_processes() if _runs_at_import(module, send.call))
    for pool in facts.pools:
        if _runs_at_import(module, pool.call) and (pool.kind == 'Pool' or id(pool.call) in used):
            yield pool.call, ("workers are started as this module is imported, and import it again themselves: put it under "
                              "if __name__ == '__main__'")


@rule('unguarded-script', 'a script starts workers and has no __main__ guard')
def _unguarded_script(module, facts):
    if facts.asks_for_fork or _works_as_script_only(module):
        return
    for call in facts.calls:
        start = facts.function_of(call.func) if _runs_at_import(module, call) else None
        if start is None or module.enclosing(call, (ast.ClassDef,)) is not None:
            continue
        inside = set(id(node) for function in facts.reached(start) for node in ast.walk(function))
        used = set(id(send.pool.call) for send in facts.to_processes() if id(send.call) in inside)
        if any(id(pool.call) in inside and (pool.kind == 'Pool' or id(pool.call) in used) for pool in facts.pools):
            yield call, ('%s() starts workers as this file is imported, and they import it again unless they are forked '
                         "(not the default from Python 3.14): call it under if __name__ == '__main__'" % start.name)


@rule('not-picklable', 'what is sent to a process cannot be pickled')
def _not_picklable(module, facts):
    for send in facts.to_processes():
        for node in [send.function] + list(send.others):
            reason = _unpicklable(module, facts, node, node is send.function)
            if reason:
                loky = [binding for binding in send.pool.bindings if binding.path.startswith('loky')]
                yield node, reason + (' (poolcompat pickles by pickle; loky could send it)' if loky else ''), loky


def _unpicklable(module, facts, node, is_function):
    if module.is_called(node, 'functools.partial') and node.args:
        node = node.args[0]
    if isinstance(node, ast.Lambda) or isinstance(module.only_value(node), ast.Lambda):
        return 'a lambda cannot be pickled: write a function of the module'
    if isinstance(node, ast.GeneratorExp):
        return 'a generator cannot be pickled: send a list'
    function = facts.function_of(node)
    if function is not None and isinstance(function.scope.node, FUNCTIONS) and (
            function.name not in function.scope.elsewhere):
        return 'the function %s is local to another and cannot be pickled: move it to the module' % function.name
    if is_function and isinstance(node, ast.Attribute):
        return _method_unpicklable(module, node)
    return None


def _method_unpicklable(module, node):
    owner = module.enclosing(node, (ast.ClassDef,))
    if owner is None or not (isinstance(node.value, ast.Name) and node.value.id == 'self'):
        return None
    methods = dict((child.name, child) for child in owner.body if isinstance(child, FUNCTIONS))
    plain = node.attr in methods and not methods[node.attr].decorator_list
    knows = set(methods) & set(['__getstate__', '__reduce__', '__reduce_ex__'])
    alone = all(isinstance(base, ast.Name) and base.id == 'object' for base in owner.bases)
    if not plain or knows or not alone:
        return None
    module.attribute(node)
    for name, values in sorted(owner.attributes.items()):
        values = [value for value in values if not (isinstance(value, ast.Constant) and value.value is None)]
        if values and all(_holds_what_is_not_pickled(module, value) for value in values):
            return 'a bound method takes its object along, whose attribute %s cannot be pickled' % name
    return None


def _holds_what_is_not_pickled(module, value):
    known = module.value(value)
    if known is not None and known.kind in names.CONSTRUCTORS:
        return True
    opens = (isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == 'open'
             and not value.func.scope.lookup('open'))
    return opens or isinstance(value, (ast.Lambda, ast.GeneratorExp)) or module.is_called(value, *_NOT_PICKLED)


@rule('fork-only', 'workers count on having been forked')
def _fork_only(module, facts):
    if facts.asks_for_fork:
        return
    for pool in facts.pools:
        initializer = initializer_of(pool)
        if initializer is not None and _unpicklable(module, facts, initializer, False):
            yield initializer, 'an initializer that cannot be pickled works under fork only, not the default from 3.14 on'
    safe = facts.initializers()
    told = set()
    for send in facts.to_processes():
        worker = facts.function_of(send.function)
        if worker is None or worker.scope is not module.scope:
            continue
        for node in ast.walk(worker):
            if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)):
                continue
            where = _filled_before(module, facts, node, send, safe, worker)
            if where is not None and (worker, node.id) not in told:
                told.add((worker, node.id))
                yield node, ('the global %s is set at line %d, before the pool, and read in workers, which see it by fork '
                             'only (not the default from Python 3.14): hand it over by initializer and initargs'
                             % (node.id, where))


def _filled_before(module, facts, node, send, safe, worker):
    """The line that sets the global in the parent alone, in the same function or guard as the pool and before it."""
    bindings = set_bindings(node)
    if not bindings or node.scope.lookup(node.id) is not module.scope.names.get(node.id):
        return None
    at_import, later = [], []
    for binding in bindings:
        if binding.how not in ('is', 'in', 'other') or not isinstance(binding.node, ast.Name):
            return None
        (at_import if _runs_at_import(module, binding.node) else later).append(binding.node)
    if any(not _is_empty(binding.value) for binding in bindings if binding.node in at_import):
        return None
    later += _changes(module, node.id)
    if worker in [module.enclosing(each, FUNCTIONS) for each in later]:
        return None
    if any(module.enclosing(each, FUNCTIONS) in safe for each in later):
        return None
    place = _place(module, send.pool.call)
    before = [module.position(each)[0] for each in later
              if place is not None and _place(module, each) is place and each.lineno < send.pool.call.lineno]
    return min(before) if before else None


def _place(module, node):
    return module.enclosing(node, FUNCTIONS) or _guard(node)


def _is_empty(value):
    if isinstance(value, ast.Call):
        return not value.args and isinstance(value.func, ast.Name) and value.func.id in ('dict', 'list', 'set')
    return (isinstance(value, ast.Constant) and value.value is None) or (
        isinstance(value, (ast.List, ast.Tuple)) and not value.elts) or (isinstance(value, ast.Dict) and not value.keys)


def _changes(module, name):
    """The places, none of them run at import, where the global container of this name is filled."""
    found = []
    for node in module.nodes:
        owner = None
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            owner = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
            owner = node.func.value
        if isinstance(owner, ast.Name) and owner.id == name and not _runs_at_import(module, node) and (
                owner.scope.lookup(name) is module.scope.names.get(name)):
            found.append(node)
    return found


@rule('never-collected', 'nobody looks at a result, nor at its exception')
def _never_collected(module, facts):
    for send in facts.sends:
        method = send.call.func.attr
        if method in ('submit', 'apply_async', 'map_async', 'starmap_async'):
            if _has_callback(send.call):
                continue
        elif not (method == 'map' and send.pool.kind in names.EXECUTORS):
            continue
        if _is_dropped(module, send.call):
            yield send.call, 'nobody takes the result of this %s: an exception in the call is never seen' % method


def _has_callback(call):
    places = {'apply_async': 3, 'map_async': 3, 'starmap_async': 3}
    return any(_keyword(call, name) is not None for name in ('callback', 'error_callback')) or (
        len(call.args) > places.get(call.func.attr, len(call.args)))


def _is_dropped(module, node):
    parent = node.parent
    if isinstance(parent, COMPREHENSIONS) and getattr(parent, 'elt', None) is node and not isinstance(
            parent, ast.GeneratorExp):
        node, parent = parent, parent.parent
    if isinstance(parent, ast.Expr):
        return True
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
        target = parent.targets[0]
        if target.id == '_':
            return True
        local = isinstance(target.scope.node, FUNCTIONS) and target.id not in target.scope.elsewhere
        return local and not any(isinstance(each, ast.Name) and each.id == target.id and not isinstance(each.ctx, ast.Store)
                                 for each in ast.walk(target.scope.node))
    return False


@rule('map-in-loop', 'a map in each turn of a loop, without chunks')
def _map_in_loop(module, facts):
    for send in facts.to_processes():
        loop = _loop(module, send.call)
        if send.call.func.attr not in ('map', 'imap', 'imap_unordered', 'starmap') or loop is None or _has_chunks(send):
            continue
        set_inside = set(node.id for part in loop.body for node in ast.walk(part)
                         if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        read = set(node.id for argument in send.call.args for node in ast.walk(argument) if isinstance(node, ast.Name))
        if not set_inside & read:
            yield send.call, ('every turn of the loop waits for its slowest call, and nothing says how many calls go to a '
                              'worker at once: give it chunksize, or all the work in one %s' % send.call.func.attr)


def _loop(module, call):
    """The ``for`` around a call, in the same function, whose pool was made before it."""
    loop = module.enclosing(call, LOOPS + FUNCTIONS)
    return loop if isinstance(loop, ast.For) and call not in list(ast.walk(loop.iter)) else None


def _has_chunks(send):
    """Whether chunksize is given, or may be; to a Pool's method it is the third argument."""
    given = send.call.args
    return any(word.arg in ('chunksize', None) for word in send.call.keywords) or (
        len(given) > 2 and send.pool.kind in names.POOLS) or any(isinstance(item, ast.Starred) for item in given)


@rule('never-closed', 'a pool is never closed, or joined before it is closed')
def _never_closed(module, facts):
    for call in facts.calls:
        value = module.value(call)
        if value is None or value.call is not call or value.kind not in names.POOLS:
            continue
        parent = call.parent
        if isinstance(parent, ast.Attribute) and parent.attr in _SENDS:
            yield call, 'this pool has no name and is never closed: use with, or close() and join()'
        elif isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
            target = parent.targets[0]
            if isinstance(target.scope.node, FUNCTIONS) and len(target.scope.lookup(target.id)) == 1:
                message = _never_closed_name(target, value.kind)
                if message:
                    yield call, message


def _never_closed_name(target, kind):
    called, uncollected = {}, False
    for node in ast.walk(target.scope.node):
        if not (isinstance(node, ast.Name) and node.id == target.id) or node is target:
            continue
        user = node.parent
        if not (isinstance(user, ast.Attribute) and isinstance(user.parent, ast.Call) and user.parent.func is user):
            return None     # it is handed to somebody
        called.setdefault(user.attr, user.lineno)
        uncollected = uncollected or (user.attr.endswith('_async') and isinstance(user.parent.parent, ast.Expr))
    ended = [called[name] for name in ('close', 'terminate') if name in called]
    if not ended:
        return 'this pool is never closed: use with, or close() and join()'
    if 'join' in called and called['join'] < min(ended):
        return 'join() comes before close(): it raises'
    if 'join' not in called and 'terminate' not in called and uncollected:
        return 'nobody waits for the calls of this pool: after close(), join()'
    return None


@rule('wrong-timeout', 'an except clause for another TimeoutError than the one that is raised')
def _wrong_timeout(module, facts):
    for node in module.nodes:
        if not isinstance(node, ast.Try):
            continue
        raised = sorted(_timeouts(module, node), key=str)
        if raised:
            caught = [(handler, _caught(module, handler)) for handler in node.handlers]
            everything = set(what for _, found in caught for what in found)
            for handler, found in caught:
                message = _mismatch(raised, found, everything)
                if message:
                    yield handler, message


def _timeouts(module, node):
    """(kind, whether poolcompat's) of each TimeoutError that the body of a try may raise."""
    found = set()
    for part in node.body:
        for call in ast.walk(part):
            if not isinstance(call, ast.Call) or module.enclosing(call, (ast.Try,) + FUNCTIONS) is not node:
                continue
            if not (isinstance(call.func, ast.Attribute) and (call.args or _keyword(call, 'timeout') is not None)):
                continue
            owner = module.value(call.func.value)
            if owner is not None and (owner.kind, call.func.attr) in (
                    ('Future', 'result'), ('Future', 'exception'), ('pool.AsyncResult', 'get')):
                ours = any(binding.path.startswith('poolcompat') for binding in owner.bindings)
                found.add(('TimeoutError' if owner.kind == 'Future' else 'pool.TimeoutError', ours))
    return found


def _caught(module, handler):
    """The kinds of TimeoutError that a handler names; 'builtin' is one; 'all' where it takes everything."""
    if handler.type is None:
        return ['all']
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    found = []
    for node in types:
        name = node.id if isinstance(node, ast.Name) and not node.scope.lookup(node.id) else None
        if name == 'TimeoutError':
            found.append('builtin')
        elif name in ('Exception', 'BaseException'):
            found.append('all')
        else:
            kind = module.kind(node)
            ours = any(dotted.startswith('poolcompat.') for dotted in module.dotted(node))
            if kind in ('TimeoutError', 'pool.TimeoutError'):
                found.append('poolcompat.' + kind if ours else kind)
    return found


_CATCHES = {            # what is raised: what catches it
    ('TimeoutError', False): ('TimeoutError',),
    ('TimeoutError', True): ('TimeoutError', 'poolcompat.TimeoutError', 'builtin'),
    ('pool.TimeoutError', False): ('pool.TimeoutError',),
    ('pool.TimeoutError', True): ('pool.TimeoutError', 'poolcompat.pool.TimeoutError', 'TimeoutError',
                                  'poolcompat.TimeoutError', 'builtin'),
}
_NAMES = {'TimeoutError': 'concurrent.futures.TimeoutError', 'pool.TimeoutError': 'multiprocessing.TimeoutError',
          'builtin': 'the builtin TimeoutError'}


def _mismatch(raised, found, everything):
    if not found or 'all' in everything or any(set(_CATCHES[what]) & everything for what in raised):
        return None
    kind = raised[0][0]
    text = 'what is raised here is %s, not %s' % (_NAMES[kind], _NAMES.get(found[0], found[0]))
    if found[0] == 'builtin' and kind == 'TimeoutError':
        text = 'what is raised here is the builtin TimeoutError from Python 3.11 on only; in poolcompat it is everywhere'
    return text
