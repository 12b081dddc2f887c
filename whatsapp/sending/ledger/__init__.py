"""The tier ledger: who of a portfolio may be written to outside the window, and who was.

Meta counts the unique people to whom messages are delivered outside an open window, in a moving 24
hours, over all numbers of a business portfolio (Meta, "Messaging limits"). Every message that
begins outside the window takes a use here before it leaves; a person takes one place, however many
live uses they have. Companies may share a portfolio, so nothing here is a company's.

Whoever changes which uses are live holds the portfolio's row; that is all the locking there is.
Call these in a transaction of their own, or as the last thing in one.

A use lapses `life` after it was taken: Meta's 24 hours and a margin. The margin is what a delivery
may take before it has to be noted (`delivered`) and what the clocks of our machines, and Meta's
whole seconds, may be apart; so a place never comes free here before it does at Meta.
"""

from whatsapp.connection.limits import learn, portfolio_of
from whatsapp.sending.ledger.admission import Admission, Ask, admit, release, reserve
from whatsapp.sending.ledger.reads import (
    Share,
    TierState,
    UsedBy,
    frees,
    frees_at,
    full_until,
    state,
    used_by,
)
from whatsapp.sending.ledger.terms import (
    PROMPT,
    holder_of,
    holder_of_message,
    holder_of_row,
    life,
    person_of,
)
from whatsapp.sending.ledger.uses import delivered, give_back, lapse_due, recount

__all__ = [
    "PROMPT",
    "Admission",
    "Ask",
    "Share",
    "TierState",
    "UsedBy",
    "admit",
    "delivered",
    "frees",
    "frees_at",
    "full_until",
    "give_back",
    "holder_of",
    "holder_of_message",
    "holder_of_row",
    "lapse_due",
    "learn",
    "life",
    "person_of",
    "portfolio_of",
    "recount",
    "release",
    "reserve",
    "state",
    "used_by",
]
