"""The certificates of a role: which keys are the identity provider's, and which cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, TypedDict

from lxml import etree

from relyra_django.saml import certificates, xml
from relyra_django.saml import constants as c
from relyra_django.saml.errors import ErrorCode, RelyraError
from relyra_django.saml.idp_metadata.result import CertificateUse, UnusableCertificate

MAX_CERTIFICATES: Final = 64

_DESCRIPTOR: Final = c.MD + "KeyDescriptor"
_CERTIFICATE: Final = f"{c.DS}KeyInfo/{c.DS}X509Data/{c.DS}X509Certificate"


class Keys(TypedDict):
    """The fields of IdpMetadata that this module fills."""

    signing_certificates: tuple[str, ...]
    encryption_certificates: tuple[str, ...]
    unusable_certificates: tuple[UnusableCertificate, ...]


class _Key(NamedTuple):
    position: int
    use: CertificateUse | None
    pem: str
    reason: str


def read_keys(role: etree._Element) -> Keys:
    """Return the certificates of the role by use (Metadata 2.4.1.1).

    Those that cannot be used are listed with the reason, as long as one is left for signing.
    Raises metadata_missing_certificate, malformed_xml.
    """
    _check_amount(role)
    keys = list(_read(role))
    signing = _pems(keys, CertificateUse.SIGNING)
    if not signing:
        raise RelyraError(
            ErrorCode.METADATA_MISSING_CERTIFICATE,
            "There is no usable certificate for signing.",
            actual=[key.reason or "for encryption" for key in keys],
        )
    return {
        "signing_certificates": signing,
        "encryption_certificates": _pems(keys, CertificateUse.ENCRYPTION),
        "unusable_certificates": tuple(
            UnusableCertificate(position=key.position, use=key.use, reason=key.reason)
            for key in keys
            if key.reason
        ),
    }


def _check_amount(role: etree._Element) -> None:
    count = len(role.findall(f"{_DESCRIPTOR}/{_CERTIFICATE}"))
    if max(count, len(role.findall(_DESCRIPTOR))) > MAX_CERTIFICATES:
        raise RelyraError(
            ErrorCode.MALFORMED_XML,
            "The identity provider has too many keys.",
            expected=MAX_CERTIFICATES,
        )


def _pems(keys: list[_Key], use: CertificateUse) -> tuple[str, ...]:
    """Return each usable certificate once, in the order of the document."""
    return tuple(
        dict.fromkeys(key.pem for key in keys if key.pem and key.use in (use, CertificateUse.BOTH))
    )


def _read(role: etree._Element) -> Iterator[_Key]:
    for position, descriptor in enumerate(role.iterfind(_DESCRIPTOR), 1):
        use = _use(descriptor)
        found = descriptor.findall(_CERTIFICATE)
        if not found:
            yield _Key(position, use, "", "no_certificate")
        for certificate in found:
            pem, reason = _read_certificate(certificate, use)
            yield _Key(position, use, pem, reason)


def _use(descriptor: etree._Element) -> CertificateUse | None:
    written = descriptor.get("use")
    if written is None:
        return CertificateUse.BOTH
    # "both" is our own word for the absent attribute, not one that a document may use.
    return {"signing": CertificateUse.SIGNING, "encryption": CertificateUse.ENCRYPTION}.get(written)


def _read_certificate(element: etree._Element, use: CertificateUse | None) -> tuple[str, str]:
    """Return the PEM and "", or "" and the reason why there is none."""
    if use is None:
        return "", "unknown_use"
    # An X509Data holds one key: what follows are its issuers, whose keys sign for others too.
    if next(element.itersiblings(element.tag, preceding=True), None) is not None:
        return "", "chain"
    try:
        return certificates.normalise(xml.text(element)), ""
    except RelyraError as refusal:
        return "", str(refusal.details.get("reason", "unreadable"))
