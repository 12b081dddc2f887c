"""What keeps messages back: quality holds, numbers and accounts that may not send, the limit."""

import pytest

from tests.sandbox.conftest import AMINA, Meta, wait_for, wamid_of

HELD = "held_for_quality_assessment"


def test_held_messages_wait_until_they_are_let_go(meta: Meta) -> None:
    plain = meta.templates[2]
    meta.control("templates/hold", template_id=plain)
    answer = meta.template().json()["messages"][0]
    assert answer["message_status"] == HELD
    assert meta.status_of(answer["id"]) == HELD
    other = wamid_of(meta.text())
    assert wait_for(lambda: meta.statuses(other)) == ["failed"]
    assert meta.statuses(answer["id"]) == []
    assert meta.on_phone()[0]["status"] == HELD
    assert meta.control("templates/let_go", template_id=plain)["let_go"] == 1
    assert wait_for(lambda: meta.statuses(answer["id"]) == ["sent", "delivered"])
    assert meta.template().json()["messages"][0]["message_status"] == "accepted"


def test_held_messages_can_be_dropped_and_use_up_no_limit(meta: Meta) -> None:
    meta.control("businesses", name="Caravella Hotels", tier="TIER_50")
    meta.control("templates/hold", template_id=meta.templates[2])
    people = [f"+2547225551{n:02}" for n in range(51)]
    for number in people:
        meta.control("phones", number=number, name=number)
    held = [wamid_of(meta.template(to=number)) for number in people[:50]]
    dropped = meta.control("templates/let_go", template_id=meta.templates[2], drop=True)
    assert dropped["let_go"] == 50
    assert wait_for(lambda: meta.statuses(held[0])) == ["failed"]
    assert meta.told("statuses")[0]["errors"][0]["code"] == 132015
    after = wamid_of(meta.template(to=people[50]))
    assert wait_for(lambda: meta.statuses(after) == ["sent", "delivered"])


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("RESTRICTED", 131048),
        ("FLAGGED", 131048),
        ("RATE_LIMITED", 130429),
        ("BANNED", 131031),
        ("DELETED", 33),
        ("PENDING", 133010),
        ("UNVERIFIED", 133010),
        ("DISCONNECTED", 133010),
    ],
)
def test_only_a_connected_number_sends(meta: Meta, status: str, code: int) -> None:
    meta.control("numbers/status", phone_number_id=meta.number, status=status)
    assert meta.template().json()["error"]["code"] == code
    shown = meta.graph("GET", f"{meta.number}?fields=status").json()["status"]
    assert shown == status
    meta.control("numbers/status", phone_number_id=meta.number, status="CONNECTED")
    wamid_of(meta.template())
    assert "status is one of" in meta.refused("numbers/status", number=meta.number, status="OK")


def test_no_marketing_goes_to_the_united_states(meta: Meta) -> None:
    number = "+16505551234"
    meta.control("phones", number=number, name="Sam")
    wamid = wamid_of(meta.template(to=number))
    assert wait_for(lambda: meta.statuses(wamid)) == ["failed"]
    assert meta.told("statuses")[0]["errors"][0]["code"] == 131049


def test_a_one_time_code_needs_a_phone_number(meta: Meta) -> None:
    code = {
        "name": "code",
        "language": "en_US",
        "category": "AUTHENTICATION",
        "components": [
            {"type": "BODY", "text": "{{1}} is your code."},
            {"type": "BUTTONS", "buttons": [{"type": "OTP", "text": "Copy code"}]},
        ],
    }
    meta.control("templates", waba_id=meta.waba, templates=[code])
    text = [{"type": "text", "text": "123456"}]
    components = [
        {"type": "body", "parameters": text},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": text},
    ]
    user_id = meta.template("code", components).json()["contacts"][0]["user_id"]
    template = {"name": "code", "language": {"code": "en_US"}, "components": components}
    payload = {"messaging_product": "whatsapp", "recipient": user_id, "type": "template"}
    answer = meta.graph("POST", f"{meta.number}/messages", json=payload | {"template": template})
    assert answer.json()["error"]["code"] == 131062
    text[0]["text"] = "1" * 16
    assert meta.template("code", components).json()["error"]["code"] == 131009


class Pair:
    """Two businesses of one portfolio at its lowest limit."""

    def __init__(self, meta: Meta) -> None:
        self.meta = meta
        meta.control("businesses", name="Caravella Hotels", tier="TIER_50")
        number = {"display_phone_number": "+39 06 555 0101"}
        self.made = meta.control(
            "businesses",
            name="Caravella Spas",
            portfolio=meta.business_id,
            numbers=[number],
            templates=[{"name": "plain", "language": "en_US", "components": []}],
        )
        self.token = meta.control("token", waba_id=self.made["waba_id"])["access_token"]
        self.people = [f"+2547225551{n:02}" for n in range(52)]
        for each in self.people:
            meta.control("phones", number=each, name=each)

    def second(self, to: str) -> str:
        """The second business sends."""
        payload = {"messaging_product": "whatsapp", "to": to, "type": "template"}
        payload |= {"template": {"name": "plain", "language": {"code": "en_US"}}}
        path = f"{self.made['phone_number_ids'][0]}/messages"
        return wamid_of(self.meta.graph("POST", path, json=payload, token=self.token))


