"""Which rules of SAML 2.0 we keep, and the tests that prove it: the manifest behind CONFORMANCE.md.

One TOML file a document; `manifest` reads them, `proofs` finds the tests they name, `rendering`
writes the page. `manage.py relyra_conformance --check` holds the three together.
"""
