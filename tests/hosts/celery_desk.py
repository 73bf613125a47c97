"""A desk whose work is done by Celery: tasks call the hooks, and others work off what they recorded.

`celery -A tests.hosts.celery_desk worker` for the data directory `DESK_HOME`; the broker is a folder beside it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pluggy
from celery import Celery
from celery.signals import worker_process_init, worker_process_shutdown

from onedesk_quickbooks.hooks import HostEvents, QuickBooksPlugin
from tests.hosts.desk import make_host

HOME = Path(os.environ["DESK_HOME"])
FOLDERS = {name: str(HOME.parent / "broker") for name in ("data_folder_in", "data_folder_out")}
app = Celery("desk", broker="filesystem://")
app.conf.update(
    broker_transport_options={**FOLDERS, "control_folder": str(HOME.parent / "control")},
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)
plugin = QuickBooksPlugin(background=False)
plugins = pluggy.PluginManager("onedesk")
plugins.add_hookspecs(HostEvents)
plugins.register(plugin)
desk = make_host(HOME)


@worker_process_init.connect
def start(**_: object) -> None:
    """In each process of the pool, after the fork."""
    plugins.hook.on_host_started(host=desk, plugins=plugins, data_directory=HOME)


@worker_process_shutdown.connect
def stop(**_: object) -> None:
    plugins.hook.on_host_stopping()


@app.task(name="send")
def send(invoice_id: str) -> None:
    plugins.hook.on_invoice_send(invoice=desk.read_invoice(invoice_id), user="ada")


@app.task(name="work_off")
def work_off() -> None:
    """What a timer calls: `beat`, or cron."""
    plugin.application.drain()
    plugin.application.bring_payments()
