"""Environments of their own for what a benchmark measures beside us; nothing of the product's."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_OWN_UV = Path(__file__).parent.parent / ".uv" / "bin"


def peer_environment(cache: Path, packages: Sequence[str]) -> Path:
    """The Python that has ``packages``; built at first use, by uv where the machine has it.

    Raises:
        CalledProcessError: they cannot be installed.
    """
    folder = cache / "+".join(packages).replace("==", "-")
    python, ready = folder / "bin" / "python", folder / "ready"
    if ready.exists():
        return python
    print(f"installing the peer into {folder} …", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    uv = shutil.which("uv") or shutil.which("uv", path=_OWN_UV)
    if uv is not None:
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", python, *packages]
    else:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = [python, "-m", "pip", "install", "--quiet", *packages]
    subprocess.run(install, check=True)
    ready.touch()
    return python
