"""Writes docs/constructs.md from the sources of `constructs_lib/`: every construct and its arguments."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from ops.shared.toolchain import ROOT

PAGE = Path("docs", "constructs.md")
EVERYWHERE = ("scope", "construct_id", "provider", "depends_on")
"""Arguments that mean the same in every construct; the head of the page explains them."""

HEAD = """# Constructs in your own app

Use the constructs of `constructs_lib/` in a CDKTF app of your own. They take plain values and know nothing of
`environments/`. [examples/own_app](../examples/own_app/main.py) is a whole app: a key, a bucket, its
lifecycle, the policy of the role that uploads, and the outputs that `presign` reads. Try it in a set-up
checkout:

```sh
cd examples/own_app
PATH="$PWD/../../.venv/bin:$PATH" PYTHONPATH=../.. cdktf synth
```

- **Import `constructs_lib` before `cdktf` and `constructs`.** It loads the provider's bindings in about a
  second instead of 20. In the other order it stops with a line that says so. `EAGER_BINDINGS=1` allows every
  order, and is slow.
- Pin what this project pins: the versions in `Pipfile.lock` and `package-lock.json` belong together.
- Your app has no settings file, so no proof, review or preflight of this project runs on it by itself.
  The statements are the same, and `terraform plan` and `presign` work as usual.

Each construct takes `scope` and `construct_id` first, as in every CDKTF app; renaming an id replaces the
resource. Many also take `provider`, the provider of another region (the stack's own by default), and
`depends_on`, the resources that come before (none by default).

A wrong argument stops the synthesis with a `ValueError`: one line that names the construct, the argument,
what is allowed and what was given. A token is a value that only Terraform knows, such as `key.arn` or a
variable. Numbers, true and false, and lists as a whole cannot be tokens. What else is allowed:

{types}

`make docs` writes this page from the sources."""


def page() -> str:
    """Return the page's text."""
    sections = [_section(file, node) for file, node in _constructs()]
    return "\n\n".join([HEAD.replace("{types}", _types()), *sections]) + "\n"


def _types() -> str:
    """Return a table of the types of `arguments.py`: each is assigned, and said by the text below it."""
    body = ast.parse((ROOT / "constructs_lib" / "arguments.py").read_text(encoding="utf-8")).body
    rows = [
        f"| `{type_.targets[0].id}` | {' '.join(str(said.value.value).split())} |"
        for type_, said in pairwise(body)
        if isinstance(type_, ast.Assign)
        and isinstance(type_.targets[0], ast.Name)
        and ast.unparse(type_.value).startswith("Annotated[")
        and isinstance(said, ast.Expr)
        and isinstance(said.value, ast.Constant)
    ]
    return "\n".join(["| type | meaning |", "|---|---|", *rows])


def _constructs() -> Iterator[tuple[Path, ast.ClassDef]]:
    for file in sorted((ROOT / "constructs_lib").glob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and _init(node) is not None:
                yield file.relative_to(ROOT), node


def _init(node: ast.ClassDef) -> ast.FunctionDef | None:
    inits = (one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__")
    return next(inits, None)


def _section(file: Path, node: ast.ClassDef) -> str:
    init = _init(node)
    assert init is not None  # noqa: S101 # _constructs yields only such classes
    says = _arguments_said(ast.get_docstring(init) or "")
    rows = [
        f"| `{name}` | {says[name]} | `{_in_table(kind)}` | {default} |"
        for name, kind, default in _arguments(init)
        if name not in EVERYWHERE
    ]
    return "\n".join(
        [
            f"## {node.name}",
            "",
            *_description(ast.get_docstring(node) or ""),
            "",
            f"`from {'.'.join(file.with_suffix('').parts)} import {node.name}`",
            "",
            "| argument | meaning | type | default |",
            "|---|---|---|---|",
            *rows,
        ]
    )


def _description(docstring: str) -> Iterator[str]:
    """Yield the lines of a class's docstring, its attributes as a list."""
    words, _, attributes = docstring.partition("Attributes:\n")
    yield words.strip()
    if attributes:
        yield ""
        yield from (f"- `{names}`: {text}" for names, text in _entries(attributes).items())


def _arguments(init: ast.FunctionDef) -> Iterator[tuple[str, str, str]]:
    """Yield name, type and default of each argument after `self`."""
    for argument in init.args.args[1:]:
        yield argument.arg, _source(argument.annotation), "required"
    for argument, default in zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True):
        shown = "required" if default is None else f"`{ast.unparse(default)}`"
        yield argument.arg, _source(argument.annotation), shown


def _source(annotation: ast.expr | None) -> str:
    return "" if annotation is None else ast.unparse(annotation)


def _in_table(kind: str) -> str:
    return kind.replace("|", "\\|")


def _arguments_said(docstring: str) -> dict[str, str]:
    """Return what the part `Args:` of a docstring says of each argument."""
    entries = _entries(docstring.partition("Args:\n")[2])
    return {name: text.replace("|", "\\|") for name, text in entries.items()}


def _entries(text: str) -> dict[str, str]:
    """Return the entries `name: words` of a docstring's part, up to the next empty line."""
    entries = re.split(r"^    (?=\w[\w, ]*: )", text.split("\n\n")[0], flags=re.MULTILINE)[1:]
    pairs = (entry.split(": ", 1) for entry in entries)
    return {name: " ".join(words.split()) for name, words in pairs}


if __name__ == "__main__":
    (ROOT / PAGE).write_text(page(), encoding="utf-8")
