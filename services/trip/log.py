"""The saga log on DynamoDB.

A trip's notes lie at pk `TRIP#<trip id>`: facts at sk `FACT#<event id>`, rejections at `REJECTION#<request id>`, the
summary at `SUMMARY`. A rejection lies at pk `REQUEST#<request id>` too, for a client that knows only the event it put.
The sparse index `board` holds summaries only: `OPEN#<shard>` by due time, `ENDED#<day>` by the time of the end.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zlib import crc32

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from services.trip.domain import Known, Rejection, Summary
from shared.aws.clients import understood
from shared.saga.timeline import Noted

SHARDS = 4
"""Open trips are spread over as many index partitions: one partition takes about 1,000 writes a second."""
DUE_AT_ONCE = 250
"""Overdue trips looked at in one tick, in each shard: the most overdue ones. The index gives 1 MB a page, some 500 of them."""

Item = Mapping[str, Any]
T = TypeVar("T")


class DynamoSagaLog:
    """`SagaLog` on one table. `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def note(self, fact: Noted) -> Known:
        self._put_once(_trip(fact.trip_id), f"FACT#{fact.event_id}", fact)
        return self.recall(fact.trip_id)

    def note_rejection(self, rejection: Rejection) -> None:
        self._put_once(f"REQUEST#{rejection.request_id}", "REJECTION", rejection)
        if rejection.trip_id:
            self._put_once(_trip(rejection.trip_id), f"REJECTION#{rejection.request_id}", rejection)

    def recall(self, trip_id: str) -> Known:
        items = list(self._of_trip(trip_id))
        summary = next((_value(item, Summary) for item in items if item["sk"]["S"] == "SUMMARY"), None)
        return Known(tuple(_value(item, Noted) for item in items if item["sk"]["S"].startswith("FACT#")), summary)

    def rejections(self, trip_id: str) -> list[Rejection]:
        """The requests for this trip that were rejected."""
        return [_value(item, Rejection) for item in self._of_trip(trip_id) if item["sk"]["S"].startswith("REJECTION#")]

    def rejection(self, request_id: str) -> Rejection | None:
        """The rejection of the request that an event carried."""
        item = self._call(
            "get_item", Key={"pk": {"S": f"REQUEST#{request_id}"}, "sk": {"S": "REJECTION"}}, ConsistentRead=True
        ).get("Item")
        return _value(item, Rejection) if item else None

    def enter(self, summary: Summary) -> None:
        item = _item(_trip(summary.trip_id), "SUMMARY", summary)
        board = f"OPEN#{crc32(summary.trip_id.encode()) % SHARDS}" if summary.open else f"ENDED#{summary.due:%Y-%m-%d}"
        with suppress(self._client.exceptions.ConditionalCheckFailedException):  # someone knows more
            self._call(
                "put_item",
                Item={
                    **item,
                    "board": {"S": board},
                    "due": {"S": _moment(summary.due)},
                    "seen": {"N": str(summary.seen)},
                },
                ConditionExpression="attribute_not_exists(pk) OR seen <= :seen",
                ExpressionAttributeValues={":seen": {"N": str(summary.seen)}},
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
        return [_value(item, Summary) for item in answer["Items"]]

    def _of_trip(self, trip_id: str) -> Iterator[Item]:
        more: dict[str, Any] = {}
        while True:
            page = self._call(
                "query",
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": _trip(trip_id)}},
                ConsistentRead=True,
                **more,
            )
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _put_once(self, pk: str, sk: str, value: msgspec.Struct) -> None:
        with suppress(self._client.exceptions.ConditionalCheckFailedException):  # kept before
            self._call("put_item", Item=_item(pk, sk, value), ConditionExpression="attribute_not_exists(pk)")

    def _call(self, operation: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, operation)(TableName=self._table, **arguments)
        except self._client.exceptions.ConditionalCheckFailedException:
            raise
        except (ClientError, BotoCoreError) as error:
            raise understood(error) from error


def _trip(trip_id: str) -> str:
    return f"TRIP#{trip_id}"


def _moment(moment: datetime) -> str:
    """Fixed width, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _item(pk: str, sk: str, value: msgspec.Struct) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}, "value": {"S": msgspec.json.encode(value).decode()}}


def _value(item: Item, kind: type[T]) -> T:
    return msgspec.json.decode(item["value"]["S"], type=kind)
