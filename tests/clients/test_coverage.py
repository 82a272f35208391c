"""coverage, which measures workers by its ``concurrency = multiprocessing``."""
from __future__ import absolute_import, division, print_function

import json

import pytest

from tests import support

PROGRAM = '''\
from __future__ import absolute_import, division, print_function
import sys


def in_a_worker(number):
    if number > 100:
        return 'never'
    return number * 2


if __name__ == '__main__':
    if sys.argv[1] == 'native':
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import Pool
    else:
        from poolcompat import Pool, ProcessPoolExecutor
    if sys.argv[2] == 'executor':
        with ProcessPoolExecutor(2) as executor:
            print(list(executor.map(in_a_worker, range(8))))
    else:
        pool = Pool(2)
        print(pool.map(in_a_worker, range(8)))
        pool.close()
        pool.join()
'''


def measured(folder, library, pool):
    """The lines that were run, in any process."""
    folder.join('program.py').write(PROGRAM)
    folder.join('.coveragerc').write('[run]\nparallel = true\nconcurrency = multiprocessing\nsource = .\n')
    for program in ['run', 'program.py', library, pool], ['combine'], ['json', '-o', 'report.json']:
        script = support.Script('', program=['-m', 'coverage'] + program, folder=str(folder)).finish()
        assert script.code == 0, script.err
    return json.loads(folder.join('report.json').read())['files']['program.py']['executed_lines']


@pytest.mark.parametrize('pool', ['executor', 'pool'])
def test_workers_are_measured(tmpdir, pool):
    ours = measured(tmpdir.mkdir('ours'), 'poolcompat', pool)
    native = measured(tmpdir.mkdir('native'), 'native', pool)
    lines = PROGRAM.splitlines()
    imports = set(number for number, line in enumerate(lines, 1) if line.startswith('        from '))
    assert set(ours) - imports == set(native) - imports
    assert lines.index('    return number * 2') + 1 in ours and lines.index("        return 'never'") + 1 not in ours
