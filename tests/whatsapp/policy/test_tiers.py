"""Meta's ways to name a messaging limit."""

from __future__ import annotations

import pytest

from tests.factories.whatsapp import NOW
from whatsapp.policy.tiers import is_known, kept_for_singles, most_of

SMALLEST = 250


@pytest.mark.parametrize(
    ("tier", "most"),
    [
        ("TIER_250", 250),
        ("TIER_2K", 2_000),
        ("TIER_10K", 10_000),
        ("TIER_100K", 100_000),
        ("TIER_UNLIMITED", None),
        ("UNLIMITED", None),
        ("tier_2k", 2_000),
        (" TIER_2K ", 2_000),
        # Names from before October 2025.
        ("TIER_50", 50),
        ("TIER_1K", 1_000),
        # The documented sample is a number.
        (2000, 2_000),
        ("2000", 2_000),
        (-1, None),
        ("-1", None),
        ("TIER_1M", 1_000_000),
    ],
)
def test_a_limit_is_understood_in_every_way_that_meta_writes_it(
    tier: object, most: int | None
) -> None:
    assert is_known(tier)
    assert most_of(tier, NOW) == most


@pytest.mark.parametrize(
    "tier",
    ["TIER_NOT_SET", "", "TIER_", "TIER_0", 0, -2, None, True, 2.5, [], "TIER_250X", "9" * 30],
)
def test_what_is_not_understood_is_the_smallest_tier(tier: object) -> None:
    assert not is_known(tier)
    assert most_of(tier, NOW) == SMALLEST


@pytest.mark.parametrize(
    ("most", "percent", "kept"),
    [(250, 10, 25), (2000, 10, 200), (250, 0, 0), (250, 100, 250), (255, 10, 26), (50, 1, 1)],
)
def test_the_share_for_single_messages_is_rounded_up(most: int, percent: int, kept: int) -> None:
    assert kept_for_singles(most, percent) == kept
