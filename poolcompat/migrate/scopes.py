"""What names mean in one module: who binds them, in which scope, and of what type a value is.

Nothing is guessed. A name that is bound in two ways, of which one is not known here, has no meaning.
"""
from __future__ import absolute_import, division, print_function

import ast
import bisect
import re
import warnings

from . import names, python2
from .sources import Trouble

FUNCTIONS = ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda
COMPREHENSIONS = ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp
LOOPS = ast.For, ast.AsyncFor, ast.While


class Binding(object):
    """One place where a name gets a value.

    ``how`` is 'import', 'is' (the value is ``value``), 'in' (it is one of the items of ``value``), 'def', 'parameter' or
    'other'. ``dotted`` is what an import binds; ``path`` what it imports, which is longer in ``import a.b``.
    """

    def __init__(self, how, node, value=None, dotted=None, path=None, index=None):
        self.how, self.node, self.value = how, node, value
        self.dotted, self.path, self.index = dotted, path, index

    def is_none(self):
        return self.how == 'is' and isinstance(self.value, ast.Constant) and self.value.value is None


class Scope(object):
    def __init__(self, node, parent):
        self.node, self.parent = node, parent
        self.names, self.elsewhere = {}, {}

    def bind(self, name, binding):
        scope = self.elsewhere.get(name, self)
        scope.names.setdefault(name, []).append(binding)

    def lookup(self, name):
        """All bindings of the name that is meant here, in the order of the text."""
        scope = self.elsewhere.get(name, self)
        while scope is not None:
            if name in scope.names and (scope is self or not isinstance(scope.node, ast.ClassDef)):
                return scope.names[name]
            scope = scope.parent
        return []


