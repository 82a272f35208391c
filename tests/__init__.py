"""The tests of poolcompat. A package, so that the workers of every start method can import `tests.tasks`."""
from __future__ import absolute_import, division, print_function
