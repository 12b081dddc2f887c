"""Who may do what at each address of the module: the table that `test_doors` walks.

A new URL wants a line in DOORS. Each line says, by method, whose it is (a gate) and what they are
answered for an empty request about objects that are there; a gate says what everybody else is told.
"""

from __future__ import annotations

from enum import StrEnum

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# Refused by being sent to sign in.
LOGIN = 302


class Who(StrEnum):
    """Of Caravella, which is connected, unless said otherwise."""

    ANONYMOUS = "anonymous"
    DEACTIVATED = "a WhatsApp admin whose user was deactivated"
    NO_COMPANY = "somebody without a company"
    NO_ROLE = "somebody without a role"
    READ_ONLY = "read only"
    RECRUITER = "recruiter"
    COMPANY_ADMIN = "company admin"
    WHATSAPP_ADMIN = "WhatsApp admin"
    OPS = "ops"
    MODULE_OFF = "a WhatsApp admin of a company without the module"
    STRANGER = "a WhatsApp admin of another company"
    STRANGE_RECRUITER = "a recruiter of another company"


STRANGERS = (Who.STRANGER, Who.STRANGE_RECRUITER)

# A gate: what those are answered who do not pass it.
Gate = dict[Who, int]

EVERYBODY: Gate = {}
MEMBERS: Gate = {
    Who.ANONYMOUS: LOGIN,
    Who.DEACTIVATED: LOGIN,
    Who.NO_COMPANY: 404,
    Who.OPS: 404,
    Who.MODULE_OFF: 404,
}
# Who may only read has not seen it for the others: told nothing, and it stays unread.
NOTICED: Gate = MEMBERS | {Who.NO_ROLE: 204, Who.READ_ONLY: 204}
WRITERS: Gate = MEMBERS | {Who.NO_ROLE: 403, Who.READ_ONLY: 403}
ADMINS: Gate = WRITERS | {
    Who.RECRUITER: 403,
    Who.COMPANY_ADMIN: 403,
    Who.STRANGE_RECRUITER: 403,
}
_NOT_OPS = {who: 404 for who in Who if who is not Who.OPS}
OPERATORS: Gate = _NOT_OPS | {Who.ANONYMOUS: LOGIN, Who.DEACTIVATED: LOGIN}
# Of a machine's page nobody is told that it is there.
MONITORS: Gate = _NOT_OPS
_UNKNOWN = {Who.ANONYMOUS: 401, Who.DEACTIVATED: 401}
PROGRAMS: Gate = MEMBERS | _UNKNOWN
WRITING_PROGRAMS: Gate = WRITERS | _UNKNOWN

# What each method gives; OTHER is for those that are not named.
OTHER = "other"
Door = dict[str, tuple[Gate, int]]


def _door(gate: Gate, **answers: int) -> Door:
    """A page: what it does not do is 405 to everybody, before anybody is asked who they are."""
    return {method: (gate, status) for method, status in answers.items()} | {
        OTHER: (EVERYBODY, 405)
    }


def _page(gate: Gate, status: int = 200) -> Door:
    return _door(gate, GET=status, HEAD=status)


def _api(*, get: int | None = None, post: int | None = None) -> Door:
    """The API asks first who it is, and tells members which methods there are."""
    door: Door = {OTHER: (PROGRAMS, 405), "OPTIONS": (PROGRAMS, 200)}
    if get is not None:
        door |= {"GET": (PROGRAMS, get), "HEAD": (PROGRAMS, get)}
    if post is not None:
        door["POST"] = (WRITING_PROGRAMS, post)
    return door


