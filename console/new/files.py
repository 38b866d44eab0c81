"""The files of a new participant, from the templates beside this module."""

from collections.abc import Mapping
from pathlib import Path
from string import Template

from console.new.newcomer import Newcomer
from console.trouble import Exit, Trouble

TEMPLATES = Path(__file__).parent / "templates"


def folders(name: str) -> tuple[Path, Path]:
    """Where a service lies, and where its test, below the repository."""
    return Path("services", name), Path("tests", name)


def files(new: Newcomer) -> dict[Path, str]:
    """Every file to write, below the repository, with its text."""
    service, tests = folders(new.name)
    texts = {path.name.removesuffix(".txt"): _filled(path, new) for path in sorted(TEMPLATES.glob("*.txt"))}
    test = texts.pop("test.py")
    return {
        service / "__init__.py": "",
        **{service / name: text for name, text in texts.items()},
        tests / f"test_{new.name}.py": test,
    }


def write(root: Path, wanted: Mapping[Path, str]) -> None:
    """Write them. Raises `Trouble`, and writes nothing, if one of their folders is there already."""
    for folder in sorted({path.parent for path in wanted}):
        if (root / folder).exists():
            cure = (
                "choose another name, or remove the folder (--register puts a service that is there into the catalogue)"
            )
            raise Trouble(f"{folder} exists already: {cure}", Exit.USAGE)
    for path, text in wanted.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def _filled(path: Path, new: Newcomer) -> str:
    return Template(path.read_text()).substitute(
        name=new.name,
        Name=new.title,
        NAME=new.constant,
        leg=new.leg,
        since=new.since,
        before=new.before.name,
        after=new.after.name,
    )
