"""Makes a virtual environment of the Python that runs this, around the folder that this is in.

Runs on workers, by any Python that is found there. It goes along in archives of environments, as
``bin/link_base.py``.
"""

import contextlib
import os
import sys
import sysconfig


def main():
    """Link the standard library, then write ``pyvenv.cfg``, then link the interpreter."""
    bin_folder = os.path.dirname(os.path.abspath(__file__))
    root = os.path.dirname(bin_folder)
    (name,) = os.listdir(os.path.join(root, "lib"))
    own = "python{}.{}".format(*sys.version_info[:2])
    if own != name:
        sys.exit(f"is {own}, not {name}")
    packages = os.path.join(root, "lib", name)
    # In thread mode Flink gives the Java process this folder as the home of Python, so the standard
    # library must be here; and Debian's Python looks for packages under another name then.
    _link("site-packages", os.path.join(packages, "dist-packages"))
    for folder in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}:
        for entry in os.listdir(folder):
            if entry not in ("site-packages", "dist-packages", "test"):
                _link(os.path.join(folder, entry), os.path.join(packages, entry))
    base = os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)
    configuration = os.path.join(root, "pyvenv.cfg")
    with open(_beside(configuration), "w") as file:
        file.write(f"home = {os.path.dirname(base)}\n")
        file.write("include-system-site-packages = false\n")
    os.replace(_beside(configuration), configuration)
    # The last step: whoever finds the link finds all the rest.
    executable = os.path.join(bin_folder, name)
    os.symlink(base, _beside(executable))
    os.replace(_beside(executable), executable)


def _link(target, path):
    # A worker's processes may do this at the same time, and the base may have moved since.
    if os.path.islink(path) and not os.path.exists(path):
        os.unlink(path)
    if not os.path.lexists(path):
        with contextlib.suppress(FileExistsError):
            os.symlink(target, path)


def _beside(path):
    return f"{path}.{os.getpid()}"


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"cannot prepare the environment: {error}")
