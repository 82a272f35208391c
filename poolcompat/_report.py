"""What ``python -m poolcompat`` prints: the interpreter, its start methods and CPUs, what is filled here, what works."""
from __future__ import absolute_import, division, print_function

import argparse
import json
import multiprocessing
import os
import platform
import sys
import sysconfig
import textwrap

from . import __version__, _checks, _native
from ._checks import as_text
from ._compat.py27.contexts import get_context
from ._compat.py312 import cpu_count
from ._engine import channel
from ._features import FEATURES, here

_WORDS = {'native': 'native', 'filled': 'filled', 'none': 'not to be had'}


def facts():
    """Return all that can be told without trying anything out, as plain data."""
    implementation, version = _native.interpreter()
    return {
        'poolcompat': {'version': __version__, 'path': as_text(os.path.dirname(os.path.abspath(__file__))),
                       'channel': _channel()},
        'python': {'implementation': implementation, 'version': version,
                   'executable': as_text(sys.executable), 'platform': as_text(platform.platform()),
                   'free_threaded': bool(sysconfig.get_config_var('Py_GIL_DISABLED'))},
        'start_methods': {'default': get_context().get_start_method(), 'all': _checks.start_methods()},
        'cpus': {'count': cpu_count(), 'rule': _cpu_rule(), 'machine': _machine_cpu_count()},
        'features': [{'what': feature.what, 'since': '%d.%d' % feature.since, 'here': here(feature), 'how': feature.how,
                      'issue': feature.issue} for feature in FEATURES],
    }


def _channel():
    try:
        return channel.choose()[0].__name__
    except NotImplementedError as error:
        return str(error)


def _machine_cpu_count():
    try:
        return multiprocessing.cpu_count()
    except NotImplementedError:
        return None


def _cpu_rule():
    """Return what decides how many CPUs there are."""
    option = getattr(sys, '_xoptions', {}).get('cpu_count') if hasattr(os, 'process_cpu_count') else None
    if option not in (None, 'default'):
        return '-X cpu_count'
    if option is None and not sys.flags.ignore_environment and os.environ.get('PYTHON_CPU_COUNT', '').isdigit():
        return 'PYTHON_CPU_COUNT'
    if cpu_count() == _machine_cpu_count():
        return 'all that the machine has'
    return 'those that this process may run on'


def text_of(report):
    """Return the report as text."""
    python, cpus, methods = report['python'], report['cpus'], report['start_methods']
    lines = [
        'poolcompat %(version)s (%(channel)s), %(path)s' % report['poolcompat'],
        '%s %s%s, %s' % (python['implementation'], python['version'], ', free-threaded' if python['free_threaded'] else '',
                         python['executable']),
        python['platform'],
        'start methods: %s; by default %s' % (', '.join(methods['all']), methods['default']),
        'CPUs: %s, %s (%s in the machine)' % (cpus['count'], cpus['rule'], cpus['machine']),
        '',
        'since  here           what',
    ]
    lines += ['%-5s  %-13s  %s%s' % (
        feature['since'], _WORDS[feature['here']], feature['what'].replace('`', ''),
        ' (by %s)' % feature['how'] if feature['here'] == 'filled' else '') for feature in report['features']]
    lines += ['', 'Tried out, each in a process of its own:']
    for check in report['checks']:
        lines.append('%-11s  %s  %.2f s  %s' % (check['name'], check['outcome'], check['seconds'], check['detail']))
        lines += textwrap.wrap(check['advice'], 100, initial_indent=' ' * 13, subsequent_indent=' ' * 13)
    return '\n'.join(line.rstrip() for line in lines)


def main(arguments):
    """Print the report; return 0 where everything works, else 1."""
    parser = argparse.ArgumentParser(
        prog='python -m poolcompat',
        description='Say what the pools have here, and try them out: a bug report should have it. What moves a program to '
        'poolcompat is `python -m poolcompat migrate --help`.')
    parser.add_argument('--json', action='store_true', help='as JSON')
    parser.add_argument('--time-limit', type=float, default=30, metavar='SECONDS',
                        help='for each thing tried out; default %(default)g')
    options = parser.parse_args(arguments)
    report = facts()
    report['checks'] = [dict(_checks.run(name, options.time_limit)._asdict()) for name in _checks.names()]
    text = json.dumps(report, indent=2, sort_keys=True) if options.json else text_of(report)
    print(text.encode('ascii', 'backslashreplace').decode('ascii'))     # whatever the terminal can show
    return 0 if all(check['outcome'] == 'works' for check in report['checks']) else 1
