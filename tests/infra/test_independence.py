"""Services are deployed one by one, in any order; production guards what a destroy would take."""

from infra.catalog import CATALOG, ORCHESTRATOR
from infra.stages import LOCAL, named
from tests.infra.conftest import templates_of
from tests.infra.templates import Template, Templates, plain, strings


def test_a_stage_is_the_platform_and_a_stack_per_service(stage_name: str, templates: list[Template]) -> None:
    """Nothing else, named so that nobody has to look them up."""
    expected = {f"wayfare-{stage_name}-{name}" for name in ("platform", *CATALOG.services)}
    assert {template.stack for template in templates} == expected


def test_no_stack_imports_or_exports_anything(templates: list[Template]) -> None:
    """An export that is in use cannot be changed or deleted: names by convention can."""
    for template in templates:
        assert "Fn::ImportValue" not in template.text
        assert "Outputs" not in template.body
        assert set(template.body.get("Parameters", {})) == {"BootstrapVersion"}


def test_synth_needs_no_account(templates: list[Template], stage_name: str) -> None:
    """Account and region are left to whoever deploys, except on the local engine, which has one of each."""
    if stage_name == "local":
        assert "000000000000" in "".join(template.text for template in templates)
    else:
        assert not any("000000000000" in template.text or "us-east-1" in template.text for template in templates)


def test_each_service_runs_its_own_code(templates: list[Template]) -> None:
    """One asset per service, shared by its functions and by nobody else's."""
    assets = {
        template.stack: {function.properties["Code"]["S3Key"] for function in template.all("AWS::Lambda::Function")}
        for template in templates
        if not template.stack.endswith("-platform")
    }
    assert all(len(keys) == 1 for keys in assets.values())
    assert len(set.union(*assets.values())) == len(assets)


def test_a_function_is_explicit_about_what_it_needs(stage_name: str, templates: list[Template]) -> None:
    """Runtime, architecture, memory, timeout, tracing; nothing is left to a default that may change."""
    stage = named(stage_name)
    for template in templates:
        for function in template.all("AWS::Lambda::Function"):
            properties = function.properties
            assert properties["Runtime"] == stage.platform.runtime
            assert properties["Architectures"] == [stage.platform.architecture]
            assert properties["MemorySize"] == stage.memory_mb
            assert properties["Timeout"] == stage.timeout_seconds
            assert properties["TracingConfig"] == {"Mode": "Active"}


def test_functions_know_their_neighbours_from_settings_only(local: Templates) -> None:
    """So that a participant's code does not change when another one joins."""
    after = {}
    for name in ("hotel", "flight", "car"):
        for function in local[f"wayfare-local-{name}"].all("AWS::Lambda::Function"):
            variables = function.properties["Environment"]["Variables"]
            assert variables["WAYFARE_TABLE"] == f"wayfare-local-{name}"
            assert variables["WAYFARE_BUS"] == "wayfare-local"
            called = function.properties["FunctionName"].endswith(("-stock", "-task"))
            assert ("WAYFARE_QUEUE_URL" in variables) is not called
            after[name] = variables["WAYFARE_AFTER"]
    assert after == {"hotel": "", "flight": "hotel:10", "car": "flight:20"}
    for function in local["wayfare-local-trip"].all("AWS::Lambda::Function"):
        legs = function.properties["Environment"]["Variables"]["WAYFARE_LEGS"]
        assert legs == '{"hotel":10,"flight":20,"car":30}'
    (starter,) = local["wayfare-local-orchestrator"].all("AWS::Lambda::Function")
    variables = starter.properties["Environment"]["Variables"]
    assert plain(variables["WAYFARE_MACHINE"]).endswith(":stateMachine:wayfare-local-orchestrator")
    assert not {"WAYFARE_TABLE", "WAYFARE_LEGS", "WAYFARE_AFTER"} & set(variables)


def test_local_lacks_what_its_engine_lacks_and_nothing_else(local: Templates, prod: Templates) -> None:
    """The templates that run on a laptop are the ones that run on AWS."""
    for name, template in prod.items():
        mine = local[name.replace("-prod-", "-local-")]
        assert mine.types() <= template.types()
        assert template.types() - mine.types() <= set(LOCAL.leaves_out)
    assert "AWS::Events::Archive" in prod["wayfare-prod-platform"].types()


def test_every_table_can_be_restored_to_any_second(templates: list[Template]) -> None:
    """And is billed by use; the observer's has the board of open trips. The orchestrator keeps none: executions are its records."""
    tables = [table for template in templates for table in template.all("AWS::DynamoDB::Table")]
    kept = {table.properties["TableName"].rpartition("-")[2] for table in tables}
    assert kept == set(CATALOG.services) - {ORCHESTRATOR}
    for table in tables:
        assert table.properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table.properties["BillingMode"] == "PAY_PER_REQUEST"
    (index,) = [index for table in tables for index in table.properties.get("GlobalSecondaryIndexes", [])]
    assert index["IndexName"] == "board"
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["summary"]}


def test_production_keeps_what_may_hold_a_trip(prod: Templates) -> None:
    """Tables, queues with waiting messages and the archive outlive their stack."""
    kept = ("AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Events::Archive")
    for template in prod.values():
        for resource in template.all():
            if resource.type in kept:
                assert resource.body["DeletionPolicy"] == resource.body["UpdateReplacePolicy"] == "Retain"
        for table in template.all("AWS::DynamoDB::Table"):
            assert table.properties["DeletionProtectionEnabled"] is True


def test_elsewhere_nothing_is_left_behind(local: Templates) -> None:
    """A stage to play in goes away completely."""
    for template in local.values():
        assert not any(resource.body.get("DeletionPolicy") == "Retain" for resource in template.all())


def test_the_reverse_order_is_a_matter_of_rules_only() -> None:
    """Same code, same queues, same permissions: the orders can be compared honestly."""
    plain, reverse = templates_of("local"), templates_of("local-reverse")
    for stack, template in plain.items():
        other = reverse[stack.replace("-local-", "-local-reverse-")]
        ours = {each.id: each for each in template.all()}
        theirs = {each.id: each for each in other.all()}
        differing = ours.keys() ^ theirs.keys()
        assert {(ours | theirs)[name].type for name in differing} <= {"AWS::Events::Rule"}
        for name in ours.keys() & theirs.keys():
            assert ours[name].type == theirs[name].type
            if ours[name].type == "AWS::Lambda::Function":
                assert ours[name].properties["Code"] == theirs[name].properties["Code"]


def test_no_name_of_one_stage_appears_in_another(prod: Templates) -> None:
    """Two stages in one account share nothing."""
    for template in prod.values():
        for text in strings(template.body["Resources"]):
            assert "wayfare-local" not in text
            assert "wayfare-dev" not in text
