"""Certificates that must not be believed: nothing reaches the server but the handshake."""

import datetime as dt
import os
import ssl
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest
import trustme

from app import messages
from app.client.transport import Transport, trust
from app.client.v0.startup_socket import joined
from app.core.servers import ServerAddress
from app.errors import (
    LauncherError,
    NoAnswer,
    TlsExpired,
    TlsFailed,
    TlsNotYetValid,
    TlsUntrusted,
    TlsWrongHost,
    TrustUnreadable,
)
from tests.faults.frames import JOINED, OPEN, shaking_hands, text
from tests.faults.hostile import answer, hostile

pytestmark = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="only OpenSSL's store can be lent a certificate for a test"
)

FUTURE = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
PAST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority that this system trusts."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return authority


def serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(tls)
    return tls


async def launch(tls: ssl.SSLContext) -> tuple[LauncherError | None, int]:
    """What a POST comes to, and how many requests the server read."""
    async with hostile(answer(b"{}"), tls=tls) as there:
        http = Transport(there.server("key"))
        try:
            await http.ask("POST", "/api/conversations", body=b'{"initial_user_msg":"Fix it"}')
        except LauncherError as fault:
            return fault, len(there.requests)
        else:
            return None, len(there.requests)
        finally:
            await http.aclose()


async def test_a_certificate_of_the_systems_store_is_believed(trusted: trustme.CA) -> None:
    assert await launch(serving(trusted.issue_cert("127.0.0.1"))) == (None, 1)


async def test_a_certificate_that_has_expired(trusted: trustme.CA) -> None:
    then = trusted.issue_cert("127.0.0.1", not_before=PAST, not_after=PAST + dt.timedelta(days=1))
    fault, posts = await launch(serving(then))
    assert (type(fault), posts) == (TlsExpired, 0)
    assert fault is not None
    assert not fault.may_have_started


@pytest.mark.parametrize("name", ["openhands.example", "127.0.0.2"])
async def test_a_certificate_of_another_host(trusted: trustme.CA, name: str) -> None:
    fault, posts = await launch(serving(trusted.issue_cert(name)))
    assert (type(fault), posts) == (TlsWrongHost, 0)


async def test_a_certificate_of_an_unknown_authority(trusted: trustme.CA) -> None:
    fault, posts = await launch(serving(trustme.CA().issue_cert("127.0.0.1")))
    assert (type(fault), posts) == (TlsUntrusted, 0)


async def test_a_certificate_that_is_not_valid_yet(trusted: trustme.CA) -> None:
    """Most often the clock is wrong, and then that is what should be looked at."""
    later = trusted.issue_cert("127.0.0.1", not_before=FUTURE, not_after=FUTURE + dt.timedelta(days=1))
    fault, posts = await launch(serving(later))
    assert (type(fault), posts) == (TlsNotYetValid, 0)


async def test_a_certificate_without_a_name(trusted: trustme.CA) -> None:
    fault, posts = await launch(serving(trusted.issue_cert(common_name="127.0.0.1")))
    assert (type(fault), posts) == (TlsWrongHost, 0)


async def test_a_certificate_that_signs_itself(tmp_path: Path, trusted: trustme.CA) -> None:
    itself, chain = trustme.CA(), tmp_path / "itself.pem"
    chain.write_bytes(itself.private_key_pem.bytes() + itself.cert_pem.bytes())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain)
    fault, posts = await launch(tls)
    assert (type(fault), posts) == (TlsUntrusted, 0)


@pytest.mark.parametrize(("others", "kind"), [(100, None), (400, TlsFailed)])
async def test_a_chain_of_certificates_has_a_limit(
    trusted: trustme.CA, tmp_path: Path, others: int, kind: type[LauncherError] | None
) -> None:
    """OpenSSL's own: 100 KiB."""
    chain, leaf = tmp_path / "chain.pem", trusted.issue_cert("127.0.0.1")
    other = trustme.CA().cert_pem.bytes()
    chain.write_bytes(leaf.private_key_and_cert_chain_pem.bytes() + other * others)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain)
    fault, posts = await launch(tls)
    assert (type(fault) if fault else None, posts) == (kind, 0 if kind else 1)


async def test_a_certificate_of_many_names_is_read(trusted: trustme.CA) -> None:
    names = [f"{number}.{'a' * 60}.example" for number in range(500)]
    assert await launch(serving(trusted.issue_cert(*names, "127.0.0.1"))) == (None, 1)
    fault, posts = await launch(serving(trusted.issue_cert(*names)))
    assert (type(fault), posts) == (TlsWrongHost, 0)


# SSL_CERT_FILE and SSL_CERT_DIR: they take the place of the system's store, as with most programs.


def folder(at: Path) -> str:
    at.mkdir()
    return str(at)


def written(at: Path, text: bytes) -> str:
    at.write_bytes(text)
    return str(at)


