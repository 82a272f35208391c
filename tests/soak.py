"""``python tests/soak.py --seconds 600 --seed 1``: chaos, and an account of every call.

Several lanes run at once. Each makes one pool after the other, of a kind, a start method and a size that its random numbers
choose, and has threads submit calls to it in every way there is. The calls are short and long, some raise, some have big
arguments or results, some end their worker. Meanwhile workers are killed, stopped and continued, calls are cancelled and
waited for with too short a time-out, and at last the pool is ended in one of the ways there are, often while calls are
still being submitted.

Each call keeps a ledger outside the pool, a file of its own: it appends ``s`` as it starts and ``e`` as it ends. When a
pool has ended, its calls are audited:

- every future is done, and its callback was called once;
- no call ran twice, and one that was cancelled or refused never ran;
- every result is the call's own; every exception is one that it raised, or one that tells of something that was done;
- of a ``Pool``, no more calls are lost than workers died.

At the end the calls that were reported lost or cancelled are looked at once more: none has started meanwhile. No process,
thread, descriptor, semaphore or temporary file is left that was not there before.

It ends with status 1 and says what was wrong where the account does not tally, and where anything hangs.
"""
from __future__ import absolute_import, division, print_function

import argparse
import collections
import gc
import logging
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
import warnings

if __name__ == '__main__':
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

try:
    import faulthandler     # noqa: E402 (3.3)
except ImportError:
    faulthandler = None

import poolcompat           # noqa: E402 (after the path)
import poolcompat.pool      # noqa: E402

GUARD = 120                # seconds: only against hanging
BIG = 200 * 1000, 2 << 20     # bytes: more than a pipe holds, and what goes through memory where there is any


# -- the calls -------------------------------------------------------------------------------------------------------

class Planned(Exception):
    """What a call was to raise."""


def big(path):
    """Return how many bytes the call with that ledger returns beside it."""
    return BIG[ord(path[-1]) % len(BIG)]


def work(path, plan, padding=b''):
    """Do as planned, and keep the ledger ``path``; return the path."""
    ledger = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(ledger, b's')
        if plan == 'sleep':
            time.sleep(.02)
        elif plan == 'spin':
            end = time.time() + .002
            while time.time() < end:
                pass
        elif plan == 'exit':
            os._exit(9)
        elif plan == 'kill':
            os.kill(os.getpid(), signal.SIGKILL)
        os.write(ledger, b'e')
    finally:
        os.close(ledger)
    if plan == 'raise':
        raise Planned(path)
    return (path, b'x' * big(path)) if plan == 'big' else path


def work_on(item):
    """As ``work``, of one argument: a tuple, or text with the first two."""
    return work(*(item if isinstance(item, tuple) else item.rsplit(' ', 1)))


def read_ledger(path):
    try:
        with open(path, 'rb') as stream:
            return stream.read()
    except EnvironmentError:
        return b''


# -- the account -----------------------------------------------------------------------------------------------------

class Record(object):
    """A call and what is known of it."""

    def __init__(self, path, plan):
        self.path = path
        self.plan = plan
        self.future = None          # or AsyncResult; None where a map has the call
        self.outcome = None         # 'result', 'raised', 'lost', 'cancelled', 'abandoned' (nobody looked), 'refused'
        self.callbacks = 0
        self.wants_callback = False

    def called_back(self, _):
        self.callbacks += 1


class Mistake(Exception):
    """The account does not tally."""


class Account(object):
    """What all the lanes have seen."""

    def __init__(self):
        self._lock = threading.Lock()
        self.counts = collections.Counter()
        self.mistakes = []
        self.to_look_at_again = {}      # path -> what its ledger said

    def add(self, counts, watched):
        with self._lock:
            self.counts.update(counts)
            self.to_look_at_again.update(watched)

    def blame(self, text):
        with self._lock:
            self.mistakes.append(text)
        print('MISTAKE: ' + text)
        sys.stdout.flush()


LOST = (poolcompat.BrokenProcessPool, poolcompat.pool.WorkerLostError)


