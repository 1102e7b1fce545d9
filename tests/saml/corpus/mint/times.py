"""Every limit at the very second and one beside it, and every way to write a time."""

from __future__ import annotations

from lxml import etree

from relyra_django.saml.errors import ErrorCode
from tests.saml.corpus.mint.draft import ALICE, ASSERTION, RESPONSE, Mutation, mutation
from tests.saml.corpus.mint.edits import (
    Edit,
    Part,
    assertion,
    conditions,
    confirmation,
    confirmation_data,
    root,
    setting,
    statement,
    together,
    twice,
)

LATE, EARLY = ErrorCode.ASSERTION_EXPIRED, ErrorCode.ASSERTION_NOT_YET_VALID
UNCONFIRMED, SESSION = ErrorCode.SUBJECT_CONFIRMATION_EXPIRED, ErrorCode.SESSION_EXPIRED
LONG, TIME = ErrorCode.ASSERTION_LIFETIME_EXCEEDED, ErrorCode.INVALID_TIMESTAMP
FIELD, OLD = ErrorCode.MISSING_PROTOCOL_FIELD, ErrorCode.AUTHN_TOO_OLD

# It is 12:00:00 on the 14th of March, and clocks may differ by 180 seconds.
_TODAY = "2026-03-14T"


def _at(find: Part, name: str, time: str) -> Edit:
    return setting(find, name, time if "T" in time else f"{_TODAY}{time}Z")


def _limits(time: str) -> Edit:
    """Both limits of the assertion."""
    return together(
        _at(conditions, "NotOnOrAfter", time), _at(confirmation_data, "NotOnOrAfter", time)
    )


def _early(time: str) -> Edit:
    return together(_at(conditions, "NotBefore", "11:50:00"), _at(conditions, "NotOnOrAfter", time))


def _old(time: str) -> Edit:
    """An old assertion whose limits are near, so that its lifetime is not what is refused."""
    return together(
        _at(assertion, "IssueInstant", time),
        _at(conditions, "NotBefore", "11:50:00"),
        _limits("11:58:00"),
    )


def _since(time: str) -> Edit:
    return _at(statement, "AuthnInstant", time)


def _edge(slug: str, says: str, judged: object, edit: Edit, **more: object) -> Mutation:
    return mutation(slug, says, judged, before=edit, **more)  # type: ignore[arg-type]


_NO_SKEW, _MOST_SKEW = {"clock_skew_seconds": 0}, {"clock_skew_seconds": 300}
_FORCED = {"force_authn_since": "2026-03-14T12:00:00+00:00"}
_EXACTLY_A_DAY, _A_SECOND_MORE = "2026-03-15T12:00:00Z", "2026-03-15T12:00:01Z"


def _two_confirmations(message: etree._Element) -> None:
    """The second one, which nobody needs, lives too long."""
    twice(confirmation)(message)
    second = confirmation(message).getnext()
    assert second is not None
    second[0].set("NotOnOrAfter", _A_SECOND_MORE)


