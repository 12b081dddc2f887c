"""Sends what is due: claims, makes ready, hands over at the pace that Meta allows, stores outcomes.

One turn of one process. The main thread talks to the database and to Redis; a pool of threads makes
the HTTP calls over connections that are kept alive, as many at once as pace and latency need. What
is handed over but not yet answered is bounded by the number of connections, and little more than
what the pace takes in a moment is claimed ahead: a process that dies leaves little behind, and a
run that is paused stops at the next claim.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import queue
import time
from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache, partial

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from ats.tenancy import all_companies, company_scope
from whatsapp.connection.clients import sending_client
from whatsapp.models import Message, Sender
from whatsapp.models.outbox import Handed
from whatsapp.sending import answers, outcome, pace
from whatsapp.sending.answers import Answer
from whatsapp.sending.claims import Claims
from whatsapp.sending.content import payload_of, prepare
from whatsapp.sending.door import Door, Lateness
from whatsapp.sending.messages import address_of
from whatsapp.sending.outgoing import Outgoing
from whatsapp.sending.surely import put_back, surely

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

# Single messages are looked for this often while others are being sent.
LOOK = 0.1
# Files that go to Meta at the same time.
PORTERS = 4
# Answers are stored together, but none waits longer than this.
GATHERED = 0.03
# As many as this many seconds of a sender's pace are claimed ahead, within these bounds: in fewer
# but larger batches than the pace alone would need, since each costs a dozen statements.
AHEAD, LEAST, MOST = 0.5, 8, 200
# As many of those at once where nothing is under way.
FIRST = 40
# A message is handed over this long before its moment, and not at all this long after it. A commit
# costs the same for one as for many, and takes longer than the pace has from one to the next.
HORIZON, LATE = 0.1, 0.5
# Each hand-over is for at least so long, unless nothing else is to be done.
APART = 0.02
# A single message that was not let go asks again after this.
TOKEN = 0.01
# A sender that may not send for longer than this has its messages put back.
LONG = 2.0
# What the pace says where nothing of a sender may leave.
HELD = {f"held:{scope}" for scope in (pace.Scope.SENDER, pace.Scope.WABA, pace.Scope.APP)}


@cache
def _hands() -> ThreadPoolExecutor:
    """Who makes the HTTP calls, each over a connection of its own."""
    return ThreadPoolExecutor(settings.WHATSAPP["CONNECTIONS"], thread_name_prefix="send")


@cache
def _porters() -> ThreadPoolExecutor:
    """Who takes files to Meta, which may last minutes: messages without one do not wait for it."""
    return ThreadPoolExecutor(PORTERS, thread_name_prefix="send-file")


def drain(clock: Clock, go_on: Callable[[], bool] = lambda: True) -> bool:
    """Sends what is due, for as long as `go_on` says; whether nothing is left to do now."""
    return Turn(clock).run(go_on)


class Turn:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._connections: int = settings.WHATSAPP["CONNECTIONS"]
        # What waits for the pace, by sender; single messages are asked for first, and always.
        self._single: dict[int, deque[Outgoing]] = defaultdict(deque)
        self._bulk: dict[int, deque[Outgoing]] = defaultdict(deque)
        # Those that have their moment, the soonest first.
        self._granted: list[Outgoing] = []
        self._not_before: dict[int, float] = {}
        # Whose turn it is to be asked for first.
        self._turned = 0
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._in_flight = 0
        self._uploading = 0
        self._unstored: list[Answer] = []
        self._unstored_since = 0.0
        # Two threads with a connection of their own: waiting for the database holds up nobody.
        self._claimer = ThreadPoolExecutor(1, thread_name_prefix="send-claim")
        self._storer = ThreadPoolExecutor(1, thread_name_prefix="send-store")
        self._storing: Future[None] | None = None
        self._claiming: Future[list[Outgoing]] | None = None
        self._looked = 0.0
        # Whether the claim that is under way is a look at everything that may be due, and whether
        # it began when nothing was under way here: what is, may be what others wait for.
        self._looking = self._looking_alone = False
        self._claims = Claims(clock)
        self._door = Door(lambda one: _hands().submit(self._post, one))
        self._lateness = Lateness()

    def run(self, go_on: Callable[[], bool]) -> bool:
        """Until nothing is due, or `go_on` says no; in any case nothing is left under way."""
        idle = False
        try:
            while go_on() and not idle:
                idle = not self._fill() and not self._busy()
                self._hand_over()
                self._collect()
                self._store()
        except pace.PaceAway:
            # Without the pace nothing may leave; the sweeper calls again.
            logger.warning("send_stopped cause=redis")
        finally:
            self._wind_up()
        return idle

    def _busy(self) -> bool:
        return bool(
            self._in_flight
            or self._uploading
            or self._granted
            or self._unstored
            or self._storing
            or self._waiting()
        )

    def _waiting(self) -> list[Outgoing]:
        return [*itertools.chain(*self._single.values(), *self._bulk.values())]

    def _line(self, one: Outgoing) -> deque[Outgoing]:
        return (self._single if one.run is None else self._bulk)[one.sender.pk]

    # Claiming

    def _fill(self) -> bool:
        """Has what is due claimed, people's messages first; whether there may be anything."""
        found = False
        if self._claiming is not None:
            if not self._claiming.done() and self._busy():
                return True
            claimed, self._claiming = self._claiming.result(), None
            found = bool(claimed) or not self._looking
            for one in claimed:
                self._take_in(one)
        job = self._next_claim(found)
        if job is None:
            return found
        self._claiming = self._claimer.submit(job)
        return True

    def _next_claim(self, found: bool) -> Callable[[], list[Outgoing]] | None:
        """What to look for next. Only one claim is under way, and it alone touches `_claims`."""
        now = time.monotonic()
        nothing_found = self._looking_alone and not found and not self._busy()
        self._looking = self._looking_alone = False
        if now - self._looked >= LOOK or not (self._busy() or nothing_found):
            self._looked, self._looking, self._looking_alone = now, True, not self._busy()
            return self._claims.singles
        # Whose line is the shortest comes first, so that no sender starves beside another.
        rooms = [(self._room(run.sender), run) for run in self._claims.runs.with_rows()]
        room, run = max(rooms, key=lambda one: one[0], default=(0, None))
        return partial(self._claims.rows, run, room) if run and room else None

    def _room(self, sender: Sender) -> int:
        """How many of a sender's messages to claim: none while enough wait for their turn."""
        if self._not_before.get(sender.pk, 0.0) > self._soon():
            return 0
        rate = pace.rate_of(sender.throughput_level, self._clock())
        wanted = int(min(MOST, max(LEAST, rate.a_second * AHEAD)))
        waiting = len(self._bulk[sender.pk])
        if not waiting and not self._busy():
            # The first go soon, while more are made ready.
            return min(wanted, FIRST)
        return 2 * wanted - waiting if waiting < wanted else 0

    def _take_in(self, one: Outgoing) -> None:
        if one.message is not None:
            self._uploading += 1
            _porters().submit(self._upload, one)
        elif one.run is not None and self._not_before.get(one.sender.pk, 0.0) > self._soon():
            put_back([one], self._clock() + timedelta(seconds=LONG))
        else:
            self._line(one).append(one)

    @staticmethod
    def _soon() -> float:
        return time.monotonic() + LONG

    # Leaving

    def _hand_over(self) -> None:
        """Asks the pace for the next ones, and lets go whose moment has come, no more at a time
        than there are hands for."""
        now = time.monotonic()
        room = self._room_at_the_door(now)
        slice_ = self._slice(room) if room >= self._connections // 2 else []
        if slice_:
            self._ask_pace(slice_)
            now = time.monotonic()
        going: list[Outgoing] = []
        most = 2 * self._connections - self._in_flight
        enough = most >= self._connections
        if enough and self._granted and self._granted[0].due <= now + HORIZON - APART:
            while self._granted and self._granted[0].due <= now + HORIZON and len(going) < most:
                one = heapq.heappop(self._granted)
                if one.due < now - LATE:
                    # Its second is over: left now, it would come on top of those of this second.
                    self._line(one).appendleft(one)
                else:
                    going.append(one)
        if going:
            self._leave(going)

    def _room_at_the_door(self, now: float) -> int:
        """How many may be given their moment. Those whose moment is not near do not stand in the
        way: with many senders, what leaves soon is a little of each."""
        near = sum(one.due <= now + HORIZON / 2 for one in self._granted)
        return min(2 * self._connections - near, 8 * self._connections - len(self._granted))

    def _ask_pace(self, slice_: list[Outgoing]) -> None:
        asked = time.monotonic()
        asks, late = [self._ask(one) for one in slice_], self._lateness.tell()
        grants = pace.PACE.take(asks, now=self._clock(), late=late)
        at = time.monotonic()
        later: dict[tuple[float, str], list[Outgoing]] = defaultdict(list)
        for one, grant in zip(slice_, grants, strict=True):
            if grant.ok:
                self._line(one).remove(one)
                one.due, one.meant, one.moment = at + grant.wait, asked + grant.wait, grant.moment
                heapq.heappush(self._granted, one)
            elif one.run is not None and (
                grant.why in ("sender", "run") or (grant.why in HELD and grant.wait <= LONG)
            ):
                # Its whole line waits here: put back, each would be made ready again.
                self._not_before[one.sender.pk] = at + grant.wait
            else:
                later[grant.wait, grant.why].append(one)
        for (seconds, why), those in later.items():
            self._wait(those, seconds, why)

    def _slice(self, most: int) -> list[Outgoing]:
        """Single messages, then in turns the next of every sender whose turn it may be."""
        now = time.monotonic()
        turns = [
            itertools.islice(line, most)
            for sender, line in self._bulk.items()
            if line and self._not_before.get(sender, 0.0) <= now
        ]
        self._turned += 1
        first = self._turned % max(len(turns), 1)
        turns = turns[first:] + turns[:first]
        bulk = (one for row in itertools.zip_longest(*turns) for one in row if one)
        return list(itertools.islice(itertools.chain(*self._single.values(), bulk), most))

    def _ask(self, one: Outgoing) -> pace.Ask:
        return pace.Ask(
            sender_id=one.sender.pk,
            level=one.sender.throughput_level,
            waba_id=one.sender.waba_id,
            pair=pace.pair_of(one.sender.pk, one.contact_id),
            single=one.run is None,
            run_id=one.run.pk if one.run else None,
            speed=one.run.speed if one.run else 100,
        )

    def _wait(self, those: list[Outgoing], wait: float, why: str) -> None:
        """Something is held: its messages wait in the database, not here. Where it is more than one
        person, and not over in a moment, so do those of the sender's runs that are behind them."""
        for one in those:
            self._line(one).remove(one)
        if wait > LONG and why in HELD:
            for sender in {one.sender.pk for one in those if one.run is not None}:
                self._not_before[sender] = time.monotonic() + wait
                those = [*those, *self._bulk.pop(sender, ())]
        put_back(those, self._clock() + timedelta(seconds=wait))

    def _leave(self, those: list[Outgoing]) -> None:
        now = self._clock()
        handed = [
            Handed(
                one.message_id,
                one.company_id,
                one.claim,
                one.attempt,
                one.callback_id,
                one.run.pk if one.run else None,
            )
            for one in those
        ]
        try:
            with all_companies():
                ours = Message.objects.hand_over(handed, now=now)
        except DatabaseError:
            # Whether it was committed is not known, but that nothing has left is.
            put_back(those, now)
            for one in those:
                one.claim = now
            put_back(those, now)
            surely(lambda: answers.not_left(those, now=now))
            raise
        started = time.monotonic()
        for one in those:
            if one.message_id in ours:
                one.claim, one.handed_over = now, started
                one.payload["biz_opaque_callback_data"] = str(one.callback_id)
                self._in_flight += 1
                self._door.let_go(one)
        self._stays([one for one in those if one.message_id not in ours])

    def _stays(self, those: list[Outgoing]) -> None:
        """Their run was paused or stopped meanwhile: nor does what waits behind them leave. What is
        not of this claim any more stays as it is."""
        if not those:
            return
        runs = {one.run.pk for one in those if one.run is not None}
        for line in self._bulk.values():
            behind = [one for one in line if one.run is not None and one.run.pk in runs]
            for one in behind:
                line.remove(one)
            those = [*those, *behind]
        put_back(those, self._clock())
        outcome.refuse_stopped(now=self._clock())

    def _post(self, one: Outgoing) -> None:
        """In a thread of the pool, at its moment; touches no database."""
        one.left = time.monotonic()
        try:
            if one.left - one.handed_over > settings.WHATSAPP["SENDING_LEASE"] / 2:
                # This process stood still: others may take the message for lost already.
                self._answers.put(Answer(one, error=answers.TOO_LATE))
                return
            client = sending_client(one.connection)
            result = client.send_message(one.sender.phone_number_id, one.payload)
        except Exception as error:
            self._answers.put(Answer(one, error=error))
        else:
            self._answers.put(Answer(one, result=result))

    def _upload(self, one: Outgoing) -> None:
        """In a thread of the pool: the message's file goes to Meta first."""
        assert one.message is not None
        error: Exception | None = None
        try:
            with company_scope(one.company_id):
                prepare(one.message, sending_client(one.connection), now=self._clock())
                one.payload = payload_of(one.message, to=address_of(one.message))
        except Exception as raised:
            error = raised
        finally:
            connection.close()
        self._answers.put(Answer(one, error=error, uploaded=True))

    # Coming back

    def _collect(self) -> None:
        """Takes what has come back; waits until something does, or until somebody's turn comes."""
        pause = self._pause()
        try:
            while True:
                self._note(self._answers.get(block=pause > 0, timeout=pause or None))
                pause = 0.0
        except queue.Empty:
            pass

    def _pause(self) -> float:
        """Seconds in which there is nothing to do but to wait for an answer; never long."""
        if not self._busy():
            return 0.0
        now = time.monotonic()
        turns = []
        if self._granted and self._in_flight <= self._connections:
            turns.append(self._granted[0].due - HORIZON + APART)
        if self._room_at_the_door(now) >= self._connections // 2:
            turns += [self._not_before.get(pk, 0.0) for pk, line in self._bulk.items() if line]
            turns += [now + TOKEN for line in self._single.values() if line]
        return min(max(min(turns, default=now + GATHERED) - now, 0.0), GATHERED)

    def _note(self, answer: Answer) -> None:
        if not answer.uploaded:
            self._in_flight -= 1
            self._lateness.answered(answer.outgoing, left=answer.outgoing.left, at=answer.at)
        else:
            self._uploading -= 1
            if answer.error is None:
                answer.outgoing.message = None
                self._take_in(answer.outgoing)
                return
        if not self._unstored:
            self._unstored_since = time.monotonic()
        self._unstored.append(answer)

    def _store(self) -> None:
        """Many together, unless the first has waited long enough; one batch at a time."""
        if self._storing is not None:
            if not self._storing.done():
                return
            self._storing.result()
            self._storing = None
        if not self._unstored:
            return
        enough = len(self._unstored) >= 2 * self._connections
        waited = time.monotonic() - self._unstored_since >= GATHERED
        if enough or waited or not (self._in_flight or self._granted or self._waiting()):
            found, self._unstored = self._unstored, []
            self._storing = self._storer.submit(surely, lambda: answers.store(found, self._clock))

    def _wind_up(self) -> None:
        """Waits for what is under way, and puts back what was claimed ahead."""
        try:
            self._end()
        finally:
            self._door.close()
            for clerk in (self._claimer, self._storer):
                clerk.submit(lambda: connection.close())
                clerk.shutdown()

    def _end(self) -> None:
        error = self._end_claiming()
        # What has its moment goes: put back, its moment would be lost to the sender.
        going = [one for one in self._granted if one.due - time.monotonic() > -LATE]
        if going and error is None:
            self._granted = [one for one in self._granted if one not in going]
            try:
                self._leave(going)
            except DatabaseError as raised:
                error = raised
        while self._in_flight:
            self._note(self._answers.get())
        # Before the files, which may last longer than anybody waits for an answer.
        self._store_rest()
        while self._uploading:
            self._note(self._answers.get())
        self._store_rest()
        left = [*self._waiting(), *self._granted]
        for lines in (self._single, self._bulk):
            lines.clear()
        self._granted.clear()
        if left:
            put_back(left, self._clock())
        self._claims.runs.settle()
        if error is not None:
            raise error

    def _end_claiming(self) -> BaseException | None:
        if self._claiming is None:
            return None
        claiming, self._claiming = self._claiming, None
        error = claiming.exception()
        if error is None:
            for one in claiming.result():
                self._line(one).append(one)
        return error

    def _store_rest(self) -> None:
        if self._storing is not None:
            self._storing.result()
            self._storing = None
        found, self._unstored = self._unstored, []
        if found:
            surely(lambda: answers.store(found, self._clock))
