"""People's text on a page: escaped, with its links."""

from django import template
from django.utils.html import urlize
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# A page of somebody's own must neither take this one's place nor learn where it was opened from.
APART = '<a target="_blank" rel="noopener noreferrer nofollow" href='


@register.filter
def links(text: str) -> SafeString:
    """As `urlize`, and each link opens in a tab of its own."""
    # Everything else is escaped, so only the links of `urlize` begin like this.
    return mark_safe(urlize(text, autoescape=True).replace("<a href=", APART))
