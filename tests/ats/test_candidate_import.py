"""CSV import: every row is checked first, refusals are explained, nothing is half-imported."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ats.candidate_csv import FileRefused, check_file, decode
from ats.models import (
    Application,
    Candidate,
    CandidateImport,
    CandidateValue,
    Company,
    FieldType,
)
from ats.tasks import forget_expired_imports
from ats.tenancy import all_companies, company_scope
from tests.factories.ats import (
    CandidateFactory,
    CandidateFieldFactory,
    CompanyFactory,
    JobFactory,
    UserFactory,
    count_all,
    mobile_field,
)

pytestmark = pytest.mark.django_db

GOOD = """First name,Last name,E-mail,Mobile number (WhatsApp)
Amina,Njoroge,amina@mail.example,+254 722 555 014
Luca,Bernardi,luca@mail.example,320 555 0142
"""
MIXED = GOOD + "Daniel,Kiptoo,daniel(at)mail,12\n,Santos,maria@mail.example,\n"


@pytest.fixture
def company() -> Company:
    made = CompanyFactory(name="Caravella Hotels")
    mobile_field(made)
    return made


@pytest.fixture
def alice(company: Company, client: Client) -> Any:
    person = UserFactory(company=company)
    client.force_login(person)
    return person


def _upload(client: Client, text: str | bytes, follow: bool = True) -> Any:
    raw = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile("people.csv", raw, content_type="text/csv")
    return client.post(reverse("ats:import"), {"file": file}, follow=follow)


def _names() -> list[str]:
    with all_companies():
        return sorted(Candidate.objects.values_list("first_name", flat=True))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_good_file_is_imported_at_once(
    client: Client, alice: Any, separator: str, mark: str, newline: str
) -> None:
    text = mark + GOOD.replace(",", separator).replace("\n", newline)
    page = _upload(client, text).content.decode()
    assert "2 candidates imported" in page
    assert _names() == ["Amina", "Luca"]
    with all_companies():
        assert sorted(CandidateValue.objects.values_list("value", flat=True)) == [
            "+254722555014",
            "+393205550142",
        ]


def test_one_refused_row_holds_back_the_whole_file(client: Client, alice: Any) -> None:
    page = _upload(client, MIXED).content.decode()
    assert "Nothing is imported yet." in page
    assert "2 rows cannot be taken as they are; 2 are good." in page
    assert "“daniel(at)mail” is not an e-mail address." in page
    assert "too few digits" in page
    assert "The first name is empty." in page
    assert _names() == []


def test_the_good_rows_are_imported_when_the_person_says_so_and_once(
    client: Client, alice: Any
) -> None:
    url = _upload(client, MIXED).redirect_chain[-1][0]
    page = client.post(url, follow=True).content.decode()
    client.post(url)
    assert "2 candidates imported" in page
    assert _names() == ["Amina", "Luca"]
    assert "is not an e-mail address" in page
    with all_companies():
        kept = CandidateImport.objects.get().text
    assert "Amina" not in kept and "Daniel" in kept


def test_the_refused_rows_can_be_downloaded_mended_and_uploaded(client: Client, alice: Any) -> None:
    url = _upload(client, MIXED).redirect_chain[-1][0]
    answer = client.get(url + "refused.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][-2:] == ["Line", "Why refused"]
    assert [row[-2] for row in rows[1:]] == ["4", "5"]
    assert "Write it like name@example.com." in rows[1][-1]
    mended = answer.content.decode().replace("daniel(at)mail,12", "daniel@mail.example,0254")
    assert "Why refused" in _upload(client, mended).content.decode()  # said to be left out


def test_a_formula_in_the_download_is_only_text(client: Client, alice: Any) -> None:
    text = GOOD + "=HYPERLINK(1),Kiptoo,no,+254 1\n"
    url = _upload(client, text).redirect_chain[-1][0]
    rows = list(csv.reader(io.StringIO(client.get(url + "refused.csv").content.decode())))
    assert rows[1][0] == "'=HYPERLINK(1)"
    assert rows[1][3] == "+254 1"


def test_repetitions_are_reported_within_the_file_and_against_candidates(
    client: Client, alice: Any, company: Company
) -> None:
    CandidateFactory(
        company=company, first_name="Maria", email="m@mail.example", mobile="+5511955550121"
    )
    text = (
        GOOD
        + "Amina,Again,AMINA@mail.example,\n"
        + "Amina,Twice,,00254722555014\n"
        + "Mary,Santos,M@mail.example,\n"
        + "Mary,Santos,,+55 11 95555 0121\n"
    )
    page = _upload(client, text).content.decode()
    assert page.count("Line 2 has the same.") == 2
    assert page.count("Maria Njoroge is one of your candidates already, with the same.") == 2
    assert _names() == ["Maria"]


def test_another_companys_candidates_are_no_repetitions(client: Client, alice: Any) -> None:
    CandidateFactory(
        company=CompanyFactory(), first_name="Charlie", email="amina@mail.example",
        mobile="+254722555014",
    )  # fmt: skip
    _upload(client, GOOD)
    assert _names() == ["Amina", "Charlie", "Luca"]


def test_lines_are_counted_as_an_editor_does(company: Company) -> None:
    text = 'First name,Last name,E-mail\n"Amina\nWanjiku",Njoroge,a@mail.example\n\nLuca,B,wrong\n'
    with company_scope(company):
        [refusal] = check_file(text, company).refusals
    assert refusal.line == 5


def test_jobs_are_found_by_title_and_ambiguous_ones_refused(company: Company) -> None:
    chef = JobFactory(company=company, title="Sous Chef", location="Nairobi")
    for place in ("Milan", "Mombasa"):
        JobFactory(company=company, title="Night Auditor", location=place)
    text = (
        "First name;Job\nAmina;sous chef\nLuca;Night Auditor\n"
        "Daniel;Night Auditor, Milan\nMaria;Pilot\n"
    )
    with company_scope(company):
        check = check_file(text, company)
    assert check.good[0].job == chef
    assert [row.first_name for row in check.good] == ["Amina", "Daniel"]
    assert ["2 open jobs" in r.why or "No open job" in r.why for r in check.refusals] == [True] * 2


def test_unknown_columns_are_named_before_they_are_left_out(client: Client, alice: Any) -> None:
    page = _upload(client, "First name,Shoe size\nAmina,38\n").content.decode()
    assert "“Shoe size”" in page and "Nothing is imported yet" in page
    assert _names() == []


BAD_FILES: list[tuple[bytes, str]] = [
    (b"", "empty"),
    (b"  \n\n", "empty"),
    (b"First name\n", "nobody below"),
    ("First name\nJosé\n".encode("latin-1"), "UTF-8"),
    (b"P\x00K\x03\x04", "not a text file"),
    (b"Name,Surname\nAmina,Njoroge\n", "lack “First name”"),
    (b"First name,First name\nA,B\n", "stands twice"),
    (b'First name,Last name\nAmina,"Njoroge\n', "Line 2 cannot be read"),
    (b"First name\n" + b"x" * (5 * 1024 * 1024), "up to 5 MB"),
]


@pytest.mark.parametrize(("raw", "reason"), BAD_FILES, ids=[reason for _, reason in BAD_FILES])
def test_a_file_that_cannot_be_read_says_why(
    client: Client, alice: Any, raw: bytes, reason: str
) -> None:
    answer = _upload(client, raw)
    assert answer.status_code == 422
    assert reason in re.sub(r"&#x27;", "'", answer.content.decode())
    assert count_all(CandidateImport) == 0


def test_no_file_at_all(client: Client, alice: Any) -> None:
    assert "No file was chosen" in client.post(reverse("ats:import")).content.decode()


def test_a_required_field_is_required_of_every_row(company: Company) -> None:
    CandidateFieldFactory(company=company, key="city", label="City", required=True)
    with company_scope(company):
        with pytest.raises(FileRefused, match="City"):
            check_file(GOOD, company)
        check = check_file("First name,City\nAmina,Nairobi\nLuca,\n", company)
    assert [row.first_name for row in check.good] == ["Amina"]


def test_values_are_read_by_type(company: Company) -> None:
    CandidateFieldFactory(company=company, key="start_date", label="Start", type=FieldType.DATE)
    text = "first_name,Start_Date\nAmina,2026-12-07\nLuca,7 December\nDaniel,07/12/2026\n"
    with company_scope(company):
        check = check_file(text, company)
    assert [row.first_name for row in check.good] == ["Amina"]
    assert {refusal.remedy for refusal in check.refusals} == {
        "Write it as year-month-day, for example 2026-12-07."
    }


def test_an_upload_is_forgotten_after_a_day(client: Client, alice: Any) -> None:
    start = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False):
        url = _upload(client, MIXED).redirect_chain[-1][0]
    with time_machine.travel(start + timedelta(hours=25), tick=False):
        client.force_login(alice)
        assert client.get(url).status_code == 404
        assert client.post(url).status_code == 404
        forget_expired_imports()
    assert count_all(CandidateImport) == 0
    assert _names() == []


def test_ten_thousand_rows_take_few_queries(client: Client, alice: Any, company: Company) -> None:
    JobFactory(company=company, title="Night Auditor")
    lines = [
        f"Person{n},Test,person{n}@mail.example,+39 320 {n:07d},Night Auditor"
        for n in range(10_000)
    ]
    text = "First name,Last name,E-mail,Mobile,Job\n" + "\n".join(lines)
    with CaptureQueriesContext(connection) as queries:
        answer = _upload(client, text, follow=False)
    assert answer.status_code == 302
    assert count_all(Candidate) == count_all(CandidateValue) == count_all(Application) == 10_000
    assert len(queries) < 80


def test_decode_takes_away_the_byte_order_mark() -> None:
    assert decode("\ufeffFirst name\n".encode()).startswith("First")


@pytest.mark.parametrize(
    ("language", "zone", "read"),
    [
        ("Italian", "Europe/Rome", ("it", "Europe/Rome")),
        ("pt-BR", "america/sao paulo", ("pt_BR", "America/Sao_Paulo")),
        ("", "", ("", "")),
    ],
)
def test_a_language_and_a_time_zone_are_read(
    company: Company, language: str, zone: str, read: tuple[str, str]
) -> None:
    text = f"First name,Language,Time zone\nAmina,{language},{zone}\n"
    with company_scope(company):
        [row] = check_file(text, company).good
    assert (row.language, row.timezone) == read


def test_a_language_and_a_time_zone_that_nobody_knows_are_refused(company: Company) -> None:
    with company_scope(company):
        check = check_file("First name,Language,Time zone\nAmina,Elvish,Mordor\n", company)
    assert [one.column for one in check.refusals] == ["Language", "Time zone"]
