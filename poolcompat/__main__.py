"""``python -m poolcompat migrate``."""
from __future__ import absolute_import, division, print_function

import sys


def main(arguments):
    if arguments[:1] != ['migrate']:
        print('usage: python -m poolcompat migrate PATH...', file=sys.stderr)
        return 2
    from .migrate import main as migrate
    return migrate(arguments[1:])


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
