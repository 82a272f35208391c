"""Keyword-only and positional-only parameters in 2.7's syntax, with CPython's own errors.

``@signature('self, wait=True, *, cancel_futures=False')`` over ``def shutdown(self, wait, cancel_futures)`` gives a
method that takes its arguments as the text says, complains as CPython 3.13 does, and shows the text to
``inspect.signature``.
"""
from __future__ import absolute_import, division, print_function

import numbers

from ._compat.py37.signatures import show_signature

_REQUIRED = object()


def signature(text):
    """Return a decorator that gives a method the signature ``text``, in Python 3's notation.

    The method that it decorates takes the same parameters positionally, ``*args`` as one tuple.
    """
    positional, star, keyword_only = _parse(text)

    def decorate(method):
        def bound(*args, **kwargs):
            return method(*_bind(_qualified(args, bound), positional, star, keyword_only, args, kwargs))

        bound.__name__ = method.__name__
        bound.__doc__ = method.__doc__
        bound.__module__ = method.__module__
        bound.__qualname__ = getattr(method, '__qualname__', method.__name__)
        show_signature(bound, text)
        return bound

    return decorate


def _parse(text):
    """Return the positional parameters, the name of ``*args`` or None, and the keyword-only parameters."""
    positional, keyword_only, star, group = [], [], None, None
    for part in text.split(', '):
        name, _, default = part.partition('=')
        if name.startswith('*'):
            star, group = name[1:] or None, keyword_only
        else:
            parameter = name, eval(default, {}) if default else _REQUIRED
            (positional if group is None else group).append(parameter)
    return positional, star, keyword_only


def _qualified(args, method):
    """Return the name of ``method`` that errors give, with its class."""
    homes = [cls for cls in type(args[0]).__mro__ if vars(cls).get(method.__name__) is method] if args else ()
    return '.'.join([cls.__name__ for cls in homes[:1]] + [method.__name__])


def _bind(name, positional, star, keyword_only, args, kwargs):
    """Return the arguments of a call, in the order of the parameters."""
    given, rest = args[:len(positional)], args[len(positional):]
    if rest and not star:
        raise TypeError(_too_many(name, positional, keyword_only, args, kwargs))
    values = list(given)
    missing = []
    for parameter, default in positional[:len(given)]:
        if parameter in kwargs:
            raise TypeError('%s() got multiple values for argument %r' % (name, str(parameter)))
    for parameter, default in positional[len(given):]:
        value = kwargs.pop(parameter, default)
        if value is _REQUIRED:
            missing.append(parameter)
        values.append(value)
    if star:
        values.append(rest)
    for parameter, default in keyword_only:
        values.append(kwargs.pop(parameter, default))
    if kwargs:
        raise TypeError("%s() got an unexpected keyword argument '%s'" % (name, next(iter(kwargs))))
    if missing:
        raise TypeError(_missing(name, missing))
    return values


def check_number(name, value):
    """Raise TypeError where the value of the parameter ``name`` is no number: 2.7 finds any text greater than 0."""
    if not isinstance(value, numbers.Number):
        raise TypeError('%s must be an integer, not %s: %r. What comes from a command line or from the environment is text: '
                        'use int()' % (name, type(value).__name__, value))


def submit_arguments(name, args):
    """Return ``self``, ``fn`` and the rest of the positional arguments of ``submit``, whose class is called ``name``.

    For ``submit(self, fn, /, *args, **kwargs)``, which is called too often for ``signature``.
    """
    if len(args) < 2:
        raise TypeError(_missing(name + '.submit', ('self', 'fn')[len(args):]))
    return args[0], args[1], args[2:]


def _missing(name, missing):
    quoted = [repr(str(parameter)) for parameter in missing]
    listed = quoted[0] if len(quoted) == 1 else '%s%s and %s' % (
        ', '.join(quoted[:-1]), ',' if len(quoted) > 2 else '', quoted[-1])
    return '%s() missing %d required positional argument%s: %s' % (
        name, len(missing), '' if len(missing) == 1 else 's', listed)


def _too_many(name, positional, keyword_only, args, kwargs):
    required = sum(default is _REQUIRED for _, default in positional)
    most = len(positional)
    counts = '%d' % most if required == most else 'from %d to %d' % (required, most)
    plural = '' if most == 1 else 's'
    extra = sum(parameter in kwargs for parameter, _ in keyword_only)
    also = '' if not extra else ' positional argument%s (and %d keyword-only argument%s)' % (
        '' if len(args) == 1 else 's', extra, '' if extra == 1 else 's')
    return '%s() takes %s positional argument%s but %d%s %s given' % (
        name, counts, plural, len(args), also, 'was' if len(args) == 1 and not extra else 'were')
