"""What is in a zip, when it changes, and that it needs nothing else."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path

import pytest
from aws_cdk import FileSystem

from infra import packaging
from infra.catalog import CATALOG
from infra.packaging import ROOT, PackagingFailed, build
from infra.stages import DEV, LOCAL
from tests.infra.conftest import templates_of

# What AWS's Python runtimes bring along.
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A small project with two services, sharing the wheels that are already there."""
    packaging.wheels(LOCAL.platform)
    for path in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / path, tmp_path)
    for path in (
        *(
            "shared/__init__.py",
            "shared/words.py",
            "shared/saga/__init__.py",
            "services/__init__.py",
        ),
        *("services/hotel/__init__.py", "services/hotel/handlers.py", "services/hotel/README.md"),
        *("services/flight/__init__.py", "services/flight/handlers.py"),
        *("services/hotel/__pycache__/handlers.cpython-311.pyc", "console/cli.py"),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    (tmp_path / ".wayfare").mkdir()
    (tmp_path / ".wayfare" / "wheels").symlink_to(ROOT / ".wayfare" / "wheels")
    return tmp_path


def contents(folder: Path) -> set[str]:
    """Every file in it."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_zip_holds_shared_its_service_its_wheels_and_nothing_else(copy: Path) -> None:
    """No tests, no README, no byte code, no other service, nothing that an installer left behind."""
    package = contents(build(LOCAL, "hotel", copy))
    wheels = contents(packaging.wheels(LOCAL.platform, copy))
    assert package - wheels == {
        "bootstrap",
        *(
            "shared/__init__.py",
            "shared/words.py",
            "shared/saga/__init__.py",
            "services/__init__.py",
        ),
        *("services/hotel/__init__.py", "services/hotel/handlers.py"),
    }
    tops = {name.split("/")[0] for name in wheels if ".dist-info/" not in name}
    assert tops == {"aws_lambda_powertools", "jmespath", "msgspec", "typing_extensions.py"}
    noise = ("RECORD", "INSTALLER", "REQUESTED", ".lock", ".pyc")
    assert not [name for name in package if name.endswith(noise) or name.startswith("bin/")]


def test_editing_one_service_changes_only_its_zip(copy: Path) -> None:
    """So deploying it touches no other function."""
    before = {name: build(LOCAL, name, copy) for name in ("hotel", "flight")}
    (copy / "services/hotel/handlers.py").write_text("# edited")
    assert build(LOCAL, "hotel", copy) != before["hotel"]
    assert build(LOCAL, "flight", copy) == before["flight"]


def test_editing_shared_changes_every_zip_and_tools_change_none(copy: Path) -> None:
    """What ships decides, and nothing that does not ship."""
    before = {name: build(LOCAL, name, copy) for name in ("hotel", "flight")}
    (copy / "console/cli.py").write_text("# edited")
    (copy / "services/hotel/README.md").write_text("edited")
    assert {name: build(LOCAL, name, copy) for name in before} == before
    (copy / "shared/words.py").write_text("# edited")
    assert all(build(LOCAL, name, copy) != folder for name, folder in before.items())


def test_cdk_sees_the_same_zip_however_often_it_is_built(copy: Path, tmp_path: Path) -> None:
    """The asset's hash, hence the deployment, depends on content alone."""
    first = build(LOCAL, "hotel", copy)
    kept = shutil.copytree(first, tmp_path / "kept")
    shutil.rmtree(first)
    again = build(LOCAL, "hotel", copy)
    assert FileSystem.fingerprint(str(again)) == FileSystem.fingerprint(str(kept))


def test_the_wheels_are_those_of_the_platform(copy: Path) -> None:
    """Python 3.14 on arm64 for AWS, whatever the machine that builds; no bootstrap where AWS brings one."""
    package = contents(build(DEV, "hotel", copy))
    native = {name for name in package if name.endswith(".so")}
    assert native == {"msgspec/_core.cpython-314-aarch64-linux-gnu.so"}
    assert "bootstrap" not in package


def test_the_local_bootstrap_starts_awss_own_client_and_can_be_told_otherwise(copy: Path) -> None:
    """It is executable, and the engine may name another module to run."""
    bootstrap = build(LOCAL, "hotel", copy) / "bootstrap"
    assert os.access(bootstrap, os.X_OK)
    said = {}
    for client in (None, "json.tool"):
        environment = {"PATH": "/nowhere", "LAMBDA_TASK_ROOT": "/task", "_HANDLER": "a.b"}
        environment |= {"LAMBDA_RUNTIME_CLIENT": client} if client else {}
        traced = subprocess.run(
            ["/bin/sh", "-x", bootstrap],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said[client] = traced.stderr
    assert "exec python3 -m awslambdaric a.b" in said[None]
    assert "exec python3 -m json.tool a.b" in said["json.tool"]


def test_a_second_build_needs_no_network_and_no_installation(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wheels are installed once per platform and lock."""
    build(LOCAL, "hotel", copy)
    monkeypatch.setattr(packaging, "_install", lambda *_: pytest.fail("installed again"))
    (copy / "services/hotel/handlers.py").write_text("# edited")
    build(LOCAL, "hotel", copy)


def test_a_service_that_does_not_exist_is_named(copy: Path) -> None:
    """Not a stack trace from deep inside."""
    with pytest.raises(PackagingFailed, match="spa"):
        build(LOCAL, "spa", copy)


def test_a_failed_build_leaves_nothing_that_looks_complete(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder appears whole or not at all."""
    monkeypatch.setattr(shutil, "copyfile", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        build(LOCAL, "hotel", copy)
    assert list((copy / ".wayfare" / "packages").iterdir()) == []


@pytest.fixture(scope="session")
def clean_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has boto3, as AWS's runtimes do, and nothing else of ours."""
    folder = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for distribution in RUNTIME:
        for file in files(distribution) or []:
            top = site / file.parts[0]
            if file.parts[0] != ".." and not top.exists():
                top.symlink_to(Path(str(file.locate())).parents[len(file.parts) - 1] / file.parts[0])
    return folder / "bin" / "python"


@pytest.mark.parametrize("service", CATALOG.services)
def test_handlers_import_where_there_is_nothing_but_boto3(service: str, clean_python: Path) -> None:
    """With the settings that the template gives them; no package of this project's tools leaks in."""
    package = build(LOCAL, service)
    template = templates_of("local")[f"wayfare-local-{service}"]
    for function in template.all("AWS::Lambda::Function"):
        module, _, name = function.properties["Handler"].rpartition(".")
        variables = function.properties["Environment"]["Variables"]
        code = f"import {module} as handlers; assert callable(handlers.{name})"
        done = subprocess.run(
            [clean_python, "-B", "-c", code],
            cwd=package,
            env={
                **{key: value if isinstance(value, str) else "http://q" for key, value in variables.items()},
                "PYTHONPATH": str(package),
                "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
