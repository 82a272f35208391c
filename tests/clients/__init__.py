"""Other projects' code, as they released it, on poolcompat's pools and on the interpreter's own: what comes out is the same.

Where a client names the pool itself, that name is replaced while the test runs. The environments ``clientsXY`` of tox.ini
have the clients, and name the files that they run.
"""
from __future__ import absolute_import, division, print_function
