"""Reads a CSV file of candidates and checks every row, before anything is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from ats.field_values import ReadValue, ValueRefused, read_email, read_value
from ats.locales import read_language, read_timezone
from ats.models import (
    Candidate,
    CandidateField,
    CandidateValue,
    Company,
    FieldType,
    Job,
    JobStatus,
    fold,
)

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 20_000
_OWN_COLUMNS = {
    "first name": "first_name", "firstname": "first_name", "given name": "first_name",
    "last name": "last_name", "lastname": "last_name", "surname": "last_name",
    "family name": "last_name", "email": "email", "e-mail": "email", "e-mail address": "email",
    "email address": "email", "job": "job", "applies for": "job",
}  # fmt: skip


# A field of the company's own that is called so comes first.
_LESSER_COLUMNS = {"language": "language", "time zone": "timezone", "timezone": "timezone"}
_READERS = {"language": read_language, "timezone": read_timezone}


class FileRefused(ValueError):
    """The file as a whole cannot be read. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Refusal:
    line: int
    column: str
    value: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class GoodRow:
    line: int
    first_name: str
    last_name: str
    email: str
    language: str
    timezone: str
    values: dict[int, ReadValue]
    job: Job | None
    identities: list[tuple[str, str]]  # heading and value of what is one person's alone
    cells: list[str]


@dataclass(slots=True)
class FileCheck:
    header: list[str]
    ignored_columns: list[str]
    good: list[GoodRow] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    refused_rows: list[tuple[int, list[str]]] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.refusals and not self.ignored_columns


