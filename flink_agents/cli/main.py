"""The program ``flink-agents``."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from flink_agents import __version__
from flink_agents.exceptions import AgentsError, EnvironmentSetupError

_COMMANDS = ("doctor", "pack", "plan")

_EPILOG = """\
examples:
  flink-agents doctor                                      is this machine ready?
  flink-agents doctor --rest-url http://localhost:8081     and that cluster?
  flink-agents pack --help
  flink-agents plan --help

exit code:
  0 success, 1 something is wrong (the text says what), 2 wrong usage, 130 Ctrl-C
"""


def main(argv: list[str] | None = None) -> int:
    """Run the program.

    Args:
        argv: The arguments. Default: those of the command line.

    Returns:
        The exit code: 0, 1 or 130.

    Raises:
        SystemExit: With code 2 if the arguments are wrong; with 0 after ``--help``.
    """
    try:
        options = _parser().parse_args(argv)
        code = options.run(options)
        # Written here and not at exit, so that a closed pipe is met where it can be answered.
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("\nflink-agents: stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader, as `head`, has seen enough. Python would complain of the rest at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (AgentsError, OSError) as error:
        print(f"flink-agents: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flink-agents",
        description="What goes with running agents on a Flink cluster.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"flink-agents {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in _COMMANDS:
        try:
            command = importlib.import_module(f"flink_agents.cli.{name}")
        except ImportError as error:
            # The others still work, and the doctor tells what is missing.
            _add_broken(commands, name, error)
        else:
            command.add_parser(commands)
    return parser


def _add_broken(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, error: ImportError
) -> None:
    text = f"{name} cannot be loaded: {error}. `flink-agents doctor` tells what to install."

    def fail(options: argparse.Namespace) -> int:
        raise EnvironmentSetupError(text)

    # No text begins with that prefix, so all arguments are taken as they are.
    parser = commands.add_parser(
        name, help="cannot be loaded here", prefix_chars="\0", add_help=False
    )
    parser.add_argument("arguments", nargs="*")
    parser.set_defaults(run=fail)


if __name__ == "__main__":
    sys.exit(main())
