"""The name and the rest are in setup.cfg; the version is read from the package as text, never by importing it."""
import io
import os
import re

from setuptools import setup

HERE = os.path.dirname(os.path.abspath(__file__))

with io.open(os.path.join(HERE, 'poolcompat', '__init__.py'), encoding='utf-8') as source:
    VERSION = re.search(r"^__version__ = ['\"]([^'\"]+)['\"]", source.read(), re.MULTILINE).group(1)

setup(version=str(VERSION))
