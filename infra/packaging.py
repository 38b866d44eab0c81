"""What is in a function's zip: `shared`, its own service, its locked wheels; nothing else.

Folders are named by what is in them and never change, so two builds at once do not disturb each other, and
a second build needs neither uv nor the network. Editing one service leaves every other folder as it was.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from infra.stages import Platform, Stage

ROOT: Final = Path(__file__).resolve().parent.parent
CACHE: Final = ROOT / ".wayfare"

# The local engine may choose another client for Lambda's runtime interface than AWS's own.
BOOTSTRAP: Final = """\
#!/bin/sh
export PYTHONPATH="$LAMBDA_TASK_ROOT"
exec python3 -m "${LAMBDA_RUNTIME_CLIENT:-awslambdaric}" "$_HANDLER"
"""

# Left by installers; they differ from one machine or moment to the next and no function reads them.
_NOISE: Final = (
    "bin",
    ".lock",
    "**/__pycache__",
    *(f"*.dist-info/{name}" for name in ("INSTALLER", "RECORD", "REQUESTED", "uv_cache.json")),
)


class PackagingFailed(Exception):
    """A zip could not be put together; the message says what to do."""


def build(stage: Stage, service: str, root: Path = ROOT, package: str = "services") -> Path:
    """The folder to be zipped for a service's functions in a stage: its own code, and what its saga's package says to all.

    Raises PackagingFailed if uv is missing or cannot install the locked wheels for the stage's platform.
    """
    sources = [*_sources(root, package, service)]
    libraries = wheels(stage.platform, root)
    boot = BOOTSTRAP if stage.platform.brings_bootstrap else ""
    key = digest([*_contents(root, sources), libraries.name.encode(), boot.encode()])

    def fill(folder: Path) -> None:
        _link_tree(libraries, folder)
        for source in sources:
            target = folder / source.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        if boot:
            (folder / "bootstrap").write_text(boot)
            (folder / "bootstrap").chmod(0o755)

    return once(root / CACHE.name / "packages" / f"{service}-{key}", fill)


def wheels(platform: Platform, root: Path = ROOT) -> Path:
    """The installed dependencies of the functions for a platform, exactly as locked."""
    requirements = locked_requirements(root)
    key = digest([requirements.encode(), repr(platform.wheels).encode(), platform.python.encode()])
    return once(
        root / CACHE.name / "wheels" / f"py{platform.python}-{key}",
        lambda folder: _install(requirements, platform, folder),
    )


def locked_requirements(root: Path = ROOT) -> str:
    """The lock file's versions and hashes for the group `function`, as pip reads them."""
    return _uv(
        *("export", "--only-group", "function", "--frozen", "--no-emit-project", "--no-header"),
        *("--format", "requirements-txt", "--no-annotate", "--project", str(root)),
    )


def once(folder: Path, fill: Callable[[Path], None]) -> Path:
    """The folder, filled by the first who asks; it appears complete or not at all."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=".building-", dir=folder.parent))
        try:
            building.chmod(0o755)
            fill(building)
            _publish(building, folder)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    os.utime(folder)  # last use, for whoever clears up
    return folder


def digest(parts: list[bytes]) -> str:
    """A short name for some content; parts cannot run into each other."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()[:16]


def _publish(building: Path, folder: Path) -> None:
    try:
        building.rename(folder)
    except OSError:
        if not folder.exists():  # else somebody else was first, with the same content
            raise


def _sources(root: Path, package: str, service: str) -> Iterator[Path]:
    home = root.joinpath(*package.split("."))
    own = home / service
    if not (own / "__init__.py").exists():
        raise PackagingFailed(f"{own} is no package: a service needs an __init__.py and handlers.py")
    yield from (folder / "__init__.py" for folder in home.parents if folder.is_relative_to(root) and folder != root)
    yield from sorted(home.glob("*.py"))
    for folder in (root / "shared", own):
        yield from sorted(folder.rglob("*.py"))


def _contents(root: Path, sources: list[Path]) -> Iterator[bytes]:
    for source in sources:
        yield str(source.relative_to(root)).encode()
        yield source.read_bytes()


def _install(requirements: str, platform: Platform, folder: Path) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write(requirements)
        listed.flush()
        where = (
            ("--python-platform", platform.wheels, "--python-version", platform.python)
            if platform.wheels
            else ("--python", sys.executable)
        )
        _uv(
            *("pip", "install", "--quiet", "--target", str(folder), *where),
            *("--only-binary", ":all:", "--no-deps", "--requirements", listed.name),
        )
    for pattern in _NOISE:
        for leftover in folder.glob(pattern):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def _link_tree(source: Path, target: Path) -> None:
    """A copy that costs no space where the file system allows it."""

    def link(original: str, copy: str) -> None:
        try:
            os.link(original, copy)
        except OSError:
            shutil.copy2(original, copy)

    shutil.copytree(source, target, copy_function=link, dirs_exist_ok=True)


def _uv(*arguments: str) -> str:
    own = CACHE / "uv" / "bin"  # where `make setup` puts it on a machine that has none
    program = os.environ.get("UV") or shutil.which("uv") or shutil.which("uv", path=own)
    if program is None:
        raise PackagingFailed("uv is not on the PATH: run `make setup`, or install uv, and try again")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise PackagingFailed(f"uv {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout
