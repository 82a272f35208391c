"""The command line of ``python -m poolcompat migrate``."""
from __future__ import absolute_import, division, print_function

import argparse
import difflib
import re
import sys

from . import find, report, rewrite, rules, sources
from .scopes import Module
from .sources import Source, Trouble

_IGNORE = re.compile(r'#\s*poolcompat:\s*ignore(?:\[([\w, -]+)\])?')
_WORTH_A_LOOK = re.compile('multiprocessing|concurrent|futures|billiard|loky|poolcompat')
_EPILOG = '''
exit status: 0 where nothing needs hands, 1 where something does, 2 where a file could not be read, parsed or written.
A line with the comment "# poolcompat: ignore", or "# poolcompat: ignore[code]", is warned about no more.
'''


def run(arguments):
    """Run the command and return its exit status."""
    options = _parser().parse_args(arguments)
    troubles, files = [], []
    direction = rewrite.ToNative(options.min_python) if options.to == 'native' else rewrite.ToPoolcompat()
    for path in sources.files_of(options.paths, troubles):
        try:
            files.append(_one(path, direction, options))
        except Trouble as trouble:
            troubles.append(trouble)
    if not options.diff:
        show = report.as_sarif if options.sarif else report.as_json if options.json else report.as_text
        _print(show(files, troubles, options.min_python if options.to == 'native' else None))
    else:
        for trouble in troubles:
            print('%s: error' % trouble, file=sys.stderr)
    if troubles:
        return 2
    return 1 if any(each.findings for each in files) else 0


def _parser():
    parser = argparse.ArgumentParser(
        prog='python -m poolcompat migrate', epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        description='Report how Python sources use pools, and move them to poolcompat or back.')
    parser.add_argument('paths', nargs='+', metavar='PATH', help='a file, or a folder with all its *.py')
    show = parser.add_mutually_exclusive_group()
    show.add_argument('--json', action='store_true', help='report as JSON')
    show.add_argument('--sarif', action='store_true', help='report as SARIF 2.1.0, for code review')
    show.add_argument('--diff', action='store_true', help='show what --write would change, and no report')
    parser.add_argument('--write', action='store_true', help='change the files')
    parser.add_argument('--to', choices=['poolcompat', 'native'], default='poolcompat', help='(default: poolcompat)')
    parser.add_argument('--min-python', type=_version, default=(3, 9), metavar='X.Y',
                        help='the oldest Python to support, for --to native (default: 3.9)')
    parser.add_argument('--ignore', action='append', default=[], metavar='CODE', help='do not warn of it')
    return parser


def _version(text):
    found = re.match(r'(\d+)\.(\d+)$', text)
    if not found:
        raise argparse.ArgumentTypeError('%r is not a version such as 3.9' % text)
    return tuple(int(part) for part in found.groups())


def _one(path, direction, options):
    """The FileReport of a file, which is changed on the way where that is asked for."""
    source = Source(path)
    module = Module(path, source.text, sources.own_modules(path))
    if not _WORTH_A_LOOK.search(source.text):
        return report.FileReport(path, [], [])
    to_native = options.to == 'native'
    findings = direction.findings(module) if to_native else find.hands(module)
    findings = list(findings) + list(rules.warnings(module))
    result = rewrite.rewrite(module, direction, [binding for finding in findings for binding in finding.blocks])
    kept = [finding for finding in findings + result.findings if not _is_ignored(module, finding, options.ignore)]
    changed = result.text != source.text
    if changed:
        _check(path, result.text)
        if options.diff:
            _print(''.join(_diff(path, source.text, result.text)))
        if options.write:
            source.write(result.text)
    return report.FileReport(path, list(find.uses(module)), kept, changed)


def _is_ignored(module, finding, codes):
    if finding.code in codes:
        return True
    found = _IGNORE.search(module.line_of(finding.line))
    return found is not None and (found.group(1) is None or finding.code in re.split('[, ]+', found.group(1)))


def _check(path, text):
    try:
        Module(path, text)
    except Trouble as trouble:
        raise Trouble(path, 'is left as it is: rewritten it could not be parsed, which is a bug of poolcompat (%s)'
                      % trouble.message)


def _diff(path, before, after):
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), path, path + ' (poolcompat)')
    for line in lines:
        yield line if line.endswith('\n') else line + '\n\\ No newline at end of file\n'


def _print(text):
    """Print, also what the terminal's encoding does not have."""
    encoding = sys.stdout.encoding or 'utf-8'
    sys.stdout.write(text.encode(encoding, 'backslashreplace').decode(encoding))
