"""The metadata of a fake identity provider: an EntityDescriptor, alone or in a federation."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from relyra_django.testing.keys import SigningKey
from relyra_django.testing.metadata_spec import MetadataSpec, PublishedKey
from relyra_django.testing.namespaces import DS, MD, MDUI, SAMLP, SHIBMD, XML
from relyra_django.testing.signing import SignatureStyle, sign

ROOT_ID = "_metadata"
_NSMAP = {"md": MD, "ds": DS}


def build_metadata(
    spec: MetadataSpec, entity_id: str, sso_url: str, key: SigningKey
) -> etree._Element:
    """Describe one identity provider (Metadata 2.4.3), unsigned."""
    entity = _entity(spec.entity_id or entity_id)
    _set(entity, validUntil=spec.entity_valid_until, cacheDuration=spec.entity_cache_duration)
    _fill_role(_role(entity, spec), spec, sso_url, key)
    if spec.organization_names:
        _organization(entity, spec.organization_names)
    root = _aggregate(spec, entity, key) if spec.is_aggregate else entity
    root.set("ID", ROOT_ID)
    _set(root, validUntil=spec.valid_until, cacheDuration=spec.cache_duration)
    if spec.comments:
        _sprinkle(root)
    return root


def sign_metadata(root: etree._Element, key: SigningKey, spec: MetadataSpec) -> None:
    """Sign the root as a publisher does: the Signature is its first child."""
    style = SignatureStyle(
        digest=spec.digest,
        method_digest=spec.digest,
        key_info=key.certificate_base64,
        inclusive_prefixes=spec.inclusive_prefixes,
    )
    sign(root, key, style)


def service_provider(entity_id: str) -> etree._Element:
    """Describe a service provider: what most members of a federation are."""
    entity = _entity(entity_id)
    role = _add(entity, "SPSSODescriptor", protocolSupportEnumeration=SAMLP)
    _add(role, "AssertionConsumerService", Binding="x", Location=entity_id + "/acs", index="0")
    return entity


def _entity(entity_id: str) -> etree._Element:
    return etree.Element(f"{{{MD}}}EntityDescriptor", nsmap=_NSMAP, entityID=entity_id)


def _role(entity: etree._Element, spec: MetadataSpec) -> etree._Element:
    role = _add(entity, "IDPSSODescriptor", protocolSupportEnumeration=SAMLP)
    _set(
        role,
        WantAuthnRequestsSigned=spec.want_authn_requests_signed,
        validUntil=spec.role_valid_until,
        cacheDuration=spec.role_cache_duration,
    )
    return role


def _fill_role(role: etree._Element, spec: MetadataSpec, sso_url: str, key: SigningKey) -> None:
    """Add the parts of the role in the order of the schema."""
    if spec.scopes or spec.pattern_scopes or spec.display_names:
        _extensions(role, spec)
    for published in spec.keys or (PublishedKey.of(key),):
        _key_descriptor(role, published)
    if spec.slo_url is not None:
        for binding in spec.sso_bindings:
            logout = _add(role, "SingleLogoutService", Binding=binding, Location=spec.slo_url)
            _set(logout, ResponseLocation=spec.slo_response_url)
    for name_id_format in spec.name_id_formats:
        _add(role, "NameIDFormat").text = name_id_format
    own = tuple((binding, sso_url) for binding in spec.sso_bindings)
    for binding, location in own if spec.sso_endpoints is None else spec.sso_endpoints:
        _add(role, "SingleSignOnService", Binding=binding, Location=location)


def _extensions(role: etree._Element, spec: MetadataSpec) -> None:
    extensions = _add(role, "Extensions")
    for pattern, scopes in (("false", spec.scopes), ("true", spec.pattern_scopes)):
        for scope in scopes:
            element = etree.SubElement(
                extensions, f"{{{SHIBMD}}}Scope", nsmap={"shibmd": SHIBMD}, regexp=pattern
            )
            element.text = scope
    if spec.display_names:
        info = etree.SubElement(extensions, f"{{{MDUI}}}UIInfo", nsmap={"mdui": MDUI})
        for language, name in spec.display_names.items():
            shown = etree.SubElement(info, f"{{{MDUI}}}DisplayName", {f"{{{XML}}}lang": language})
            shown.text = name


def _key_descriptor(role: etree._Element, published: PublishedKey) -> None:
    descriptor = _add(role, "KeyDescriptor")
    _set(descriptor, use=published.use)
    info = etree.SubElement(descriptor, f"{{{DS}}}KeyInfo")
    if not published.certificates:
        value = etree.SubElement(info, f"{{{DS}}}KeyValue")
        etree.SubElement(value, f"{{{DS}}}RSAKeyValue")
        return
    data = etree.SubElement(info, f"{{{DS}}}X509Data")
    for certificate in published.certificates:
        etree.SubElement(data, f"{{{DS}}}X509Certificate").text = certificate


def _organization(entity: etree._Element, names: Mapping[str, str]) -> None:
    organization = _add(entity, "Organization")
    for part in ("OrganizationName", "OrganizationDisplayName", "OrganizationURL"):
        for language, name in names.items():
            element = etree.SubElement(
                organization, f"{{{MD}}}{part}", {f"{{{XML}}}lang": language}
            )
            element.text = "https://www.example.org/" if part.endswith("URL") else name


def _aggregate(spec: MetadataSpec, entity: etree._Element, key: SigningKey) -> etree._Element:
    """Put the entity behind `others`, every third of them an identity provider too."""
    root = group = etree.Element(f"{{{MD}}}EntitiesDescriptor", nsmap=_NSMAP)
    for _ in range(spec.nesting):
        group = _add(group, "EntitiesDescriptor")
    for number in range(spec.others):
        name = f"https://member{number}.example.net/saml"
        group.append(service_provider(name) if number % 3 else _member(name, key))
    group.append(entity)
    return root


def _member(entity_id: str, key: SigningKey) -> etree._Element:
    entity = build_metadata(MetadataSpec(), entity_id, entity_id + "/sso", key)
    del entity.attrib["ID"]
    return entity


def _sprinkle(root: etree._Element) -> None:
    for element in list(root.iter("*")):
        if len(element):
            element.insert(0, etree.Comment(" published by hand "))


def _set(element: etree._Element, **attributes: str | None) -> None:
    for name, written in attributes.items():
        if written is not None:
            element.set(name, written)


def _add(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{MD}}}{name}", attributes)
