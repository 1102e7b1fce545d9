from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.test import override_settings

from relyra_django import keys
from relyra_django.exceptions import ErrorCode, InvalidSettings, RelyraError
from relyra_django.keys import (
    KeyPair,
    KeyResolver,
    SettingsKeyResolver,
    get_key_resolver,
    with_decryption_keys,
)
from relyra_django.saml.connection import ConnectionSnapshot
from relyra_django.testing.keys import SigningKey, signing_key

CURRENT = signing_key("rsa", "current")
NEXT = signing_key("rsa", "next")
CURVE = signing_key("ec", "curve")
CONNECTION = ConnectionSnapshot(
    connection_id="acme",
    idp_entity_id="https://idp.example.org/metadata",
    sp_entity_id="https://sp.example.com/saml/acme/metadata/",
    acs_url="https://sp.example.com/saml/acme/acs/",
)
PKCS1 = PrivateFormat.TraditionalOpenSSL


def pem_of(key: Any, form: PrivateFormat = PrivateFormat.PKCS8, passphrase: bytes = b"") -> str:
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    text: bytes = key.private_bytes(Encoding.PEM, form, encryption)
    return text.decode("ascii")


def body_of(pem: str) -> str:
    """The base64 between the lines: what a careless paste would hold."""
    return "".join(pem.splitlines()[1:-1])


def pair_of(key: SigningKey) -> KeyPair:
    return KeyPair(private_key_pem=key.private_key_pem, certificate_pem=key.certificate_pem)


def both(key: SigningKey) -> dict[str, str]:
    return {"key": key.private_key_pem, "certificate": key.certificate_pem}


class KeyResolverContract:
    """What every resolver does that knows CURRENT, then NEXT, and decrypts with CURRENT alone."""

    @pytest.fixture
    def resolver(self) -> KeyResolver:
        raise NotImplementedError

    @pytest.fixture
    def without_keys(self) -> KeyResolver:
        raise NotImplementedError

    @pytest.fixture
    def broken(self) -> KeyResolver:
        """A resolver whose signing key is not there."""
        raise NotImplementedError

    @pytest.mark.parametrize("connection", [None, CONNECTION])
    def test_the_first_key_signs(
        self, resolver: KeyResolver, connection: ConnectionSnapshot | None
    ) -> None:
        assert resolver.signing_key(connection) == pair_of(CURRENT)

    @pytest.mark.parametrize("connection", [None, CONNECTION])
    def test_all_are_published_in_order(
        self, resolver: KeyResolver, connection: ConnectionSnapshot | None
    ) -> None:
        assert resolver.signing_keys(connection) == (pair_of(CURRENT), pair_of(NEXT))

    def test_decryption_has_keys_of_its_own(self, resolver: KeyResolver) -> None:
        assert resolver.decryption_keys(CONNECTION) == (pair_of(CURRENT),)

    def test_no_keys_are_no_error(self, without_keys: KeyResolver) -> None:
        assert without_keys.signing_key(CONNECTION) is None
        assert without_keys.signing_keys(CONNECTION) == ()
        assert without_keys.decryption_keys(None) == ()

    def test_a_key_that_is_configured_and_absent_is_refused(self, broken: KeyResolver) -> None:
        for ask in (broken.signing_key, broken.signing_keys):
            with pytest.raises(RelyraError) as caught:
                ask(CONNECTION)
            assert caught.value.code is ErrorCode.KEY_NOT_CONFIGURED

    def test_no_key_shows_in_a_repr(self, resolver: KeyResolver) -> None:
        shown = repr((resolver, resolver.signing_keys(None)))
        assert "PRIVATE KEY" not in shown
        assert body_of(CURRENT.private_key_pem)[40:80] not in shown


class TestFromSettings(KeyResolverContract):
    @pytest.fixture
    def resolver(self) -> KeyResolver:
        return SettingsKeyResolver(signing=[both(CURRENT), both(NEXT)], decryption=[both(CURRENT)])

    @pytest.fixture
    def without_keys(self) -> KeyResolver:
        return SettingsKeyResolver()

    @pytest.fixture
    def broken(self) -> KeyResolver:
        return SettingsKeyResolver(signing=["-----BEGIN PRIVATE KEY-----"])


