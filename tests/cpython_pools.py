"""Runs CPython's own tests of multiprocessing.Pool against poolcompat.

    python tests/cpython_pools.py                   the running interpreter's own tests, by 'fork'
    python tests/cpython_pools.py spawn             by another start method
    python tests/cpython_pools.py --native [spawn]  the same tests, the native classes

Nothing is copied: the tests are the ones that the interpreter was installed with. In this process `multiprocessing.Pool`
and `multiprocessing.pool`'s classes are poolcompat's. `EXPECTED` lists by name the tests that cannot pass, each with its
reason. The exit status is 1 where a test fails that is not listed.
"""
from __future__ import absolute_import, division, print_function

import importlib
import multiprocessing.dummy
import multiprocessing.pool
import os
import sys
import unittest

#: name -> why it cannot pass
EXPECTED = {
    'WithProcessesTestPoolWorkerLifetime.test_pool_worker_lifetime':
        'calls _repopulate_pool, a private method of the native pool',
    'TestPoolNotLeakOnFailure.test_release_unused_processes':
        'gives a context that is a mock: its Process works and its Pipe does not, which the native pool does not use',
}

WANTED = ('TestPool', 'TestPoolWorkerErrors', 'TestPoolWorkerLifetime', 'TestInitializers', 'TestPoolNotLeakOnFailure',
          'TestNoForkBomb')


def install():
    """Put poolcompat's classes in the place of multiprocessing's."""
    import poolcompat
    import poolcompat.pool

    def pool(*args, **kwargs):
        return poolcompat.Pool(*args, **kwargs)

    multiprocessing.Pool = pool
    multiprocessing.dummy.Pool = poolcompat.ThreadPool
    for name in poolcompat.pool.__all__ + ('RemoteTraceback',):
        setattr(multiprocessing.pool, name, getattr(poolcompat.pool, name))
    multiprocessing.TimeoutError = poolcompat.pool.TimeoutError


def collect(method):
    """Yield the test cases; on 2.7 they share two pools."""
    if sys.version_info < (3, 0):
        module = importlib.import_module('test.test_multiprocessing')
        module.ProcessesMixin.pool, module.ThreadsMixin.pool = multiprocessing.Pool(4), multiprocessing.dummy.Pool(4)
    else:
        module = sys.modules[__name__]      # which a spawned worker imports too
        importlib.import_module('test._test_multiprocessing').install_tests_in_module_dict(vars(module), method)
    for name in sorted(vars(module)):
        case = vars(module)[name]
        if name.replace('WithProcesses', '').replace('WithThreads', '') in WANTED:
            yield unittest.defaultTestLoader.loadTestsFromTestCase(case)


def start_method(arguments):
    return ([argument for argument in arguments if not argument.startswith('-')] or ['fork'])[0]


def main(arguments):
    """Run the tests; return whether all went as expected."""
    native = '--native' in arguments
    if not native:
        install()
    method = start_method(arguments)
    suite = unittest.TestSuite(collect(method))
    assert suite.countTestCases() > 30
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = set('.'.join(test.id().split('.')[-2:]) for test, _ in result.failures + result.errors)
    listed = failed & set(EXPECTED)
    print('%s, %s: %d tests, %d skipped, %d failed as listed, failed beside them: %s' % (
        'native' if native else 'poolcompat', method, result.testsRun, len(result.skipped), len(listed),
        ', '.join(sorted(failed - listed)) or 'none'))
    return failed == listed


if __name__ == '__main__':
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.exit(not main(sys.argv[1:]))
elif __name__ == '__mp_main__':
    list(collect(start_method(sys.argv[1:])))
