"""What is to be packed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: Extras of this package that bring the SDK of a chat model provider.
PROVIDERS = ("openai", "anthropic", "ollama", "tongyi", "azure")


@dataclass(frozen=True)
class PackRequest:
    """What is to be packed.

    Args:
        output: The archive to write; ends with ``.tar.gz`` or ``.tgz``.
        extras: Extras of this package, as ``openai``.
        requirements: Files that list more packages, as for ``pip install -r``.
        own: Projects, packages and modules of the user.
        with_java: Whether the jar of the Java side goes along.
        with_embedded: Whether the embedded model and its engine go along.
        platform: Platform of the workers, as uv names it; None is that of this machine.
    """

    output: Path
    extras: tuple[str, ...] = ()
    requirements: tuple[Path, ...] = ()
    own: tuple[Path, ...] = ()
    with_java: bool = False
    with_embedded: bool = False
    platform: str | None = None


__all__ = ["PROVIDERS", "PackRequest"]
