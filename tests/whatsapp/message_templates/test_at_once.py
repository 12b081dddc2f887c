"""Two people write at one moment at what the languages of a name share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from django.db import connection

from ats.models import Team
from ats.tenancy import company_scope
from tests.factories.templates import TemplateTranslationFactory
from tests.factories.whatsapp import NOW, MessageTemplateFactory, World
from tests.stack import eventually
from tests.whatsapp.sending.test_holds_at_once import somebody_waits
from whatsapp.message_templates import drafts, sharing
from whatsapp.models import TemplateFamily, TemplateFile, TemplateTranslation
from whatsapp.policy.written import Written

pytestmark = pytest.mark.django_db(transaction=True)


def in_english(world: World) -> TemplateTranslation:
    row: TemplateTranslation = TemplateTranslationFactory(
        company=world.company,
        family__waba=world.sender.waba,
        family__name="old",
        language="en",
    )
    return row


def at_once(world: World, first: Callable[[], Any], second: Callable[[], Any]) -> None:
    def scoped(act: Callable[[], Any]) -> None:
        with closing(connection), company_scope(world.company):
            act()

    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(scoped, act) for act in (first, second)]:
            one.result()


def once_somebody_waits(real: Callable[..., Any], begun: threading.Event) -> Callable[..., Any]:
    def slow(*args: Any, **given: Any) -> Any:
        if not begun.is_set():
            begun.set()
            eventually(somebody_waits)
        return real(*args, **given)

    return slow


def test_a_name_is_changed_while_another_language_is_saved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    english, begun = in_english(world), threading.Event()
    italian = TemplateTranslationFactory(
        company=world.company, family=english.family, language="it"
    )
    slow = once_somebody_waits(drafts._save_family, begun)
    monkeypatch.setattr(drafts, "_save_family", slow)

    def save(row: TemplateTranslation, name: str) -> None:
        drafts.save_draft(
            translation=row,
            written=Written(name=name, language=row.language, body="Hello all of you"),
            sources={},
            saving=drafts.Saving(row.language, 1, row.version, "old", "UTILITY"),
            by=world.alice,
            now=NOW,
        )

    at_once(
        world,
        lambda: save(english, "new"),
        lambda: (begun.wait(10), save(italian, "old")),
    )
    with company_scope(world.company):
        assert TemplateFamily.objects.get().name == "new"
        assert all(row.written for row in TemplateTranslation.objects.all())


def test_teams_are_chosen_while_a_language_is_added(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    about = {"company": world.company, "waba": world.sender.waba, "name": "shared"}
    with company_scope(world.company):
        team = Team.objects.create(company=world.company, name="Kitchen")
        english, _ = (MessageTemplateFactory(**about, language=code) for code in ("en", "it"))
        family = drafts.adopt(english, now=NOW).family
    real = sharing.adopt

    def slow(*args: Any, **given: Any) -> Any:
        found = real(*args, **given)
        begun.set()
        eventually(somebody_waits)
        return found

    monkeypatch.setattr(sharing, "adopt", slow)

    def add() -> None:
        begun.wait(10)
        drafts.add_language(
            family=family,
            language="it",
            by=world.alice,
            now=NOW,
            beginning=Written(language="it"),
            sources={},
        )

    at_once(
        world,
        lambda: sharing.give_to_teams(template=english, teams=[team], by=world.alice, now=NOW),
        add,
    )
    with company_scope(world.company):
        assert TemplateTranslation.objects.count() == 2


def test_of_two_files_the_second_window_is_told(world: World) -> None:
    with company_scope(world.company):
        english = in_english(world)
        files = [
            TemplateFile.objects.create(
                company=world.company,
                kind="image",
                mime="image/png",
                size=1,
                sha256=str(number),
                file="x",
                created_at=NOW,
            )
            for number in range(2)
        ]

        def put(number: int, page: str) -> None:
            saving = drafts.Saving(page, 1, 1, "old", "UTILITY")
            drafts.put_file(
                translation=english, file=files[number], saving=saving, by=world.alice, now=NOW
            )

        put(0, "one")
        with pytest.raises(drafts.Overtaken):
            put(1, "other")
        english.refresh_from_db()
        assert english.draft_file == files[0]