EDGES: tuple[Mutation, ...] = (
    _edge(
        "not-before-at-skew",
        "Harmless: NotBefore is exactly the skew ahead.",
        ALICE,
        _at(conditions, "NotBefore", "12:03:00"),
    ),
    _edge(
        "not-before-beyond-skew",
        "NotBefore is a second beyond the skew.",
        EARLY,
        _at(conditions, "NotBefore", "12:03:01"),
    ),
    _edge(
        "not-before-fraction-beyond-skew",
        "NotBefore is a microsecond beyond the skew.",
        EARLY,
        _at(conditions, "NotBefore", "12:03:00.000001"),
    ),
    _edge(
        "not-before-no-skew",
        "Harmless: NotBefore is now, and clocks do not differ.",
        ALICE,
        _at(conditions, "NotBefore", "12:00:00"),
        policy=_NO_SKEW,
    ),
    _edge(
        "not-before-beyond-no-skew",
        "NotBefore is in a second, and clocks do not differ.",
        EARLY,
        _at(conditions, "NotBefore", "12:00:01"),
        policy=_NO_SKEW,
    ),
    _edge(
        "not-before-beyond-most-skew",
        "NotBefore is beyond the largest skew.",
        EARLY,
        _at(conditions, "NotBefore", "12:05:01"),
        policy=_MOST_SKEW,
    ),
    _edge("end-at-skew", "NotOnOrAfter is exactly the skew ago.", LATE, _early("11:57:00")),
    _edge(
        "end-within-skew",
        "Harmless: NotOnOrAfter is a second less than the skew ago.",
        ALICE,
        _early("11:57:01"),
    ),
    _edge(
        "end-now-no-skew",
        "NotOnOrAfter is now, and clocks do not differ.",
        LATE,
        _early("12:00:00"),
        policy=_NO_SKEW,
    ),
    _edge(
        "end-next-no-skew",
        "Harmless: NotOnOrAfter is in a second, and clocks do not differ.",
        ALICE,
        _early("12:00:01"),
        policy=_NO_SKEW,
    ),
    _edge(
        "end-at-most-skew",
        "NotOnOrAfter is exactly the largest skew ago.",
        LATE,
        _early("11:55:00"),
        policy=_MOST_SKEW,
    ),
    _edge(
        "ends-before-it-begins",
        "NotOnOrAfter is before NotBefore, and the skew would take both.",
        LATE,
        together(
            _at(conditions, "NotBefore", "12:02:00"), _at(conditions, "NotOnOrAfter", "12:01:00")
        ),
    ),
    _edge("end-long-ago", "NotOnOrAfter is ten years ago.", LATE, _early("2016-03-14T12:00:00Z")),
    _edge(
        "confirmation-at-skew",
        "The confirmation ended exactly the skew ago.",
        UNCONFIRMED,
        _at(confirmation_data, "NotOnOrAfter", "11:57:00"),
    ),
    _edge(
        "confirmation-within-skew",
        "Harmless: the confirmation ended less than the skew ago.",
        ALICE,
        _at(confirmation_data, "NotOnOrAfter", "11:57:01"),
    ),
    _edge(
        "session-at-skew",
        "The session ended exactly the skew ago.",
        SESSION,
        _at(statement, "SessionNotOnOrAfter", "11:57:00"),
    ),
    _edge(
        "session-within-skew",
        "Harmless: the session ended less than the skew ago.",
        ALICE,
        _at(statement, "SessionNotOnOrAfter", "11:57:01"),
    ),
    _edge(
        "issued-at-skew",
        "Harmless: issued exactly the skew ahead.",
        ALICE,
        _at(assertion, "IssueInstant", "12:03:00"),
    ),
    _edge(
        "issued-beyond-skew",
        "Issued a second beyond the skew ahead.",
        EARLY,
        _at(assertion, "IssueInstant", "12:03:01"),
    ),
    _edge(
        "issued-a-day-ago",
        "Harmless: issued exactly a day ago.",
        ALICE,
        _old("2026-03-13T12:00:00Z"),
    ),
    _edge(
        "issued-over-a-day-ago",
        "Issued a second more than a day ago.",
        LATE,
        _old("2026-03-13T11:59:59Z"),
    ),
    _edge(
        "issued-before-the-window",
        "Issued before the connection's own window.",
        LATE,
        _at(assertion, "IssueInstant", "11:58:59"),
        policy={"max_issue_age_seconds": 60},
    ),
    _edge(
        "issued-in-the-window",
        "Harmless: issued at the edge of the connection's own window.",
        ALICE,
        _at(assertion, "IssueInstant", "11:59:00"),
        policy={"max_issue_age_seconds": 60},
    ),
    _edge(
        "response-issued-at-skew",
        "Harmless: the Response was issued exactly the skew ahead.",
        ALICE,
        _at(root, "IssueInstant", "12:03:00"),
        shapes=(ASSERTION, RESPONSE),
    ),
    _edge(
        "response-issued-beyond-skew",
        "The Response was issued beyond the skew ahead.",
        EARLY,
        _at(root, "IssueInstant", "12:03:01"),
        shapes=(ASSERTION, RESPONSE),
    ),
    _edge(
        "response-issued-over-a-day-ago",
        "The Response was issued more than a day ago.",
        LATE,
        _at(root, "IssueInstant", "2026-03-13T11:59:59Z"),
    ),
    _edge(
        "authenticated-at-skew",
        "Harmless: authenticated exactly the skew ahead.",
        ALICE,
        _since("12:03:00"),
    ),
    _edge(
        "authenticated-beyond-skew",
        "Authenticated a second beyond the skew ahead.",
        EARLY,
        _since("12:03:01"),
    ),
    _edge(
        "authenticated-long-ago",
        "Harmless: authenticated a week ago, and nobody minds.",
        ALICE,
        _since("2026-03-07T12:00:00Z"),
    ),
    _edge(
        "forced-at-skew",
        "Harmless: asked to authenticate anew, done the skew before.",
        ALICE,
        _since("11:57:00"),
        arguments=_FORCED,
    ),
    _edge(
        "forced-too-old",
        "Asked to authenticate anew, done a second before the skew.",
        OLD,
        _since("11:56:59"),
        arguments=_FORCED,
    ),
    _edge("lives-a-day", "Harmless: good for exactly a day.", ALICE, _limits(_EXACTLY_A_DAY)),
    _edge("lives-over-a-day", "Good for a second more than a day.", LONG, _limits(_A_SECOND_MORE)),
    _edge(
        "conditions-over-a-day",
        "The Conditions are good for more than a day.",
        LONG,
        _at(conditions, "NotOnOrAfter", _A_SECOND_MORE),
    ),
    _edge(
        "confirmation-over-a-day",
        "The confirmation is good for more than a day.",
        LONG,
        _at(confirmation_data, "NotOnOrAfter", _A_SECOND_MORE),
    ),
    _edge(
        "other-confirmation-over-a-day",
        "A second confirmation is good for more than a day.",
        LONG,
        _two_confirmations,
    ),
    _edge(
        "lives-over-the-policy",
        "Good for longer than the connection says.",
        LONG,
        _limits("12:05:01"),
        policy={"max_lifetime_seconds": 300},
    ),
    _edge(
        "lives-within-the-policy",
        "Harmless: good for as long as the connection says.",
        ALICE,
        _limits("12:05:00"),
        policy={"max_lifetime_seconds": 300},
    ),
    _edge("lives-for-ever", "Good until the year 9999.", LONG, _limits("9999-12-31T23:59:59Z")),
    _edge(
        "no-not-before", "Harmless: no NotBefore.", ALICE, setting(conditions, "NotBefore", None)
    ),
    _edge(
        "no-end-of-conditions",
        "Harmless: no NotOnOrAfter on Conditions.",
        ALICE,
        setting(conditions, "NotOnOrAfter", None),
    ),
    _edge(
        "no-bounds",
        "Harmless: Conditions without any bound.",
        ALICE,
        together(setting(conditions, "NotBefore", None), setting(conditions, "NotOnOrAfter", None)),
    ),
    _edge(
        "no-issue-instant",
        "The assertion has no IssueInstant.",
        FIELD,
        setting(assertion, "IssueInstant", None),
    ),
    _edge(
        "response-no-issue-instant",
        "The Response has no IssueInstant.",
        FIELD,
        setting(root, "IssueInstant", None),
    ),
    _edge("no-authn-instant", "No AuthnInstant.", FIELD, setting(statement, "AuthnInstant", None)),
)

