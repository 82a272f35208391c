"""Migrates real packages from PyPI, and runs their own tests before and after: ``tox -e migrate-real``.

Each package comes as a source distribution. One copy stays as it is, the other is migrated; every changed file is compiled
by the package's interpreter, and the same tests run in both copies, each test with the same outcome. What the report says
needs hands is done by hand here: see ``hands``. The table it prints is the one in MIGRATING.md.

    python tests/migrate/real.py [--work FOLDER] [PACKAGE...]

It needs python2.7 on PATH, virtualenv before 20.22, and fissix.
"""
from __future__ import absolute_import, division, print_function

import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import xml.etree.ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OLD = 'python2.7'
NEW = sys.executable

Package = collections.namedtuple('Package', 'name version year python needs tests path hands')


def package(name, version, year, python, needs, tests, path='', hands=()):
    """``tests`` are arguments of pytest, none where the package brings no tests; ``path`` is where its modules are.

    ``hands`` are (file, text, new text).
    """
    return Package(name, version, year, python, needs.split(), tests, path, hands)


PACKAGES = [
    # of the time of Python 2, and run by it
    package('fasteners', '0.15', 2019, OLD, 'monotonic testtools', ['fasteners/tests']),
    package('tenacity', '6.3.1', 2020, OLD, 'monotonic typing tornado<6', [
        'tenacity/tests/test_tenacity.py', 'tenacity/tests/test_tornado.py']),
    package('APScheduler', '3.6.3', 2019, OLD, 'pytz tzlocal<3 mock funcsigs', ['tests/test_executors.py']),
    package('autopep8', '1.5.7', 2021, OLD, 'pycodestyle==2.7.0 toml', ['test/test_autopep8.py', '-k', 'CommandLine']),
    package('flake8', '3.9.2', 2021, OLD, (
        'pyflakes==2.3.1 pycodestyle==2.7.0 mccabe<0.7 configparser enum34 typing functools32 importlib-metadata<3 mock'),
        # poolcompat's pool needs no semaphore of the system, which those tests take away
        ['tests/integration', 'tests/unit/test_checker_manager.py', 'tests/unit/test_file_checker.py', '-k', 'not oserrors'],
        'src', [
            ('tests/integration/test_checker.py', '"multiprocessing.Pool"', '"poolcompat.Pool"')]),
    package('tornado', '4.5.3', 2018, OLD, 'singledispatch certifi backports_abc', [
        'tornado/test/concurrent_test.py', 'tornado/test/gen_test.py', 'tornado/test/netutil_test.py']),
    package('isort', '4.3.21', 2019, OLD, 'backports.functools_lru_cache', ['test_isort.py']),
    package('s3transfer', '0.4.2', 2021, OLD, 'botocore<1.21 mock', [
        'tests/unit/test_futures.py', 'tests/unit/test_manager.py', 'tests/unit/test_s3transfer.py',
        'tests/unit/test_tasks.py', 'tests/functional/test_download.py']),
    package('more-executors', '2.7.0', 2020, OLD, '', []),
    package('requests-futures', '0.9.7', 2015, OLD, '', []),
    # newer
    package('tqdm', '4.64.1', 2022, NEW, '', ['tests/tests_concurrent.py', 'tests/tests_synchronisation.py']),
    package('autoflake', '2.3.1', 2024, NEW, 'pyflakes', ['test_autoflake.py', '-k', 'System']),
    package('isort', '5.13.2', 2023, NEW, 'hypothesis natsort toml', ['tests/unit/test_main.py']),
    package('asgiref', '3.7.2', 2023, NEW, 'pytest-asyncio<0.22', ['tests/test_sync.py', 'tests/test_sync_contextvars.py']),
    package('black', '23.12.1', 2023, NEW, 'click<8.2 mypy_extensions packaging pathspec<1 platformdirs parameterized', [
        'tests/test_black.py', '-k', 'Caching or process'], 'src', [
            ('tests/test_black.py', 'concurrent.futures.ProcessPoolExecutor', 'poolcompat.ProcessPoolExecutor')]),
    package('schwimmbad', '0.3.2', 2021, NEW, 'numpy pytest<8', ['schwimmbad/tests/test_pools.py']),
    package('pip', '24.0', 2024, NEW, '', []),
]


def say(text):
    print(text, file=sys.stderr)
    sys.stderr.flush()


def fetch(found, folder):
    """Unpack the source distribution of a package there and return where it lies."""
    subprocess.check_call([sys.executable, '-m', 'pip', 'download', '-qq', '--no-deps', '--no-binary', ':all:', '-d', folder,
                           '%s==%s' % (found.name, found.version)])
    archive, = [name for name in os.listdir(folder) if name.endswith('.tar.gz')]
    with tarfile.open(os.path.join(folder, archive)) as stream:
        stream.extractall(folder)
    unpacked, = [name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name))]
    return os.path.join(folder, unpacked)


def environment(found, folder):
    """Return the interpreter of a virtual environment that has all but the package itself."""
    subprocess.check_call([sys.executable, '-m', 'virtualenv', '-q', '-p', found.python, folder])
    python = os.path.join(folder, 'bin', 'python')
    common = ['six', 'pytest<9', 'pytest-timeout'] + (['futures'] if found.python == OLD else [])
    subprocess.check_call([python, '-m', 'pip', 'install', '-qq', '--disable-pip-version-check'] + common + found.needs,
                          stderr=subprocess.DEVNULL)
    return python


