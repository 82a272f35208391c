"""The report in its three forms, and the exit status."""
from __future__ import absolute_import, division, print_function

import json
import subprocess
import sys

import pytest

import poolcompat

from poolcompat.migrate import main

from .support import dedent

CLEAN = '''
    from concurrent.futures import ThreadPoolExecutor

    def run():
        with ThreadPoolExecutor(2, thread_name_prefix='x') as executor:
            return list(executor.map(abs, [1]))
    '''
UNSAFE = '''
    import multiprocessing
    pool = multiprocessing.Pool(2)
    '''


@pytest.fixture
def run(tmpdir, capsys, monkeypatch):
    """Run the command on a snippet and return its status and what it printed."""
    monkeypatch.chdir(tmpdir)

    def call(text, *options):
        tmpdir.join('mine.py').write(dedent(text))
        status = main(['mine.py'] + list(options))
        return status, capsys.readouterr().out
    return call


def test_text(run):
    assert run(CLEAN) == (0, dedent('''
        mine.py:1: concurrent.futures.ThreadPoolExecutor -> poolcompat.ThreadPoolExecutor: natively in Python 3.2: \
ThreadPoolExecutor (3.2); poolcompat fills it
        mine.py:4: concurrent.futures.ThreadPoolExecutor -> poolcompat.ThreadPoolExecutor: natively in Python 3.6: \
ThreadPoolExecutor (3.2), ThreadPoolExecutor(thread_name_prefix=) (3.6); poolcompat fills them
        2 uses in 1 files; natively they need Python 3.6; 0 need hands
        '''))


def test_text_with_a_warning(run):
    status, text = run(UNSAFE)
    assert status == 1
    assert text.splitlines() == [
        'mine.py:2: multiprocessing.Pool -> poolcompat.Pool: natively in every Python',
        'mine.py:2: warning: workers are started as this module is imported, and import it again themselves: put it under '
        "if __name__ == '__main__' [import-time-pool]",
        '1 uses in 1 files; natively they need Python 2.7; 1 need hands']


def test_text_of_what_is_not_filled(run):
    status, text = run('from concurrent.futures import InterpreterPoolExecutor\n')
    assert 'natively in Python 3.14: InterpreterPoolExecutor (3.14); not filled' in text
    status, text = run('from poolcompat.pool import WorkerLostError\n')
    assert 'natively nowhere: WorkerLostError (never); poolcompat fills it' in text


def test_no_use(run):
    assert run('import multiprocessing\n') == (0, 'no use of a pool in 1 files\n')


def test_json(run):
    status, text = run(CLEAN + UNSAFE, '--json')
    found = json.loads(text)
    assert status == 1 and found['version'] == 1 and found['needs'] == '3.6' and found['errors'] == []
    only, = found['files']
    assert only['path'] == 'mine.py' and only['changed'] is True
    assert only['uses'][1] == {
        'line': 4, 'column': 10, 'name': 'concurrent.futures.ThreadPoolExecutor', 'target': 'poolcompat.ThreadPoolExecutor',
        'needs': '3.6', 'features': [
            {'name': 'ThreadPoolExecutor', 'since': '3.2', 'filled': True},
            {'name': 'ThreadPoolExecutor(thread_name_prefix=)', 'since': '3.6', 'filled': True}]}
    assert [(each['line'], each['column'], each['code']) for each in only['findings']] == [(8, 8, 'import-time-pool')]


def test_json_of_errors(run):
    status, text = run('import multiprocessing(\n', '--json')
    error, = json.loads(text)['errors']
    assert status == 2 and error['path'] == 'mine.py' and error['line'] == 1 and 'cannot be parsed' in error['message']


