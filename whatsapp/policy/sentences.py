"""The words for each reason: what and why, what to do, who can do it, and the way there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.policy.run_sentences import RUN_SENTENCES
from whatsapp.policy.wording import Sentence, Who

__all__ = ["SENTENCES", "Said", "Sentence", "Who", "say"]


@dataclass(frozen=True)
class Said:
    """A reason in words, for one reader."""

    code: str
    title: str
    sentence: str
    remedy: str
    who: Who
    action: str | None


C = ReasonCode
SENTENCES: Mapping[ReasonCode, Sentence] = {
    C.MODULE_OFF: Sentence(
        "WhatsApp is switched off",
        "WhatsApp is not switched on for your company, so nothing can be sent.",
        "Ask your provider to switch the WhatsApp module on.",
        Who.OPS,
    ),
    C.AUTHOR_MAY_NOT_WRITE: Sentence(
        "You can read, not write",
        "Your role lets you read WhatsApp conversations but not write in them.",
        "Ask your company admin for a role that may write.",
        Who.COMPANY_ADMIN,
    ),
    C.NOT_CONNECTED: Sentence(
        "WhatsApp is not connected",
        "Your company has not connected its WhatsApp Business account yet.",
        "A WhatsApp admin logs in with Facebook in the WhatsApp settings.",
        Who.ADMIN,
        "open_settings",
    ),
    C.CONNECTION_BROKEN: Sentence(
        "The connection to WhatsApp is broken",
        "Meta no longer accepts your company's login, so messages cannot leave.",
        "A WhatsApp admin logs in with Facebook again in the WhatsApp settings.",
        Who.ADMIN,
        "open_settings",
    ),
    C.CONNECTING: Sentence(
        "The connection to WhatsApp is being made",
        "After a login nothing leaves before a test event has come back from outside, so that no "
        "answer is missed.",
        "Wait a moment. If it lasts, a WhatsApp admin looks at the steps of the connection in the "
        "WhatsApp settings.",
        Who.ADMIN,
        "open_settings",
    ),
    C.SENDER_NOT_REGISTERED: Sentence(
        "The sender is not registered",
        "This company number is not registered with WhatsApp, so it cannot send.",
        "A WhatsApp admin registers it in the WhatsApp settings, or you choose another sender.",
        Who.ADMIN,
        "open_settings",
    ),
    C.SENDER_NOT_CONNECTED: Sentence(
        "The sender cannot send now",
        "Meta gives the status of this company number as {status}; only a connected number sends.",
        "A WhatsApp admin looks at the number in the WhatsApp settings, or you choose another"
        " sender.",
        Who.ADMIN,
        "open_settings",
    ),
    C.NO_NUMBER: Sentence(
        "No validated mobile number",
        "The candidate has no validated mobile number, so WhatsApp cannot find them.",
        "Add the mobile number to the candidate's record.",
        Who.RECRUITER,
        "edit_number",
    ),
    C.CANDIDATE_GONE: Sentence(
        "The candidate is gone",
        "The candidate’s record was deleted after this was planned.",
        "Nothing is to be done.",
        Who.RECRUITER,
    ),
    C.NUMBER_SHARED: Sentence(
        "Two candidates have this number",
        "WhatsApp knows one person for it, and the conversation is with {name}.",
        "Write from their profile, or correct the number of one of the two.",
        Who.RECRUITER,
        "edit_number",
    ),
    C.NUMBER_CHANGED: Sentence(
        "The candidate has another number now",
        "This conversation is with a number that is not in the candidate's record any more.",
        "In Chat History on the candidate's profile, choose the new number to write to it.",
        Who.RECRUITER,
        "open_profile",
    ),
    C.BLOCKED_BY_US: Sentence(
        "Blocked by your company",
        "Your company has blocked this person on WhatsApp.",
        "Unblock them first, if you may.",
        Who.RECRUITER,
        "unblock",
    ),
    C.OPTED_OUT: Sentence(
        "They asked us to stop",
        "The candidate has asked for no more WhatsApp messages ({since}).",
        "Use another way, such as e-mail. Only the candidate can take this back, by writing again.",
        Who.CANDIDATE,
        "write_email",
    ),
    C.NOT_ON_WHATSAPP: Sentence(
        "Probably not on WhatsApp",
        "WhatsApp could not deliver to this number ({since}): it may not use WhatsApp, or its app"
        " is too old.",
        "Check the number with the candidate, or write an e-mail.",
        Who.RECRUITER,
        "write_email",
    ),
    C.COUNTRY_NOT_ALLOWED: Sentence(
        "This country is not allowed",
        "Your company does not begin WhatsApp conversations with numbers of this country"
        " ({region}).",
        "Use another way, or ask a WhatsApp admin to allow the country. You may answer if the"
        " candidate writes first.",
        Who.ADMIN,
        "open_settings",
    ),
    C.COUNTRY_UNKNOWN: Sentence(
        "The country is not known",
        "Your company allows certain countries only, and this person's country is not known.",
        "Add the mobile number with its country code to the candidate's record.",
        Who.RECRUITER,
        "edit_number",
    ),
    C.WINDOW_CLOSED: Sentence(
        "Only a template can be sent",
        "Free text is possible for 24 hours after the candidate's last message. {closed_at}",
        "Choose a template. Free text is possible again once the candidate has answered.",
        Who.RECRUITER,
        "choose_template",
    ),
    C.TEXT_EMPTY: Sentence(
        "Nothing to send yet",
        "The message is empty.",
        "Write something.",
        Who.RECRUITER,
    ),
    C.TEXT_TOO_LONG: Sentence(
        "The message is too long",
        "It has {length} characters; WhatsApp takes {most}.",
        "Shorten it, or send it in two messages.",
        Who.RECRUITER,
    ),
    C.BAD_CONTENT: Sentence(
        "WhatsApp would refuse this",
        "{problems}",
        "Change it, then send it.",
        Who.RECRUITER,
    ),
    C.WAITED_TOO_LONG: Sentence(
        "It waited too long",
        "The message could not leave for {hours} hours, so it was not sent any more.",
        "Write it again if it is still true.",
        Who.RECRUITER,
    ),
    C.DRAFT_CHANGED: Sentence(
        "Another text went out before",
        "An earlier try of this draft was sent with other words, and nothing was sent now.",
        "Look at the conversation, then press Send again if these words should go as well.",
        Who.RECRUITER,
    ),
    C.NO_RECIPIENT_FIELD: Sentence(
        "No recipient field is chosen",
        "Nobody has chosen yet which field of the candidates holds the number to write to.",
        "A WhatsApp admin chooses the recipient field in the WhatsApp settings.",
        Who.ADMIN,
        "open_settings",
    ),
    C.NOBODY_CHOSEN: Sentence(
        "Nobody is chosen",
        "There is no candidate to write to.",
        "Choose candidates from a list, or by job and stage.",
        Who.RECRUITER,
    ),
    C.DUPLICATE_NUMBER: Sentence(
        "Another candidate here has this number",
        "Two candidates of this send have one number. WhatsApp knows one person for it, and the"
        " message goes to the other.",
        "Correct the number of one of the two if it is wrong.",
        Who.RECRUITER,
        "edit_number",
    ),
    C.RUN_TIME_OVER: Sentence(
        "This time is over",
        "The bulk send was to begin on {at}, which is in the past, so it was not made.",
        "Choose a later time, or none to begin at once.",
        Who.RECRUITER,
    ),
    C.RUN_MADE_OTHERWISE: Sentence(
        "Another bulk send was made of this draft",
        "An earlier try of this draft made “{name}”, with other people, values, time or name, and "
        "nothing was made now.",
        "Look at the bulk send that there is, or begin a new one.",
        Who.RECRUITER,
    ),
    C.RUN_MOVED_ON: Sentence(
        "The bulk send has moved on",
        "It is “{state}” by now, so this could not be done, and nothing was changed.",
        "Look at where it stands, then decide again.",
        Who.RECRUITER,
    ),
    C.RUN_PAUSED_BY: Sentence(
        "Paused by a colleague",
        "{name} paused it. Nothing is lost; what was on its way to Meta at that moment still goes.",
        "Resume it, and it goes on where it stands.",
        Who.RECRUITER,
    ),
    C.RUN_STOPPED_BY: Sentence(
        "Stopped by a colleague",
        "{name} stopped it. Whoever was not written to yet is left out.",
        "A new bulk send reaches those who are left.",
        Who.RECRUITER,
    ),
    C.RUN_STOPPED: Sentence(
        "Stopped before its turn",
        "A colleague stopped this bulk send before the message was sent.",
        "Send to those who are left, or write to the candidate.",
        Who.RECRUITER,
    ),
    C.GIVEN_UP: Sentence(
        "Nobody knows whether it arrived",
        "WhatsApp's answer was lost, and a colleague decided not to send the message again.",
        "Ask the candidate another way, or write again if it does not matter that they may get it"
        " twice.",
        Who.RECRUITER,
    ),
    C.TEMPLATE_OF_OTHER_SENDER: Sentence(
        "Not for this number",
        "The template “{name}” belongs to another WhatsApp account than the sending number.",
        "Choose another template, or another sender.",
        Who.RECRUITER,
        "choose_template",
    ),
    C.TEMPLATE_PENDING: Sentence(
        "Still with Meta",
        "Meta has not approved the template “{name}” yet; that takes up to 24 hours.",
        "Choose another template, or wait for the approval.",
        Who.RECRUITER,
        "choose_template",
    ),
    C.TEMPLATE_REJECTED: Sentence(
        "Rejected by Meta",
        "Meta has rejected the template “{name}”.",
        "Choose another template. A WhatsApp admin can mend this one and submit it again.",
        Who.ADMIN,
        "choose_template",
    ),
    C.TEMPLATE_PAUSED: Sentence(
        "Paused by Meta",
        "Meta has paused the template “{name}” because people reacted badly to it. {until}",
        "Choose another template.",
        Who.RECRUITER,
        "choose_template",
    ),
    C.TEMPLATE_DISABLED: Sentence(
        "Disabled by Meta",
        "Meta has disabled the template “{name}” for good.",
        "Choose another template. A WhatsApp admin can write a new one.",
        Who.ADMIN,
        "choose_template",
    ),
    C.TEMPLATE_IN_APPEAL: Sentence(
        "Under appeal",
        "Meta is looking at the template “{name}” again after an appeal.",
        "Choose another template, or wait for Meta's answer.",
        Who.ADMIN,
        "choose_template",
    ),
    C.TEMPLATE_DELETED: Sentence(
        "The template is deleted",
        "The template “{name}” has been deleted.",
        "Choose another template.",
        Who.RECRUITER,
        "choose_template",
    ),
    C.TEMPLATE_OVER_CAP: Sentence(
        "Too many templates",
        "Your WhatsApp account holds as many templates as Meta allows, and “{name}” is beyond.",
        "Choose another template. A WhatsApp admin can delete some that nobody uses.",
        Who.ADMIN,
        "choose_template",
    ),
    C.TEMPLATE_ARCHIVED: Sentence(
        "The template is archived",
        "Meta has archived the template “{name}” because it was not used for a long time.",
        "Choose another template. A WhatsApp admin can bring it back.",
        Who.ADMIN,
        "choose_template",
    ),
    C.TEMPLATE_STATUS_UNKNOWN: Sentence(
        "The template cannot be used",
        "Meta gives the status of the template “{name}” as {status}, which we do not know.",
        "Choose another template.",
        Who.RECRUITER,
        "choose_template",
    ),
    C.TEMPLATE_CATEGORY_UNKNOWN: Sentence(
        "The template cannot be used",
        "Meta gives its category as {category}, and we do not know what consent that needs.",
        "Choose another template.",
        Who.RECRUITER,
        "choose_template",
    ),
    C.TEMPLATE_OF_OTHER_TEAM: Sentence(
        "The template is another team’s",
        "Only some teams may use the template “{name}”, and you are in none of them.",
        "Choose another template, or ask a WhatsApp admin to let your team use it.",
        Who.ADMIN,
        "choose_template",
    ),
    C.TEMPLATE_CHANGED: Sentence(
        "The template was changed meanwhile",
        "While this message waited, “{name}” got another text or another file. What people were"
        " shown is not what would go, so nothing was sent.",
        "Look at the new text and send it again.",
        Who.RECRUITER,
        "choose_template",
    ),
    C.TEMPLATE_OF_DELETED_TEAM: Sentence(
        "The template is nobody’s at present",
        "“{name}” was for one team alone, and that team has been deleted.",
        "Choose another template, or ask a WhatsApp admin to say who may use this one.",
        Who.ADMIN,
        "choose_template",
    ),
    C.TEMPLATE_NEEDS_FILE: Sentence(
        "Needs a file",
        "The header of “{name}” is {kind}, and none is stored here to send with it.",
        "A WhatsApp admin adds it in the template.",
        Who.ADMIN,
        "choose_template",
    ),
    C.TEMPLATE_UNSUPPORTED: Sentence(
        "The template cannot be sent from here",
        "“{name}” has {parts}, which this product does not send.",
        "Choose another template.",
        Who.RECRUITER,
        "choose_template",
    ),
    C.MISSING_VALUES: Sentence(
        "Some values are missing",
        "The template still needs: {names}.",
        "Fill them in.",
        Who.RECRUITER,
        "fill_values",
    ),
    C.BAD_VALUES: Sentence(
        "WhatsApp would refuse a value",
        "{problems}",
        "Change it.",
        Who.RECRUITER,
        "fill_values",
    ),
    C.NO_MARKETING_OPT_IN: Sentence(
        "No consent to marketing",
        "The candidate has not agreed to marketing messages on WhatsApp, and this template is one.",
        "Choose a template about their application, or record the consent if they gave it.",
        Who.RECRUITER,
        "record_consent",
    ),
    C.MARKETING_STOPPED: Sentence(
        "They stopped marketing from your company",
        "They switched off marketing messages from your company in WhatsApp ({since}), so Meta"
        " would refuse this template.",
        "Choose a template about their application. Only they can switch marketing on again.",
        Who.RECRUITER,
        "choose_template",
    ),
    C.LIMIT_REACHED: Sentence(
        "WhatsApp's limit is reached",
        "Your company has written to {most} new people in the last 24 hours, which is as many as"
        " Meta allows. {place}",
        "Wait until then, or write an e-mail. Who has written to you can be answered.",
        Who.RECRUITER,
    ),
    C.MARKETING_LIMITED: Sentence(
        "Enough marketing for this person today",
        "WhatsApp limits how much marketing a person gets from all businesses together, and held"
        " ours back ({since}). Sending more before {again} makes it worse.",
        "Wait until then, choose a template about their application, or write an e-mail.",
        Who.RECRUITER,
        "choose_template",
    ),
    C.NO_MARKETING_TO_COUNTRY: Sentence(
        "No marketing to this country",
        "Meta delivers no marketing messages to numbers of this country ({region}).",
        "Choose a template about their application, or write an e-mail.",
        Who.RECRUITER,
        "choose_template",
    ),
    C.NO_LEGAL_BASIS: Sentence(
        "No recorded basis to write",
        "Nothing on record says that this candidate may be written to on WhatsApp about their"
        " application.",
        "Record why you may, for example that they applied and gave this number.",
        Who.RECRUITER,
        "record_consent",
    ),
    **RUN_SENTENCES,
}


# Parameters that are a moment in the middle of a sentence.
MOMENTS = frozenset(["again", "at"])
# What a run does about a danger, by `policy.protection`.
EFFECTS = {
    "slow": "Until that is better, it goes on more slowly.",
    "pause": "It waits until you let it go on or stop it.",
    "stop": "It was stopped; those who were not written to yet get nothing.",
}


def say(
    reason: Reason, *, tz: tzinfo = UTC, country_name: Callable[[str], str] = lambda code: code
) -> Said:
    """The reason in words, times in the reader's zone, countries by the names they know."""
    words = SENTENCES[reason.code]
    shown = {key: _shown(key, value, tz, country_name) for key, value in reason.params.items()}
    return Said(
        code=reason.code.value,
        title=words.title,
        sentence=words.sentence.format_map(shown).strip(),
        remedy=words.remedy.format_map(shown).strip(),
        who=words.who,
        action=words.action,
    )


