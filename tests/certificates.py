"""A private authority and the certificates it gives, made for a test."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LASTS = timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


class Authority:
    """Signs for names and addresses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of a test")])
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        made = _begun(self.name, self.name, self.key).add_extension(constraints, critical=True)
        self.certificate = folder / "ca.pem"
        self.certificate.write_bytes(_pem(made.sign(self.key, hashes.SHA256())))

    def pair(self, name: str, *addresses: str) -> Pair:
        """A certificate for this name and these addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(name), *(x509.IPAddress(ipaddress.ip_address(one)) for one in addresses)]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = _begun(subject, self.name, key).add_extension(x509.SubjectAlternativeName(names), critical=False)
        pair = Pair(certificate=self.folder / f"{name}.pem", key=self.folder / f"{name}.key")
        pair.certificate.write_bytes(_pem(made.sign(self.key, hashes.SHA256())))
        plain = serialization.NoEncryption()
        as_text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        pair.key.write_bytes(as_text)
        return pair


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LASTS)
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
