"""How a text message leaves. A sender is a function (to, words, key) that raises OSError where it could not send.

``key`` is the same when one message is tried again, so that a service that knows it sends it once. Ketacare ships the one
that writes files, for trials and the demo; a clinic's own is named in KETACARE_TEXT_SENDER.
"""

import os

from django.conf import settings


def into_files(*, to: str, words: str, key: str) -> None:
    """Write the message into a file of its own, whole or not at all."""
    settings.TEXT_FOLDER.mkdir(parents=True, exist_ok=True)
    file = settings.TEXT_FOLDER / f"{key}.txt"
    draft = file.with_suffix(".draft")
    draft.write_text(f"To: {to}\n\n{words}\n", encoding="utf-8")
    os.replace(draft, file)
