"""X-Hub-Signature-256, over raw bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whatsapp.meta.signatures import appsecret_proof, is_signed, sign

RAW = b'{"object":"whatsapp_business_account","name":"S\\u00e3o"}'


def test_a_known_value() -> None:
    # RFC 4231 test case 2.
    expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert sign("Jefe", b"what do ya want for nothing?") == expected
    assert appsecret_proof("Jefe", "what do ya want for nothing?") == expected[7:]


def test_what_we_sign_is_signed() -> None:
    assert is_signed("s3cret", RAW, sign("s3cret", RAW))


@given(st.binary(), st.integers(min_value=0))
def test_one_changed_bit_is_noticed(raw: bytes, where: int) -> None:
    raw = raw or b"x"
    at = where % len(raw)
    changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
    assert not is_signed("s3cret", changed, sign("s3cret", raw))


GOOD = sign("s3cret", RAW)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        GOOD[7:],
        GOOD + "\n",
        " " + GOOD,
        GOOD + "00",
        GOOD[:-1],
        GOOD.replace("sha256", "sha1"),
        "sha256=" + "g" * 64,
        "sha256=" + "\u0661" * 64,
        "sha256=" + "0" * 64,
        sign("other", RAW),
    ],
)
def test_anything_else_is_not_signed(header: str | None) -> None:
    assert not is_signed("s3cret", RAW, header)


def test_without_a_secret_nothing_is_signed() -> None:
    assert not is_signed("", RAW, sign("", RAW))
