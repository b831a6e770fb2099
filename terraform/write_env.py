"""Write what Terraform made to .env, from which the shell, Kedro and Compose read it.

    terraform output -json | python terraform/write_env.py

`.env.example` tells which output each variable takes, by its name in brackets. An `.env` that is
there already keeps its other lines. Nothing secret is among them.
"""

import json
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = re.compile(r"^#.*\[(?P<output>\w+)\]\n(?P<variable>\w+)=", re.MULTILINE)
# Neither the shell nor Compose reads anything into these.
PLAIN = re.compile(r"[\w:/.+=@-]+", re.ASCII)


def sources(example: str) -> dict[str, str]:
    """The variables of `.env.example`, each with the output that it takes."""
    return {match["variable"]: match["output"] for match in SOURCE.finditer(example)}


def values(outputs: str, wanted: dict[str, str]) -> dict[str, str]:
    """The variables' values, from what `terraform output -json` printed.

    Raises:
        SystemExit: It printed no outputs, not all of them, or one that is no plain text.
    """
    try:
        found = json.loads(outputs)
    except ValueError:
        sys.exit("Terraform printed no outputs: see above. Expected `terraform output -json`.")
    missing = sorted(set(wanted.values()) - set(found))
    if missing:
        sys.exit(
            f"Terraform has no {', '.join(missing)}: nothing is applied, or not this stack. "
            "Run `terraform -chdir=terraform apply` first."
        )
    named = {variable: found[output]["value"] for variable, output in wanted.items()}
    for variable, value in named.items():
        if not (isinstance(value, str) and PLAIN.fullmatch(value)):
            sys.exit(
                f"{variable}: expected plain text with no space or quote, Terraform gave {value!r}."
            )
    return named


def filled(text: str, named: dict[str, str]) -> str:
    """The text of an `.env` with these variables set: where they were, else at its end."""
    for variable, value in named.items():
        line = f"{variable}={value}\n"
        text, count = re.subn(rf"^{variable}=.*\n?", line, text, flags=re.MULTILINE)
        if not count:
            text += line if text.endswith("\n") else f"\n{line}"
    return text


def main() -> None:
    example, target = ROOT / ".env.example", ROOT / ".env"
    named = values(sys.stdin.read(), sources(example.read_text()))
    text = filled((target if target.exists() else example).read_text(), named)
    draft = target.with_name(f".env.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(target)
    print(
        f"Written to {target}:", *(f"  {name}={value}" for name, value in named.items()), sep="\n"
    )
    print("Next: run the pipelines with the role `pipeline_role_arn`: docs/aws.md")


if __name__ == "__main__":
    main()
