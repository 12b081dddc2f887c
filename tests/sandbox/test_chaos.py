"""Faults for chosen people, faults by chance, used-up call limits, and the log of sends."""

import json
import time
from collections import Counter

import pytest
import requests

from tests.sandbox.conftest import AMINA, LUCA, Meta, wait_for, wamid_of


def attempt(meta: Meta, row: str, seconds: float = 5) -> str:
    """What the caller sees of one send: ok, 500, a code, closed, or slow."""
    template = {"name": "plain", "language": {"code": "en_US"}}
    payload = {"messaging_product": "whatsapp", "to": AMINA, "type": "template"}
    payload |= {"template": template, "biz_opaque_callback_data": row}
    try:
        answer = meta.http.post(
            f"{meta.base}/v26.0/{meta.number}/messages",
            json=payload,
            headers={"Authorization": f"Bearer {meta.token}"},
            timeout=seconds,
        )
    except requests.ConnectionError:
        return "closed"
    except requests.ReadTimeout:
        return "slow"
    if answer.status_code == 200:
        return "ok"
    try:
        return str(answer.json()["error"]["code"])
    except ValueError:
        return str(answer.status_code)


def accepted(meta: Meta) -> list[str]:
    return [m["biz_opaque_callback_data"] for m in meta.ask("messages")["messages"]]


@pytest.mark.parametrize(
    ("chance", "seen", "taken"),
    [
        ("fail500", "500", False),
        ("limited", "130429", False),
        ("drop_before", "closed", False),
        ("drop_after", "closed", True),
        ("timeout_before", "closed", False),
        ("timeout_after", "closed", True),
    ],
)
def test_each_chance_does_what_it_says(meta: Meta, chance: str, seen: str, taken: bool) -> None:
    meta.control("chaos", rates={chance: 1}, seconds=0.05, match="/messages$")
    assert attempt(meta, "row-1") == seen
    assert accepted(meta) == (["row-1"] if taken else [])
    assert meta.graph("GET", meta.waba).status_code == 200
    assert meta.ask("chaos")["done"] == {chance: 1}
    meta.control("faults/clear")
    assert attempt(meta, "row-2") == "ok"


def test_a_caller_that_does_not_wait_is_let_go(meta: Meta) -> None:
    meta.control("chaos", rates={"timeout_after": 1}, seconds=60)
    assert attempt(meta, "row-1", 0.1) == "slow"
    assert wait_for(lambda: meta.ask("hang")["held"] == 0)
    meta.control("chaos", rates={})
    assert accepted(meta) == ["row-1"]


def test_the_same_seed_gives_the_same_faults(meta: Meta) -> None:
    rates = {"fail500": 0.2, "limited": 0.2, "drop_after": 0.2}
    meta.control("limits", enforce=False)
    seen = []
    for _ in range(2):
        meta.control("chaos", rates=rates, seed=7)
        seen.append([attempt(meta, "row") for _ in range(40)])
    assert seen[0] == seen[1]
    assert set(seen[0]) == {"ok", "500", "130429", "closed"}
    meta.control("chaos", rates=rates, seed=8)
    assert [attempt(meta, "row") for _ in range(40)] != seen[0]


def test_chances_have_to_be_possible(meta: Meta) -> None:
    assert "explode" in meta.refused("chaos", rates={"explode": 0.1})
    assert "at most 1" in meta.refused("chaos", rates={"fail500": 0.6, "limited": 0.6})


def test_a_failure_can_be_for_one_person_one_template_or_one_number(meta: Meta) -> None:
    meta.control("phones", number=LUCA, name="Luca")
    meta.control("fail", code=131049, to="+254 722 555 014", count=0)
    for _ in range(2):
        assert meta.template().json()["error"]["code"] == 131049
    wamid_of(meta.template(to=LUCA))
    meta.control("faults/clear")
    meta.control("fail", code=131042, template=["reminder", "plain"])
    assert meta.template().json()["error"]["code"] == 131042
    wamid_of(meta.template())
    meta.control("fail", code=131048, phone_number_id=meta.number)
    assert meta.graph("GET", meta.waba).status_code == 200
    assert meta.template().json()["error"]["code"] == 131048
    meta.control("fail", code=130403, to=meta.template().json()["contacts"][0]["user_id"])
    assert meta.ask("state")["faults"] == [{"kind": "fail", "left": 1}]
    wamid_of(meta.template())


