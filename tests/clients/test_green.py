"""gevent's and eventlet's patched standard library: our pools work under it, or say why not, and never hang.

``support.Script`` ends what takes a minute, and fails. The native process pools are not run beside ours: under either of the
two ``multiprocessing.Pool`` hangs on every Python, and 2.7's ``ProcessPoolExecutor`` as well.
"""
from __future__ import absolute_import, division, print_function

import pytest

from tests import support

PATCHES = {'gevent': 'from gevent import monkey; monkey.patch_all()', 'eventlet': 'import eventlet; eventlet.monkey_patch()'}
MODULES = {'native': 'import concurrent.futures as executors, multiprocessing.pool as pools',
           'poolcompat': 'import poolcompat as executors, poolcompat as pools'}
EXECUTOR = '''\
with executors.%s(2) as executor:
    print(list(executor.map(tasks.square, range(5))), executor.submit(tasks.square, 5).result())
'''
POOL = '''\
pool = pools.%s(2)
print(pool.map(tasks.square, range(5)), pool.apply(tasks.square, (5,)))
pool.close()
pool.join()
'''
JOBS = {'ThreadPoolExecutor': EXECUTOR, 'ThreadPool': POOL, 'ProcessPoolExecutor': EXECUTOR, 'Pool': POOL}
REFUSAL = 'NotImplementedError: a pool of processes has a thread that waits in select.poll'
SQUARES = '[0, 1, 4, 9, 16] 25\n'


def run(patch, library, name, late=False):
    """Run a job of the library's, which is imported after what patches, or ``late``, before that, with all that it needs."""
    lines = [MODULES[library] + '; pools.Pool, executors.ThreadPoolExecutor', patch]
    lines = ['from __future__ import print_function'] + lines[::1 if late else -1] + ['from tests import tasks',
                                                                                      JOBS[name] % name]
    return support.Script('\n'.join(lines), preamble='').finish()


@pytest.fixture(params=sorted(PATCHES))
def client(request):
    pytest.importorskip(request.param, reason='on 2.7 gevent would have to be compiled')
    return request.param


@pytest.mark.parametrize('name', ['ThreadPoolExecutor', 'ThreadPool'])
def test_threads(client, name):
    native, ours = run(PATCHES[client], 'native', name), run(PATCHES[client], 'poolcompat', name)
    assert (ours.code, ours.out) == (native.code, native.out) == (0, SQUARES), ours.err


@pytest.mark.parametrize('name', ['ThreadPoolExecutor', 'ThreadPool'])
def test_threads_that_were_imported_first(client, name):
    """On 3.13 eventlet stops the native ``ThreadPool`` then."""
    script = run(PATCHES[client], 'poolcompat', name, late=True)
    assert (script.code, script.out) == (0, SQUARES), script.err


@pytest.mark.parametrize('late', [False, True], ids=['patched first', 'imported first'])
@pytest.mark.parametrize('name', ['ProcessPoolExecutor', 'Pool'])
def test_processes(client, name, late):
    """eventlet takes ``select.poll`` away: that is an error at once, which names it."""
    script = run(PATCHES[client], 'poolcompat', name, late)
    if client == 'eventlet' and script.code:
        assert REFUSAL in script.err
    else:
        assert (script.code, script.out) == (0, SQUARES), script.err


@pytest.mark.parametrize('name', ['ProcessPoolExecutor', 'Pool'])
@pytest.mark.parametrize('patch, works', [
    ('import eventlet; eventlet.monkey_patch(os=False, select=False, thread=False)', True),
    ('import eventlet; eventlet.monkey_patch(select=False, thread=False)', False),
    ('import eventlet; eventlet.monkey_patch(os=False, select=False)', False)])
def test_half_of_eventlet(patch, works, name):
    """With green threads and a wait that stops them all it would hang: that is an error too."""
    script = run(patch, 'poolcompat', name)
    if works:
        assert (script.code, script.out) == (0, SQUARES), script.err
    else:
        assert script.code and REFUSAL in script.err
