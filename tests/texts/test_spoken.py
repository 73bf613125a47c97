"""No sentence of what is spoken in French is a plain string, which would stay English."""

from __future__ import annotations

import pytest

from tests.texts.catalogue import ROOT
from tests.texts.plain import plain_english

SPOKEN = (
    *(f"cli/{name}.py" for name in ("adopt_report", "audit_report", "entries", "ordered_output", "undo_report")),
    *(
        f"cli/commands/{name}.py"
        for name in (
            *("adopt", "audit", "backfill", "cases", "check", "connection", "customers", "diff", "keys", "ledger"),
            *("operate_backup", "operate_doctor", "operate_status", "payments", "plans", "queue", "queue_persons"),
            *("reconcile", "rules", "undo", "users", "webhooks"),
        )
    ),
    *(f"cli/files/{name}.py" for name in ("json_records", "reading", "records")),
    "cli/reconcile_report.py",
    "ops/reconciled/*.py",
    *(f"cli/session/{name}.py" for name in ("asking", "backfilling", "consent", "gather", "hosts", "run", "undoing")),
    *(f"app/{name}.py" for name in ("application", "connect", "opening", "owner", "setup_api", "story_api")),
    *(f"host/{name}.py" for name in ("imports", "host", "users")),
    "host/pages/*.py",
    "ledger/database/ledger_problems.py",
    "ledger/seal.py",
    "ops/backup/archive.py",
    "ops/backup/restoring.py",
    "ops/backup/workplace.py",
    "ops/doctor/*.py",
    "ops/preconditions.py",
    "ops/queue_list.py",
    "ops/trail.py",
    "planning/adopt/*.py",
    "planning/reconcile/*.py",
    "planning/withdrawn/undo.py",
    "qbo/client/batches.py",
    "qbo/client/changes.py",
    "qbo/client/quickbooks.py",
    "qbo/oauth.py",
    "qbo/problems.py",
    "qbo/transport.py",
    "qbo/wire/believed.py",
    "ruleset/check/*.py",
    "ruleset/compile/*.py",
    "ruleset/diff/__init__.py",
    "ruleset/explain/explanation.py",
    "ruleset/explain/nearest.py",
    "ruleset/explain/why_not.py",
    "ruleset/location.py",
    "ruleset/prove/*.py",
    "ruleset/read/*.py",
    "sync/adopt/*.py",
    "sync/backfill.py",
    "sync/payload.py",
    "sync/questions.py",
    "sync/rules_in_force.py",
    "sync/outbound/customer_links.py",
    "sync/reconcile/*.py",
    "sync/undo.py",
    *(
        f"web/{name}.py"
        for name in ("attention", "changes", "customers", "guard", "reconcile", "rules_page", "start", "story")
    ),
    "yamlfile/*.py",
)
"""What stands below plugin/."""
NO_TEXTS = frozenset(
    {
        *("OneDesk invoice {}", "OneDesk payment {}"),  # a line of private notes
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action"
        " 'self'; frame-ancestors 'none'; base-uri 'none'",
        *('attachment; filename="reconciliation.csv"', "text/csv; charset=utf-8"),
        "--company live --host",  # options of a command
        "tax by rate",  # names of fields, as qbo has them
        "tax code of the invoice",
        "that invoice {} is adopted",  # in the log
        "that invoice {} is linked no more",
        "what is adopted has one on each side",  # of an assert
        *("add key", "revoke key", "add webhook", "resume webhook", "remove webhook"),  # acts of the audit trail
        *("confirm customer", "link customer", "reject customer", "unlink customer", "undo customer decision"),
        "pip install 'onedesk-quickbooks[lsp]'",
        *("<!doctype html><meta charset=utf-8><title>QuickBooks</title><p>{}</p>", "text/html; charset=utf-8"),
        "other income",  # as QuickBooks has it
        *(
            "income account",
            "tax code",
            "payment term",
            "deposit account",
            "payment method",
        ),  # kinds of names, as the schema has them
        *("quoted scalar", "scanning an a", "cannot start any token", "simple key", "block mapping", "document start"),
        *("mapping values are not allowed", "flow mapping"),  # what PyYAML says
        "A region is a code or a name: a * means nothing in it.",
        *("One * may stand at the end, and nowhere else.", "One of {}.", "A field that is unknown here."),
        "A word or a placeholder, and no name.",  # of the schema for editors
        "given up after {} steps",  # of an error that nobody reads
        "PRAGMA quick_check(1)",
        "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'",
        "SELECT version_num FROM alembic_version",
    }
)
"""What looks like a sentence, and is shown to nobody as one."""


def test_plain_english_is_found() -> None:
    found = [words for _, words in plain_english(ROOT / "plugin" / "cli" / "commands" / "sandbox.py")]
    assert any("sandbox" in words for words in found), "or nothing would ever be found"


@pytest.mark.parametrize("pattern", SPOKEN)
def test_every_sentence_is_a_text(pattern: str) -> None:
    files = sorted((ROOT / "plugin").glob(pattern))
    assert files, "it is there"
    for file in files:
        found = [
            (line, words)
            for line, words in plain_english(file)
            if words not in NO_TEXTS and not words.startswith("onedesk-quickbooks ")
        ]
        assert found == [], file
