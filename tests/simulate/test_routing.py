"""Routes look events up by what the rules read of them, and send them where the rules do."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from infra.catalog import CATALOG
from infra.matching import heard_by
from infra.rules import all_rules
from infra.stages import named
from sandbox.memory.routing import routes_of
from sandbox.world import Inbox

TYPES = [*CATALOG.senders("travel.client"), "HotelBookd"]
SOURCES = ["travel.client", "travel.trip", "travel.orchestrator", *(who.source for who in CATALOG.participants)]
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 1, 1.0, 0, "", "orchestration", "choreography", [], [1], {}, 20, 30]
)
METADATA = st.dictionaries(st.sampled_from(["mode", "leg", "pivot", "asked"]), ODD)
DETAIL = st.fixed_dictionaries({}, optional={"mode": ODD, "metadata": st.one_of(METADATA, ODD)})


@given(st.sampled_from(SOURCES), st.sampled_from(TYPES), st.one_of(DETAIL, ODD))
def test_an_event_goes_where_the_rules_send_it(source: str, detail_type: str, detail: Any) -> None:
    """Whatever was looked up before: true is not 1, nothing is not null."""
    event = {"source": source, "detail-type": detail_type, "detail": detail}
    for stage in map(named, ("local", "local-reverse")):
        wanted = [Inbox(rule.service, rule.role) for rule in heard_by(all_rules(CATALOG, stage), event)]
        assert [*routes_of(stage).inboxes(event)] == wanted
