"""No sentence of what is spoken in French is a plain string, which would stay English."""

from __future__ import annotations

import pytest

from tests.texts.catalogue import ROOT
from tests.texts.plain import plain_english

SPOKEN = (
    *(f"cli/{name}.py" for name in ("adopted", "audited", "entries", "telling", "undone")),
    *(
        f"cli/commands/{name}.py"
        for name in (
            *("adopt", "audit", "backfill", "customers", "operate_doctor", "operate_status", "payments", "plans"),
            *("queue", "queue_persons", "reconcile", "undo"),
        )
    ),
    "cli/reconciled/*.py",
    *(f"cli/session/{name}.py" for name in ("asking", "backfilling", "gather", "run", "undoing")),
    "ops/doctor/*.py",
    "ops/preconditions.py",
    "ops/queue_list.py",
    "planning/adopt/*.py",
    "planning/reconcile/*.py",
    "planning/undo.py",
    "ruleset/check/*.py",
    "ruleset/compile/*.py",
    "ruleset/explain/explanation.py",
    "ruleset/explain/nearest.py",
    "ruleset/explain/why_not.py",
    "ruleset/location.py",
    "ruleset/prove/*.py",
    "ruleset/read/*.py",
    "sync/adopt/*.py",
    "sync/backfill.py",
    "sync/reconcile/*.py",
    "sync/undo.py",
    "yamlfile/*.py",
)
"""What stands below plugin/."""
NO_TEXTS = frozenset(
    {
        "OneDesk invoice {}",  # a line of private notes
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        "tax by rate",  # names of fields, as qbo has them
        "tax code of the invoice",
        "that invoice {} is adopted",  # in the log
        "what is adopted has one on each side",  # of an assert
        "other income",  # as QuickBooks has it
        *("income account", "tax code", "payment term"),  # kinds of names, as the schema has them
        *("quoted scalar", "scanning an a", "cannot start any token", "simple key", "block mapping", "document start"),
        "mapping values are not allowed",  # what PyYAML says
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
