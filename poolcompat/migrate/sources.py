"""Files: which ones there are, how they are read, and how they are written."""
from __future__ import absolute_import, division, print_function

import io
import os
import stat
import tempfile
import tokenize

SKIPPED = frozenset(['.git', '.hg', '.svn', '.tox', '.nox', '.venv', '.eggs', '.mypy_cache', '__pycache__', 'node_modules'])


class Trouble(Exception):
    """A file that is left alone, and why."""

    def __init__(self, path, message, line=None):
        super(Trouble, self).__init__(message)
        self.path, self.message, self.line = path, message, line

    def __str__(self):
        where = self.path if self.line is None else '%s:%d' % (self.path, self.line)
        return '%s: %s' % (where, self.message)


def files_of(paths, troubles):
    """Yield each Python file of ``paths`` once, in order; what cannot be looked at goes to ``troubles``.

    A file that is named is taken whatever it is called. In folders it is ``*.py`` and ``*.pyw``; links to folders are not
    followed, so that nothing outside is changed and no loop is walked for ever.
    """
    seen = set()
    for path in paths:
        if os.path.isdir(path):
            found = _walk(path, troubles)
        elif os.path.lexists(path):
            found = [path]
        else:
            troubles.append(Trouble(path, 'there is no such file or directory'))
            continue
        for name in found:
            real = os.path.realpath(name)
            if real not in seen:
                seen.add(real)
                yield name


def _walk(path, troubles):
    def failed(error):
        troubles.append(Trouble(error.filename, 'cannot be read: %s' % error.strerror))

    for folder, folders, names in os.walk(path, onerror=failed):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        for name in sorted(names):
            if name.endswith(('.py', '.pyw')):
                yield os.path.join(folder, name)


def own_modules(path):
    """The names of the modules that lie beside a file, or at the root of its package."""
    folder = root = os.path.dirname(os.path.abspath(path))
    while os.path.exists(os.path.join(root, '__init__.py')):
        root = os.path.dirname(root)
    found = set()
    for place in (folder, root):
        for name in os.listdir(place):
            if name.endswith('.py') or os.path.exists(os.path.join(place, name, '__init__.py')):
                found.add(name[:-3] if name.endswith('.py') else name)
    return found


class Source(object):
    """A file's text, and its bytes."""

    def __init__(self, path):
        self.path = path
        try:
            with open(path, 'rb') as stream:
                self.raw = stream.read()
        except (IOError, OSError) as error:
            raise Trouble(path, 'cannot be read: %s' % error.strerror)
        try:
            self.encoding = tokenize.detect_encoding(io.BytesIO(self.raw).readline)[0]
        except SyntaxError as error:
            raise Trouble(path, 'its encoding is not known: %s' % error.msg.split(': ', 1)[-1], 1)
        try:
            self.text = self.raw.decode(self.encoding)
        except UnicodeDecodeError as error:
            line = self.raw.count(b'\n', 0, error.start) + 1
            raise Trouble(path, 'is not %s; a comment "# coding: latin-1" (or what it is) in its first line would say so'
                          % self.encoding, line)

    def write(self, text):
        """Put ``text`` in the place of what was there, at once or not at all.

        A link stays a link: what it points to is replaced. Mode, and owner where that can be, are kept.
        """
        raw = text.encode(self.encoding)
        if self.text.encode(self.encoding) != self.raw:
            raise Trouble(self.path, 'is not written: its bytes would change elsewhere too in %s' % self.encoding)
        path = os.path.realpath(self.path)
        temporary = None
        try:
            if not os.access(path, os.W_OK):
                raise OSError(13, 'Permission denied')
            status = os.stat(path)
            descriptor, temporary = tempfile.mkstemp(prefix='.%s.' % os.path.basename(path), dir=os.path.dirname(path))
            with os.fdopen(descriptor, 'wb') as stream:
                stream.write(raw)
                stream.flush()
                os.fsync(stream.fileno())
            _keep_owner(temporary, status)
            os.chmod(temporary, stat.S_IMODE(status.st_mode))
            os.replace(temporary, path)
        except OSError as error:
            if temporary is not None and os.path.exists(temporary):
                os.unlink(temporary)
            raise Trouble(self.path, 'cannot be written: %s' % error.strerror)


def _keep_owner(path, status):
    made = os.stat(path)
    if (made.st_uid, made.st_gid) != (status.st_uid, status.st_gid) and hasattr(os, 'chown'):
        try:
            os.chown(path, status.st_uid, status.st_gid)
        except OSError:
            pass        # only root may give files away
