"""What relyra_install says: each file, the difference, what a person pastes, what is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import unified_diff
from pathlib import Path
from textwrap import indent

from relyra_django.scaffold.host import Host
from relyra_django.scaffold.plan import Outcome, Step

DELEGATING_LINE = "return resolvers.DatabaseResolver()"
TODO = f'In {{connections}} uncomment "{DELEGATING_LINE}".'
LATER = (
    "python manage.py migrate",
    "In the admin, add a connection with your identity provider's entity ID, single sign-on URL\n"
    "     and certificate, and enable it.",
    "At the identity provider, enter this site's entity ID and ACS URL. Both are in the\n"
    "     connection's metadata: <BASE_URL>/saml/<connection>/metadata/",
    'Set LOGIN_URL to "relyra:start" and LOGIN_REDIRECT_URL to a page of yours.',
    "python manage.py check",
)


def summary(host: Host, steps: Iterable[Step]) -> Iterator[str]:
    """Yield one line a file, and below it what is to be pasted there."""
    for step in steps:
        reason = f" ({step.reason})" if step.reason else ""
        yield f"{step.outcome:<10} {host.shown(step.path)}{reason}"
        if step.outcome is Outcome.BY_HAND:
            yield f"Paste there yourself:\n\n{indent(step.paste, '    ')}"


def diff(host: Host, steps: Iterable[Step]) -> Iterator[str]:
    """Yield the lines of one unified diff over everything that would be written."""
    for step in steps:
        if step.writes:
            name = host.shown(step.path)
            old = "/dev/null" if step.outcome is Outcome.CREATE else f"a/{name}"
            lines = unified_diff(
                step.before.splitlines(), step.after.splitlines(), old, f"b/{name}", lineterm=""
            )
            yield from (line.rstrip() for line in lines)


def remaining(host: Host) -> str:
    """Return what is left for a person once the files are there."""
    connections = host.app_dir / "relyra" / "connections.py"
    steps = [TODO.format(connections=host.shown(connections))] if _refuses_all(connections) else []
    numbered = (f"  {number}. {step}" for number, step in enumerate([*steps, *LATER], start=1))
    return "\n".join(["Left to do:", *numbered])


def _refuses_all(connections: Path) -> bool:
    return connections.exists() and f"# {DELEGATING_LINE}" in connections.read_text("utf-8")
