#!/usr/bin/env python
"""Have what workers log written by the parent, in one place.

    worker_logs.py --workers 2 8

Each worker has a handler that puts its records into a queue, which reached it through `initargs`; one thread of the parent
takes them out and gives them to the parent's own loggers. So the parent's levels, filters and handlers hold for all
processes, no two of them write to one file, and no manager process is needed.

Shows: a queue in `initargs`, on every start method and every Python. 2.7's `logging.handlers` has no QueueHandler: the one
here is all of it that is needed.
"""
from __future__ import absolute_import, division, print_function

import argparse
import logging
import sys
import threading

from poolcompat import ProcessPoolExecutor, get_context


class QueueHandler(logging.Handler):
    """Puts records into a queue, as something that can be pickled: the text in place of its arguments."""

    def __init__(self, queue):
        logging.Handler.__init__(self)
        self._queue = queue

    def emit(self, record):
        record.msg, record.args = record.getMessage(), None
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        self._queue.put(vars(record))


def log_to(queue, level):
    """In each worker, before its first call: all of its records go into the queue, and nowhere else."""
    root = logging.getLogger()
    root.handlers = [QueueHandler(queue)]       # a forked worker has the parent's as well
    root.setLevel(level)


class Listener(object):
    """In the parent: gives what comes out of the queue to the loggers of this process, until the `with` block is left."""

    def __init__(self, queue):
        self._queue = queue
        self._thread = threading.Thread(target=self._listen)

    def _listen(self):
        for attributes in iter(self._queue.get, None):
            record = logging.makeLogRecord(attributes)
            logging.getLogger(record.name).handle(record)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *exc_info):
        self._queue.put(None)
        self._thread.join()


def divide(number):
    log = logging.getLogger('jobs.divide')
    log.debug('%d is on its way', number)
    try:
        return 100 // (number % 4)
    except ZeroDivisionError:
        log.exception('%d cannot be done', number)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('count', type=int, help='how many calls')
    parser.add_argument('-w', '--workers', type=int, default=2, metavar='N', help='worker processes, default %(default)s')
    parser.add_argument('--method', metavar='NAME', help='the start method, default the interpreter\'s own')
    options = parser.parse_args()

    logging.basicConfig(format='%(processName)s %(name)s %(levelname)s: %(message)s', level=logging.DEBUG,
                        stream=sys.stdout)
    context = get_context(options.method)
    queue = context.Queue()
    # The listener is started after the workers under `fork`, and ended after they have sent all that they have.
    with ProcessPoolExecutor(options.workers, context, log_to, (queue, logging.DEBUG)) as pool:
        results = pool.map(divide, range(options.count))
        with Listener(queue):
            logging.getLogger('jobs').info('the results: %s', list(results))
            pool.shutdown()


if __name__ == '__main__':
    main()
