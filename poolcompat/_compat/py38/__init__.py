"""What CPython 3.8 and older lack.

==============  ==========================================================================================
``exits``       functions called while the threads of the process can still be joined
``generic``     ``Future[int]``
==============  ==========================================================================================
"""
from __future__ import absolute_import, division, print_function
