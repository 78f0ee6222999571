"""The key that signs the audit trail. It is kept outside the database and outside its backup."""

import contextlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def make_once(path: Path, content: bytes) -> None:
    """Write a new private file whole or not at all; of two that try at once the first wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def private_key(folder: Path) -> Ed25519PrivateKey:
    """The signing key of this installation, made on first use."""
    path = folder / "signing.key"
    if not path.exists():
        make_once(path, Ed25519PrivateKey.generate().private_bytes_raw())
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


def sign(message: str, folder: Path) -> str:
    """The signature of a text, in hexadecimal."""
    return private_key(folder).sign(message.encode()).hex()


def is_signed(message: str, signature: str, public: Ed25519PublicKey) -> bool:
    """Whether the signature was made by our key for this text."""
    try:
        public.verify(bytes.fromhex(signature), message.encode())
    except (InvalidSignature, ValueError):
        return False
    return True
