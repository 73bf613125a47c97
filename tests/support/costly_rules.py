"""Rule files that are costly to read or to prove. tests/ruleset/check tests their findings, and tests/bench/limits
their time."""

from __future__ import annotations

HOSTILE = {
    "brackets": (b"version: 1\nitems: " + b"[" * 100_000, "OQ107"),
    "braces": (b"{a: " * 50_000, "OQ107"),
    "dashes": (b"- " * 60_000, "OQ107"),
    "questions": (b"? " * 60_000, "OQ107"),
    "hundred megabytes": (b"a: b\n" * 20_000_000, "OQ106"),
    "two megabytes of one list": (b"version: 1\ninclude: [" + b"a," * 900_000 + b"b]", "OQ106"),
    "one long key": (b"a" * 1_900_000 + b": 1\n", "OQ108"),
    "unknown keys": (b"version: 1\n" + b"".join(b"k%d: 1\n" % number for number in range(100_000)), "OQ201"),
    "unknown countries": (
        b"version: 1\ntaxes:\n  otherwise: hold\n  by_country:\n"
        + b"".join(b"    Land%d: GST\n" % number for number in range(60_000)),
        "OQ206",
    ),
    "equal keys": (b"version: 1\n" * 100_000, "OQ110"),
    "invisible characters": (
        (
            "version: 1\ninvoices: {on_open: maybe}\ncustomers: {by_name: {"
            + "".join(f"a\u200b{n}: b, " for n in range(10_000))
            + "}}"
        ).encode(),
        "OQ123",
    ),
    "tabs": (b"version: 1\n" + b"\ta: 1\n" * 100_000, "OQ105"),
    "controls": (b"version: 1\n" + b"\x07" * 1_000_000, "OQ103"),
    "zero bytes": (b"\x00" * 1_000_000, "OQ103"),
    "anchors": (b"version: 1\n" + b"".join(b"k%d: &a x\n" % number for number in range(50_000)), "OQ111"),
    "a bomb": (b"a: &a [x]\n" + b"".join(b"b%d: &b%d [*a,*a,*a]\n" % (n, n) for n in range(1000)), "OQ111"),
}
"""A file's bytes, and the code of a finding in it."""

OVERLAPPING = {
    "ranges": lambda n: f"amount: {{from: {n}, below: {n + 50}}}, date: {{from: 2020-{n % 12 + 1:02}-{n % 28 + 1:02}}}",
    "lists": lambda n: f"tag: [t{n % 40}, t{n % 37}], customer: [A{n % 30}, 'C{n % 31}*'], project: [P{n % 29}, P{n}]",
    "tags": lambda n: f"tag: t{n}, customer_tag: c{n * 7 % 1500}",
    "prefixes": lambda n: f"service_type: 'S{n % 300}*', customer: 'C{n // 5}*', amount: {{below: {n % 500 + 1}}}",
}


def overlapping(name: str, *more: str) -> str:
    """1,500 exceptions with overlapping conditions, followed by `more`."""
    rules = [f"    - {{id: r{n}, when: {{{OVERLAPPING[name](n)}}}, item: I{n}}}" for n in range(1_500)]
    return table(*rules, *more)


def keyed() -> str:
    """10,000 rules, half of them exceptions and half keys."""
    rules = [f"    - {{id: r{n}, when: {{service_type: S{n}, country: CA}}, item: I{n}}}" for n in range(5_000)]
    return table(*rules, "  by_service_type:", *(f"    T{n}: J{n}" for n in range(5_000)))


def ranges() -> str:
    """8,000 exceptions, of which each range overlaps with 5,000 others."""
    when = "amount: {{from: {0}, below: {1}}}, date: {{from: 2020-01-01}}"
    return table(*(f"    - {{id: r{n}, when: {{{when.format(n, n + 5_000)}}}, item: I{n}}}" for n in range(8_000)))


def table(*exceptions: str) -> str:
    """A file of these exceptions of items."""
    return "\n".join(["version: 1", "items:", "  exceptions:", *exceptions, "  otherwise: same_name"]) + "\n"


MANY = {
    "items": "items:\n  otherwise: hold\n  by_service_type: {{{}}}\n",
    "customers": "customers: {{by_name: {{{}}}}}\n",
}


def many(name: str, count: int) -> str:
    """Many keys of one section."""
    return "version: 1\n" + MANY[name].format(",".join(f"S{n}: I{n}" for n in range(count)))
