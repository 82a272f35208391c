"""What came of a run: as text, JSON, Markdown and a picture.

A ratio is poolcompat's figure as a share of another's: below 1 poolcompat is better. A limit is what it cannot be below.
"""
from __future__ import absolute_import, division, print_function

import json

OURS = 'poolcompat'


def summary(values):
    """Return the median, the least and the greatest, and all values in the order of the rounds."""
    return {'median': sorted(values)[len(values) // 2], 'min': min(values), 'max': max(values), 'values': values}


def ratios(figures):
    """Return poolcompat's share of each other's median; there is none where a figure is not above zero."""
    ours = figures.get(OURS, {}).get('median', 0)
    return dict((name, ours / figure['median']) for name, figure in figures.items()
                if name != OURS and ours > 0 and figure['median'] > 0)


def digits(value):
    return '%.0f' % value if abs(value) >= 100 else '%.1f' % value if abs(value) >= 10 else '%.2f' % value


def text_of(row):
    """Return the lines of one row for the terminal."""
    lines = ['%s: %s, %s' % (row['kind'], row['name'], row['unit'])]
    for name, figure in sorted(row['figures'].items(), key=lambda item: item[1]['median']):
        ratio = '' if name not in row['ratios'] else '%s/%s %.2f' % (OURS, name, row['ratios'][name])
        spread = '%s to %s' % (digits(figure['min']), digits(figure['max']))
        lines.append(('  %-12s %9s   %-20s %s' % (name, digits(figure['median']), spread, ratio)).rstrip())
    return '\n'.join(lines + ['  %-12s         -   %s' % lacking for lacking in sorted(row['lacking'].items())])


def title_of(run):
    return '%(implementation)s %(version)s, %(platform)s, %(cpus)s CPUs, rounds: %(rounds)s, %(date)s' % run


def write_json(run, path):
    with open(path, 'w') as stream:
        json.dump(run, stream, indent=1, sort_keys=True)
        stream.write('\n')


def write_markdown(run, path):
    """A table for each kind of rows: the median, the spread, and poolcompat's share of it."""
    lines = [title_of(run), '', 'The median of the rounds, (the least to the greatest), and poolcompat\'s figure as a share '
                                'of it: below 1, poolcompat is better.']
    if run['quick']:
        lines += ['', 'A trial with a small share of the calls: the figures mean little.']
    for kind in run['kinds']:
        rows = [row for row in run['rows'] if row['kind'] == kind]
        names = [name for name in run['contenders'] if any(name in row['figures'] for row in rows)]
        lines += ['', '### ' + kind, '', line_of(['', 'unit'] + names), line_of(['---'] * (len(names) + 2))]
        lines += [line_of([row['name'], row['unit']] + [cell(row, name) for name in names]) for row in rows]
    with open(path, 'w') as stream:
        stream.write('\n'.join(lines) + '\n')


def line_of(cells):
    return '| %s |' % ' | '.join(cells)


def cell(row, name):
    if name not in row['figures']:
        return ''
    text = '%s (%s to %s)' % tuple(digits(row['figures'][name][part]) for part in ('median', 'min', 'max'))
    return text + (', %.2f' % row['ratios'][name] if name in row['ratios'] else '')


def write_picture(run, path):
    """A line for each row, a mark on it for each contender: poolcompat's share. Return whether matplotlib is there."""
    try:
        import matplotlib
        matplotlib.use('svg')
        from matplotlib import pyplot
        matplotlib.rcParams['svg.fonttype'] = 'none'        # text, not its outlines
    except ImportError:
        return False
    rows = run['rows'][::-1]
    names = [name for name in run['contenders'] if any(name in row['ratios'] for row in rows)]
    figure, axes = pyplot.subplots(figsize=(9, 1.5 + 0.28 * len(rows)))
    for name, marker in zip(names, 'osD^vP*Xdh'):
        points = [(row['ratios'][name], place) for place, row in enumerate(rows) if name in row['ratios']]
        axes.plot([x for x, _ in points], [y for _, y in points], marker, label=name, alpha=0.8)
    axes.axvline(1, color='black', linewidth=1)
    axes.set_xscale('log')
    axes.set_yticks(range(len(rows)))
    axes.set_yticklabels(['%s: %s' % (row['kind'], row['name']) for row in rows])
    axes.set_xlabel('poolcompat\'s figure as a share of the other\'s: left of 1, poolcompat is better')
    axes.set_title(title_of(run), fontsize='small')
    axes.grid(alpha=0.3)
    if names:
        axes.legend(loc='center left', bbox_to_anchor=(1, 0.5))
    figure.savefig(path, format='svg', bbox_inches='tight')
    pyplot.close(figure)
    return True