_SPELT = {
    "offset-one-hour": "2026-03-14T13:05:00+01:00",
    "negative-zero-offset": "2026-03-14T12:05:00-00:00",
    "offset-without-colon": "2026-03-14T12:05:00+0000",
    "offset-hours": "2026-03-14T12:05:00+00",
    "no-zone": "2026-03-14T12:05:00",
    "two-zones": "2026-03-14T12:05:00Z+00:00",
    "lower-z": "2026-03-14T12:05:00z",
    "lower-t": "2026-03-14t12:05:00Z",
    "blank-for-t": "2026-03-14 12:05:00Z",
    "leap-second": "2026-03-14T23:59:60Z",
    "hour-24": "2026-03-14T24:00:00Z",
    "year-10000": "10000-03-14T12:05:00Z",
    "year-0": "0000-03-14T12:05:00Z",
    "year-of-two-digits": "26-03-14T12:05:00Z",
    "negative-year": "-2026-03-14T12:05:00Z",
    "february-30": "2026-02-30T12:05:00Z",
    "month-13": "2026-13-14T12:05:00Z",
    "no-seconds": "2026-03-14T12:05Z",
    "date-only": "2026-03-14",
    "week-date": "2026-W11-6T12:05:00Z",
    "basic": "20260314T120500Z",
    "ten-digits": "2026-03-14T12:05:00.1234567890Z",
    "comma": "2026-03-14T12:05:00,5Z",
    "no-fraction-behind-point": "2026-03-14T12:05:00.Z",
    "blank-before": " 2026-03-14T12:05:00Z",
    "newline-behind": "2026-03-14T12:05:00Z\n",
    "empty": "",
    "word": "tomorrow",
    "epoch": "1773490000",
    "arabic-digits": "\u0662\u0660\u0662\u0666-03-14T12:05:00Z",
    "no-digit-groups": "2026-3-14T12:5:0Z",
}
_PLACES: dict[str, tuple[Part, str]] = {
    "not-before": (conditions, "NotBefore"),
    "confirmation": (confirmation_data, "NotOnOrAfter"),
    "issued": (assertion, "IssueInstant"),
    "response-issued": (root, "IssueInstant"),
    "authenticated": (statement, "AuthnInstant"),
    "session": (statement, "SessionNotOnOrAfter"),
}
_FINE = {
    "zero-offset": "2026-03-14T12:05:00+00:00",
    "milliseconds": "2026-03-14T12:05:00.000Z",
    "microseconds": "2026-03-14T12:05:00.123456Z",
    "nanoseconds": "2026-03-14T12:05:00.123456789Z",
    "ticks": "2026-03-14T12:05:00.1234567Z",
    "fraction-and-offset": "2026-03-14T12:05:00.5+00:00",
}

SPELLINGS: tuple[Mutation, ...] = (
    *(
        _edge(
            slug,
            f"NotOnOrAfter is written {time!r}.",
            TIME,
            setting(conditions, "NotOnOrAfter", time),
        )
        for slug, time in _SPELT.items()
    ),
    *(
        _edge(
            f"{place}-{slug}",
            f"The time {place} is written {_SPELT[slug]!r}.",
            TIME,
            setting(find, name, _SPELT[slug]),
        )
        for place, (find, name) in _PLACES.items()
        for slug in ("no-zone", "offset-one-hour", "word")
    ),
    *(
        _edge(slug, f"Harmless: both limits are written {time!r}.", ALICE, _limits(time))
        for slug, time in _FINE.items()
    ),
)
