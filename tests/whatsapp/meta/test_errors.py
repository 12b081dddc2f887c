"""Which class a code becomes, whether trying again may help, and the words for people."""

import pickle

import pytest

from whatsapp.figures.errors import Verdict, known_codes
from whatsapp.meta import errors
from whatsapp.meta.errors import (
    AccountError,
    AnswerLost,
    AuthError,
    GraphError,
    MarketingRefused,
    ParameterError,
    PermissionError_,
    RateLimited,
    RecipientError,
    TemplateError,
    Unavailable,
    Who,
    WindowClosed,
    explain,
    from_webhook,
    graph_error,
)


@pytest.mark.parametrize(
    ("codes", "cls", "transient"),
    [
        ((0, 104, 190), AuthError, False),
        ((3, 10, 200, 250, 299, 131005), PermissionError_, False),
        ((4, 613, 80007, 130429, 131056), RateLimited, True),
        ((132001, 132005, 132007, 132015, 132016), TemplateError, False),
        ((131047,), WindowClosed, False),
        ((131026, 131021, 130403, 130497), RecipientError, False),
        ((131049, 131050, 130472), MarketingRefused, False),
        ((33, 368, 131031, 131042, 131045, 131048, 133010, 133016), AccountError, False),
        ((100, 131008, 131009, 132000, 132012, 132018), ParameterError, False),
        ((1, 2, 131000, 131016, 131057, 133004), Unavailable, True),
    ],
)
def test_each_code_has_its_class(
    codes: tuple[int, ...], cls: type[GraphError], transient: bool
) -> None:
    for code in codes:
        error = graph_error(code, http_status=400)
        assert type(error) is cls, code
        assert error.transient is transient, code


@pytest.mark.parametrize(
    ("http_status", "cls", "transient"),
    [
        (500, Unavailable, True),
        (503, Unavailable, True),
        (429, RateLimited, True),
        (401, AuthError, False),
        (400, GraphError, False),
        (None, GraphError, False),
    ],
)
def test_an_unknown_code_is_judged_by_its_http_status(
    http_status: int | None, cls: type[GraphError], transient: bool
) -> None:
    error = graph_error(999999, http_status=http_status)
    assert (type(error), error.transient) == (cls, transient)


def test_the_text_of_an_error_holds_ids_only() -> None:
    error = graph_error(
        190,
        subcode=463,
        message="Malformed access token EAAsecret for +254722555014",
        fbtrace_id="AbC",
        http_status=401,
    )
    assert str(error) == repr(error) == "AuthError code=190 subcode=463 http=401 fbtrace=AbC"
    assert error.details.startswith("Malformed")


def test_the_error_of_a_failed_status() -> None:
    error = from_webhook(
        {
            "code": 131049,
            "title": "Healthy ecosystem",
            "message": "Not delivered",
            "error_data": {"details": "to maintain healthy ecosystem engagement"},
        }
    )
    assert isinstance(error, MarketingRefused)
    assert error.verdict is Verdict.STOP_RECIPIENT
    assert error.details == "to maintain healthy ecosystem engagement"


@pytest.mark.parametrize("item", [{}, {"code": None, "error_data": "x"}, {"code": "abc"}])
def test_an_odd_error_of_a_webhook_is_still_an_error(item: dict[str, object]) -> None:
    assert type(from_webhook(item)) is GraphError


def test_a_code_that_came_as_text_is_a_code() -> None:
    assert isinstance(from_webhook({"code": "131047"}), WindowClosed)


def test_a_recruiter_reads_what_to_do() -> None:
    said = explain(131047)
    assert said.who is Who.RECRUITER and "Send a template" in said.action
    assert graph_error(131047).explanation == said


def test_the_used_login_code_is_told_from_a_wrong_parameter() -> None:
    used = explain(100, "This authorization code has been used.")
    assert "Log in with Facebook again" in used.action
    assert used != explain(100, "Param body is required")


def test_an_unknown_code_is_explained_by_its_number() -> None:
    assert "999999" in explain(999999).sentence
    assert "-1" not in explain(-1).sentence


def test_every_known_code_becomes_an_error_and_an_explanation() -> None:
    for code in known_codes():
        error = graph_error(code)
        assert error.explanation.sentence and error.code == code


def test_the_tree_at_the_top_names_every_class() -> None:
    for name, thing in vars(errors).items():
        if isinstance(thing, type) and issubclass(thing, errors.MetaError):
            assert name in (errors.__doc__ or ""), name


def test_an_error_survives_the_way_between_worker_processes() -> None:
    for error in (graph_error(80007, details="x", retry_after=60), AnswerLost("l", http_status=5)):
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is type(error) and vars(copy) == vars(error)
