"""Python 2 for ``ast``: what only Python 2 can read is spelt as in Python 3, and where each thing was is remembered.

The grammar is fissix's, which tells where print statements, ``except X, e`` and the rest are. The edits made here are seen
by nobody: they give ``ast`` a text with the same names in the same order, and a ``Positions`` to go back.
"""
from __future__ import absolute_import, division, print_function

import ast
import bisect
import re

from fissix import pygram, pytree
from fissix.pgen2 import driver, token
from fissix.pgen2.parse import ParseError
from fissix.pgen2.tokenize import TokenError

_GRAMMARS = pygram.python_grammar, pygram.python_grammar_no_print_statement
_SYMBOLS = pygram.python_symbols
_NOT_NAMES = frozenset(['async', 'await', 'nonlocal', 'None', 'True', 'False'])


class Positions(object):
    """From an offset in the text that ``ast`` read to the offset in the text that it was made of."""

    def __init__(self, edits):
        self._after, self._before, self._limits = [0], [0], []
        shift = 0
        for start, end, new in edits:
            self._limits.append(start)
            shift += len(new) - (end - start)
            self._after.append(end + shift)
            self._before.append(end)
        self._limits.append(None)

    def __call__(self, offset):
        index = bisect.bisect_right(self._after, offset) - 1
        found = self._before[index] + offset - self._after[index]
        limit = self._limits[index]
        return found if limit is None else min(found, limit)


def translate(text):
    """Return ``text`` as Python 3, and its Positions; SyntaxError where it is not Python 2 either."""
    tree = _parse(text)
    edits = sorted(set(_Spelling(text).edits(tree)) | set(_tabs(text)))
    chosen = []
    for edit in edits:
        if not chosen or edit[0] >= chosen[-1][1]:
            chosen.append(edit)
    return apply_edits(text, chosen), Positions(chosen)


def apply_edits(text, edits):
    """Return ``text`` with each (start, end, new) of ``edits``, which are sorted and apart."""
    pieces, at = [], 0
    for start, end, new in edits:
        pieces += [text[at:start], new]
        at = end
    return ''.join(pieces + [text[at:]])


def _parse(text):
    for grammar in _GRAMMARS:
        try:
            return driver.Driver(grammar, convert=pytree.convert).parse_string(text if text.endswith('\n') else text + '\n')
        except (ParseError, TokenError, IndentationError, RecursionError):
            pass
    raise SyntaxError('not Python 2')


def _tabs(text):
    """Python 2 takes a tab for up to eight spaces; Python 3 refuses what depends on that."""
    for found in re.finditer(r'^[ \t]*\t[ \t]*', text, re.MULTILINE):
        yield found.start(), found.end(), found.group().expandtabs(8)


class _Spelling(object):
    def __init__(self, text):
        self._starts = [0] + [found.end() for found in re.finditer('\n', text)]
        self._parameters = 0

    def edits(self, tree):
        for node in tree.pre_order():
            if isinstance(node, pytree.Leaf):
                found = self._leaf(node)
            else:
                name = getattr(self, '_of_' + pytree.type_repr(node.type), None)
                found = name(node) if name else ()
            for edit in found:
                yield edit

    def _start(self, node):
        leaf = next(node.leaves())
        return self._starts[leaf.lineno - 1] + leaf.column

    def _end(self, node):
        leaf = list(node.leaves())[-1]
        return self._starts[leaf.lineno - 1] + leaf.column + len(leaf.value)

    def _put(self, leaf, new):
        return self._start(leaf), self._end(leaf), new

    def _wrap(self, first, last):
        yield self._start(first), self._start(first), '('
        yield self._end(last), self._end(last), ')'

    def _leaf(self, leaf):
        value = leaf.value
        if leaf.type == token.NOTEQUAL and value == '<>':
            yield self._put(leaf, '!=')
        elif leaf.type == token.BACKQUOTE:
            yield self._put(leaf, '(' if leaf.parent.children[0] is leaf else ')')
        elif leaf.type == token.NUMBER:
            new = re.sub(r'^0([0-7]+)$', r'0o\1', value.rstrip('lL'))
            if new != value:
                yield self._put(leaf, new)
        elif leaf.type == token.STRING:
            try:
                ast.literal_eval(value)
            except (SyntaxError, ValueError):       # ur'', or bytes that are not ASCII, or an escape that was none
                yield self._put(leaf, "''" + '\\\n' * value.count('\n'))
        elif leaf.type == token.NAME and value in _NOT_NAMES and self._is_a_name(leaf):
            yield self._put(leaf, value + '_')

    @staticmethod
    def _is_a_name(leaf):
        """Whether Python 2 may take this word, which Python 3 has made a keyword, for a name of the program's."""
        if leaf.value in ('async', 'await', 'nonlocal'):
            return True
        parent = leaf.parent
        return (parent.type in (_SYMBOLS.expr_stmt, _SYMBOLS.argument) and parent.children[0] is leaf
                and parent.children[1].type == token.EQUAL) or (
            parent.type == _SYMBOLS.trailer and parent.children[0].type == token.DOT)

    def _of_print_stmt(self, node):
        word, rest = node.children[0], node.children[1:]
        if rest[0].type == token.RIGHTSHIFT:
            yield self._put(rest[0], '')
        yield self._end(word), self._end(word), '('
        yield self._end(node), self._end(node), ')'

    def _of_exec_stmt(self, node):
        for leaf in node.children[2:]:
            if leaf.type == token.NAME and leaf.value == 'in':
                yield self._put(leaf, ',')
        yield self._end(node.children[0]), self._end(node.children[0]), '('
        yield self._end(node), self._end(node), ')'

    def _of_except_clause(self, node):
        if len(node.children) == 4 and node.children[2].value == ',':
            yield self._put(node.children[2], ' as ')
            if node.children[3].type != token.NAME:
                yield self._put(node.children[3], '_')

    def _of_raise_stmt(self, node):
        if len(node.children) > 2 and node.children[2].type == token.COMMA:
            for edit in self._wrap(node.children[1], node.children[-1]):
                yield edit

    def _tuple_parameter(self, node):
        self._parameters += 1
        yield self._put(node, '_tuple_parameter%d' % self._parameters)

    _of_tfpdef = _tuple_parameter

    def _of_vfpdef(self, node):
        return self._tuple_parameter(node) if node.children[0].type == token.LPAR else ()

    def _of_old_comp_for(self, node):
        sequence = node.children[3] if len(node.children) > 3 else None
        if sequence is not None and sequence.type == _SYMBOLS.testlist_safe:
            return self._wrap(sequence, sequence)
        return ()

    _of_comp_for = _of_old_comp_for