def test_sarif(run):
    """The parts of SARIF 2.1.0 that are required, and each result under a rule that is there."""
    status, text = run(UNSAFE, '--sarif')
    found = json.loads(text)
    assert status == 1 and found['version'] == '2.1.0' and found['$schema'].endswith('sarif-2.1.0.json')
    only, = found['runs']
    driver = only['tool']['driver']
    assert driver['name'] == 'poolcompat migrate' and driver['version'] == poolcompat.__version__
    rules = [rule['id'] for rule in driver['rules']]
    assert len(set(rules)) == len(rules) and all(rule['shortDescription']['text'] for rule in driver['rules'])
    assert all(result['ruleId'] in rules and result['message']['text'] for result in only['results'])
    assert [(result['ruleId'], result['level']) for result in only['results']] == [
        ('use', 'note'), ('import-time-pool', 'warning')]
    assert only['results'][1]['locations'] == [{'physicalLocation': {
        'artifactLocation': {'uri': 'mine.py'}, 'region': {'startLine': 2, 'startColumn': 8}}}]
    assert only['invocations'] == [{'executionSuccessful': True, 'toolExecutionNotifications': []}]


def test_sarif_of_errors(run):
    status, text = run('import multiprocessing(\n', '--sarif')
    invocation, = json.loads(text)['runs'][0]['invocations']
    assert status == 2 and invocation['executionSuccessful'] is False
    assert 'cannot be parsed' in invocation['toolExecutionNotifications'][0]['message']['text']


def test_diff(run):
    status, text = run(UNSAFE, '--diff')
    assert status == 1
    assert text == dedent('''
        --- mine.py
        +++ mine.py (poolcompat)
        @@ -1,2 +1,2 @@
        -import multiprocessing
        -pool = multiprocessing.Pool(2)
        +import poolcompat
        +pool = poolcompat.Pool(2)
        ''')


def test_diff_without_a_last_line_end(run, tmpdir, capsys):
    tmpdir.join('other.py').write('import multiprocessing; multiprocessing.Pool')
    assert main(['other.py', '--diff']) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        '+import poolcompat; poolcompat.Pool', '\\ No newline at end of file']


@pytest.mark.parametrize('comment,status', [
    ('# poolcompat: ignore', 0), ('# noqa  # poolcompat: ignore[import-time-pool]', 0),
    ('# poolcompat: ignore[other, import-time-pool]', 0), ('# poolcompat: ignore[other]', 1), ('# poolcompat', 1)])
def test_ignore_in_a_comment(run, comment, status):
    assert run(dedent(UNSAFE).rstrip() + '  ' + comment + '\n')[0] == status


def test_ignore_by_option(run):
    assert run(UNSAFE, '--ignore', 'import-time-pool')[0] == 0
    assert run(UNSAFE, '--ignore', 'other')[0] == 1


def test_to_native(run):
    text = 'from poolcompat import ThreadPoolExecutor, Pool\nThreadPoolExecutor(2).shutdown(cancel_futures=True)\n'
    status, found = run(text, '--to', 'native', '--min-python', '3.8')
    assert status == 1
    assert 'Python 3.8 does not have natively: shutdown(cancel_futures=) (Python 3.9) [not-native]' in found
    assert 'lost: Pool: a worker that dies loses one call, which fails; natively that call is waited for for ever\n' in found
    assert 'lost: ThreadPoolExecutor: TimeoutError is the builtin one (natively in Python 3.11)\n' in found
    assert 'idle threads' not in found
    status, found = run(text, '--to', 'native', '--min-python', '3.11', '--json')
    assert status == 0
    assert not [line for line in json.loads(found)['lost'] if 'TimeoutError' in line]


@pytest.mark.parametrize('options', [[], ['--min-python', '3', 'x'], ['--to', 'there', 'x'], ['--json', '--sarif', 'x']])
def test_wrong_options(options, capsys):
    with pytest.raises(SystemExit) as info:
        main(options)
    assert info.value.code == 2
    assert 'usage: python -m poolcompat migrate' in capsys.readouterr().err


def test_a_terminal_that_has_few_characters(run, tmpdir):
    tmpdir.join('mine.py').write_binary(b'# coding: utf-8\nimport multiprocessing  # \xe2\x82\xac\nmultiprocessing.Pool\n')
    out = subprocess.check_output(
        [sys.executable, '-c', 'import sys; sys.path[:0] = %r; sys.stdout.reconfigure(encoding="ascii")\n'
         'from poolcompat.migrate import main; main(["mine.py", "--diff"])' % (sys.path,)], cwd=str(tmpdir))
    assert b'+import poolcompat  # \\u20ac' in out
