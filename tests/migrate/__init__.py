"""Tests of ``python -m poolcompat migrate``; tox's environment ``migrate`` runs them."""
from __future__ import absolute_import, division, print_function
