"""The edits that move a module to poolcompat, or back: nothing else in the text is touched.

All bindings of one name in one scope move together or not at all, for the uses cannot tell them apart. A module that has a
counterpart of the same layout and a name of its own (``import concurrent.futures as cf``) keeps that name; of any other
(``import multiprocessing``) the uses are changed one by one, and its import goes when nothing else needs it.
"""
from __future__ import absolute_import, division, print_function

import ast
import re

from . import names
from .find import Finding, uses
from .python2 import apply_edits

_IMPORT_ERRORS = frozenset(['ImportError', 'ModuleNotFoundError', 'Exception'])
_WORD = re.compile(r'#[^\r\n]*|\\\r?\n|[\w.]+|[(),*]', re.UNICODE)


class ToPoolcompat(object):
    """What stands for a name of another library in poolcompat."""

    def module(self, dotted):
        return names.MODULES.get(dotted)

    def target(self, dotted):
        """(module, name), or None."""
        kind = names.KINDS.get(dotted)
        if kind is None or dotted.startswith('poolcompat.') or not names.is_of_pools(dotted):
            return None
        return ('poolcompat', kind) if '.' not in kind else ('poolcompat.' + kind.split('.')[0], kind.split('.')[1])

    def layout(self, module):
        return names.LAYOUT[module]

    def findings(self, module):
        return []


class ToNative(object):
    """What a name of poolcompat is natively, where the oldest Python to support has all that is used."""

    def __init__(self, oldest):
        self._oldest = oldest

    def module(self, dotted):
        return {'poolcompat': 'concurrent.futures', 'poolcompat.pool': 'multiprocessing.pool',
                'poolcompat.process': 'concurrent.futures.process', 'poolcompat.thread': 'concurrent.futures.thread',
                'poolcompat.interpreter': 'concurrent.futures.interpreter'}.get(dotted)

    def target(self, dotted):
        native = names.NATIVE.get(names.KINDS.get(dotted)) if dotted.startswith('poolcompat.') else None
        return native and (native.module, native.name)

    def layout(self, module):
        return {native.name: kind for kind, native in names.NATIVE.items() if native.module == module}

    def findings(self, module):
        """A Finding, which blocks, for each use that the oldest Python does not have."""
        for use in uses(module):
            if not use.name.startswith('poolcompat.') and use.bindings and not any(
                    binding.path.startswith('poolcompat') for binding in use.bindings):
                continue
            lacking = [feature for feature in use.features if feature.since is None or feature.since > self._oldest]
            if lacking:
                text = ', '.join('%s (%s)' % (feature.text, 'Python %s' % names.version_text(feature.since)
                                              if feature.since else 'no Python') for feature in lacking)
                yield Finding(module, use.node, 'not-native', 'Python %s does not have natively: %s' % (
                    names.version_text(self._oldest), text), use.bindings)


class Result(object):
    """The new text, and the Findings of names that could not be moved though they have a counterpart."""

    def __init__(self, text, findings):
        self.text, self.findings = text, findings


def rewrite(module, direction, blocked=()):
    """Return the Result of moving ``module``; what is bound by ``blocked`` stays."""
    return _Rewrite(module, direction, blocked).result()


class _Moved(object):
    """What becomes of one name of an import statement: ``lines`` are imports as (module or None, 'name as alias').

    No lines: it goes, for an earlier statement of the same block imports what stands for it.
    """

    def __init__(self, lines):
        self.lines = lines


