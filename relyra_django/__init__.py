"""A strict-by-default SAML 2.0 Service Provider for Django."""

__version__ = "0.1.0.dev0"
