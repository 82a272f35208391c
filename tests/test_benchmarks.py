"""``python -m benchmarks``: what it writes, and how it takes turns; not how fast anything is."""
from __future__ import absolute_import, division, print_function

import json
import os
import subprocess
import sys

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import fresh, report, rows, tasks
from benchmarks.contenders import LIMITS, Lacking, Pipe
from tests import support


def environment():
    return dict(os.environ, PYTHONPATH=os.pathsep.join(support.ROOTS))


def run(*arguments):
    """What it prints."""
    process = subprocess.Popen([sys.executable, '-m', 'benchmarks'] + list(arguments), env=environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    output = process.communicate()[0]
    assert process.returncode == 0, output
    return output


def test_what_is_written(tmpdir):
    kinds = ['processes', 'Pool', 'threads', 'start', 'cpu', 'memory', 'lengths']
    files = [str(tmpdir.join(name)) for name in ('run.json', 'run.md', 'run.svg')]
    output = run('--quick', '--rounds', '1', '--json', files[0], '--markdown', files[1], '--picture', files[2],
                 '--only', *kinds)
    with open(files[0]) as stream:
        written = json.load(stream)
    with open(files[1]) as stream:
        table = stream.read()

    expected = [(row.kind, row.name) for row in rows.ROWS if row.kind in kinds]
    assert [(row['kind'], row['name']) for row in written['rows']] == expected
    for row in written['rows']:
        assert 'poolcompat' in row['figures'] or 'poolcompat' in row['lacking']
        for figure in row['figures'].values():
            assert figure['min'] <= figure['median'] <= figure['max'] and len(figure['values']) == 1
        assert '%s: %s, %s\n' % (row['kind'], row['name'], row['unit']) in output
        assert '| %s | %s | ' % (row['name'], row['unit']) in table
    assert {'native', 'Pool', 'poolcompat'} <= set(written['rows'][0]['figures'])
    assert written['rows'][0]['ratios']['native'] > 0
    assert os.path.exists(files[2]) != ('There is no picture' in output)


def test_every_row_has_a_kind_that_can_be_asked_for():
    assert set(row.kind for row in rows.ROWS + rows.MILLION) == set(rows.KINDS)


def contender(name):
    return type(str(name), (), {'name': name})


NATIVE, PEER, OURS = contender('native'), contender('peer'), contender(report.OURS)


def row_of(measure):
    return rows.Row('kind', 'name', 'unit', 1, measure, [NATIVE, PEER, OURS])


def test_contenders_take_turns():
    turns = []
    values, lacking = benchmarks.measure(row_of(lambda which, calls: turns.append(which) or len(turns)), 1, 2, [PEER])
    assert turns == [NATIVE, OURS] * 2
    assert (values, lacking) == ({'native': [1, 3], 'poolcompat': [2, 4]}, {})


def test_what_a_peer_cannot_do_is_noted():
    def measure(which, calls):
        if which is PEER:
            raise ValueError('too much')
        return 1

    values, lacking = benchmarks.measure(row_of(measure), 1, 2, [])
    assert set(values) == {'native', 'poolcompat'}
    assert lacking == {'peer': 'ValueError: too much'}


def test_our_own_failure_is_not_hidden():
    def measure(which, calls):
        if which is OURS:
            raise errors.pop()
        return 1

    errors = [ValueError('ours'), Lacking('no fork')]
    assert benchmarks.measure(row_of(measure), 1, 1, [])[1] == {'poolcompat': 'Lacking: no fork'}
    with pytest.raises(ValueError):
        benchmarks.measure(row_of(measure), 1, 1, [])


@pytest.mark.parametrize('limit', LIMITS, ids=[limit.name for limit in LIMITS])
def test_limits(limit):
    """Whatever the sizes, the next call finds the pipe as the first one did; `_nothing_left` sees that it ends."""
    if limit is Pipe and not hasattr(os, 'fork'):
        pytest.skip('no fork')
    made = limit(2)
    made.warm(2)
    for mebibytes in 1, 2:
        made.call(tasks.size, tasks.block(mebibytes))
        made.call(tasks.block, mebibytes)
    made.call(tasks.nothing)
    made.close()


def test_what_a_fresh_interpreter_says():
    assert fresh.number([sys.executable, '-c', 'print(2.5)']) == 2.5
    with pytest.raises(Lacking, match='^no such method$'):
        fresh.number([sys.executable, '-c', 'class Lacking(Exception): pass\nraise Lacking("no such method")'])
    with pytest.raises(RuntimeError, match='^NameError'):
        fresh.number([sys.executable, '-c', 'nonsense'])


def test_no_rounds_are_refused():
    process = subprocess.Popen([sys.executable, '-m', 'benchmarks', '--rounds', '0'], stderr=subprocess.PIPE,
                               env=environment(), universal_newlines=True)
    assert 'error: --rounds must be at least 1\n' in process.communicate()[1]
    assert process.returncode == 2


def test_ratios():
    figures = dict((name, report.summary(values)) for name, values in [
        ('native', [9, 8, 7]), ('peer', [0]), ('poolcompat', [1, 2, 30])])
    assert figures['poolcompat'] == {'median': 2, 'min': 1, 'max': 30, 'values': [1, 2, 30]}
    assert report.ratios(figures) == {'native': 0.25}
