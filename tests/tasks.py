"""What the tests send to workers.

Importable by every child, and light: a spawned worker imports nothing for it but what is needed here. Nothing in this
file waits for a time to pass: a task that has to be running while the test looks on visits a `support.Gate`.
"""
from __future__ import absolute_import, division, print_function

import functools
import importlib
import os
import platform
import signal
import socket
import sys
import threading
import time

INHERITED = False           # a test sets it in the parent: only a forked worker sees the change
INITIALISED = []            # what the initializers of this process were given
EXECUTOR = None             # a test's own executor, as a forked worker inherits it
KEPT = []                   # tethers and other things that live as long as the process


# -- plain results ---------------------------------------------------------------------------------------------------

def noop(*args, **kwargs):
    return None


def echo(value):
    return value


def square(x):
    return x * x


def late(fn, *args):
    """Call it after a while: the caller is on its way to wait for it."""
    time.sleep(.005)
    return fn(*args)


def add3(a, b=10, c=100):
    return a + b + c


def capture(*args, **kwargs):
    return args, kwargs


def pid_for(_item):
    return os.getpid()


def call(fn, *args):
    return fn(*args)


def call_with(call):
    return call[0](*call[1:])


def reciprocal(x):
    return 1 / x


def reciprocal_or_handled(x):
    """Return ``1 / x``, and whether this is called while an exception is handled."""
    return 1 / x, sys.exc_info() != (None, None, None)


def map_in_a_pool(method, count):
    """Make a pool in a worker, and use it."""
    import poolcompat
    with poolcompat.Pool(2, context=poolcompat.get_context(method)) as pool:
        return pool.map(square, range(count))


def size_of(data):
    return len(data)


def megabytes(count):
    return b'x' * (count << 20)


def how_started(parent):
    """The start method of this worker, by what it can see."""
    if INHERITED:
        return 'fork'
    return 'spawn' if os.getppid() == parent else 'forkserver'


def thread_names(_item=None):
    return [t.name for t in threading.enumerate()]


class NameOfUnpickler(object):
    """Becomes the name of the thread that unpickles it."""

    def __reduce__(self):
        return _name_of_thread, ()


def _name_of_thread():
    return threading.current_thread().name


class FailsToUnpickle(object):
    def __init__(self, error=ValueError, text='not to be had'):
        self.args = error, text

    def __reduce__(self):
        return _fail_to_unpickle, self.args


class WaitsToUnpickle(object):
    """Unpickling it waits, in the process that has made the first."""

    def __reduce__(self):
        return _wait_to_unpickle, (os.getpid(),) if self.home is None else (self.home,)

    def __init__(self, home=None):
        self.home = home


unpickling, may_unpickle = threading.Event(), threading.Event()


def _wait_to_unpickle(home):
    if home == os.getpid():
        tries_to_unpickle.append(True)
        unpickling.set()
        while not may_unpickle.wait(.01):       # so that signals get in on 2.7
            pass
        return True
    return WaitsToUnpickle(home)


tries_to_unpickle = []


def _fail_to_unpickle(error, text):
    tries_to_unpickle.append(True)
    raise error(text)


class Classic:
    """No BaseException, on 2.7."""

    def __init__(self, text):
        self.text = text


def lose_poll():
    """As a library of green threads may do it."""
    import select
    del select.poll


def name_of_imported(name):
    return importlib.import_module(name).__name__


def touch(path):
    open(path, 'w').close()
    return path


def append(path, line):
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(fd, (line + '\n').encode('ascii'))
    finally:
        os.close(fd)


class Box(object):
    """An object that a weak reference can point to, equal by value."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Box) and self.value == other.value

    def __ne__(self, other):
        return not self == other

    __hash__ = None

    def method(self, x):
        return self.value, x

    def keep(self):
        INITIALISED.append(self.value)

    @classmethod
    def of(cls, value):
        return cls(value).value

    @staticmethod
    def double(x):
        return x + x

    def __call__(self, x):
        return 'called', self.value, x


def box(value):
    return Box(value)


# -- meeting the test ------------------------------------------------------------------------------------------------

def _connect(address):
    """A socket to the test's gate. See `support.Gate`."""
    family = socket.AF_INET if isinstance(address, (tuple, list)) else socket.AF_UNIX
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.connect(tuple(address) if isinstance(address, list) else address)
    return sock


