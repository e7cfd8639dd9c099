"""The version of Flink that is installed."""

from __future__ import annotations

import re
from importlib import metadata

from flink_agents.exceptions import EnvironmentSetupError

_VERSION = re.compile(r"\s*v?(\d+(?:\.\d+)*)(.*)")
#: Of the same numbers, "2.3.0rc1" and "2.3-SNAPSHOT" come before "2.3.0", "2.3.0.post1" after it.
_PRE_RELEASE = re.compile(r"[.\-_]?(?:a|b|c|rc|alpha|beta|dev|pre|preview|snapshot)", re.IGNORECASE)


class FlinkVersionManager:
    """Compares the installed version of ``apache-flink``, without importing it.

    Args:
        version: The version to take instead of the installed one.
    """

    def __init__(self, version: str | None = None) -> None:
        self._version = version

    @property
    def version(self) -> str:
        """The version, such as ``"2.3.0"``.

        Raises:
            EnvironmentSetupError: If Flink is not installed.
        """
        if self._version is None:
            try:
                self._version = metadata.version("apache-flink")
            except metadata.PackageNotFoundError as error:
                raise EnvironmentSetupError(
                    "The Python package apache-flink is not installed. Install it in the "
                    "environment that runs this program."
                ) from error
        return self._version

    @property
    def major_version(self) -> str:
        """The first two numbers, such as ``"2.3"``: what Flink calls a major version."""
        return ".".join(str(number) for number in _parsed(self.version)[0][:2])

    def ge(self, target_version: str) -> bool:
        """Whether the version is ``target_version`` or later.

        Raises:
            ValueError: If ``target_version`` is not a version.
        """
        return not self.lt(target_version)

    def lt(self, target_version: str) -> bool:
        """Whether the version is before ``target_version``.

        Raises:
            ValueError: If ``target_version`` is not a version.
        """
        return _parsed(self.version) < _parsed(target_version)


def _parsed(version: str) -> tuple[tuple[int, ...], bool]:
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ValueError(f"{version!r} is not a version. Write it as '2.3' or '2.3.0'.")
    numbers = [int(number) for number in match.group(1).split(".")]
    while len(numbers) < 4:
        numbers.append(0)
    return tuple(numbers), _PRE_RELEASE.match(match.group(2)) is None


#: The version of the Flink that is installed.
flink_version_manager = FlinkVersionManager()

__all__ = ["FlinkVersionManager", "flink_version_manager"]
