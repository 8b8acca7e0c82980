"""Certificates that must not be believed: nothing reaches the server but the handshake."""

import datetime as dt
import ssl
import sys
from pathlib import Path

import pytest
import trustme

from app.client.events import joined
from app.client.transport import Transport, trust
from app.core.servers import ServerAddress
from app.errors import LauncherError, NoAnswer, TlsExpired, TlsUntrusted, TlsWrongHost
from tests.faults.hostile import answer, hostile

pytestmark = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="only OpenSSL's store can be lent a certificate for a test"
)

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
