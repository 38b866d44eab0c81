"""Bringing a stack's files into their bucket, unless they are there."""

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

from botocore.exceptions import ClientError

from sandbox.engine.assembly import Asset
from sandbox.engine.clients import Clients

_OLD_ENOUGH = (1980, 1, 1, 0, 0, 0)


def upload(clients: Clients, asset: Asset) -> bool:
    """Upload the asset unless its bucket has it; True if it was uploaded. Keys name contents."""
    s3 = clients.client("s3")
    try:
        s3.head_object(Bucket=asset.bucket, Key=asset.key)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey"):
            raise
    else:
        return False
    body = zipped(asset.source) if asset.zipped else asset.source.read_bytes()
    s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=body)
    return True


def zipped(folder: Path) -> bytes:
    """The folder as a zip: same bytes for same files, executables stay executable."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(_files(folder)):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _OLD_ENOUGH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = path.stat().st_mode << 16
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    for directory, _, names in os.walk(folder, followlinks=True):
        yield from (Path(directory, name) for name in names)
