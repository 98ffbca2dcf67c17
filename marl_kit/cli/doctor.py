"""``marl-kit doctor``: what there is on this machine, and what is missing."""

from __future__ import annotations

import os
import platform
import re
from importlib import metadata
from typing import Any

from marl_kit.cli.console import grid, out, print_json, ruled_table
from marl_kit.cli.options import AsJson

DISTRIBUTION = "marl-kit"
_REQUIREMENT = re.compile(r"\s*([\w.-]+)")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([\w-]+)['\"]")


def doctor(as_json: AsJson = False) -> int:
    """Show versions, cores and extras; exit 1 if a required library is missing."""
    report = examine()
    if as_json:
        print_json(report)
    else:
        _print(report)
    return 1 if None in report["libraries"].values() else 0


def examine() -> dict[str, Any]:
    """Everything that is printed. Libraries are looked up, not imported, but for numba."""
    import numba

    from marl_kit import __version__
    from marl_kit.games.catalogue import catalogue_root

    libraries, extras = _requirements()
    config: Any = numba.config
    return {
        "marl_kit": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": _cores(),
        "numba_threads": int(config.NUMBA_NUM_THREADS),
        "numba_cache": config.CACHE_DIR or "beside the package",
        "catalogue": str(catalogue_root()),
        "libraries": {name: _version(name) for name in libraries},
        "extras": {
            extra: {name: _version(name) for name in names} for extra, names in extras.items()
        },
    }


def _requirements() -> tuple[list[str], dict[str, list[str]]]:
    """Names of the required libraries, and of those of each extra."""
    required: list[str] = []
    extras: dict[str, list[str]] = {}
    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:  # a checkout on the path, never installed
        lines = []
    for line in lines:
        found, extra = _REQUIREMENT.match(line), _EXTRA.search(line)
        assert found is not None
        (extras.setdefault(extra[1], []) if extra else required).append(found[1])
    return required, extras


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _cores() -> int:
    """Cores that this process may use; a container often has fewer than the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _print(report: dict[str, Any]) -> None:
    console = out()
    facts = [(k.replace("_", " "), str(v)) for k, v in report.items() if not isinstance(v, dict)]
    console.print(grid(facts))
    rows = [[name, version or "MISSING"] for name, version in report["libraries"].items()]
    console.print()
    console.print(ruled_table(["library", "version"], rows))
    columns = ["extra", "libraries", ""]
    console.print()
    console.print(ruled_table(columns, [_extra(*item) for item in report["extras"].items()]))


def _extra(extra: str, versions: dict[str, str | None]) -> list[str]:
    listed = ", ".join(f"{name} {version or '(missing)'}" for name, version in versions.items())
    remedy = (
        "installed" if None not in versions.values() else f"pip install '{DISTRIBUTION}[{extra}]'"
    )
    return [extra, listed, remedy]
