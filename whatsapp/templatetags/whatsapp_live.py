"""Where a page finds the event stream, and from which event on it wants to hear."""

from django import template
from django.conf import settings
from django.urls import reverse

register = template.Library()


@register.simple_tag(takes_context=True)
def live_url(context: template.Context) -> str:
    """The stream's address: another origin than the page's unless a proxy joins the two.

    `after` is the newest event from before the page was drawn (`whatsapp.access`), so that nothing
    is missed until the stream is open. From then on the browser's own Last-Event-ID counts.
    """
    after = context["request"].live_after
    return f"{settings.LIVE_URL}{reverse('whatsapp:live')}?after={after}"