class TestFromEnvironment(KeyResolverContract):
    @pytest.fixture
    def resolver(self, monkeypatch: pytest.MonkeyPatch) -> KeyResolver:
        for name, key in (("CURRENT", CURRENT), ("NEXT", NEXT)):
            monkeypatch.setenv(f"SAML_{name}_KEY", key.private_key_pem)
            # As a process manager keeps it that has no line breaks.
            monkeypatch.setenv(f"SAML_{name}_CERT", key.certificate_pem.replace("\n", "\\n"))
        current, upcoming = (
            {"key": f"env:SAML_{name}_KEY", "certificate": f"env:SAML_{name}_CERT"}
            for name in ("CURRENT", "NEXT")
        )
        return SettingsKeyResolver(signing=[current, upcoming], decryption=[current])

    @pytest.fixture
    def without_keys(self) -> KeyResolver:
        return SettingsKeyResolver(signing=(), decryption=())

    @pytest.fixture
    def broken(self, monkeypatch: pytest.MonkeyPatch) -> KeyResolver:
        monkeypatch.delenv("SAML_ABSENT", raising=False)
        return SettingsKeyResolver(signing=["env:SAML_ABSENT"])


class TestFromFiles(KeyResolverContract):
    @pytest.fixture
    def resolver(self, tmp_path: Path) -> KeyResolver:
        for name, key in (("current", CURRENT), ("next", NEXT)):
            (tmp_path / f"{name}.key").write_text(key.private_key_pem)
            (tmp_path / f"{name}.crt").write_text(key.certificate_pem)
        current = {"key": tmp_path / "current.key", "certificate": tmp_path / "current.crt"}
        upcoming = {"key": f"{tmp_path}/next.key", "certificate": f"{tmp_path}/next.crt"}
        return SettingsKeyResolver(signing=[current, upcoming], decryption=[current])

    @pytest.fixture
    def without_keys(self) -> KeyResolver:
        return SettingsKeyResolver(signing=[])

    @pytest.fixture
    def broken(self, tmp_path: Path) -> KeyResolver:
        return SettingsKeyResolver(signing=[tmp_path / "absent.key"])


class VaultResolver(KeyResolver):
    """As a host would write one."""

    def __init__(self, *, signing: tuple[str, ...] = (), decryption: tuple[str, ...] = ()) -> None:
        self.signing, self.decryption = signing, decryption

    def signing_keys(self, connection: ConnectionSnapshot | None) -> tuple[KeyPair, ...]:
        return tuple(self._open(name) for name in self.signing)

    def decryption_keys(self, connection: ConnectionSnapshot | None) -> tuple[KeyPair, ...]:
        return tuple(self._open(name) for name in self.decryption)

    def _open(self, name: str) -> KeyPair:
        vault = {"current": CURRENT, "next": NEXT}
        if name not in vault:
            raise RelyraError(ErrorCode.KEY_NOT_CONFIGURED, "The vault has no such key.")
        return pair_of(vault[name])


class TestWrittenByTheHost(KeyResolverContract):
    @pytest.fixture
    def resolver(self) -> KeyResolver:
        return VaultResolver(signing=("current", "next"), decryption=("current",))

    @pytest.fixture
    def without_keys(self) -> KeyResolver:
        return VaultResolver()

    @pytest.fixture
    def broken(self) -> KeyResolver:
        return VaultResolver(signing=("lost",))


class TestEntries:
    def test_a_bare_source_is_the_key(self) -> None:
        resolver = SettingsKeyResolver(signing=[CURRENT.private_key_pem])
        assert resolver.signing_key(None) == KeyPair(private_key_pem=CURRENT.private_key_pem)

    @pytest.mark.parametrize("kind", ["rsa", "ec", "ec384", "ec521"])
    def test_kinds_that_sign(self, kind: str) -> None:
        key = signing_key(kind, "current")
        assert SettingsKeyResolver(signing=[both(key)]).signing_key(None) == pair_of(key)

    @pytest.mark.parametrize("key", [CURRENT, CURVE], ids=["rsa", "ec"])
    def test_older_forms_come_out_as_pkcs8_and_nothing_beside(self, key: SigningKey) -> None:
        text = f"bag attributes\n{pem_of(key.private_key, PKCS1)}"
        resolver = SettingsKeyResolver(signing=[text])
        assert resolver.signing_key(None) == KeyPair(private_key_pem=key.private_key_pem)

    @pytest.mark.parametrize(
        "signing",
        [
            CURRENT.private_key_pem,
            {"key": CURRENT.private_key_pem},
            [7],
            [None],
            [""],
            [{}],
            [{"certificate": CURRENT.certificate_pem}],
            [{"key": CURRENT.private_key_pem, "cert": CURRENT.certificate_pem}],
            [{"key": CURRENT.private_key_pem, "label": "x"}],
            [{"key": CURRENT.private_key_pem, "certificate": None}],
        ],
        ids=range(10),
    )
    def test_other_forms_are_invalid_settings(self, signing: Any) -> None:
        with pytest.raises(InvalidSettings, match=r"KEY_RESOLVER: .*signing") as caught:
            SettingsKeyResolver(signing=signing)
        assert "PRIVATE KEY" not in str(caught.value)


