"""The jar with the Java half of the library, and what else the companion JVM finds classes in."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from flink_agents import __version__
from flink_agents.bridge.wire import PROTOCOL
from flink_agents.exceptions import EnvironmentSetupError

LIBRARY = Path(__file__).parents[1] / "lib"
CLASSPATH_VARIABLE = "FLINK_AGENTS_JAVA_CLASSPATH"
FIX = "Build it with scripts/setup (it needs Maven and a JDK 17 or newer)"


def classpath() -> str:
    """The class path of a companion JVM.

    Raises:
        EnvironmentSetupError: If the jar is missing or does not fit, or a path of the variable
            ``FLINK_AGENTS_JAVA_CLASSPATH`` does not exist.
    """
    more = [entry for entry in os.environ.get(CLASSPATH_VARIABLE, "").split(os.pathsep) if entry]
    for entry in more:
        # A last `*` stands for all jars of a folder, as for `java` itself.
        if not os.path.exists(entry.removesuffix("*") if entry.endswith(("/*", "\\*")) else entry):
            raise EnvironmentSetupError(
                f"{CLASSPATH_VARIABLE} names {entry}, which does not exist. Correct the variable: "
                "paths of jars and folders of classes, separated as in a class path."
            )
    # Inside of Flink it is Flink that logs, so the companion's logging is a jar of its own.
    logging = [str(found) for found in LIBRARY.glob("companion-logging-*.jar")]
    return os.pathsep.join([str(jar()), *logging, *more])


def jar(folder: Path = LIBRARY) -> Path:
    """The jar of this version: that of the package, else the one in ``lib`` of the cluster.

    Raises:
        EnvironmentSetupError: If it is missing, or was built from another version.
    """
    name = f"flink-agents-{__version__}.jar"
    places = [folder, *_libraries_of_flink()]
    path = next((place / name for place in places if (place / name).is_file()), None)
    if path is None:
        others = sorted(found.name for found in folder.glob("flink-agents-*.jar"))
        there = f" (there is {', '.join(others)})" if others else ""
        raise EnvironmentSetupError(
            f"Java chat models need {folder / name}, which is missing{there}. {FIX}, or install a "
            "wheel of the package, which has it; on a cluster, put the jar into Flink's lib."
        )
    version, protocol = _built_from(path)
    if (version, protocol) != (__version__, str(PROTOCOL)):
        raise EnvironmentSetupError(
            f"{path} is of version {version} (protocol {protocol}), but the Python package is of "
            f"version {__version__} (protocol {PROTOCOL}). {FIX}."
        )
    return path


def _libraries_of_flink() -> list[Path]:
    # Flink's scripts set the first for a TaskManager, and images the second.
    library, home = os.environ.get("FLINK_LIB_DIR"), os.environ.get("FLINK_HOME")
    return [Path(library)] if library else [Path(home, "lib")] if home else []


def _built_from(path: Path) -> tuple[str | None, str | None]:
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = archive.read("META-INF/MANIFEST.MF").decode(errors="replace")
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise EnvironmentSetupError(f"{path} cannot be read: {error}. {FIX}.") from None
    lines = [line.partition(":") for line in manifest.splitlines()]
    attributes = {name.strip(): value.strip() for name, _, value in lines}
    return attributes.get("Implementation-Version"), attributes.get("Bridge-Protocol")


__all__ = ["CLASSPATH_VARIABLE", "FIX", "LIBRARY", "classpath", "jar"]
