"""Processes on 2.7 that are fresh interpreters: the class, and what runs in one. It imports little: each of them pays.

``launch`` is the parent's side, ``sharing`` what can be given to them.
"""
from __future__ import absolute_import, division, print_function

import cPickle
import os
import pkgutil
import signal
import sys
import types
from multiprocessing import process, util

from .signals import put_off

#: What the interpreter runs, before it knows where modules are.
PROGRAM = ('import marshal, os, sys; source = os.fdopen(int(sys.argv[1]), "rb"); sys.path[:] = marshal.load(source); '
           'from %s import main; main(source)' % __name__)

_kept = []      # what was __main__: a module that goes takes its globals along


class Process(process.Process):
    """``multiprocessing.Process``, started as a fresh interpreter that imports the main module."""

    @staticmethod
    def _Popen(process_object):
        from .launch import Popen
        return Popen(process_object)


def is_importing_main():
    """Return whether this is such a process, and not yet past the import of the main module."""
    return getattr(process.current_process(), '_inheriting', False)


def main(source):
    """Become the process that the file ``source`` tells of, and exit as it does."""
    this = process.current_process()
    this._inheriting = True
    _prepare(**cPickle.load(source))
    process_object = cPickle.load(source)
    source.close()
    del this._inheriting
    sys.exit(process_object._bootstrap())


def _prepare(name, authkey, log_to_stderr, log_level, argv, folder, original_folder, main_name, main_path, interrupt_later):
    if interrupt_later:
        signal.signal(signal.SIGINT, put_off)
    this = process.current_process()
    this.name, this.authkey = name, authkey
    if log_to_stderr:
        util.log_to_stderr()
    if log_level is not None:
        util.get_logger().setLevel(log_level)
    sys.argv = argv
    os.chdir(folder)
    process.ORIGINAL_DIR = original_folder
    if main_name is not None:
        if main_name.rpartition('.')[2] != '__main__':      # all of that is for the main program alone
            loader = pkgutil.get_loader(main_name)
            _run_main(loader.get_code(main_name), loader.get_filename(main_name), main_name.rpartition('.')[0], loader)
    elif main_path is not None:
        with open(main_path) as script:
            _run_main(compile(script.read(), main_path, 'exec'), main_path, None, None)


def _run_main(code, path, package, loader):
    """Run the main module under a name that its guard does not know."""
    module = types.ModuleType('__mp_main__')
    vars(module).update(__file__=path, __package__=package, __loader__=loader)
    sys.modules['__mp_main__'] = module
    exec(code, vars(module))
    _kept.append(sys.modules['__main__'])
    sys.modules['__main__'] = module
