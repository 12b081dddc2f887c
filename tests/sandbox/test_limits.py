"""Throughput, pair rate and the portfolio's messaging limit, on the sandbox's clock."""

from tests.sandbox.conftest import Meta, wait_for, wamid_of


def test_more_than_the_throughput_is_refused(meta: Meta) -> None:
    meta.control("limits", mps=3)
    for n in range(4):
        meta.control("phones", number=f"+25472255510{n}", name=f"Person {n}")
    for n in range(3):
        wamid_of(meta.template(to=f"+25472255510{n}"))
    refused = meta.template(to="+254722555103")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, 130429)
    meta.control("clock", advance=1.1)
    wamid_of(meta.template(to="+254722555103"))


def test_one_person_gets_no_more_than_the_pair_rate(meta: Meta) -> None:
    for _ in range(45):
        wamid_of(meta.template())
    assert meta.template().json()["error"]["code"] == 131056
    meta.control("clock", advance=6)
    wamid_of(meta.template())
    assert meta.template().json()["error"]["code"] == 131056


def test_the_portfolio_limit_counts_people_outside_the_window(meta: Meta) -> None:
    meta.control("businesses", name="Caravella Hotels", tier="TIER_50")
    people = [f"+2547225551{n:02}" for n in range(52)]
    for number in people:
        meta.control("phones", number=number, name=number)
    meta.control("inbound", **{"from": people[50], "to": meta.number, "text": "Hello"})
    for number in people[:50]:
        wamid_of(meta.template(to=number))
    wamid_of(meta.template(to=people[0]))
    inside = wamid_of(meta.template(to=people[50]))
    over = wamid_of(meta.template(to=people[51]))
    assert wait_for(lambda: meta.statuses(over)) == ["failed"]
    error = next(s for s in meta.told("statuses") if s["id"] == over)["errors"][0]
    assert error["code"] == 131048
    assert wait_for(lambda: meta.status_of(inside) == "delivered")
    meta.control("clock", advance=24 * 3600 + 1)
    again = wamid_of(meta.template(to=people[51]))
    assert wait_for(lambda: meta.status_of(again) == "delivered")


def test_limits_can_be_switched_off(meta: Meta) -> None:
    meta.control("limits", enforce=False)
    for _ in range(100):
        wamid_of(meta.template())
