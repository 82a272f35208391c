"""What CPython 3.12 and older lack."""
from __future__ import absolute_import, division, print_function

import os
import sys

# Breakpoint: https://github.com/python/cpython/issues/109649 (os.process_cpu_count)
if sys.version_info >= (3, 13):
    cpu_count = os.process_cpu_count
else:
    def cpu_count():
        """Return the number of CPUs that this process may use, or None where it cannot be found out.

        As CPython 3.13's ``os.process_cpu_count``: the environment variable ``PYTHON_CPU_COUNT`` first, then the
        affinity of the process, then the number of CPUs of the machine. A cgroup's quota does not count.
        """
        return _told_cpu_count() or _affinity() or _machine_cpu_count()

    def _told_cpu_count():
        told = '' if sys.flags.ignore_environment else os.environ.get('PYTHON_CPU_COUNT', '')
        return int(told) if told.isdigit() else None

    def _affinity():
        if hasattr(os, 'sched_getaffinity'):
            return len(os.sched_getaffinity(0))
        try:
            with open('/proc/self/status') as status:   # 2.7 on Linux
                lists = [line.split()[1] for line in status if line.startswith('Cpus_allowed_list:')]
        except (IOError, OSError):
            return None
        ranges = [part.split('-') for part in lists[0].split(',')] if lists else []
        return sum(int(part[-1]) - int(part[0]) + 1 for part in ranges)

    def _machine_cpu_count():
        import multiprocessing
        try:
            return multiprocessing.cpu_count()
        except NotImplementedError:
            return None
