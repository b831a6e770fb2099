"""Copy an AWS configuration for the tasks, whose default profile becomes the pipeline role.

    python docker/copy_aws.py SOURCE TARGET

Variables: AWS_PROFILE is the profile to start from (`default` if it is not set), TXN_PIPELINE_ROLE
the ARN of the role that the tasks assume, AWS_REGION its region. The copy belongs to the owner of
TARGET, who may write to it: SSO renews its tokens there, and the original stays as it is.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from configparser import ConfigParser, Error
from pathlib import Path

DEFAULT = "default"
RENAMED = "default-of-the-host"
EXPORT = (
    'Export temporary credentials instead: eval "$(aws configure export-credentials --profile '
    '{} --format env)", then: docker compose up --detach'
)


class Files:
    """The two files of an AWS configuration, by profile."""

    def __init__(self, folder: Path) -> None:
        self.config = read(folder / "config")
        self.credentials = read(folder / "credentials")

    @property
    def profiles(self) -> dict[str, dict[str, str]]:
        """The settings of each profile, from both files."""
        found: dict[str, dict[str, str]] = {}
        for section in self.config.sections():
            kind, _, name = section.rpartition("profile ")
            if kind == "" and (section == DEFAULT or name != section):
                found.setdefault(name, {}).update(self.config[section])
        for section in self.credentials.sections():
            found.setdefault(section, {}).update(self.credentials[section])
        return found

    def become(self, profile: str, role: str, region: str) -> None:
        """Make the default profile assume a role from a profile, or be that profile.

        Args:
            profile: The profile to start from.
            role: ARN of the role; empty to be the profile itself.
            region: Region of the default profile; empty if it needs none.
        """
        settings = self.profiles[profile]
        _rename_default(self.config, f"profile {RENAMED}")
        _rename_default(self.credentials, RENAMED)
        source = RENAMED if profile == DEFAULT else profile
        if role and settings.get("role_arn") != role:
            default = {"role_arn": role, "source_profile": source}
        elif source in self.credentials:
            self.credentials[DEFAULT] = dict(self.credentials[source])
            default = {}
        else:
            default = dict(self.config[f"profile {source}"])
        self.config[DEFAULT] = default | ({"region": region} if region else {})

    def write(self, folder: Path) -> None:
        """Write both files to a folder, for its owner only."""
        for name, parser in (("config", self.config), ("credentials", self.credentials)):
            with written(folder / name).open("w") as file:
                parser.write(file)
            finish(folder / name)


def _rename_default(parser: ConfigParser, name: str) -> None:
    for section in parser.sections():
        if parser[section].get("source_profile") == DEFAULT:
            parser[section]["source_profile"] = RENAMED
    if DEFAULT in parser:
        parser[name] = dict(parser[DEFAULT])
        parser.remove_section(DEFAULT)


def read(path: Path) -> ConfigParser:
    """Read a file as AWS's tools do.

    Raises:
        SystemExit: It cannot be read.
    """
    # AWS's `default` is a section like the others; keys keep their case, and % is a character.
    parser = ConfigParser(default_section="", interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read(path)
    except (Error, UnicodeDecodeError) as error:
        sys.exit(f"The AWS configuration {path.name} cannot be read ({type(error).__name__}).")
    return parser


def check(profiles: dict[str, dict[str, str]], profile: str) -> None:
    """Check that a profile can be used in the container.

    Raises:
        SystemExit: It does not exist, or needs a program or a person of the host.
    """
    if profile not in profiles:
        known = ", ".join(sorted(profiles)) or "none"
        sys.exit(
            f"Your AWS configuration has no profile {profile}. Set AWS_PROFILE, in .env or in the "
            f"shell, to one of: {known}."
        )
    seen: list[str] = []
    name: str | None = profile
    while name is not None and name in profiles and name not in seen:
        seen.append(name)
        settings = profiles[name]
        program = (shlex.split(settings.get("credential_process", "")) or [""])[0]
        if program and shutil.which(program) is None:
            sys.exit(
                f"The profile {name} gets credentials from the program {program} "
                f"(credential_process), which is not in the container. {EXPORT.format(profile)}"
            )
        if "mfa_serial" in settings:
            sys.exit(
                f"The profile {name} asks for a code (mfa_serial), which nobody can enter in the "
                f"container. {EXPORT.format(profile)}"
            )
        name = settings.get("source_profile")


def copy_tokens(source: Path, target: Path) -> None:
    """Copy the tokens of SSO, unless the container has renewed them since."""
    for token in source.glob("sso/cache/*.json"):
        copy = target / "sso/cache" / token.name
        if not copy.exists() or copy.stat().st_mtime < token.stat().st_mtime:
            written(copy).write_bytes(token.read_bytes())
            times = token.stat()
            os.utime(_draft(copy), (times.st_atime, times.st_mtime))
            finish(copy)


def written(path: Path) -> Path:
    """Return a file beside the final one, which only its owner may read."""
    for folder in (path.parent.parent, path.parent):
        if not folder.exists():
            folder.mkdir(mode=0o700)
            _give(folder)
    draft = _draft(path)
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    return draft


def finish(path: Path) -> None:
    """Put the file in its place."""
    _give(_draft(path))
    _draft(path).replace(path)


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial")


def _give(path: Path) -> None:
    owner = path.parent.stat()
    os.chown(path, owner.st_uid, owner.st_gid)


def clear(folder: Path) -> None:
    """Remove an earlier copy."""
    for name in ("config", "credentials"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "sso", ignore_errors=True)


def main(source: Path, target: Path) -> None:
    """Copy the configuration, or remove an earlier copy if there is none to use."""
    if os.environ.get("AWS_ACCESS_KEY_ID"):
        clear(target)
        print("The tasks use the AWS credentials of the environment.")
        return
    if not ((source / "config").exists() or (source / "credentials").exists()):
        clear(target)
        print("Found no AWS configuration to copy.")
        return
    files = Files(source)
    profile = os.environ.get("AWS_PROFILE") or DEFAULT
    check(files.profiles, profile)
    role = os.environ.get("TXN_PIPELINE_ROLE", "")
    files.become(profile, role, os.environ.get("AWS_REGION", ""))
    copy_tokens(source, target)
    files.write(target)
    print(f"The tasks are {role or 'the profile itself'}, from the profile {profile}.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
