"""The tests of CPython's own suite that cannot pass against poolcompat, each with its reason.

A row of `ROWS` holds

- the suites that it is about: the Python versions they came with, as (first, last), or 'futures'
  for the backport's;
- the interpreters, likewise: (first, last);
- the reason;
- a piece of what the failure then says: a test that fails with something else is not excused;
- the tests, as Class.method; a star stands for each of Fork, Forkserver and Spawn.

Rows are exact: `cpython_suite.py` complains of a listed test that passes or does not exist. `TIMED` holds rows of tests
that pass or fail as time has it, and only those.
"""
from __future__ import absolute_import, division, print_function

EVER = (99, 0)

ROWS = (
    # Tests that read private attributes of the native pool.

    ('futures', ((2, 7), (2, 7)),
     "Reads the backport's _queue_management_thread.",
     '_queue_management_thread',
     ['ProcessPoolShutdownTest.test_del_shutdown']),

    ('futures', ((2, 7), (2, 7)),
     "Iterates over _processes as the backport has it, a set of processes; here as in Python 3 it "
     'maps each pid to its process.',
     "'int' object has no attribute 'join'",
     ['ProcessPoolShutdownTest.test_context_manager_shutdown',
      'ProcessPoolShutdownTest.test_processes_terminate']),

    (((3, 4), (3, 6)), ((3, 4), EVER),
     "Reads the native pool's _queue_management_thread and _call_queue.",
     '_queue_management_thread',
     ['ProcessPoolShutdownTest.test_del_shutdown']),

    (((3, 7), (3, 8)), ((3, 7), EVER),
     "Reads the native pool's _queue_management_thread and _call_queue.",
     '_queue_management_thread',
     ['ProcessPool*ProcessPoolShutdownTest.test_del_shutdown']),

    (((3, 9), EVER), ((3, 8), EVER),
     "Reads the native pool's _executor_manager_thread and _call_queue.",
     '_executor_manager_thread',
     ['ProcessPool*ProcessPoolShutdownTest.test_del_shutdown']),

    (((3, 9), EVER), ((3, 8), EVER),
     "Reads the native pool's _call_queue and _executor_manager_thread.",
     '_call_queue',
     ['ProcessPool*ProcessPoolShutdownTest.test_shutdown_no_wait']),

    (((3, 9), EVER), ((3, 8), EVER),
     "Reads the native pool's _executor_manager_thread.",
     '_executor_manager_thread',
     ['ProcessPool*ExecutorDeadlockTest.test_shutdown_deadlock_pickle']),

    # Tests that look into or replace private parts of the interpreter, for what the native pool makes of it.

    (((3, 13), EVER), ((3, 8), (3, 12)),
     'Replaces threading._start_joinable_thread, which this interpreter does not have.',
     '_start_joinable_thread',
     ['ProcessPool*ProcessPoolExecutorTest.test_python_finalization_error']),

    (((3, 13), EVER), ((3, 13), EVER),
     'Lets the second thread that the pool starts fail, the feeder of its queue, and expects the '
     'pool to break. There is no second thread here: the calls are run.',
     "missing 1 required positional argument: 'y'",
     ['ProcessPool*ProcessPoolExecutorTest.test_python_finalization_error']),

    (((3, 12), EVER), ((3, 8), (3, 8)),
     "Replaces the native pool's _ExecutorManagerThread, which came with 3.9.",
     '_ExecutorManagerThread',
     ['ProcessPool*ExecutorDeadlockTest.test_gh105829_should_not_deadlock_if_wakeup_pipe_full']),

    (((3, 13), EVER), ((3, 8), (3, 12)),
     "Reads _exitcode of multiprocessing's resource tracker, which this interpreter's does not keep.",
     '_exitcode',
     ['FailingInitializerResourcesTest.test_forkserver',
      'FailingInitializerResourcesTest.test_spawn']),

    (((3, 13), EVER), ((3, 8), (3, 12)),
     'Calls os.process_cpu_count, which this interpreter does not have.',
     'process_cpu_count',
     ['ThreadPoolExecutorTest.test_default_workers']),

    # Tests of a policy that CPython itself has given up.

    (((3, 7), (3, 8)), ((3, 7), EVER),
     'Counts five workers after three calls: before 3.9 the native pool started all workers at '
     'once. Here they start on demand under these start methods, as in newer versions (bpo-39207).',
     ' != 5',
     ['ProcessPoolForkserverProcessPoolShutdownTest.test_processes_terminate',
      'ProcessPoolSpawnProcessPoolShutdownTest.test_processes_terminate']),

    (((3, 7), (3, 8)), ((3, 7), EVER),
     "Passes submit's fn as a keyword, deprecated in 3.8 and gone in 3.9 (bpo-36492).",
     "missing 1 required positional argument: 'fn'",
     ['ProcessPool*ProcessPoolExecutorTest.test_submit_keyword',
      'ThreadPoolExecutorTest.test_submit_keyword']),

    ('futures', ((2, 7), (2, 7)),
     'Expects five threads for each CPU by default, which 3.8 changed to at most 32 (bpo-35279).',
     ' != ',
     ['ThreadPoolExecutorTest.test_default_workers']),

    (((3, 5), (3, 7)), ((3, 5), EVER),
     'Expects five threads for each CPU by default, which 3.8 changed to at most 32 (bpo-35279).',
     ' != ',
     ['ThreadPoolExecutorTest.test_default_workers']),

    (((3, 4), (3, 7)), ((3, 4), EVER),
     'Counts three threads after three short calls. Here, as from 3.8 on, a thread that is idle is used first '
     '(bpo-24882).',
     ' != 3',
     ['ThreadPoolShutdownTest.test_threads_terminate']),
)

TIMED = (
    (((3, 9), EVER), ((3, 8), EVER),
     "Counts the native pool's _processes after calls that cannot be pickled. There each such call starts a worker; here "
     'it needs none, so how many there are depends on how soon the first worker is ready.',
     ' != 5',
     ['ProcessPoolForkserverProcessPoolExecutorTest.test_saturation',
      'ProcessPoolSpawnProcessPoolExecutorTest.test_saturation']),
)


def expected_failures(rows, suite, interpreter):
    """(Class.method, reason, piece of the failure) of each test in rows for this suite, '3.13' or 'futures', here."""
    for suites, interpreters, reason, piece, tests in rows:
        if not interpreters[0] <= interpreter <= interpreters[1]:
            continue
        if suite == 'futures' or suites == 'futures':
            if suite != suites:
                continue
        elif not suites[0] <= tuple(map(int, suite.split('.'))) <= suites[1]:
            continue
        for test in tests:
            for method in ('Fork', 'Forkserver', 'Spawn') if '*' in test else ('',):
                yield test.replace('*', method), reason, piece
