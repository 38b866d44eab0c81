"""Stages and names are data that can be trusted before anything is deployed."""

import subprocess
import sys

import pytest

from infra.catalog import CATALOG
from infra.names import Names, dead_letters
from infra.rules import all_rules
from infra.stages import BASES, LOCAL, PROD, named
from infra.units import OBSERVER_UNITS, ORCHESTRATOR_UNITS, PARTICIPANT_UNITS


def test_a_name_after_a_base_gives_a_second_stage_beside_it() -> None:
    """`dev-ada` is dev under another name; nothing of dev's own is shared with it."""
    ada = named("dev-ada")
    assert (ada.name, ada.platform) == ("dev-ada", BASES["dev"].platform)
    assert ada.compensation == "parallel"


def test_the_word_reverse_chooses_the_reverse_order() -> None:
    """The variant is a deployment's choice, so both orders can run on one engine."""
    assert named("local-reverse").compensation == "reverse"
    assert named("dev-ada-reverse").compensation == "reverse"
    assert named("local").compensation == "parallel"


@pytest.mark.parametrize("name", ["", "test", "prd", "local_x", "local-", "dev-Ada", "dev-" + "x" * 20])
def test_a_name_that_cannot_be_a_stage_is_refused(name: str) -> None:
    """Unknown bases and names that AWS would refuse later fail here, with a sentence."""
    with pytest.raises(ValueError, match="stage"):
        named(name)


def test_only_production_refuses_faults_and_unlisted_stock() -> None:
    """What is handy on a laptop must not be possible where bookings are real."""
    assert not PROD.fault_injection
    assert PROD.unlisted_stock == "0"
    assert PROD.protects_data
    assert all(not BASES[name].protects_data and BASES[name].fault_injection for name in ("local", "dev"))


def test_the_longest_names_fit_what_aws_allows() -> None:
    """64 characters for functions and rules, 80 for queues, even in the stage with the longest name."""
    stage = named("dev-" + "x" * 16)
    names = Names(stage.name)
    units = [
        (who, unit) for who in CATALOG.services for unit in (*PARTICIPANT_UNITS, *OBSERVER_UNITS, *ORCHESTRATOR_UNITS)
    ]
    assert max(len(names.function(who, unit.role)) for who, unit in units) <= 64
    assert max(len(dead_letters(names.queue(who, unit.role))) for who, unit in units) <= 80
    rules = [names.rule(rule.service, rule.role, rule.purpose) for rule in all_rules(CATALOG, stage)]
    assert max(map(len, rules)) <= 64
    assert len(names.machine) <= 80


def test_two_stages_share_no_name() -> None:
    """They live side by side in one account and on one engine."""
    one, two = Names("local"), Names("local-reverse")
    for name in ("bus", "archive", "alarm_topic", "quarantine", "metrics_namespace", "machine"):
        assert getattr(one, name) != getattr(two, name)
    assert one.table("hotel") != two.table("hotel")


def test_the_data_needs_no_cdk() -> None:
    """The command, the docs and the in-memory world read it without starting Node."""
    modules = (
        "stages",
        "names",
        "catalog",
        "rules",
        "matching",
        "units",
        "machine",
        "asl",
        "settings",
        "packaging",
        "synth",
    )
    code = "import sys\n" + "".join(f"import infra.{name}\n" for name in modules)
    code += "sys.exit('aws_cdk' in sys.modules or 'jsii' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_retries_follow_the_protocol() -> None:
    """At least ten receives before a message is given up; hidden for six times the timeout."""
    for stage in BASES.values():
        assert stage.max_receives >= 10
        assert stage.visibility_seconds >= 6 * stage.timeout_seconds
    assert "AWS::Events::Archive" in LOCAL.leaves_out
    assert not PROD.leaves_out
