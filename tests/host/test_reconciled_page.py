"""Real Chromium on the page of `reconcile`: it fits a phone, in light and dark, and its policy lets all of it be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from onedesk_quickbooks.plugin.planning.reconcile import Kept, Own, Pair, Report, Settled, TaxPart, Theirs, reported
from onedesk_quickbooks.plugin.web.reconciled_page import page
from tests.host.conftest import waits_until_fits

pytestmark = pytest.mark.browser
_ZERO = Decimal(0)


def pair(number: int, theirs: str = "", paid: str = "", currency: str = "USD", **kept: Any) -> Pair:
    """An invoice of some month over 100.00 for each of its number, with tax at 20 %."""
    day, name = date(2026, number % 6 + 1, 5), f"Larkspur Interiors and Gardens, branch {number}"
    total, tax = Decimal(100 * number), Decimal(20 * number)
    there = Decimal(theirs) if theirs else total
    settled = (Settled("key", "payment 1042", "payment", Decimal(paid)),) if paid else ()
    own = Own(
        f"I-{number}", str(number), "open", day, currency, name, total, (TaxPart("VAT", Decimal(20), tax),), total
    )
    books = Theirs(
        str(number),
        str(number),
        day,
        currency,
        name,
        there,
        tax,
        there - sum((each.amount for each in settled), _ZERO),
        (TaxPart("20.0% S", Decimal(20), tax),),
        settled,
    )
    return Pair(own, books, Kept(str(number), str(number), **kept))


def many() -> Report:
    pairs = [pair(number) for number in range(1, 25)]
    pairs += [pair(25, "2400.00", edited=True, waiting=7), pair(26, paid="600.00"), pair(27, currency="EUR")]
    pairs += [Pair(pair(28).own, None), Pair(None, pair(29).theirs)]
    return reported("Larkspur Ltd", date(2026, 1, 1), date(2026, 6, 30), True, 2, pairs)


def brightness(chrome: Chrome) -> int:
    """Of the page's background: 0 is black."""
    colour = str(chrome.find_element(By.TAG_NAME, "body").value_of_css_property("background-color"))
    return sum(int(part) for part in colour.partition("(")[2].rstrip(")").split(",")[:3]) // 3


def media(chrome: Chrome, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def test_the_page_is_seen_on_a_desk_and_on_a_phone_in_light_and_dark(chrome: Chrome, tmp_path: Path) -> None:
    file = tmp_path / "reconciled.html"
    file.write_text(page(many()), encoding="utf-8")
    browser: Any = chrome
    browser.get_log("browser")  # what pages of other tests complained of
    try:
        for width in (390, 1200):
            size = {"width": width, "height": 844, "deviceScaleFactor": 2, "mobile": width < 600}
            chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            shades = []
            for scheme in ("light", "dark"):
                media(chrome, scheme)
                chrome.get(file.as_uri())
                waits_until_fits(chrome, width)
                shades.append(brightness(chrome))
                bars = chrome.find_elements(By.CSS_SELECTOR, "section svg rect[rx='3']")
                assert bars and all(bar.size["width"] for bar in bars)
                chrome.save_screenshot(str(tmp_path / f"{scheme}-{width}.png"))
            assert shades[0] > 200 > 60 > shades[1]
    finally:
        chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert browser.get_log("browser") == []
    assert "25 agree" in chrome.find_element(By.CSS_SELECTOR, ".top").text
    assert "queue settle 7 --keep" in chrome.find_element(By.TAG_NAME, "main").text
