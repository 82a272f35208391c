"""``python tests/model/check.py``: search the model of the claims exhaustively with spin.

Then the model is broken on purpose, one step in each way, to see that the search would find it. Ends with status 1 where
one of both turns out otherwise. Says so, and ends well, where there is no spin or no C compiler.
"""
from __future__ import absolute_import, division, print_function

import os
import re
import shutil
import subprocess
import sys
import tempfile

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'claims.pml')
DEPTH = '-m100000'

#: What is defined, and whether an error is to be found.
SEARCHES = [
    (['CALLS=4', 'FAULTS=1'], False),
    (['CALLS=3', 'FAULTS=2'], False),
    (['CALLS=3', 'FAULTS=0', 'BROKEN_CLAIM'], True),
    (['CALLS=3', 'FAULTS=1', 'BROKEN_ORDER'], True),
    (['CALLS=3', 'FAULTS=1', 'BROKEN_TAKE_BACK'], True),
]


def search(definitions):
    """Return how many states there are, and spin's words for the error that it found, or None."""
    folder = tempfile.mkdtemp()
    try:
        for command in (['spin', '-a'] + ['-D' + definition for definition in definitions] + [MODEL],
                        ['gcc', '-O2', '-DSAFETY', '-DCOLLAPSE', '-o', 'pan', 'pan.c']):
            subprocess.check_output(command, cwd=folder, stderr=subprocess.STDOUT)
        text = subprocess.check_output(['./pan', DEPTH], cwd=folder, stderr=subprocess.STDOUT).decode()
    finally:
        shutil.rmtree(folder)
    if 'max search depth too small' in text:
        raise SystemExit('the search did not go to the end of a path:\n' + text)
    error = re.search(r'pan:\d+: (.*) \(at depth \d+\)', text)
    return int(re.search(r'(\d+) states, stored', text).group(1)), error and error.group(1)


def main():
    try:
        for command in ['spin', '-V'], ['gcc', '--version']:
            subprocess.check_output(command)
    except OSError as error:
        print('not checked: %s is not here (%s)' % (command[0], error))
        return 0
    good = True
    for definitions, expected in SEARCHES:
        states, error = search(definitions)
        good = good and bool(error) == expected
        print('%-40s %8d states: %s%s' % (' '.join(definitions), states, error or 'no error',
                                          '' if bool(error) == expected else ' -- NOT AS EXPECTED'))
        sys.stdout.flush()
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
