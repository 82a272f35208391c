"""``python -m poolcompat``: a report of this interpreter. ``python -m poolcompat migrate``: how to move a program."""
from __future__ import absolute_import, division, print_function

import sys


def main(arguments):
    """Run the subcommand; return the exit status."""
    if arguments[:1] == ['migrate']:
        from .migrate import main as migrate
        return migrate(arguments[1:])
    from ._report import main as report
    return report(arguments)


if __name__ == '__main__':      # a spawned worker imports this module again
    sys.exit(main(sys.argv[1:]))