DOORS: dict[str, Door] = {
    # Meta signs, and monitors have a token.
    "whatsapp:webhook": _door(EVERYBODY, GET=403, POST=403),
    "health": _page(MONITORS),
    "health_of_sends": _page(MONITORS),
    # The stream is served by another process, which says the same to who is not signed in.
    "whatsapp:live": _door(_UNKNOWN, GET=404),
    "whatsapp:inbox": _page(MEMBERS),
    "whatsapp:inbox_rows": _page(MEMBERS),
    "whatsapp:conversation": _page(MEMBERS),
    "whatsapp:messages": _page(MEMBERS),
    "whatsapp:window": _page(MEMBERS),
    "whatsapp:read": _door(NOTICED, POST=204),
    "whatsapp:conversation_composer": _page(MEMBERS),
    "whatsapp:conversation_send_text": _door(WRITERS, POST=422),
    "whatsapp:conversation_send_template": _door(WRITERS, POST=404),
    "whatsapp:media": _page(MEMBERS, 404),
    "whatsapp:media_thumbnail": _page(MEMBERS, 404),
    "whatsapp:media_retry": _door(WRITERS, POST=204),
    "whatsapp:send_again": _door(WRITERS, POST=302),
    "whatsapp:leave_it": _door(WRITERS, POST=302),
    "whatsapp:runs": _page(MEMBERS),
    "whatsapp:run_new": _door(WRITERS, GET=200, POST=200),
    "whatsapp:run_count": _door(WRITERS, POST=200),
    "whatsapp:run": _page(MEMBERS),
    "whatsapp:run_now": _page(MEMBERS),
    "whatsapp:run_act": _door(WRITERS, POST=302),
    "whatsapp:run_export": _page(MEMBERS),
    "whatsapp:templates": _page(MEMBERS),
    "whatsapp:template": _page(MEMBERS),
    "whatsapp:template_choices": _page(MEMBERS, 404),
    "whatsapp:template_star": _door(WRITERS, POST=302),
    "whatsapp:template_teams": _door(ADMINS, POST=302),
    "whatsapp:template_new": _door(ADMINS, GET=200, POST=302),
    "whatsapp:template_editor": _page(ADMINS),
    "whatsapp:template_open": _page(ADMINS, 302),
    "whatsapp:template_save": _door(ADMINS, POST=200),
    "whatsapp:template_submit": _door(ADMINS, POST=422),
    "whatsapp:template_put_in_force": _door(ADMINS, POST=302),
    "whatsapp:template_discard": _door(ADMINS, POST=302),
    "whatsapp:template_delete": _door(ADMINS, GET=302, POST=302),
    "whatsapp:template_unpause": _door(ADMINS, POST=302),
    "whatsapp:template_file": _door(ADMINS, POST=422),
    "whatsapp:template_photo": _page(ADMINS, 404),
    "whatsapp:template_language": _door(ADMINS, POST=422),
    "whatsapp:matching": _page(MEMBERS),
    "whatsapp:contact_people": _page(MEMBERS),
    "whatsapp:link_contact": _door(WRITERS, POST=404),
    "whatsapp:unlink_contact": _door(WRITERS, POST=302),
    "whatsapp:split_spellings": _door(WRITERS, POST=302),
    "whatsapp:join_spellings": _door(WRITERS, POST=302),
    "whatsapp:block_contact": _door(WRITERS, POST=302),
    "whatsapp:unblock_contact": _door(WRITERS, POST=302),
    "whatsapp:create_candidate_for": _door(WRITERS, GET=200, POST=422),
    "whatsapp:chat": _page(MEMBERS),
    "whatsapp:candidate_composer": _page(MEMBERS),
    "whatsapp:candidate_send_text": _door(WRITERS, POST=422),
    "whatsapp:candidate_send_template": _door(WRITERS, POST=404),
    "whatsapp:record_consent": _door(WRITERS, POST=422),
    "whatsapp:withdraw_consent": _door(WRITERS, POST=302),
    "whatsapp:configuration": _page(ADMINS),
    "whatsapp:save_recipient": _door(ADMINS, POST=302),
    "whatsapp:save_quiet": _door(ADMINS, POST=422),
    "whatsapp:audit_trail": _page(ADMINS),
    "whatsapp:disconnect": _door(ADMINS, GET=200, HEAD=200, POST=302),
    "whatsapp:connect_choose": _door(ADMINS, POST=422),
    "whatsapp:sync": _door(ADMINS, POST=302),
    "whatsapp:sender_add": _door(ADMINS, GET=200, POST=422),
    "whatsapp:sender_read": _door(ADMINS, GET=200),
    "whatsapp:sender_replace": _door(ADMINS, GET=200, POST=422),
    "whatsapp:sender_name": _door(ADMINS, GET=200, POST=422),
    "whatsapp:sender_name_use": _door(ADMINS, POST=422),
    "whatsapp:sender_photo": _door(ADMINS, GET=404, POST=422),
    "whatsapp:sender_verify": _door(ADMINS, GET=200, POST=422),
    "whatsapp:sender_code": _door(ADMINS, POST=422),
    "whatsapp:sender_connect": _door(ADMINS, GET=200, POST=422),
    "whatsapp:sender_disconnect": _door(ADMINS, GET=200, POST=422),
    "whatsapp:sender_rename": _door(ADMINS, GET=200, POST=422),
    "whatsapp:sender_profile": _door(ADMINS, GET=200, POST=302),
    "whatsapp:sender_link": _door(ADMINS, GET=200, POST=200),
    "whatsapp:sender_qr": _door(ADMINS, GET=200),
    "whatsapp:connect_begin": _door(ADMINS, POST=200),
    "whatsapp:connect_hint": _door(ADMINS, POST=204),
    "whatsapp:connect_return": _door(ADMINS, GET=200),
    "whatsapp:operations": _page(OPERATORS),
    "whatsapp:apply_selection": _door(OPERATORS, POST=302),
    "whatsapp:webhook_item": _page(OPERATORS),
    "whatsapp:apply_item": _door(OPERATORS, POST=302),
    "whatsapp:webhook_delivery": _page(OPERATORS),
    "whatsapp:apply_delivery": _door(OPERATORS, POST=302),
    "whatsapp_api:conversations": _api(get=200),
    "whatsapp_api:messages": _api(get=200, post=400),
    "whatsapp_api:runs": _api(get=200, post=400),
    "whatsapp_api:run": _api(get=200),
    "whatsapp_api:run_rows": _api(get=200),
    "whatsapp_api:run_pause": _api(post=200),
    "whatsapp_api:run_resume": _api(post=200),
    "whatsapp_api:run_start": _api(post=409),
    "whatsapp_api:run_stop": _api(post=200),
    "whatsapp_api:run_let_go_on": _api(post=200),
}


def expected(name: str, method: str, who: Who, *, has_object: bool) -> tuple[int, bool]:
    """The answer to `who`, and whether the gate let them pass."""
    door = DOORS[name]
    gate, status = door.get(method, door[OTHER])
    if who in gate:
        return gate[who], False
    # What is another company's is missing; where nobody is asked for it, it is not looked for.
    if has_object and who in STRANGERS and method in door and method != "OPTIONS":
        return 404, False
    return status, gate is not EVERYBODY and status != 405
