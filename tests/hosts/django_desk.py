"""A desk in Django, in one file. `application` is served by gunicorn or uWSGI for the data directory `DESK_HOME`;
`make_host` is what `--host` names. It starts at the import where `DESK_START` is "now".
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import django
import pluggy
from django.conf import settings

HOME = Path(os.environ.get("DESK_HOME", "/nowhere/home"))
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": HOME.with_suffix(".desk"),
            "ATOMIC_REQUESTS": True,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
        }
    },
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", f"{__name__}.NotNowMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="not secret in a test",
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    USE_TZ=True,
)
django.setup()

from django.contrib.sessions.backends.signed_cookies import SessionStore  # noqa: E402
from django.core.handlers.wsgi import WSGIRequest  # noqa: E402 - from here on Django has its settings
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import OperationalError, close_old_connections, connection, models, transaction  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from werkzeug.middleware.dispatcher import DispatcherMiddleware  # noqa: E402

from onedesk_quickbooks.hooks import (  # noqa: E402
    HostEvents,
    InvoiceJson,
    NotNow,
    Payment,
    QuickBooksPlugin,
    Reversal,
)
from tests.hosts import site  # noqa: E402


class Invoice(models.Model):
    """As JSON, with what the plugin shows of it."""

    id = models.CharField(primary_key=True, max_length=200)
    body = models.JSONField()
    tag = models.CharField(max_length=200, default="")
    link = models.CharField(max_length=500, default="")
    left = models.DecimalField(max_digits=20, decimal_places=6, null=True)

    class Meta:
        app_label = "desk"


class Note(models.Model):
    """A note's text by its key."""

    invoice_id = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    text = models.TextField()

    class Meta:
        app_label = "desk"
        unique_together = ("invoice_id", "key")


class Settled(models.Model):
    """A payment by its id; it stands until it is taken back."""

    id = models.CharField(primary_key=True, max_length=300)
    invoice_id = models.CharField(max_length=200)
    stands = models.BooleanField(default=True)

    class Meta:
        app_label = "desk"


@contextmanager
def _database() -> Iterator[None]:
    """In a thread without a request nobody else closes a connection that the database has ended; within the transaction
    of a request it stays."""
    own = not connection.in_atomic_block
    try:
        if own:
            close_old_connections()
        yield
    except OperationalError as problem:
        raise NotNow(f"The desk's database does not answer: {problem}") from problem
    finally:
        if own:
            close_old_connections()


class Desk:
    """The six methods."""

    @_database()
    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        found = Invoice.objects.filter(id=invoice_id).first()
        return found.body if found else None

    @_database()
    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        Invoice.objects.filter(id=invoice_id).update(tag=tag, link=link)

    @_database()
    def add_note(self, invoice_id: str, key: str, text: str) -> None:
        if text:
            Note.objects.update_or_create(invoice_id=invoice_id, key=key, defaults={"text": text})
        else:
            Note.objects.filter(invoice_id=invoice_id, key=key).delete()

    @_database()
    def record_payment(self, payment: Payment) -> None:
        with transaction.atomic():
            _, new = Settled.objects.get_or_create(id=payment.id, defaults={"invoice_id": payment.invoice_id})
            if new:
                self._settle(payment.invoice_id, payment.balance.amount)

    @_database()
    def reverse_payment(self, reversal: Reversal) -> None:
        with transaction.atomic():
            if Settled.objects.filter(id=reversal.payment_id, stands=True).update(stands=False):
                self._settle(reversal.invoice_id, reversal.balance.amount)

    def _settle(self, invoice_id: str, left: Decimal) -> None:
        found = Invoice.objects.select_for_update().filter(id=invoice_id).first()
        if found:
            found.left, found.body["status"] = left, "open" if left else "paid"
            found.save()

    def may_administer(self, user: str) -> bool:
        return user == "ada"


desk = Desk()
plugins = pluggy.PluginManager("onedesk")
plugins.add_hookspecs(HostEvents)
hook = plugins.hook


