"""tqdm: its own maps over our executors, and its bar over our iterators."""
from __future__ import absolute_import, division, print_function

import concurrent.futures
import io
import os

import pytest
import tqdm
from tqdm.contrib import concurrent as maps

from tests import support
from tests.clients.libraries import Native, Ours, closing, counted, square


class Screen(io.StringIO):
    """Takes what tqdm writes: 2.7 gives it bytes."""

    def write(self, text):
        super(Screen, self).write(text if isinstance(text, type(u'')) else text.decode('utf-8'))


@pytest.mark.parametrize('mapper, name', [(maps.process_map, 'ProcessPoolExecutor'),
                                          (maps.thread_map, 'ThreadPoolExecutor')])
def test_its_maps(monkeypatch, mapper, name):
    screen, made = Screen(), []
    native = mapper(square, range(20), max_workers=2, file=Screen())
    monkeypatch.setattr(concurrent.futures, name, counted(getattr(Ours, name), made))
    assert mapper(square, range(20), max_workers=2, file=screen) == native == [n * n for n in range(20)]
    assert made == [getattr(Ours, name)]
    assert u'20/20' in screen.getvalue()


def bar_over_map(library, screen):
    with library.ProcessPoolExecutor(2) as executor:
        return list(tqdm.tqdm(executor.map(square, range(20)), total=20, file=screen))


def bar_over_as_completed(library, screen):
    with library.ThreadPoolExecutor(2) as executor:
        futures = [executor.submit(square, number) for number in range(20)]
        return sorted(future.result()
                      for future in tqdm.tqdm(library.as_completed(futures), total=len(futures), file=screen))


def bar_over_imap(library, screen):
    with closing(library.Pool(2)) as pool:
        return list(tqdm.tqdm(pool.imap(square, range(20)), total=20, file=screen))


@pytest.mark.parametrize('barred', [bar_over_map, bar_over_as_completed, bar_over_imap])
def test_its_bar(barred):
    screen = Screen()
    assert barred(Ours, screen) == barred(Native, Screen())
    assert u'20/20' in screen.getvalue() and u'100%' in screen.getvalue()


def test_the_example():
    path = os.path.join(support.ROOTS[1], 'examples', 'progress_bar.py')
    script = support.Script('', program=[path, '40']).finish()
    assert (script.code, script.out) == (0, 'with_map: 20540\nwith_as_completed: 20540\nwith_imap: 20540\n')
    assert script.err.count(' 40/40 ') == 3
