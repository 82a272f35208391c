"""What was found, as text for people, JSON for programs and SARIF for code review."""
from __future__ import absolute_import, division, print_function

import json
import os

from .. import __version__
from . import names
from .rules import RULES

HANDS = {
    'star-import': 'a star import of a pool module',
    'no-counterpart': 'a name that poolcompat does not have',
    'argument': 'an argument that poolcompat does not have',
    'private': 'a private attribute of a native pool',
    'subclass': 'a class built on private parts of a native pool',
    'context-pool': "a context's own Pool",
    'name-in-string': 'the name of a pool module in a string',
    'name-taken': 'poolcompat is a name of the program',
    'bound-twice': 'a pool module that may be something else',
    'not-native': 'something that the oldest Python does not have',
}


class FileReport(object):
    """The Uses and Findings of one file; ``changed`` where a rewrite changes it."""

    def __init__(self, path, uses, findings, changed=False):
        self.path, self.uses, self.changed = path, uses, changed
        self.findings = sorted(findings, key=lambda each: (each.line, each.column, each.code))


def needs(files):
    """The first Python that natively has all that is used, None where none has."""
    versions = [use.needs for each in files for use in each.uses]
    return None if None in versions else max(versions + [names.OLDEST])


def losses(files):
    """{kind: [(text, the first Python that has it natively or None)]} of the pools in use."""
    kinds = set(use.kind for each in files for use in each.uses if use.kind in names.BEHAVIOUR)
    return {kind: names.BEHAVIOUR[kind] for kind in kinds}


def use_text(use):
    """What a use needs, in words."""
    extra = [feature for feature in use.features if feature.since is None or feature.since > names.OLDEST]
    name = '%s -> %s' % (use.name, use.target) if use.target else use.name
    if not extra:
        return name + ': natively in every Python'
    parts = ['%s (%s)' % (feature.text, names.version_text(feature.since) if feature.since else 'never')
             for feature in extra]
    since = 'in Python %s' % names.version_text(use.needs) if use.needs else 'nowhere'
    text = '%s: natively %s: %s' % (name, since, ', '.join(parts))
    filled = [feature.text for feature in extra if is_filled(feature)]
    if not filled:
        return text + '; not filled'
    return text + '; poolcompat fills %s' % ('it' if len(extra) == 1 else 'them' if filled == [
        feature.text for feature in extra] else ', '.join(filled))


def is_filled(feature):
    """Whether poolcompat has it on every Python: all but subinterpreters."""
    return 'Interpreter' not in feature.text and 'ExecutionFailed' not in feature.text


def as_text(files, troubles, oldest=None):
    """The report for people."""
    lines = []
    for each in files:
        for use in each.uses:
            lines.append('%s:%d: %s' % (each.path, use.line, use_text(use)))
        for finding in each.findings:
            lines.append('%s:%d: warning: %s [%s]' % (each.path, finding.line, finding.message, finding.code))
    for trouble in troubles:
        lines.append('%s: error' % trouble)
    if oldest is not None:
        lines += _losses_text(files, oldest)
    version = needs(files)
    total = sum(len(each.uses) for each in files)
    if total:
        lines.append('%d uses in %d files; natively they need %s; %d need hands' % (
            total, sum(bool(each.uses) for each in files),
            'Python ' + names.version_text(version) if version else 'what no Python has',
            sum(len(each.findings) for each in files)))
    else:
        lines.append('no use of a pool in %d files' % len(files))
    return '\n'.join(lines) + '\n'


def _losses_text(files, oldest):
    lines = []
    for kind, behaviour in sorted(losses(files).items()):
        for text, since in behaviour:
            if since is None or since > oldest:
                lines.append('lost: %s: %s%s' % (kind, text, '' if since is None else
                                                 ' (natively in Python %s)' % names.version_text(since)))
    return lines


def as_json(files, troubles, oldest=None):
    """The report for programs."""
    version = needs(files)
    found = {
        'version': 1,
        'needs': version and names.version_text(version),
        'files': [{
            'path': each.path, 'changed': each.changed,
            'uses': [{
                'line': use.line, 'column': use.column, 'name': use.name, 'target': use.target,
                'needs': use.needs and names.version_text(use.needs),
                'features': [{'name': feature.text, 'filled': is_filled(feature),
                              'since': feature.since and names.version_text(feature.since)} for feature in use.features],
            } for use in each.uses],
            'findings': [{'line': finding.line, 'column': finding.column, 'code': finding.code, 'message': finding.message}
                         for finding in each.findings],
        } for each in files],
        'errors': [{'path': trouble.path, 'line': trouble.line, 'message': trouble.message} for trouble in troubles],
    }
    if oldest is not None:
        found['lost'] = _losses_text(files, oldest)
    return json.dumps(found, indent=2, sort_keys=True) + '\n'


def as_sarif(files, troubles, oldest=None):
    """The findings as SARIF 2.1.0; uses are notes."""
    rules = dict(RULES, **HANDS)
    rules['use'] = 'a use of a pool, and what it needs'
    results = []
    for each in files:
        for use in each.uses:
            results.append(_result('use', 'note', use_text(use), each.path, use.line, use.column))
        for finding in each.findings:
            results.append(_result(finding.code, 'warning', finding.message, each.path, finding.line, finding.column))
    notifications = [{
        'level': 'error', 'message': {'text': trouble.message},
        'locations': [_location(trouble.path, trouble.line or 1, 1)],
    } for trouble in troubles]
    run = {
        'tool': {'driver': {
            'name': 'poolcompat migrate', 'version': __version__,
            'rules': [{'id': code, 'shortDescription': {'text': text}} for code, text in sorted(rules.items())],
        }},
        'columnKind': 'unicodeCodePoints',
        'invocations': [{'executionSuccessful': not troubles, 'toolExecutionNotifications': notifications}],
        'results': results,
    }
    return json.dumps({'$schema': 'https://json.schemastore.org/sarif-2.1.0.json', 'version': '2.1.0', 'runs': [run]},
                      indent=2, sort_keys=True) + '\n'


def _result(code, level, text, path, line, column):
    return {'ruleId': code, 'level': level, 'message': {'text': text}, 'locations': [_location(path, line, column)]}


def _location(path, line, column):
    return {'physicalLocation': {'artifactLocation': {'uri': _uri(path)},
                                 'region': {'startLine': line, 'startColumn': column}}}


def _uri(path):
    from urllib.parse import quote
    path = path.replace(os.sep, '/')
    return ('file://' if path.startswith('/') else '') + quote(path)
