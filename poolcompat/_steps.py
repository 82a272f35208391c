"""Several calls in one step, as far as signals go."""
from __future__ import absolute_import, division, print_function

import functools

from six.moves import map


def in_one_step(*calls):
    """Make the calls, each a ``functools.partial`` of a function in C.

    A signal's handler runs between two instructions of Python code, and may raise KeyboardInterrupt there. Here all is C
    from the first call to the last, so either all of them were made or none.
    """
    return list(map(functools.partial.__call__, calls))
