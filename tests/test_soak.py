"""Chaos, a minute of it on the interpreters that differ most; see soak.py, which says what it was if anything is wrong."""
from __future__ import absolute_import, division, print_function

import os
import subprocess
import sys

import pytest

SOAK = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'soak.py')

WHOLE = sys.version_info[:2] in [(2, 7), (3, 6), (3, 11), (3, 13)]


@pytest.mark.timeout(600)       # soak.py ends by itself what hangs
@pytest.mark.parametrize('arguments', [['--seconds', '60' if WHOLE else '10'],
                                       ['--seconds', '20' if WHOLE else '5', '--races']], ids=' '.join)
def test_soak(arguments):
    process = subprocess.Popen([sys.executable, SOAK] + arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.communicate()[0].decode('utf-8', 'replace')
    assert process.returncode == 0, output
