"""How long a reason may stay before waiting is pointless, and how often it is said."""

from dataclasses import replace

from deploy.rollout import Patience
from deploy.verdict import Verdict, Workload

HUB = Workload("Deployment", "here", "hub")
MISSING = Verdict("its Secret is missing", patience=20)
PROBE = Verdict("its probe fails")


def patience(*seen: tuple[float, Verdict]) -> Patience:
    made = Patience(begun=0)
    for now, verdict in seen:
        made.see({HUB: verdict}, now)
    return made


def test_a_reason_that_stays_ends_the_wait() -> None:
    assert patience((0, MISSING), (19, MISSING)).lost(19) == {}
    assert patience((0, MISSING), (20, MISSING)).lost(20) == {HUB: MISSING}


def test_a_reason_that_went_and_came_back_begins_anew() -> None:
    assert patience((0, MISSING), (10, PROBE), (15, MISSING)).lost(30) == {}


def test_what_may_pass_ends_the_wait_at_the_limit_only() -> None:
    waiting = patience((0, PROBE), (599, PROBE))
    assert waiting.lost(600) == {}
    assert waiting.lost(601) == {HUB: PROBE}


def test_a_reason_is_said_when_it_is_new_and_then_now_and_then() -> None:
    said = patience((0, PROBE))
    assert said.worth_saying(0) == [HUB]
    assert said.worth_saying(14) == []
    assert said.worth_saying(15) == [HUB]
    said.see({HUB: MISSING}, 16)
    assert said.worth_saying(16) == [HUB]


def test_what_was_broken_before_the_work_began_is_forgiven_until_the_work_touches_it() -> None:
    broken = Verdict("keeps ending", patience=0, generation=3)
    waiting = Patience(begun=0, forgives_the_first=True)
    waiting.see({HUB: broken}, 0)
    assert waiting.lost(500) == {}
    waiting.see({HUB: replace(broken, generation=4)}, 500)
    assert waiting.lost(500) == {HUB: broken}
