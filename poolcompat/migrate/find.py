"""The uses of pools in one module, what each needs, and what a rewrite cannot do."""
from __future__ import absolute_import, division, print_function

import ast
import re

from . import names
from .names import Feature
from .scopes import FUNCTIONS

_IN_STRINGS = re.compile(r'(^|\.)(multiprocessing\.(Pool|pool|dummy)|concurrent\.futures)\b')
_BY_STRING = frozenset(['patch', 'import_module', '__import__', 'setattr'])
_PLAIN_MODULES = frozenset(['multiprocessing.dummy', 'billiard.pool', 'concurrent.futures._base']) | set(names.MODULES)


class Use(object):
    """One use: its place, its name, what it is (``kind``, None where unknown), and the Features that it needs."""

    def __init__(self, module, node, name, kind, features=(), bindings=()):
        self.node, self.name, self.kind = node, name, kind
        self.line, self.column = module.position(node)
        self.features = list(features)
        self.bindings = list(bindings)

    @property
    def target(self):
        """The name in poolcompat, or None where it has none or this is one of its own."""
        if self.kind is None or self.name not in names.KINDS or self.name.startswith('poolcompat.'):
            return None
        return 'poolcompat.' + self.kind

    @property
    def needs(self):
        """The first Python that has all of it natively, or None where none is known."""
        since = [feature.since for feature in self.features]
        if None in since:
            return None
        return max(since) if since else names.OLDEST


class Finding(object):
    """Something that needs hands: ``code`` and ``message``. What is bound by ``blocks`` is not rewritten."""

    def __init__(self, module, node, code, message, blocks=()):
        self.node, self.code, self.message = node, code, message
        self.line, self.column = module.position(node)
        self.blocks = list(blocks)


def uses(module):
    """Yield each Use of the module."""
    for node in module.nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found = _imported(module, node)
        elif isinstance(node, (ast.Attribute, ast.Name)):
            found = _named(module, node)
        elif isinstance(node, ast.Call):
            found = _called(module, node)
        elif isinstance(node, ast.withitem):
            found = _entered(module, node)
        else:
            continue
        for use in found:
            yield use


def _imports(node):
    for alias in node.names:
        bound = alias.asname or (alias.name if isinstance(node, ast.ImportFrom) else alias.name.split('.')[0])
        for binding in node.scope.lookup(bound):
            if binding.node is node and node.names[binding.index] is alias:
                yield binding


def _imported(module, node):
    for binding in _imports(node):
        if names.is_of_pools(binding.path) or binding.path in _PLAIN_MODULES:
            kind = names.KINDS.get(binding.path)
            yield Use(module, node, binding.path, kind, _base(binding.path, kind), [binding])


def _base(dotted, kind):
    """The Feature that a name is by itself."""
    if dotted.split('.')[0] in ('billiard', 'loky', 'poolcompat') or dotted in names.NO_COUNTERPART:
        if kind is None:
            return []
    if kind in names.NATIVE:
        native = names.NATIVE[kind]
        return [Feature(native.name, native.since)] if native.since > names.OLDEST else []
    if kind is not None:
        return [Feature(kind.split('.')[-1], None)]
    return [Feature('concurrent.futures', (3, 2))] if dotted.startswith('concurrent.') else []


def _named(module, node):
    if isinstance(node.parent, ast.Call) and node.parent.func is node and module.kind(node) in names.CONSTRUCTORS:
        return      # that is a call
    known = sorted(dotted for dotted in module.dotted(node) if names.is_of_pools(dotted))
    if not known or (known[0] in _PLAIN_MODULES and known[0] not in names.KINDS):
        return
    if isinstance(node, ast.Attribute):
        if any(dotted in names.KINDS for dotted in module.dotted(node.value)):
            return      # an attribute of something known
        kind = names.KINDS.get(known[0])
        yield Use(module, node, known[0], kind, _base(known[0], kind), module.bindings(node))


def _called(module, node):
    kind = module.kind(node.func)
    if kind in names.CONSTRUCTORS:
        dotted = module.dotted(node.func) or [kind]
        yield Use(module, node, sorted(dotted)[0], kind, _base(dotted[0], kind) + _arguments(node, kind),
                  module.value(node).bindings)
        return
    if isinstance(node.func, ast.Attribute):
        owner = module.value(node.func.value)
        methods = names.METHODS.get(owner.kind, {}) if owner else {}
        if node.func.attr in methods:
            since, keywords = methods[node.func.attr]
            features = [Feature('%s(%s=)' % (node.func.attr, word.arg), keywords[word.arg])
                        for word in node.keywords if word.arg in keywords]
            if since > names.NATIVE[owner.kind].since:
                features.append(Feature('%s.%s' % (owner.kind, node.func.attr), since))
            if features:
                yield Use(module, node, '%s.%s' % (owner.kind, node.func.attr), owner.kind, features, owner.bindings)


def _arguments(node, kind):
    given = [parameter for parameter, _ in zip(names.positional_of(kind), node.args)]
    since = names.parameters_of(kind)
    given += [(word.arg, since[word.arg]) for word in node.keywords if word.arg in since]
    return [Feature('%s(%s=)' % (kind, name), version) for name, version in given if version > names.NATIVE[kind].since]


