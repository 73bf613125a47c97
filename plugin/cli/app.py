"""The `onedesk-quickbooks` command and the options before the command's name.

A command is imported when it is called, and imports network and database code only inside: `--help` and `check` respond
at once.
"""

from __future__ import annotations

import atexit
import gc
import os
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from onedesk_quickbooks import __version__
from onedesk_quickbooks.plugin.cli.errors import (
    HOME_VARIABLE,
    HOST_VARIABLE,
    RULES_VARIABLE,
    Options,
)
from onedesk_quickbooks.plugin.cli.logs import written
from onedesk_quickbooks.plugin.cli.steps import given, shown
from onedesk_quickbooks.plugin.texts import gettext, language, of_environment

COMMANDS = {
    "demo": "demo",
    "sandbox": "sandbox",
    "connect": "connection",
    "disconnect": "connection",
    "settings": "connection",
    "status": "operate_status",
    "copy": "invoices",
    "send": "invoices",
    "resend": "resend",
    "pdf": "pdf",
    "plan": "plans",
    "explain": "plans",
    "invoices": "invoices_import",
    "payments": "payments",
    "adopt": "adopt",
    "backfill": "backfill",
    "undo": "undo",
    "reconcile": "reconcile",
    "audit": "audit",
    "queue": "queue",
    "customers": "customers",
    "doctor": "operate_doctor",
    "backup": "operate_backup",
    "restore": "operate_backup",
    "serve": "serve",
    "worker": "worker",
    "users": "users",
    "keys": "keys",
    "webhooks": "webhooks",
    "ledger": "ledger",
    "check": "check",
    "test": "cases",
    "diff": "diff",
    "rules": "rules",
    "snapshot": "rules",
}
"""Name of a command -> the module of plugin/cli/commands that holds it, in the order of `--help`."""


class _Commands(click.Group):
    """A group that imports a command when it is called, and reports errors in the user's language."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.ClickException as problem:
            vars(problem).update(message=shown(problem.message))
            raise

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        for each in args:
            if re.search("[\ud800-\udfff]", each):  # bytes that are invalid in the terminal's encoding
                raise click.UsageError(gettext("{argument} is not valid UTF-8", argument=ascii(each)))
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"onedesk_quickbooks.plugin.cli.commands.{COMMANDS[cmd_name]}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command


def _default_home() -> Path:
    return Path(click.get_app_dir("onedesk-quickbooks", force_posix=False))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="onedesk-quickbooks")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar=HOME_VARIABLE,
    default=_default_home,
    show_default="a folder of your user",
    show_envvar=True,
    help="The data directory: settings, key, ledger, host.",
)
@click.option(
    "--rules",
    type=click.Path(path_type=Path),
    envvar=RULES_VARIABLE,
    show_default="rules.yaml or rules/ of the data directory, else the shipped default",
    show_envvar=True,
    help="The rule file, or a folder of rule files.",
)
@click.option(
    "--host",
    metavar="MODULE:FACTORY",
    envvar=HOST_VARIABLE,
    show_default="the entry point of the group onedesk.hosts, else the embedded host",
    show_envvar=True,
    help="The function that makes the host, or the name of an entry point.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The log on stderr: lines, or JSON objects.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    show_default="info with serve and worker, else warning",
    help="The lowest level that is logged.",
)
@click.pass_context
def main(
    ctx: click.Context, home: Path, rules: Path | None, host: str | None, log_format: str, log_level: str | None
) -> None:
    """OneDesk invoices to QuickBooks Online, and their payments back, by rules that can be checked.

    Exit codes: 0 fine, 1 findings or held, 2 wrong usage, 3 could not run.
    """
    lasting = ctx.invoked_subcommand in ("serve", "worker")
    gc.set_threshold(20_000 if lasting else 100_000)  # a command mostly loads modules, which leave no garbage
    atexit.register(gc.freeze)  # avoids a last collection at exit
    ctx.obj = Options(home, rules, host or "")
    ctx.with_resource(language(of_environment(os.environ)))
    ctx.with_resource(given(ctx, COMMANDS))
    ctx.with_resource(written(log_format, log_level or ("info" if lasting else "warning")))
