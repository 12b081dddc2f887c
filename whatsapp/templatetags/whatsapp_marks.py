"""WhatsApp's own formatting: *bold*, _italic_, ~struck~ and ```fixed width```.

Source: WhatsApp Help Center, "How to format your messages".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from whatsapp.selectors.composer import Segment
from whatsapp.selectors.template_look import Piece

register = template.Library()

# Where a field stands while the words around it are formatted: no text has these signs.
OPEN, CLOSE = "\ue000", "\ue001"
_FIXED = re.compile(r"```(?=\S)(.+?)```", re.S)
_MARKS = (("*", "b"), ("_", "em"), ("~", "s"))


@register.filter
def language_tag(code: str) -> str:
    """Meta's code of a language as pages name it (BCP 47): en_US is en-US."""
    return code.replace("_", "-")


@register.filter
def looks(pieces: Iterable[Piece]) -> SafeString:
    """The pieces of a preview: words escaped and formatted, each field as what stands for it."""
    return _drawn([_slot(one) if one.slot else one.text for one in pieces])


@register.filter
def places(segments: Iterable[Segment]) -> SafeString:
    """A text that is being filled in: words escaped and formatted, each value in its place."""
    return _drawn([_place(one) if one.key else one.text for one in segments])


def _drawn(parts: Sequence[str]) -> SafeString:
    """Words, and HTML that stands for fields, which formatting goes around."""
    text = "".join(
        f"{OPEN}{index}{CLOSE}"
        if isinstance(part, SafeString)
        else part.replace(OPEN, "").replace(CLOSE, "")
        for index, part in enumerate(parts)
    )
    return mark_safe(  # escaped in `marked`; what is put back was escaped when it was made
        re.sub(f"{OPEN}([0-9]+){CLOSE}", lambda m: parts[int(m[1])], marked(text))
    )


def _place(one: Segment) -> SafeString:
    missing = f"{one.label} missing"
    return format_html(
        '<span class="slot{}" data-slot="{}" data-missing="{}">{}</span>',
        "" if one.value else " is-bad",
        one.key,
        missing,
        one.value or missing,
    )


@register.filter
def marked(text: str) -> SafeString:
    """Escaped, with WhatsApp's formatting as HTML."""
    html = _FIXED.sub(r"<code>\1</code>", escape(text))
    for sign, tag in _MARKS:
        mark = re.escape(sign)
        html = re.sub(
            rf"(?<![\w{mark}]){mark}(?=[^\s{mark}])([^\n]*?[^\s{mark}]){mark}(?![\w{mark}])",
            rf"<{tag}>\1</{tag}>",
            html,
        )
    return mark_safe(html)  # escaped above; the tags are ours


def _slot(piece: Piece) -> str:
    return format_html(
        '<span class="slot{}"><span data-sample>{}</span><span data-name>{}</span></span>',
        "" if piece.text.strip() else " is-bad",
        piece.text.strip() or piece.slot,
        piece.slot,
    )
