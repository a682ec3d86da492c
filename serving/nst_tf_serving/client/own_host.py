"""Which hosts are this machine; they are reached without a proxy."""

import ipaddress
import re
import socket
from typing import Any


def is_own(host: str) -> bool:
    """Tell whether a host is this machine: by its address, or by a name that needs no name server."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    if "." in name and not (_is_number(name) or ":" in name or name == socket.gethostname().lower()):
        return False
    try:
        found = socket.getaddrinfo(name, 9, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return False
    return all(_is_own_address(kind, address) for kind, _, _, _, address in found)


def _is_number(name: str) -> bool:
    """Tell whether a host is written as an IPv4 address, including short forms such as 127.1."""
    return re.fullmatch(r"(0x[0-9a-f]+|[0-9]+)(\.(0x[0-9a-f]+|[0-9]+)){0,3}", name) is not None


def _is_own_address(kind: int, address: tuple[Any, ...]) -> bool:
    """Tell whether an address belongs to this machine: a socket connected to it sends from it. Nothing is sent."""
    wanted = ipaddress.ip_address(address[0].partition("%")[0])
    wanted = getattr(wanted, "ipv4_mapped", None) or wanted
    if wanted.is_loopback or wanted.is_unspecified:
        return True
    with socket.socket(kind, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(address)
        except OSError:
            return False
        return bool(probe.getsockname()[0] == address[0])
