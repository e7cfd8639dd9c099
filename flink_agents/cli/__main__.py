"""``python -m flink_agents.cli``: the command where its script is not on the PATH."""

import sys

from flink_agents.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
