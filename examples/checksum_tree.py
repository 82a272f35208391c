#!/usr/bin/env python
"""Print the SHA-256 of every regular file under a directory.

The first argument is the directory; without it, the running interpreter's own standard library is taken. One line
a file, in the order of the file names, as `sha256sum` prints them; then one line for the whole tree.

Shows: `initializer` (each worker is told the directory once, so that a task carries no more than a relative name)
and `map` with a `chunksize` (many small tasks travel together).
"""
from __future__ import absolute_import, division, print_function

import argparse
import errno
import hashlib
import os
import sys
import sysconfig
import time

from poolcompat import ProcessPoolExecutor, cpu_count

BLOCK = 1 << 20
CHUNK = 16

_root = None    # in a worker: the directory that names are relative to


def start_worker(root):
    global _root
    _root = root


def checksum(name):
    """In a worker: (hex digest, size, None), or (None, 0, why not)."""
    digest = hashlib.sha256()
    size = 0
    try:
        with open(os.path.join(_root, name), 'rb') as stream:
            for block in iter(lambda: stream.read(BLOCK), b''):
                digest.update(block)
                size += len(block)
    except EnvironmentError as error:
        return None, 0, error.strerror
    return digest.hexdigest(), size, None


def as_bytes(name):
    """A relative file name as the bytes to print: the same on every interpreter and under every locale."""
    name = name.replace(os.sep, '/')
    if isinstance(name, bytes):
        return name
    return os.fsencode(name)    # novm: on Python 2 every name is bytes


def list_files(root, on_error):
    names = []
    for folder, _, files in os.walk(root, onerror=on_error):
        for name in files:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                names.append(os.path.relpath(path, root))
    names.sort(key=as_bytes)
    return names


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
    parser = argparse.ArgumentParser(description='Print the SHA-256 of every file under a directory.')
    parser.add_argument('directory', nargs='?', metavar='DIR', default=sysconfig.get_path('stdlib'),
                        help="default: this interpreter's standard library, %(default)s")
    parser.add_argument('-s', '--summary', action='store_true', help='print the line for the whole tree only')
    parser.add_argument('-w', '--workers', type=positive, default=cpu_count(), metavar='N',
                        help='worker processes, default %(default)s')
    options = parser.parse_args(argv)
    root = options.directory
    if not os.path.isdir(root):
        parser.error('%s is not a directory' % root)

    failures = []
    names = list_files(root, lambda error: failures.append((error.filename, error.strerror)))
    lines = []
    size = 0
    progress = Progress()
    try:
        pool = ProcessPoolExecutor(options.workers, initializer=start_worker, initargs=(root,))
    except ValueError as error:
        parser.error(str(error))
    with pool:
        results = pool.map(checksum, names, chunksize=CHUNK)
        for done, name in enumerate(names, 1):
            digest, length, why = next(results)
            if why is None:
                lines.append(digest.encode('ascii') + b'  ' + as_bytes(name) + b'\n')
                size += length
            else:
                failures.append((os.path.join(root, name), why))
            progress.show('%d of %d files' % (done, len(names)))
    progress.show('%d of %d files' % (len(names), len(names)), last=True)

    tree = hashlib.sha256(b''.join(lines)).hexdigest()
    stdout = getattr(sys.stdout, 'buffer', sys.stdout)
    if not options.summary:
        stdout.writelines(lines)
    stdout.write(('%s  %d files, %d bytes\n' % (tree, len(lines), size)).encode('ascii'))
    stdout.flush()
    for path, why in failures:
        sys.stderr.write('%s: cannot read %s: %s\n' % (parser.prog, path, why))
    return 2 if failures else 0


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
