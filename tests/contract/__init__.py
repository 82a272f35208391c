"""One file for each section of the contract; each case is written once and bound to executors by `tests.bindings`."""
from __future__ import absolute_import, division, print_function
