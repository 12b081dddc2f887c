"""No message leaves that a rule forbids at that moment: the policy against the same rules, written
down once more, plainly and with their numbers, for any settings and any history."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from whatsapp.policy.decision import Allowed, Refused, Wait
from whatsapp.policy.facts import (
    ConnectionFacts,
    ConsentFacts,
    FreeContent,
    RecipientFacts,
    SenderFacts,
    SendFacts,
    TemplateContent,
    TextContent,
)
from whatsapp.policy.send import may_send

DAY = timedelta(seconds=86_400)
TICK = timedelta(microseconds=1)
# The rules begin to look at a moment's age exactly here.
AGES = [timedelta(0), TICK, DAY - TICK, DAY, DAY + TICK, 30 * DAY, -TICK]
# The day on which marketing to the United States ended, clocks that jump, midnights, a leap day.
NOWS = [
    "2025-03-31T23:59:59.999999",
    "2025-04-01T00:00:00",
    "2026-03-29T01:00:00",
    "2026-10-25T00:59:59.999999",
    "2026-11-01T06:00:00",
    "2026-11-21T00:00:00",
    "2028-02-29T12:00:00",
]
ZONES = ["UTC", "Europe/Rome", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]


def oracle(facts: SendFacts, now: datetime) -> set[str]:
    """Every rule that forbids the message now."""
    person, content = facts.recipient, facts.content
    broken = set()

    def wrote_since(moment: datetime) -> bool:
        return person.last_inbound_at is not None and person.last_inbound_at > moment

    window_open = person.last_inbound_at is not None and now - person.last_inbound_at < DAY
    by_template = isinstance(content, TemplateContent)
    region = person.region
    if not region and not person.mobile and person.bsuid and person.bsuid[2:3] == ".":
        region = person.bsuid[:2]

    if not facts.module_on:
        broken.add("the module is off")
    if not facts.author_may_write:
        broken.add("the author may not write")
    if facts.connection.state != "connected":
        broken.add("no login")
    if not (facts.sender.registered and facts.sender.status == "CONNECTED"):
        broken.add("the sender cannot send")
    if not (person.mobile or person.bsuid):
        broken.add("no address")
    if person.shared_with is not None:
        broken.add("somebody else's conversation")
    if person.blocked_by_us:
        broken.add("blocked")
    if person.opted_out_at and (by_template or not wrote_since(person.opted_out_at)):
        broken.add("opted out")
    if facts.written_at is not None and now - facts.written_at > DAY:
        broken.add("waited too long")
    if facts.allowed_regions and not window_open and region not in facts.allowed_regions:
        broken.add("country")
    if not by_template:
        if not window_open:
            broken.add("free-form outside the window")
        if isinstance(content, TextContent) and not 1 <= content.length <= 4096:
            broken.add("length")
        if isinstance(content, FreeContent) and content.problems:
            broken.add("content")
        return broken

    if person.number_changed:
        broken.add("not the number on record")
    if person.undeliverable_since and not wrote_since(person.undeliverable_since):
        broken.add("not on WhatsApp")
    if content.status != "APPROVED" or not content.of_sender:
        broken.add("the template is not approved here")
    if content.missing_values or content.value_problems:
        broken.add("values")
    if content.category == "MARKETING":
        if not facts.consent.marketing_opt_in:
            broken.add("no opt-in")
        if person.marketing_stopped_at is not None:
            broken.add("marketing stopped")
        if person.marketing_refused_at is not None and now - person.marketing_refused_at < DAY:
            broken.add("131049 within a day")
        american = region == "US" or (region is None and (person.mobile or "").startswith("+1"))
        if american and now >= datetime(2025, 4, 1, tzinfo=UTC):
            broken.add("marketing to the United States")
    elif content.category in ("UTILITY", "AUTHENTICATION"):
        if not (facts.consent.legal_basis or window_open):
            broken.add("no basis")
    else:
        broken.add("a category that nobody knows")
    return broken


# What may be amiss; at most two at once, so that each rule is often the only one in the way.
AMISS = [
    *("module", "author", "connection", "status", "registered", "address", "shared", "blocked"),
    *("opted_out", "undeliverable", "number", "stopped", "limited", "template", "of_sender"),
    *("missing", "values", "content", "length", "opt_in", "basis", "waited", "limited"),
]


@st.composite
def messages(draw: st.DrawFn) -> tuple[SendFacts, datetime]:
    now = datetime.fromisoformat(draw(st.sampled_from(NOWS))).replace(tzinfo=UTC)
    moments = st.sampled_from([now - age for age in AGES])
    amiss = draw(st.sets(st.sampled_from(AMISS), max_size=2))

    def when(name: str) -> datetime | None:
        return draw(moments) if name in amiss else None

    mobile, region = draw(
        st.sampled_from(
            [
                ("+254722555014", "KE"),
                ("+393205550142", "IT"),
                *[("+254722555014", "KE")] * 4,
                ("+16505550123", "US"),
                ("+18005550123", None),
            ]
        )
    )
    person = RecipientFacts(
        mobile=None if "address" in amiss else mobile,
        bsuid=draw(st.sampled_from([None, "US.1349", "IT.1349", "odd"])),
        region=None if "address" in amiss else region,
        opted_out_at=when("opted_out"),
        last_inbound_at=draw(st.none() | moments),
        undeliverable_since=when("undeliverable"),
        number_changed="number" in amiss,
        shared_with="Luca" if "shared" in amiss else None,
        blocked_by_us="blocked" in amiss,
        marketing_stopped_at=when("stopped"),
        marketing_refused_at=when("limited"),
    )
    template = TemplateContent(
        name="t",
        language="en",
        category=draw(
            st.sampled_from([*["MARKETING"] * 6, *["UTILITY"] * 3, "AUTHENTICATION", "NEW"])
        ),
        status=draw(st.sampled_from(["PAUSED", "PENDING", "DISABLED", "NEW"]))
        if "template" in amiss
        else "APPROVED",
        missing_values=("name",) if "missing" in amiss else (),
        of_sender="of_sender" not in amiss,
        value_problems=("Too long.",) if "values" in amiss else (),
        paused_until=draw(st.none() | moments),
    )
    text = TextContent(draw(st.sampled_from([0, 4097]) if "length" in amiss else st.just(4096)))
    image = FreeContent("image", ("Too large.",) if "content" in amiss else ())
    facts = SendFacts(
        connection=ConnectionFacts(
            draw(st.sampled_from(["broken", "none"])) if "connection" in amiss else "connected"
        ),
        sender=SenderFacts(
            "RESTRICTED" if "status" in amiss else "CONNECTED", "registered" not in amiss
        ),
        recipient=person,
        content=draw(st.sampled_from([template, template, template, text, image])),
        consent=ConsentFacts("basis" not in amiss, "opt_in" not in amiss),
        allowed_regions=draw(st.sampled_from([frozenset(), frozenset(), frozenset({"IT"})])),
        written_at=when("waited"),
        module_on="module" not in amiss,
        author_may_write="author" not in amiss,
    )
    return facts, now


@settings(max_examples=500)
@given(messages())
def test_a_message_may_leave_just_when_no_rule_forbids_it(
    message: tuple[SendFacts, datetime],
) -> None:
    facts, now = message
    decision = may_send(facts, now=now)
    forbidden = oracle(facts, now)
    assert isinstance(decision, Allowed) == (not forbidden), forbidden


@given(messages(), st.sampled_from(ZONES))
def test_the_answer_is_the_same_in_every_time_zone(
    message: tuple[SendFacts, datetime], zone: str
) -> None:
    facts, now = message
    assert may_send(facts, now=now.astimezone(ZoneInfo(zone))) == may_send(facts, now=now)


@given(messages())
def test_only_a_paused_template_is_waited_for_and_what_whatsapp_held_back_never(
    message: tuple[SendFacts, datetime],
) -> None:
    facts, now = message
    decision = may_send(facts, now=now)
    codes = {reason.code.value for reason in decision.reasons}
    if isinstance(decision, Wait):
        assert codes == {"template_paused"} and decision.until > now
    if "marketing_limited" in codes:
        assert isinstance(decision, Refused)
