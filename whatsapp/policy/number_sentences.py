"""The words for what could not be done with a company number: what and why, and what to do."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from whatsapp import figures
from whatsapp.policy.numbers import NumberProblem, Standing
from whatsapp.policy.wording import Sentence, Who

P = NumberProblem


def _admin(title: str, sentence: str, remedy: str) -> Sentence:
    return Sentence(title, sentence, remedy, Who.ADMIN)


NUMBER_SENTENCES: Mapping[NumberProblem, Sentence] = {
    P.CAP_UNVERIFIED: _admin(
        "Meta allows no further number yet",
        "A business that Meta has not verified may have {few} numbers, and yours has them.",
        "Have the business verified in Meta Business Suite, under Security Centre; then {many} are "
        "possible. Or take a number away in WhatsApp Manager first.",
    ),
    P.CAP_VERIFIED: _admin(
        "All numbers that Meta allows are in use",
        "Meta allows this business a certain number of senders, {many} mostly, over all its "
        "WhatsApp accounts, and yours has them.",
        "Take a number that is not needed any more away in WhatsApp Manager and press “Sync now”, "
        "or ask Meta’s support for more.",
    ),
    P.ALREADY_HERE: _admin(
        "This number is in your list already",
        "It belongs to your WhatsApp account, so it does not have to be added.",
        "Find it in the list of senders; if it is missing there, press “Sync now”.",
    ),
    P.HELD_ELSEWHERE: _admin(
        "Another WhatsApp account has this number",
        "A number can be on one WhatsApp Business account only, and Meta says that this one is on "
        "another.",
        "Have it removed there (or its two-step PIN switched off, to move it), then add it here "
        "again. Or use another number.",
    ),
    P.ON_THE_APP: _admin(
        "This number is still in use in a WhatsApp app",
        "Somebody uses it in WhatsApp or the WhatsApp Business app on a phone, and it cannot be on "
        "both.",
        "On that phone open WhatsApp, Settings, Account, Delete my account; wait some minutes, "
        "then try again. Its chats are lost there. Or use another number.",
    ),
    P.NAME_REFUSED: _admin(
        "Meta does not take this display name",
        "The display name breaks one of Meta’s rules for names.",
        "Choose one that names your company, without a web address, extra signs or all capitals: "
        "for example “Caravella Hotels Careers”.",
    ),
    P.NUMBER_REFUSED: _admin(
        "Meta does not take this number",
        "Meta says that it is not a number that WhatsApp can be used with.",
        "Check its digits and its country. Short codes and service numbers do not work.",
    ),
    P.TOO_SOON: _admin(
        "A code is on its way already",
        "Another one can be sent only after a short wait.",
        "Wait for the code that was sent, a minute at most, then ask again.",
    ),
    P.TOO_MANY_CODES: _admin(
        "Too many codes were asked for",
        "Meta sends no further code to this number for now.",
        "Wait some hours, then ask for one code only; if text messages do not arrive, take the "
        "call.",
    ),
    P.CODE_NOT_SENT: _admin(
        "Meta sent no code",
        "Meta could not send a code to this number that way.",
        "Check that the number is in service; take the call if it was a text message, for a "
        "landline always.",
    ),
    P.CODE_NOT_ASKED: _admin(
        "There is no code to check yet",
        "No code was sent to this number, or it is not known any more.",
        "Have a code sent, then enter it here.",
    ),
    P.CODE_WRONG: _admin(
        "That is not the code",
        "Meta sent other digits to this number.",
        "Compare them with the newest message or call, and try again.",
    ),
    P.CODE_EXPIRED: _admin(
        "This code is too old",
        "Codes work for some minutes only.",
        "Have a new one sent and enter it at once.",
    ),
    P.TOO_MANY_TRIES: _admin(
        "Too many wrong codes",
        "Meta checks no further code of this number for now.",
        "Wait some hours, have a new code sent, and enter that one.",
    ),
    P.ALREADY_VERIFIED: _admin(
        "The number is verified already",
        "Meta needs no code for it.",
        "Connect it.",
    ),
    P.NOT_VERIFIED: _admin(
        "The number is not verified yet",
        "Meta wants to know that the number is yours before it can be connected.",
        "Have a code sent to it and enter the code.",
    ),
    P.PIN_NEEDED: _admin(
        "This number has a PIN already",
        "It was used with WhatsApp before and has a six-digit two-step PIN, which Meta asks for.",
        "Enter that PIN. Whoever does not know it switches it off in WhatsApp Manager, under Phone "
        "numbers, Two-step verification, then tries again.",
    ),
    P.PIN_WRONG: _admin(
        "That is not the number’s PIN",
        "The number has another six-digit two-step PIN.",
        "Try again, or switch the PIN off in WhatsApp Manager, under Phone numbers, Two-step "
        "verification.",
    ),
    P.PIN_BLOCKED: _admin(
        "Too many wrong PINs",
        "The PIN was entered wrongly too often or too fast, so Meta takes none for now.",
        "Wait an hour, then enter the right PIN once.",
    ),
    P.TOO_MANY_REGISTRATIONS: _admin(
        "Connected and disconnected too often",
        "Meta lets a number be connected and disconnected {registrations} times in "
        "{registration_hours} hours, and that is used up.",
        "Wait {registration_hours} hours, then try again. Nothing else has to be done meanwhile.",
    ),
    P.JUST_DELETED: _admin(
        "The number was removed a moment ago",
        "A number that was just removed from WhatsApp cannot be connected at once.",
        "Wait five minutes, then try again.",
    ),
    P.ON_THE_PHONE_TOO: _admin(
        "This number is used on a phone as well",
        "It is connected together with the WhatsApp Business app, and only that phone ends it.",
        "On the phone open WhatsApp Business, Settings, Account, Business platform; disconnect.",
    ),
    P.NO_LOGIN: _admin(
        "Meta does not take our login any more",
        "The company’s login with Facebook has ended, so nothing can be changed at Meta.",
        "Log in with Facebook again, at the top of this page, then try again.",
    ),
    P.NOT_ALLOWED: _admin(
        "The login may not do this",
        "Whoever logged in with Facebook gave no right to manage this WhatsApp account.",
        "Have an administrator of the business log in with Facebook again.",
    ),
    P.OUTCOME_UNKNOWN: _admin(
        "Meta’s answer got lost",
        "Nobody knows whether Meta did it.",
        "Press “Sync now”, look at the sender’s status after a minute, and try again only if "
        "nothing has changed.",
    ),
    P.NOT_REACHED: _admin(
        "Meta could not be reached",
        "Nothing was changed.",
        "Try again in a minute.",
    ),
    P.BUSY: _admin(
        "Meta is busy",
        "Meta took the request for too many at once, or is down; nothing was changed.",
        "Try again in some minutes.",
    ),
    P.CHANGED_MEANWHILE: _admin(
        "This sender has changed meanwhile",
        "Somebody else, or another tab of yours, did something with it.",
        "Look at it again before you go on.",
    ),
    P.LABEL_TAKEN: _admin(
        "Another sender has this label",
        "Labels tell senders apart in lists, so each is given once.",
        "Choose other letters, or leave it empty to get a free one.",
    ),
    P.FRIENDLY_NAME_TAKEN: _admin(
        "Another sender has this friendly name",
        "Your team tells senders apart by it, so each is given once.",
        "Write another one, for example with the place or the team.",
    ),
    P.CANNOT_REPLACE: _admin(
        "That number cannot take over",
        "The number that takes over has to be approved, in use, and on the same WhatsApp account, "
        "because templates belong to that account.",
        "Choose another number, or add and connect one first.",
    ),
    P.PHOTO_REFUSED: _admin(
        "Meta does not take this photo",
        "It has to be a JPEG or PNG image of at most {photo_mb} MB; a square one fits best.",
        "Choose another photo.",
    ),
    P.PHOTO_MISSING: _admin(
        "No photo was chosen",
        "There is nothing to show to candidates yet.",
        "Choose a JPEG or PNG image, then save it.",
    ),
    P.PHOTO_TOO_LARGE: _admin(
        "This photo is too large",
        "Meta takes photos of at most {photo_mb} MB, and of a size that a camera makes.",
        "Save it smaller, {photo_side} by {photo_side} pixels for example, and choose it again.",
    ),
    P.PHOTO_NO_IMAGE: _admin(
        "This file is no photo that can be shown",
        "It is not a JPEG or PNG image, whatever its name says, or it is damaged.",
        "Save it as JPEG or PNG and choose it again.",
    ),
    P.PHOTO_TOO_SMALL: _admin(
        "This photo is too small",
        "Each side has to have {photo_least} pixels at least, or candidates see a blur.",
        "Choose a larger one; {photo_side} by {photo_side} pixels is best.",
    ),
}


def number_sentence(problem: NumberProblem, *, now: datetime) -> Sentence:
    """The words for it, with Meta's figures as they are now."""
    known = figures.at(now)
    given = {
        "few": known.messaging.senders_unverified,
        "many": known.messaging.senders_verified,
        "registrations": known.signup.registrations,
        "registration_hours": round(known.signup.registrations_period / timedelta(hours=1)),
        "photo_mb": known.numbers.profile_photo_bytes // 2**20,
        "photo_least": known.numbers.profile_photo_least_side,
        "photo_side": known.numbers.profile_photo_side,
    }
    said = NUMBER_SENTENCES[problem]
    return replace(said, sentence=said.sentence.format(**given), remedy=said.remedy.format(**given))


# What a status in the list means, where it does not say it by itself.
STANDING_SENTENCES: Mapping[Standing, str] = {
    Standing.NAME_DECLINED: (
        "Meta declined the display name, most often because it does not name the company. Ask "
        "for another one: press “Rename”, then “Change the display name”."
    ),
    Standing.BANNED: (
        "Meta has banned this number for breaking its rules. Ask for a review in Business Support "
        "Home; meanwhile use another sender."
    ),
    Standing.RESTRICTED: (
        "Meta restricts what this number may send, mostly because people blocked or reported it. "
        "It ends by itself; write only to people who expect it."
    ),
    Standing.MOVED: (
        "Meta says that this number was deleted or moved to another provider. Its conversations "
        "stay; add it anew to use it again."
    ),
    Standing.CONNECT: (
        "The number is verified and not connected, so nothing can be sent from it or arrive."
    ),
}