def visit(address, value=None):
    """Tell the test that this call is running, then wait to be let go (or for the test's end to close)."""
    sock = _connect(address)
    try:
        sock.sendall(('%d %s\n' % (os.getpid(), value)).encode('ascii'))
        try:
            sock.recv(1)
        except EnvironmentError:
            pass
    finally:
        sock.close()
    return value


def visit_where_told(text):
    """``text`` is a number and, for the call that is to visit, an address."""
    number, _, address = text.partition(' ')
    if address:
        visit(address, number)
    return int(number)


def visit_then_touch(address, path):
    visit(address)
    return touch(path)


def visit_then_raise(address):
    visit(address)
    raise ValueError('after the visit')


def visit_then_exit(address, code):
    visit(address)
    os._exit(code)


def tether(address):
    """Keep a connection to the test for as long as this process lives; the test sees its end."""
    sock = _connect(address)
    sock.sendall(('%d tether\n' % os.getpid()).encode('ascii'))
    KEPT.append(sock)
    return os.getpid()


def visit_ignoring_sigterm(address):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return visit(address)


# -- initializers ----------------------------------------------------------------------------------------------------

def initialise(*values):
    INITIALISED.append(values)


def initialised(_item=None):
    return os.getpid(), list(INITIALISED)


def initialise_then_append(path, *values):
    INITIALISED.append(values)
    append(path, str(os.getpid()))


def initialise_badly(*values):
    raise InitError('no %s today' % (values or ('luck',))[0])


def initialise_each_second_time(path):
    append(path, 'start')
    with open(path) as f:
        if len(f.readlines()) % 2:
            raise InitError('not this time')


def initialise_and_exit(code):
    os._exit(code)


def initialise_and_sys_exit():
    sys.exit('enough')


def initialise_unloadable():
    raise TwoArguments('a', 'b')


def initialise_falsy():
    raise FalsyLength()


class InitError(Exception):
    pass


def use_lock_and_value(_item):
    """Add one to a shared number under a shared lock, both from the initializer."""
    lock, value = INITIALISED[-1][:2]
    with lock:
        value.value += 1
    return True


def put_in_queue(item):
    INITIALISED[-1][0].put(item)


def wait_for_event(_item):
    INITIALISED[-1][0].wait()
    return 'went'


def send_in_pipe(item):
    INITIALISED[-1][0].send(item)


def acquire_semaphore(_item):
    return INITIALISED[-1][0].acquire()


def try_lock():
    """Whether the lock from the initializer could be taken; it is given back."""
    lock = INITIALISED[-1][0]
    taken = lock.acquire(False)
    if taken:
        lock.release()
    return taken


def change_under_condition(number):
    condition, value = INITIALISED[-1]
    with condition:
        value.value = number
        condition.notify_all()


def work_off_queue():
    queue = INITIALISED[-1][0]
    item = queue.get()
    queue.task_done()
    return item


def change_item(index, item):
    """The whole array from the initializer, after one item of it was set."""
    array = INITIALISED[-1][0]
    array[index] = item
    return array[:]


def append_to_proxy(proxy, item):
    proxy.append(item)
    return len(proxy)


# -- exceptions ------------------------------------------------------------------------------------------------------

def raise_value_error(text='a marker in the message'):
    raise ValueError(text)              # this comment is on the failing line


def raise_instance(exception):
    raise exception


class Verbose(Exception):
    """Cannot be pickled, at length."""

    def __reduce__(self):
        raise ValueError('no pickle' + ' at all' * (1 << 18))


def divide(a, b):
    return a // b


def raise_chained():
    try:
        divide(1, 0)
    except ZeroDivisionError as e:
        error = LookupError('the second of two')
        error.__cause__ = e
        raise error


def raise_with_note():
    error = ValueError('noted')
    error.add_note('a note from the worker')
    raise error


def raise_with_attribute():
    error = InitError('with luggage')
    error.luggage = [1, 2, 3]
    raise error


def raise_system_exit(code):
    sys.exit(code)


