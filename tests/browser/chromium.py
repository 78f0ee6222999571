"""Where the browser of the tests is: the system's Chromium, else the one in the npm package. Run it to see."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ASK_PACKAGE = "import('@sparticuz/chromium').then(async m => console.log(await m.default.executablePath()))"


def executable() -> tuple[str, list[str]]:
    """The browser's path and the flags it needs here."""
    if system := shutil.which("chromium"):
        return system, FLAGS
    node = ROOT / ".venv/bin/node"
    found = subprocess.run([node, "-e", ASK_PACKAGE], cwd=ROOT, capture_output=True, text=True, check=True)
    return found.stdout.strip(), [*FLAGS, "--headless=shell"]


def main() -> None:
    path, flags = executable()
    version = subprocess.run([path, *flags, "--version"], capture_output=True, text=True, check=True, timeout=60)
    print(path, version.stdout.strip())


if __name__ == "__main__":
    main()
