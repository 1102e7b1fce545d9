"""Fernway's pages: the home page for everybody, the receipt for who is signed in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView

from example_project.sso.models import Organisation, SignInReceipt


@method_decorator(login_not_required, name="dispatch")
class HomeView(TemplateView):
    """The public front of the product."""

    template_name = "sso/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(organisations=Organisation.objects.order_by("name"))


class ReceiptView(TemplateView):
    """What was asserted when this user last signed in; LoginRequiredMiddleware guards it."""

    template_name = "sso/receipt.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        assert user.is_authenticated
        return super().get_context_data(receipt=SignInReceipt.objects.of(user))
