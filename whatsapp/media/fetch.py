"""Fetches files from Meta and stores them, one at a time; erases those of deleted messages.

Nothing is held open while Meta is asked: claim, commit, fetch, examine, store, compare and set. The
name in storage is fixed in the row, so a worker that dies anywhere leaves at most what the next one
overwrites, and what erasing finds.
"""

from __future__ import annotations

import hashlib
import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import IO

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction

from ats.tenancy import all_companies, company_scope
from whatsapp import figures
from whatsapp.connection.clients import client_for
from whatsapp.connection.sync import break_connection, request_sync
from whatsapp.connection.vault import Locked
from whatsapp.media import causes, outcome
from whatsapp.media.attach import hex_digest
from whatsapp.media.kinds import Refusal, examine, most_bytes
from whatsapp.media.storing import discard, erase, put
from whatsapp.media.thumbnails import picture_of
from whatsapp.meta.client import GraphClient
from whatsapp.meta.errors import (
    AuthError,
    ForeignHost,
    GraphError,
    MetaError,
    ParameterError,
    PermissionError_,
    TooLarge,
    UrlExpired,
)
from whatsapp.meta.types import Media
from whatsapp.models import MediaFile, MediaState

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

# Of one file; with all the rest far below a task's time limit. 100 MB want half a megabyte a
# second.
DOWNLOAD_SECONDS = 180.0
# After the first, second … try, in seconds; then the last one again.
PAUSES = (5, 30, 120, 600, 1800, 3600, 4 * 3600)
CHUNK = 1024 * 1024

expire_claims = outcome.expire_claims


class Damaged(Exception):
    """Neither hash nor size of what arrived are those that Meta told."""


def drain(clock: Clock, go_on: Callable[[], bool] = lambda: True) -> bool:
    """Does what is due, for as long as `go_on` says; whether nothing is left."""
    while go_on():
        if not fetch_next(clock):
            return True
    return False


def fetch_next(clock: Clock) -> bool:
    """Claims one file, commits that, and fetches or erases it; whether there was one."""
    with all_companies(), transaction.atomic():
        claimed = MediaFile.objects.claim_next(now=clock())
    if claimed is None:
        return False
    with company_scope(claimed.company_id):
        media = (
            MediaFile.objects.select_related("message__sender__waba__connection")
            .filter(pk=claimed.pk)
            .first()
        )
        if media is None:
            logger.info("media_vanished media=%s", claimed.pk)
        elif claimed.state == MediaState.GONE:
            _erase(media)
        else:
            # The claim is what of_claim compares with: not what stands in the row by now.
            media.claimed_at = claimed.claimed_at
            _fetch(media, clock)
    return True


def _erase(media: MediaFile) -> None:
    """While somebody may still be writing it is due again (`claim_next`), else it is done."""
    try:
        erase(media)
    except Exception:
        logger.exception("media_not_erased media=%s", media.pk)
        return
    done = MediaFile.objects.filter(pk=media.pk, state=MediaState.GONE)
    if media.claimed_at is None:
        done.update(file="", thumbnail="", next_try_at=None)
    else:
        done.update(file="", thumbnail="", claimed_at=None)


def _fetch(media: MediaFile, clock: Clock) -> None:
    connection = media.message.sender.waba.connection
    try:
        with TemporaryFile() as file:
            digest = _download(media, client_for(connection), file, now=clock())
            _keep(media, file, digest, clock)
    except Refusal as refusal:
        outcome.refused(media, cause=str(refusal), now=clock())
    except PermissionError_ as error:
        # This number's, or the whole company's: reading from Meta tells which.
        logger.warning("media_not_permitted media=%s error=%s", media.pk, error)
        request_sync(connection, now=clock())
        _again(media, clock, causes.NOT_PERMITTED, causes.GIVEN_UP)
    except (AuthError, Locked) as error:
        # Not this file's fault: it waits for a new login.
        logger.warning("media_connection_broken media=%s cause=%s", media.pk, error)
        outcome.put_back_uncounted(media, cause=causes.LOGIN_NEEDED, now=clock())
        break_connection(connection, cause=_cause(error), now=clock())
    except Damaged:
        logger.warning("media_damaged media=%s", media.pk)
        _again(media, clock, causes.DAMAGED, causes.STAYS_DAMAGED)
    except MetaError as error:
        logger.warning("media_not_fetched media=%s error=%s", media.pk, error)
        _not_fetched(media, error, clock)
    except Exception:
        logger.exception("media_not_stored media=%s", media.pk)
        _again(media, clock, causes.NOT_STORED, causes.STAYS_NOT_STORED)


