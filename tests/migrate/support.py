"""What the tests of migrate share."""
from __future__ import absolute_import, division, print_function

import textwrap

from poolcompat.migrate import find, rewrite, rules
from poolcompat.migrate.scopes import Module


def dedent(text):
    """The snippet of a test, without its indentation and its first line end."""
    return textwrap.dedent(text).lstrip('\n')


def rewritten(text, oldest=None):
    """The text after a rewrite: to poolcompat, or to the natives of the ``oldest`` Python to support."""
    module = Module('snippet.py', text)
    if oldest is None:
        direction, findings = rewrite.ToPoolcompat(), find.hands(module)
    else:
        direction = rewrite.ToNative(oldest)
        findings = direction.findings(module)
    findings = list(findings) + list(rules.warnings(module))
    return rewrite.rewrite(module, direction, [each for finding in findings for each in finding.blocks]).text


def warned(text):
    """[(line, code)] of all that is found in a snippet."""
    module = Module('snippet.py', dedent(text))
    found = list(find.hands(module)) + list(rules.warnings(module))
    found += rewrite.rewrite(module, rewrite.ToPoolcompat()).findings
    return sorted((finding.line, finding.code) for finding in found)


def used(text):
    """{(line, name): the first Python that has it} of a snippet."""
    return dict(((use.line, use.name), use.needs) for use in find.uses(Module('snippet.py', dedent(text))))
