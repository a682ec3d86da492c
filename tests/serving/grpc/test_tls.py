"""Certificates on the client's side, over REST and gRPC alike."""

import pytest
from helpers.command_line import run
from helpers.serving_toys import encoded
from helpers.tls_servers import make_certificates, serving_with_tls

from nst_tf_serving.client.painting import request_painting
from nst_tf_serving.client.tls import Tls
from nst_tf_serving.client.transport import ServerError

RED, BLUE = encoded("red"), encoded("blue")
PROTOCOLS = ("https", "grpcs")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module", params=PROTOCOLS)
def address(model, certificates, request):
    with serving_with_tls(model, request.param, certificates) as address:
        yield address


@pytest.fixture(scope="module", params=PROTOCOLS)
def wary(model, certificates, request):
    """The address of a server that wants to see a certificate."""
    with serving_with_tls(model, request.param, certificates, client_must_show=True) as address:
        yield address


def test_a_server_is_trusted_if_its_authority_is_named(address, certificates, monkeypatch):
    assert request_painting(address, RED, BLUE, tls=Tls(ca=certificates.ca), timeout=20).png
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    assert request_painting(address, RED, BLUE, timeout=20).png


def test_a_server_of_an_unknown_authority_is_not_trusted(address):
    with pytest.raises(ServerError, match=r"can't be reached: .*(CERTIFICATE_VERIFY_FAILED|not trusted)"):
        request_painting(address, RED, BLUE, timeout=20)


def test_a_server_may_want_a_certificate(wary, certificates):
    shown = Tls(ca=certificates.ca, certificate=certificates.client)
    assert request_painting(wary, RED, BLUE, tls=shown, timeout=20).png
    with pytest.raises(ServerError):
        request_painting(wary, RED, BLUE, tls=Tls(ca=certificates.ca), timeout=20)


def test_the_command_takes_the_same_files(address, wary, certificates, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "red.png").write_bytes(RED)
    (tmp_path / "blue.png").write_bytes(BLUE)
    done = run("request", address, "red.png", "blue.png", "--ca", certificates.ca)
    assert done.exit_code == 0, done.output
    shown = ["--cert", certificates.client, "--key", certificates.client]
    done = run("request", wary, "red.png", "blue.png", "-o", "out.png", "--ca", certificates.ca, *shown)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_bad_files_are_named_before_anything_is_sent(protocol, certificates, tmp_path):
    (tmp_path / "text.pem").write_text("not a certificate")
    url = f"{protocol}://127.0.0.1:9"
    with pytest.raises(ValueError, match=r"text\.pem must hold certificates in PEM format"):
        request_painting(url, RED, BLUE, tls=Tls(ca=tmp_path / "text.pem"))
    with pytest.raises(ValueError, match=r"text\.pem and .* must hold a certificate and its key"):
        request_painting(url, RED, BLUE, tls=Tls(certificate=tmp_path / "text.pem"))
    with pytest.raises(FileNotFoundError, match=r"none\.pem"):
        request_painting(url, RED, BLUE, tls=Tls(ca=tmp_path / "none.pem"))
    with pytest.raises(ValueError, match="not encrypted"):
        request_painting(url.replace("s:", ":"), RED, BLUE, tls=Tls(ca=certificates.ca))
    with pytest.raises(ValueError, match="needs the certificate"):
        Tls(key=certificates.client)