class _Rewrite(object):
    def __init__(self, module, direction, blocked):
        self._module, self._direction = module, direction
        self._blocked = set(id(binding) for binding in blocked)
        self._edits, self._findings = [], []
        self._moved = {}        # id of an import statement: {index of the name: _Moved}
        self._added = {}        # id of an import statement: the modules to import beside it
        self._statements = {}
        self._imported = {}     # (a block, module): the line of the first ``import module`` that is added there

    def result(self):
        if self._is_taken():
            return Result(self._module.text, self._findings)
        for bindings, references in self._groups():
            if not any(id(binding) in self._blocked for binding in bindings):
                self._plan(bindings, references)
        done = self._ladders()
        for key, statement in self._statements.items():
            if key not in done:
                self._edits += self._statement_edits(statement)
        return Result(apply_edits(self._module.text, sorted(self._edits)), self._findings)

    def _is_taken(self):
        """Whether the program calls something of its own ``poolcompat``."""
        for node in self._module.nodes:
            if isinstance(node, ast.Name) and node.id == 'poolcompat' and not self._module.bindings(node):
                self._findings.append(Finding(self._module, node, 'name-taken', 'poolcompat is a name of this program'))
                return True
        return False

    # -- what is bound, and used ---------------------------------------------------------------------------------------

    def _groups(self):
        """[(the bindings of one name in one scope, the references to it)], of imports that matter."""
        groups, order = {}, []
        for node in self._module.nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for index, alias in enumerate(node.names):
                    bound = alias.asname or (alias.name.split('.')[0] if isinstance(node, ast.Import) else alias.name)
                    found = [each for each in node.scope.lookup(bound) if not each.is_none()]
                    if found and id(found[0]) not in groups and any(
                            each.how == 'import' and each.dotted.split('.')[0] in names.PREFIXES for each in found):
                        groups[id(found[0])] = (found, [])
                        order.append(id(found[0]))
        for node in self._module.nodes:
            if isinstance(node, ast.Name):
                found = self._module.bindings(node)
                if found and id(found[0]) in groups:
                    groups[id(found[0])][1].append(node)
        return [groups[key] for key in order]

    def _chain(self, node):
        """The longest ``a.b.c`` around the name ``a`` that is known or leads to what is: (node, the text after a)."""
        rest = ''
        while isinstance(node.parent, ast.Attribute):
            rest += '.' + node.parent.attr
            node = node.parent
            if any(dotted in names.KINDS for dotted in self._module.dotted(node)):
                break
        return node, rest

    def _target(self, node):
        """Where the name ``a.b.c`` goes: (module, name) if all that it may stand for goes to one place."""
        found = set(self._direction.target(dotted) for dotted in self._module.dotted(node))
        return found.pop() if len(found) == 1 else None

    # -- what is to be done --------------------------------------------------------------------------------------------

    def _plan(self, bindings, references):
        imports = [binding for binding in bindings if binding.how == 'import']
        leaf = [self._direction.target(binding.dotted) for binding in imports]
        if any(leaf):
            for binding, target in zip(imports, leaf):
                if target is not None and self._may_go(binding.dotted):
                    self._move(binding, [(target[0], _with_alias(target[1], self._bound(binding)))])
        elif imports != bindings:
            for binding in imports:
                if self._direction.module(binding.path):
                    self._findings.append(Finding(self._module, binding.node, 'bound-twice', '%s is bound in another way as '
                                                  'well: what is used of it is not known' % self._bound(binding)))
        else:
            chains = [self._chain(node) for node in references]
            if not self._keep_the_name(bindings, chains):
                self._change_uses(bindings, chains)

    def _may_go(self, dotted):
        """A companion of pools moves where a pool does."""
        if names.KINDS.get(dotted) not in names.COMPANIONS or dotted.startswith('poolcompat.'):
            return True
        return any(names.KINDS.get(name) in names.CONSTRUCTORS and self._direction.target(name)
                   for node in self._module.nodes if isinstance(node, (ast.Name, ast.Attribute))
                   for name in self._module.dotted(node))

    def _bound(self, binding):
        alias = binding.node.names[binding.index]
        return alias.asname or (alias.name if isinstance(binding.node, ast.ImportFrom) else alias.name.split('.')[0])

    def _keep_the_name(self, bindings, chains):
        """Import the counterpart under the same name, if it has all that is used."""
        modules = set(self._direction.module(binding.dotted) for binding in bindings)
        module = modules.pop()
        if modules or module is None or any(
                self._is_dotted_import(binding) or self._bound(binding) == 'poolcompat' for binding in bindings):
            return False
        layout, edits = self._direction.layout(module), []
        for node, rest in chains:
            target = self._target(node) if rest else None
            if rest and target is None:
                return False
            if rest and rest[1:] not in layout:
                if target[0] != module:
                    return False
                edits.append(self._module.span(node) + ('%s.%s' % (self._bound(bindings[0]), target[1]),))
        self._edits += edits
        for binding in bindings:
            bound, last = self._bound(binding), module.split('.')[-1]
            if bound == last and '.' in module:
                self._move(binding, [(module.rsplit('.', 1)[0], bound)])
            else:
                self._move(binding, [(None, _with_alias(module, bound))])
        return True

    @staticmethod
    def _is_dotted_import(binding):
        """``import a.b`` binds a."""
        alias = binding.node.names[binding.index]
        return isinstance(binding.node, ast.Import) and not alias.asname and '.' in alias.name

    def _change_uses(self, bindings, chains):
        moving, staying = [], []
        for node, rest in chains:
            target = self._target(node) if rest else None
            goes = target is not None and all(self._may_go(dotted) for dotted in self._module.dotted(node))
            (moving if goes else staying).append((node, target))
        if not moving:
            return
        for node, target in moving:
            self._edits.append(self._module.span(node) + ('%s.%s' % target,))
        needed = _fewest(target[0] for _, target in moving)
        stay = [dotted for node, _ in staying for dotted in self._module.dotted(node)]
        stay += [binding.path for binding in bindings if self._is_in_a_type(binding.path)]
        for binding in bindings:
            lines = self._not_yet_imported(binding, needed)
            if not stay:
                self._move(binding, lines)
            elif self._is_dotted_import(binding) and not any(
                    dotted == binding.path or dotted.startswith(binding.path + '.') for dotted in stay):
                self._move(binding, [(None, binding.path.split('.')[0])] + lines)
            else:
                self._remember(binding)
                self._added.setdefault(id(binding.node), []).extend(
                    line for line in lines if line not in self._added.get(id(binding.node), []))

    def _not_yet_imported(self, binding, modules):
        """The imports to add at a binding; what stands earlier in the same block need not be imported again."""
        block = id(binding.node.parent), getattr(binding.node.parent, 'body', []).count(binding.node)
        lines = []
        for module in modules:
            if self._imported.setdefault((block, module), binding.node.lineno) >= binding.node.lineno:
                lines.append((None, module))
        return lines

    def _is_in_a_type(self, dotted):
        """Whether a type in a comment or a string speaks of this name."""
        word = r'\b%s\b' % re.escape(dotted)
        return re.search('# type:.*' + word, self._module.text) is not None or any(
            isinstance(node, ast.Constant) and isinstance(node.value, type(u'')) and re.search(word, node.value)
            and isinstance(node.parent, (ast.arg, ast.FunctionDef, ast.AnnAssign, ast.Subscript))
            for node in self._module.nodes)

    def _remember(self, binding):
        self._statements[id(binding.node)] = binding.node

    def _move(self, binding, lines):
        self._remember(binding)
        self._moved.setdefault(id(binding.node), {})[binding.index] = _Moved(lines)

    # -- import statements ---------------------------------------------------------------------------------------------

    def _statement_edits(self, node):
        """The edits that change one import statement."""
        start, end = self._module.span(node)
        moved, added = self._moved.get(id(node), {}), list(self._added.get(id(node), []))
        spans, module_span = self._spans(node)
        staying = [index for index in range(len(node.names)) if index not in moved]
        if not moved:
            return [self._more(node, _lines(added))]
        if isinstance(node, ast.ImportFrom) and not staying and module_span:
            homes = set(line[0] for each in moved.values() for line in each.lines)
            if len(homes) == 1 and None not in homes and not added:
                edits = [module_span + (homes.pop(),)]
                return edits + [spans[index] + (each.lines[0][1],) for index, each in moved.items()
                                if node.names[index].name != each.lines[0][1].split(' as ')[0]]
        if isinstance(node, ast.Import):
            if staying or any(each.lines for each in moved.values()):
                return self._plain_import_edits(node, spans, moved, added)
            return [self._line_of(node)]
        lines = _lines([line for index in sorted(moved) for line in moved[index].lines] + added)
        if not staying:
            return [(start, end, self._joiner(node).join(lines))]
        edits, comments = self._without(spans, moved)
        return edits + [self._more(node, lines, comments)]

    def _plain_import_edits(self, node, spans, moved, added):
        gone = [index for index, each in moved.items() if not each.lines]
        edits, extra = self._without(spans, gone)[0], list(added)
        for index, each in sorted(moved.items()):
            if index in gone:
                continue
            first, rest = each.lines[0], each.lines[1:]
            if first[0] is not None and len(node.names) == 1:
                start, end = self._module.span(node)
                return [(start, end, self._joiner(node).join(_lines(each.lines)))]
            if first[0] is not None:        # import a, b as c: what would be "from x import c" is "x.c as c"
                first = (None, '%s.%s as %s' % (first[0], first[1], first[1]))
            edits.append(spans[index] + (first[1],))
            extra += [line for line in rest if line not in extra]
        if extra:
            edits.append(self._more(node, _lines(extra)))
        return edits

    def _line_of(self, node):
        """The edit that takes a statement out."""
        text, (start, end) = self._module.text, self._module.span(node)
        if not self._stands_alone(node):
            return start, end, 'pass'
        start -= len(re.split('[\r\n]', text[:start])[-1])
        return start, end + len(re.match('[^\r\n]*(\r\n|\r|\n|$)', text[end:]).group()), ''

    def _more(self, node, lines, comments=''):
        """The edit that puts statements after this one, and after the comment behind it."""
        end = self._module.span(node)[1]
        alone = self._stands_alone(node)
        if alone:
            end += len(re.split('[\r\n]', self._module.text[end:], maxsplit=1)[0])
        return end, end, self._joiner(node).join([''] + lines) + (comments if alone else '')

    def _without(self, spans, moved):
        """The edits that take names out of a list, and the comments that stood behind them."""
        edits, comments, kept_end, index = [], '', None, 0
        text = self._module.text
        while index < len(spans):
            if index not in moved:
                kept_end = spans[index][1]
                index += 1
                continue
            last = index
            while last + 1 < len(spans) and last + 1 in moved:
                last += 1
            span = self._whole_lines(spans[index][0], spans[last][1])
            if span is None and last + 1 < len(spans):
                span = spans[index][0], spans[last + 1][0]
            elif span is None:
                span = kept_end, spans[last][1]
            comments += ''.join('  ' + comment for comment in re.findall(r'#[^\r\n]*', text[slice(*span)]))
            edits.append(span + ('',))
            index = last + 1
        return edits, comments

    def _whole_lines(self, start, end):
        """The span of the lines of names in parentheses that share them with nothing but a comment, or None."""
        text = self._module.text
        before = re.split('[\r\n]', text[:start])[-1]
        after = re.match(r'[ \t]*,[ \t]*(#[^\r\n]*)?(\r\n|\r|\n)', text[end:])
        return None if before.strip() or after is None else (start - len(before), end + after.end())

    def _spans(self, node):
        """The spans of each name of an import statement, and of the module in ``from module import``."""
        start, end = self._module.span(node)
        words = [found for found in _WORD.finditer(self._module.text, start, end) if found.group()[0] not in '#\\()']
        module_span = None
        if isinstance(node, ast.ImportFrom):
            module_span = words[1].span()
            words = words[3:]
        else:
            words = words[1:]
        spans, first, last = [], None, None
        for found in words + [None]:
            if found is None or found.group() == ',':
                if first is not None:
                    spans.append((first.start(), last.end()))
                first = None
            else:
                first, last = first or found, found
        return spans, module_span

    def _stands_alone(self, node):
        """Whether nothing but a comment shares the statement's lines."""
        text, (start, end) = self._module.text, self._module.span(node)
        before = re.split('[\r\n]', text[:start])[-1]
        after = re.split('[\r\n]', text[end:], maxsplit=1)[0]
        return not before.strip() and re.match(r'[ \t\f]*(#|$)', after) is not None

    def _joiner(self, node):
        """What comes between two statements in the place of this one."""
        if not self._stands_alone(node):
            return '; '
        text, (start, end) = self._module.text, self._module.span(node)
        indent = re.split('[\r\n]', text[:start])[-1]
        found = re.search('\r\n|\r|\n', text[end:]) or re.search('\r\n|\r|\n', text)
        return (found.group() if found else '\n') + indent

    # -- try: import ... except ImportError: import ... ----------------------------------------------------------------

    def _ladders(self):
        """Make one import of each ladder whose arms have become the same; return the ids of the statements in them."""
        done = set()
        for node in self._module.nodes:
            if isinstance(node, ast.Try) and id(node) not in done:
                arms = self._arms(node)
                results = [self._outcome(arm) for arm in arms or ()]
                if arms and results[0] and all(result == results[0] for result in results):
                    self._edits.append(self._collapsed(node))
                    done.update(id(child) for child in ast.walk(node))
        return done

    def _arms(self, node):
        """[[import statements of an arm]] of a ladder, or None where it is something else."""
        if node.orelse or node.finalbody or not all(self._is_for_imports(handler) for handler in node.handlers):
            return None
        arms = []
        for body in [node.body] + [handler.body for handler in node.handlers]:
            if len(body) == 1 and isinstance(body[0], ast.Try):
                inner = self._arms(body[0])
                if inner is None:
                    return None
                arms += inner
            elif all(isinstance(child, (ast.Import, ast.ImportFrom)) for child in body):
                arms.append(body)
            else:
                return None
        return arms if isinstance(node.body[0], (ast.Import, ast.ImportFrom)) else None

    @staticmethod
    def _is_for_imports(handler):
        types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        return all(node is None or getattr(node, 'id', None) in _IMPORT_ERRORS for node in types)

    def _outcome(self, arm):
        """What an arm will import, or None if some of it stays as it was."""
        found = set()
        for statement in arm:
            moved = self._moved.get(id(statement), {})
            if len(moved) != len(statement.names) or id(statement) in self._added:
                return None
            found.update(line for each in moved.values() for line in each.lines)
        return found

    def _collapsed(self, node):
        """The edit that leaves the first arm of a ladder alone."""
        text, (start, end) = self._module.text, self._module.span(node)
        first, last = self._module.span(node.body[0])[0], self._module.span(node.body[-1])[1]
        edits = sorted(edit for statement in node.body for edit in self._statement_edits(statement))
        body = apply_edits(text[first:last], [(a - first, b - first, new) for a, b, new in edits])
        outer = re.split('[\r\n]', text[:start])[-1]
        inner = re.split('[\r\n]', text[:first])[-1]
        if not outer.strip() and not inner.strip():
            body = re.sub('(\r\n|\r|\n)' + re.escape(inner), lambda found: found.group(1) + outer, body)
        return start, end, body


def _with_alias(name, bound):
    return name if name == bound else '%s as %s' % (name, bound)


def _fewest(modules):
    """Importing ``a.b`` imports ``a`` as well."""
    modules = sorted(set(modules))
    return [name for name in modules if not any(other.startswith(name + '.') for other in modules)]


def _lines(moved):
    """Import statements, those from one module as one."""
    order, groups = [], {}
    for module, name in moved:
        key = (module, None) if module else (None, name)
        if key not in groups:
            order.append(key)
            groups[key] = []
        groups[key].append(name)
    return ['from %s import %s' % (key[0], ', '.join(groups[key])) if key[0] else 'import ' + key[1] for key in order]
