"""The README tells the truth: its examples print what it says, its table is the registry's.

An example is a fenced ``python`` block; where a fenced ``text`` block follows with nothing but
blank lines between, that is its output, to the letter. The blocks run in order and share one
namespace, as a reader who types them in would have it.
"""

import contextlib
import io
import re
from pathlib import Path
from typing import NamedTuple

import pytest

README = Path(__file__).parents[1] / "README.md"

FENCE = re.compile(
    r"^```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL
)
TABLE = r"<!-- {0}:begin -->\n(?P<table>.*?)<!-- {0}:end -->"


class Example(NamedTuple):
    """A block of code, the line it starts at, and the output shown below it, if any."""

    line: int
    code: str
    output: str | None


def find_examples(text: str) -> list[Example]:
    """Return the python blocks of a Markdown text, each with the text block right after it."""
    fences = list(FENCE.finditer(text))
    examples = []
    for fence, after in zip(fences, [*fences[1:], None], strict=True):
        if fence["language"] != "python":
            continue
        shown = (
            after is not None
            and after["language"] in ("text", "output")
            and not text[fence.end() : after.start()].strip()
        )
        line = text.count("\n", 0, fence.start()) + 2
        examples.append(Example(line, fence["body"], after["body"] if shown else None))
    return examples


def run_examples(examples: list[Example], name: str = "README.md") -> list[tuple[Example, str]]:
    """Run the blocks in one namespace; return each with what it printed."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    results = []
    for example in examples:
        stdout = io.StringIO()
        # The blank lines make a traceback point at the line in the README.
        code = compile("\n" * (example.line - 1) + example.code, name, "exec")
        with contextlib.redirect_stdout(stdout):
            exec(code, namespace)
        results.append((example, stdout.getvalue()))
    return results


def test_the_readme_examples_print_what_it_says(tmp_path, monkeypatch):
    examples = find_examples(README.read_text(encoding="utf-8"))
    assert any(example.output is not None for example in examples), "no example shows its output"
    monkeypatch.chdir(tmp_path)  # what an example writes does not land in the checkout
    for example, printed in run_examples(examples):
        if example.output is not None:
            assert printed == example.output, f"README.md, line {example.line}"


@pytest.mark.parametrize("name", ["methods", "functions", "players", "oracles"])
def test_the_tables_are_the_packages(name):
    from marl_kit.core.citations import functions_table
    from marl_kit.core.registry import methods_table
    from marl_kit.learn.registry import oracles_table
    from marl_kit.play.registry import players_table

    tables = {
        "methods": methods_table,
        "functions": functions_table,
        "players": players_table,
        "oracles": oracles_table,
    }
    found = re.search(TABLE.format(name), README.read_text(encoding="utf-8"), re.DOTALL)
    assert found, f"README.md has no text between the markers {name}:begin and {name}:end"
    assert found["table"].strip() == tables[name]().strip()


SAMPLE = """
```python
x = 2
print(x + 1)
```

```text
3
```
Words between, so the next block shows no output.
```python
x = x + 5
```
Words.
```text
not an output
```
```python
print(x)
```
```text
8
```
"""


def test_the_reader_finds_blocks_and_their_outputs():
    examples = find_examples(SAMPLE)
    assert [example.output for example in examples] == ["3\n", None, "8\n"]
    assert examples[0].line == 3


def test_the_runner_shares_a_namespace_and_sees_a_lie():
    printed = [out for _, out in run_examples(find_examples(SAMPLE))]
    assert printed == ["3\n", "", "7\n"]  # the sample claims 8


def test_an_error_in_an_example_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        run_examples([Example(1, "1 / 0\n", None)])
