# coding: utf-8
"""Files of every kind, on the disk: nothing is lost, whatever is wrong with them."""
from __future__ import absolute_import, division, print_function

import os
import stat

import pytest

from poolcompat.migrate import main, sources

BEFORE = b'import multiprocessing\nmultiprocessing.Process, multiprocessing.Pool\n'
AFTER = b'import multiprocessing\nimport poolcompat\nmultiprocessing.Process, poolcompat.Pool\n'


@pytest.fixture
def put(tmpdir):
    def write(name, content):
        path = tmpdir.join(name)
        path.write_binary(content, ensure=True)
        return path
    return write


ENCODINGS = {
    'utf-8': (b'# \xc3\xa9\n', b"'\xe2\x82\xac'"),
    'utf-8, with a mark': (b'\xef\xbb\xbf# \xc3\xa9\n', b"'\xe2\x82\xac'"),
    'utf-8, with a mark and a cookie': (b'\xef\xbb\xbf# -*- coding: utf-8 -*-\n', b"'\xe2\x82\xac'"),
    'latin-1': (b'# -*- coding: latin-1 -*-\n', b"u'\xe9\xff'"),
    'latin-1, in the second line': (b'#!/usr/bin/python\n# vim: set fileencoding=iso-8859-15 :\n', b"u'\xa4'"),
    'cp1251': (b'# coding=cp1251\n', b"u'\xcf\xf0\xe8'"),
    'shift_jis': (b'# coding: shift_jis\n', b"u'\x83\x65\x83\x58\x83\x67'"),
    'gb18030': (b'# coding: gb18030\n', b"u'\xc4\xe3'"),
}


@pytest.mark.parametrize('end', [b'\n', b'\r\n'], ids=['LF', 'CRLF'])
@pytest.mark.parametrize('name', sorted(ENCODINGS))
def test_encoding(put, name, end):
    head, text = ENCODINGS[name]
    line = b'print ' + text + b', 1 ; x = ' + text + b'\n'
    path = put('old.py', (head + line + BEFORE + line).replace(b'\n', end))
    assert main([str(path), '--write']) == 0
    assert path.read_binary() == (head + line + AFTER + line).replace(b'\n', end)


@pytest.mark.parametrize('content,cause', [
    (b"import multiprocessing\nx = '\xe9'\n", ':2: is not utf-8; a comment "# coding: latin-1"'),
    (b'# coding: klingon\nimport multiprocessing\n', ':1: its encoding is not known: klingon'),
    (b'\xef\xbb\xbf# coding: latin-1\n', ':1: its encoding is not known'),
    (b'import multiprocessing\nmultiprocessing.Pool(\n', 'cannot be parsed, neither by this Python nor as Python 2'),
    (b'import multiprocessing\nx = 1 +\n', ':2: cannot be parsed'),
    (b'# coding: utf-7\nimport multiprocessing\n+AGE- = multiprocessing.Pool\n', 'its bytes would change elsewhere too'),
])
def test_a_file_that_cannot_be_changed(put, capsys, content, cause):
    """It stays as it is, the message says why, and the others are changed."""
    bad, good = put('bad.py', content), put('good.py', BEFORE)
    assert main([str(bad), str(good), '--write']) == 2
    assert str(bad) in capsys.readouterr().out
    assert main([str(bad), '--write', '--diff']) == 2
    assert cause in capsys.readouterr().err
    assert bad.read_binary() == content
    assert good.read_binary() == AFTER


def test_no_such_path(put, tmpdir, capsys):
    good = put('good.py', BEFORE)
    assert main([str(tmpdir.join('nowhere')), str(good), '--write']) == 2
    assert 'nowhere: there is no such file or directory: error' in capsys.readouterr().out
    assert good.read_binary() == AFTER


def test_broken_link(tmpdir, capsys):
    link = tmpdir.join('link.py')
    link.mksymlinkto('nowhere.py')
    assert main([str(tmpdir)]) == 2
    assert 'link.py: cannot be read: No such file' in capsys.readouterr().out


def test_unreadable_file(put, monkeypatch, capsys):
    bad, good = put('bad.py', BEFORE), put('good.py', BEFORE)

    def refuse(name, mode):
        if name == str(bad):
            raise IOError(13, 'Permission denied')
        return open(name, mode)

    monkeypatch.setattr(sources, 'open', refuse, raising=False)
    assert main([str(bad), str(good), '--write']) == 2
    assert 'bad.py: cannot be read: Permission denied' in capsys.readouterr().out
    assert good.read_binary() == AFTER


def test_unreadable_folder(put, tmpdir, monkeypatch, capsys):
    put('a/bad.py', BEFORE), put('b/good.py', BEFORE)
    real = os.scandir

    def refuse(path):
        if os.path.basename(path) == 'a':
            raise OSError(13, 'Permission denied', path)
        return real(path)

    monkeypatch.setattr(os, 'scandir', refuse)
    assert main([str(tmpdir)]) == 2
    assert 'a: cannot be read: Permission denied' in capsys.readouterr().out


