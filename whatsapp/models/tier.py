"""The messaging limit of a portfolio, and who was written to outside the window.

Meta counts by portfolio, over all its numbers, and companies may share one: so these rows belong to
no company, and name people by a digest only.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q
from django.db.models.functions import Greatest

from whatsapp.models.run import ACTIVE
from whatsapp.policy import tiers


class PortfolioLimitQuerySet(models.QuerySet["PortfolioLimit"]):
    def locked(self, portfolio_id: str) -> PortfolioLimit:
        """The portfolio's row, made where there is none. Whoever changes which uses are live holds
        it, so what is read after this is as it stays until the transaction ends."""
        rows = self.select_for_update(no_key=True).filter(portfolio_id=portfolio_id)
        row = rows.first()
        if row is None:
            self.bulk_create([self.model(portfolio_id=portfolio_id)], ignore_conflicts=True)
            row = rows.get()
        return row


class PortfolioLimit(models.Model):
    """One row a portfolio; whoever admits locks it. `used` counts the people with a live use.

    `most` is None while it is unlimited, and where nothing was learned yet (`most_at`); `tier` is
    Meta's word.
    """

    portfolio_id = models.CharField(max_length=32, unique=True)
    tier = models.CharField(max_length=32, blank=True)
    most = models.PositiveIntegerField(null=True, blank=True)
    learned_at = models.DateTimeField(null=True, blank=True)
    used = models.PositiveIntegerField(default=0)
    # How many company numbers Meta said that it may have, and when; it says so in webhooks only.
    most_numbers = models.PositiveIntegerField(null=True, blank=True)
    numbers_learned_at = models.DateTimeField(null=True, blank=True)

    objects = PortfolioLimitQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Limit of portfolio {self.portfolio_id}"

    def most_at(self, now: datetime) -> int | None:
        """People in a moving 24 hours, None without a limit; the smallest tier until Meta says."""
        return tiers.smallest(now) if self.learned_at is None else self.most

    def freed(self, people: int) -> None:
        """Call it with the row locked."""
        if people:
            self.used = max(self.used - people, 0)
            self.save(update_fields=["used"])


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known about some people before they are written to."""

    # With a use that has not lapsed: they take no further place.
    placed: frozenset[uuid.UUID]
    # Whose live uses have all lapsed, which nobody has marked yet.
    lapsed: frozenset[uuid.UUID]
    # Holders that stand for somebody else now: a message whose person turned out to be another.
    moved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewUse:
    """A row to write; the field names are those of `TierUse`."""

    holder: str
    recipient: uuid.UUID
    company_id: int
    sender_id: int
    author_id: int | None


