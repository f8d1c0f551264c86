"""Programs that check what is released: they come with the extra `releasing`."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def installed(name):
    """Return a program's path; the test is skipped where it is not installed."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*words, **options):
    """Run a program from the repository's folder, and return what it wrote and its exit code."""
    options = {"cwd": ROOT, "capture_output": True, "text": True, "check": False} | options
    return subprocess.run([str(word) for word in words], **options)


def committed(folder):
    """Return a clone of the repository with what stands in the working tree, all committed."""
    run("git", "clone", "--quiet", "--no-hardlinks", "--depth", "1", ROOT.as_uri(), folder)
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z").stdout
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
        else:
            target.unlink(missing_ok=True)
    as_somebody = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    run("git", "add", "--all", cwd=folder)
    run("git", *as_somebody, "commit", "--quiet", "--allow-empty", "-m", "As it is", cwd=folder)
    return folder
