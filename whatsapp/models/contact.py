"""A person as WhatsApp shows them to one portfolio, and everything known about who that is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import connection, models
from django.db.models import Q

from ats.tenancy import CompanyManager, CompanyOwned


class ContactQuerySet(models.QuerySet["Contact"]):
    def seen(
        self,
        *,
        company_id: int,
        portfolio_id: str,
        wa_id: str,
        user_id: str,
        profile_name: str,
        username: str,
        at: datetime,
    ) -> Contact | None:
        """The contact that this pair of ids was seen as before, locked with the sighting; the
        newest name is noted, at one moment the later in the alphabet.

        None where the pair settles nothing: it is new, or `at` is earlier than all that is known,
        which may tell who had the number first. One statement, because every message asks it.
        `sighted_as` on the answer is what the sighting now calls them.
        """
        named = at if profile_name or username else None
        rows = self.raw(
            """
            WITH sighting AS (
                UPDATE whatsapp_contactfact SET
                    (profile_name, username, named_at) = (
                        SELECT newest.profile_name, newest.username, newest.named_at FROM (VALUES
                            (profile_name, username, named_at),
                            (%(profile_name)s, %(username)s, %(named)s::timestamptz)
                        ) AS newest (profile_name, username, named_at)
                        ORDER BY newest.named_at DESC NULLS LAST,
                            newest.profile_name COLLATE "C" DESC, newest.username COLLATE "C" DESC
                        LIMIT 1
                    )
                WHERE company_id = %(company)s AND portfolio_id = %(portfolio)s AND kind = 'seen'
                    AND wa_id = %(wa_id)s AND user_id = %(user_id)s AND user_id <> ''
                    AND at <= %(at)s
                RETURNING contact_id, profile_name, username
            )
            SELECT contact.*, sighting.profile_name || chr(10) || sighting.username AS sighted_as
            FROM whatsapp_contact contact, sighting WHERE contact.id = sighting.contact_id
            FOR NO KEY UPDATE OF contact
            """,
            {
                "company": company_id,
                "portfolio": portfolio_id,
                "wa_id": wa_id,
                "user_id": user_id,
                "profile_name": profile_name,
                "username": username,
                "named": named,
                "at": at,
            },
        )
        return next(iter(rows), None)

    def make_dialled(
        self,
        candidates: Mapping[str, int],
        *,
        company_id: int,
        portfolio_id: str,
        by_id: int | None,
        now: datetime,
    ) -> dict[str, int]:
        """Contacts for numbers (without "+") that nobody has named yet, dialled for these
        candidates; with the facts that they follow from. Returns their keys by number."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH given AS (
                    SELECT * FROM unnest(%(numbers)s::text[], %(candidates)s::bigint[])
                        AS g (wa_id, candidate_id)
                ), made AS (
                    INSERT INTO whatsapp_contact (company_id, portfolio_id, phone, wa_id, user_id,
                        username, profile_name, candidate_id, created_at)
                    SELECT %(company)s, %(portfolio)s, '+' || wa_id, '', '', '', '', candidate_id,
                        %(now)s FROM given
                    RETURNING id, substr(phone, 2) AS wa_id, candidate_id
                ), facts AS (
                    INSERT INTO whatsapp_contactfact (company_id, contact_id, portfolio_id, kind,
                        wa_id, user_id, new_wa_id, new_user_id, at, profile_name, username, value,
                        candidate_id, by_id)
                    SELECT %(company)s, id, %(portfolio)s, told.kind, wa_id, '', '', '', %(now)s,
                        '', '', '', CASE told.kind WHEN 'linked' THEN candidate_id END,
                        CASE told.kind WHEN 'linked' THEN %(by)s::bigint END
                    FROM made, (VALUES ('dialled'), ('linked')) AS told (kind)
                )
                SELECT wa_id, id FROM made
                """,
                {
                    "numbers": list(candidates),
                    "candidates": list(candidates.values()),
                    "company": company_id,
                    "portfolio": portfolio_id,
                    "by": by_id,
                    "now": now,
                },
            )
            return dict(cursor.fetchall())

    def name_plainly(
        self,
        told: Sequence[tuple[int, str, str]],
        *,
        several: Sequence[str],
        portfolio_id: str,
        at: datetime,
    ) -> set[int]:
        """(contact, wa_id, user id): where a number is known from our own dialling alone, and the
        user id from nothing, the contact has both now and the sighting is written; nobody needs to
        be grouped anew. Numbers in `several` have other spellings and are left to a closer look.
        Returns the contacts that were named. The ids are locked.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH given AS (
                    SELECT * FROM unnest(%(contacts)s::bigint[], %(wa_ids)s::text[],
                        %(user_ids)s::text[]) AS g (id, wa_id, user_id)
                    WHERE g.wa_id <> ALL(%(several)s)
                ), theirs AS (
                    SELECT c.id, c.company_id, given.wa_id, given.user_id
                    FROM whatsapp_contact c JOIN given ON given.id = c.id
                    WHERE c.user_id = '' AND c.merged_into_id IS NULL
                        AND c.phone = '+' || given.wa_id
                    ORDER BY c.id FOR NO KEY UPDATE OF c
                ), plain AS (
                    SELECT * FROM theirs t
                    WHERE NOT EXISTS (
                        SELECT 1 FROM whatsapp_contactfact f
                        WHERE f.company_id = t.company_id AND f.portfolio_id = %(portfolio)s
                            AND f.wa_id = t.wa_id AND NOT (f.contact_id = t.id
                            AND f.kind IN ('dialled', 'linked') AND f.user_id = ''))
                    AND NOT EXISTS (
                        SELECT 1 FROM whatsapp_contactfact f
                        WHERE f.company_id = t.company_id AND f.portfolio_id = %(portfolio)s
                            AND f.new_wa_id = t.wa_id AND f.new_wa_id <> '')
                    AND NOT EXISTS (
                        SELECT 1 FROM whatsapp_contactfact f
                        WHERE f.company_id = t.company_id AND f.portfolio_id = %(portfolio)s
                            AND f.user_id = t.user_id AND f.user_id <> '')
                    AND NOT EXISTS (
                        SELECT 1 FROM whatsapp_contactfact f
                        WHERE f.company_id = t.company_id AND f.portfolio_id = %(portfolio)s
                            AND f.new_user_id = t.user_id AND f.new_user_id <> '')
                ), named AS (
                    UPDATE whatsapp_contact c SET wa_id = plain.wa_id, user_id = plain.user_id
                    FROM plain WHERE c.id = plain.id
                )
                INSERT INTO whatsapp_contactfact (company_id, contact_id, portfolio_id, kind,
                    wa_id, user_id, new_wa_id, new_user_id, at, profile_name, username, value)
                SELECT company_id, id, %(portfolio)s, 'seen', wa_id, user_id, '', '', %(at)s, '',
                    '', '' FROM plain
                RETURNING contact_id
                """,
                {
                    "contacts": [one[0] for one in told],
                    "wa_ids": [one[1] for one in told],
                    "user_ids": [one[2] for one in told],
                    "several": list(several),
                    "portfolio": portfolio_id,
                    "at": at,
                },
            )
            return {row[0] for row in cursor.fetchall()}


class Contact(CompanyOwned):
    """What stands here follows from the contact's facts (`ContactFact`), but for the block and
    `undeliverable_since`. Any of phone, wa_id, user id and username may be missing or change.
    `wa_id` is what Meta answered for the phone and what a message is best addressed to; `user_id`
    is the business-scoped id (BSUID), unique for a person and a portfolio."""

    portfolio_id = models.CharField(max_length=32, blank=True)
    phone = models.CharField(max_length=21, blank=True, help_text="E.164")
    wa_id = models.CharField(max_length=20, blank=True)
    user_id = models.CharField(max_length=140, blank=True)
    username = models.CharField(max_length=64, blank=True)
    profile_name = models.CharField(max_length=200, blank=True)
    candidate = models.ForeignKey(
        "ats.Candidate", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    opted_out_at = models.DateTimeField(null=True, blank=True)
    marketing_stopped_at = models.DateTimeField(
        null=True, blank=True, help_text="With WhatsApp's own switch for this business"
    )
    undeliverable_since = models.DateTimeField(null=True, blank=True)
    marketing_refused_at = models.DateTimeField(
        null=True, blank=True, help_text="When WhatsApp last held marketing back (131049)"
    )
    blocked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    # Set where this turned out to be a person known already: nothing is theirs any more.
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    # Only on what `ContactQuerySet.seen` answers: the names of the sighting.
    sighted_as: str

    objects: ClassVar = CompanyManager.from_queryset(ContactQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "portfolio_id", "phone"],
                condition=~Q(phone=""),
                name="contact_phone_once",
            ),
            models.UniqueConstraint(
                fields=["company", "portfolio_id", "wa_id"],
                condition=~Q(wa_id=""),
                name="contact_wa_id_once",
            ),
            models.UniqueConstraint(
                fields=["company", "portfolio_id", "user_id"],
                condition=~Q(user_id=""),
                name="contact_user_id_once",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "candidate"], name="contact_by_candidate"),
            models.Index(
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
                name="contact_merged",
            ),
            # Whom a bulk run has lost, counted while it goes on.
            models.Index(
                fields=["company", "opted_out_at"],
                condition=Q(opted_out_at__isnull=False),
                name="contact_opted_out",
            ),
            models.Index(
                fields=["company", "marketing_stopped_at"],
                condition=Q(marketing_stopped_at__isnull=False),
                name="contact_marketing_stopped",
            ),
            # The matching queue.
            models.Index(
                fields=["company", "-id"],
                condition=Q(candidate=None, merged_into=None, blocked_at=None),
                name="contact_unmatched",
            ),
        ]

    def __str__(self) -> str:
        return f"Contact {self.pk}"

    @property
    def name(self) -> str:
        """What WhatsApp shows of them, while no candidate is linked."""
        return self.profile_name or self.phone or self.username or "Somebody without a number"


class FactKind(models.TextChoices):
    SEEN = "seen", "Meta named this number and this user id together"
    DIALLED = "dialled", "We wrote to this number"
    ANSWERED = "answered", "Meta answered with another spelling of the number"
    NUMBER_CHANGED = "number", "They changed their number"
    USER_ID_CHANGED = "user_id", "Their user id changed"
    JOINED = "joined", "A colleague said that the number and the user id are one person"
    APART = "apart", "A colleague said that two spellings are two people"
    LINKED = "linked", "This is that candidate"
    NOT_LINKED = "not_linked", "A colleague said that this is not that candidate"
    STOPPED = "stop", "They asked to stop, or to start again"
    MARKETING = "marketing", "WhatsApp's own switch for marketing from this business"


class ContactFactQuerySet(models.QuerySet["ContactFact"]):
    def standing(self) -> ContactFactQuerySet:
        """Those that nobody has taken back."""
        return self.filter(undone_at=None)

    def naming(
        self, portfolio_id: str, wa_ids: Collection[str], user_ids: Collection[str]
    ) -> ContactFactQuerySet:
        """Those that name one of these ids, before or after a change."""
        named = Q(wa_id__in=wa_ids) | Q(new_wa_id__in=wa_ids) if wa_ids else Q(pk__in=())
        if user_ids:
            named |= Q(user_id__in=user_ids) | Q(new_user_id__in=user_ids)
        return self.filter(named, portfolio_id=portfolio_id)


class ContactFact(CompanyOwned):
    """One thing that is known about ids of WhatsApp. What it says never changes: it is at most
    taken back, and a sighting learns of an earlier moment and of newer names.

    Meta delivers in any order and tells the same thing again, so a contact is derived from the set
    of its facts (`whatsapp.policy.persons`), and two orders of the same facts give the same
    contacts. `at` is when it was so, not when we heard: the earliest such moment of a sighting.
    """

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="facts")
    portfolio_id = models.CharField(max_length=32, blank=True)
    kind = models.CharField(max_length=12, choices=FactKind)
    wa_id = models.CharField(max_length=20, blank=True)
    user_id = models.CharField(max_length=140, blank=True)
    # After a change, or the spelling that Meta answered with.
    new_wa_id = models.CharField(max_length=20, blank=True)
    new_user_id = models.CharField(max_length=140, blank=True)
    at = models.DateTimeField()
    # What WhatsApp called them at `named_at`, the newest moment of this sighting.
    profile_name = models.CharField(max_length=200, blank=True)
    username = models.CharField(max_length=64, blank=True)
    named_at = models.DateTimeField(null=True, blank=True)
    value = models.CharField(max_length=8, blank=True, help_text="stop, start or resume")
    candidate = models.ForeignKey(
        "ats.Candidate", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = CompanyManager.from_queryset(ContactFactQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "portfolio_id", "user_id", "wa_id"],
                condition=Q(kind="seen") & ~Q(user_id=""),
                name="fact_sighting_once",
            ),
            models.UniqueConstraint(
                fields=[
                    "company",
                    "portfolio_id",
                    "kind",
                    "wa_id",
                    "user_id",
                    "new_wa_id",
                    "new_user_id",
                    "at",
                    "value",
                ],
                condition=Q(candidate=None, undone_at=None),
                name="fact_once",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "portfolio_id", "wa_id"], name="fact_by_wa_id"),
            models.Index(fields=["company", "portfolio_id", "user_id"], name="fact_by_user_id"),
            models.Index(fields=["by"], condition=Q(by__isnull=False), name="fact_by_colleague"),
            models.Index(
                fields=["company", "portfolio_id", "new_wa_id"],
                condition=~Q(new_wa_id=""),
                name="fact_by_new_wa_id",
            ),
            models.Index(
                fields=["company", "portfolio_id", "new_user_id"],
                condition=~Q(new_user_id=""),
                name="fact_by_new_user_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} fact {self.pk}"