class Pools(object):
    """One pool's life: made, used by several threads, tormented, ended, audited."""

    def __init__(self, account, rng, folder, methods):
        self.account = account
        self.rng = rng
        self.folder = folder
        self.records = []
        self.losses = set()         # the errors that told of a loss
        self.kills = 0              # what was done to workers that may cost a call
        self.stopped = []
        self.ending = None          # the way in which it ends
        self.over = False           # the submitters are to stop
        self.kind = rng.choice(['executor', 'Pool'])
        self.method = rng.choice(methods)
        self.workers = rng.randint(1, 4)
        self.most = rng.choice([None, None, 1, 7])
        self.deadly = rng.random() < .5
        context = poolcompat.get_context(self.method)
        if self.kind == 'Pool':
            self.pool = poolcompat.Pool(self.workers, maxtasksperchild=self.most, context=context)
        else:
            self.most = None if self.method == 'fork' else self.most
            self.pool = poolcompat.ProcessPoolExecutor(self.workers, mp_context=context, max_tasks_per_child=self.most)

    def __str__(self):
        return '%s of %d by %s, %s calls a worker, %s, ended by %s, %d kills' % (
            self.kind, self.workers, self.method, self.most or 'all', 'deadly' if self.deadly else 'peaceful', self.ending,
            self.kills)

    # -- submitting ----------------------------------------------------------------------------------------------

    def new(self, rng):
        plans = ['return'] * 60 + ['sleep', 'spin', 'big', 'raise', 'raise']
        if self.deadly and rng.random() < .02:
            plans = ['exit', 'kill']
        record = Record(os.path.join(self.folder, '%d' % len(self.records)), rng.choice(plans))
        self.records.append(record)
        record.path += '-%d' % id(record)       # two threads may have come to the same number
        return record

    def count(self, rng, *counts):
        """Return one of the numbers of calls; no big one where so many workers would have to be started for them."""
        if self.most is not None:
            counts = [min(count, (40 if self.method == 'fork' else 5) * self.most) for count in counts]
        return rng.choice(counts)

    def arguments(self, rng, record):
        return (record.path, record.plan) + ((b'y' * rng.choice(BIG),) if rng.random() < .01 else ())

    def submit_for_ever(self, rng):
        """Submit calls in every way until the pool takes no more, or all is over."""
        ways = [self.submit, self.map] if self.kind == 'executor' else [
            self.apply_async, self.apply, self.map_async, self.imap, self.imap_unordered]
        while not self.over:
            pool = self.pool
            if pool is None or not rng.choice(ways)(rng, pool):
                return
            pool = None

    def refused(self, records, error):
        """See to an error of submitting; return False: no more is to be submitted."""
        for record in records:
            record.outcome = record.outcome or 'refused'
        if isinstance(error, LOST):
            self.losses.add(error)
        elif not self.ending or not isinstance(error, (RuntimeError, ValueError)):
            raise Mistake('submitting raised %r' % (error,))
        return False

    def submit(self, rng, pool):
        records = [self.new(rng) for _ in range(self.count(rng, 1, 1, 5, 200))]
        for at, record in enumerate(records):
            try:
                record.future = pool.submit(work, *self.arguments(rng, record))
            except Exception as error:
                return self.refused(records[at:], error)
            record.wants_callback = True
            record.future.add_done_callback(record.called_back)
        self.play_with(rng, records)
        return True

    def play_with(self, rng, records):
        """Cancel some, wait for others."""
        for record in records:
            chance = rng.random()
            if chance < .1:
                record.future.cancel()
            elif chance < .2:
                try:
                    record.future.result(rng.choice([0, .001, .01]))
                except (poolcompat.TimeoutError, poolcompat.CancelledError, Planned) + LOST:
                    pass
        if rng.random() < .7:
            poolcompat.wait([record.future for record in records], GUARD)

    def items(self, rng, records):
        """Return what the calls of ``work_on`` are given: half of the time such as travels together."""
        if rng.random() < .5:
            return ['%s %s' % (record.path, record.plan) for record in records]
        return [self.arguments(rng, record) for record in records]

    def map(self, rng, pool):
        records = [self.new(rng) for _ in range(self.count(rng, 3, 300))]
        chunksize = rng.choice([1, 1, 7])
        try:
            results = pool.map(work_on, self.items(rng, records), chunksize=chunksize)
        except Exception as error:
            for record in records:
                record.outcome = 'abandoned'        # some may have been submitted before
            return self.refused(records, error)
        self.collect(rng, records, results, chunksize)
        return True

    def collect(self, rng, records, results, chunksize=1, going_on=False):
        """Take the results of a map in order, maybe not all of them; ``going_on`` after an exception too."""
        left = rng.randint(1, len(records)) if rng.random() < .2 else len(records)
        for record in records[:left]:
            try:
                self.check(record, next(results))
            except StopIteration:
                if not self.may_have_ended():
                    raise Mistake('too few results')
                break
            except Exception as error:
                self.check_error(record, error, chunksize > 1)
                if not going_on:
                    break
        for record in records:
            record.outcome = record.outcome or 'abandoned'

    def apply_async(self, rng, pool):
        records = [self.new(rng) for _ in range(self.count(rng, 1, 1, 5, 200))]
        for at, record in enumerate(records):
            try:
                record.wants_callback = rng.random() < .3
                callback = record.called_back if record.wants_callback else None
                record.future = pool.apply_async(work, self.arguments(rng, record), {}, callback, callback)
            except Exception as error:
                record.wants_callback = False
                return self.refused(records[at:], error)
        if rng.random() < .2:
            rng.choice(records).future.wait(.001)
        if rng.random() < .7:
            for record in records:
                record.future.wait(GUARD)
        return True

    def apply(self, rng, pool):
        record = self.new(rng)
        try:
            self.check(record, pool.apply(work, self.arguments(rng, record)))
        except Planned as error:
            self.check_error(record, error)
        except Exception as error:
            if isinstance(error, LOST):
                self.check_error(record, error)
            elif not self.ending:
                raise
            return self.refused([record], error) if self.ending else True
        return True

    def map_async(self, rng, pool):
        records = [self.new(rng) for _ in range(self.count(rng, 3, 300))]
        items = [self.arguments(rng, record) for record in records]
        chunksize = rng.choice([None, 1, 7])
        for record in records:
            record.outcome = 'abandoned'
        try:
            if rng.random() < .5:
                result = pool.map_async(work_on, items, chunksize)
            else:
                result = pool.starmap_async(work, items, chunksize)
        except Exception as error:
            return self.refused(records, error)
        try:
            values = result.get(GUARD)
        except poolcompat.pool.TimeoutError:
            raise Mistake('map_async hangs: ' + self.state())
        except Exception as error:
            if isinstance(error, LOST):
                self.losses.add(error)
            elif not isinstance(error, Planned) or error.args[0] not in [
                    record.path for record in records if record.plan == 'raise']:
                raise
            return True
        if len(values) != len(records):
            raise Mistake('map has %d results of %d' % (len(values), len(records)))
        for record, value in zip(records, values):
            self.check(record, value)
        return True

    def imap(self, rng, pool):
        records = [self.new(rng) for _ in range(self.count(rng, 3, 700))]
        items = self.items(rng, records)
        chunksize = rng.choice([1, 1, 7])
        try:
            results = pool.imap(work_on, items if rng.random() < .5 else iter(items), chunksize)
        except Exception as error:
            return self.refused(records, error)
        if chunksize == 1 and not self.ending:
            self.collect(rng, records, results, going_on=True)
        else:
            self.collect(rng, records, results, chunksize)
        return True

    def imap_unordered(self, rng, pool):
        records = [self.new(rng) for _ in range(self.count(rng, 3, 700))]
        by_path = dict((record.path, record) for record in records)
        items = self.items(rng, records)
        try:
            results = pool.imap_unordered(work_on, items if rng.random() < .5 else iter(items))
        except Exception as error:
            return self.refused(records, error)
        missing = set(by_path)
        while True:
            try:
                value = next(results)
                path = value[0] if isinstance(value, tuple) else value
            except StopIteration:
                break
            except Planned as error:
                path = error.args[0]
                self.check_error(by_path[path], error)
            except Exception as error:
                if isinstance(error, LOST):
                    self.losses.add(error)
                elif not self.ending:
                    raise
                continue
            else:
                self.check(by_path[path], value)
            if path not in missing:
                raise Mistake('%s came twice, or is of another map' % path)
            missing.discard(path)
        for path in missing:
            by_path[path].outcome = 'abandoned'
        return True

    def state(self):
        """Return what the engine of a pool that hangs was doing."""
        if self.pool is None:
            return 'the pool was dropped'
        engine = self.pool._engine
        return '%d pending, %d queued, workers (pid, alive, ready, calls): %s, %s' % (
            len(engine._pending), engine._queued, [
                (worker.process.pid, worker.process.is_alive(), worker.ready, len(worker.calls))
                for worker in list(engine._workers)], engine._thread)

    def may_have_ended(self):
        """Return whether the pool takes no more calls: a ``Pool`` ends where worker after worker is killed as it starts."""
        return self.ending or any('before it was ready' in str(error) for error in self.losses)

    # -- checking ------------------------------------------------------------------------------------------------

    def check(self, record, value):
        if value != ((record.path, b'x' * big(record.path)) if record.plan == 'big' else record.path):
            raise Mistake('%s (%s) has the result %.200r' % (record.path, record.plan, value))
        if record.plan in ('raise', 'exit', 'kill'):
            raise Mistake('%s (%s) has a result' % (record.path, record.plan))
        record.outcome = 'result'

    def check_error(self, record, error, chunked=False):
        if isinstance(error, Planned):
            if not chunked and (record.plan != 'raise' or error.args[0] != record.path):
                raise Mistake('%s (%s) raised %r' % (record.path, record.plan, error))
            record.outcome = 'abandoned' if chunked else 'raised'
        elif isinstance(error, poolcompat.CancelledError) and self.kind == 'executor':
            record.outcome = 'cancelled'
        elif isinstance(error, LOST):
            self.losses.add(error)
            record.outcome = 'abandoned' if chunked else 'lost'
        elif self.ending and isinstance(error, (RuntimeError, ValueError)):
            record.outcome = 'abandoned'        # the pool ended before it was submitted
        else:
            raise error

    def audit(self):
        """Look at every call, once all has ended."""
        counts, watched, dead = collections.Counter(), {}, self.kills
        for record in self.records:
            if record.future is not None:
                get = record.future.get if self.kind == 'Pool' else record.future.result
                try:
                    self.check(record, get(GUARD))
                except poolcompat.pool.TimeoutError:
                    raise Mistake('%s (%s) is not done: %s' % (record.path, record.plan, record.future))
                except Exception as error:
                    self.check_error(record, error)
                late = time.time() + GUARD
                while record.wants_callback and not record.callbacks and time.time() < late:
                    time.sleep(.001)    # it is called after those who wait are told, and nobody waited for the end
                if record.wants_callback and record.callbacks != 1:
                    raise Mistake('%s: its callback was called %d times' % (record.path, record.callbacks))
            said = read_ledger(record.path)
            allowed = {'result': [b'se'], 'raised': [b'se'], 'lost': [b'', b's', b'se'], 'cancelled': [b''],
                       'refused': [b''], 'abandoned': [b'', b's', b'se']}[record.outcome]
            if said not in allowed:
                raise Mistake('%s (%s): %s, and its ledger says %r' % (record.path, record.plan, record.outcome, said))
            counts[record.outcome] += 1
            dead += record.plan in ('exit', 'kill') and said != b''
            if record.outcome in ('lost', 'cancelled', 'refused'):
                watched[record.path] = said
            elif said:
                os.remove(record.path)
        counts['calls'] = len(self.records)
        counts['kills'] = self.kills
        self.check_losses(dead)
        self.account.add(counts, watched)

    def check_losses(self, dead):
        cut = self.ending in ('kill_workers', 'terminate_workers') or self.kind == 'Pool' and self.ending in (
            'terminate', 'with', 'drop')
        if self.losses and not dead and not cut:
            raise Mistake('lost for no reason: %s' % self.losses.pop())
        lost = [error for error in self.losses if 'before it was ready' not in str(error)]
        if self.kind == 'Pool' and not cut and len(lost) == len(self.losses) and len(lost) > dead:
            raise Mistake('%d calls were lost with %d workers: %s' % (len(lost), dead, lost[0]))

    # -- tormenting and ending -----------------------------------------------------------------------------------

    def processes(self):
        """Return the workers."""
        pool = self.pool
        return list((pool._pool if self.kind == 'Pool' else list(pool._processes.values())) or ())

    def torment(self):
        """Do something bad to a worker, or nothing."""
        processes = self.processes()
        if not processes or not self.deadly:
            return
        process, what = self.rng.choice(processes), self.rng.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP])
        if what != signal.SIGSTOP:
            self.kills += 1
        try:
            if process.pid and process.is_alive():
                os.kill(process.pid, what)
                if what == signal.SIGSTOP:
                    time.sleep(self.rng.choice([0, .01]))
                    os.kill(process.pid, signal.SIGCONT)
        except (OSError, ValueError, AssertionError):
            pass                # it has gone meanwhile

    def end(self):
        pool, way = self.pool, self.ending
        if self.kind == 'Pool':
            if way == 'close':
                pool.close()
            elif way == 'terminate':
                pool.terminate()
            elif way == 'with':
                with pool:
                    pass
            if way != 'drop':
                pool.join()
        elif way == 'kill_workers':
            pool.kill_workers()
            pool.shutdown()
        elif way == 'terminate_workers':
            pool.terminate_workers()
            pool.shutdown()
        elif way == 'cancel':
            pool.shutdown(cancel_futures=True)
        elif way == 'shutdown':
            pool.shutdown()
        elif way == 'with':
            with pool:
                pass
        elif way == 'later':
            pool.shutdown(wait=False)

    def live(self, seconds):
        """Use the pool for so long, end it, and audit it."""
        errors = []

        def submitter(rng):
            try:
                self.submit_for_ever(rng)
            except BaseException:
                errors.append(traceback.format_exc())
                self.over = True
        threads = [threading.Thread(target=submitter, args=(random.Random(self.rng.random()),), name='submitter')
                   for _ in range(3)]
        for thread in threads:
            thread.start()
        end = time.time() + seconds
        while time.time() < end and not self.over:
            time.sleep(self.rng.random() * .1)
            if self.rng.random() < .5:
                self.torment()
        calm = self.rng.random() < .5
        way = self.rng.choice(['close', 'terminate', 'with', 'drop'] if self.kind == 'Pool' else
                              ['shutdown', 'cancel', 'kill_workers', 'terminate_workers', 'with', 'later', 'drop'])
        if way == 'drop':       # a thread that submits has it still
            calm = True
        if calm:
            self.over = True
            for thread in threads:
                thread.join()
        self.ending = way
        if way != 'drop':
            self.end()
        self.pool = None
        gc.collect()
        for thread in threads:
            thread.join()
        if errors:
            raise Mistake(errors[0])
        self.audit()


