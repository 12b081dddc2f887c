"""Countries by name."""

from __future__ import annotations

import subprocess
import sys

import phonenumbers
import pytest

from whatsapp.countries import country_choices, country_flag, country_name, region_name


def test_every_country_that_has_numbers_has_a_name() -> None:
    choices = dict(country_choices())
    assert set(choices) == phonenumbers.SUPPORTED_REGIONS
    assert [code for code, name in choices.items() if name == code] == []


@pytest.mark.parametrize(("code", "name"), [("KE", "Kenya"), ("XK", "Kosovo"), ("001", "001")])
def test_a_country_goes_by_its_present_name_and_what_is_none_by_its_code(
    code: str, name: str
) -> None:
    assert country_name(code) == name


def test_a_number_of_no_country_is_shown_by_its_region_without_a_flag() -> None:
    assert region_name("+254700555001") == "Kenya"
    assert region_name("+80012345678") == "001"
    assert country_flag("001") == ""


def test_no_process_carries_the_towns_of_the_world() -> None:
    code = "import sys, whatsapp.countries; sys.exit('phonenumbers.geodata' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
