#!/usr/bin/env python
"""Show how far `map`, `as_completed` and `imap` are.

    progress_bar.py 200

Each of the three gives its results one by one: whatever counts what it passes on is a progress bar. With tqdm installed that
is `tqdm.tqdm(results, total=count)`; `Bar` is what does without.

Shows: `map` with `buffersize`, `as_completed`, `Pool.imap_unordered`.
"""
from __future__ import absolute_import, division, print_function

import argparse
import sys

from poolcompat import Pool, ProcessPoolExecutor, as_completed

try:
    from tqdm import tqdm
except ImportError:
    tqdm = None


class Bar(object):
    """Iterates over `results`, and draws on stderr how many of `total` there were."""

    WIDTH = 40

    def __init__(self, results, total):
        self._results = results
        self._total = total

    def __iter__(self):
        self._draw(0)
        for count, result in enumerate(self._results, 1):
            yield result
            self._draw(count)
        sys.stderr.write('\n')

    def _draw(self, count):
        done = self.WIDTH * count // self._total if self._total else self.WIDTH
        sys.stderr.write('\r[%s%s] %d/%d' % ('#' * done, ' ' * (self.WIDTH - done), count, self._total))
        sys.stderr.flush()


def square(number):
    return number * number


def with_map(count, bar):
    """A call for each result that is shown: with a `chunksize` results come in chunks, and the bar jumps."""
    with ProcessPoolExecutor(2) as pool:
        return sum(bar(pool.map(square, range(count), buffersize=100), total=count))


def with_as_completed(count, bar):
    """Counts the calls as they end, in whatever order."""
    with ProcessPoolExecutor(2) as pool:
        futures = [pool.submit(square, number) for number in range(count)]
        return sum(future.result() for future in bar(as_completed(futures), total=count))


def with_imap(count, bar):
    """As `as_completed`, with items sent in chunks and shown one by one."""
    with Pool(2) as pool:
        return sum(bar(pool.imap_unordered(square, range(count), chunksize=10), total=count))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('count', type=int, help='how many calls')
    parser.add_argument('--plain', action='store_true', help='without tqdm, though it be installed')
    options = parser.parse_args()
    bar = Bar if tqdm is None or options.plain else tqdm
    for way in with_map, with_as_completed, with_imap:
        print('%s: %d' % (way.__name__, way(options.count, bar)))


if __name__ == '__main__':
    main()