UNUSABLE_FILES: dict[str, Callable[[Path], str]] = {
    "nothing": str,
    "a folder": folder,
    "an empty file": lambda at: written(at, b""),
    "garbage": lambda at: written(at, bytes(range(256)) * 100),
    "a certificate cut short": lambda at: written(at, trustme.CA().cert_pem.bytes()[:200]),
    "a key": lambda at: written(at, trustme.CA().private_key_pem.bytes()),
    "a device": lambda _: "/dev/zero",
    "a text that is no path": lambda _: "certs\n" * 5000,
}


@pytest.mark.parametrize("name", UNUSABLE_FILES)
async def test_a_file_of_trusted_certificates_that_is_none_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    """Nobody is believed in place of whom it should name, and it is not said that the server is to blame."""
    monkeypatch.setenv("SSL_CERT_FILE", UNUSABLE_FILES[name](tmp_path / "authorities"))
    fault, posts = await launch(serving(authority.issue_cert("127.0.0.1")))
    assert isinstance(fault, TrustUnreadable)
    assert (fault.place, fault.may_have_started, posts) == ("SSL_CERT_FILE", False, 0)
    assert messages.error(fault).text.endswith("SSL_CERT_FILE must lead to certificates in PEM format.")


async def test_a_pipe_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "pipe"))
    with pytest.raises(TrustUnreadable):
        trust(ServerAddress("https://openhands.example"))


async def test_a_folder_of_trusted_certificates_that_is_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "nothing"))
    with pytest.raises(TrustUnreadable) as raised:
        trust(ServerAddress("https://openhands.example"))
    assert raised.value.place == "SSL_CERT_DIR"
    monkeypatch.setenv("SSL_CERT_DIR", os.pathsep.join((str(tmp_path / "nothing"), str(tmp_path))))
    trust(ServerAddress("https://openhands.example"))


async def test_a_pipe_among_the_trusted_certificates_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenSSL opens a file there by the hash of a name, in the middle of the handshake."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    (tmp_path / "0a1b2c3d.0").symlink_to(tmp_path / "gone")
    trust(ServerAddress("https://openhands.example"))
    os.mkfifo(tmp_path / "88d0bdcb.0")
    with pytest.raises(TrustUnreadable) as raised:
        trust(ServerAddress("https://openhands.example"))
    assert raised.value.place == "SSL_CERT_DIR"


async def test_what_is_empty_is_not_set(monkeypatch: pytest.MonkeyPatch, authority: trustme.CA) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "")
    monkeypatch.setenv("SSL_CERT_DIR", "")
    fault, posts = await launch(serving(authority.issue_cert("127.0.0.1")))
    assert (type(fault), posts) == (TlsUntrusted, 0)


async def test_a_file_that_is_mended_is_read_at_the_next_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    file = tmp_path / "authority.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with hostile(answer(b"{}"), tls=serving(authority.issue_cert("127.0.0.1"))) as there:
        http = Transport(there.server())
        with pytest.raises(TrustUnreadable):
            await http.ask("GET", "/alive")
        authority.cert_pem.write_to_path(str(file))
        assert (await http.ask("GET", "/alive")).status == 200
        await http.aclose()


async def test_the_socket_believes_whom_a_request_believes(trusted: trustme.CA) -> None:
    frames = (OPEN, JOINED, '42["oh_event",{"id":7}]')
    tls = serving(trusted.issue_cert("127.0.0.1"))
    async with (
        shaking_hands(b"".join(map(text, frames)), tls=tls) as there,
        aclosing(joined(there.server("key"), "f" * 32)) as stream,
    ):
        assert (await anext(stream)).id == 7


async def test_the_socket_believes_nobody_else_either(trusted: trustme.CA) -> None:
    async with hostile(answer(b"{}"), tls=serving(trustme.CA().issue_cert("127.0.0.1"))) as there:
        with pytest.raises(NoAnswer):
            await anext(joined(there.server("key"), "f" * 32))
        assert there.requests == []


def test_old_protocols_and_a_log_of_session_keys_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    for address in ("https://openhands.example", "http://127.0.0.1"):
        tls = trust(ServerAddress(address))
        assert tls.minimum_version >= ssl.TLSVersion.TLSv1_2
        assert tls.verify_mode is ssl.CERT_REQUIRED
        assert tls.check_hostname
        assert tls.keylog_filename is None


def test_the_least_protocol_is_ours_where_openssl_has_no_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Debian's Python leaves it to that file, which a bare system lacks; others set it themselves."""
    lax = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    lax.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    monkeypatch.setattr(ssl.SSLContext, "__new__", lambda *_: lax)
    assert trust(ServerAddress("http://127.0.0.1")).minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_server_without_tls_costs_no_trust_store() -> None:
    assert trust(ServerAddress("http://127.0.0.1")).get_ca_certs() == []
