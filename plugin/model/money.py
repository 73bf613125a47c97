"""Money: a Decimal and a currency. No float is used for an amount."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from onedesk_quickbooks.plugin.texts import Amount

# ISO 4217: currencies whose minor unit is not two digits.
_MINOR_DIGITS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were added or compared."""


def minor_digits(currency: str) -> int:
    """Digits after the decimal point of an ISO 4217 currency: EUR 2, JPY 0, KWD 3."""
    return _MINOR_DIGITS.get(currency, 2)


def round_half_up(value: Decimal, digits: int = 2) -> Decimal:
    """Round as QuickBooks and tax offices do: half away from zero (qbo-api.md 2.1.2, code 6070)."""
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def decimal_from_text(text: str) -> Decimal:
    """A finite Decimal from its text; raises ValueError for anything else ("1e3", "NaN", "1,000")."""
    if not text or set(text) - set("0123456789.-"):
        raise ValueError(f"{text!r} is not an amount; write it as 1234.56")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not an amount; write it as 1234.56") from None


def decimal_or_none(text: str | None) -> Decimal | None:
    """The same; None for no text."""
    return None if text is None else decimal_from_text(text)


def plain(value: Decimal) -> str:
    """A Decimal as text for people and JSON: never 1E+3, nor -0.00."""
    return format(value if value else abs(value), "f")


def number(value: Decimal) -> Amount:
    """The same as part of a text, which each language formats differently."""
    return Amount(plain(value))


def rate_key(rate: Decimal) -> str:
    """A tax rate as rule files write it: 25, 25.0 and 25.00 are all "25"."""
    text = plain(rate)
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency (ISO 4217 code). Arithmetic across currencies is refused."""

    amount: Decimal
    currency: str

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self} and {other} are of different currencies")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def rounded(self) -> Money:
        """To the currency's minor unit, half up."""
        return Money(round_half_up(self.amount, minor_digits(self.currency)), self.currency)

    @property
    def digits(self) -> str:
        """The amount with the digits of its currency (310.00 USD, 500 JPY, 1.500 KWD), or all of its own where more of
        them are not zero (1105.50 JPY): nothing is rounded for output."""
        rounded = self.rounded().amount
        return plain(rounded if rounded == self.amount else self.amount)

    @classmethod
    def in_quickbooks(cls, amount: Decimal, currency: str) -> Money:
        """An amount as QuickBooks stores it, with two decimals in every currency: the same text in every place."""
        return cls(round_half_up(amount), currency)

    def __str__(self) -> str:
        return f"{self.digits} {self.currency}"

    def __text__(self) -> Amount:
        return Amount(self)