def test_a_failure_can_come_by_webhook(meta: Meta) -> None:
    meta.control("businesses", name="Caravella Hotels", tier="TIER_50")
    meta.control("fail", code=131049, to=AMINA, late=True)
    wamid = wamid_of(meta.template())
    assert wait_for(lambda: meta.statuses(wamid)) == ["failed"]
    assert meta.told("statuses")[0]["errors"][0]["code"] == 131049
    assert "1" in meta.refused("fail", code=1234567, late=True)


def test_used_up_call_limits_show_and_refuse(meta: Meta) -> None:
    used = {"call_count": 95, "estimated_time_to_regain_access": 3}
    meta.control("usage", waba_id=meta.waba, **used)
    for answer in (meta.template(), meta.text("x" * 4097), meta.graph("GET", meta.waba)):
        shown = json.loads(answer.headers["x-business-use-case-usage"])[meta.waba][0]
        assert shown.items() >= used.items()
        assert shown["type"] == "whatsapp_business_management"
    meta.control("usage", waba_id=meta.waba, refuse=True, **used)
    refused = meta.template()
    assert refused.json()["error"]["code"] == 80007
    assert "x-business-use-case-usage" in refused.headers
    meta.control("usage", waba_id=meta.waba)
    meta.control("usage", call_count=100, refuse=True)
    refused = meta.template()
    assert refused.json()["error"]["code"] == 4
    assert json.loads(refused.headers["x-app-usage"])["call_count"] == 100
    meta.control("faults/clear")
    answer = meta.template()
    wamid_of(answer)
    assert "x-app-usage" not in answer.headers


def test_the_moments_of_sends_are_kept_on_request(meta: Meta) -> None:
    wamid_of(meta.template())
    assert meta.ask("sends")["numbers"] == {}
    meta.control("sends", on=True)
    before = time.time()
    wamid = wamid_of(meta.template(biz_opaque_callback_data="row-1"))
    after = time.time()
    meta.text("x" * 4097, biz_opaque_callback_data="row-2")
    meta.control("chaos", rates={"drop_after": 1})
    attempt(meta, "row-3")
    meta.control("chaos", rates={"drop_before": 1})
    attempt(meta, "row-4")
    kept = meta.ask("sends?since=0")
    there = kept["numbers"][meta.number]
    at, *rest = there["accepted"][0]
    assert before <= at <= after
    assert rest == [wamid, "row-1", AMINA]
    assert [line[2] for line in there["accepted"]] == ["row-1", "row-3"]
    assert [line[1:3] for line in there["refused"]] == [[100, "row-2"], [0, "row-4"]]
    assert (kept["mark"], kept["lost"]) == (4, 0)
    assert meta.ask(f"sends?since={kept['mark'] - 1}")["numbers"][meta.number]["accepted"] == []
    assert meta.ask(f"sends?since={kept['mark']}")["numbers"] == {}
    assert meta.control("sends", on=False) == {"ok": True, "on": False, "mark": 0}


def test_marking_read_is_no_send(meta: Meta) -> None:
    meta.control("sends", on=True)
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.unknown"}
    meta.graph("POST", f"{meta.number}/messages", json=mark)
    assert meta.ask("sends")["mark"] == 0


def test_chance_and_its_share_are_on_the_page(meta: Meta) -> None:
    meta.control("chaos", rates={"limited": 0.25, "drop_after": 0.05})
    meta.control("fail", code=131049, to=AMINA, count=0)
    shown = requests.get(f"{meta.base}/faults", timeout=5).text
    for part in ("25.0% fail with 130429", "5.0% accept, then lose", "all × fail with 131049"):
        assert part in shown


def test_shares_come_out_as_asked(meta: Meta) -> None:
    meta.control("limits", enforce=False)
    meta.control("chaos", rates={"fail500": 0.5, "limited": 0.25}, seed=3)
    seen = Counter(attempt(meta, "row") for _ in range(400))
    assert 160 < seen["500"] < 240
    assert 70 < seen["130429"] < 130
