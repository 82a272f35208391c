# coding: utf-8
"""Python 2 is read, and where each thing stands in the text is known."""
from __future__ import absolute_import, division, print_function

import ast

import pytest

from poolcompat.migrate import python2
from poolcompat.migrate.scopes import Module
from poolcompat.migrate.sources import Trouble

from .support import rewritten

ONLY_PYTHON_2 = [
    'print "a", HERE',
    'print\nprint >>f, HERE,\nprint >>f\nprint HERE',
    'if x: print "x" % HERE; y = HERE',
    'print """a\nb""", HERE',
    'print not HERE; print -HERE',
    'exec HERE',
    'exec x in HERE, z',
    'raise HERE, "x", z',
    'x = `HERE`, `a`, HERE',
    'a <> HERE',
    'x = 0777L + 10L + 0xFFL + 00 + HERE',
    'x = ur"x", HERE',
    'x = b"\xe9", "\\u12", HERE',
    'def f(a, (b, c)=1, (d, (e, g))=2): return HERE, a <> 1',
    'lambda (a, b): HERE',
    'lambda a, (c, b)=(1, 2): HERE',
    '[x for x in 1, 2 if HERE]',
    'f(async=1, x=HERE)',
    'async = HERE',
    'x.async(HERE).None, a <> 1',
    'True = HERE',
    'try:\n    pass\nexcept (A, B), e:\n    HERE',
    'try:\n    pass\nexcept A, (b, c):\n    HERE',
    'try:\n    pass\nexcept A, e.x: HERE',
    'if x:\n\ty\n        z = HERE',
    'def f():\n\tif 1:\n\t    print HERE\n\n  # odd\n\tprint HERE',
    'print "\xe9\u20ac", HERE, "\xe9", HERE',
]


@pytest.mark.parametrize('text', ONLY_PYTHON_2)
def test_python_2(text):
    """It is no Python 3, it is understood, and every HERE is found where it is."""
    with pytest.raises(SyntaxError):
        ast.parse(text)
    module = Module('old.py', text)
    found = [node for node in module.nodes if isinstance(node, ast.Name) and node.id == 'HERE']
    assert len(found) == text.count('HERE')
    assert all(text[slice(*module.span(node))] == 'HERE' for node in found)


def test_all_of_it_twice():
    text = '\n'.join(ONLY_PYTHON_2 * 2)
    found = [node for node in Module('old.py', text).nodes if isinstance(node, ast.Name) and node.id == 'HERE']
    assert len(found) == text.count('HERE')


@pytest.mark.parametrize('text', ONLY_PYTHON_2)
def test_rewrite_beside_it(text):
    before = 'import multiprocessing\nHERE = multiprocessing.Pool\n%s\n' % text
    after = 'import poolcompat\nHERE = poolcompat.Pool\n%s\n' % text
    assert rewritten(before) == after
    assert rewritten(before.replace('\n', '\r\n')) == after.replace('\n', '\r\n')


NEW = [
    'match x:\n    case [a, *b]: HERE',
    'if (n := HERE): pass',
    'async def f():\n    async for x in y: await HERE',
    'f"{HERE!r:>{width}}"',
    'def f(a, /, *, b: int = HERE) -> None: nonlocal_ = 1',
    'try:\n    pass\nexcept* E as e:\n    HERE',
    'type X = HERE\ndef f[T](x: T) -> T: return HERE',
    'print(f"{x["a"]}", HERE)',
]


@pytest.mark.parametrize('text', NEW)
def test_python_3(text):
    try:
        ast.parse(text)
    except SyntaxError:
        pytest.skip('this interpreter is older than that syntax, and cannot read it')
    module = Module('new.py', text)
    assert [node for node in module.nodes if isinstance(node, ast.Name) and node.id == 'HERE']


@pytest.mark.parametrize('text', ['def f(:\n', 'x = (\n', 'print "a\n', 'a b c\n', '  x\n y\n', 'x = "\x00"\n', '\x00'])
def test_neither(text):
    with pytest.raises(Trouble) as info:
        Module('bad.py', text)
    assert 'cannot be parsed' in str(info.value) and str(info.value).startswith('bad.py')


def test_positions():
    text, positions = python2.translate('print "a"; b\n')
    assert text == 'print( "a"); b\n'
    assert positions(text.index('b')) == 'print "a"; b\n'.index('b')
    assert positions(text.index('"')) == 'print "a"; b\n'.index('"')
