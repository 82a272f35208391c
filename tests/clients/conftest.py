"""What the tests of clients share."""
from __future__ import absolute_import, division, print_function

import multiprocessing

import pytest


@pytest.fixture(autouse=True)
def _nothing_left():
    """Takes the place of the check of the other tests: clients keep threads and files of their own, but no worker."""
    yield
    assert multiprocessing.active_children() == []