def migrate(where, library, *options):
    """What the command reports of a folder, after it has been done."""
    process = subprocess.Popen([sys.executable, '-m', 'poolcompat', 'migrate', where, '--json'] + list(options),
                               stdout=subprocess.PIPE, env=dict(os.environ, PYTHONPATH=library))
    return json.loads(process.communicate()[0].decode('utf-8'))


def outcomes(found, python, where, library, report):
    """{test: its outcome} of the package's own tests."""
    if not found.tests:
        return {}
    environ = dict(os.environ, PYTHONPATH=os.pathsep.join([os.path.join(where, found.path), library]), LC_ALL='C.UTF-8',
                   AWS_DEFAULT_REGION='us-east-1', ASYNC_TEST_TIMEOUT='60')
    environ.pop('PYTHONHOME', None)
    with open(report + '.log', 'w') as log:
        subprocess.call([python, '-m', 'pytest', '-q', '-o', 'addopts=', '-p', 'no:cacheprovider', '--timeout=300',
                         '--junitxml=' + report] + found.tests, cwd=where, env=environ, stdout=log, stderr=log)
    result = {}
    for case in xml.etree.ElementTree.parse(report).getroot().iter('testcase'):
        tags = set(child.tag for child in case)
        result[case.get('classname'), case.get('name')] = (
            'failed' if tags & {'failure', 'error'} else 'skipped' if 'skipped' in tags else 'passed')
    return result


def summary(result):
    counts = collections.Counter(result.values())
    return ', '.join('%d %s' % (counts[name], name) for name in ('passed', 'failed', 'skipped') if counts[name]) or 'none'


def _better(first, second):
    return {test: 'passed' if 'passed' in (first.get(test), second.get(test)) else first.get(test) or second[test]
            for test in set(first) | set(second)}


def try_out(found, folder, library):
    """(the line of the table, whether all went well)."""
    before = fetch(found, os.path.join(folder, 'before'))
    after = os.path.join(folder, 'after', os.path.basename(before))
    shutil.copytree(before, after, symlinks=True)
    python = environment(found, os.path.join(folder, 'venv'))

    report = migrate(after, library, '--write')
    changed = [each['path'] for each in report['files'] if each['changed']]
    findings = collections.Counter(finding['code'] for each in report['files'] for finding in each['findings'])
    good = not any(each['changed'] for each in migrate(after, library)['files'])
    for path in changed:
        good = subprocess.call([python, '-m', 'py_compile', path]) == 0 and good
    for name, text, new in found.hands:
        path = os.path.join(after, name)
        with open(path, 'rb') as stream:
            content = stream.read()
        with open(path, 'wb') as stream:
            stream.write(content.replace(text.encode(), new.encode()))

    first = outcomes(found, python, before, library, os.path.join(folder, 'before.xml'))
    second = outcomes(found, python, after, library, os.path.join(folder, 'after.xml'))
    for _ in range(2):      # some depend on time
        if first != second:
            first = _better(first, outcomes(found, python, before, library, os.path.join(folder, 'before.xml')))
            second = _better(second, outcomes(found, python, after, library, os.path.join(folder, 'after.xml')))
    for test in sorted(set(first) | set(second)):
        if first.get(test) != second.get(test):
            say('    %s: %s before, %s after' % ('.'.join(test), first.get(test), second.get(test)))
            good = False
    told = ', '.join('%d %s' % (count, code) for code, count in sorted(findings.items())) or 'none'
    version = subprocess.check_output([python, '-c', 'import sys; print("%d.%d" % sys.version_info[:2])']).decode().strip()
    return '| %s %s | %d | %s | %d | %s%s | %s | %s |' % (
        found.name, found.version, found.year, version, len(changed), told, ', done by hand' if found.hands else '',
        summary(first), 'the same' if first == second else summary(second)), good and bool(changed)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--work', help='keep everything in this folder')
    parser.add_argument('packages', nargs='*', metavar='PACKAGE', help='name==version; all by default')
    options = parser.parse_args(arguments)
    work = options.work or tempfile.mkdtemp(prefix='migrate-real-')
    library = os.path.join(work, 'library')
    shutil.rmtree(library, ignore_errors=True)
    shutil.copytree(os.path.join(ROOT, 'poolcompat'), os.path.join(library, 'poolcompat'))
    lines, good = [], True
    for found in PACKAGES:
        name = '%s==%s' % (found.name, found.version)
        if options.packages and name not in options.packages:
            continue
        started = time.time()
        folder = os.path.join(work, name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(os.path.join(folder, 'before'))
        line, well = try_out(found, folder, library)
        say('%s %s (%d s)' % (line, 'well' if well else 'NOT WELL', time.time() - started))
        lines.append(line)
        good = good and well
    if not options.work:
        shutil.rmtree(work)
    print('| package | year | Python | files changed | needs hands | its tests before | after |')
    print('|---|---|---|---|---|---|---|')
    print('\n'.join(lines))
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
