"""Files without a name on 3.7 and older. Every worker imports this: it imports little."""
from __future__ import absolute_import, division, print_function

import os

# Breakpoint: https://bugs.python.org/issue26836 (os.memfd_create, on Linux; os.preadv is from 3.7, os.pwrite from 3.3)
memfd_create, preadv, pwrite = [getattr(os, name, None) for name in ('memfd_create', 'preadv', 'pwrite')]
