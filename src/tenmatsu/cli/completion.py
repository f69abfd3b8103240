"""`tenmatsu completion SHELL`: the lines that teach a shell our words."""

import sys

import click
from click.shell_completion import get_completion_class

from tenmatsu.cli.speaking import lang_option, make_command
from tenmatsu.model.words import Language, Words

SHELLS = ("bash", "zsh", "fish")
# Click's lines for fish split "type,word<Tab>description" at every comma: descriptions end at their first.
_FISH_SPLIT, _FISH_SPLIT_ONCE = 'string split ","', 'string split --max 1 ","'


def make(language: Language) -> click.Command:
    """Return the command."""

    def completion(shell: str) -> int:
        found = get_completion_class(shell)
        if found is None:  # click knows all three
            raise AssertionError(shell)
        root = click.get_current_context().find_root().command
        source = found(root, {}, "tenmatsu", "_TENMATSU_COMPLETE").source()
        sys.stdout.write(source.replace(_FISH_SPLIT, _FISH_SPLIT_ONCE) + "\n")
        return 0

    parameters: list[click.Parameter] = [
        click.Argument(["shell"], type=click.Choice(SHELLS)),
        lang_option(language),
    ]
    return make_command("completion", completion, HELP, language, parameters)


HELP = Words(
    'Print completion for a shell. bash: eval "$(tenmatsu completion bash)" in ~/.bashrc; zsh: the same in'
    " ~/.zshrc; fish: tenmatsu completion fish > ~/.config/fish/completions/tenmatsu.fish",
    'シェル補完を出力。bash: ~/.bashrc に eval "$(tenmatsu completion bash)"、zsh: ~/.zshrc に同様、'
    "fish: tenmatsu completion fish > ~/.config/fish/completions/tenmatsu.fish",
)
