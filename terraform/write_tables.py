"""Update the tables of variables, outputs and resources in the READMEs, from the code."""

import functools
import re
from pathlib import Path
from typing import Any

import hcl2

HERE = Path(__file__).parent
START, END = "<!-- made by make terraform-docs: start -->", "<!-- end -->"


@functools.cache
def parsed(folder: Path) -> list[dict[str, Any]]:
    """Return the parsed Terraform files of a folder."""
    return [hcl2.loads(path.read_text()) for path in sorted(folder.glob("*.tf"))]


def blocks(folder: Path, kind: str) -> dict[str, dict[str, Any]]:
    """Return a folder's blocks of one kind by their first label, in the order of the files."""
    found = {}
    for file in parsed(folder):
        for block in file.get(kind, []):
            for label, body in block.items():
                found[label.strip('"')] = body
    return found


def plain(value: object) -> str:
    """Return a value as HCL, without the quotes and the `${}` that the parser adds."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        inner = ", ".join(plain(one) if isinstance(value, list) else one for one in value)
        return f"[{inner}]" if isinstance(value, list) else f"{{{inner}}}"
    return re.sub(r"^\$\{(.*)\}$", r"\1", str(value), flags=re.DOTALL)


def text(value: object) -> str:
    return str(value).strip('"').replace("|", "\\|")


def tables(folder: Path) -> str:
    """Return the tables of a folder's variables, outputs and resources."""
    lines = ["## Variables", "", "| name | meaning | default | type |", "| --- | --- | --- | --- |"]
    for name, body in blocks(folder, "variable").items():
        default = f"`{plain(body['default'])}`" if "default" in body else "required"
        kind = text(plain(body["type"]))
        lines.append(f"| `{name}` | {text(body['description'])} | {default} | `{kind}` |")
    lines += ["", "## Outputs", "", "| name | meaning |", "| --- | --- |"]
    for name, body in blocks(folder, "output").items():
        lines.append(f"| `{name}` | {text(body['description'])} |")
    resources = blocks(folder, "resource")
    if resources:
        lines += [
            "",
            "## Resources",
            "",
            ", ".join(f"`{kind.strip(chr(34))}`" for kind in sorted(resources)) + ".",
        ]
    return "\n".join(lines)


def written(readme: Path) -> str:
    """Return a README's text with current tables."""
    before, rest = readme.read_text().split(START)
    after = rest.split(END)[1]
    return f"{before}{START}\n\n{tables(readme.parent)}\n\n{END}{after}"


def readmes() -> list[Path]:
    """Return the READMEs that have tables."""
    found = [HERE / "README.md", HERE / "bootstrap/README.md", *HERE.glob("modules/*/README.md")]
    return sorted(found)


if __name__ == "__main__":
    for readme in readmes():
        readme.write_text(written(readme))
