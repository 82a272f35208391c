"""Whether the parent of this process lives: on 2.7 the last of its children cleans up after it."""
from __future__ import absolute_import, division, print_function

import os

_told = []


def tell_parent_is_gone():
    """Note that the parent has died, or is about to: its pipes end before the system gives its children to another."""
    _told.append(True)


def is_parent_gone(parent):
    """Return whether the process ``parent``, which started this one, has died, as far as is known here."""
    return bool(_told) or os.getppid() != parent
