"""STOP and its like: whole messages only, in many spellings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whatsapp.figures import optout_words
from whatsapp.policy.optout import reads_as


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop",
        " Stop! ",
        "«Stop.»",
        "stop 🙏",
        "STOP STOP STOP",
        "\u200estop\u200f",
        "\uff33\uff34\uff2f\uff30",
        "don't contact me",
        "Don’t contact me!",
        "Non scrivetemi PIÙ",
        "non scrivetemi piu",
        "No más mensajes",
        "não quero mais mensagens",
        "Arrêt",
        "ARRET",
        "Abmelden",
        "acha ujumbe",
        "توقف",
        "إيقاف",
        "ايقاف",
        "توقـــف",
    ],
)
def test_these_stop(text: str) -> None:
    assert reads_as(text) == "stop"


@pytest.mark.parametrize("text", ["START", "start again", "Unstop", "Ricomincia!", "anza", "ابدأ"])
def test_these_start_again(text: str) -> None:
    assert reads_as(text) == "start"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "🙏",
        "I will stop by at ten",
        "Can we stop the interview process at five?",
        "bus stop",
        "cancel",
        "Cancel the interview",
        "The end",
        "resume",
        "My resume is attached",
        "Yes",
        "no",
    ],
)
def test_these_are_ordinary_messages(text: str) -> None:
    assert reads_as(text) is None


def test_with_a_language_its_words_and_the_english_ones_count() -> None:
    assert reads_as("basta", "it") == "stop"
    assert reads_as("basta", "it_IT") == "stop"
    assert reads_as("Basta", "de") is None
    assert reads_as("STOP", "de") == "stop"
    assert reads_as("stop", "xx") == "stop"


@pytest.mark.parametrize("code", sorted(optout_words()))
def test_every_word_reads_as_what_its_list_says(code: str) -> None:
    lists = optout_words()[code]
    assert {reads_as(word, code) for word in lists.stop} == {"stop"}
    assert {reads_as(word, code) for word in lists.start} == {"start"}
    everywhere = set(lists.stop) - set(lists.only_with_language)
    assert {reads_as(word.upper() + "!") for word in everywhere} == {"stop"}
    assert {reads_as(word) for word in lists.start} == {"start"}


def test_the_languages_of_the_candidates_are_there() -> None:
    assert {"en", "it", "es", "pt", "fr", "de", "sw", "ar"} <= set(optout_words())


def test_words_that_are_ordinary_elsewhere_need_the_language() -> None:
    assert reads_as("Acha") is None  # "all right" in Hindi
    assert reads_as("Acha", "sw") == "stop"
    assert reads_as("Acha", "hi") is None


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert reads_as(text) in ("stop", "start", None)
