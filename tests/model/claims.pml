/* The claims of poolcompat/_engine/claims.py: who runs a call that was sent ahead to a busy worker.

   One parent, WORKERS workers, CALLS calls. A worker can die or stop for ever between any two of its steps (FAULTS times in
   all). Searched exhaustively (tests/model/check.py) for:

   at most once    no call is started twice                                                       (assert in run)
   never lost      in the end each call has its result, or is reported lost, and only one of the two     (assert at the end)
   true loss       what is reported lost was started, or never will be                            (asserts in run and bury)
   no idling       in the end no live worker is idle while a call is unstarted: whatever stands behind a stopped
                   worker's call has been taken back. A call that an idle worker was given counts as started.

   Broken on purpose, each must be found: with -DBROKEN_CLAIM a claim is looked at in one step and taken in the next, as with
   a lock that was left out; with -DBROKEN_ORDER a frame is sent before its claim; with -DBROKEN_TAKE_BACK what stands behind
   a stopped worker's call stays there.
   The labels in capitals are those that claims.py and dispatcher.py name. */

#define WORKERS 2
#ifndef CALLS
#define CALLS 4
#endif
#ifndef FAULTS
#define FAULTS 1
#endif
#define AHEAD 3                     /* how many calls a worker may have */
#define NUMBERS (2 * CALLS + 2)     /* more than are ever given to one worker: checked */
#define NONE 255

mtype = { LIVE, DEAD, STOPPED };

chan frames[WORKERS] = [AHEAD + CALLS] of { byte, byte, bool };     /* number, call, whether it has to be claimed */
chan claims[WORKERS] = [AHEAD + CALLS] of { byte };
chan results[WORKERS] = [AHEAD + CALLS] of { byte };
chan pending = [CALLS] of { byte };
chan given[WORKERS] = [AHEAD] of { byte, byte };                    /* the parent's note: number, call */

mtype state[WORKERS];
byte started[CALLS], done[CALLS], lost[CALLS];
byte faults;

inline mishap() {       /* between any two steps of a worker */
    if
    :: true
    :: faults < FAULTS -> atomic { faults++; state[me] = DEAD; goto end_dead }
    :: faults < FAULTS -> atomic { faults++; state[me] = STOPPED; goto end_stopped }
    fi
}

proctype Worker(byte me) {
    byte number, call, claimed = NONE;
    bool queued;
end_idle:
    do
    :: frames[me]?number, call, queued ->
        mishap();
        if
        :: queued && (claimed == NONE || claimed < number) ->
CLAIM:
#ifdef BROKEN_CLAIM
            if
            :: claims[me]?<claimed>; mishap(); if :: claims[me]??eval(claimed) :: empty(claims[me]) fi
            :: empty(claims[me])
            fi
#else
            atomic { if :: claims[me]?claimed :: empty(claims[me]) fi }
#endif
        :: else
        fi;
        mishap();
        if
        :: !queued || claimed == number ->
RUN:        atomic { started[call]++; assert(started[call] == 1 && !lost[call]) }
            mishap();
            results[me]!number
        :: else                         /* the parent has taken it back */
        fi;
        mishap()
    od;
end_dead:
end_stopped:
    skip
}

/* The parent's thread. Each branch is one of its steps with one of its workers. */

/* spin wants neither ! nor else with empty(): that is why this says the opposite of idle */
#define BUSY(w) (buried[w] || nempty(given[w]))

#ifdef BROKEN_ORDER
#define SEND_AHEAD(w) frames[w]!next[w], call, true; claims[w]!next[w]
#else
#define SEND_AHEAD(w) claims[w]!next[w]; frames[w]!next[w], call, true
#endif

#ifdef BROKEN_TAKE_BACK
#define MAY_TAKE_BACK false
#else
#define MAY_TAKE_BACK true
#endif

/* an idle worker comes first */
#define SEND(w) nempty(pending) && !buried[w] && (len(given[w]) == 0 || BUSY(1 - w) && len(given[w]) < AHEAD) -> \
    pending?call; assert(next[w] < NUMBERS); \
    if  /* the claim first, then the frame; the first call of an idle worker needs no claim */ \
    :: empty(given[w]) -> given[w]!next[w], call; frames[w]!next[w], call, false \
    :: nempty(given[w]) -> given[w]!next[w], call; SEND_AHEAD(w) \
    fi; \
    next[w]++

#define NOTE(w) !buried[w] && nempty(results[w]) -> \
    results[w]?number; given[w]?at, call; assert(at == number); done[call]++

#define TAKE_BACK(w) MAY_TAKE_BACK && empty(pending) && !buried[1 - w] && empty(given[1 - w]) && !buried[w] && nempty(claims[w]) -> \
    if  /* the worker may have been faster */ \
    :: claims[w]?number -> given[w]??eval(number), call; pending!call \
    :: empty(claims[w]) \
    fi

#define BURY(w) !buried[w] && state[w] == DEAD && empty(results[w]) -> \
    atomic { \
        buried[w] = true; \
        if \
        :: given[w]?number, call -> \
            if  /* what is still in the pipe of claims had not been started */ \
            :: claims[w]??[eval(number)] -> pending!call \
            :: !(claims[w]??[eval(number)]) -> assert(!done[call]); lost[call]++ \
            fi \
        :: empty(given[w]) \
        fi; \
        do \
        :: given[w]?number, call -> assert(claims[w]??[eval(number)] && !started[call]); pending!call \
        :: empty(given[w]) -> break \
        od \
    }

init {
    byte next[WORKERS], number, call, at;
    bool buried[WORKERS];

    atomic {
        state[0] = LIVE; state[1] = LIVE;
        for (call : 0 .. CALLS - 1) { pending!call }
        run Worker(0); run Worker(1)
    }
    do
    :: SEND(0)
    :: SEND(1)
    :: NOTE(0)
    :: NOTE(1)
    :: TAKE_BACK(0)
    :: TAKE_BACK(1)
    :: BURY(0)
    :: BURY(1)
    :: timeout -> break     /* nobody can do anything */
    od;
    for (call : 0 .. CALLS - 1) {
        if
        :: done[call] + lost[call] == 1
        :: done[call] + lost[call] == 0 ->      /* a stopped worker has it, or there is nobody to run it */
            if
            :: state[0] != LIVE && state[1] != LIVE
            :: else ->
                at = (state[0] == STOPPED -> 0 : 1);
                assert(state[at] == STOPPED && given[at]?[number, eval(call)])
            fi
        :: else -> assert(false)
        fi
    }
}
