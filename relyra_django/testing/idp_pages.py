"""The pages of IdpApplication, each a method to override. Plain HTML, no assets, no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relyra_django.testing.fake_idp import FakeIdP
    from relyra_django.testing.idp_application import IdpUser, Pending, Variant

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; background: #f3f4f6; color: #111827; }
main { max-width: 26rem; margin: 10vh auto; padding: 2rem; background: #fff;
       border: 1px solid #d1d5db; border-radius: .5rem; }
h1 { font-size: 1.25rem; margin: 0 0 1rem; }
label { display: block; margin: .75rem 0; }
input:not([type=radio]) { display: block; width: 100%; box-sizing: border-box; padding: .5rem;
                          font: inherit; border: 1px solid #6b7280; border-radius: .25rem; }
button { padding: .5rem 1rem; font: inherit; color: #fff; background: #1d4ed8; border: 0;
         border-radius: .25rem; }
[role=alert] { color: #b91c1c; }
dt { font-weight: 600; } dd { margin: 0 0 .5rem; }
pre { overflow-x: auto; font-size: .75rem; }
"""


class IdpPages:
    """What people see. Every method returns a whole HTML page; every value is escaped."""

    title = "Test identity provider"
    idp: FakeIdP
    users: Mapping[str, IdpUser]
    variants: Sequence[Variant]

    def layout(self, heading: str, body: str) -> str:
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(heading)} | {escape(self.title)}</title><style>{STYLE}</style></head>"
            f"<body><main><h1>{escape(heading)}</h1>\n{body}\n</main></body></html>\n"
        )

    def index_page(self) -> str:
        """Show what an operator enters to trust this provider, and who can sign in."""
        people = "".join(f"<li>{escape(name)}</li>" for name in self.users)
        return self.layout(
            self.title,
            f"<dl><dt>Entity ID</dt><dd><code>{escape(self.idp.entity_id)}</code></dd>"
            f"<dt>Single sign-on URL</dt><dd><code>{escape(self.idp.sso_url)}</code></dd>"
            f"<dt>Certificate</dt><dd><pre>{escape(self.idp.certificate_pem)}</pre></dd></dl>"
            f'<p><a href="/metadata">Metadata</a></p><p>People</p><ul>{people}</ul>',
        )

    def sign_in_page(self, pending: Pending, error: str = "") -> str:
        alert = f'<p role="alert">{escape(error)}</p>' if error else ""
        return self.layout(
            "Sign in",
            f'{alert}<form method="post" action="/sign-in">{self.ticket(pending)}'
            '<label>Name <input name="username" autocomplete="username" required autofocus></label>'
            '<label>Password <input name="password" type="password" '
            'autocomplete="current-password" required></label>'
            "<button>Sign in</button></form>",
        )

    def consent_page(self, pending: Pending) -> str:
        user = pending.user
        assert user is not None
        facts = {"NameID": user.subject, **user.attributes}
        told = "".join(
            f"<dt>{escape(name)}</dt><dd>{escape(_shown(value))}</dd>"
            for name, value in facts.items()
        )
        return self.layout(
            f"Signed in as {user.username}",
            f"<p>The service will be told:</p><dl>{told}</dl>"
            f'<form method="post" action="/consent">{self.ticket(pending)}'
            f"{self.variant_choice()}<button>Continue</button></form>",
        )

    def variant_choice(self) -> str:
        choices = "".join(
            f'<label><input type="radio" name="variant" value="{escape(variant.name)}"'
            f"{' checked' if not at else ''}> {escape(variant.label)}</label>"
            for at, variant in enumerate(self.variants)
        )
        return f"<fieldset><legend>Answer with</legend>{choices}</fieldset>"

    def post_page(self, acs_url: str, fields: Mapping[str, str]) -> str:
        """Post the fields to the service provider, by script or by button (Bindings 3.5.4)."""
        inputs = "".join(hidden(name, value) for name, value in fields.items())
        return self.layout(
            "Back to the service",
            f'<form method="post" action="{escape(acs_url)}">{inputs}'
            "<button>Continue</button></form><script>document.forms[0].submit()</script>",
        )

    def error_page(self, message: str) -> str:
        return self.layout("This did not work", f'<p role="alert">{escape(message)}</p>')

    def ticket(self, pending: Pending) -> str:
        return hidden("ticket", pending.ticket)


def hidden(name: str, value: str) -> str:
    """Return a hidden input; name and value are escaped."""
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def _shown(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)
