"""Names that are loaded on first use, on 3.6 and older too."""
from __future__ import absolute_import, division, print_function

import importlib
import sys
import types


def _finder(package, homes):
    home_of = {name: module for module, names in homes.items() for name in names}

    def find(name):
        if name not in home_of:
            raise AttributeError('module %r has no attribute %r' % (package, name))
        value = getattr(importlib.import_module('%s.%s' % (package, home_of[name])), name)
        setattr(sys.modules[package], name, value)
        return value

    return find


# Breakpoint: https://peps.python.org/pep-0562/ (PEP 562: a module's own __getattr__ and __dir__)
if sys.version_info >= (3, 7):
    def lazy_names(package, public, homes):
        """Return ``__getattr__`` and ``__dir__`` for ``package``, whose names are loaded on first use.

        ``homes`` maps each submodule to the names that it defines.
        """
        return _finder(package, homes), lambda: sorted(public)
else:
    def lazy_names(package, public, homes):
        """Return ``__getattr__`` and ``__dir__`` for ``package``, and put them to work.

        A module object's class cannot be changed before 3.5, so another object takes its place in ``sys.modules``.
        It keeps the first one alive, whose namespace would be emptied with it.
        """
        find, first = _finder(package, homes), sys.modules[package]

        class LazyModule(types.ModuleType):
            def __getattr__(self, name):
                return find(name)

            def __dir__(self):
                return sorted(public)

        module = LazyModule(package)
        vars(module).update(vars(first), _first=first)
        sys.modules[package] = module
        return find, module.__dir__
