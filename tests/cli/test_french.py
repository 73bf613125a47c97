"""What commands print is in the language of who works there, by gettext's own rule; JSON stays as programs read it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.cli.commands.operate_status import _ago
from onedesk_quickbooks.plugin.texts import language, of_environment, say
from tests.cli.test_work import invoice

Call = Callable[..., Any]
Connect = Callable[[Any], None]
ENGLISH = re.compile(
    r"\b(the|is|was|were|are|has|had|and|or|of|not|that|this|with|for|it|its|from|by|to|invoices?|customers?|entry|entries"
    r"|run|waits?|held|copied|since|none|ago|made)\b",
    re.IGNORECASE,
)
_AS_IT_IS = re.compile(
    r"onedesk-quickbooks [a-z]+( [a-z]+)?|--[a-z-]+|`[^`]*`|[\w./-]*/[\w./-]+|[A-Z]{2,}"
    r"|[a-z]+\.[a-z_.]+|(?:facture|la ligne \d+), \w+\s:(?: [\w, ]+?(?= si | s’| \())?"
)
"""Commands, options, paths, what stands for a value, and what is written in rules."""


def english(text: str) -> list[str]:
    """Words of a text that are English."""
    return [found[0] for found in ENGLISH.finditer(_AS_IT_IS.sub(" ", text))]


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, "en"),
        ({"LANG": "fr_CA.UTF-8"}, "fr"),
        ({"LANG": "fr_CA.UTF-8", "LC_MESSAGES": "en_CA.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "fr"}, "fr"),
        ({"LC_ALL": "C", "LANG": "fr_FR"}, "en"),
        ({"LANGUAGE": "de:fr:en", "LANG": "en_US"}, "fr"),
        ({"LANGUAGE": "", "LANG": "fr@euro"}, "fr"),
        ({"LANG": "POSIX"}, "en"),
    ],
)
def test_the_language_is_that_of_the_environment(environ: dict[str, str], found: str) -> None:
    assert of_environment(environ) == found


@pytest.fixture
def books(call: Call, connect: Connect, open_books: Callable[..., Any]) -> None:
    connect(open_books("us"))
    call("settings", "default_income_account", "Services")


@pytest.mark.usefixtures("books")
def test_commands_speak_french(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "two.json"
    good, bad = invoice("F-1"), {**invoice("F-2"), "subtotal": "1.00"}
    file.write_text(json.dumps([good, bad]), encoding="utf-8")

    planned = call("plan", file, speaks="fr_CA")
    assert (
        "  facture    créer\u00a0: numéro F-1, datée du " in planned.out and "Facture F-2\u00a0: retenue" in planned.out
    )
    assert re.search(r"taxe +néant\n", planned.out)
    copied = call("copy", file, speaks="fr")
    assert "copiée" in copied.out and "Les lignes font " in copied.out
    assert re.search(r"1 copiée, 1 retenue; \d+ appels à QuickBooks\.", copied.out)
    waits = call("queue", speaks="fr")
    assert (waits.code, copied.code) == (1, 1)
    assert "Les lignes font " in waits.out and "Entrée" in waits.out
    well = call("status", speaks="fr")
    assert "1; voyez\u00a0: onedesk-quickbooks queue" in well.out and "il y a " in well.out
    assert call("queue", "hold", "F-1", "--reason", "x").code == 0
    assert "1 retenue; 0 appel à QuickBooks." in call("copy", "F-1", speaks="fr").out
    paid = call("payments", speaks="fr")
    assert paid.out == "Rien de nouveau n’a été payé dans QuickBooks.\n"
    for done in (planned, copied, waits, paid):
        assert english(done.out) == [], done.out


@pytest.mark.usefixtures("books")
def test_json_is_the_same_in_each_language(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps({**invoice("F-2"), "subtotal": "1.00"}), encoding="utf-8")
    french, english = (call("plan", file, "--json", speaks=code).one for code in ("fr", "en"))
    assert french == english and french["reason"].startswith("The lines come to ")
    call("copy", file, speaks="fr")
    assert call("queue", "--json", speaks="fr").one["reason"].startswith("The lines come to ")


@pytest.mark.usefixtures("books")
def test_nothing_waits_in_french(call: Call) -> None:
    assert call("queue", speaks="fr").out == "Rien n’attend, rien n’est retenu.\n"
    assert call("queue", "--state", "held", speaks="fr").out == "Rien n’est retenu.\n"


@pytest.fixture
def july(call: Call, connect: Connect, open_books: Callable[..., Any], tmp_path: Path) -> Any:
    """Two invoices are copied and one is held; one of the two is paid in part in QuickBooks."""
    books = open_books("us")
    connect(books)
    call("settings", "default_income_account", "Services")
    file = tmp_path / "july.json"
    file.write_text(json.dumps([invoice("F-1"), invoice("F-3"), {**invoice("F-2"), "subtotal": "1.00"}]), "utf-8")
    call("copy", file)
    return books


def ids(books: Any) -> dict[str, str]:
    return {each["DocNumber"]: each["Id"] for each in books.sandbox.list("Invoice")}


def test_the_queue_is_worked_off_in_french(july: Any, call: Call) -> None:
    [held] = call("queue", "--json").lines
    shown = call("queue", "show", held["entry"], speaks="fr")
    assert "Entrée" in shown.out and f"{held['entry']}\u00a0: copier, facture F-2" in shown.out
    assert re.search(r"État +retenue depuis le 20.* UTC, 1 essai", shown.out)
    assert "Les lignes font " in shown.out and "Requête" in shown.out and "aucune n’a été faite" in shown.out
    again = call("queue", "retry", held["entry"], speaks="fr")
    assert again.out == "1 entrée remise dans la file.\n"
    would = call("queue", "drop", "--state", "waiting", "--dry-run", "--reason", "x", speaks="fr")
    assert would.out.splitlines()[-1] == "1 entrée serait retirée."
    dropped = call("queue", "drop", held["entry"], "--reason", "x", speaks="fr")
    assert dropped.out == f"L’entrée {held['entry']} a été retirée.\n"
    gone = call("queue", "drop", held["entry"], "--reason", "x", speaks="fr")
    assert f"l’entrée {held['entry']} n’attend plus personne; voyez\u00a0: onedesk-quickbooks queue" in gone.err
    wrong = call("queue", "resume", "nothing", speaks="fr")
    assert (wrong.code, "aucune commande interrompue n’a rien laissé" in wrong.err) == (2, True)
    for done in (shown, again, would, dropped):
        assert english(done.out) == [], done.out
    assert "hold si QuickBooks a une autre facture de ce numéro (invoices.when_number_taken à " in shown.out

    july.sandbox.edit("Invoice", ids(july)["F-1"], {"DueDate": "2027-01-31"})
    call("payments")
    [changed] = call("queue", "--json").lines
    shown = call("queue", "show", changed["entry"], speaks="fr")
    assert "Diffère par" in shown.out and "date d’échéance" in shown.out
    settled = call("queue", "settle", changed["entry"], "--keep", "quickbooks", speaks="fr")
    assert "cette version est gardée" in settled.out
    for done in (shown, settled):
        assert english(done.out) == [], done.out


def test_a_duplicate_is_named_in_french(july: Any, call: Call) -> None:
    like = july.sandbox.read("Invoice", ids(july)["F-1"])
    lines = [{**each, "Id": None} for each in like["Line"] if "SalesItemLineDetail" in each]
    body = {"CustomerRef": like["CustomerRef"], "Line": lines, "PrivateNote": "OneDesk invoice F-1", "DocNumber": "F-1"}
    july.sandbox.create("Invoice", body)
    done = " ".join(call("reconcile", "--ours", speaks="fr").out.split())
    assert "(numéro F-1, id " in done
    assert re.search(r"plus d’une fois\s: la facture \d+ de ", done)


def test_no_second_is_no_plural_in_french() -> None:
    with language("fr"):
        assert say(_ago(timedelta(0))) == "il y a 0 seconde"
    assert say(_ago(timedelta(0))) == "0 seconds ago"


def test_both_sides_are_compared_in_french(july: Any, call: Call, tmp_path: Path) -> None:
    july.sandbox.pay({ids(july)["F-1"]: "10.00"})
    july.sandbox.edit("Invoice", ids(july)["F-3"], {"DocNumber": "9042"})
    page, table = tmp_path / "page.html", tmp_path / "table.csv"
    done = call("reconcile", "--ours", "--html", page, "--csv", table, speaks="fr")
    assert (
        "soldes ouverts" in done.out
        and "0 concorde, 3 diffèrent" in done.out
        and "F-2, manque dans QuickBooks" in done.out
    )
    assert "OneDesk 100,00\u00a0USD, QuickBooks néant" in done.out.replace("\n  ", "")
    assert "Elle est retenue comme entrée " in done.out and "Les lignes font " in done.out
    assert "saisi dans QuickBooks, et pas encore revenu." in done.out and "10,00\u00a0USD" in done.out
    assert english(done.out) == [], done.out
    html = page.read_text("utf-8")
    assert '<html lang="fr">' in html and "<h2>Ce qui diffère</h2>" in html
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL)
    assert english(text) == [], text
    assert "Exécutez\u00a0: onedesk-quickbooks payments" in table.read_text("utf-8")
    french, english_ = (call("reconcile", "--json", speaks=code).out for code in ("fr", "en"))
    assert french == english_


def test_what_is_in_both_is_linked_in_french(july: Any, call: Call, tmp_path: Path) -> None:
    customer = next(each["CustomerRef"] for each in july.sandbox.list("Invoice") if each["DocNumber"] == "F-1")
    line = {"Amount": 150, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
    july.sandbox.create("Invoice", {"DocNumber": "G-1", "CustomerRef": customer, "Line": [line]})
    file = tmp_path / "both.json"
    file.write_text(json.dumps([invoice("G-1"), invoice("G-2")]), "utf-8")
    done = call("adopt", file, speaks="fr")
    assert "G-2, seulement dans OneDesk" in done.out and "1 brouillon" not in done.out
    assert english(done.out) == [], done.out
    french, english_ = (call("adopt", file, "--json", speaks=code).out for code in ("fr", "en"))
    assert french == english_


def test_a_backfill_is_made_and_undone_in_french(july: Any, call: Call, tmp_path: Path) -> None:
    file = tmp_path / "later.json"
    file.write_text(json.dumps([invoice("H-1"), invoice("H-2")]), "utf-8")
    assert call("invoices", "import", file).code == 0
    asked = call("backfill", "--from", "2020-01-01", speaks="fr")
    assert "factures à copier pour " in asked.out and "moins d’une minute" in asked.out
    assert "2 que QuickBooks a déjà" in asked.out
    made = call("backfill", "--from", "2020-01-01", "--yes", speaks="fr")
    assert re.search(r"Pour défaire\u00a0: onedesk-quickbooks undo [0-9a-f]{8}\n", made.out)
    listed = call("undo", speaks="fr")
    assert "Factures créées" in listed.out
    run = call("undo", "--json").lines[0]["run"]
    plan = call("undo", run, speaks="fr")
    assert "à supprimer" in plan.out and "Supprimer 2 factures dans QuickBooks\u00a0: la même commande" in plan.out
    done = call("undo", run, "--yes", speaks="fr")
    assert done.out.endswith("2 supprimées.\n") or "2 supprimée" in done.out
    none = call("undo", "nothing", speaks="fr")
    assert "Il n’y a pas d’exécution nothing." in none.err
    for each in (asked, made, listed, plan, done, none):
        assert english(each.out + each.err.partition("Error:")[2]) == [], each.out + each.err


def test_the_audit_trail_is_read_in_french(july: Any, call: Call, tmp_path: Path) -> None:
    done = call("audit", "F-2", speaks="fr")
    assert "demande" in done.out and "décision" in done.out and "Les lignes font " in done.out
    whole = call("audit", "verify", speaks="fr")
    assert re.match(r"\d+ lignes\u00a0: aucune n’a été modifiée, retirée ou déplacée.\n", whole.out)
    file = tmp_path / "rows.jsonl"
    assert re.fullmatch(rf"Écrit\u00a0: {file}, \d+ lignes\n", call("audit", "export", "-o", file, speaks="fr").err)
    nothing = call("audit", "nobody", speaks="fr")
    assert "rien n’a été enregistré d’une facture 'nobody'" in nothing.err


def test_customers_are_linked_in_french(july: Any, call: Call) -> None:
    listed = call("customers", "list", speaks="fr")
    assert "Client OneDesk" in listed.out
    [known] = call("customers", "list", "--json").lines
    linked = call("customers", "link", known["customer_id"], known["quickbooks_id"], speaks="fr")
    assert "Les factures en USD du client OneDesk" in linked.out
    gone = call("customers", "unlink", known["customer_id"], speaks="fr")
    assert "n’est plus lié au client QuickBooks" in gone.out
    again = call("customers", "unlink", known["customer_id"], speaks="fr")
    assert "n’est lié à aucun client QuickBooks; voyez" in again.err
    for done in (listed, linked, gone):
        assert english(done.out) == [], done.out


@pytest.mark.usefixtures("books")
def test_decisions_are_explained_in_french(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(invoice("F-1")), "utf-8")
    done = call("explain", file, speaks="fr")
    assert done.out.startswith("Facture F-1 selon ")
    assert "  totals\u00a0: hold (un écart d’un cent ou plus) (par totals.when_different, default.yaml:" in done.out
    assert "la ligne 1\n  item\u00a0: Design (par items.otherwise, " in done.out
    why = call("explain", file, "--why-not", "taxes.otherwise", speaks="fr")
    assert "  la ligne 1, tax_code\u00a0: elle a gagné\n" in why.out
    none = call("explain", file, "--why-not", "taxes.otherwis", speaks="fr")
    assert (
        "Aucune règle ne s’appelle «\u00a0taxes.otherwis\u00a0»; vouliez-vous dire «\u00a0taxes.otherwise\u00a0»?"
        in none.err
    )
    french, english_ = (call("explain", file, "--json", speaks=code).out for code in ("fr", "en"))
    assert french == english_


@pytest.mark.usefixtures("books")
def test_the_doctor_speaks_french(call: Call) -> None:
    found = call("doctor", speaks="fr")
    assert re.search(r"^bien {5}disque\u00a0: \d+ Mo sont libres à ", found.out, re.MULTILINE)
    assert re.search(r"^ALERTE {3}webhooks\u00a0: |^note {5}webhooks\u00a0: ", found.out, re.MULTILINE)
    assert "bien     QuickBooks\u00a0: Il répond; " in found.out
    assert english(found.out.replace("number: quickbooks", "")) == [], found.out
    french, english_ = (call("doctor", "--json", speaks=code).out for code in ("fr", "en"))
    assert re.sub(r"\d+ MB|within \d+ s", "", french) == re.sub(r"\d+ MB|within \d+ s", "", english_)


def test_findings_are_french(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("version: 1\nitems:\n  otherwize: same_name\n", "utf-8")
    done = call("check", file, speaks="fr")
    assert f"{file}:3:3: erreur OQ201: La clé «\u00a0otherwize\u00a0» est inconnue ici.\n" in done.out
    assert "\n  remède: Vouliez-vous dire «\u00a0otherwise\u00a0»?\n" in done.out
    assert re.search(r"\n\d erreurs?\u00a0: \d+ tables?, \d+ règles?, ", done.out)
    assert done.err == f"Lu\u00a0: {file}\n"
    french, english_ = (call("check", file, "--json", speaks=code).out for code in ("fr", "en"))
    assert french == english_


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("copy", "nowhere.json"), 2, "'nowhere.json' n’est ni un fichier ni l’id d’une facture de l’hôte"),
        (("queue", "show", "7"), 2, "il n’y a pas d’entrée 7; voyez\u00a0: onedesk-quickbooks queue"),
        (("undo", "--yes"), 2, "nommez l’exécution; `onedesk-quickbooks undo` seul liste les dernières"),
        (
            ("check", "nowhere.yaml"),
            3,
            "Erreur\u00a0: nowhere.yaml\u00a0: ce fichier ou dossier n’existe pas; donnez le chemin",
        ),
        (("settings", "default_tax_code", "GST"), 3, "Erreur\u00a0: Sandbox Company_US_1 n’a pas\u00a0: code de taxe"),
        (("audit", "nobody"), 3, "Erreur\u00a0: rien n’a été enregistré d’une facture 'nobody'"),
        (("rules", "show", "itm"), 2, "Il n’y a pas de décision «\u00a0itm\u00a0»."),
        (("restore", "nowhere.tar.gz"), 3, "Erreur\u00a0: nowhere.tar.gz n’existe pas"),
        (("customers", "link", "C-1", "Nobody"), 3, "QuickBooks n’a pas de client d’id ou de nom «\u00a0Nobody\u00a0»"),
        (("keys", "revoke", "none"), 3, "il n’y a pas de clé 'none' qui fonctionne"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
@pytest.mark.usefixtures("books")
def test_what_is_wrong_is_said_in_french(call: Call, words: tuple[str, ...], code: int, says: str) -> None:
    done = call(*words, speaks="fr", predicted=False)
    assert (done.code, done.out) == (code, "")
    assert says in " ".join(done.err.split(" "))


def test_without_a_company_it_is_said_in_french(call: Call) -> None:
    call("keys", "add", "desk")  # the ledger is made
    done = call("status", speaks="fr")
    assert "non; exécutez\u00a0: onedesk-quickbooks connect" in done.out
    refused = call("queue", speaks="fr")
    assert (
        refused.err
        == "Erreur\u00a0: Aucune entreprise QuickBooks n’est connectée; exécutez\u00a0: onedesk-quickbooks connect\n"
    )
