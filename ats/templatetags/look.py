"""Tags for the shared look: icons, avatars and the navigation."""

from __future__ import annotations

import zlib
from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ats.extensions import SidebarEntry, sidebar
from ats.mobile_numbers import mobile_display

register = template.Library()


@register.simple_tag
def icon(name: str, variant: str = "") -> SafeString:
    """`{% icon "check" "is-s" %}`: always beside a word, or in something with an aria-label."""
    return format_html(
        '<svg class="{}" viewBox="0 0 20 20" aria-hidden="true"><use href="{}#{}"/></svg>',
        f"i {variant}".strip(),
        static("icons.svg"),
        name,
    )


@register.filter
def mobile(e164: str) -> str:
    """`{{ number|mobile }}`: E.164 with the spaces people read it with."""
    return mobile_display(str(e164))


@register.filter
def soft_at(address: str) -> SafeString:
    """`{{ email|soft_at }}`: a long address breaks before its @, not within a word."""
    name, _, domain = str(address).partition("@")
    return format_html("{}<wbr>@{}", name, domain) if domain else format_html("{}", name)


@register.filter
def initials(name: str) -> str:
    words = [word for word in str(name).split() if word[0].isalpha()]
    if not words:
        return "?"
    chosen = words if len(words) == 1 else [words[0], words[-1]]
    return "".join(word[0] for word in chosen).upper()


@register.simple_tag
def avatar(name: str, size: str = "") -> SafeString:
    """`{% avatar candidate.name "is-l" %}`: the tone follows the name, so it never changes."""
    tone = zlib.crc32(str(name).encode()) % 5 + 1
    return format_html(
        '<span class="{}" aria-hidden="true">{}</span>',
        " ".join(filter(None, ["av", f"is-{tone}" if tone > 1 else "", size])),
        initials(name),
    )


@register.simple_tag(takes_context=True)
def navigation(context: template.Context) -> list[dict[str, Any]]:
    """Groups of entries that the signed-in person may see, in order, the unnamed group first."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if request is None or user is None or getattr(user, "company_id", None) is None:
        return []
    current = _current_key(context, request.path)
    shown = [entry for entry in sidebar if entry.visible(user)]
    # A phone's bar has room for four places beside "Menu".
    keys = {entry.key for entry in sorted(shown, key=lambda e: not e.is_key)[:4]}
    groups: dict[str, list[dict[str, Any]]] = {"": []}
    for entry in shown:
        groups.setdefault(entry.group, []).append(
            {
                "entry": entry,
                "url": reverse(entry.url_name),
                "count": entry.count(user) if entry.count else None,
                "is_current": entry.key == current,
                "is_key": entry.key in keys,
            }
        )
    return [{"label": label, "entries": entries} for label, entries in groups.items() if entries]


def _current_key(context: template.Context, path: str) -> str:
    """The page's own `nav_key`, or else the entry whose address the path begins with."""
    named = context.get("nav_key")
    if named:
        return str(named)

    def reach(entry: SidebarEntry) -> int:
        url = reverse(entry.url_name)
        return len(url) if path.startswith(url) else -1

    best = max(sidebar, key=reach, default=None)
    return best.key if best is not None and reach(best) > 0 else ""
