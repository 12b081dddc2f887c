"""The module's places in the host's pages: sidebar, profile tab and button, settings page."""

from __future__ import annotations

from types import ModuleType

from django.urls import reverse

from ats.public import Candidate, Team, User
from whatsapp import access
from whatsapp.models import Conversation
from whatsapp.selectors.templates import of_team_alone

GROUP = "WhatsApp"


def register(extensions: ModuleType) -> None:
    extensions.modules.add(extensions.Module(key=access.MODULE, label="WhatsApp"))
    extensions.sidebar.add(
        extensions.SidebarEntry(
            key="whatsapp_inbox",
            label="Inbox",
            icon="chat",
            url_name="whatsapp:inbox",
            order=200,
            group=GROUP,
            visible=access.module_is_on,
            count=waiting,
            count_words="waiting for an answer",
            is_key=True,
        )
    )
    extensions.sidebar.add(
        extensions.SidebarEntry(
            key="whatsapp_runs",
            label="Bulk sends",
            icon="bulk",
            url_name="whatsapp:runs",
            order=210,
            group=GROUP,
            visible=access.module_is_on,
            is_key=True,
        )
    )
    extensions.sidebar.add(
        extensions.SidebarEntry(
            key="whatsapp_templates",
            label="Templates",
            icon="template",
            url_name="whatsapp:templates",
            order=220,
            group=GROUP,
            visible=access.module_is_on,
            is_key=True,
        )
    )
    extensions.list_actions.add(
        extensions.ListAction(
            key="whatsapp_write",
            label="Write to them on WhatsApp",
            icon="bulk",
            url=_new_run_url,
            order=200,
            visible=lambda user: access.module_is_on(user) and access.may_write(user),
        )
    )
    extensions.profile_tabs.add(
        extensions.ProfileTab(
            key="whatsapp_chat",
            label="Chat History",
            url_name="whatsapp:chat",
            order=200,
            visible=_on_for,
        )
    )
    extensions.profile_actions.add(
        extensions.ProfileAction(
            key="whatsapp_message",
            label="Message",
            icon="chat",
            url=_chat_url,
            visible=lambda user, candidate: access.module_is_on(user) and access.may_write(user),
        )
    )
    extensions.team_uses.add(
        extensions.TeamUse(
            key="whatsapp_templates",
            label="Message templates",
            without="Only WhatsApp admins can send them then, until one of them says on the "
            "template’s page who may.",
            of_team_alone=_templates_of_team,
            visible=access.module_is_on,
        )
    )
    extensions.settings_pages.add(
        extensions.SettingsPage(
            key="whatsapp_configuration",
            label="WhatsApp Business Platform Configuration",
            description="Connect the company’s Meta business, choose the recipient field and "
            "the countries, see senders and templates.",
            url_name="whatsapp:configuration",
            icon="chat",
            section=("External Systems", "Third-party system configurations"),
            visible=lambda user: access.module_is_on(user) and access.may_configure(user),
        )
    )


def waiting(user: User) -> int:
    """Conversations whose candidate has not been answered."""
    return Conversation.objects.listed().waiting().count()


def _templates_of_team(team: Team) -> list[tuple[str, str]]:
    return [
        (name, reverse("whatsapp:template", args=[pk]) + "#teams")
        for name, pk in of_team_alone(team)
    ]


def _on_for(user: User, candidate: Candidate) -> bool:
    return access.module_is_on(user)


def _chat_url(user: User, candidate: Candidate) -> str:
    return reverse("whatsapp:chat", kwargs={"candidate_id": candidate.pk})


def _new_run_url(query: str) -> str:
    url = reverse("whatsapp:run_new")
    return f"{url}?{query}" if query else url
