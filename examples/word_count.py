#!/usr/bin/env python
"""Count the words of text files and print the most frequent.

Files are cut into pieces at line ends; workers count the words of a piece (map), this process adds the counts up
(reduce).

Shows: `map` over a generator, a reduction while results still arrive, and `max_tasks_per_child`.

Words are taken from the bytes, not from decoded text: interpreters differ in their Unicode tables and in what they
make of bytes that are no UTF-8, and the answer must be the same on each. So a word is a run of ASCII letters, digits,
apostrophes inside it and non-ASCII characters other than the common spaces and punctuation marks; only ASCII
letters lose their case.
"""
from __future__ import absolute_import, division, print_function

import argparse
import collections
import errno
import os
import re
import string
import sys
import time

from poolcompat import ProcessPoolExecutor, cpu_count

PIECE = 1 << 20

LOWER = bytes(bytearray(range(256))).translate(
    bytes(bytearray(i + 32 if chr(i) in string.ascii_uppercase else i for i in range(256))))
APOSTROPHE = b'\xe2\x80\x99'        # U+2019
# U+00A0 to U+00BF, U+2000 to U+207F, U+3000 to U+303F
MARKS = re.compile(b'\xc2[\xa0-\xbf]|\xe2[\x80\x81][\x80-\xbf]|\xe3\x80[\x80-\xbf]')
WORD = re.compile(b"[0-9A-Za-z\x80-\xff]+(?:'[0-9A-Za-z\x80-\xff]+)*")


def count_words(piece):
    """In a worker: how often each word occurs in (path, start, end), or why that cannot be said."""
    path, start, end = piece
    try:
        with open(path, 'rb') as stream:
            stream.seek(start)
            text = stream.read(end - start)
    except EnvironmentError as error:
        return path, error.strerror, {}
    text = MARKS.sub(b' ', text.replace(APOSTROPHE, b"'")).translate(LOWER)
    return path, None, dict(collections.Counter(WORD.findall(text)))


def pieces(paths):
    """(path, start, end) of every piece: about PIECE bytes each, cut at a line end."""
    for path in paths:
        with open(path, 'rb') as stream:
            size = os.fstat(stream.fileno()).st_size
            start = 0
            while start < size:
                stream.seek(start + PIECE)
                stream.readline()
                end = min(stream.tell(), size)
                yield path, start, end
                start = end


class Progress(object):
    """One line on stderr: rewritten in place on a terminal, else a plain line now and then."""

    def __init__(self):
        self._terminal = sys.stderr.isatty()
        self._every = 0.1 if self._terminal else 5.0
        self._due = 0.0

    def show(self, text, last=False):
        now = time.time()
        if now < self._due and not last:
            return
        self._due = now + self._every
        if self._terminal:
            sys.stderr.write('\r' + text.ljust(70) + ('\n' if last else ''))
        else:
            sys.stderr.write(text + '\n')
        sys.stderr.flush()


def positive(text):
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError('%r is not a whole number from 1 up' % text)
    return number


def main(argv=None):
    parser = argparse.ArgumentParser(description='Count the words of text files and print the most frequent.')
    parser.add_argument('files', nargs='+', metavar='FILE')
    parser.add_argument('-n', '--top', type=positive, default=20, metavar='N',
                        help='how many words to print, default %(default)s')
    parser.add_argument('--tasks-per-child', type=positive, default=64, metavar='N',
                        help='pieces after which a worker is replaced, default %(default)s')
    parser.add_argument('-w', '--workers', type=positive, default=cpu_count(), metavar='N',
                        help='worker processes, default %(default)s')
    options = parser.parse_args(argv)
    for path in options.files:
        if os.path.exists(path) and not os.path.isfile(path):
            parser.error('%s is not a regular file' % path)
        try:
            open(path, 'rb').close()
        except EnvironmentError as error:
            parser.error('cannot read %s: %s' % (path, error.strerror))

    counts = collections.Counter()
    progress = Progress()
    try:
        pool = ProcessPoolExecutor(options.workers, max_tasks_per_child=options.tasks_per_child)
    except ValueError as error:
        parser.error(str(error))
    with pool:
        for done, (path, why, words) in enumerate(pool.map(count_words, pieces(options.files)), 1):
            if why is not None:
                parser.error('cannot read %s: %s' % (path, why))
            counts.update(words)
            progress.show('%d pieces counted, %d different words' % (done, len(counts)))
    total = sum(counts.values())
    progress.show('%d files, %d words' % (len(options.files), total), last=True)
    stdout = getattr(sys.stdout, 'buffer', sys.stdout)
    for word, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:options.top]:
        stdout.write(('%8d ' % number).encode('ascii') + word + b'\n')
    stdout.write(('%d words, %d different\n' % (total, len(counts))).encode('ascii'))
    stdout.flush()
    return 0


def run():
    try:
        status = main()
    except KeyboardInterrupt:
        sys.stderr.write('\ninterrupted\n')
        status = 130
    except EnvironmentError as error:
        if error.errno == errno.EPIPE:
            # The reader of our output has gone, as in `| head`: nothing is left to say, at exit neither.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = 0
        else:
            sys.stderr.write('\n%s\n' % error)
            status = 2
    sys.exit(status)


if __name__ == '__main__':
    run()
