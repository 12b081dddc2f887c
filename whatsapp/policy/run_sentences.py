"""The words for reasons about a bulk run; `sentences.py` has all others, and says them."""

from collections.abc import Mapping

from whatsapp.policy.reasons import ReasonCode
from whatsapp.policy.wording import Sentence, Who

C = ReasonCode
RUN_SENTENCES: Mapping[ReasonCode, Sentence] = {
    C.RUN_SENDER_GONE: Sentence(
        "The sender is gone",
        "The company number that this bulk send used does not exist at Meta any more.",
        "Start a new bulk send from another number for those who have not been written to.",
        Who.RECRUITER,
    ),
    C.RUN_TEMPLATE_LOST: Sentence(
        "The template cannot be used any more",
        "The template “{name}” was {what} at Meta.",
        "Start a new bulk send with another template for those who have not been written to.",
        Who.RECRUITER,
        "choose_template",
    ),
    C.RUN_AUTHOR: Sentence(
        "Nobody answers for it",
        "Whoever started this bulk send has left, or may not write on WhatsApp any more.",
        "Somebody who may write looks at it, and lets it go on in their own name or stops it.",
        Who.RECRUITER,
        "let_go_on",
    ),
    C.RUN_NOT_CONNECTED: Sentence(
        "WhatsApp is not connected",
        "Your company has taken its WhatsApp account out of this product.",
        "A WhatsApp admin connects it again; then let the bulk send go on, or stop it.",
        Who.ADMIN,
        "open_settings",
    ),
    C.RUN_TEMPLATE_UNUSABLE: Sentence(
        "The template cannot be used now",
        "Meta gives the status of the template “{name}” as {status}.",
        "A WhatsApp admin mends it in WhatsApp Manager; then let the bulk send go on, or stop it"
        " and start one with another template.",
        Who.ADMIN,
        "let_go_on",
    ),
    C.RUN_CATEGORY_CHANGED: Sentence(
        "Meta has changed the template's category",
        "The template “{name}” was {before} when this bulk send was planned and is {category} now:"
        " that has another price and needs another consent.",
        "Let it go on if that is right, and only those who may get it will; or stop it.",
        Who.RECRUITER,
        "let_go_on",
    ),
    C.RUN_TEMPLATE_CHANGED: Sentence(
        "The template says something else now",
        "The template “{name}” was changed after this bulk send was planned. Those who have not got"
        " it yet would get the new text, or another file in the header.",
        "Read the template. Let it go on if that is right, or stop it.",
        Who.RECRUITER,
        "let_go_on",
    ),
    C.RUN_CONNECTION_BROKEN: Sentence(
        "The connection to WhatsApp is broken",
        "Meta no longer accepts your company's login, so nothing can leave. Nothing is lost.",
        "A WhatsApp admin logs in with Facebook again in the WhatsApp settings. {goes_on}",
        Who.ADMIN,
        "open_settings",
    ),
    C.RUN_CONNECTING: Sentence(
        "The connection to WhatsApp is being made",
        "After a login nothing leaves before a test event has come back from outside. Nothing is "
        "lost.",
        "If it lasts, a WhatsApp admin looks at the steps of the connection in the WhatsApp "
        "settings. {goes_on}",
        Who.ADMIN,
        "open_settings",
    ),
    C.RUN_SENDER_NOT_CONNECTED: Sentence(
        "The sender cannot send now",
        "Meta gives the status of the company number as {status}; only a connected number sends.",
        "A WhatsApp admin looks at the number in the WhatsApp settings. {goes_on}",
        Who.ADMIN,
        "open_settings",
    ),
    C.RUN_TEMPLATE_PAUSED: Sentence(
        "The template is paused",
        "Meta has paused the template “{name}” because people reacted badly to it.",
        "Think about whether the rest should get it at all. {goes_on}",
        Who.RECRUITER,
    ),
    C.RUN_TEMPLATE_IN_REVIEW: Sentence(
        "Meta is looking at the template",
        "The template “{name}” was changed or appealed, and waits for Meta's answer.",
        "{goes_on}",
        Who.ADMIN,
    ),
    C.RUN_ACCOUNT_HELD: Sentence(
        "Meta holds up your company's account",
        "{said}",
        "{action} {goes_on}",
        Who.ADMIN,
        "let_go_on",
    ),
    C.RUN_SENDER_HELD: Sentence(
        "Meta holds up this number",
        "{said}",
        "{action} {goes_on}",
        Who.ADMIN,
        "let_go_on",
    ),
    C.RUN_TEMPLATE_HELD: Sentence(
        "Meta refuses this template",
        "{said}",
        "{action} {goes_on}",
        Who.ADMIN,
        "let_go_on",
    ),
    C.RUN_QUIET_TIME: Sentence(
        "Quiet time",
        "Your company sends nothing in bulk at this time. Messages to one person still go.",
        "Nothing to do. {goes_on}",
        Who.RECRUITER,
    ),
    C.RUN_NO_PLACES: Sentence(
        "WhatsApp's limit is reached",
        "Your company has written to as many new people as Meta allows it in 24 hours, but for"
        " what is kept for single messages.",
        "Nothing to do; who has written to you can be answered. {goes_on}",
        Who.RECRUITER,
    ),
    C.RUN_FIRST_BATCH: Sentence(
        "Looking at the first messages",
        "A few messages have gone. The rest waits until most of them have arrived, so that a"
        " mistake does not reach everybody.",
        "Nothing to do. {goes_on}",
        Who.RECRUITER,
    ),
    C.RUN_NOT_STARTED: Sentence(
        "Planned for later",
        "This bulk send has not begun yet.",
        "{goes_on}",
        Who.RECRUITER,
    ),
    C.RUN_FAILURES: Sentence(
        "Many messages fail",
        "{cases} of {total} messages could not be delivered ({percent} %).",
        "Look at the causes in the rows below. {effect}",
        Who.RECRUITER,
        "let_go_on",
    ),
    C.RUN_MANY_NOT_ON_WHATSAPP: Sentence(
        "Many people are not on WhatsApp",
        "{cases} of {total} messages could not be delivered ({percent} %), most because the number"
        " is probably not on WhatsApp. Writing to many such numbers looks like spam to Meta.",
        "Check where the numbers come from. {effect}",
        Who.RECRUITER,
        "let_go_on",
    ),
    C.RUN_MANY_MARKETING_LIMITED: Sentence(
        "WhatsApp holds many of these back",
        "{cases} of {total} messages could not be delivered ({percent} %), most because WhatsApp"
        " limits how much marketing a person gets. They are not sent again by themselves.",
        "Try again on another day, or use a template about their application. {effect}",
        Who.RECRUITER,
        "let_go_on",
    ),
    C.RUN_OPT_OUTS: Sentence(
        "Many people ask us to stop",
        "{cases} of {total} people asked for no more messages after this one ({percent} %).",
        "Think about whether the rest expect it. {effect}",
        Who.RECRUITER,
        "let_go_on",
    ),
    C.RUN_BLOCKS: Sentence(
        "Many people stop marketing",
        "{cases} of {total} people have switched off marketing from your company ({percent} %).",
        "Think about whether the rest expect it. {effect}",
        Who.RECRUITER,
        "let_go_on",
    ),
    C.RUN_UNCONFIRMED: Sentence(
        "Answers of WhatsApp get lost",
        "Of {cases} of {total} messages nobody knows yet whether they left ({percent} %).",
        "Meta's statuses usually settle it within minutes. {effect}",
        Who.OPS,
        "let_go_on",
    ),
    C.RUN_SENDER_QUALITY: Sentence(
        "The number's quality has fallen",
        "Meta rates the quality of this company number {quality}: people block or report what it"
        " sends.",
        "Think about whether the rest expect this message. {effect}",
        Who.ADMIN,
        "let_go_on",
    ),
    C.RUN_TEMPLATE_QUALITY: Sentence(
        "The template's quality has fallen",
        "Meta rates the quality of this template {quality}: people block or report it, and Meta"
        " may pause it.",
        "Think about whether the rest expect this message. {effect}",
        Who.ADMIN,
        "let_go_on",
    ),
}
