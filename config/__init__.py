"""Settings, URLs, Celery and the two application entry points of the project."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
