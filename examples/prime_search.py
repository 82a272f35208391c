#!/usr/bin/env python
"""Print the first COUNT primes from a number on.

The numbers are searched in blocks, each a call of its own. Blocks end in any order; as soon as those from the
start on hold enough primes without a hole, whatever has not started is cancelled.

Shows: `submit`, `as_completed`, `Future.cancel` and an early exit.

Beyond 3.3e24 a number printed is a probable prime: it passed the Miller-Rabin test for the 13 smallest primes.
"""
from __future__ import absolute_import, division, print_function

import argparse
import errno
import os
import sys
import time

from poolcompat import ProcessPoolExecutor, as_completed, cpu_count

WITNESSES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
DIGITS = 1000


def is_prime(number):
    if number < 2:
        return False
    for witness in WITNESSES:
        if number % witness == 0:
            return number == witness
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd //= 2
        twos += 1
    for witness in WITNESSES:
        power = pow(witness, odd, number)
        if power == 1 or power == number - 1:
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def search(first, length):
    """In a worker: the primes in the block of this length."""
    primes = []
    number = first
    while number < first + length:      # not range(): Python 2's cannot count beyond a C long
        if is_prime(number):
            primes.append(number)
        number += 1
    return primes


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


def find(pool, count, start, block, at_once, progress):
    """The first `count` primes from `start` on, with `at_once` blocks submitted at a time."""
    primes = []
    searched = 0
    while True:
        futures = {pool.submit(search, start + (searched + i) * block, block): searched + i for i in range(at_once)}
        found = {}
        for future in as_completed(futures):
            found[futures[future]] = future.result()
            while searched in found:    # the next block without a hole before it
                primes.extend(found.pop(searched))
                searched += 1
            progress.show('%d of %d primes, %d numbers searched' % (min(len(primes), count), count, searched * block))
            if len(primes) >= count:
                for rest in futures:
                    rest.cancel()
                return primes[:count], searched * block


def whole_number(text):
    base, power, exponent = text.partition('**')
    if base.isdigit() and not power and len(base) <= DIGITS:
        return int(base)
    # What is computed stays small: 10**1000000000 must not be tried.
    if base.isdigit() and exponent.isdigit() and len(exponent) <= 4 and len(base) * int(exponent) <= 2 * DIGITS:
        number = int(base) ** int(exponent)
        if number < 10 ** DIGITS:
            return number
    raise argparse.ArgumentTypeError('%r is not a whole number (like 1000000 or 10**60) of at most %d digits'
                                     % (text, DIGITS))


def positive(text):
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError('%r is not a whole number from 1 up' % text)
    return number


def main(argv=None):
    parser = argparse.ArgumentParser(description='Print the first COUNT primes from a number on.')
    parser.add_argument('count', nargs='?', metavar='COUNT', type=positive, default=50, help='default %(default)s')
    parser.add_argument('--start', type=whole_number, default='10**120', metavar='N',
                        help='search from here on, default %(default)s')
    parser.add_argument('--block', type=positive, default=500, metavar='N',
                        help='numbers in one call, default %(default)s')
    parser.add_argument('-w', '--workers', type=positive, default=cpu_count(), metavar='N',
                        help='worker processes, default %(default)s')
    options = parser.parse_args(argv)

    progress = Progress()
    try:
        pool = ProcessPoolExecutor(options.workers)
    except ValueError as error:
        parser.error(str(error))
    with pool:
        primes, searched = find(pool, options.count, options.start, options.block, 8 * options.workers, progress)
    progress.show('%d of %d primes, %d numbers searched' % (len(primes), options.count, searched), last=True)
    for prime in primes:
        print(prime)
    sys.stdout.flush()
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
