"""The real jobs of examples/: what they print, exactly, and what they say about bad input."""
from __future__ import absolute_import, division, print_function

import os
import signal
import subprocess
import sys

import pytest

from tests import support

EXAMPLES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'examples')
NAMES = ['checksum_tree.py', 'prime_search.py', 'word_count.py', 'worker_logs.py']


def start(name, *arguments, **options):
    environ = dict(os.environ, PYTHONPATH=os.pathsep.join(support.ROOTS))
    return subprocess.Popen([sys.executable, os.path.join(EXAMPLES, name)] + list(arguments), env=environ,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def run(name, *arguments):
    """(exit status, stdout as bytes, stderr as text)"""
    process = start(name, *arguments)
    out, err = process.communicate()
    return process.returncode, out.replace(b'\r\n', b'\n'), err.decode('utf-8', 'replace').replace('\r\n', '\n')


@pytest.fixture
def tree(tmpdir):
    tmpdir.join('one.txt').write_binary(b'one\n')
    tmpdir.join('empty').write_binary(b'')
    tmpdir.mkdir('sub').join('two.txt').write_binary(b'two')
    return tmpdir


TREE = (b'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  empty\n'
        b'2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806  one.txt\n'
        b'3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3  sub/two.txt\n')
SUMMARY = b'b9adff86b877991731e3378e9609a0c1445bd16164709d6b2344890ee321134f  3 files, 7 bytes\n'


def test_checksums_are_printed_in_the_order_of_the_names(tree):
    status, out, err = run('checksum_tree.py', str(tree), '--workers', '2')
    assert (status, out) == (0, TREE + SUMMARY)
    assert err.endswith('3 of 3 files\n')


def test_one_worker_prints_the_same_as_several(tree):
    assert run('checksum_tree.py', str(tree), '-w', '1')[:2] == (0, TREE + SUMMARY)
    assert run('checksum_tree.py', str(tree), '-w', '3', '--summary')[:2] == (0, SUMMARY)


def test_an_empty_directory_has_no_checksums(tmpdir):
    status, out, _ = run('checksum_tree.py', str(tmpdir))
    assert (status, out) == (0, b'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  '
                                b'0 files, 0 bytes\n')


@pytest.mark.skipif(os.name != 'posix', reason='file names are bytes on POSIX only')
def test_file_names_are_printed_as_the_bytes_they_are(tmpdir):
    with open(os.path.join(str(tmpdir).encode('utf-8'), b'\xff\xe9'), 'wb') as stream:
        stream.write(b'two')
    status, out, _ = run('checksum_tree.py', str(tmpdir))
    assert status == 0
    assert out.startswith(b'3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3  \xff\xe9\n')


@pytest.mark.skipif(not os.path.exists('/proc/self/mem'), reason='needs a file that not even root can read')
def test_a_file_that_cannot_be_read_is_named_and_the_others_are_done(tree):
    tree.join('one.txt').remove()
    tree.join('one.txt').mksymlinkto('/proc/self/mem')
    status, out, err = run('checksum_tree.py', str(tree))
    assert status == 2
    assert b'sub/two.txt' in out and b'one.txt' not in out
    assert 'checksum_tree.py: cannot read %s: Input/output error\n' % tree.join('one.txt') in err


def test_primes_from_a_million_on():
    status, out, err = run('prime_search.py', '8', '--start', '1000000', '--block', '20', '--workers', '2')
    assert (status, out.decode('ascii').split()) == (
        0, ['1000003', '1000033', '1000037', '1000039', '1000081', '1000099', '1000117', '1000121'])
    assert '8 of 8 primes' in err.splitlines()[-1]


def test_primes_from_the_very_start():
    status, out, _ = run('prime_search.py', '10', '--start', '0')
    assert (status, out.decode('ascii').split()) == (0, '2 3 5 7 11 13 17 19 23 29'.split())


def test_primes_beyond_a_machine_word():
    status, out, _ = run('prime_search.py', '2', '--start', '10**30', '--workers', '2')
    assert (status, out.decode('ascii').split()) == (
        0, ['1000000000000000000000000000057', '1000000000000000000000000000099'])


TEXT = (b"The cat's hat, the CAT's \xe2\x80\x9chat\xe2\x80\x9d\n"       # curly quotation marks
        b'na\xc3\xafve\xc2\xa0the cat\xe2\x80\x99s\n'                   # a no-break space, a curly apostrophe
        b'\xff\xfe 42\r\n')                                             # no UTF-8
WORDS = (b"       3 cat's\n"
         b'       3 the\n'
         b'       2 hat\n'
         b'       1 42\n'
         b'       1 na\xc3\xafve\n'
         b'       1 \xff\xfe\n'
         b'11 words, 6 different\n')


def test_words_are_the_same_bytes_on_every_interpreter(tmpdir):
    tmpdir.join('a').write_binary(TEXT)
    status, out, err = run('word_count.py', str(tmpdir.join('a')), '--workers', '2')
    assert (status, out) == (0, WORDS)
    assert err.endswith('1 files, 11 words\n')


def test_words_of_several_files_in_several_pieces(tmpdir):
    tmpdir.join('big').write_binary(b'alpha beta\n' * 250000)           # 2.75 MB: three pieces
    tmpdir.join('small').write_binary(b'beta gamma')
    tmpdir.join('empty').write_binary(b'')
    files = [str(tmpdir.join(name)) for name in ('big', 'small', 'empty')]
    status, out, _ = run('word_count.py', '--top', '2', '--tasks-per-child', '1', '-w', '2', *files)
    assert (status, out) == (0, b'  250001 beta\n  250000 alpha\n500002 words, 3 different\n')


@pytest.mark.parametrize('method', support.START_METHODS)
def test_what_workers_log_is_written_by_the_parent(method):
    status, out, err = run('worker_logs.py', '8', '--workers', '2', '--method', method)
    assert (status, err) == (0, '')
    lines = out.decode('utf-8').splitlines()
    said = sorted(line.partition(' ')[2] for line in lines if ' jobs' in line)
    assert said == (['jobs INFO: the results: [None, 100, 50, 33, None, 100, 50, 33]']
                    + ['jobs.divide DEBUG: %d is on its way' % number for number in range(8)]
                    + ['jobs.divide ERROR: %d cannot be done' % number for number in (0, 4)])
    assert [line.startswith('MainProcess') for line in lines if ' jobs INFO' in line] == [True]
    assert not any(line.startswith('MainProcess') for line in lines if ' jobs.divide ' in line)
    assert sum(line.startswith('ZeroDivisionError') for line in lines) == 2      # with its traceback


def test_progress_of_map_as_completed_and_imap():
    status, out, err = run('progress_bar.py', '40', '--plain')
    assert (status, out) == (0, b'with_map: 20540\nwith_as_completed: 20540\nwith_imap: 20540\n')
    bars = err.splitlines()
    assert len([bar for bar in bars if bar.endswith('[' + '#' * 40 + '] 40/40')]) == 3
    assert '\r'.join(bars).count('[' + '#' * 20 + ' ' * 20 + '] 20/40') == 3


def test_progress_of_nothing():
    assert run('progress_bar.py', '0', '--plain')[:2] == (0, b'with_map: 0\nwith_as_completed: 0\nwith_imap: 0\n')


@pytest.mark.parametrize('name', NAMES)
def test_help(name):
    status, out, err = run(name, '--help')
    assert (status, err) == (0, '')
    assert out.startswith(b'usage: ' + name.encode('ascii')) and b'--workers' in out


@pytest.mark.parametrize('arguments, words', [
    (['checksum_tree.py', 'no-such-directory'], 'no-such-directory is not a directory'),
    (['checksum_tree.py', os.path.join(EXAMPLES, NAMES[0])], NAMES[0] + ' is not a directory'),
    (['checksum_tree.py', '--workers', '0'], "'0' is not a whole number from 1 up"),
    (['prime_search.py', 'many'], "'many' is not a whole number from 1 up"),
    (['prime_search.py', '--block', '-5'], "'-5' is not a whole number from 1 up"),
    (['prime_search.py', '--start', '10**1000000000'], 'of at most 1000 digits'),
    (['prime_search.py', '-w', 'x'], "'x' is not a whole number from 1 up"),
    (['word_count.py'], 'usage: word_count.py'),
    (['word_count.py', 'no-such-file'], 'cannot read no-such-file: No such file or directory'),
    (['word_count.py', EXAMPLES], 'examples is not a regular file'),
    (['word_count.py', '-w', '0', os.path.join(EXAMPLES, NAMES[0])], "'0' is not a whole number from 1 up"),
], ids=lambda value: '-'.join(map(os.path.basename, value)) if isinstance(value, list) else '')
def test_bad_input_is_named_with_status_2(arguments, words):
    status, out, err = run(*arguments)
    assert (status, out) == (2, b'')
    assert words in err and 'Traceback' not in err


def in_a_group_of_its_own():
    """Prepare the process; what runs in a shell's background has SIGINT ignored, and hands that on."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name != 'posix', reason='Ctrl-C by signal')
def test_ctrl_c_ends_at_once_and_in_silence():
    process = start('prime_search.py', '1000000', '--start', '10**60', '--block', '50', '-w', '2',
                    preexec_fn=in_a_group_of_its_own)
    line = process.stderr.readline()                                    # it works: the first block is done
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, b'')
    assert b'primes' in line and b'interrupted' in err and b'Traceback' not in err
