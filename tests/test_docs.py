"""The programs of docs/ run and print what stands below them; what it shows of an interactive interpreter is so."""
from __future__ import absolute_import, division, print_function

import doctest
import io
import os
import re
import signal

import pytest

from tests import support

DOCS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'docs')


def pages():
    for folder, _, names in sorted(os.walk(DOCS)):
        for name in sorted(names):
            if name.endswith('.md'):
                path = os.path.join(folder, name)
                with io.open(path, encoding='utf-8') as stream:
                    yield os.path.relpath(path, DOCS), stream.read()


def found(pattern):
    """What the pattern finds in each page, with a name for each."""
    return [pytest.param(groups, id='%s-%d' % (name, number))
            for name, text in pages() for number, groups in enumerate(re.findall(pattern, text, re.DOTALL))]


PROGRAMS = found(r'```python\n(.*?)```\n\n```text\n(.*?)```')
SESSIONS = [pytest.param('\n'.join(re.findall(r'```pycon\n(.*?)```', text, re.DOTALL)), id=name)
            for name, text in pages() if '```pycon\n' in text]


def test_every_program_has_its_output():
    assert len(PROGRAMS) == sum(text.count('```python\n') for _, text in pages()) > 5
    assert SESSIONS


@pytest.mark.parametrize('program', PROGRAMS)
def test_program(program):
    text, output = program
    if 'import contextvars' in text:
        pytest.importorskip('contextvars', reason='3.6 and older have none')
    if 'SIGALRM' in text and not hasattr(signal, 'SIGALRM'):
        pytest.skip('Windows has no alarms')
    # Not buffered: a worker that is forked as the main thread prints would have a copy of that, here as natively.
    script = support.Script(text, preamble='from __future__ import print_function\n', options=['-u']).finish()
    assert (script.code, script.out) == (0, output), script.err


@pytest.mark.parametrize('session', SESSIONS)
def test_session(session):
    test = doctest.DocTestParser().get_doctest(session, {'__name__': '__main__'}, 'session', None, 0)
    failures = []
    doctest.DocTestRunner().run(test, out=failures.append)
    assert not failures, ''.join(failures)