def refusal_of(entry: Any, option: str = "signing") -> RelyraError:
    [refusal] = SettingsKeyResolver(**{option: [entry]}).find_refusals()
    return refusal


def is_accepted(entry: Any, option: str = "signing") -> bool:
    """The positive control: the same place takes a sound key."""
    return list(SettingsKeyResolver(**{option: [entry]}).find_refusals()) == []


BRAINPOOL = ec.generate_private_key(ec.BrainpoolP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()
UNUSABLE = {
    "unreadable": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "not ascii": "-----BEGIN PRIVATE KEY-----\n\u00fc\n-----END PRIVATE KEY-----\n",
    "a certificate": CURRENT.certificate_pem,
    "rsa 1024": signing_key("rsa1024", "small").private_key_pem,
    "brainpool": pem_of(BRAINPOOL),
    "ed25519": pem_of(EDWARDS),
}


class TestRefusals:
    @pytest.mark.parametrize("text", UNUSABLE.values(), ids=UNUSABLE.keys())
    def test_keys_that_cannot_be_used(self, text: str) -> None:
        refusal = refusal_of(text)
        assert refusal.code is ErrorCode.KEY_NOT_CONFIGURED
        assert refusal.details == {"source": "signing[0].key", "reason": "unusable"}
        assert is_accepted(CURRENT.private_key_pem)

    @pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PKCS1])
    def test_an_encrypted_key(self, form: PrivateFormat) -> None:
        refusal = refusal_of(pem_of(CURRENT.private_key, form, b"passphrase"))
        assert refusal.details["reason"] == "encrypted"
        assert "without a passphrase" in refusal.message

    def test_an_unset_environment_variable_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SAML_KEY", "")
        refusal = refusal_of("env:SAML_KEY")
        assert "SAML_KEY" in refusal.message
        assert refusal.details["reason"] == "unset"
        monkeypatch.setenv("SAML_KEY", CURRENT.private_key_pem)
        assert is_accepted("env:SAML_KEY")

    def test_an_environment_variable_without_pem(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SAML_KEY", body_of(CURRENT.private_key_pem))
        assert refusal_of("env:SAML_KEY").details["reason"] == "no_pem"

    def test_files_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "binary.key").write_bytes(b"\x30\x82\xff\x00")
        (tmp_path / "empty.key").touch()
        assert refusal_of(tmp_path / "absent.key").details["reason"] == "No such file or directory"
        assert refusal_of(tmp_path).details["reason"] == "Is a directory"
        assert refusal_of(tmp_path / "binary.key").details["reason"] == "not a text file"
        assert refusal_of(tmp_path / "empty.key").details["reason"] == "no_pem"
        assert refusal_of("nul\x00byte").details["reason"] == "not a text file"

    def test_a_certificate_of_another_key(self) -> None:
        refusal = refusal_of({"key": CURRENT.private_key_pem, "certificate": NEXT.certificate_pem})
        assert refusal.details == {"source": "signing[0].certificate", "reason": "mismatch"}
        assert is_accepted(both(CURRENT))

    @pytest.mark.parametrize(
        "certificate", ["-----BEGIN CERTIFICATE-----\nx", CURRENT.private_key_pem]
    )
    def test_a_certificate_that_is_none(self, certificate: str) -> None:
        refusal = refusal_of({"key": CURRENT.private_key_pem, "certificate": certificate})
        assert refusal.code is ErrorCode.KEY_NOT_CONFIGURED
        assert refusal.details["source"] == "signing[0].certificate"

    def test_only_rsa_decrypts(self) -> None:
        assert refusal_of(CURVE.private_key_pem, "decryption").details["reason"] == "not_rsa"
        assert is_accepted(CURVE.private_key_pem)
        assert is_accepted(CURRENT.private_key_pem, "decryption")

    def test_each_bad_key_is_found(self) -> None:
        resolver = SettingsKeyResolver(
            signing=[both(CURRENT), "env:SAML_ABSENT"], decryption=["/absent", both(CURRENT)]
        )
        found = [refusal.details["source"] for refusal in resolver.find_refusals()]
        assert found == ["signing[1].key", "decryption[0].key"]

    def test_a_bad_key_to_come_does_not_stop_the_one_that_signs(self) -> None:
        resolver = SettingsKeyResolver(signing=[both(CURRENT), "env:SAML_ABSENT"])
        assert resolver.signing_key(None) == pair_of(CURRENT)
        with pytest.raises(RelyraError):
            resolver.signing_keys(None)

    def test_the_key_is_never_in_what_is_said(self) -> None:
        secret = body_of(CURRENT.private_key_pem)
        encrypted = pem_of(CURRENT.private_key, passphrase=b"passphrase")
        mangled = CURRENT.private_key_pem.replace("-----END", "----END")
        for text in (secret, secret[:60], encrypted, mangled, CURRENT.private_key_pem[:-200]):
            refusal = refusal_of(text)
            said = f"{refusal} {refusal!r} {dict(refusal.details)} {refusal.__cause__!r}"
            for part in (text, body_of(encrypted), secret):
                assert part[30:55] not in said


