"""The `greenlane` command: it only assembles the modules of `api.commands`.

A command is added by adding a module there with `register(app: typer.Typer) -> None`.
"""

import pkgutil
from importlib import import_module

import typer

from api import commands

app = typer.Typer(
    name="greenlane",
    help="绿道 Greenlane: the VIP customer programme of a group-life insurer, kept on time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # plain in log files, and locals may hold personal data
)

for _module in sorted(found.name for found in pkgutil.iter_modules(commands.__path__)):
    import_module(f"api.commands.{_module}").register(app)

if __name__ == "__main__":
    app()
