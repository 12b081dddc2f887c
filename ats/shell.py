"""The host's own places in the shell: navigation, profile tabs and settings."""

from ats.extensions import (
    ProfileTab,
    SettingsPage,
    SidebarEntry,
    profile_tabs,
    settings_pages,
    sidebar,
)


def register() -> None:
    sidebar.add(
        SidebarEntry(
            key="candidates",
            label="Candidates",
            icon="people",
            url_name="ats:candidates",
            order=10,
            is_key=True,
        )
    )
    sidebar.add(SidebarEntry(key="jobs", label="Jobs", icon="job", url_name="ats:jobs", order=20))
    profile_tabs.add(
        ProfileTab(key="overview", label="Overview", url_name="ats:candidate", order=10)
    )
    settings_pages.add(
        SettingsPage(
            key="candidate-fields",
            label="Candidate fields",
            description="What you record about each candidate, and in which order.",
            url_name="ats:fields",
            icon="edit",
            section=("Candidates", "Structure"),
            order=10,
            visible=lambda user: user.is_company_admin,
        )
    )
    settings_pages.add(
        SettingsPage(
            key="teams",
            label="Teams",
            description="Who works together. Modules show some things to chosen teams only.",
            url_name="ats:teams",
            icon="people",
            section=("People",),
            order=20,
            visible=lambda user: user.is_company_admin,
        )
    )
