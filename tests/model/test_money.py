"""Money: exact, of one currency, rounded half up."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedesk_quickbooks.plugin.model.money import (
    CurrencyMismatch,
    Money,
    decimal_from_text,
    minor_digits,
    plain,
    rate_key,
    round_half_up,
)

ROOT = Path(__file__).parents[2]
AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6)


@pytest.mark.parametrize("act", [operator.add, operator.sub])
def test_currencies_are_never_mixed(act: Callable[[Money, Money], object]) -> None:
    with pytest.raises(CurrencyMismatch, match=r"1\.00 EUR and 1\.00 USD are of different currencies"):
        act(Money(Decimal(1), "EUR"), Money(Decimal(1), "USD"))


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("EUR", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("ISK", 0), ("CLP", 0), ("KWD", 3), ("TND", 3), ("HUF", 2)],
)
def test_minor_digits(currency: str, digits: int) -> None:
    assert pycountry.currencies.get(alpha_3=currency) is not None
    assert minor_digits(currency) == digits


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        ("1861.075", 2, "1861.08"),
        ("-1861.075", 2, "-1861.08"),
        ("0.005", 2, "0.01"),
        ("0.015", 2, "0.02"),
        ("0.025", 2, "0.03"),
        ("0.0049999", 2, "0.00"),
        ("2.675", 2, "2.68"),
        ("1.5", 0, "2"),
        ("2.5", 0, "3"),
        ("0.0005", 3, "0.001"),
        ("1000", 2, "1000.00"),
    ],
)
def test_half_goes_away_from_zero(value: str, digits: int, rounded: str) -> None:
    assert plain(round_half_up(Decimal(value), digits)) == rounded


@given(AMOUNTS, st.integers(0, 4))
def test_rounding_is_never_off_by_more_than_half(value: Decimal, digits: int) -> None:
    off = abs(Fraction(round_half_up(value, digits)) - Fraction(value))
    assert off <= Fraction(1, 2 * 10**digits)
    assert round_half_up(-value, digits) == -round_half_up(value, digits)


@given(AMOUNTS, AMOUNTS)
def test_sums_are_exact(one: Decimal, two: Decimal) -> None:
    total = Money(one, "EUR") + Money(two, "EUR")
    assert Fraction(total.amount) == Fraction(one) + Fraction(two)
    assert total - Money(two, "EUR") == Money(one, "EUR")
    assert -Money(-total.amount, "EUR") == total


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1234.5", "USD", "1234.50 USD"),
        ("0", "EUR", "0.00 EUR"),
        ("1E+3", "EUR", "1000.00 EUR"),
        ("1234.567", "USD", "1234.567 USD"),
        ("500.00", "JPY", "500 JPY"),
        ("500.50", "JPY", "500.50 JPY"),
        ("1.5000", "KWD", "1.500 KWD"),
        ("500", "JPY", "500 JPY"),
        ("1.5", "KWD", "1.500 KWD"),
        ("-7", "GBP", "-7.00 GBP"),
    ],
)
def test_money_as_people_read_it(amount: str, currency: str, text: str) -> None:
    assert str(Money(Decimal(amount), currency)) == text


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD"])
def test_rounded_has_the_currencys_decimals(currency: str) -> None:
    rounded = Money(Decimal("1.23456"), currency).rounded()
    assert -int(rounded.amount.as_tuple().exponent) == minor_digits(currency)


@pytest.mark.parametrize("text", ["1234.56", "-7", "0.00", "007", "999999999999999.9999999999", "-0.01"])
def test_amounts_from_text(text: str) -> None:
    read = decimal_from_text(text)
    assert type(read) is Decimal and Fraction(read) == Fraction(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "1e3", "1E3", "NaN", "Infinity", "1,000", "1 000", "--1", "1.2.3", "-", ".", "１２", "0x1", "+1", "1_0"],
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an amount; write it as 1234\.56") as caught:
        decimal_from_text(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("rate", "key"),
    [("25", "25"), ("25.0", "25"), ("25.00", "25"), ("8.250", "8.25"), ("0", "0"), ("0.0", "0"), ("100", "100"),
     ("1E+2", "100"), ("9.975", "9.975"), ("20", "20")],
)  # fmt: skip
def test_rates_as_rule_files_write_them(rate: str, key: str) -> None:
    assert rate_key(Decimal(rate)) == key


@given(AMOUNTS)
def test_plain_is_read_back_exactly(value: Decimal) -> None:
    assert "E" not in plain(value)
    assert decimal_from_text(plain(value)) == value


@pytest.mark.parametrize("folder", ["model", "planning", "ledger"])
def test_no_float_is_made_in_the_core(folder: str) -> None:
    """Neither by a literal, nor by float() or round(), nor by a plain JSON reader of amounts."""
    seen = 0
    for path in sorted((ROOT / "plugin" / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            seen += 1
            at = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), at
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("float", "round"), at
    assert seen > 500


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [("0", "USD", "0.00"), ("-0.00", "USD", "0.00"), ("3.33", "KWD", "3.330"), ("1105.5", "JPY", "1105.50")],
)
def test_an_amount_of_quickbooks_is_the_same_text_whoever_says_it(amount: str, currency: str, text: str) -> None:
    assert Money.in_quickbooks(Decimal(amount), currency).digits == text
    assert plain(Decimal("-0.00")) == "0.00"
