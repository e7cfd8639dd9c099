"""Parameters of a request that are told in another way than as parameters."""

from __future__ import annotations

from collections.abc import Iterable

_RESERVED = frozenset({"messages", "tools", "stream"})


def check_reserved(
    names: Iterable[str], further: Iterable[str] = (), place: str = "additional_kwargs"
) -> None:
    """Refuse parameters that cannot be set.

    Args:
        names: Of the parameters that are given.
        further: What the provider reserves beside ``messages``, ``tools`` and ``stream``.
        place: Where they are given, for the error. Default ``additional_kwargs``.

    Raises:
        ValueError: If a reserved one is among them.
    """
    if reserved := sorted(_RESERVED.union(further).intersection(names)):
        raise ValueError(
            f"{place} cannot set {', '.join(reserved)}: messages and tools are those of the "
            "request, whether to stream is told by the caller, key and address by the connection"
        )


__all__ = ["check_reserved"]