class _Binder(ast.NodeVisitor):
    """Sets ``scope`` and ``parent`` of every node, and fills the scopes."""

    def __init__(self, tree, own):
        self.module = self.scope = Scope(tree, None)
        self.nodes = []
        self._own = own
        self._parent = None
        self.visit(tree)

    def visit(self, node):
        node.scope, node.parent = self.scope, self._parent
        self.nodes.append(node)
        before, self._parent = self._parent, node
        super(_Binder, self).visit(node)
        self._parent = before

    def _canonical(self, dotted):
        return dotted if dotted.split('.')[0] in self._own else names.canonical(dotted)

    def _all(self, nodes):
        for node in nodes:
            if node is not None:
                self.visit(node)

    def _inside(self, node, parts):
        self.scope = Scope(node, self.scope)
        self._all(parts)
        self.scope = self.scope.parent

    def _function(self, node):
        arguments = node.args
        self._all(getattr(node, 'decorator_list', []))
        given = arguments.posonlyargs + arguments.args + arguments.kwonlyargs + [arguments.vararg, arguments.kwarg]
        self._all(arguments.defaults + arguments.kw_defaults + given + [getattr(node, 'returns', None)])
        scope = self.scope = Scope(node, self.scope)
        for argument in given:
            if argument is not None:
                scope.bind(argument.arg, Binding('parameter', argument))
        self._all(getattr(node, 'type_params', []))
        self._all(node.body if isinstance(node.body, list) else [node.body])
        self.scope = scope.parent

    def visit_FunctionDef(self, node):
        self.scope.bind(node.name, Binding('def', node))
        self._function(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        self._function(node)

    def visit_ClassDef(self, node):
        self.scope.bind(node.name, Binding('def', node))
        self._all(node.decorator_list + node.bases + node.keywords)
        self._inside(node, getattr(node, 'type_params', []) + node.body)

    def _comprehension(self, node):
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._inside(node, node.generators + results)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_comprehension(self, node):
        self._bind(node.target, 'in', node.iter)
        self.generic_visit(node)

    def visit_Global(self, node):
        for name in node.names:
            self.scope.elsewhere[name] = self.module

    def visit_Nonlocal(self, node):
        for name in node.names:
            scope = self.scope.parent
            while scope.parent is not None and (name not in scope.names or isinstance(scope.node, ast.ClassDef)):
                scope = scope.parent
            self.scope.elsewhere[name] = scope

    def _bind(self, target, how, value):
        """Bind the names of a target; what is taken apart is not followed."""
        if isinstance(target, ast.Name):
            scope = self.scope
            while how == 'is' and isinstance(scope.node, COMPREHENSIONS):
                scope = scope.parent
            scope.bind(target.id, Binding(how, target, value))
        elif isinstance(target, (ast.Tuple, ast.List)):
            for item in target.elts:
                self._bind(item.value if isinstance(item, ast.Starred) else item, 'other', None)

    def visit_Assign(self, node):
        for target in node.targets:
            self._bind(target, 'is', node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node):
        if node.value is not None:
            self._bind(node.target, 'is', node.value)
        self.generic_visit(node)

    def visit_NamedExpr(self, node):
        self._bind(node.target, 'is', node.value)
        self.generic_visit(node)

    def visit_AugAssign(self, node):
        self._bind(node.target, 'other', None)
        self.generic_visit(node)

    def visit_For(self, node):
        self._bind(node.target, 'in', node.iter)
        self.generic_visit(node)

    visit_AsyncFor = visit_For

    def visit_withitem(self, node):
        self._bind(node.optional_vars, 'is', node.context_expr)
        self.generic_visit(node)

    def visit_Delete(self, node):
        for target in node.targets:
            self._bind(target, 'other', None)
        self.generic_visit(node)

    def visit_ExceptHandler(self, node):
        if node.name:
            self.scope.bind(node.name, Binding('other', node))
        self.generic_visit(node)

    def visit_MatchAs(self, node):
        if node.name:
            self.scope.bind(node.name, Binding('other', node))
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs

    def visit_Import(self, node):
        for index, alias in enumerate(node.names):
            path = self._canonical(alias.name)
            bound = alias.asname or alias.name.split('.')[0]
            dotted = path if alias.asname else self._canonical(bound)
            self.scope.bind(bound, Binding('import', node, None, dotted, path, index))

    def visit_ImportFrom(self, node):
        for index, alias in enumerate(node.names):
            path = '' if node.level else self._canonical('%s.%s' % (node.module, alias.name))
            self.scope.bind(alias.asname or alias.name, Binding('import', node, None, path, path, index))


class Value(object):
    """Something whose type is known: ``kind`` and, where it is a pool, the bindings of its class and the making call."""

    def __init__(self, kind, call=None, bindings=()):
        self.kind, self.call, self.bindings = kind, call, bindings

    def __eq__(self, other):
        return self.kind == other.kind


_RESULTS = {'submit': 'Future', 'apply_async': 'pool.AsyncResult', 'map_async': 'pool.AsyncResult',
            'starmap_async': 'pool.AsyncResult'}


class Module(object):
    """A parsed file: ``tree``, whose nodes know scope and parent, and what its expressions mean.

    ``own`` are names of modules that are the program's own here, whatever else is called so.
    """

    def __init__(self, path, text, own=()):
        self.path, self.text = path, text
        # Lines end as Python has it, and are found in the text as it stands.
        self._starts = [0] + [found.end() for found in re.finditer('\r\n|\r|\n', text)]
        plain = re.sub('\r\n?', '\n', text)
        self._read, self._positions = plain, None
        self.tree = self._parse(plain)
        self._lines = [0] + [found.end() for found in re.finditer('\n', self._read)]
        self._plain_starts = [0] + [found.end() for found in re.finditer('\n', plain)]
        try:
            binder = _Binder(self.tree, own)
        except RecursionError:
            raise Trouble(path, 'is nested too deeply')
        self.nodes, self.scope = binder.nodes, binder.module
        self._values = {}       # what value() and item() have found; None while they look, for names go in circles

    def _parse(self, plain):
        try:
            return parse(plain)
        except SyntaxError as error:
            failure = error
        try:
            if '\0' in plain:
                raise failure
            self._read, self._positions = python2.translate(plain)
            return parse(self._read)
        except SyntaxError:
            raise Trouble(self.path, 'cannot be parsed, neither by this Python nor as Python 2: %s' % failure.msg,
                          failure.lineno)

    # -- positions -----------------------------------------------------------------------------------------------------

    def offset(self, line, column):
        """The offset in ``text`` of a position as ``ast`` gives it: columns are bytes of UTF-8."""
        start = self._lines[line - 1]
        end = self._lines[line] if line < len(self._lines) else len(self._read)
        text = self._read[start:end]
        if not text.isascii():
            column = len(text.encode('utf-8')[:column].decode('utf-8'))
        if self._positions is None:
            return self._starts[line - 1] + column
        plain = self._positions(start + column)
        line = bisect.bisect_right(self._plain_starts, plain)
        return self._starts[line - 1] + plain - self._plain_starts[line - 1]

    def span(self, node):
        """(start, end) of the node in ``text``."""
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def position(self, node):
        """(line, column) of the node in ``text``, both from 1."""
        start = self.offset(node.lineno, node.col_offset)
        line = bisect.bisect_right(self._starts, start)
        return line, start - self._starts[line - 1] + 1

    def line_of(self, line):
        """The text of that line, which is counted from 1."""
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.text[self._starts[line - 1]:end]

    # -- meaning -------------------------------------------------------------------------------------------------------

    def bindings(self, node):
        """The bindings of the first name of ``a.b.c``, but for those to None; nothing unless all are imports."""
        while isinstance(node, ast.Attribute):
            node = node.value
        if not isinstance(node, ast.Name):
            return []
        found = set_bindings(node)
        return found if all(binding.how == 'import' for binding in found) else []

    def dotted(self, node):
        """All that ``a.b.c`` may stand for, by the imports of ``a``."""
        rest = ''
        while isinstance(node, ast.Attribute):
            rest, node = '.%s%s' % (node.attr, rest), node.value
        return [binding.dotted + rest for binding in self.bindings(node) if binding.dotted]

    def kind(self, node):
        """The kind of name that ``a.b.c`` is, or None."""
        node = self._through(node)
        found = set(names.KINDS.get(dotted) for dotted in self.dotted(node))
        return found.pop() if len(found) == 1 else None

    def is_called(self, node, *dotted):
        """Whether ``node`` is a call of one of these."""
        return isinstance(node, ast.Call) and any(name in dotted for name in self.dotted(node.func))

    def only_value(self, node):
        """What a name was set to, if once only."""
        if isinstance(node, ast.Name):
            found = set_bindings(node)
            if len(found) == 1 and found[0].how == 'is':
                return found[0].value
        return None

    def _through(self, node):
        """``P`` after ``P = Pool``."""
        value = self.only_value(node)
        return value if isinstance(value, (ast.Name, ast.Attribute)) else node

    def value(self, node):
        """The Value of an expression, or None."""
        return self._once(('value', id(node)), getattr(self, '_value_of_' + type(node).__name__, None), node)

    def item(self, node):
        """The Value of each item of an expression, or None."""
        return self._once(('item', id(node)), self._item, node)

    def _once(self, key, look, node):
        if key not in self._values:
            self._values[key] = None
            if look is not None:
                self._values[key] = look(node)
        return self._values[key]

    def _item(self, node):
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
            return self.value(node.elt)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return self._agreed([self.value(item) for item in node.elts])
        if isinstance(node, ast.Call) and self.kind(node.func) == 'as_completed':
            return Value('Future', node, self.bindings(node.func))
        value = self.only_value(node)
        return None if value is None else self.item(value)

    @staticmethod
    def _agreed(values):
        if values and all(value is not None and value == values[0] for value in values):
            return values[0]
        return None

    def _value_of_Call(self, node):
        kind = self.kind(node.func)
        if kind in names.CONSTRUCTORS:
            return Value(kind, node, self.bindings(self._through(node.func)))
        if kind == 'get_context':
            return Value('context', node)
        if self.is_called(node, 'contextlib.closing') and node.args:
            return self.value(node.args[0])
        if isinstance(node.func, ast.Attribute):
            owner = self.value(node.func.value)
            if owner is not None and owner.kind == 'context' and node.func.attr == 'Pool':
                return Value('Pool', node)
            if owner is not None and owner.kind in names.METHODS and node.func.attr in _RESULTS:
                return Value(_RESULTS[node.func.attr], node, owner.bindings)
        return None

    def _value_of_Name(self, node):
        return self._agreed([self._bound(binding) for binding in set_bindings(node)])

    def _bound(self, binding):
        if binding.how == 'is':
            return self.value(binding.value)
        return self.item(binding.value) if binding.how == 'in' else None

    def _value_of_Attribute(self, node):
        found = [value for value in self.attribute(node) if not isinstance(value, ast.Constant)]
        return self._agreed([self.value(value) for value in found])

    def _value_of_NamedExpr(self, node):
        return self.value(node.value)

    def attribute(self, node):
        """All that the class sets its attribute to, where ``node`` is ``self.x``."""
        if not (isinstance(node.value, ast.Name) and node.value.id == 'self'):
            return []
        owner = self.enclosing(node, ast.ClassDef)
        if owner is None:
            return []
        if not hasattr(owner, 'attributes'):
            owner.attributes = {}
            for child in ast.walk(owner):
                for target, value in _assignments(child):
                    if isinstance(target, ast.Attribute) and getattr(target.value, 'id', None) == 'self':
                        owner.attributes.setdefault(target.attr, []).append(value)
        return owner.attributes.get(node.attr, [])

    @staticmethod
    def enclosing(node, types):
        """The nearest node around this one that is of these types."""
        node = node.parent
        while node is not None and not isinstance(node, types):
            node = node.parent
        return node


def set_bindings(name):
    """The bindings of a Name, but for those to None."""
    return [binding for binding in name.scope.lookup(name.id) if not binding.is_none()]


def _assignments(node):
    if isinstance(node, ast.Assign):
        return [(target, node.value) for target in node.targets]
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return [(node.target, node.value)]
    if isinstance(node, ast.withitem) and node.optional_vars is not None:
        return [(node.optional_vars, node.context_expr)]
    return []


def parse(text):
    """``ast`` of the text; a SyntaxError for all that ``ast`` refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try:
            return ast.parse(text)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(str(error) or type(error).__name__)