def start(plugin: object | None = None, home: Path = HOME) -> None:
    """In each process, once it is one that serves."""
    if not plugins.get_plugins():
        plugins.register(plugin or QuickBooksPlugin(now=site.clock(home)))
    hook.on_host_started(host=desk, plugins=plugins, data_directory=home)
    for pages in hook.web_pages():
        application.mounts[pages.prefix] = partial(_plugin_page, pages.app)
    atexit.register(hook.on_host_stopping)


def stop() -> None:
    """No plugin from now on."""
    hook.on_host_stopping()
    application.mounts.clear()
    for plugin in plugins.get_plugins():
        plugins.unregister(plugin)


def make_tables() -> None:
    """What `migrate` does in a project."""
    with connection.schema_editor() as editor:
        for model in (Invoice, Note, Settled):
            editor.create_model(model)


def make_host() -> Desk:
    """What `--host tests.hosts.django_desk:make_host` names."""
    return desk


def _plugin_page(app: Any, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """A page of the plugin, which knows who is signed in."""
    session = SessionStore(WSGIRequest(environ).COOKIES.get(settings.SESSION_COOKIE_NAME))
    environ["onedesk.user"], environ["onedesk.form_token"] = session.get("user", ""), session.get("form_token", "")
    environ["onedesk.return_to"] = site.FINANCIALS
    answer: Iterable[bytes] = app(environ, start_response)
    return answer


class NotNowMiddleware:
    """What a hook could not record is shown to the person."""

    def __init__(self, get_response: Any) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        return HttpResponse(str(problem), status=503) if isinstance(problem, NotNow) else None


def sign_in(request: HttpRequest) -> HttpResponse:
    request.session["user"], request.session["form_token"] = request.POST["user"], secrets.token_urlsafe()
    return HttpResponse("signed in")


def invoice_page(request: HttpRequest, invoice_id: str) -> HttpResponse:
    """PUT keeps a draft; GET shows it."""
    if request.method == "PUT":
        Invoice.objects.create(id=invoice_id, body=json.loads(request.body))
        return HttpResponse("kept")
    found = Invoice.objects.get(id=invoice_id)
    offered = hook.invoice_actions(invoice=found.body)
    return JsonResponse(
        {
            "status": found.body["status"],
            "tags": {found.tag: found.link} if found.tag else {},
            "notes": list(Note.objects.filter(invoice_id=invoice_id).values_list("text", flat=True)),
            "payments": list(Settled.objects.filter(invoice_id=invoice_id, stands=True).values_list("id", flat=True)),
            "left": str(found.body["total"] if found.left is None else found.left),
            "actions": [action.label for some in offered for action in some],
        }
    )


def perform(request: HttpRequest, invoice_id: str, name: str) -> HttpResponse:
    """The hook comes after the commit; with `inside` within the transaction, which then takes `slow` seconds, and is
    rolled back with `fails`."""
    found, form = Invoice.objects.select_for_update().get(id=invoice_id), request.POST.dict()
    found.body = site.after(name, found.body, form)
    found.delete() if name == "delete" else found.save()
    call_hook = partial(site.call_hook, hook, name, found.body, request.session.get("user", ""), form)
    call_hook() if "inside" in form else transaction.on_commit(call_hook)
    time.sleep(float(form.get("slow", 0)))
    if "fails" in form:
        raise RuntimeError("the desk has a fault of its own")
    return HttpResponse(str(os.getpid()))


def financials(request: HttpRequest) -> HttpResponse:
    shown = hook.settings_to_show(user=request.session.get("user", ""))
    return HttpResponse(site.financials(shown, request.session.get("form_token", "")))


urlpatterns = [
    path("sign-in", sign_in),
    path("invoices/<invoice_id>", invoice_page),
    path("invoices/<invoice_id>/<name>", perform),
    path(site.FINANCIALS[1:], financials),
]
application = DispatcherMiddleware(get_wsgi_application(), {})
if os.environ.get("DESK_START") == "now":
    start()
