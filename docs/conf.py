"""How Sphinx makes the documentation of what is in this folder and in the docstrings."""
from __future__ import absolute_import, division, print_function

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT)

import poolcompat       # noqa: E402 (found by the line before)

project = 'poolcompat'
author = copyright = 'The poolcompat authors'
release = version = poolcompat.__version__
extensions = ['myst_parser', 'sphinx.ext.autodoc', 'sphinx.ext.napoleon', 'sphinx.ext.viewcode']
exclude_patterns = ['_build']
myst_heading_anchors = 3
autodoc_member_order = 'bysource'
html_theme = 'alabaster'
html_theme_options = {'description': "The newest Python's pools on every Python", 'fixed_sidebar': True}
