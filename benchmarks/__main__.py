"""``python -m benchmarks``: poolcompat's pools beside whichever others are installed, in one run of this interpreter.

Two workers, and calls that do nothing, unless the row says otherwise. The rounds are interleaved, so that what else the
machine does falls on all alike; the medians are compared as ratios, which vary less from run to run than the figures do.
``pipe`` and ``memcpy`` are no pools: they are the limit of what a pool on this machine can do.
"""
from __future__ import absolute_import, division, print_function

import argparse
import platform
import sys
import time

import poolcompat

from . import contenders, report
from .rows import KINDS, MILLION, ROWS


def measure(row, calls, rounds, absent):
    """Return the values of each contender, which is alive only while it is measured, and why others have none."""
    values, lacking = {}, {}
    for _ in range(rounds):
        for contender in row.contenders:
            if contender.name in lacking or contender in absent:
                continue
            try:
                values.setdefault(contender.name, []).append(row.measure(contender, calls))
            except Exception as error:
                if contender.name == report.OURS and not isinstance(error, contenders.Lacking):
                    raise
                values.pop(contender.name, None)
                lacking[contender.name] = '%s: %s' % (type(error).__name__, error)
    return values, lacking


def result_of(row, options, absent):
    calls = max(1, row.calls // 100) if options.quick else row.calls
    values, lacking = measure(row, calls, options.rounds, absent)
    figures = dict((name, report.summary(those)) for name, those in values.items())
    return {'kind': row.kind, 'name': row.name, 'unit': row.unit, 'calls': calls, 'figures': figures,
            'ratios': report.ratios(figures), 'lacking': lacking}


def facts(options, there):
    return {
        'implementation': platform.python_implementation(), 'version': platform.python_version(),
        'platform': platform.platform(), 'cpus': poolcompat.cpu_count(), 'date': time.strftime('%Y-%m-%d'),
        'rounds': options.rounds, 'quick': options.quick,
        'contenders': [contender.name for contender in contenders.LIMITS + there],
        'versions': dict((contender.name, contenders.version(contender)) for contender in there
                         if contenders.version(contender)),
    }


def arguments():
    parser = argparse.ArgumentParser(prog='python -m benchmarks', description=__doc__.partition('\n')[0])
    parser.add_argument('--rounds', type=int, default=7, help='rounds of which the median is taken (default 7)')
    parser.add_argument('--only', choices=KINDS, nargs='+', help='these kinds of rows only')
    parser.add_argument('--quick', action='store_true', help='a hundredth of the calls, to try it out')
    parser.add_argument('--million', action='store_true', help='also a million calls at once, which takes long')
    parser.add_argument('--json', metavar='FILE', help='write all figures')
    parser.add_argument('--markdown', metavar='FILE', help='write tables')
    parser.add_argument('--picture', metavar='FILE', help='draw the ratios, as SVG; needs matplotlib')
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error('--rounds must be at least 1')
    return options


def main():
    options = arguments()
    there = contenders.installed(contenders.PROCESSES)
    absent = [contender for contender in contenders.PROCESSES if contender not in there]
    run = dict(facts(options, there), kinds=[kind for kind in KINDS if kind in (options.only or KINDS)], rows=[])
    print(report.title_of(run))
    for row in ROWS + MILLION * options.million:
        if row.kind in run['kinds']:
            run['rows'].append(result_of(row, options, absent))
            print(report.text_of(run['rows'][-1]))
            sys.stdout.flush()
    if options.json:
        report.write_json(run, options.json)
    if options.markdown:
        report.write_markdown(run, options.markdown)
    if options.picture and not report.write_picture(run, options.picture):
        print('There is no picture: matplotlib is not installed.')


if __name__ == '__main__':
    main()