def _download(media: MediaFile, client: GraphClient, file: IO[bytes], *, now: datetime) -> str:
    """Fills `file`, and returns the hash of what arrived."""
    phone_number_id = media.message.sender.phone_number_id
    most = most_bytes(media.kind, media.animated, figures.at(now))
    for may_ask_again in (True, False):
        # The address in the webhook is not used: what the Graph says is Meta's word.
        told = client.media(media.media_id, phone_number_id)
        if told.file_size is not None and told.file_size > most:
            raise Refusal(causes.too_large(media.kind, most))
        try:
            client.download(
                told.url,
                file,
                hosts=frozenset(settings.WHATSAPP["MEDIA_HOSTS"]),
                most=most,
                seconds=DOWNLOAD_SECONDS,
            )
            break
        except TooLarge:
            raise Refusal(causes.too_large(media.kind, most)) from None
        except UrlExpired:
            if not may_ask_again:
                raise
            file.seek(0)
            file.truncate()
    return _verified(media, told, file)


def _verified(media: MediaFile, told: Media, file: IO[bytes]) -> str:
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    found = digest.hexdigest()
    # Both are Meta's word: the webhook's is signed, the Graph's came over HTTPS.
    known = {one for one in (media.sha256, hex_digest(told.sha256)) if one}
    if (known and found not in known) or (not known and told.file_size not in (None, size)):
        raise Damaged
    return found


def _keep(media: MediaFile, file: IO[bytes], digest: str, clock: Clock) -> None:
    mime = examine(file, kind=media.kind, declared=media.declared_mime, figures=figures.at(clock()))
    picture = picture_of(file, mime)
    if not MediaFile.objects.of_claim(media).exists():
        return
    size = file.seek(0, 2)
    file.seek(0)
    name, thumbnail = put(media.path, File(file)), ""
    if picture.thumbnail:
        thumbnail = put(media.thumbnail_path, ContentFile(picture.thumbnail))
    kept = outcome.stored(
        media,
        now=clock(),
        file=name,
        thumbnail=thumbnail,
        sha256=digest,
        size=size,
        mime=mime,
        width=picture.width,
        height=picture.height,
    )
    if not kept:
        _drop_unless_kept(media, {name, thumbnail})


def _drop_unless_kept(media: MediaFile, names: set[str]) -> None:
    """The message was deleted while its file was on the way."""
    row = MediaFile.objects.filter(pk=media.pk).first()
    if row is None or row.state == MediaState.GONE:
        erase(media)
    else:
        # Another worker has stored it since, and the storage may have named ours apart.
        discard(names - {row.file.name, row.thumbnail.name})


def _not_fetched(media: MediaFile, error: MetaError, clock: Clock) -> None:
    now = clock()
    if isinstance(error, ParameterError):
        # 100: the Graph knows no such id (any more).
        life = figures.at(now).content.inbound_media_life
        outcome.failed(media, cause=causes.forgotten(life), now=now)
    elif isinstance(error, ForeignHost):
        outcome.failed(media, cause=causes.GIVEN_UP, now=now)
    else:
        # Fetching may be done twice, so a lost answer is as good as one that says “later”.
        told = getattr(error, "retry_after", None)
        _again(media, clock, causes.UNREACHABLE, causes.GIVEN_UP, pause=told)


def _again(
    media: MediaFile, clock: Clock, cause: str, last_cause: str, *, pause: float | None = None
) -> None:
    """Back with a growing pause, or failed once that has been tried enough."""
    now = clock()
    if media.attempts >= outcome.MOST_TRIES:
        outcome.failed(media, cause=last_cause, now=now)
        return
    base = PAUSES[min(media.attempts, len(PAUSES)) - 1]
    seconds = pause or base * random.uniform(0.75, 1.25)
    outcome.put_back(media, cause=cause, until=now + timedelta(seconds=seconds), now=now)


def _cause(error: GraphError | Locked) -> str:
    return str(error) if isinstance(error, Locked) else error.explanation.sentence