def raise_keyboard_interrupt():
    raise KeyboardInterrupt('of the task itself')


def raise_generator_exit():
    raise GeneratorExit('odd')


def raise_stop_iteration(item=2, _=None):
    if item == 2:
        raise StopIteration('from a task')
    return item


def raise_unicode():
    raise ValueError(b'\xe2\x82\xac'.decode('utf-8'))


class FalsyLength(Exception):
    def __len__(self):
        return 0


class FalsyBool(Exception):
    def __bool__(self):
        return False

    __nonzero__ = __bool__


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError('no text')

    __repr__ = __str__


class TwoArguments(Exception):
    """Cannot be rebuilt from its pickle: `args` holds one, the constructor wants two."""

    def __init__(self, a, b):
        super(TwoArguments, self).__init__(a + b)


class Unpicklable(Exception):
    def __init__(self, text='x'):
        super(Unpicklable, self).__init__(text)
        self.hook = lambda: None


class RefusesPickling(Exception):
    def __reduce__(self):
        raise ZeroDivisionError('will not be pickled')


def raise_falsy_length():
    raise FalsyLength()


def raise_falsy_bool():
    raise FalsyBool()


def raise_unprintable():
    raise Unprintable()


def raise_two_arguments():
    raise TwoArguments('a', 'b')


def raise_unpicklable():
    raise Unpicklable()


def raise_of_a_local_class():
    class Local(Exception):
        pass
    raise Local('sad')


def raise_refuses_pickling():
    raise RefusesPickling()


class OldStyle:
    """On 2.7 such an instance can be raised, and `except BaseException` does not see it."""


def raise_old_style():
    raise OldStyle()


# -- pickles ---------------------------------------------------------------------------------------------------------

def _explode(text):
    raise ValueError(text)


class ExplodesWhenLoaded(object):
    """Pickles well; loading it raises ValueError."""

    def __init__(self, text='cannot be loaded'):
        self.text = text

    def __reduce__(self):
        return _explode, (self.text,)


class Unspeakable(Exception):
    """An exception that cannot say what it is."""

    def __str__(self):
        raise ZeroDivisionError('cannot be said')


def _explode_unspeakably():
    raise Unspeakable()


class ExplodesUnspeakably(object):
    """Pickles well; loading it raises Unspeakable. Called, it returns itself; asked for its name, it raises."""

    def __call__(self):
        return self

    def __getattr__(self, name):
        if name in ('__module__', '__name__', '__qualname__'):
            raise ZeroDivisionError('has no name')
        raise AttributeError(name)

    def __reduce__(self):
        return _explode_unspeakably, ()


def return_unspeakable():
    return ExplodesUnspeakably()


class ExplodesWhenDumped(object):
    def __reduce__(self):
        raise ZeroDivisionError('cannot be dumped')


def _exit_when_loaded(code, parent):
    if os.getpid() != parent:
        os._exit(code)


class ExitsWhenLoaded(object):
    """Ends the process that loads it, except the one that made it."""

    def __init__(self, code):
        self.args = (code, os.getpid())

    def __reduce__(self):
        return _exit_when_loaded, self.args


class VisitsWhenDumped(object):
    """Its pickling visits the gate: whoever pickles it is in the middle of it while the test looks on."""

    def __init__(self, address):
        self.address = address

    def __reduce__(self):
        visit(self.address, 'pickling')
        return str, ('dumped',)


class CallsWhenDumped(object):
    """Its pickling calls a function of the parent: user code that comes back into the executor."""
    hook = None

    def __reduce__(self):
        type(self).hook()
        return str, ('dumped',)


def return_lambda():
    return lambda: 1


def return_explosive():
    return ExplodesWhenLoaded()


def return_visits_when_dumped(address):
    return VisitsWhenDumped(address)


def return_generator():
    return (i for i in range(3))


def returns_kwargs_partial(n):
    return functools.partial(add3, n)


# -- deaths ----------------------------------------------------------------------------------------------------------

def _quietly():
    """No core file, and no dump on the terminal: this death is meant."""
    try:
        import resource
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except ImportError:
        pass
    faulthandler = sys.modules.get('faulthandler')
    if faulthandler is not None:
        faulthandler.disable()


