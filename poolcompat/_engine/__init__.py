"""The engines of the pools, the same on every interpreter: of processes, which is the rest of this text, and of threads.

::

    caller's thread                    dispatcher thread                 worker process (a channel each)
    submit() -> pending  -+
      an idle worker?     |  pickle, number, write                 +-> read a group of calls
      then send it here --+--------------------------------------> |     for each: claim it, run it,
                          |                                        |               write its result
    Future.result() <-----+- set results, top workers up <--poll --+

``channel``      bytes to and from one worker, and waiting for them
``memory``       what is big, beside the pipes
``claims``       which of the calls that were sent ahead a worker may still start
``worker``       what runs in the worker
``chunks``       what a call of several items runs
``dispatcher``   who gets which call, what came back, who died
``leading``      a caller that reads what it waits for, in the dispatcher's place
``spinning``     a look for what comes in a moment, before a thread goes to sleep
``locking``      the lock of the engine
``replacing``    the engine of ``Pool``, where a worker that dies is replaced
``threads``      the engine of the thread pools, all of it
``calls``        a call, and what becomes of its future
``callbacks``    the thread that a ``Pool`` calls callbacks in
``slots``        what came of a call of ``Pool``, where a future costs too much
``batches``      many calls that travel as one
``arrivals``     the results of many calls as they come, in order
``exits``        the engines that a process finishes before it exits

``.._compat.py27.steps`` has steps that no signal comes between.

How a call travels. ``Engine.submit`` takes an idle worker, pickles the call and writes it, all in the caller's thread;
nothing wakes the dispatcher. With no worker idle the call waits in ``_pending``, not yet pickled: many waiting calls that
share a big argument hold it once. Where as many workers run short calls as there are processors, to wake another costs more
than the call, so then too it waits, for the dispatcher to send several at once to those that run. The dispatcher reads
results, gives each worker that is running out of calls about a millisecond's worth from ``_pending``, in one write, and only
then sets the futures; threads that wait for them are woken once all are set, or before code of the user's may run. Long
calls are never sent ahead.
Whoever waits for a call that is alone with its worker reads the result itself, for a while (``leading``): then the
dispatcher sleeps all the time.
``map`` and ``Pool`` leave many calls to the dispatcher in one step. Where they are of one function with plain arguments
(numbers, short text, None) there is no object for each, but a ``Batch``: what goes to a worker is cut from it and pickled in
one, and the results of those that ended together go to where they are awaited in one step. Still each call is claimed, run
and lost by itself, and its result written before the next begins. To look for results costs as much as to take in thirty; so
where few came of a batch and every worker has enough to do meanwhile, the dispatcher naps before it looks again, 0.1 ms.
When a worker has nothing to do and nothing is pending, calls that were sent ahead to others are taken back for it. So an
idle worker never waits while a call that has not started exists anywhere; where all have been short it may, for a few
milliseconds: there only a worker that ends none for so long gives its own back, and lets another be woken.

Who holds what.

- A worker shares its pipes with the parent and nobody else, so one that dies at any instant damages nothing else.
- ``Engine._lock`` guards every list of calls and workers, and what a ``_Worker`` says of one; a method that takes it is
  marked ``locked``. No user code runs and nothing is pickled under it, and no such method calls another. A signal's
  handler or a weakref's callback may come in at any instruction, this lock held by its own thread: ``submit`` sees that by
  ``_inside``, leaves the call for the dispatcher and takes no lock; ``close`` never does. (To wait for a result there is to
  wait for oneself: a handler may submit, not wait.) Where no worker is missing, and all are busy, or as many as can run, or
  another thread has the lock, ``submit`` does the same: to take it, or to wait for it, takes longer than the rest.
- ``_Worker.reserved`` keeps a worker for the thread that set it, from the choice of the worker until the call is sent.
- ``channel.starting()`` is held while pipes are made and a worker is started, in the whole process, so that no worker is
  forked while another's pipes are open on both sides. It is taken before ``_lock``, never after.
- What is in a worker's ``memory`` belongs to whoever has reserved the worker, until the call is sent; then to the worker; a
  result to our thread, which alone reads it. Its descriptor is closed with the last reference to it.
- The poller belongs to the dispatcher thread; other threads only ``wake`` it, and under the lock take a worker's results out
  of it and put them back.
- ``Engine.abandon`` and ``wake`` take no lock. The garbage collector calls them at any allocation of any thread.

Nothing rests on the GIL. A free-threaded build runs two threads at once; what keeps each field that they share whole is, by
reasoning and not by having run one:

==================================================  ======================================================================
``_workers`` ``_idle`` ``_newcomers``               ``Engine._lock``
``_leavers`` ``_queued`` ``_pace`` ``_dozing``
``_holds`` ``_standing``
``_dismissed``, and of a worker all but ``number``
``_polling``, a worker's ``turn`` and its results   ``Engine._lock``: who reads changes under it, and one thread reads
``_Worker.number``                                  only the thread that has reserved the worker counts it up
``_pending``                                        a deque: ``append`` and ``popleft`` are whole, also without the lock;
                                                    whoever adds to it looks at ``_polling``, ``_idle``, ``_dozing`` and
                                                    ``_holds`` after that, and whoever changes those looks at it after that
``_leftover`` ``_settling``                         a deque and a dict, one item at a time, followed by ``wake``
``_leaders``                                        each thread its own item; ours reads a copy
``Spin``                                            counters, of which it does not matter when one is lost
``_closing`` ``_cancelling`` ``_suspect``           one reference, stored and then followed by ``wake``: a byte in a pipe,
                                                    which comes after it wherever it is read; our thread alone puts the
                                                    last two down, before it looks
``_terminating``                                    as ``_closing``
``_failed_starts`` ``_rests_until``                 our thread; others read the last
``Memory.used``                                     one reference: our thread's, and who has reserved the worker
``Callbacks._ended``                                stored before its thread looks a last time at the queue; whoever adds
                                                    looks at it after that
``Pool._feeders``                                   a set, one item at a time, which is whole
``Arrivals._items`` ``_arrived`` ``_tickets``       a deque, a dict, lists, each step whole; whoever puts something in rings
``_bells``                                          after that, and whoever waits hangs up a bell and looks after that
``Arrivals._next``                                  ``Arrivals._lock``
``_Parts._values`` ``_failed`` ``_tickets``          lists, each step whole; of those who leave no ticket one
                                                    concludes
``_Feeder._due``                                    ``append``, and a look whether there is a ticket; whoever gives the
                                                    ticket back looks at it after that
``_death`` ``_ended``                               set once, under the lock and by our thread; whoever left a call in
                                                    ``_pending`` looks at ``_ended`` after that
``_launched`` ``_thread``                           ``channel.starting()``
``_ahead``                                          ``Engine._lock``; it never grows
``_poller``                                         set before our thread starts; others take the reference once, and a
                                                    ``wake`` that comes too late finds its pipe still there
``FastPoller._woken``                               ``append`` before the byte is written, cleared after it was read
``_inside`` ``processes``                           one item at a time, which is whole; ``_inside`` has the thread's own only
a ``Call``, a ``Batch``                             whoever took it out of ``_pending`` or ``_Worker.calls``: nobody else
``ThreadEngine._death`` ``_alive`` ``threads``      ``ThreadEngine._lock``
``ThreadEngine._calls`` ``_idle``                   a queue and a deque, whole; a thread is in ``_idle`` before it waits
a thread's ticket, and the last of ``_Parts``       ``list.pop``: of two who take it one has it
==================================================  ======================================================================

KeyboardInterrupt comes between any two instructions of the main thread. What a call's sending changes is changed in one
step (``steps``). What can be derived, such as who is idle, is derived again by ``_look_over`` when a caller was cut short.
Waits for a future take no lock, which would be kept (``.._conditions``). Cancelling is left to the dispatcher; what a caller
has read is kept until it is noted. A worker lets Ctrl-C raise in the user's code only.

Death is seen in two ways, either enough: the end of the results' pipe, and a look every two seconds while there is work, for
someone else may hold that pipe open. (A sentinel is a third pipe with the same weakness.) After a death the calls are
read off: the oldest without a result was running, unless its claim is still in the pipe. ``Engine`` fails them all;
``PoolEngine`` fails the one that was running, lets the others wait again, and has another worker started, by our thread.

``Pool`` is made of the same calls. Its callbacks have a thread of their own: they may wait for the pool, and hold up nothing
but each other. What ``imap`` is given is consumed about 512 calls ahead of those that have ended, by one more thread; where
every item is at hand 4,096 ahead, by the one that takes note of what has ended, which saves handing the interpreter on.

What is big is pickled without a copy, and written once to memory that the worker reads it from; so are results. The
memory is kept for the next, because new pages cost most of the time, but not by a worker that has nothing to do.

What differs from CPython's pool. Each worker has pipes of its own. A result is sent as bytes and unpickled for its own
future. Calls are pickled late. A failed start, a failed initializer and a death say what happened. ``KeyboardInterrupt``
leaving ``with`` cancels. A claim was first to be a cell in shared memory under a lock of its own: the pipe costs the same
(0.4 to 0.5 microseconds a claim on 2.7 to 3.13; lock and cell 0.25 to 0.75), and there is no lock that a dying worker can
keep, no memory to hand to a ``spawn`` child, and no semaphore, which some systems do not have.
"""
from __future__ import absolute_import, division, print_function
