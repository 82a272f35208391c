"""MIGRATING.md: each program runs, and does the same before a step and after it."""
from __future__ import absolute_import, division, print_function

import io
import os
import re
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

with io.open(os.path.join(ROOT, 'MIGRATING.md'), encoding='utf-8') as stream:
    PROGRAMS = re.findall(r'```python\n(.*?)```', stream.read(), re.DOTALL)


def output_of(program, folder):
    path = folder.join('program.py')
    path.write_text(program, encoding='utf-8')
    process = subprocess.Popen([sys.executable, '-W', 'ignore', str(path)], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, universal_newlines=True)
    output = process.communicate()[0]
    assert process.returncode == 0, output
    return output


def test_there_are_three_steps():
    assert len(PROGRAMS) == 6


@pytest.mark.parametrize('step', range(3))
def test_step(step, tmpdir):
    before, after = PROGRAMS[2 * step:2 * step + 2]
    output = output_of(after, tmpdir)
    assert output and output == output_of(before, tmpdir)
    assert before != after and 'poolcompat' in after
