"""Every class of the corpus and what makes its cases."""

from __future__ import annotations

from tests.saml.corpus.mint import logout, logout_shapes, metadata, redirected
from tests.saml.corpus.mint.addresses import AUDIENCES, DESTINATIONS, ISSUERS, RECIPIENTS
from tests.saml.corpus.mint.algorithms import ALGORITHMS, HMAC
from tests.saml.corpus.mint.amounts import AMOUNTS
from tests.saml.corpus.mint.answers import CONFIRMATIONS, CROSS_TENANT, IN_RESPONSE_TO
from tests.saml.corpus.mint.attributes import ATTRIBUTES, AUTHENTICATION
from tests.saml.corpus.mint.digests import DIGESTS
from tests.saml.corpus.mint.draft import Draft, drafts
from tests.saml.corpus.mint.encodings import ENCODINGS, ENTITIES, REMARKS
from tests.saml.corpus.mint.encrypted import ENCRYPTION
from tests.saml.corpus.mint.encrypted_places import ENCRYPTED_PLACES
from tests.saml.corpus.mint.form_fields import BASE64
from tests.saml.corpus.mint.ids import IDS
from tests.saml.corpus.mint.key_info import KEY_INFO
from tests.saml.corpus.mint.oddities import ODDITIES
from tests.saml.corpus.mint.plaintexts import ENCRYPTED_PLAINTEXTS
from tests.saml.corpus.mint.references import REFERENCES
from tests.saml.corpus.mint.shapes import HONEST, VARIETY
from tests.saml.corpus.mint.signed_info import SIGNED_INFO
from tests.saml.corpus.mint.statements import STATUSES, SUBJECTS
from tests.saml.corpus.mint.structure import CONDITIONS, PREFIXED, PRESENCE, STRUCTURE
from tests.saml.corpus.mint.times import EDGES, SPELLINGS
from tests.saml.corpus.mint.transforms import TRANSFORMS
from tests.saml.corpus.mint.trust import KEYS
from tests.saml.corpus.mint.void import VOID
from tests.saml.corpus.mint.wrapping import PARKED, WRAPPING

_BY_EACH_SIGNER = {
    "oddities": ODDITIES,
    "honest": (*HONEST, *logout_shapes.HONEST, *metadata.HONEST),
    "variety": VARIETY,
    "wrapping": WRAPPING,
    "signed-info": SIGNED_INFO,
    "references": REFERENCES,
    "transforms": TRANSFORMS,
}
_IN_TURN = {
    "prefixed-attributes": PREFIXED,
    "metadata": metadata.METADATA,
    "logout": logout.LOGOUT,
    "redirect": redirected.REDIRECT,
    "parked": PARKED,
    "keys": KEYS,
    "digests": DIGESTS,
    "encryption": (*ENCRYPTION, *ENCRYPTED_PLACES),
    "plaintexts": ENCRYPTED_PLAINTEXTS,
    "hmac": HMAC,
    "cross-tenant": CROSS_TENANT,
    "presence": PRESENCE,
    "algorithms": ALGORITHMS,
    "key-info": KEY_INFO,
    "remarks": REMARKS,
    "void-canonicalization": VOID,
    "ids": IDS,
    "encodings": ENCODINGS,
    "entities": ENTITIES,
    "base64": BASE64,
    "amounts": AMOUNTS,
    "structure": STRUCTURE,
    "destinations": DESTINATIONS,
    "recipients": RECIPIENTS,
    "audiences": AUDIENCES,
    "issuers": ISSUERS,
    "times": EDGES,
    "time-formats": SPELLINGS,
    "confirmations": CONFIRMATIONS,
    "in-response-to": IN_RESPONSE_TO,
    "conditions": CONDITIONS,
    "statuses": STATUSES,
    "subjects": SUBJECTS,
    "attributes": ATTRIBUTES,
    "authentication": AUTHENTICATION,
}

DRAFTS: dict[str, tuple[Draft, ...]] = {
    **{class_: tuple(drafts(class_, every)) for class_, every in _BY_EACH_SIGNER.items()},
    **{class_: tuple(drafts(class_, every, in_turn=True)) for class_, every in _IN_TURN.items()},
}
