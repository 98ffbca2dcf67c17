"""Fill the generated parts of the README: `python -m benchmarks.readme`.

The tables of methods, functions and players come from the package, those of speed from what
`python -m benchmarks --save` wrote.
"""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.__main__ import PEERS, RESULTS
from marl_kit.core.citations import functions_table
from marl_kit.core.registry import methods_table
from marl_kit.learn.registry import oracles_table
from marl_kit.play.registry import players_table

README = Path(__file__).parents[1] / "README.md"


def fill(text: str, marker: str, content: str) -> str:
    """Replace what stands between `<!-- marker:begin -->` and `<!-- marker:end -->`."""
    pattern = rf"(<!-- {marker}:begin -->\n).*?(<!-- {marker}:end -->)"
    return re.sub(pattern, lambda m: f"{m[1]}{content.strip()}\n{m[2]}", text, flags=re.DOTALL)


if __name__ == "__main__":
    readme = README.read_text(encoding="utf-8")
    readme = fill(readme, "methods", methods_table())
    readme = fill(readme, "functions", functions_table())
    readme = fill(readme, "players", players_table())
    readme = fill(readme, "oracles", oracles_table())
    for page in PEERS:
        table = (RESULTS / f"{page}.md").read_text(encoding="utf-8")
        readme = fill(readme, f"bench-{page}", table)
    README.write_text(readme, encoding="utf-8")