def die_by_exit(code=9):
    os._exit(code)


def die_at_five(x, text=None):
    if x == 5:
        os._exit(5)
    return x


def give_badly(x):
    """Return what cannot be unpickled, for one in three."""
    return FailsToUnpickle() if x == 1 else x


def die_by_signal(number):
    _quietly()
    signal.signal(number, signal.SIG_DFL) if number != signal.SIGKILL else None
    os.kill(os.getpid(), number)
    while True:
        signal.pause()


def die_by_segfault():
    _quietly()
    signal.signal(signal.SIGSEGV, signal.SIG_DFL)
    if platform.python_implementation() == 'PyPy':      # its ctypes does not crash there
        os.kill(os.getpid(), signal.SIGSEGV)
    import ctypes
    ctypes.string_at(0)


def die_by_abort():
    _quietly()
    os.abort()


def die_in_thread():
    """Another thread of the worker ends it while the call waits."""
    thread = threading.Thread(target=os._exit, args=(7,))
    thread.start()
    threading.Event().wait()


def die_if(item, bad):
    if item == bad:
        os._exit(9)
    return item


def fork_a_holder(address):
    """Leave a grandchild behind that holds copies of all this worker's descriptors and waits at the gate."""
    pid = os.fork()
    if not pid:
        try:
            visit(address, 'grandchild')
        finally:
            os._exit(0)
    return os.getpid()


# -- descriptors and processes ---------------------------------------------------------------------------------------

def open_descriptors(_item=None):
    """{descriptor: what it is} of this process."""
    folder = '/proc/self/fd' if os.path.isdir('/proc/self/fd') else '/dev/fd'
    found = {}
    for name in os.listdir(folder):
        try:
            found[int(name)] = os.readlink(os.path.join(folder, name))
        except EnvironmentError:
            pass                # the listing's own
    return found


LISTER = '''
import os
folder = "/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"
for name in os.listdir(folder):
    try:
        print(name + " " + os.readlink(os.path.join(folder, name)))
    except EnvironmentError:
        pass
'''


def descriptors_of_a_program(_item=None):
    """{descriptor: what it is} of a program started from here that is not told to close anything."""
    import subprocess
    process = subprocess.Popen([sys.executable, '-c', LISTER], stdout=subprocess.PIPE, close_fds=False)
    text = process.communicate()[0].decode()
    found = dict((int(line.split(' ', 1)[0]), line.split(' ', 1)[1]) for line in text.splitlines())
    del found[1]
    return found


def write_descriptors_of_a_program(path):
    with open(path, 'w') as f:
        f.write('\n'.join(descriptors_of_a_program().values()))


def visit_and_list_descriptors(address):
    found = open_descriptors()
    visit(address)
    return os.getpid(), found


# -- executors inside workers ----------------------------------------------------------------------------------------

def nested(library, method, x):
    """A pool inside a worker of a pool."""
    module = __import__(library, fromlist=['ProcessPoolExecutor'])
    context = __import__(library if library == 'poolcompat' else 'multiprocessing',
                         fromlist=['get_context']).get_context(method)
    with module.ProcessPoolExecutor(1, mp_context=context) as executor:
        return executor.submit(square, x).result()


def use_inherited_executor(_item=None):
    """What the executor that this worker itself belongs to says when the worker uses it."""
    try:
        EXECUTOR.submit(square, 3)
    except BaseException as e:
        return type(e).__name__, str(e)
    return None


class ExplodesWhenDumpedLater(object):
    """Pickles well in the process that made it, and not when it is on its way back."""

    def __init__(self, home=None):
        self.home = home or os.getpid()

    def __reduce__(self):
        if os.getpid() != self.home:
            raise ZeroDivisionError('cannot be dumped')
        return ExplodesWhenDumpedLater, (self.home,)


class FoundOnlyHere(object):
    """Its pickle asks for a name that nobody has."""

    def __reduce__(self):
        return getattr, (0, '_nobody_has_this_name')


def recurse():
    recurse()


LOCK = threading.Lock()


def lock_is_free():
    if LOCK.acquire(False):
        LOCK.release()
        return True
    return False


def linger():
    """A call that is not over at once."""
    threading.Event().wait(0.2)
