"""TLS on the client's side, the same for REST and gRPC: whom to trust, and a certificate to show."""

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Tls:
    """Files in PEM format.

    Attributes:
        ca: Certificates to trust, instead of those of the environment.
        certificate: The client's own certificate, with those that lead to its authority.
        key: The key of that certificate, if it is not in the same file; without a password.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        """Refuse a key without a certificate."""
        if self.key is not None and self.certificate is None:
            raise ValueError(f"The key {self.key} needs the certificate that it belongs to.")


NO_TLS = Tls()
"""Trust the certificates of the environment, and show none."""


def trust(ca: Path) -> ssl.SSLContext:
    """Return a context that trusts the certificates in a file, and no others.

    Raises:
        OSError: If the file can't be read.
        ValueError: If it holds no certificates.
    """
    ca.read_bytes()  # names the file in its errors, unlike ssl
    try:
        return ssl.create_default_context(cafile=ca)
    except ssl.SSLError as error:
        raise ValueError(f"{ca} must hold certificates in PEM format; it can't be used: {error.reason}.") from None


def show(certificate: Path, key: Path | None, context: ssl.SSLContext) -> None:
    """Show a certificate to servers that ask for one.

    Raises:
        OSError: If a file can't be read.
        ValueError: If they hold no certificate and its key, or the key has a password.
    """
    for file in (certificate, key or certificate):
        file.read_bytes()
    try:
        context.load_cert_chain(certificate, key, _no_password)
    except ssl.SSLError as error:
        raise ValueError(
            f"{certificate} and {key or 'the same file'} must hold a certificate and its key in PEM format; "
            f"they can't be used: {error.reason or 'no such content'}."
        ) from None


def _no_password() -> str:
    raise ValueError("The key of the certificate has a password; give one without.")
