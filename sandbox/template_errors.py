"""What Meta answers to a template that breaks a rule: code 100, a subcode, and words for people.

The subcodes 2388019, 2388039, 2388040, 2388047, 2388072, 2388073, 2388293 and 2388299 are in "Error
codes" (11 September 2026). 2388023, 2388024, 2388043, 2388046 and 2388155 are in no page of Meta's;
several public integrations quote whole answers with them, titles included. Where none is known the
answer has a title and a text, and no subcode.
"""

from sandbox.errors import GraphError

LIMIT, STATUS, LONG, HEADER, BODY, FOOTER = 2388019, 2388039, 2388040, 2388047, 2388072, 2388073
DELETING, EXISTS, EXPECTED, NAME, SAMPLE = 2388023, 2388024, 2388043, 2388046, 2388155
RATIO, DANGLING = 2388293, 2388299
TITLES = {
    LIMIT: "Message Template Limit Exceeded",
    STATUS: "Message Template Status Cannot be Changed",
    LONG: "Character Limit Exceeded",
    HEADER: "Message Header Format Is Incorrect",
    BODY: "Message Body Format Is Incorrect",
    FOOTER: "Message Footer Format Is Incorrect",
    DELETING: "Message Template Language Is Being Deleted",
    EXISTS: "Content in This Language Already Exists",
    EXPECTED: "Message Template Component Is Missing Expected Field(s)",
    NAME: "Name Format is Incorrect",
    SAMPLE: "Template Name Is Already Used as a Sample Template",
    RATIO: "Parameters words ratio exceeds limit",
    DANGLING: "Leading or trailing params not allowed",
}


def refused(subcode: int, text: str) -> GraphError:
    return GraphError(100, subcode=subcode, user=(TITLES[subcode], text))


def invalid(title: str, text: str) -> GraphError:
    """A rule whose subcode is known to nobody."""
    return GraphError(100, message="Invalid parameter", user=(title, text))


def too_long(where: str, most: int) -> GraphError:
    return refused(LONG, f"The {where} has more than {most} characters.")


def lacks(kind: str, field: str) -> GraphError:
    return refused(EXPECTED, f"component of type {kind} is missing expected field(s) ({field})")


def dangling() -> GraphError:
    return refused(DANGLING, "Variables can't be at the start or end of the template.")


def ratio() -> GraphError:
    return refused(
        RATIO,
        "This template has too many variables for its length. Reduce the number of variables or "
        "increase the message length.",
    )
