"""Deploying and destroying stacks on the local engine."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sandbox.engine import assembly, assets, toolkit
from sandbox.engine.deploy import Deployer, DeployError
from sandbox.engine.engine import Engine
from tests.sandbox.chain import CHAIN, write_assembly


def queue(name: str, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, **properties}}


BROKEN = queue("broken", VisibilityTimeout=999_999)


@pytest.fixture
def deployer(engine: Engine) -> Deployer:
    return Deployer(engine.clients)


def visibility(engine: Engine, name: str) -> str:
    sqs = engine.clients.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    return attributes["Attributes"]["VisibilityTimeout"]


def changes(deployer: Deployer, folder: Path, **stacks: Any) -> list[str]:
    write_assembly(folder, **stacks)
    return [change.change for change in deployer.deploy(folder)]


def test_a_stack_is_created_then_unchanged_then_updated(engine: Engine, deployer: Deployer, tmp_path: Path) -> None:
    """Deploying says what it did, and does only what changed."""
    first = {"Q": queue("deploy-1", VisibilityTimeout=10)}
    second = {"Q": queue("deploy-1", VisibilityTimeout=20)}
    assert changes(deployer, tmp_path, one=first) == ["created"]
    assert changes(deployer, tmp_path, one=first) == ["unchanged"]
    assert changes(deployer, tmp_path, one=second) == ["updated"]
    assert visibility(engine, "deploy-1") == "20"


def test_one_stack_is_deployed_alone(engine: Engine, deployer: Deployer, tmp_path: Path) -> None:
    """Naming a stack touches no other."""
    write_assembly(tmp_path, alone={"Q": queue("deploy-2")}, other={"Q": queue("deploy-3")})
    heard: list[str] = []
    deployer.deploy(tmp_path, ["alone"], report=lambda change: heard.append(change.stack))
    assert heard == ["alone"]
    assert "alone" in deployer.stacks()
    assert "other" not in deployer.stacks()


def test_a_failed_creation_names_the_resource_and_can_be_repeated(
    engine: Engine, deployer: Deployer, tmp_path: Path
) -> None:
    """The error is one sentence; after the cause is gone the same command works."""
    write_assembly(tmp_path, phoenix={"Q": queue("deploy-4"), "Broken": BROKEN})
    with pytest.raises(DeployError, match=r"stack phoenix .*Broken \(AWS::SQS::Queue\) failed: .*43200"):
        deployer.deploy(tmp_path)
    assert changes(deployer, tmp_path, phoenix={"Q": queue("deploy-4")}) == ["created"]


def test_a_failed_update_names_the_resource_and_keeps_the_old_stack(
    engine: Engine, deployer: Deployer, tmp_path: Path
) -> None:
    """What ran before still runs."""
    old = {"Q": queue("deploy-5", VisibilityTimeout=10)}
    assert changes(deployer, tmp_path, steady=old) == ["created"]
    new = {"Q": queue("deploy-5", VisibilityTimeout=20), "Broken": BROKEN}
    write_assembly(tmp_path, steady=new)
    with pytest.raises(DeployError, match=r"stack steady .*Broken"):
        deployer.deploy(tmp_path)
    assert visibility(engine, "deploy-5") == "10"


def test_a_refused_template_says_why(engine: Engine, deployer: Deployer, tmp_path: Path) -> None:
    """A type that the engine does not know is named."""
    write_assembly(tmp_path, odd={"A": {"Type": "AWS::Events::Archive", "Properties": {}}})
    with pytest.raises(DeployError, match=r"stack odd was refused: .*AWS::Events::Archive"):
        deployer.deploy(tmp_path)


def test_an_unknown_stack_is_answered_with_the_known_ones(engine: Engine, deployer: Deployer, tmp_path: Path) -> None:
    """A typing error costs one look."""
    write_assembly(tmp_path, hotel={"Q": queue("deploy-6")})
    with pytest.raises(assembly.AssemblyError, match=r"no stack named hotle .*there are hotel"):
        deployer.deploy(tmp_path, ["hotle"])


def test_a_folder_without_stacks_is_refused(deployer: Deployer, tmp_path: Path) -> None:
    """Nothing was synthesised there."""
    with pytest.raises(assembly.AssemblyError, match="holds no synthesised stacks"):
        deployer.deploy(tmp_path)


def test_destroying_takes_the_resources_along(engine: Engine, deployer: Deployer, tmp_path: Path) -> None:
    """Once destroyed, a stack and its queue are gone, and destroying again finds nothing."""
    write_assembly(tmp_path, gone={"Q": queue("deploy-7")})
    deployer.deploy(tmp_path)
    assert deployer.destroy("gone")
    assert "gone" not in deployer.stacks()
    sqs = engine.clients.client("sqs")
    assert not sqs.list_queues(QueueNamePrefix="deploy-7").get("QueueUrls")
    assert not deployer.destroy("gone")


def test_the_cdk_command_finds_a_bootstrapped_account(engine: Engine, deployer: Deployer) -> None:
    """The version parameter, the bucket and the toolkit stack that it looks for are there; twice does no harm."""
    deployer.bootstrap()
    deployer.bootstrap()
    parameter = engine.clients.client("ssm").get_parameter(Name=toolkit.VERSION_PARAMETER)
    assert int(parameter["Parameter"]["Value"]) >= 8
    assert engine.clients.client("s3").head_bucket(Bucket=toolkit.BUCKET)
    assert toolkit.STACK in deployer.stacks()


def test_an_asset_is_uploaded_once(engine: Engine, deployer: Deployer, tmp_path: Path) -> None:
    """The second deployment sends nothing."""
    deployer.bootstrap()
    (tmp_path / "file").write_text("contents")
    asset = assembly.Asset(toolkit.BUCKET, "key", tmp_path / "file", zipped=False)
    assert assets.upload(engine.clients, asset)
    assert not assets.upload(engine.clients, asset)


def test_a_zip_keeps_executables_and_is_the_same_each_time(tmp_path: Path) -> None:
    """A bootstrap stays executable, and equal files make equal bytes, so that workers are reused."""
    code = write_assembly(tmp_path, chain=CHAIN) / "code"
    first = assets.zipped(code)
    (code / "bootstrap").touch()
    assert assets.zipped(code) == first
    modes = {one.filename: one.external_attr >> 16 for one in zipfile.ZipFile(io.BytesIO(first)).infolist()}
    assert modes["bootstrap"] & 0o111
    assert not modes["app.py"] & 0o111


def test_stacks_come_after_those_they_depend_on(tmp_path: Path) -> None:
    """Deploying everything starts with the platform, whatever the names."""
    write_assembly(tmp_path, first={}, second={})
    manifest = tmp_path / "manifest.json"
    text = manifest.read_text()
    manifest.write_text(text.replace('["first.assets"]', '["first.assets", "second"]'))
    assert list(assembly.read(tmp_path)) == ["second", "first"]
