"""README.md's Python snippets run, and its commands name what is there."""
from __future__ import absolute_import, division, print_function

import io
import os
import re
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

with io.open(os.path.join(ROOT, 'README.md'), encoding='utf-8') as stream:
    README = stream.read()

SNIPPETS = re.findall(r'```python\n(.*?)```', README, re.DOTALL)


def test_there_are_snippets():
    assert SNIPPETS


@pytest.mark.parametrize('number', range(len(SNIPPETS)))
def test_snippet_runs(number, tmpdir):
    path = tmpdir.join('snippet.py')
    path.write_text(u'# -*- coding: utf-8 -*-\n' + SNIPPETS[number], encoding='utf-8')
    process = subprocess.Popen([sys.executable, str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               cwd=str(tmpdir))
    output = process.communicate()[0].decode('utf-8', 'replace')
    assert process.returncode == 0, output


def test_files_that_it_names_are_there():
    for name in re.findall(r'(?:examples|benchmarks|tests)/\w+\.py|run-tests', README):
        assert os.path.exists(os.path.join(ROOT, name)), name
