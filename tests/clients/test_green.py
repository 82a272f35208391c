"""gevent's and eventlet's patched standard library: our pools work under it as the native ones do, or say why not.

Never is there a hang: ``support.Script`` ends one that takes a minute, and fails.
"""
from __future__ import absolute_import, division, print_function

import textwrap

import pytest

from tests import support

PREAMBLE = '''from __future__ import absolute_import, division, print_function
'''
PATCHES = {'gevent': 'from gevent import monkey; monkey.patch_all()', 'eventlet': 'import eventlet; eventlet.monkey_patch()'}

JOBS = {
    'thread executor': '''
        with pools.ThreadPoolExecutor(2) as executor:
            print(list(executor.map(tasks.square, range(9))), executor.submit(tasks.square, 5).result())
    ''',
    'process executor': '''
        with pools.ProcessPoolExecutor(2) as executor:
            print(list(executor.map(tasks.square, range(9))), executor.submit(tasks.square, 5).result())
    ''',
    'thread pool': '''
        pool = pool_types.ThreadPool(2)
        print(pool.map(tasks.square, range(9)), pool.apply(tasks.square, (5,)))
        pool.close()
        pool.join()
    ''',
    'process pool': '''
        pool = pool_types.Pool(2)
        print(pool.map(tasks.square, range(9)), pool.apply(tasks.square, (5,)))
        pool.close()
        pool.join()
    ''',
}


def outcome(client, library, job):
    body = '%s\nimport %s as pools, %s as pool_types\n%s\nprint(JOB)\n' % (
        PATCHES[client],
        'poolcompat' if library == 'poolcompat' else 'concurrent.futures',
        'poolcompat' if library == 'poolcompat' else 'multiprocessing.pool', textwrap.dedent(JOBS[job]))
    script = support.Script(body.replace('print(JOB)', "print('done')"), preamble=PREAMBLE).finish()
    return script


if __name__ == '__main__':
    import sys
    for client in PATCHES:
        for job in sorted(JOBS):
            for library in 'native', 'poolcompat':
                try:
                    s = outcome(client, library, job)
                    print(client, job, library, s.code, s.out, s.err[-300:])
                except AssertionError as e:
                    print(client, job, library, 'HUNG', str(e)[:2500])
                sys.stdout.flush()
