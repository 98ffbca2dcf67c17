"""Fill the generated parts of the README: `python -m benchmarks.readme`.

The table of methods comes from the registry, the table of speed from what
`python -m benchmarks --save` wrote.
"""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.__main__ import RESULTS
from marl_kit.core.registry import methods_table

README = Path(__file__).parents[1] / "README.md"


def fill(text: str, marker: str, content: str) -> str:
    """Replace what stands between `<!-- marker:begin -->` and `<!-- marker:end -->`."""
    pattern = rf"(<!-- {marker}:begin -->\n).*?(<!-- {marker}:end -->)"
    return re.sub(pattern, lambda m: f"{m[1]}{content.strip()}\n{m[2]}", text, flags=re.DOTALL)


if __name__ == "__main__":
    readme = README.read_text(encoding="utf-8")
    readme = fill(readme, "methods", methods_table())
    readme = fill(readme, "bench", RESULTS.read_text(encoding="utf-8"))
    README.write_text(readme, encoding="utf-8")