def test_file_that_may_not_be_written(put, tmpdir, monkeypatch, capsys):
    path = put('mine.py', BEFORE)
    path.chmod(0o444)
    monkeypatch.setattr(os, 'access', lambda name, mode: False)
    assert main([str(path), '--write']) == 2
    assert 'cannot be written: Permission denied' in capsys.readouterr().out
    assert path.read_binary() == BEFORE and len(tmpdir.listdir()) == 1


@pytest.mark.parametrize('step', ['fsync', 'chmod', 'replace'])
def test_a_disk_that_fails(put, tmpdir, monkeypatch, capsys, step):
    """The old file is there, whole, and no other."""
    path = put('mine.py', BEFORE)

    def fail(*args):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, step, fail)
    assert main([str(path), '--write']) == 2
    monkeypatch.undo()
    assert 'cannot be written: No space left on device' in capsys.readouterr().out
    assert path.read_binary() == BEFORE and tmpdir.listdir() == [path]


@pytest.mark.skipif(os.name == 'nt', reason='Windows knows no modes')
@pytest.mark.parametrize('mode', [0o755, 0o640, 0o600, 0o4755])
def test_mode(put, mode):
    path = put('tool.py', BEFORE)
    path.chmod(mode)
    assert main([str(path), '--write']) == 0
    assert path.read_binary() == AFTER
    assert stat.S_IMODE(path.stat().mode) == mode


@pytest.mark.skipif(not hasattr(os, 'geteuid') or os.geteuid() != 0, reason='only root may give files away')
def test_owner(put):
    path = put('tool.py', BEFORE)
    os.chown(str(path), 12345, 54321)
    assert main([str(path), '--write']) == 0
    assert (path.stat().uid, path.stat().gid) == (12345, 54321)


def test_link(put, tmpdir):
    """What it points to is changed, once, and the link stays."""
    path = put('real/tool.py', BEFORE)
    link = tmpdir.join('tool.py')
    link.mksymlinkto(path)
    assert main([str(tmpdir), '--write']) == 0
    assert path.read_binary() == AFTER
    assert link.islink() and os.readlink(str(link)) == str(path)


def test_links_to_folders_are_not_followed(put, tmpdir):
    outside = put('outside/tool.py', BEFORE)
    inside = tmpdir.mkdir('inside')
    inside.join('link').mksymlinkto(tmpdir.join('outside'))
    inside.join('loop').mksymlinkto(inside)
    assert main([str(inside), '--write']) == 0
    assert outside.read_binary() == BEFORE


def test_which_files(put, tmpdir):
    """Python files of folders, whatever is named, and nothing that is not the program's."""
    for name in 'a.py', 'b.pyw', 'c/d.py', 'script', 'text.txt', '.git/e.py', '.tox/f.py', '__pycache__/g.py':
        put(name, BEFORE)
    found = list(sources.files_of([str(tmpdir), str(tmpdir.join('script')), str(tmpdir.join('a.py'))], []))
    found = [os.path.relpath(name, str(tmpdir)).replace(os.sep, '/') for name in found]
    assert found == ['a.py', 'b.pyw', 'c/d.py', 'script']


def test_nothing_is_written_without_being_asked(put):
    path = put('mine.py', BEFORE)
    for options in [], ['--diff'], ['--json'], ['--sarif'], ['--to', 'native']:
        main([str(path)] + options)
        assert path.read_binary() == BEFORE


def test_a_file_that_does_not_change_is_not_touched(put):
    path = put('mine.py', AFTER)
    before = path.stat()
    assert main([str(path), '--write']) == 0
    assert (path.stat().ino, path.stat().mtime) == (before.ino, before.mtime)


def test_a_module_of_the_program_called_futures(put):
    text = b'import futures\nfutures.wait([])\n'
    path = put('package/mine.py', text)
    put('package/__init__.py', b''), put('futures.py', b'')
    other = put('other/mine.py', text)
    assert main([str(path), str(other), '--write']) == 0
    assert path.read_binary() == text
    assert other.read_binary() == b'import poolcompat as futures\nfutures.wait([])\n'


def test_deep_nesting(put, capsys):
    """A limit of the interpreter is said to be one, whichever comes first."""
    path = put('deep.py', b'import multiprocessing\nx = ' + b'+'.join([b'1'] * 20000) + b'\n')
    assert main([str(path)]) == 2
    assert 'deep.py' in capsys.readouterr().out


def test_rewritten_text_is_parsed(put, monkeypatch, capsys):
    from poolcompat.migrate import rewrite
    path = put('mine.py', BEFORE)
    monkeypatch.setattr(rewrite, 'rewrite', lambda *args: rewrite.Result('multiprocessing (', []))
    assert main([str(path), '--write']) == 2
    assert 'is left as it is: rewritten it could not be parsed' in capsys.readouterr().out
    assert path.read_binary() == BEFORE
