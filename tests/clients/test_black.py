"""black, which formats a tree in a process pool."""
from __future__ import absolute_import, division, print_function

import black
import black.concurrency
import pytest
from click.testing import CliRunner

from tests.clients.libraries import Ours, counted

FILES = 12


def formatted(folder):
    """Format a tree under the folder: (exit status, what it says, the files)."""
    folder.mkdir()
    for number in range(FILES):
        (folder / ('module%d.py' % number)).write_text(u"x = {  'a':%d }\nif x :\n  print( x )\n" % number)
    (folder / 'broken.py').write_text(u'def :\n')
    result = CliRunner().invoke(black.main, ['--workers', '2', '--no-color', str(folder)])
    said = sorted(line.replace(str(folder), '') for line in result.output.splitlines())
    return result.exit_code, said, [path.read_text() for path in sorted(folder.iterdir())]


@pytest.fixture
def no_cache(monkeypatch, tmp_path):
    monkeypatch.setenv('BLACK_CACHE_DIR', str(tmp_path / 'cache'))


def test_black_formats_a_tree(monkeypatch, tmp_path, no_cache):
    native = formatted(tmp_path / 'native')
    made = []
    monkeypatch.setattr(black.concurrency, 'ProcessPoolExecutor', counted(Ours.ProcessPoolExecutor, made))
    ours = formatted(tmp_path / 'ours')
    assert made == [Ours.ProcessPoolExecutor]
    assert ours == native
    assert ours[0] == 123 and ours[2][1] == u'x = {"a": 0}\nif x:\n    print(x)\n'
