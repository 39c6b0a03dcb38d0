"""The audit log: what a line is made of, and which handlers write one."""

import json
import re
from datetime import UTC, datetime

import pytest
from jupyterhub.handlers.login import LogoutHandler
from tornado.web import HTTPError, StaticFileHandler

from hub.audit import LONGEST, Audited, AuditedLogout, Event, audited, is_refusal, line, reason_of
from hub.failures import Refusal, StartError

KEYS = ["audit", "time", "user", "by", "server", "address", "reason", "profile", "image"]
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def test_a_line_holds_every_key_once_and_in_order() -> None:
    assert line(Event(audit="login", user="ada", by="ada", address="10.0.0.1"), NOW) == (
        '{"audit": "login", "time": "2026-01-02T03:04:05.678+00:00", "user": "ada", "by": "ada", "server": null, '
        '"address": "10.0.0.1", "reason": null, "profile": null, "image": null}'
    )


@pytest.mark.parametrize("name", ['x\n{"audit": "login"}', "x\r\u2028\x1b[2J", '"', "a" * 10_000])
def test_nobody_writes_a_line_of_their_own(name: str) -> None:
    written = line(Event(audit="login_refused", user=name), NOW)
    assert re.fullmatch(r"[ -~]+", written)
    assert json.loads(written)["user"] == name[:LONGEST]


@pytest.mark.parametrize(
    ("error", "refused", "reason"),
    [
        (HTTPError(429, "Too many of %s", "you"), True, "Too many of you"),
        (HTTPError(403), True, "HTTP 403: Forbidden"),
        (HTTPError(500, "100% broken"), False, "100% broken"),
        (Refusal("home", "your home is not there", 409), True, "your home is not there"),
        (StartError("no node has room for it"), False, "Your server did not start: no node has room for it."),
        (RuntimeError("ada pending spawn"), True, "ada pending spawn"),
        (TimeoutError(), False, "TimeoutError"),
    ],
)
def test_a_refusal_is_told_from_a_failure(error: Exception, refused: bool, reason: str) -> None:
    assert is_refusal(error) is refused
    assert reason_of(error) == reason


def test_a_handler_keeps_the_name_that_metrics_know_it_by() -> None:
    found = audited(LogoutHandler)
    assert issubclass(found, AuditedLogout)
    assert (found.__module__, found.__name__) == (LogoutHandler.__module__, LogoutHandler.__name__)
    assert not issubclass(audited(StaticFileHandler), Audited)
    assert audited(LogoutHandler) is found
