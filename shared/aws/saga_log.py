"""The saga log on DynamoDB: one item a trip, so that keeping a fact and reading all the others is one call.

A trip lies at pk `TRIP#<trip id>`, sk `TRIP`: an attribute `FACT#<event id>` for each fact, and the summary. The sparse
index `board` holds the summaries: `OPEN#<shard>` by due time, `ENDED#<day>` by the time of the end. A rejection lies at
pk `REQUEST#<request id>`, for a client that knows only the event it put, and at `REJECTION#<request id>` under its trip.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

import msgspec

from shared.aws.clients import understanding
from shared.observer.standing import Known, Rejection, Summary
from shared.saga.timeline import Noted

SHARDS = 4
"""Open trips are spread over as many index partitions: one partition takes about 1,000 writes a second."""
DUE_AT_ONCE = 250
"""Overdue trips looked at in one tick, in each shard: the most overdue ones. The index gives 1 MB a page, some 500 of them."""

FACT, REJECTION = "FACT#", "REJECTION#"

Item = Mapping[str, Any]


class DynamoSagaLog:
    """`SagaLog` on one table. `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def note(self, fact: Noted) -> Known:
        answer = self._call(
            "update_item",
            Key=_trip_key(fact.trip_id),
            UpdateExpression="SET #fact = if_not_exists(#fact, :fact)",
            ExpressionAttributeNames={"#fact": f"{FACT}{fact.event_id}"},
            ExpressionAttributeValues={":fact": _text(fact)},
            ReturnValues="ALL_NEW",
        )
        return _known(answer["Attributes"])

    def note_rejection(self, rejection: Rejection) -> None:
        self._put_once(f"REQUEST#{rejection.request_id}", REJECTION, rejection)
        if rejection.trip_id:
            self._put_once(_trip(rejection.trip_id), f"{REJECTION}{rejection.request_id}", rejection)

    def recall(self, trip_id: str) -> Known:
        answer = self._call("get_item", Key=_trip_key(trip_id), ConsistentRead=True)
        return _known(answer.get("Item", {}))

    def rejections(self, trip_id: str) -> list[Rejection]:
        """The requests for this trip that were rejected."""
        values = {":pk": {"S": _trip(trip_id)}, ":sk": {"S": REJECTION}}
        answer = self._call(
            "query",
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )
        return [msgspec.json.decode(item["value"]["S"], type=Rejection) for item in answer["Items"]]

    def rejection(self, request_id: str) -> Rejection | None:
        """The rejection of the request that an event carried."""
        key = {"pk": {"S": f"REQUEST#{request_id}"}, "sk": {"S": REJECTION}}
        item = self._call("get_item", Key=key, ConsistentRead=True).get("Item")
        return msgspec.json.decode(item["value"]["S"], type=Rejection) if item else None

    def enter(self, summary: Summary) -> None:
        board = f"OPEN#{crc32(summary.trip_id.encode()) % SHARDS}" if summary.open else f"ENDED#{summary.due:%Y-%m-%d}"
        with suppress(self._client.exceptions.ConditionalCheckFailedException):  # someone knows more
            self._call(
                "update_item",
                Key=_trip_key(summary.trip_id),
                UpdateExpression="SET summary = :summary, board = :board, due = :due, seen = :seen",
                ConditionExpression="attribute_not_exists(seen) OR seen <= :seen",
                ExpressionAttributeValues={
                    ":summary": _text(summary),
                    ":board": {"S": board},
                    ":due": {"S": _moment(summary.due)},
                    ":seen": {"N": str(summary.seen)},
                },
            )

    def due(self, now: datetime) -> list[Summary]:
        found = [
            summary for shard in range(SHARDS) for summary in self._board(f"OPEN#{shard}", limit=DUE_AT_ONCE, until=now)
        ]
        return sorted(found, key=lambda summary: summary.due)

    def recent(self, now: datetime, limit: int, days: int = 2) -> list[Summary]:
        """Open trips and those that ended on these last days (UTC), the newest first."""
        boards = [f"OPEN#{shard}" for shard in range(SHARDS)] + [
            f"ENDED#{now.astimezone(UTC) - timedelta(days=day):%Y-%m-%d}" for day in range(days)
        ]
        found = [summary for board in boards for summary in self._board(board, limit=limit)]
        return sorted(found, key=lambda summary: summary.requested_at, reverse=True)[:limit]

    def _board(self, board: str, *, limit: int, until: datetime | None = None) -> list[Summary]:
        values = {":board": {"S": board}, **({":now": {"S": _moment(until)}} if until else {})}
        answer = self._call(
            "query",
            IndexName="board",
            KeyConditionExpression="board = :board" + (" AND due <= :now" if until else ""),
            ExpressionAttributeValues=values,
            ScanIndexForward=until is not None,
            Limit=limit,
        )
        return [msgspec.json.decode(item["summary"]["S"], type=Summary) for item in answer["Items"]]

    def _put_once(self, pk: str, sk: str, value: msgspec.Struct) -> None:
        with suppress(self._client.exceptions.ConditionalCheckFailedException):  # kept before
            item = {"pk": {"S": pk}, "sk": {"S": sk}, "value": _text(value)}
            self._call("put_item", Item=item, ConditionExpression="attribute_not_exists(pk)")

    def _call(self, operation: str, **arguments: Any) -> Any:
        with understanding():
            return getattr(self._client, operation)(TableName=self._table, **arguments)


def _trip(trip_id: str) -> str:
    return f"TRIP#{trip_id}"


def _trip_key(trip_id: str) -> dict[str, Any]:
    return {"pk": {"S": _trip(trip_id)}, "sk": {"S": "TRIP"}}


def _known(item: Item) -> Known:
    facts = (msgspec.json.decode(value["S"], type=Noted) for name, value in item.items() if name.startswith(FACT))
    summary = msgspec.json.decode(item["summary"]["S"], type=Summary) if "summary" in item else None
    return Known(tuple(facts), summary)


def _text(value: msgspec.Struct) -> dict[str, str]:
    return {"S": msgspec.json.encode(value).decode()}


def _moment(moment: datetime) -> str:
    """Fixed width, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
