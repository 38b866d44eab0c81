"""A message is never lost on the way: how rules, queues and functions are joined, in every stage."""

from infra.catalog import CATALOG
from infra.rules import all_rules
from infra.stages import named
from tests.infra.templates import Template, listed, plain


def test_every_rule_feeds_one_queue_with_a_retry_policy_and_that_queues_dead_letters(
    templates: list[Template],
) -> None:
    """EventBridge retries for a day, then puts the event where people look; it never calls a function."""
    for template in templates:
        for rule in template.all("AWS::Events::Rule"):
            (target,) = rule.properties["Targets"]
            queue_id, dead_id = (
                target["Arn"]["Fn::GetAtt"][0],
                target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0],
            )
            redrive = template.queue(queue_id)["RedrivePolicy"]["deadLetterTargetArn"]
            assert redrive["Fn::GetAtt"][0] == dead_id
            assert target["RetryPolicy"] == {
                "MaximumEventAgeInSeconds": 86400,
                "MaximumRetryAttempts": 185,
            }


def test_the_deployed_patterns_are_the_catalogues(stage_name: str, templates: list[Template]) -> None:
    """What the in-memory world and the docs use is what is deployed, to the letter."""
    deployed = {
        rule.properties["Name"]: rule.properties["EventPattern"]
        for template in templates
        for rule in template.all("AWS::Events::Rule")
        if "EventPattern" in rule.properties
    }
    stage = named(stage_name)
    meant = {
        f"wayfare-{stage_name}-{rule.service}-{rule.role}-{rule.purpose}": rule.pattern
        for rule in all_rules(CATALOG, stage)
    }
    assert deployed == meant


def test_a_queue_lets_in_its_own_rules_and_nobody_else(templates: list[Template]) -> None:
    """And its dead-letter queue the same ones, or EventBridge could not put anything there."""
    for template in templates:
        admitted: dict[str, set[str]] = {}
        for policy in template.all("AWS::SQS::QueuePolicy"):
            (queue,) = policy.properties["Queues"]
            for statement in policy.properties["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
                    arns = listed(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
                    admitted.setdefault(queue["Ref"], set()).update(plain(arn).split("/")[-1] for arn in arns)
        wanted: dict[str, set[str]] = {}
        for rule in template.all("AWS::Events::Rule"):
            (target,) = rule.properties["Targets"]
            for arn in (target["Arn"], target["DeadLetterConfig"]["Arn"]):
                wanted.setdefault(arn["Fn::GetAtt"][0], set()).add(rule.properties["Name"])
        assert admitted == wanted


def test_queues_are_encrypted_and_speak_tls_only(templates: list[Template]) -> None:
    """Every one, dead-letter queues included."""
    for template in templates:
        guarded = set()
        for policy in template.all("AWS::SQS::QueuePolicy"):
            for statement in policy.properties["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Deny":
                    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
                    assert statement["Principal"] == {"AWS": "*"}
                    guarded |= {queue["Ref"] for queue in policy.properties["Queues"]}
        queues = template.all("AWS::SQS::Queue")
        assert guarded == {queue.id for queue in queues}
        assert all(queue.properties["SqsManagedSseEnabled"] is True for queue in queues)


def test_a_queue_gives_up_late_and_its_dead_letters_stay_two_weeks(
    templates: list[Template],
) -> None:
    """At least ten receives; the dead-letter queue keeps longer than the queue (the clock runs on)."""
    for template in templates:
        for queue in template.all("AWS::SQS::Queue"):
            if queue.properties["QueueName"].endswith("-dlq"):
                assert queue.properties["MessageRetentionPeriod"] == 14 * 86400
            else:
                assert queue.properties["RedrivePolicy"]["maxReceiveCount"] >= 10
                assert queue.properties["MessageRetentionPeriod"] < 14 * 86400


def test_a_message_stays_hidden_six_times_as_long_as_its_function_may_run(
    stage_name: str, templates: list[Template]
) -> None:
    """And mappings report failures one by one, ten at a time, with a bound on concurrency."""
    for template in templates:
        functions = {function.id: function.properties for function in template.all("AWS::Lambda::Function")}
        mappings = template.all("AWS::Lambda::EventSourceMapping")
        for mapping in mappings:
            queue = template.queue(mapping.properties["EventSourceArn"]["Fn::GetAtt"][0])
            function = functions[mapping.properties["FunctionName"]["Ref"]]
            assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
            assert function["FunctionName"] == queue["QueueName"]
            assert mapping.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
            assert mapping.properties["BatchSize"] == 10
            scaling = mapping.properties["ScalingConfig"]
            assert scaling == {"MaximumConcurrency": named(stage_name).maximum_concurrency}


def test_the_watch_is_fed_once_a_minute(templates: list[Template]) -> None:
    """By a schedule, through the same kind of queue as everything else."""
    (trip,) = [template for template in templates if template.stack.endswith("-trip")]
    (schedule,) = [rule for rule in trip.all("AWS::Events::Rule") if "ScheduleExpression" in rule.properties]
    assert schedule.properties["ScheduleExpression"] == "rate(1 minute)"
    (target,) = schedule.properties["Targets"]
    assert trip.queue(target["Arn"]["Fn::GetAtt"][0])["QueueName"].endswith("-trip-watch")


def test_executions_are_fed_through_a_queue_of_their_own(stage_name: str, templates: list[Template]) -> None:
    """No rule starts one: it could not be named after its trip."""
    (stack,) = [template for template in templates if template.stack.endswith("-orchestrator")]
    (rule,) = stack.all("AWS::Events::Rule")
    (target,) = rule.properties["Targets"]
    queue = stack.queue(target["Arn"]["Fn::GetAtt"][0])
    assert queue["QueueName"] == f"wayfare-{stage_name}-orchestrator-start"
    assert "RoleArn" not in target


def test_whatever_is_given_up_or_late_calls_somebody(templates: list[Template]) -> None:
    """Each dead-letter queue, queue and function has its alarms, all to the stage's topic."""
    for template in templates:
        alarms = template.all("AWS::CloudWatch::Alarm")
        watched = {
            (alarm.properties["MetricName"], plain(alarm.properties["Dimensions"][0]["Value"])) for alarm in alarms
        }
        for queue in template.all("AWS::SQS::Queue"):
            name = queue.properties["QueueName"]
            metric = "NumberOfMessagesVisible" if name.endswith("-dlq") else "AgeOfOldestMessage"
            assert (f"Approximate{metric}", name) in watched
        for function in template.all("AWS::Lambda::Function"):
            name = function.properties["FunctionName"]
            assert {("Errors", name), ("Throttles", name)} <= watched
        for machine in template.all("AWS::StepFunctions::StateMachine"):
            arns = [dimension for metric, dimension in watched if metric == "ExecutionsTimedOut"]
            assert [arn.rpartition(":")[2] for arn in arns] == [machine.properties["StateMachineName"]]
        for alarm in alarms:
            (action,) = alarm.properties["AlarmActions"]
            assert plain(action).endswith("-alarms")


def test_the_quarantine_and_the_oldest_open_trip_are_watched(templates: list[Template]) -> None:
    """A misspelt event and a trip without an outcome are both somebody's business."""
    named_alarms = {
        (alarm.properties["MetricName"], plain(alarm.properties["Dimensions"][0]["Value"]))
        for template in templates
        for alarm in template.all("AWS::CloudWatch::Alarm")
    }
    assert ("OldestOpenTrip", "trip") in named_alarms
    assert any(name.endswith("-quarantine") and "Visible" in metric for metric, name in named_alarms)
