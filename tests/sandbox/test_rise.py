"""The automatic rise of the messaging limit, without a running sandbox: the moment is given."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import ids, provision
from sandbox.core import Sandbox
from sandbox.options import Options
from sandbox.records import Business, Message, Number
from tests.sandbox.conftest import APP_ID, APP_SECRET, VERIFY_TOKEN

HOUR = 3600.0
DAY = 24 * HOUR
NOW = 1_795_000_000.0


@pytest.fixture
def sb(tmp_path: Path) -> Iterator[Sandbox]:
    options = Options("127.0.0.1", 1, tmp_path, APP_ID, APP_SECRET, "", VERIFY_TOKEN)
    made = Sandbox(options)
    provision.business(
        made,
        {
            "name": "Caravella Hotels",
            "tier": "TIER_2K",
            "numbers": [{"display_phone_number": "+254 700 555 001"}],
        },
    )
    business_of(made).subscribed = True
    yield made
    made.journal.close()


def business_of(sb: Sandbox) -> Business:
    return next(iter(sb.world.businesses.values()))


def number_of(sb: Sandbox) -> Number:
    return next(iter(business_of(sb).numbers.values()))


def reach(sb: Sandbox, people: int, at: float, first: int = 0) -> list[Message]:
    sent = []
    for n in range(first, first + people):
        to = f"+2547{n:08}"
        content = {"template": "plain", "language": "en_US"}
        message = Message(
            ids.wamid(to), True, number_of(sb).id, to, "template", content, "delivered", at
        )
        message.initiated = True
        sb.world.add_message(message)
        sent.append(message)
    return sent


def alerts(sb: Sandbox, field: str) -> list[dict[str, object]]:
    return [u.body["value"] for u in sb.world.updates.values() if u.body.get("field") == field]


def test_half_of_the_limit_in_a_week_raises_it_within_six_hours(sb: Sandbox) -> None:
    reach(sb, 999, NOW - DAY)
    sb.rises.step(NOW)
    assert sb.rises.due == {}
    reach(sb, 1, NOW, first=999)
    sb.rises.step(NOW + 10)
    sb.rises.step(NOW + 10 + 6 * HOUR - 1)
    assert business_of(sb).tier == "TIER_2K"
    sb.rises.step(NOW + 20 + 6 * HOUR)
    assert business_of(sb).tier == "TIER_10K"
    told = alerts(sb, "business_capability_update")
    assert [t["max_daily_conversations_per_business"] for t in told] == ["TIER_10K"]


def test_people_of_an_earlier_week_do_not_count(sb: Sandbox) -> None:
    reach(sb, 900, NOW - 8 * DAY)
    reach(sb, 900, NOW - DAY, first=900)
    sb.rises.step(NOW)
    assert sb.rises.due == {}


def test_whom_meta_did_not_reach_does_not_count(sb: Sandbox) -> None:
    sent = reach(sb, 1000, NOW)
    sb.world.not_delivered(sent[0], 131026)
    sb.rises.step(NOW)
    assert sb.rises.due == {}


def test_a_rise_waits_for_the_quality_and_says_so_once(sb: Sandbox) -> None:
    reach(sb, 1000, NOW)
    sb.rises.step(NOW)
    number_of(sb).quality_rating = "YELLOW"
    for hours in (6.1, 7, 8):
        sb.rises.step(NOW + hours * HOUR)
    assert business_of(sb).tier == "TIER_2K"
    assert len(alerts(sb, "account_alerts")) == 1
    number_of(sb).quality_rating = "GREEN"
    sb.rises.step(NOW + 9 * HOUR)
    assert business_of(sb).tier == "TIER_10K"


def test_the_first_step_takes_two_thousand_people_in_a_month(sb: Sandbox) -> None:
    business_of(sb).tier = "TIER_250"
    for day in range(20):
        reach(sb, 100, NOW - day * DAY, first=100 * day)
    sb.rises.step(NOW)
    sb.rises.step(NOW + 6 * HOUR)
    assert business_of(sb).tier == "TIER_2K"


def test_nothing_is_above_unlimited_and_the_rise_can_be_switched_off(sb: Sandbox) -> None:
    reach(sb, 1000, NOW)
    sb.world.settings.rise = False
    sb.rises.step(NOW)
    assert sb.rises.due == {}
    sb.world.settings.rise = True
    business_of(sb).tier = "TIER_UNLIMITED"
    sb.rises.step(NOW + 10)
    assert sb.rises.due == {}