# -- the lanes -------------------------------------------------------------------------------------------------------

class Lane(threading.Thread):
    """Makes one pool after the other."""

    def __init__(self, account, seed, number, end, folder, methods):
        super(Lane, self).__init__(name='lane %d' % number)
        self.account = account
        self.rng = random.Random('%d %d' % (seed, number))
        self.end = end
        self.folder = folder
        self.methods = methods
        self.pools = 0
        self.since = time.time()
        self.now = None

    def run(self):
        while time.time() < self.end and not self.account.mistakes:
            self.since = time.time()
            self.pools += 1
            folder = os.path.join(self.folder, '%s %d' % (self.name, self.pools))
            os.mkdir(folder)
            try:
                self.now = Pools(self.account, self.rng, folder, self.methods)
                self.now.live(self.rng.random() * 2)
            except Mistake as mistake:
                self.account.blame('%s, pool %d, %s: %s' % (self.name, self.pools, self.now, mistake))
            except BaseException:
                self.account.blame('%s, pool %d, %s:\n%s' % (self.name, self.pools, self.now, traceback.format_exc()))
            self.now = None
            self.since = time.time()


def stacks():
    """Return where every thread is."""
    names = dict((thread.ident, thread.name) for thread in threading.enumerate())
    return '\n'.join('%s:\n%s' % (names.get(ident), ''.join(traceback.format_stack(frame)))
                     for ident, frame in sys._current_frames().items())


