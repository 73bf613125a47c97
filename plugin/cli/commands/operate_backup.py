"""`backup` and `restore`: an installation in one file, made and put back while it works."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import counted

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.sync.settings import Settings


@click.command(short_help="Write the whole installation into one file.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--with-key", is_flag=True, help="Put the key in as well: whoever has the file has your books.")
@click.pass_context
def backup(ctx: click.Context, file: Path, with_key: bool) -> None:
    """Write ledger, host, settings and rules into FILE (mode 0600), while everything works.

    The key that seals the tokens is left out: keep it elsewhere, or connect again after a restore.
    """
    from datetime import datetime, timezone

    from onedesk_quickbooks.plugin.cli.session import plain_errors
    from onedesk_quickbooks.plugin.ledger.seal import KEY_VARIABLE
    from onedesk_quickbooks.plugin.ops.backup import back_up

    options: Options = ctx.obj
    with plain_errors():
        settings = _settings(options)
        if with_key and os.environ.get(KEY_VARIABLE):
            raise CannotRun(f"the key comes from {KEY_VARIABLE}, not from a file: keep it where you keep that")
        key = _key_file(options, settings) if with_key else None
        made = back_up(options.home, file, key, datetime.now(timezone.utc))
    click.echo(f"{file}: {counted(len(made.names), 'file')}, {'with' if made.with_key else 'without'} the key.")
    elsewhere = settings.rules or options.rules
    if elsewhere:
        click.echo(f"The rules are outside of the data directory ({elsewhere}) and are not in the backup.")


@click.command(short_help="Put a backup back.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Replace what the data directory holds.")
@click.pass_context
def restore(ctx: click.Context, file: Path, yes: bool) -> None:
    """Put the backup FILE back into the data directory.

    What was there before is kept as before-restore.tar.gz. Refused while the lane works. Where the same company is
    connected now, its newer tokens are kept. Settings of a running `serve` are read anew when it is started again.
    """
    from datetime import datetime, timezone

    from onedesk_quickbooks.plugin.cli.session import plain_errors
    from onedesk_quickbooks.plugin.ops.backup import BEFORE
    from onedesk_quickbooks.plugin.ops.backup import restore as put_back

    options: Options = ctx.obj
    if (options.home / "ledger.sqlite").exists() and not yes:
        raise CannotRun(f"{options.home} holds an installation already; replace it with --yes")
    with plain_errors():
        found = put_back(file, options.home, _key_file_now(options), datetime.now(timezone.utc))
    click.echo(f"The backup of {found.made_at} is back: {', '.join(found.names)}.")
    if (options.home / BEFORE).exists():
        click.echo(f"What was there before is kept in {options.home / BEFORE}.")
    if not found.with_key:
        click.echo("It holds no key: where the key of its tokens is gone, connect again.")
    click.echo("Look whether all is well: onedesk-quickbooks doctor")


def _settings(options: Options) -> Settings:
    """The settings in force; CannotRun where the ledger is no file that could be copied."""
    from onedesk_quickbooks.plugin.sync.settings import load_settings

    settings = load_settings(options.home, os.environ)
    if settings.ledger.startswith("postgres"):
        raise CannotRun("the ledger is in PostgreSQL: back it up and restore it with pg_dump and pg_restore")
    return settings


def _key_file(options: Options, settings: Settings) -> Path:
    return Path(settings.key_file) if settings.key_file else options.home / "key"


def _key_file_now(options: Options) -> Path:
    """The same, though the settings be broken: a restore may be what mends them."""
    from onedesk_quickbooks.plugin.sync.errors import SettingsProblem

    try:
        return _key_file(options, _settings(options))
    except SettingsProblem:
        return options.home / "key"
