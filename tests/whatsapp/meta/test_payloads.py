"""What is posted to /messages."""

import pytest

from whatsapp.meta.payloads import read_receipt, template_message, text_message

AMINA = "+254722555014"


def test_a_text() -> None:
    assert text_message(AMINA, "Good morning", callback_data="m:42", context_wamid="wamid.A") == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": AMINA,
        "type": "text",
        "text": {"body": "Good morning", "preview_url": False},
        "context": {"message_id": "wamid.A"},
        "biz_opaque_callback_data": "m:42",
    }


@pytest.mark.parametrize("bsuid", ["KE.13491208655302741918", "KE.ENT.Ab9"])
def test_a_bsuid_is_a_recipient_and_not_a_number(bsuid: str) -> None:
    payload = text_message(bsuid, "Good morning")
    assert payload["recipient"] == bsuid
    assert "to" not in payload and "context" not in payload
    assert "biz_opaque_callback_data" not in payload


@pytest.mark.parametrize("nobody", ["", "Amina", "ke.123", "+", "+25472x555014", AMINA + "\n"])
def test_an_address_that_is_neither_is_refused_and_not_repeated(nobody: str) -> None:
    with pytest.raises(ValueError, match="neither") as caught:
        text_message(nobody, "Good morning")
    assert not nobody or nobody.strip() == "+" or nobody not in str(caught.value)


def test_a_template_without_variables_has_no_components() -> None:
    payload = template_message(AMINA, "welcome", "en-US")
    assert payload["template"] == {"name": "welcome", "language": {"code": "en_US"}}


def test_a_template_with_components() -> None:
    body = {"type": "body", "parameters": [{"type": "text", "text": "Amina"}]}
    payload = template_message(AMINA, "welcome", "en_US", [body], "m:43")
    assert payload["type"] == "template"
    assert payload["template"]["components"] == [body]
    assert payload["biz_opaque_callback_data"] == "m:43"


def test_read_and_typing() -> None:
    assert read_receipt("wamid.A") == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.A",
    }
    assert read_receipt("wamid.A", typing=True)["typing_indicator"] == {"type": "text"}
