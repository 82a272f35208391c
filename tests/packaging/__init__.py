"""The distributions, built and installed as users do it. The environment ``packaging313`` of tox.ini has the tools."""
from __future__ import absolute_import, division, print_function
