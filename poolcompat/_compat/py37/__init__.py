"""What CPython 3.7 and older lack.

==============  ==========================================================================================
``futures``     ``InvalidStateError``, callbacks that raise
``memory``      ``os.memfd_create``
``signatures``  text signatures
``syntax``      where a node of ``ast`` ends
==============  ==========================================================================================
"""
from __future__ import absolute_import, division, print_function