def name_semaphores():
    """Have those of this program and its workers named after it, where that can be done: others run beside it."""
    config = getattr(multiprocessing.current_process(), '_config', None)
    if config is None:
        return 'sem.poolcompat-'        # 2.7
    config['semprefix'] = '/mp-soak%d' % os.getpid()
    return 'sem.mp-soak%d-' % os.getpid()


def semaphores(beginning):
    try:
        return set(name for name in os.listdir('/dev/shm') if name.startswith(beginning))
    except EnvironmentError:
        return set()


def warm_up(methods):
    """Have all there that stays: forkserver, trackers, what is opened once."""
    for method in methods:
        context = poolcompat.get_context(method)
        with poolcompat.ProcessPoolExecutor(1, mp_context=context) as executor:
            executor.submit(os.getpid).result()
        pool = poolcompat.Pool(1, context=context)
        pool.apply(os.getpid)
        pool.terminate()
        pool.join()


def main(arguments=None):
    from tests import races, support
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--seconds', type=float, default=60, help='how long new pools are made (default 60)')
    parser.add_argument('--seed', type=int, default=None, help='of the random numbers; by default another each time')
    parser.add_argument('--lanes', type=int, default=3, help='pools at a time (default 3)')
    parser.add_argument('--methods', default=','.join(support.START_METHODS), help='start methods (default: all)')
    parser.add_argument('--races', action='store_true', help='make the engines yield wherever it could matter')
    options = parser.parse_args(arguments)
    seed = random.randrange(1 << 30) if options.seed is None else options.seed
    methods = options.methods.split(',')
    warnings.simplefilter('ignore')         # of fork beside threads, and of pools that are dropped
    logging.disable(logging.CRITICAL)
    if faulthandler is not None:
        faulthandler.register(signal.SIGUSR1, all_threads=True)
    print('%s, seed %d, %g seconds, %d lanes, %s, %s channel%s' % (
        sys.version.split()[0], seed, options.seconds, options.lanes, options.methods,
        os.environ.get('POOLCOMPAT_CHANNEL', 'fast'), ', with races' if options.races else ''))
    sys.stdout.flush()

    temporary = tempfile.mkdtemp()
    tempfile.tempdir = os.path.join(temporary, 'tmp')
    folder = os.path.join(temporary, 'ledgers')
    os.mkdir(tempfile.tempdir)
    os.mkdir(folder)
    named = name_semaphores()
    warm_up(methods)
    before = support.holdings(), semaphores(named), set(os.listdir(tempfile.tempdir))

    if options.races:
        races.turn_on(seed)
    account = Account()
    end = time.time() + options.seconds
    # most of the pools by fork: those are made a hundred times as fast as the others
    weighted = methods + ['fork'] * 2 * ('fork' in methods)
    lanes = [Lane(account, seed, number, end, folder, weighted) for number in range(options.lanes)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        while lane.is_alive():
            lane.join(1)
            if time.time() > lane.since + 2 * GUARD:
                print('HANG: %s, pool %d, %s\n%s\n%s' % (
                    lane.name, lane.pools, lane.now, lane.now and lane.now.state(), stacks()))
                sys.stdout.flush()
                if faulthandler is not None and lane.now:
                    for process in lane.now.processes():
                        os.kill(process.pid, signal.SIGUSR1)        # it says where it is
                    time.sleep(1)
                os._exit(1)
    for path, said in account.to_look_at_again.items():
        if read_ledger(path) != said:
            account.blame('%s: its ledger said %r, and now %r' % (path, said, read_ledger(path)))
    lanes = lane = None
    if hasattr(sys, 'pypy_version_info'):
        before[0][2].update(support.holdings()[2])      # it closes what nobody holds some time later, or never
    left = support.settle(before[0], 30)
    if left:
        account.blame('left: ' + left)
    if semaphores(named) - before[1]:
        account.blame('semaphores left: %s' % (semaphores(named) - before[1]))
    if set(os.listdir(tempfile.tempdir)) - before[2]:
        account.blame('files left: %s' % (set(os.listdir(tempfile.tempdir)) - before[2]))
    shutil.rmtree(folder)
    print(', '.join('%s %d' % (name, count) for name, count in sorted(account.counts.items())))
    print('failed' if account.mistakes else 'passed')
    return 1 if account.mistakes else 0


if __name__ == '__main__':
    sys.exit(main())
