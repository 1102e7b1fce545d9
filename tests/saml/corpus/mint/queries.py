"""The Redirect binding: a message as a query string, signed over the octets as they are written."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable
from urllib.parse import quote_plus

RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RawSign = Callable[[bytes], bytes]
Carry = Callable[[bytes, RawSign], str]
STATE = "rs_honest"


def deflated(octets: bytes) -> bytes:
    compressor = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return compressor.compress(octets) + compressor.flush()


def escaped(octets: bytes) -> str:
    """Base64, escaped for a URL."""
    return quote_plus(base64.b64encode(octets).decode())


def carried(
    parameter: str = "SAMLRequest",
    relay_state: str | None = STATE,
    sig_alg: str = RSA_SHA256,
    content: Callable[[bytes], bytes] = deflated,
    lower_case: bool = False,
) -> Carry:
    """Return what writes a signed query (Bindings 3.4.4.1); `lower_case` escapes as AD FS does."""

    def carry(xml: bytes, sign: RawSign) -> str:
        pieces = [f"{parameter}={escaped(content(xml))}"]
        if relay_state is not None:
            pieces.append(f"RelayState={quote_plus(relay_state)}")
        query = "&".join([*pieces, f"SigAlg={quote_plus(sig_alg)}"])
        if lower_case:
            query = re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), query)
        return f"{query}&Signature={escaped(sign(query.encode()))}"

    return carry


HONEST = carried()


def then(change: Callable[[str], str], first: Carry = HONEST) -> Carry:
    """Change the query after it was signed, as an attacker on the way would."""
    return lambda xml, sign: change(first(xml, sign))


def parameters(query: str) -> dict[str, str]:
    return dict(piece.split("=", 1) for piece in query.split("&"))


def written(values: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in values.items())


def replaced(**values: str | None) -> Carry:
    """Replace raw values; None takes a parameter away."""

    def change(query: str) -> str:
        changed = {**parameters(query), **values}
        return written({name: value for name, value in changed.items() if value is not None})

    return then(change)


def signing(octets: Callable[[dict[str, str]], str]) -> Carry:
    """Sign, with the real key, something else than what the binding says."""

    def carry(xml: bytes, sign: RawSign) -> str:
        values = parameters(HONEST(xml, sign))
        value = escaped(sign(octets(values).encode()))
        return written({**values, "Signature": value})

    return carry