def decode(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise FileRefused(
            f"The file has {len(raw) / 1024 / 1024:.1f} MB; up to 5 MB can be read at once. "
            "Split it and upload the parts one after the other."
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(
            "The file is not in UTF-8, so accents would come out wrong. In Excel choose "
            "“Save as” and the type “CSV UTF-8”, then upload that file."
        ) from error
    if "\x00" in text:
        raise FileRefused("This is not a text file. Save the table as “CSV UTF-8” and upload that.")
    if not text.strip():
        raise FileRefused("The file is empty. It needs a line of headings and one line a person.")
    return text


def check_file(text: str, company: Company) -> FileCheck:
    """Every row is either good or refused with all of its reasons."""
    rows = _rows(text)
    try:
        header = [cell.strip() for cell in next(rows)[1]]
    except StopIteration as error:
        raise FileRefused("The file has no line of headings. Add one as its first line.") from error
    reader = _RowReader(company, header)
    check = FileCheck(header=header, ignored_columns=reader.ignored)
    for line, cells in rows:
        if len(check.good) + len(check.refused_rows) >= MAX_ROWS:
            raise FileRefused(
                f"The file has more than {MAX_ROWS:,} rows. "
                "Split it and upload the parts one after the other."
            )
        refusals, good = reader.read(line, cells)
        if good is None:
            check.refusals += refusals
            check.refused_rows.append((line, cells))
        else:
            check.good.append(good)
    if not check.good and not check.refused_rows:
        raise FileRefused("The file has headings but nobody below them. Add one line a person.")
    _refuse_known(check)
    check.refusals.sort(key=lambda refusal: refusal.line)
    check.refused_rows.sort(key=lambda row: row[0])
    return check


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines of the file with the number at which each begins; empty ones are passed over."""
    head = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise FileRefused(
            f"Line {begins} cannot be read as a table: a quotation mark is open or misplaced. "
            "Save the table again as CSV, or mend this line."
        ) from error


class _RowReader:
    """Reads rows under one line of headings; remembers what it saw, to find repetitions."""

    def __init__(self, company: Company, header: list[str]) -> None:
        self.region = company.default_country
        self.header = header
        self.fields = {f.pk: f for f in CandidateField.objects.order_by("position", "id")}
        self.columns = self._match(header)
        self.ignored = [
            name for at, name in enumerate(header) if at not in self.columns.values() and name
        ]
        self.jobs = _jobs_by_name() if "job" in self.columns else {}
        self.seen: dict[str, int] = {}

    def _match(self, header: list[str]) -> dict[str | int, int]:
        names: dict[str, str | int] = dict(_OWN_COLUMNS)
        for pk, own in self.fields.items():
            names.setdefault(own.key.replace("_", " ").replace("-", " "), pk)
            names.setdefault(own.label.casefold(), pk)
        for title, key in _LESSER_COLUMNS.items():
            names.setdefault(title, key)
        columns: dict[str | int, int] = {}
        for at, title in enumerate(header):
            plain = title.casefold().strip()
            target = names.get(plain, names.get(plain.replace("_", " ").replace("-", " ")))
            if target is None:
                continue
            if target in columns:
                raise FileRefused(
                    f"The column “{title}” stands twice in the headings. Remove one of them."
                )
            columns[target] = at
        needed: list[tuple[str | int, str]] = [("first_name", "First name")]
        needed += [(pk, f.label) for pk, f in self.fields.items() if f.required]
        missing = [label for key, label in needed if key not in columns]
        if missing:
            raise FileRefused(
                f"The headings lack {', '.join(f'“{label}”' for label in missing)}. The headings "
                f"found are: {', '.join(f'“{name}”' for name in header)}. Rename or add the column."
            )
        return columns

    def read(self, line: int, cells: list[str]) -> tuple[list[Refusal], GoodRow | None]:
        if len(cells) > len(self.header):
            extra = f"{len(cells)} values under {len(self.header)} headings."
            remedy = "Put quotation marks round a value that holds the separator."
            return [Refusal(line, "", cells[-1], extra, remedy)], None
        found: list[Refusal] = []
        first_name = self._name("first_name", line, cells, found)
        last_name = self._name("last_name", line, cells, found)
        email = self._email(line, cells, found)
        language, timezone = (self._own(key, line, cells, found) for key in _READERS)
        job = self._job(line, cells, found)
        values = self._values(line, cells, found)
        identities = [(self._title("email"), email)] if email else []
        identities += [
            (self._title(pk), read.value)
            for pk, read in values.items()
            if self.fields[pk].type == FieldType.MOBILE
        ]
        found = found or self._repetitions(line, identities)
        if found:
            return found, None
        row = GoodRow(
            line,
            first_name,
            last_name,
            email,
            language,
            timezone,
            values,
            job,
            identities,
            cells,
        )
        return [], row

    def _cell(self, key: str | int, cells: list[str]) -> str:
        at = self.columns.get(key)
        return cells[at].strip() if at is not None and at < len(cells) else ""

    def _title(self, key: str | int) -> str:
        return self.header[self.columns[key]]

    def _name(self, key: str, line: int, cells: list[str], found: list[Refusal]) -> str:
        name = self._cell(key, cells)
        if key == "first_name" and not name:
            remedy = "Every candidate needs a first name: fill it in."
            found.append(Refusal(line, self._title(key), "", "The first name is empty.", remedy))
        elif len(name) > 80:
            why = f"The name has {len(name)} characters."
            found.append(Refusal(line, self._title(key), name, why, "Shorten it to 80."))
        return name

    def _email(self, line: int, cells: list[str], found: list[Refusal]) -> str:
        typed = self._cell("email", cells)
        if not typed:
            return ""
        try:
            if len(typed) > 254:
                raise ValueRefused("The address is too long.", "Use up to 254 characters.")
            return read_email(typed)
        except ValueRefused as refused:
            title = self._title("email")
            found.append(Refusal(line, title, typed, refused.why, refused.remedy))
            return ""

    def _own(self, key: str, line: int, cells: list[str], found: list[Refusal]) -> str:
        typed = self._cell(key, cells)
        try:
            return _READERS[key](typed)
        except ValueRefused as refused:
            found.append(Refusal(line, self._title(key), typed, refused.why, refused.remedy))
            return ""

    def _job(self, line: int, cells: list[str], found: list[Refusal]) -> Job | None:
        typed = self._cell("job", cells)
        if not typed:
            return None
        matches = self.jobs.get(fold(typed), [])
        if len(matches) == 1:
            return matches[0]
        if matches:
            why = f"{len(matches)} open jobs are called “{typed}”."
            remedy = f"Name the place as well, for example “{matches[0]}”."
        else:
            why = f"No open job is called “{typed}”."
            remedy = "Open the job first, correct its name, or leave the cell empty."
        found.append(Refusal(line, self._title("job"), typed, why, remedy))
        return None

    def _values(self, line: int, cells: list[str], found: list[Refusal]) -> dict[int, ReadValue]:
        values = {}
        for pk, own in self.fields.items():
            if pk not in self.columns:
                continue
            typed = self._cell(pk, cells)
            try:
                read = read_value(own, typed, self.region)
            except ValueRefused as refused:
                found.append(Refusal(line, self._title(pk), typed, refused.why, refused.remedy))
                continue
            if read is not None:
                values[pk] = read
        return values

    def _repetitions(self, line: int, identities: list[tuple[str, str]]) -> list[Refusal]:
        remedy = "Keep one of the two lines, or correct this one."
        found = [
            Refusal(line, title, value, f"Line {self.seen[value]} has the same.", remedy)
            for title, value in identities
            if value in self.seen
        ]
        if not found:
            self.seen |= {value: line for _, value in identities}
        return found


def _jobs_by_name() -> dict[str, list[Job]]:
    names: dict[str, list[Job]] = {}
    for job in Job.objects.filter(status=JobStatus.OPEN):
        names.setdefault(fold(job.title), []).append(job)
        names.setdefault(fold(str(job)), []).append(job)
    return names


def _refuse_known(check: FileCheck) -> None:
    """Moves rows whose e-mail or mobile number a candidate has already to the refused ones."""
    known = _known_identities({value for row in check.good for _, value in row.identities})
    stays: list[GoodRow] = []
    for row in check.good:
        found = [
            Refusal(
                row.line,
                title,
                value,
                f"{known[value]} is one of your candidates already, with the same.",
                "Change that candidate instead, and leave this line out.",
            )
            for title, value in row.identities
            if value in known
        ]
        if found:
            check.refusals += found
            check.refused_rows.append((row.line, row.cells))
        else:
            stays.append(row)
    check.good = stays


def _known_identities(wanted: set[str]) -> dict[str, str]:
    """Which of these e-mail addresses and mobile numbers a candidate has, and who: two queries."""
    emails = [value for value in wanted if "@" in value]
    numbers = [value for value in wanted if "@" not in value]
    people = Candidate.objects.filter(email__in=emails)
    values = CandidateValue.objects.filter(
        field__in=CandidateField.objects.filter(type=FieldType.MOBILE), value__in=numbers
    ).select_related("candidate")
    return {person.email: person.name for person in people} | {
        value.value: value.candidate.name for value in values
    }
