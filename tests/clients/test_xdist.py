"""pytest-xdist: tests that use pools, in its own worker processes."""
from __future__ import absolute_import, division, print_function

import re

from tests import support

TESTS = {
    'native': 'from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor\nfrom multiprocessing import Pool\n',
    'poolcompat': 'from poolcompat import Pool, ProcessPoolExecutor, ThreadPoolExecutor\n',
}
BODY = '''\
import pytest


def half(number):
    return number // 2


@pytest.mark.parametrize('number', range(4))
@pytest.mark.parametrize('executor_type', [ProcessPoolExecutor, ThreadPoolExecutor])
def test_executor(executor_type, number):
    with executor_type(2) as executor:
        assert list(executor.map(half, range(number, number + 9))) == [half(n) for n in range(number, number + 9)]


def test_pool():
    pool = Pool(2)
    assert pool.map(half, range(9)) == [half(n) for n in range(9)]
    pool.close()
    pool.join()


def test_that_fails():
    with ProcessPoolExecutor(2) as executor:
        executor.submit(half, 'a').result()
'''


def test_the_same_tests_pass(tmpdir):
    outcomes = []
    for library in sorted(TESTS):
        folder = tmpdir.mkdir(library)
        folder.join('test_pools.py').write(TESTS[library] + BODY)
        folder.join('pytest.ini').write('[pytest]\n')
        program = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '-n', '2', str(folder)]
        script = support.Script('', program=program, folder=str(folder)).finish()
        assert "TypeError: unsupported operand type(s) for //: 'str' and 'int'" in script.out
        outcomes.append((script.code, re.findall(r'\d+ (?:passed|failed)', script.out)))
    assert outcomes[0] == outcomes[1] == (1, ['1 failed', '9 passed'])