class TierUseQuerySet(models.QuerySet["TierUse"]):
    """The statements of the ledger. All but the reads are called with the portfolio's row locked
    (`PortfolioLimitQuerySet.locked`). `lapsed_by` is the latest moment whose uses have lapsed."""

    def standing(
        self, portfolio_id: str, asked: Iterable[tuple[str, uuid.UUID]], lapsed_by: datetime
    ) -> Standing:
        """What stands of holders and their people."""
        holders, people = zip(*asked, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT '', recipient, max(taken_at) > %(lapsed_by)s FROM whatsapp_tieruse"
                " WHERE portfolio_id = %(portfolio)s AND live AND recipient = ANY(%(people)s)"
                " GROUP BY recipient"
                " UNION ALL"
                " SELECT used.holder, used.recipient, NULL"
                " FROM unnest(%(holders)s::text[], %(people)s::uuid[]) AS asked (holder, person)"
                " JOIN whatsapp_tieruse used ON used.holder = asked.holder"
                " WHERE used.live AND used.portfolio_id = %(portfolio)s"
                "  AND used.recipient <> asked.person",
                {
                    "portfolio": portfolio_id,
                    "lapsed_by": lapsed_by,
                    "holders": list(holders),
                    "people": list(people),
                },
            )
            rows = cursor.fetchall()
        return Standing(
            placed=frozenset(person for _, person, placed in rows if placed),
            lapsed=frozenset(person for _, person, placed in rows if placed is False),
            moved=tuple(holder for holder, _, placed in rows if placed is None),
        )

    def take(
        self,
        limit: PortfolioLimit,
        uses: Iterable[NewUse],
        *,
        run_id: int | None,
        used: int,
        now: datetime,
    ) -> None:
        """Writes uses and the new counter. A holder that has a row already gets it back to life,
        dated now: what it stands for is about to be sent."""
        rows = list(uses)
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH taken AS (INSERT INTO whatsapp_tieruse AS old"
                " (portfolio_id, recipient, holder, company_id, sender_id, author_id, run_id,"
                "  taken_at, live)"
                " SELECT %(portfolio)s, person, holder, company, sender, author, %(run)s::bigint,"
                "  %(now)s, TRUE"
                " FROM unnest(%(people)s::uuid[], %(holders)s::text[], %(companies)s::bigint[],"
                "  %(senders)s::bigint[], %(authors)s::bigint[])"
                "  AS asked (person, holder, company, sender, author)"
                " ON CONFLICT (holder) DO UPDATE SET live = TRUE,"
                "  taken_at = GREATEST(old.taken_at, EXCLUDED.taken_at),"
                "  portfolio_id = EXCLUDED.portfolio_id, recipient = EXCLUDED.recipient,"
                "  sender_id = EXCLUDED.sender_id, author_id = EXCLUDED.author_id)"
                " UPDATE whatsapp_portfoliolimit SET used = %(used)s WHERE id = %(limit)s",
                {
                    "portfolio": limit.portfolio_id,
                    "limit": limit.pk,
                    "used": used,
                    "run": run_id,
                    "now": now,
                    "people": [row.recipient for row in rows],
                    "holders": [row.holder for row in rows],
                    "companies": [row.company_id for row in rows],
                    "senders": [row.sender_id for row in rows],
                    "authors": [row.author_id for row in rows],
                },
            )

    def lapse(self, portfolio_id: str, lapsed_by: datetime, *, most: int) -> tuple[int, int]:
        """Ends the oldest `most` that have lapsed; how many, and how many people lost their place
        by it."""
        return self._end(
            portfolio_id,
            "taken_at <= %(lapsed_by)s ORDER BY taken_at LIMIT %(most)s",
            {"lapsed_by": lapsed_by, "most": most},
        )

    def lapse_people(
        self, portfolio_id: str, people: Collection[uuid.UUID], lapsed_by: datetime
    ) -> int:
        """Ends what has lapsed of these people; how many of them lost their place by it."""
        given = {"lapsed_by": lapsed_by, "people": list(people)}
        return self._end(
            portfolio_id, "recipient = ANY(%(people)s) AND taken_at <= %(lapsed_by)s", given
        )[1]

    def end(self, portfolio_id: str, holders: Collection[str]) -> int:
        """Ends the uses of these holders; how many people lost their place by it."""
        given = {"holders": list(holders)}
        return self._end(portfolio_id, "holder = ANY(%(holders)s)", given)[1]

    def _end(self, portfolio_id: str, which: str, given: dict[str, Any]) -> tuple[int, int]:
        # The last SELECT sees the rows as they were: a person has lost the place where as many
        # uses ended as were live.
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH ended AS (UPDATE whatsapp_tieruse SET live = FALSE WHERE id IN ("
                f"  SELECT id FROM whatsapp_tieruse WHERE portfolio_id = %(portfolio)s AND live"
                f"  AND {which} FOR NO KEY UPDATE) RETURNING recipient),"
                " people AS (SELECT recipient, count(*) AS uses FROM ended GROUP BY recipient)"
                " SELECT COALESCE(sum(uses), 0), count(*) FILTER (WHERE uses = ("
                "  SELECT count(*) FROM whatsapp_tieruse one WHERE one.portfolio_id = %(portfolio)s"
                "  AND one.live AND one.recipient = people.recipient)) FROM people",
                {"portfolio": portfolio_id, **given},
            )
            uses, people = cursor.fetchone()
        return int(uses), int(people)

    def people(self, portfolio_id: str) -> int:
        """How many have a live use, lapsed or not: what `PortfolioLimit.used` counts."""
        rows = self.filter(portfolio_id=portfolio_id, live=True)
        return rows.aggregate(n=models.Count("recipient", distinct=True))["n"] or 0

    def lapsed_people(self, portfolio_id: str, lapsed_by: datetime) -> int:
        """How many are counted whose uses have all lapsed."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM (SELECT DISTINCT recipient FROM whatsapp_tieruse"
                "  WHERE portfolio_id = %(portfolio)s AND live AND taken_at <= %(lapsed_by)s) past"
                " WHERE NOT EXISTS (SELECT 1 FROM whatsapp_tieruse one"
                "  WHERE one.portfolio_id = %(portfolio)s AND one.live"
                "  AND one.recipient = past.recipient AND one.taken_at > %(lapsed_by)s)",
                {"portfolio": portfolio_id, "lapsed_by": lapsed_by},
            )
            return int(cursor.fetchone()[0])

    def last_uses(
        self, portfolio_id: str, lapsed_by: datetime, *, first: int, count: int
    ) -> list[datetime]:
        """When people whose place is not free yet were last written to, oldest first: `count` of
        them from the one numbered `first`, counted from 1."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT taken_at FROM whatsapp_tieruse one"
                " WHERE portfolio_id = %(portfolio)s AND live AND taken_at > %(lapsed_by)s"
                " AND NOT EXISTS (SELECT 1 FROM whatsapp_tieruse later"
                "  WHERE later.portfolio_id = %(portfolio)s AND later.live"
                "  AND later.recipient = one.recipient"
                "  AND (later.taken_at, later.id) > (one.taken_at, one.id))"
                " ORDER BY taken_at OFFSET %(skip)s LIMIT %(count)s",
                {
                    "portfolio": portfolio_id,
                    "lapsed_by": lapsed_by,
                    "skip": first - 1,
                    "count": count,
                },
            )
            return [row[0] for row in cursor.fetchall()]

    def last_uses_by_hour(
        self, portfolio_id: str, lapsed_by: datetime, since: datetime
    ) -> dict[int, int]:
        """How many of those people were last written to in each hour, counted from `since`."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT floor(extract(epoch FROM last_at - %(since)s::timestamptz) / 3600)::int,"
                " count(*) FROM (SELECT max(taken_at) AS last_at FROM whatsapp_tieruse"
                "  WHERE portfolio_id = %(portfolio)s AND live AND taken_at > %(lapsed_by)s"
                "  GROUP BY recipient) people GROUP BY 1",
                {"portfolio": portfolio_id, "lapsed_by": lapsed_by, "since": since},
            )
            return dict(cursor.fetchall())

    def people_since(self, portfolio_id: str, since: datetime) -> int:
        """How many different people were written to since then."""
        rows = self.filter(portfolio_id=portfolio_id, taken_at__gt=since)
        return rows.aggregate(n=models.Count("recipient", distinct=True))["n"] or 0

    def shares(
        self, portfolio_id: str, lapsed_by: datetime
    ) -> list[tuple[int, int, int | None, int | None, int]]:
        """Company, sender, run, author and how many places they hold. A place is theirs whose use
        was the first of those that hold it."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT company_id, sender_id, run_id, author_id, count(*) FROM ("
                "  SELECT DISTINCT ON (recipient) company_id, sender_id, run_id, author_id"
                "  FROM whatsapp_tieruse WHERE portfolio_id = %(portfolio)s AND live"
                "  AND taken_at > %(lapsed_by)s ORDER BY recipient, taken_at, id) places"
                " GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4",
                {"portfolio": portfolio_id, "lapsed_by": lapsed_by},
            )
            return cursor.fetchall()


