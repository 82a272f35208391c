"""What older interpreters lack, file for file."""
from __future__ import absolute_import, division, print_function
