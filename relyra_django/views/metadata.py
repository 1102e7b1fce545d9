"""Our metadata, for the identity provider's administrator."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_cache_control

from relyra_django.keys import KeyPair, get_key_resolver
from relyra_django.resolvers import get_resolver
from relyra_django.saml.metadata import sp_metadata
from relyra_django.telemetry import AttemptKind
from relyra_django.views.base import RelyraView

MAX_AGE_SECONDS = 3600


class MetadataView(RelyraView):
    """GET <connection_id>/metadata/: also for drafts, which are set up with it."""

    kind = AttemptKind.METADATA
    http_method_names = ["get", "head"]

    @staticmethod
    def cached(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        return view

    def get(self, request: HttpRequest, connection_id: str) -> HttpResponse:
        connection = get_resolver().resolve_for_metadata(connection_id)
        keys = get_key_resolver()
        xml = sp_metadata(
            connection,
            signing_certificates=_published(keys.signing_keys(connection)),
            encryption_certificates=_published(keys.decryption_keys(connection)),
        )
        response = HttpResponse(xml, content_type="application/samlmetadata+xml")
        patch_cache_control(response, max_age=MAX_AGE_SECONDS)
        return response


def _published(keys: tuple[KeyPair, ...]) -> tuple[str, ...]:
    return tuple(key.certificate_pem for key in keys if key.certificate_pem)
