"""The demo companies: people, jobs and candidates that a newcomer tries the product with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ats.models import FieldType, Role, Stage

PASSWORD = "demo-pass-2026"


@dataclass(frozen=True)
class DemoPerson:
    email: str
    full_name: str
    role: Role


@dataclass(frozen=True)
class DemoCandidate:
    first_name: str
    last_name: str
    mobile: str
    job: str
    stage: Stage
    city: str
    languages: str
    interview_in_days: int | None = None

    @property
    def email(self) -> str:
        return f"{self.first_name}.{self.last_name.split()[-1]}@mail.example".lower()


@dataclass(frozen=True)
class DemoField:
    key: str
    label: str
    type: FieldType
    choices: tuple[str, ...] = ()


PEOPLE = [
    DemoPerson("alice@caravella.example", "Alice Ferrante", Role.RECRUITER),
    DemoPerson("bob@caravella.example", "Bob Okafor", Role.RECRUITER),
    DemoPerson("wanda@caravella.example", "Wanda Kimani", Role.WHATSAPP_ADMIN),
    DemoPerson("carla@caravella.example", "Carla Moretti", Role.COMPANY_ADMIN),
    DemoPerson("rita@caravella.example", "Rita Lindqvist", Role.READ_ONLY),
]
OTHER_PEOPLE = [DemoPerson("charlie@lindgren.example", "Charlie Lindgren", Role.WHATSAPP_ADMIN)]
OPS = ("ops@example.com", "Olga Petrova")

FIELDS = [
    DemoField("mobile", "Mobile number (WhatsApp)", FieldType.MOBILE),
    DemoField("second_mobile", "Second mobile", FieldType.MOBILE),
    DemoField("city", "City", FieldType.TEXT),
    DemoField("languages", "Languages", FieldType.TEXT),
    DemoField("start_date", "Can start on", FieldType.DATE),
    DemoField("hours", "Hours", FieldType.CHOICE, ("Full time", "Part time", "Nights only")),
    DemoField("salary", "Expected salary", FieldType.NUMBER),
]

_NAIROBI = ("Nairobi", "Riverside Drive 14, Nairobi")
_MILAN = ("Milan", "Via Solferino 12, Milan")
_MOMBASA = ("Mombasa", "Nyali Beach Road 3, Mombasa")

# title → location, address, recruiter
JOBS = {
    "Guest Relations Agent": (*_NAIROBI, "alice"),
    "Night Auditor": (*_MILAN, "alice"),
    "Pastry Chef": (*_NAIROBI, "alice"),
    "Revenue Analyst": (*_MILAN, "bob"),
    "Restaurant Supervisor": (*_MILAN, "alice"),
    "Housekeeping Supervisor": (*_MOMBASA, "bob"),
    "Sommelier": (*_MILAN, "bob"),
    "Sous Chef": (*_NAIROBI, "alice"),
    "Front Desk Agent": (*_MILAN, "bob"),
    "Concierge": (*_NAIROBI, "bob"),
    "Spa Therapist": (*_MOMBASA, "alice"),
}

_EN_SW = "English, Swahili"
_IT_EN = "Italian, English"
# Oldest first: the list of candidates shows the newest at the top.
CANDIDATES = [
    DemoCandidate(
        "Tobias", "Brandt", "", "Revenue Analyst", Stage.APPLIED, "Zurich", "German, English"
    ),
    DemoCandidate(
        "Esther", "Wanjiru", "+254721555044", "Spa Therapist", Stage.OFFER, "Mombasa", _EN_SW
    ),
    DemoCandidate(
        "Youssef", "Abdelrahman", "+201005550199", "Concierge", Stage.APPLIED, "Cairo", "Arabic"
    ),
    DemoCandidate(
        "Sofia", "Marchetti", "+393385550167", "Front Desk Agent", Stage.SCREENING, "Como", _IT_EN
    ),
    DemoCandidate(
        "Giulia", "Conti", "+393475550118", "Sommelier", Stage.HIRED, "Turin", "Italian, French"
    ),
    DemoCandidate(
        "Kevin", "Wekesa", "+254720555031", "Housekeeping Supervisor", Stage.SCREENING,
        "Mombasa", _EN_SW,
    ),
    DemoCandidate(
        "Priya", "Raman", "+919845550136", "Revenue Analyst", Stage.APPLIED, "Chennai", "Tamil"
    ),
    DemoCandidate(
        "Fatuma", "Odhiambo", "+254710555028", "Pastry Chef", Stage.OFFER, "Nairobi", _EN_SW
    ),
    DemoCandidate(
        "Maria", "dos Santos", "+5511955550121", "Restaurant Supervisor", Stage.INTERVIEW,
        "São Paulo", "Portuguese, Italian", 2,
    ),
    DemoCandidate(
        "Daniel", "Kiptoo", "+254733555190", "Sous Chef", Stage.INTERVIEW, "Eldoret", _EN_SW, 4
    ),
    DemoCandidate(
        "Luca", "Bernardi", "+393205550142", "Night Auditor", Stage.SCREENING, "Milan", _IT_EN
    ),
    DemoCandidate(
        "Amina", "Njoroge", "+254722555014", "Guest Relations Agent", Stage.SCREENING,
        "Nairobi", _EN_SW, 6,
    ),
]  # fmt: skip


def interview_time(now: datetime, days: int) -> datetime:
    """Two in the afternoon of the company's day, and never on a weekend."""
    day = now + timedelta(days=days)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day.replace(hour=14, minute=0, second=0, microsecond=0)
