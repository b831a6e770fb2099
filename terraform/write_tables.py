"""Write the tables of variables and outputs in each README.md here, from the code."""

import functools
import re
from pathlib import Path
from typing import Any

import hcl2

HERE = Path(__file__).parent
START, END = "<!-- made by make terraform-docs: start -->", "<!-- end -->"


@functools.cache
def parsed(folder: Path) -> list[dict[str, Any]]:
    """The files of a folder."""
    return [hcl2.loads(path.read_text()) for path in sorted(folder.glob("*.tf"))]


def blocks(folder: Path, kind: str) -> dict[str, dict[str, Any]]:
    """The blocks of one kind in a folder, by their first label, in the order of the files."""
    found = {}
    for file in parsed(folder):
        for block in file.get(kind, []):
            for label, body in block.items():
                found[label.strip('"')] = body
    return found


def plain(value: object) -> str:
    """A value as HCL, with neither the quotes nor the `${}` that the parser leaves in it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        inner = ", ".join(plain(one) if isinstance(value, list) else one for one in value)
        return f"[{inner}]" if isinstance(value, list) else f"{{{inner}}}"
    return re.sub(r"^\$\{(.*)\}$", r"\1", str(value), flags=re.DOTALL)


def text(value: object) -> str:
    return str(value).strip('"').replace("|", "\\|")


def tables(folder: Path) -> str:
    """Tables of what a folder takes, gives and makes."""
    lines = ["## Variables", "", "| name | | default | type |", "| --- | --- | --- | --- |"]
    for name, body in blocks(folder, "variable").items():
        default = f"`{plain(body['default'])}`" if "default" in body else "required"
        kind = text(plain(body["type"]))
        lines.append(f"| `{name}` | {text(body['description'])} | {default} | `{kind}` |")
    lines += ["", "## Outputs", "", "| name | |", "| --- | --- |"]
    for name, body in blocks(folder, "output").items():
        lines.append(f"| `{name}` | {text(body['description'])} |")
    resources = blocks(folder, "resource")
    if resources:
        lines += [
            "",
            "## Makes",
            "",
            ", ".join(f"`{kind.strip(chr(34))}`" for kind in sorted(resources)) + ".",
        ]
    return "\n".join(lines)


def written(readme: Path) -> str:
    """A README's text with its tables as the code has them."""
    before, rest = readme.read_text().split(START)
    after = rest.split(END)[1]
    return f"{before}{START}\n\n{tables(readme.parent)}\n\n{END}{after}"


def readmes() -> list[Path]:
    """Those that have tables."""
    found = [HERE / "README.md", HERE / "bootstrap/README.md", *HERE.glob("modules/*/README.md")]
    return sorted(found)


if __name__ == "__main__":
    for readme in readmes():
        readme.write_text(written(readme))
