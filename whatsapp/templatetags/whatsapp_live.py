"""Where a page finds the event stream."""

from django import template
from django.conf import settings
from django.urls import reverse

register = template.Library()


@register.simple_tag
def live_url() -> str:
    """The stream's address: another origin than the page's unless a proxy joins the two."""
    return f"{settings.LIVE_URL}{reverse('whatsapp:live')}"
