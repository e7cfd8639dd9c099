"""The command ``flink-agents pack``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from flink_agents.cli.pack.build import pack
from flink_agents.cli.pack.installed import installed_providers
from flink_agents.cli.pack.report import how_to_submit, what_is_in
from flink_agents.cli.pack.request import PROVIDERS, PackRequest

_EPILOG = """\
examples:
  flink-agents pack
      this package and the SDKs of the providers that are installed here, into env.tar.gz
  flink-agents pack -o env.tar.gz --extra openai,ollama -r requirements.txt src/my_agents
      two providers, more packages, and a package of your own

Everything has the version that is installed here, since what a client writes a worker must be
able to read. Not in the archive: Flink's jars, which the cluster has, and Python itself: workers
need one of the same minor version, on PATH or named by the variable FLINK_AGENTS_PYTHON.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's parser."""
    parser = subparsers.add_parser(
        "pack",
        help="make the archive of a Python environment that travels with jobs",
        description="Makes an archive of a Python environment for `flink run -pyarch`.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "own", nargs="*", type=Path, help="your own projects, packages and modules (files, folders)"
    )
    add("-o", "--output", type=_archive, default=Path("env.tar.gz"), metavar="FILE.tar.gz")
    add(
        "--extra",
        action="append",
        type=_extras,
        metavar="NAME",
        help=f"provider whose SDK is needed: {', '.join(PROVIDERS)}, all or none; may be given "
        "several times (default: those that are installed here)",
    )
    add(
        "-r",
        "--requirements",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="list of more packages",
    )
    add("--with-java", action="store_true", help="take the jar for Java chat models along")
    add("--with-embedded", action="store_true", help="take the embedded model along (150 MB)")
    add(
        "--python-version",
        type=_version,
        metavar="X.Y",
        help="Python of the workers; it must be that of this client, which is checked",
    )
    add("--platform", metavar="NAME", help="of the workers, as uv names it, for example linux")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make the archive; gives 0.

    Raises:
        EnvironmentSetupError: If it cannot be made.
    """
    extras = options.extra
    if extras is None:
        extras = [installed_providers()]
        _say(f"providers that are installed here: {', '.join(extras[0]) or 'none'}")
    request = PackRequest(
        output=options.output,
        extras=tuple(sorted({extra for group in extras for extra in group})),
        requirements=tuple(options.requirements),
        own=tuple(options.own),
        with_java=options.with_java,
        with_embedded=options.with_embedded,
        platform=options.platform,
    )
    packed = pack(request, _say)
    print(what_is_in(packed))
    print(how_to_submit(packed.archive))
    return 0


def _say(text: str) -> None:
    print(f"pack: {text}", file=sys.stderr, flush=True)


def _archive(text: str) -> Path:
    if not text.endswith((".tar.gz", ".tgz")):
        raise argparse.ArgumentTypeError(f"{text!r} must end with .tar.gz or .tgz")
    return Path(text)


def _extras(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if names == ("all",):
        return PROVIDERS
    if names == ("none",):
        return ()
    for name in names:
        if name not in PROVIDERS:
            known = ", ".join((*PROVIDERS, "all", "none"))
            raise argparse.ArgumentTypeError(f"{name!r} is none of {known}")
    return names


def _version(text: str) -> str:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if text != here:
        raise argparse.ArgumentTypeError(
            f"this client is Python {here}. Functions that it sends can be read by the same minor "
            f"version only: run flink-agents with Python {text}, or put {here} on the workers"
        )
    return text


__all__ = ["add_parser", "run"]
