"""The figures that Meta gives, pinned: a change here is a change at Meta."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from whatsapp import figures
from whatsapp.figures import FiguresError, loader
from whatsapp.figures import errors as error_figures

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_messaging_as_of_november_2026() -> None:
    messaging = figures.at(NOW).messaging
    assert messaging.customer_service_window == timedelta(hours=24)
    assert messaging.messaging_limit_window == timedelta(hours=24)
    assert list(messaging.tiers.items()) == [
        ("TIER_250", 250),
        ("TIER_2K", 2000),
        ("TIER_10K", 10000),
        ("TIER_100K", 100000),
        ("TIER_UNLIMITED", None),
    ]
    assert (messaging.tier_step_up_share, messaging.tier_step_up_period.days) == (0.5, 7)
    assert (messaging.senders_unverified, messaging.senders_verified) == (2, 20)
    assert messaging.throughput_per_second == {"STANDARD": 80, "HIGH": 1000, "COEXISTENCE": 20}
    assert (messaging.pair_interval.seconds, messaging.pair_burst) == (6, 45)
    assert messaging.regions_without_marketing == {"US"}
    assert messaging.management_calls_per_hour_active == 5000


def test_content_webhooks_and_signup_as_of_november_2026() -> None:
    now = figures.at(NOW)
    assert (now.content.text_body, now.content.caption, now.content.template_body) == (
        4096,
        1024,
        1024,
    )
    assert (now.content.template_buttons, now.content.template_button_text) == (10, 25)
    assert (now.content.interactive_footer, now.content.list_section_title) == (60, 24)
    assert now.content.media_bytes["document"] == 100 * 1024 * 1024
    assert "application/pdf" in now.content.media_types["document"]
    assert (now.webhooks.body_bytes, now.webhooks.updates_per_delivery) == (3 * 1024 * 1024, 1000)
    assert now.webhooks.retry_period == timedelta(days=7)
    assert now.signup.code_life == timedelta(seconds=30)


def test_a_figure_changes_on_its_day() -> None:
    assert figures.at(date(2025, 3, 31)).messaging.regions_without_marketing == frozenset()
    assert figures.at(date(2025, 4, 1)).messaging.regions_without_marketing == {"US"}
    assert figures.at(date(2025, 10, 8)).content.inbound_media_life.days == 30
    assert figures.at(date(2025, 10, 9)).content.inbound_media_life.days == 7


def test_days_are_counted_in_utc() -> None:
    nairobi = timezone(timedelta(hours=3))
    still_march = datetime(2025, 4, 1, 2, 59, tzinfo=nairobi)
    assert not figures.at(still_march).messaging.regions_without_marketing


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        figures.at(datetime(2026, 11, 21))


Write = Callable[[str, str], None]


@pytest.fixture
def write(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    def writing(name: str, text: str) -> None:
        (tmp_path / name).write_text(text)

    monkeypatch.setattr(loader, "HERE", tmp_path)
    loader.read_toml.cache_clear()
    yield writing
    loader.read_toml.cache_clear()


def read_signup() -> None:
    loader._group("signup.toml", loader.SignupFigures, date(2026, 11, 21))


def test_a_file_that_lacks_a_figure_names_it(write: Write) -> None:
    write("signup.toml", '[[code_life]]\nfrom = 2020-01-01\nvalue = 1\nsource = "x"\n')
    with pytest.raises(FiguresError, match=r"signup\.toml.*pin_digits"):
        read_signup()


def test_a_file_that_is_not_toml_says_so(write: Write) -> None:
    write("signup.toml", "[[")
    with pytest.raises(FiguresError, match=r"signup\.toml is not valid TOML"):
        read_signup()


def test_an_entry_without_its_source_is_refused(write: Write) -> None:
    names = loader.SignupFigures.__dataclass_fields__
    write("signup.toml", "".join(f"[[{n}]]\nfrom = 2020-01-01\nvalue = 1\n" for n in names))
    with pytest.raises(FiguresError, match="source"):
        read_signup()


TABLE = """0 1 2 3 4 10 33 100 104 190 191 200 210 299 368 613 80007 130403 130429 130472 130497
131000 131005 131008 131009 131016 131020 131021 131026 131030 131031 131037 131041 131042 131044
131045 131047 131048 131049 131050 131051 131052 131053 131055 131056 131057 131059 131062 131063
131064 131201 131207 131208 131215 132000 132001 132005 132007 132008 132012 132015 132016 132018
132068 132069 133000 133004 133005 133006 133008 133009 133010 133015 133016 134011 134100 134101
134102 135000 137000 138000 138001 138002 138003 138004 138005 138006 138007 138009 138012 138018
139000 139004 139100 139101 139102 139103 147001 147005 1752041 2388001 2388012 2388019 2388039
2388040 2388047 2388072 2388073 2388091 2388093 2388103 2388293 2388299 2494100 2593107 2593108
200005 200006 200007"""


def test_every_code_of_metas_table_is_explained_in_full_sentences() -> None:
    for code in map(int, TABLE.split()):
        entry = figures.error_entry(code)
        assert entry is not None, code
        assert entry.title and not entry.title.endswith(".")
        assert entry.sentence.endswith(".") and entry.action.endswith("."), code


def test_no_code_is_explained_twice() -> None:
    table = error_figures._table()
    for code in error_figures.known_codes():
        assert len([row for row in table[code] if not row.when_details]) == 1, code


def test_words_in_metas_details_choose_the_finer_explanation() -> None:
    plain, pin = figures.error_entry(131031), figures.error_entry(131031, "Incorrect PIN given")
    assert plain and pin and plain.title != pin.title


def test_an_unknown_code_has_no_entry() -> None:
    assert figures.error_entry(999999) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"verdict": "perhaps"}, "perhaps"),
        ({"scope": "everybody"}, "everybody"),
        ({"kind": "odd"}, "unknown kind or who"),
        ({"verdict": "fix", "retries": 3}, "never may"),
        ({"verdict": "fix", "scope": "sender"}, "never may"),
        ({"verdict": "retry", "lasting": True}, "stops nothing"),
        ({"verdict": "fix", "category": "UTILITY"}, "stops nothing"),
        ({"kind": "rate_limited", "verdict": "wait"}, "without a scope"),
    ],
)
def test_a_row_whose_keys_do_not_go_together_is_refused(
    changes: dict[str, object], words: str
) -> None:
    row: dict[str, object] = {
        "codes": [1],
        "kind": "other",
        "verdict": "retry",
        "who": "admin",
        "title": "T",
        "sentence": "S.",
        "action": "A.",
    }
    with pytest.raises(FiguresError, match=words):
        error_figures._entry("sending.toml", row | changes)
