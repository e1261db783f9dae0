"""Who a visitor is by their address on the network: the same person however a proxy spells it."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network

_BRACKETED = re.compile(r"\[([^\]]*)\](?::\d*)?")
_WITH_PORT = re.compile(r"([^:]+):\d*")
_LONGEST = 45  # an IPv6 address that carries an IPv4 one; a proxy may say anything


def address_of(said: str | None) -> str:
    """The address alone, in its shortest spelling: without port, brackets, zone or the IPv6 clothes of an IPv4 one.
    What is none is kept as far as 45 letters."""
    text = (said or "").strip().strip('"')
    found = _BRACKETED.fullmatch(text) or _WITH_PORT.fullmatch(text)
    text = (found[1] if found else text).partition("%")[0].strip()
    for kind in (IPv4Address, IPv6Address):
        try:
            address = kind(text)
        except AddressValueError:
            continue
        inner = _ipv4_in(address) if isinstance(address, IPv6Address) else None
        return str(inner or address)
    return text[:_LONGEST]


def network_of(said: str | None) -> str:
    """What one subscriber has whole: an IPv4 address, or the /64 of an IPv6 one."""
    address = address_of(said)
    try:
        return str(IPv6Network((int(IPv6Address(address)), 64), strict=False))
    except AddressValueError:
        return address


def _ipv4_in(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, or translated by a mobile network (RFC 6052)."""
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 0xFFFF):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