class TierUse(models.Model):
    """One message to a person outside the window. A person takes one place, however many live uses
    they have; a use is live for 24 hours, or until Meta says that the message did not arrive.

    `holder` names what the use is for, so that asking twice takes one place: "m" and the message's
    id, or "r" and the id of a run's row.
    """

    portfolio_id = models.CharField(max_length=32)
    recipient = models.UUIDField(help_text="Digest of portfolio and number or user id")
    holder = models.CharField(max_length=24)
    company = models.ForeignKey(
        "ats.Company", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    sender = models.ForeignKey(
        "whatsapp.Sender", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    run = models.ForeignKey(
        "whatsapp.BulkRun",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    taken_at = models.DateTimeField()
    live = models.BooleanField(default=True)

    objects = TierUseQuerySet.as_manager()

    class Meta:
        constraints = [
            # Not `unique=True`, which brings a second index for LIKE.
            models.UniqueConstraint(fields=["holder"], name="tier_use_holder_once"),
        ]
        indexes = [
            models.Index(
                fields=["portfolio_id", "taken_at"], condition=Q(live=True), name="tier_use_live"
            ),
            models.Index(
                fields=["portfolio_id", "recipient"],
                condition=Q(live=True),
                name="tier_use_of_person",
            ),
            models.Index(fields=["portfolio_id", "taken_at"], name="tier_use_history"),
        ]

    def __str__(self) -> str:
        return f"Use {self.holder} of portfolio {self.portfolio_id}"


class TierReservationQuerySet(models.QuerySet["TierReservation"]):
    def counting(self, portfolio_id: str, *, until: datetime) -> dict[int, int]:
        """Places by run: of those that are on their way, or begin by `until`."""
        rows = self.filter(
            portfolio_id=portfolio_id,
            run__state__in=ACTIVE,
            run__starts_at__lte=until,
            places__gt=0,
        )
        return dict(rows.values_list("run_id", "places"))

    def use_up(self, run_id: int, places: int) -> None:
        """The run has taken so many: what it took is reserved no more."""
        self.filter(run=run_id).update(places=Greatest(F("places") - places, 0))


class TierReservation(models.Model):
    """Places that were free when a run was planned and that no other run takes."""

    portfolio_id = models.CharField(max_length=32, db_index=True)
    run = models.OneToOneField(
        "whatsapp.BulkRun", on_delete=models.CASCADE, related_name="reservation"
    )
    places = models.PositiveIntegerField()

    objects = TierReservationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.places} places of run {self.run_id}"
