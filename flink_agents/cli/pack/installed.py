"""What the Python that packs has installed: the versions that the archive gets, too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from typing import TYPE_CHECKING, Any

from flink_agents.cli.pack.request import PROVIDERS
from flink_agents.exceptions import EnvironmentSetupError

if TYPE_CHECKING:
    from packaging.requirements import Requirement

OWN_NAME = "pyflink-agents"


def own_distribution() -> Distribution:
    """That of this package.

    Raises:
        EnvironmentSetupError: If it is imported from a folder without being installed.
    """
    try:
        return distribution(OWN_NAME)
    except PackageNotFoundError:
        raise EnvironmentSetupError(
            f"The package {OWN_NAME} is imported here, but not installed, so it is not known what "
            f"it needs. Install it with pip, or run scripts/setup."
        ) from None


def requirements(extras: Iterable[str]) -> list[str]:
    """What this package needs with some of its extras, each as a line of requirements."""
    return [str(needed) for needed in _required(OWN_NAME, set(extras))]


def installed_providers() -> tuple[str, ...]:
    """Extras of providers whose packages are all installed."""
    own_distribution()
    return tuple(name for name in PROVIDERS if _has_extra(name))


def pins() -> list[str]:
    """Each installed package with its version, except those that come from no index."""
    return sorted(
        f"{found.metadata['Name']}=={found.version}"
        for found in distributions()
        if found.metadata["Name"] and _origin(found) is None
    )


def editable_packages() -> list[str]:
    """Names of packages, other than this one, that are installed from a folder with ``-e``."""
    return sorted(
        found.metadata["Name"]
        for found in distributions()
        if (_origin(found) or {}).get("dir_info", {}).get("editable")
        and found.metadata["Name"] != OWN_NAME
    )


def _has_extra(extra: str) -> bool:
    for needed in _required(OWN_NAME, {extra}):
        try:
            distribution(needed.name)
        except PackageNotFoundError:
            return False
    return True


def _required(name: str, extras: set[str]) -> Iterator[Requirement]:
    from packaging.requirements import Requirement

    own = own_distribution()
    for text in own.requires or ():
        needed = Requirement(text)
        marker = needed.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""}):
            needed.marker = None
            yield needed


def _origin(found: Distribution) -> dict[str, Any] | None:
    text = found.read_text("direct_url.json")
    return json.loads(text) if text else None
