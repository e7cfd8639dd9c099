"""Runs one job: ``python -m benchmarks.jobs MODULE.FUNCTION JSON``."""

from __future__ import annotations

import importlib
import json
import sys


def main() -> None:
    module, _, function = sys.argv[1].rpartition(".")
    run = getattr(importlib.import_module(f"benchmarks.jobs.{module}"), function)
    result = run(**json.loads(sys.argv[2]))
    if result is not None:
        print(json.dumps(result))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
