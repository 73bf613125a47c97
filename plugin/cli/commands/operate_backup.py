"""`backup` and `restore`: an installation in one file, saved and restored without stopping it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options
from onedesk_quickbooks.plugin.cli.output import print_line
from onedesk_quickbooks.plugin.clock import utc_now
from onedesk_quickbooks.plugin.texts import Text, listed, ngettext

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.host.restored import People
    from onedesk_quickbooks.plugin.ops.backup.ledgers import Access, Request


@click.command(short_help="Write a backup of the installation into one file.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--with-key", is_flag=True, help="Include the key: whoever has the file then has access to your books.")
@click.pass_context
def backup(ctx: click.Context, file: Path, with_key: bool) -> None:
    """Write ledger, host, settings and rules into FILE (mode 0600) while everything runs, and check that FILE can be
    read.

    The ledger is the one of the settings: a file anywhere, or PostgreSQL, by pg_dump. The key that encrypts the tokens
    is left out: keep it elsewhere, or connect again after a restore.
    """
    from onedesk_quickbooks.plugin.ledger.seal import KEY_VARIABLE
    from onedesk_quickbooks.plugin.ops.backup.archive import back_up
    from onedesk_quickbooks.plugin.ops.backup.ledgers import ledger_of
    from onedesk_quickbooks.plugin.ops.backup.restoring import key_of
    from onedesk_quickbooks.plugin.sync.settings import load_settings

    options: Options = ctx.obj
    with _ending(Text("the backup was stopped; {file} is as it was before", file=file)):
        settings = load_settings(options.home, options.environ)
        if with_key and options.environ.get(KEY_VARIABLE):
            raise CannotRun(
                Text(
                    "the key comes from {key_variable}, not from a file: keep it where you keep that",
                    key_variable=KEY_VARIABLE,
                )
            )
        key = key_of(options.home, settings) if with_key else None
        made = back_up(options.home, ledger_of(options.home, settings), file, key, utc_now())
    print_line(
        Text(
            "{file}: {names}, {value} the key.",
            file=file,
            names=ngettext("{n} file", "{n} files", len(made.names)),
            value=Text("with") if made.with_key else Text("without"),
        )
    )
    elsewhere = settings.rules or options.rules
    if elsewhere:
        print_line(
            Text(
                "The rules are outside of the data directory ({elsewhere}) and are not in the backup.",
                elsewhere=elsewhere,
            )
        )


@click.command(short_help="Restore a backup.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Replace the content of the data directory.")
@click.pass_context
def restore(ctx: click.Context, file: Path, yes: bool) -> None:
    """Restore the backup FILE into the data directory, and its ledger to the place in its settings.

    The present content is saved in the data directory first, each time as a new before-restore-TIME.tar.gz. The command
    refuses while the company queue is processed. If the same company is connected now, its newer tokens are kept. The
    users of the host's pages, their passwords and their sessions stay as they are now. A running `serve` reads the
    settings when it is restarted.
    """
    from onedesk_quickbooks.plugin.cli.session import person
    from onedesk_quickbooks.plugin.host.restored import People, PeopleKeeper
    from onedesk_quickbooks.plugin.ops.backup.restoring import WITHOUT_LEDGER
    from onedesk_quickbooks.plugin.ops.backup.restoring import restore as put_back

    options: Options = ctx.obj
    keeper: PeopleKeeper | None = None

    def prepare(restored: Path) -> Callable[[str], None]:
        nonlocal keeper
        keeper = PeopleKeeper(restored, options.home)
        return keeper.keep

    with _ending(Text("the restore was stopped and may be done in part; give the same command again")):
        found, kept, access, rules = put_back(file, options.home, options.environ, utc_now, yes, person(), prepare)
    print_line(Text("The backup of {made_at} is back: {join}.", made_at=found.made_at, join=", ".join(found.names)))
    if kept is not None:
        print_line(Text("What was there before is kept in {kept}.", kept=kept))
        if WITHOUT_LEDGER in kept.name:
            print_line(
                Text(
                    "It is without the ledger, which was missing or damaged, and has the other files as they were, "
                    "newer invoices of the host among them. To take them out: tar xzf {kept} -C FOLDER",
                    kept=shlex.quote(str(kept)),
                )
            )
    if rules.removed:
        print_line(Text("Rules that were added since are removed: {names}.", names=", ".join(rules.removed)))
    for name in rules.linked:
        print_line(
            Text(
                "{path} is a link to {target} and was left as it is, because others may use that: the rules of the "
                "backup are not restored there. To have them, remove the link and give the same command again.",
                path=options.home / name,
                target=(options.home / name).resolve(),
            )
        )
    if not found.with_key:
        print_line(Text("It holds no key: where the key of its tokens is gone, connect again."))
    people = keeper.people if keeper else People()
    for line in (*_people(people), *_access(access), *_requests(access.lost_requests), *_links(access.lost_links)):
        print_line(line)
    print_line(Text("Look whether all is well: onedesk-quickbooks doctor"))


def _people(people: People) -> Iterator[Text]:
    """What was done about users of the host, and the step for what is left."""
    if people.removed:
        yield Text(
            "Users of the backup that the host does not have now stay removed: {names}. To add one: onedesk-quickbooks"
            " users add NAME.",
            names=", ".join(people.removed),
        )
    if people.changed:
        yield Text(
            "Users whose password or role was changed since the backup keep the newer one: {names}.",
            names=", ".join(people.changed),
        )
    if people.added:
        yield Text(
            "Users that were added since the backup stay: {names}. To remove one: onedesk-quickbooks users remove"
            " NAME.",
            names=", ".join(people.added),
        )
    if people.unknown:
        yield Text(
            "Users of the backup that may sign in now: {names}. Whether they were removed, or got a new password, since"
            " is not known; if so: onedesk-quickbooks users remove NAME, or onedesk-quickbooks users password NAME.",
            names=", ".join(people.unknown),
        )


def _access(access: Access) -> Iterator[Text]:
    """What was done about access that the backup has, and the step for what is left."""
    for company in access.ended:
        yield Text(
            "The connection to {company} was ended since the backup and stays so, because Intuit has revoked its"
            " tokens. To connect again: onedesk-quickbooks connect.",
            company=company,
        )
    if access.revoked:
        yield Text(
            "API keys that were revoked since the backup stay revoked: {names}.", names=", ".join(access.revoked)
        )
    if access.stopped:
        yield Text(
            "Webhooks that the replaced ledger did not have, or had stopped, are stopped: {urls}. Nothing is sent there"
            " until:"
            " onedesk-quickbooks webhooks resume URL. To remove one: onedesk-quickbooks webhooks remove URL.",
            urls=", ".join(access.stopped),
        )
    if access.renewed:
        yield Text(
            "Webhooks whose secret was renewed since the backup keep the newer one: {urls}.",
            urls=", ".join(access.renewed),
        )
    if access.older:
        yield Text(
            "Webhooks whose secret is that of the backup again: {urls}. The newer one was encrypted with another key;"
            " for a new one: onedesk-quickbooks webhooks add URL.",
            urls=", ".join(access.older),
        )
    if access.lost_keys:
        yield Text(
            "API keys that were made since the backup are gone, and programs that use them are refused: {names}. To"
            " make a new one: onedesk-quickbooks keys add NAME.",
            names=", ".join(access.lost_keys),
        )
    if access.lost_webhooks:
        yield Text(
            "Webhooks that were added since the backup are gone, and nothing is sent there: {urls}. To add one again,"
            " with a new secret: onedesk-quickbooks webhooks add URL.",
            urls=", ".join(access.lost_webhooks),
        )
    if access.keys:
        yield Text(
            "API keys of the backup that are valid now: {names}. Whether they were revoked since is not known; if so:"
            " onedesk-quickbooks keys revoke NAME.",
            names=", ".join(access.keys),
        )
    if access.webhooks:
        yield Text(
            "Webhooks of the backup that are sent to now: {urls}. Whether they were removed since is not known; if so:"
            " onedesk-quickbooks webhooks remove URL.",
            urls=", ".join(access.webhooks),
        )


def _requests(lost: Sequence[Request]) -> Iterator[Text]:
    """What the backup does not have of the host's requests, and the step for it."""
    if lost:
        yield Text(
            "Requests that were not done yet, and that the backup does not have, are gone: {requests}. Make each again"
            " in OneDesk, or in the program that has made it; or run: onedesk-quickbooks copy ID, onedesk-quickbooks"
            " send ID.",
            requests=listed(
                Text("{action} of {number}", action=Text(each.action), number=each.od_number or each.od_invoice_id)
                for each in lost
            ),
        )


def _links(lost: Sequence[str]) -> Iterator[Text]:
    """The invoices without a link since the restore, and the step for them."""
    if lost:
        yield Text(
            "Invoices that were copied, sent or linked since the backup are in QuickBooks, and the restored ledger has"
            " no link to them: {numbers}. Until each is linked again, its payments are not brought to OneDesk, and an"
            " edit there does not reach QuickBooks. The step for each: onedesk-quickbooks reconcile --ours",
            numbers=listed(lost),
        )


@contextmanager
def _ending(message: str) -> Iterator[None]:
    """A context in which Ctrl-C, SIGTERM and a closed terminal end the command at once, without leaving copies."""
    from onedesk_quickbooks.plugin.cli.session import plain_errors
    from onedesk_quickbooks.plugin.cli.stopping import stoppable

    def end() -> None:
        raise KeyboardInterrupt

    try:
        with plain_errors(), stoppable(end):
            yield
    except KeyboardInterrupt:
        raise CannotRun(message) from None