def test_two_accounts_of_one_portfolio_share_its_limit(meta: Meta) -> None:
    pair = Pair(meta)
    assert pair.made["portfolio_id"] == meta.business_id
    assert pair.made["tier"] == "TIER_50"
    for number in pair.people[:25]:
        wamid_of(meta.template(to=number))
    for number in pair.people[24:50]:
        pair.second(number)
    full = wamid_of(meta.template(to=pair.people[50]))
    assert wait_for(lambda: meta.statuses(full)) == ["failed"]
    pair.second(pair.people[0])
    meta.control("businesses/limit", waba_id=meta.waba, tier="TIER_2K")
    again = wamid_of(meta.template(to=pair.people[50]))
    assert wait_for(lambda: meta.statuses(again) == ["sent", "delivered"])
    fields = "owner_business_info,whatsapp_business_manager_messaging_limit"
    path = f"{pair.made['waba_id']}?fields={fields}"
    shown = meta.graph("GET", path, token=pair.token).json()
    assert shown["owner_business_info"] == {"name": "Caravella Hotels", "id": meta.business_id}
    assert shown["whatsapp_business_manager_messaging_limit"] == "TIER_2K"
    assert "business_id of another" in meta.refused("businesses", name="Lone", portfolio="1")


def test_people_have_one_user_id_for_all_of_a_portfolio(meta: Meta) -> None:
    pair = Pair(meta)
    meta.graph("POST", f"{pair.made['waba_id']}/subscribed_apps", token=pair.token)
    ours = meta.template(to=AMINA).json()["contacts"][0]["user_id"]
    theirs = pair.made["phone_number_ids"][0]
    wamid = meta.control("inbound", **{"from": AMINA, "to": theirs, "text": "Hi"})["wamid"]
    assert meta.message(wamid)["from_user_id"] == ours


def test_every_account_of_a_portfolio_is_told_of_a_new_limit(meta: Meta) -> None:
    pair = Pair(meta)
    meta.graph("POST", f"{pair.made['waba_id']}/subscribed_apps", token=pair.token)
    meta.control("businesses/limit", waba_id=meta.waba, tier="TIER_250")
    name = "business_capability_update"
    assert wait_for(lambda: len(meta.fields(name)) == 2)
    told = meta.fields(name)
    assert {f.pop("entry") for f in told} == {meta.waba, pair.made["waba_id"]}
    assert told[0] == {
        "max_daily_conversations_per_business": "TIER_250",
        "max_phone_numbers_per_business": 2,
        "max_phone_numbers_per_waba": 25,
    }


def test_the_day_of_the_limit_moves_with_the_clock(meta: Meta) -> None:
    pair = Pair(meta)
    for number in pair.people[:49]:
        wamid_of(meta.template(to=number))
    meta.control("clock", advance=3600)
    wamid_of(meta.template(to=pair.people[0]))
    wamid_of(meta.template(to=pair.people[49]))
    meta.control("clock", advance=23 * 3600 - 60)
    full = wamid_of(meta.template(to=pair.people[50]))
    assert wait_for(lambda: meta.statuses(full)) == ["failed"]
    meta.control("clock", advance=90)
    for number in pair.people[1:49]:
        wamid_of(meta.template(to=number))
    over = wamid_of(meta.template(to=pair.people[50]))
    assert wait_for(lambda: meta.statuses(over)) == ["failed"]


def test_a_raised_throughput_counts(meta: Meta) -> None:
    meta.control("limits", mps=1)
    event = {"phone_number_id": meta.number, "event": "THROUGHPUT_UPGRADE"}
    meta.control("numbers/quality", **event)
    for _ in range(5):
        wamid_of(meta.template())
    value = meta.field("phone_number_quality_update")
    value.pop("entry")
    assert value == {
        "display_phone_number": "254700555001",
        "event": "THROUGHPUT_UPGRADE",
        "max_daily_conversations_per_business": "TIER_250",
    }


def test_who_changes_the_number_still_counts_as_one_person(meta: Meta) -> None:
    pair = Pair(meta)
    for number in pair.people[:50]:
        wamid_of(meta.template(to=number))
    meta.control("change_number", number=pair.people[0], new_number="+254722555999")
    wamid_of(meta.template(to="+254722555999"))
    full = wamid_of(meta.template(to=pair.people[50]))
    assert wait_for(lambda: meta.statuses(full)) == ["failed"]


def test_a_late_failure_gives_the_place_back(meta: Meta) -> None:
    pair = Pair(meta)
    for number in pair.people[:50]:
        wamid_of(meta.template(to=number))
    meta.control("clock", advance=24 * 3600 + 1)
    meta.control("fail", code=131026, to=pair.people[0], late=True)
    wamid_of(meta.template(to=pair.people[0]))
    for number in pair.people[1:51]:
        wamid = wamid_of(meta.template(to=number))
    assert wait_for(lambda: meta.statuses(wamid) == ["sent", "delivered"])
    over = wamid_of(meta.template(to=pair.people[51]))
    assert wait_for(lambda: meta.statuses(over)) == ["failed"]
