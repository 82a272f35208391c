"""What is measured in an interpreter that has done nothing yet: ``python -m benchmarks.fresh``; prints one number."""
from __future__ import absolute_import, division, print_function

import os
import subprocess
import sys
import tempfile
from timeit import default_timer

from . import contenders, tasks
from .contenders import Lacking


def start(contender, method):
    """Return the seconds from making a pool to its first result, its library being imported."""
    exec(contender.statement, {})
    begin = default_timer()
    pool = contender(2, method)
    pool.call(tasks.nothing)
    seconds = default_timer() - begin
    pool.close()
    return seconds


def waiting(contender, calls):
    """Return the bytes by which this process grows for each call that waits for a worker."""
    handle, path = tempfile.mkstemp()
    os.close(handle)
    pool = contender(2)
    try:
        pool.warm(2)
        handles = [pool.submit(tasks.wait_while_there, path) for _ in range(2)]
        before = resident()
        handles += [pool.submit(tasks.nothing, item) for item in range(int(calls))]
        grown = resident() - before
    finally:
        os.remove(path)
    for handle in handles:
        pool.take(handle)
    pool.close()
    return grown / int(calls)


def resident():
    """Return the bytes of memory that this process has now."""
    with open('/proc/self/statm') as statm:
        return int(statm.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def ask(what, contender, argument):
    """Return what a fresh interpreter measures."""
    return number([sys.executable, '-m', 'benchmarks.fresh', what, contender.__name__, str(argument)])


def import_time(contender):
    """Return the seconds of importing it, where nothing of ours is imported either."""
    return number([sys.executable, '-c', 'from timeit import default_timer; begin = default_timer(); %s; '
                                         'print(default_timer() - begin)' % contender.statement])


def number(command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    output, errors = process.communicate()
    if process.returncode:
        last = (errors.splitlines() or ['exit code %d' % process.returncode])[-1]
        raise Lacking(last.partition('Lacking: ')[2]) if 'Lacking: ' in last else RuntimeError(last)
    return float(output.split()[-1])


if __name__ == '__main__':
    print({'start': start, 'waiting': waiting}[sys.argv[1]](getattr(contenders, sys.argv[2]), sys.argv[3]))
