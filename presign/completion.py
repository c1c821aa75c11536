"""``presign completion``: the script that completes commands and options in a shell."""

from presign import report

import click
from click.shell_completion import get_completion_class

_VARIABLE = "_PRESIGN_COMPLETE"


@click.command(
    epilog="\b\nExample:\n  presign completion bash > ~/.local/share/bash-completion/completions/presign",
    short_help="Print the completion script for a shell.",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that makes SHELL complete presign's commands and options.

    It can be saved where the shell looks for such scripts, or be read at its
    start: eval "$(presign completion zsh)".
    """
    kind = get_completion_class(shell)
    if kind:
        # Not source(), which for bash starts bash to ask for its version.
        script = kind(ctx.find_root().command, {}, "presign", _VARIABLE)
        report.write(script.source_template % script.source_vars())