def _shown(key: str, value: object, tz: tzinfo, country_name: Callable[[str], str]) -> str:
    if key == "closed_at":
        return (
            f"That ended on {_moment(value, tz)}."
            if isinstance(value, datetime)
            else "They have not written in this conversation yet."
        )
    if key == "until":
        return (
            f"The pause ends on {_moment(value, tz)}."
            if isinstance(value, datetime)
            else "Meta will say when it may be used again."
        )
    if key == "goes_on":
        return (
            f"It goes on by itself on {_moment(value, tz)}."
            if isinstance(value, datetime)
            else "It goes on by itself as soon as that has changed."
        )
    if key == "place":
        return (
            f"The next place comes free on {_moment(value, tz)}."
            if isinstance(value, datetime)
            else ""
        )
    if key == "effect":
        return EFFECTS.get(str(value), "")
    if key in MOMENTS and isinstance(value, datetime):
        return _moment(value, tz)
    if isinstance(value, datetime):
        return f"since {_moment(value, tz)}"
    if key == "region":
        return country_name(str(value))
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)


def _moment(value: datetime, tz: tzinfo) -> str:
    local = value.astimezone(tz)
    zone = str(getattr(tz, "key", "") or local.tzname() or "UTC")
    place = zone.rpartition("/")[2].replace("_", " ")
    return f"{local:%A}, {local.day} {local:%B %Y}, {local:%H:%M} ({place})"
