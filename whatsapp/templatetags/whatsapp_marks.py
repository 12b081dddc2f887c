"""WhatsApp's own formatting: *bold*, _italic_, ~struck~ and ```fixed width```.

Source: WhatsApp Help Center, "How to format your messages".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from whatsapp.selectors.template_editor import Piece

register = template.Library()

# Where a field stands while the words around it are formatted: no text has these signs.
OPEN, CLOSE = "\ue000", "\ue001"
_FIXED = re.compile(r"```(?=\S)(.+?)```", re.S)
_MARKS = (("*", "b"), ("_", "em"), ("~", "s"))


@register.filter
def looks(pieces: Iterable[Piece]) -> SafeString:
    """The pieces of a preview: words escaped and formatted, each field as what stands for it."""
    rows = list(pieces)
    text = "".join(
        f"{OPEN}{index}{CLOSE}" if one.slot else one.text.replace(OPEN, "").replace(CLOSE, "")
        for index, one in enumerate(rows)
    )
    return mark_safe(  # escaped in `marked`; what is put back is escaped by `_slot`
        re.sub(f"{OPEN}([0-9]+){CLOSE}", lambda m: _slot(rows[int(m[1])]), marked(text))
    )


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
