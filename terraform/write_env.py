"""Write Terraform's outputs to .env, for the shell, Kedro and Compose.

    terraform output -json | python terraform/write_env.py

`.env.example` names the output of each variable in brackets. An existing `.env` keeps its other
lines. None of the values is secret.
"""

import json
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = re.compile(r"^#.*\[(?P<output>\w+)\]\n(?P<variable>\w+)=", re.MULTILINE)
# Characters without a special meaning to the shell and to Compose.
PLAIN = re.compile(r"[\w:/.+=@-]+", re.ASCII)


def sources(example: str) -> dict[str, str]:
    """Return the output that each variable of `.env.example` takes."""
    return {match["variable"]: match["output"] for match in SOURCE.finditer(example)}


def values(outputs: str, wanted: dict[str, str]) -> dict[str, str]:
    """Return the variables' values from the output of `terraform output -json`.

    Raises:
        SystemExit: Outputs are missing, or a value is not plain text.
    """
    try:
        found = json.loads(outputs)
    except ValueError:
        sys.exit(
            "Terraform printed no outputs: its error is above. "
            "Expected the output of `terraform output -json`."
        )
    missing = sorted(set(wanted.values()) - set(found))
    if missing:
        sys.exit(
            f"Terraform has no output {', '.join(missing)}: this stack is not applied. "
            "Run `terraform -chdir=terraform apply` first."
        )
    named = {variable: found[output]["value"] for variable, output in wanted.items()}
    for variable, value in named.items():
        if not (isinstance(value, str) and PLAIN.fullmatch(value)):
            sys.exit(
                f"{variable}: expected plain text without spaces or quotes, got {value!r} from "
                "Terraform."
            )
    return named


def filled(text: str, named: dict[str, str]) -> str:
    """Return the text of an `.env` with these variables replaced, or appended if they are new."""
    for variable, value in named.items():
        line = f"{variable}={value}\n"
        text, count = re.subn(rf"^{variable}=.*\n?", line, text, flags=re.MULTILINE)
        if not count:
            text += line if text.endswith("\n") else f"\n{line}"
    return text


def with_defaults(text: str, example: str) -> str:
    """Return the text of an `.env` with what only `.env.example` has."""
    for variable, value in re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE):
        if not re.search(rf"^(# ?)?{variable}=", text, re.MULTILINE):
            text = filled(text, {variable: value})
    return text


def main() -> None:
    example, target = ROOT / ".env.example", ROOT / ".env"
    named = values(sys.stdin.read(), sources(example.read_text()))
    text = target.read_text() if target.exists() else example.read_text()
    text = with_defaults(filled(text, named), example.read_text())
    draft = target.with_name(f".env.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(target)
    print(
        f"Written to {target}:", *(f"  {name}={value}" for name, value in named.items()), sep="\n"
    )
    print("Next: docker compose up --detach (or, without Docker, see docs/aws.md)")


if __name__ == "__main__":
    main()