class TestCaching:
    @pytest.fixture
    def parsed(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
        """Every text that is parsed as a key, in order."""
        texts: list[str] = []
        real = keys.load_private_key

        def counted(pem: str) -> Any:
            texts.append(pem)
            return real(pem)

        monkeypatch.setattr(keys, "load_private_key", counted)
        return texts

    def test_a_key_is_parsed_once(self, tmp_path: Path, parsed: list[str]) -> None:
        path = tmp_path / "sp.key"
        path.write_text(CURRENT.private_key_pem)
        resolver = SettingsKeyResolver(signing=[path])
        first, again = resolver.signing_key(None), resolver.signing_key(None)
        assert first is again
        assert len(parsed) == 1

    def test_a_rotated_file_is_read_again(self, tmp_path: Path, parsed: list[str]) -> None:
        path = tmp_path / "sp.key"
        path.write_text(CURRENT.private_key_pem)
        resolver = SettingsKeyResolver(signing=[path])
        assert resolver.signing_key(None) == KeyPair(private_key_pem=CURRENT.private_key_pem)
        path.write_text(NEXT.private_key_pem)
        os.utime(path, (1_000_000_000, 1_000_000_000))
        assert resolver.signing_key(None) == KeyPair(private_key_pem=NEXT.private_key_pem)
        assert len(parsed) == 2

    def test_a_file_put_in_its_place_is_read_again(self, tmp_path: Path) -> None:
        path, upcoming = tmp_path / "sp.key", tmp_path / "sp.key.new"
        path.write_text(CURRENT.private_key_pem)
        upcoming.write_text(NEXT.private_key_pem)
        for each in (path, upcoming):
            os.utime(each, (1_000_000_000, 1_000_000_000))
        resolver = SettingsKeyResolver(signing=[path])
        assert resolver.signing_key(None) == KeyPair(private_key_pem=CURRENT.private_key_pem)
        upcoming.replace(path)
        assert resolver.signing_key(None) == KeyPair(private_key_pem=NEXT.private_key_pem)

    def test_a_file_that_is_gone_is_refused_and_taken_back(self, tmp_path: Path) -> None:
        path = tmp_path / "sp.key"
        path.write_text(CURRENT.private_key_pem)
        resolver = SettingsKeyResolver(signing=[path])
        assert list(resolver.find_refusals()) == []
        path.unlink()
        with pytest.raises(RelyraError):
            resolver.signing_key(None)
        path.write_text(CURRENT.private_key_pem)
        assert resolver.signing_key(None) is not None

    def test_a_touched_file_is_not_parsed_again(self, tmp_path: Path, parsed: list[str]) -> None:
        path = tmp_path / "sp.key"
        path.write_text(CURRENT.private_key_pem)
        resolver = SettingsKeyResolver(signing=[path])
        resolver.signing_key(None)
        os.utime(path, (1_000_000_000, 1_000_000_000))
        resolver.signing_key(None)
        assert len(parsed) == 1

    def test_the_environment_is_followed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        resolver = SettingsKeyResolver(signing=["env:SAML_KEY"])
        for key in (CURRENT, NEXT):
            monkeypatch.setenv("SAML_KEY", key.private_key_pem)
            assert resolver.signing_key(None) == KeyPair(private_key_pem=key.private_key_pem)

    def test_what_is_kept_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        resolver = SettingsKeyResolver(signing=["env:SAML_KEY"])
        for count in range(keys.PARSED_LIMIT + 3):
            monkeypatch.setenv("SAML_KEY", f"{'#' * count}\n{CURVE.private_key_pem}")
            assert resolver.signing_key(None) is not None
        assert resolver._parse.cache_info().currsize == keys.PARSED_LIMIT


VAULT = {"BACKEND": "tests.test_keys.VaultResolver", "OPTIONS": {"signing": ("current",)}}


class TestGetKeyResolver:
    def test_the_default_has_no_keys(self) -> None:
        resolver = get_key_resolver()
        assert isinstance(resolver, SettingsKeyResolver)
        assert resolver.signing_keys(None) == ()

    def test_it_is_built_once_for_a_configuration(self) -> None:
        before = get_key_resolver()
        assert get_key_resolver() is before
        with override_settings(RELYRA={"KEY_RESOLVER": VAULT}):
            vault = get_key_resolver()
            assert vault is get_key_resolver()
            assert vault.signing_key(None) == pair_of(CURRENT)
        assert isinstance(get_key_resolver(), SettingsKeyResolver)

    @pytest.mark.parametrize(
        "entry",
        [
            "tests.test_keys.KeyPair",
            "tests.test_keys.Absent",
            "relyra_django.keys.KeyResolver",
            {"BACKEND": "relyra_django.keys.SettingsKeyResolver", "OPTIONS": {"sign": []}},
            {"BACKEND": "relyra_django.keys.SettingsKeyResolver", "OPTIONS": {"signing": "x"}},
        ],
    )
    def test_what_cannot_be_built_is_invalid(self, entry: Any) -> None:
        with (
            override_settings(RELYRA={"KEY_RESOLVER": entry}),
            pytest.raises(InvalidSettings, match="KEY_RESOLVER"),
        ):
            get_key_resolver()


class TestWithDecryptionKeys:
    def test_the_resolver_s_keys_in_its_order(self) -> None:
        options = {"decryption": [NEXT.private_key_pem, both(CURRENT)]}
        entry = {"BACKEND": "relyra_django.keys.SettingsKeyResolver", "OPTIONS": options}
        with override_settings(RELYRA={"KEY_RESOLVER": entry}):
            armed = with_decryption_keys(CONNECTION)
        assert armed.sp_decryption_keys == (NEXT.private_key_pem, CURRENT.private_key_pem)
        assert replace(armed, sp_decryption_keys=()) == CONNECTION
        assert "BEGIN" not in repr(armed)

    def test_keys_that_the_connection_brought_come_after_them(self) -> None:
        own = replace(CONNECTION, sp_decryption_keys=(CURRENT.private_key_pem,))
        assert with_decryption_keys(own) == own
        entry = {
            "BACKEND": "relyra_django.keys.SettingsKeyResolver",
            "OPTIONS": {"decryption": [NEXT.private_key_pem]},
        }
        with override_settings(RELYRA={"KEY_RESOLVER": entry}):
            armed = with_decryption_keys(own)
        assert armed.sp_decryption_keys == (NEXT.private_key_pem, CURRENT.private_key_pem)

    def test_a_key_that_cannot_be_used(self) -> None:
        options = {"decryption": [CURVE.private_key_pem]}
        entry = {"BACKEND": "relyra_django.keys.SettingsKeyResolver", "OPTIONS": options}
        with (
            override_settings(RELYRA={"KEY_RESOLVER": entry}),
            pytest.raises(RelyraError) as refusal,
        ):
            with_decryption_keys(CONNECTION)
        assert refusal.value.code is ErrorCode.KEY_NOT_CONFIGURED
