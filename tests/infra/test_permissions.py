"""Least privilege, read from the synthesised roles."""

from collections.abc import Iterator
from typing import Any

from infra.catalog import CATALOG
from tests.infra.templates import Resource, Template, listed, plain

DECIDE = {"dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
TABLE_ACTIONS = {
    "book": DECIDE,
    "compensate": DECIDE,
    "stock": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan"},
    "observe": {"dynamodb:PutItem", "dynamodb:UpdateItem"},
    "watch": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
    "task": DECIDE,
    "start": set[str](),
}
CALLED = ("-stock", "-task")
"""Functions without a queue: their callers wait for the answer."""
# Wildcards that remain, and why nothing narrower works.
STARS = {
    "xray:PutTelemetryRecords": "X-Ray has no resource to name",
    "xray:PutTraceSegments": "X-Ray has no resource to name",
    "logs:CreateLogStream": "Lambda makes up the names of streams in the function's own group",
    "logs:PutLogEvents": "Lambda makes up the names of streams in the function's own group",
    "xray:GetSamplingRules": "X-Ray has no resource to name",
    "xray:GetSamplingTargets": "X-Ray has no resource to name",
    "logs:CreateLogDelivery": "log delivery has no resource to name",
    "logs:DeleteLogDelivery": "log delivery has no resource to name",
    "logs:DescribeLogGroups": "log delivery has no resource to name",
    "logs:DescribeResourcePolicies": "log delivery has no resource to name",
    "logs:GetLogDelivery": "log delivery has no resource to name",
    "logs:ListLogDeliveries": "log delivery has no resource to name",
    "logs:PutResourcePolicy": "log delivery has no resource to name",
    "logs:UpdateLogDelivery": "log delivery has no resource to name",
    "states:DescribeExecution": "executions of the one machine are named after trips",
}


def roles(template: Template) -> dict[str, Resource]:
    """Each function's role, by the function's name."""
    by_id = {role.id: role for role in template.all("AWS::IAM::Role")}
    return {
        function.properties["FunctionName"]: by_id[function.properties["Role"]["Fn::GetAtt"][0]]
        for function in template.all("AWS::Lambda::Function")
    }


def machines(template: Template) -> dict[str, Resource]:
    """Each state machine's role, by the machine's name."""
    by_id = {role.id: role for role in template.all("AWS::IAM::Role")}
    return {
        machine.properties["StateMachineName"]: by_id[machine.properties["RoleArn"]["Fn::GetAtt"][0]]
        for machine in template.all("AWS::StepFunctions::StateMachine")
    }


def statements(role: Resource) -> Iterator[dict[str, Any]]:
    for policy in role.properties["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def granted(role: Resource, service: str) -> dict[str, set[str]]:
    """Resource to actions, for one AWS service."""
    found: dict[str, set[str]] = {}
    for statement in statements(role):
        for resource in listed(statement["Resource"]):
            actions = {action for action in listed(statement["Action"]) if action.startswith(f"{service}:")}
            if actions:
                found.setdefault(plain(resource), set()).update(actions)
    return found


def test_each_function_has_a_role_of_its_own_with_inline_policies_only(
    templates: list[Template],
) -> None:
    """No managed policy, no role for two, no role left over, no policy beside the roles."""
    for template in templates:
        used = [role.id for role in (*roles(template).values(), *machines(template).values())]
        assert len(used) == len(set(used))
        assert set(used) == {role.id for role in template.all("AWS::IAM::Role")}
        assert not template.all("AWS::IAM::Policy")
        assert not template.all("AWS::IAM::ManagedPolicy")
        assert not any("ManagedPolicyArns" in role.properties for role in template.all("AWS::IAM::Role"))


def test_a_function_touches_its_own_table_with_what_its_handler_needs(
    templates: list[Template],
) -> None:
    """Exactly these item actions; the watch reads the board besides."""
    for template in templates:
        for name, role in roles(template).items():
            service, _, duty = name.rpartition("-")
            tables = {arn.split(":table/")[1]: actions for arn, actions in granted(role, "dynamodb").items()}
            expected = {service: TABLE_ACTIONS[duty]} if TABLE_ACTIONS[duty] else {}
            if duty == "watch":
                expected[f"{service}/index/board"] = {"dynamodb:Query"}
            assert tables == expected


def test_events_are_put_on_the_one_bus_in_ones_own_name_only(stage_name: str, templates: list[Template]) -> None:
    """A hotel that says FlightBooked is refused by IAM; the stock function says nothing at all."""
    for template in templates:
        for name, role in roles(template).items():
            puts = [each for each in statements(role) if "events:PutEvents" in listed(each["Action"])]
            if name.endswith("-stock"):
                assert not puts
                continue
            (put,) = puts
            service = template.stack.removeprefix(f"wayfare-{stage_name}-")
            assert plain(put["Resource"]).endswith(f":event-bus/wayfare-{stage_name}")
            assert listed(put["Action"]) == ["events:PutEvents"]
            assert put["Condition"] == {"StringEquals": {"events:source": f"travel.{service}"}}


def test_a_function_takes_from_its_own_queue_and_sends_to_its_own_dead_letters_only(
    templates: list[Template],
) -> None:
    """It cannot feed another service, nor itself."""
    take = {
        f"sqs:{verb}"
        for verb in (
            "ReceiveMessage",
            "DeleteMessage",
            "GetQueueAttributes",
            "ChangeMessageVisibility",
        )
    }
    for template in templates:
        names = {queue.id: queue.properties["QueueName"] for queue in template.all("AWS::SQS::Queue")}
        for name, role in roles(template).items():
            queues = {names[arn.strip("<>")]: actions for arn, actions in granted(role, "sqs").items()}
            expected = {} if name.endswith(CALLED) else {name: take, f"{name}-dlq": {"sqs:SendMessage"}}
            assert queues == expected


def test_a_function_writes_to_its_own_log_group_only(stage_name: str, templates: list[Template]) -> None:
    """Named after it, with a retention."""
    for template in templates:
        groups = {group.properties["LogGroupName"]: group for group in template.all("AWS::Logs::LogGroup")}
        for name, role in roles(template).items():
            own = f"/wayfare/{stage_name}/{name.removeprefix(f'wayfare-{stage_name}-')}"
            (arn,) = granted(role, "logs")
            assert arn.endswith(f":log-group:{own}:*")
            assert groups[own].properties["RetentionInDays"] > 0


def test_the_state_machine_calls_the_tasks_and_hands_over_to_the_compensate_queues_only(
    stage_name: str, templates: list[Template]
) -> None:
    """Its stars are those of log delivery and X-Ray; it puts no event and touches no table."""
    ((name, role),) = [found for template in templates for found in machines(template).items()]
    assert name == f"wayfare-{stage_name}-orchestrator"
    assert role.properties["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "Service": "states.amazonaws.com"
    }
    legs = CATALOG.legs
    called = {arn.rpartition(":")[2]: actions for arn, actions in granted(role, "lambda").items()}
    assert called == {f"wayfare-{stage_name}-{leg}-task": {"lambda:InvokeFunction"} for leg in legs}
    queues = {arn.rpartition(":")[2]: actions for arn, actions in granted(role, "sqs").items()}
    others = [leg for leg in legs if leg != CATALOG.pivot.name]
    assert queues == {f"wayfare-{stage_name}-{leg}-compensate": {"sqs:SendMessage"} for leg in others}
    services = {action.partition(":")[0] for each in statements(role) for action in listed(each["Action"])}
    assert services == {"lambda", "sqs", "logs", "xray"}


def test_only_the_starter_starts_executions_and_only_of_its_own_stages_machine(
    stage_name: str, templates: list[Template]
) -> None:
    """It reads back what one was started with; it cannot stop one."""
    found = {name: granted(role, "states") for template in templates for name, role in roles(template).items()}
    machine = f"wayfare-{stage_name}-orchestrator"
    mine = {arn.partition(":states:")[2].partition(":")[2]: acts for arn, acts in found.pop(f"{machine}-start").items()}
    tails = {arn.partition(":")[2]: actions for arn, actions in mine.items()}
    assert tails == {
        f"stateMachine:{machine}": {"states:StartExecution"},
        f"execution:{machine}:*": {"states:DescribeExecution"},
    }
    assert not any(found.values())


def test_no_star_without_a_reason(templates: list[Template]) -> None:
    """No action is a wildcard, and only the listed ones act on more than a named resource."""
    for template in templates:
        for role in template.all("AWS::IAM::Role"):
            for statement in statements(role):
                actions = listed(statement["Action"])
                assert not any("*" in action for action in actions)
                if any("*" in plain(resource) for resource in listed(statement["Resource"])):
                    assert set(actions) <= set(STARS), actions


def test_the_alarm_topic_takes_this_stages_alarms_over_tls(templates: list[Template]) -> None:
    """A topic with a policy of its own has to let CloudWatch in by name."""
    (platform,) = [template for template in templates if template.stack.endswith("-platform")]
    (policy,) = platform.all("AWS::SNS::TopicPolicy")
    deny, allow = policy.properties["PolicyDocument"]["Statement"]
    assert deny["Effect"] == "Deny"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert "aws:SourceAccount" in allow["Condition"]["StringEquals"]