def _entered(module, node):
    owner = module.value(node.context_expr)
    if owner is not None and owner.kind in names.POOLS and not module.is_called(node.context_expr, 'contextlib.closing'):
        yield Use(module, node.context_expr, 'with ' + owner.kind, owner.kind,
                  [Feature('with %s' % owner.kind, (3, 3))], owner.bindings)


# -- what a rewrite cannot do ----------------------------------------------------------------------------------------

def hands(module):
    """Yield a Finding for each thing that has no counterpart in poolcompat, or that only its author can move."""
    for look in (_stars, _unknown_names, _foreign_arguments, _private, _subclasses, _context_pools, _strings):
        for finding in look(module):
            yield finding


def _stars(module):
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and node.names[0].name == '*' and not node.level:
            path = names.canonical(node.module)
            if path in _PLAIN_MODULES or path in names.LAYOUT:
                yield Finding(module, node, 'star-import', 'from %s import *: name what is used' % node.module)


def _unknown_names(module):
    for use in uses(module):
        if use.kind is None and use.name not in _PLAIN_MODULES and not use.name.endswith('.*'):
            remedy = names.NO_COUNTERPART.get(use.name, 'only its public names have one')
            yield Finding(module, use.node, 'no-counterpart', '%s has no counterpart in poolcompat: %s' % (use.name, remedy))


def _foreign_arguments(module):
    for node in module.nodes:
        kind = module.kind(node.func) if isinstance(node, ast.Call) else None
        if kind not in names.CONSTRUCTORS:
            continue
        known = names.parameters_of(kind)
        wrong = sorted(word.arg for word in node.keywords if word.arg is not None and word.arg not in known)
        places = len(names.positional_of(kind))
        for library, limit in (('loky', 1), ('billiard', 4)):
            if any(dotted.startswith(library + '.') for dotted in module.dotted(node.func)):
                places = limit
        if wrong or (len(node.args) > places and not any(isinstance(item, ast.Starred) for item in node.args)):
            what = ', '.join(wrong) or 'the argument at place %d' % (places + 1)
            yield Finding(module, node, 'argument', "%s: poolcompat's %s does not have it" % (what, kind),
                          module.value(node).bindings)


def _is_private(name):
    return name.startswith('_') and not (name.startswith('__') and name.endswith('__'))


def _private(module):
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and _is_private(node.attr):
            owner = module.value(node.value)
            if owner is not None and owner.kind in names.CONSTRUCTORS and node.attr not in names.KEPT_PRIVATE[owner.kind]:
                yield Finding(module, node, 'private', '%s.%s is private, and poolcompat has none of that name'
                              % (owner.kind, node.attr), owner.bindings)


def _subclasses(module):
    for node in module.nodes:
        if not isinstance(node, ast.ClassDef):
            continue
        for base in node.bases:
            kind = module.kind(base)
            if kind in names.CONSTRUCTORS:
                private = sorted(_overridden(node) | _borrowed(node))
                if private:
                    yield Finding(module, node, 'subclass', 'class %s builds on private parts of %s (%s), which poolcompat '
                                  'does not have' % (node.name, kind, ', '.join(private)), module.bindings(base))


def _overridden(node):
    defined = set(child.name for child in node.body if isinstance(child, FUNCTIONS))
    defined |= set(target.id for child in node.body if isinstance(child, ast.Assign)
                   for target in child.targets if isinstance(target, ast.Name))
    return set(name for name in defined if name == 'Process' or (name.startswith('_') and _is_private(name)
                                                                 and _is_called_by_nobody(node, name)))


def _is_called_by_nobody(node, name):
    """A private method that the class itself does not use is there for its base."""
    return not any(isinstance(child, ast.Attribute) and child.attr == name for child in ast.walk(node))


def _borrowed(node):
    """The private attributes that a class reads and does not set: they are its base's."""
    read, own = set(), set(child.name for child in node.body if isinstance(child, FUNCTIONS))
    for child in node.body:
        if isinstance(child, ast.Assign):
            own |= set(target.id for target in child.targets if isinstance(target, ast.Name))
    for child in ast.walk(node):
        if isinstance(child, ast.Attribute) and isinstance(child.value, ast.Name) and child.value.id == 'self':
            (read if isinstance(child.ctx, ast.Load) else own).add(child.attr)
    kept = ('_max_workers', '_processes', '_threads')
    return set(name for name in read - own if _is_private(name) and name not in kept)


def _context_pools(module):
    for node in module.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == 'Pool':
            owner = module.value(node.func.value)
            if owner is not None and owner.kind == 'context':
                yield Finding(module, node, 'context-pool', "a context's Pool is multiprocessing's, also after the imports "
                              'are changed: write poolcompat.Pool(..., context=...)')


def _strings(module):
    for node in module.nodes:
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, 'id', '')
            text = node.args[0].value
            if called in _BY_STRING and isinstance(text, type(u'')) and _IN_STRINGS.search(text):
                yield Finding(module, node, 'name-in-string', 'the name %r is in a string, which no rewrite changes' % text)
