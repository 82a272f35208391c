"""Several calls in one step, as far as signals go; on 2.7 ``apply`` takes half as long as what there is without it."""
from __future__ import absolute_import, division, print_function

import sys

# Breakpoint: https://peps.python.org/pep-3100/ (PEP 3100: ``apply`` is gone)
if sys.version_info >= (3, 0):
    from functools import partial

    _call = partial.__call__

    def in_one_step(*calls):
        """Make the calls, each a ``functools.partial`` of a function in C.

        A signal's handler runs between two instructions of Python code, and may raise KeyboardInterrupt there. Here all is C
        from the first call to the last, so either all of them were made or none.
        """
        return list(map(_call, calls))
else:
    def in_one_step(*calls):
        """Make the calls, each a ``functools.partial`` of a function in C, as above."""
        return map(apply, calls)    # noqa: F821 (a name of 2.7)
