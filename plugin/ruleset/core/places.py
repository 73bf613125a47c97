"""The place of an invoice: countries by code, regions in the spellings of people. Pure, from tables in the package."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from onedesk_quickbooks.plugin.ruleset.core.words import COUNTRIES, fold
from onedesk_quickbooks.plugin.texts import Text

_REGIONS = {
    "CA": (
        "AB Alberta|Alta|Alb; BC British Columbia|Brit Columbia|Brit Col|Colombie-Britannique|C-B; "
        "MB Manitoba|Man; NB New Brunswick|N Brunswick|Nouveau-Brunswick|N-B; "
        "NL Newfoundland and Labrador|Newfoundland & Labrador|Newfoundland|Labrador|NF|Nfld|Nfld and Lab; "
        "NL Nfld & Lab|LB|Terre-Neuve-et-Labrador|Terre-Neuve|T-N-L|T-N; NS Nova Scotia|Nouvelle-Écosse|N-É; "
        "NT Northwest Territories|Northwest Territory|NWT|NW Territories|Territoires du Nord-Ouest|T N-O; "
        "NU Nunavut|Nvt; ON Ontario|Ont; PE Prince Edward Island|PEI|PE Island|Île-du-Prince-Édouard|Î-P-É; "
        "QC Quebec|Que|PQ; SK Saskatchewan|Sask; YT Yukon|Yukon Territory|Territoire du Yukon|Yuk|YK"
    ),
    "US": (
        "AL Alabama|Ala; AK Alaska|Alas; AZ Arizona|Ariz; AR Arkansas|Ark; CA California|Calif|Cal; "
        "CO Colorado|Colo|Col; CT Connecticut|Conn; DE Delaware|Del; "
        "DC District of Columbia|Dist of Columbia|Washington DC|Wash DC; FL Florida|Fla|Flor; GA Georgia; "
        "HI Hawaii|Haw; ID Idaho|Ida; IL Illinois|Ill|Ills; IN Indiana|Ind; IA Iowa; KS Kansas|Kan|Kans|Kas; "
        "KY Kentucky|Ken; LA Louisiana; ME Maine; MD Maryland; MA Massachusetts|Mass; MI Michigan|Mich; "
        "MN Minnesota|Minn; MS Mississippi|Miss; MO Missouri; MT Montana|Mont; NE Nebraska|Neb|Nebr; "
        "NV Nevada|Nev; NH New Hampshire|N Hampshire; NJ New Jersey|N Jersey; "
        "NM New Mexico|New Mex|N Mexico|N Mex; NY New York|N York; NC North Carolina|N Carolina|N Car|No Carolina; "
        "ND North Dakota|N Dakota|N Dak|No Dak; OH Ohio; OK Oklahoma|Okla; OR Oregon|Ore|Oreg; "
        "PA Pennsylvania|Penn|Penna; RI Rhode Island|R Island; SC South Carolina|S Carolina|S Car|So Carolina; "
        "SD South Dakota|S Dakota|S Dak|So Dak; TN Tennessee|Tenn; TX Texas|Tex; UT Utah; VT Vermont; "
        "VA Virginia|Virg; WA Washington|Wash; WV West Virginia|W Virginia|W Va; WI Wisconsin|Wis|Wisc; "
        "WY Wyoming|Wyo; AS American Samoa; GU Guam; MP Northern Mariana Islands|CNMI; PR Puerto Rico; "
        "UM United States Minor Outlying Islands; "
        "VI U.S. Virgin Islands|Virgin Islands|United States Virgin Islands|USVI; AA Armed Forces Americas; "
        "AE Armed Forces Europe; AP Armed Forces Pacific"
    ),
    "AU": (
        "ACT Australian Capital Territory|Aust Capital Territory; NSW New South Wales|N S Wales; "
        "NT Northern Territory|Nthn Territory; QLD Queensland; SA South Australia|S Australia|South Aust; "
        "TAS Tasmania; VIC Victoria|Vict; WA Western Australia|West Australia|W Australia|West Aust"
    ),
}
"""By country: codes with their names; the first one is the name that ISO 3166-2 has, AA, AE and AP are those of the
US mail. Points, case, accents and spaces do not matter (`_bare`)."""

_KINDS = {
    "CA": Text("province or territory of Canada"),
    "US": Text("state of the United States"),
    "AU": Text("state or territory of Australia"),
}
_SHORT = 5
"""The maximum length of a region's short forms; all its names except the first are longer."""
_BEFORE, _AFTER = ("provinceof", "stateof", "commonwealthof", "territoryof"), ("province", "state")
_COUNTRY = {"CA": {"canada"}, "US": {"usa", "us", "unitedstates"}, "AU": {"australia"}}

_UK = Text("the United Kingdom")
_MEANT: dict[str, tuple[str, str]] = {"UK": ("GB", _UK), "EN": ("GB", _UK), "EL": ("GR", Text("Greece"))}
"""Country codes in common use that ISO 3166 does not have."""


def _bare(text: str) -> str:
    """Letters and digits only, without accents: "N.-É." and "ne" are the same."""
    return "".join(each for each in unicodedata.normalize("NFKD", text).casefold() if each.isalnum())


def _codes(listed: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in listed.split("; "):
        code, names = entry.split(" ", 1)
        found[_bare(code)] = code
        found.update(dict.fromkeys(map(_bare, names.split("|")), code))
    return found


_CODES = {country: _codes(listed) for country, listed in _REGIONS.items()}


@lru_cache(maxsize=10_000)
def region_of(country: str, region: str) -> str:
    """The region of an address in the form that rules compare: "CA-ON" for ON, Ont. and Ontario; the folded text if the
    regions of the country are unknown or it is not one of them; "" for none."""
    folded = fold(region)
    codes = _CODES.get(country)
    if not folded or codes is None:
        return _elsewhere(folded)
    code = _code(codes, folded.removeprefix(f"{country.lower()}-"))
    if code is None:  # "Ontario (ON)", "Ontario, Canada": all parts must name the same region
        parts = {each for each in map(_bare, re.split(r"[(),;/]| - ", folded)) if each}
        named = {_code(codes, each) for each in parts - (_COUNTRY[country] - codes.keys())}
        code = named.pop() if len(named) == 1 else None
    return f"{country}-{code}" if code else _elsewhere(folded)


def _elsewhere(folded: str) -> str:
    """A region of another country than that of the address, such as US-WA."""
    codes = _CODES.get(folded[:2].upper()) if folded[2:3] == "-" else None
    return folded.replace("-", " ", 1) if codes and _code(codes, folded[3:]) else folded


def _code(codes: dict[str, str], text: str) -> str | None:
    """The region that a text names; None if it names none."""
    bare = _bare(text)
    found = codes.get(bare)
    for word in _BEFORE:
        found = found or codes.get(bare.removeprefix(word))
    for word in _AFTER:
        found = found or codes.get(bare.removesuffix(word))
    return found


def regions_meant(region: str, countries: frozenset[str]) -> frozenset[str]:
    """The results that `region_of` may give for a region in a rule. `countries` are those of the rule, empty for
    any."""
    found = {region_of(country, region) for country in countries or _CODES}
    if region_country(fold(region)):  # US-WA cannot be a region of another country
        return frozenset({each for each in found if region_country(fold(each))} or found)
    return frozenset(found if countries else found | {fold(region)})


def region_country(folded: str) -> str:
    """The country of a region in the form that rules compare: CA for "ca-on"; "" for an unknown region."""
    return folded[:2].upper() if _elsewhere(folded) != folded else ""


def known_region(country: str, region: str) -> bool | None:
    """Whether the country has such a region; None if its regions are unknown."""
    return region_of(country, region).startswith(f"{country}-") if country in _CODES else None


def short_form(country: str, region: str) -> str:
    """The code and name of a region that the text abbreviates differently, "QC (Quebec)" for PQ; "" for its code and
    for a name."""
    found = region_of(country, region).removeprefix(f"{country}-") if known_region(country, region) else ""
    name = next((name for name, code in region_names(country).items() if code == found), "")
    bare = _bare(fold(region).removeprefix(f"{country.lower()}-"))
    return f"{found} ({name})" if found and len(bare) <= _SHORT and bare not in (_bare(found), _bare(name)) else ""


def region_codes(country: str) -> list[str]:
    """The codes of the regions of a country, none if they are unknown."""
    return sorted(set(_CODES.get(country, {}).values()))


@lru_cache(maxsize=8)
def region_names(country: str) -> dict[str, str]:
    """The code of each name of the regions of a country; codes are among the names."""
    found: dict[str, str] = {}
    for entry in _REGIONS[country].split("; ") if country in _REGIONS else ():
        code, names = entry.split(" ", 1)
        found.update(dict.fromkeys((*names.split("|"), code), code))
    return found


KNOWN = tuple(sorted(_REGIONS))
"""The countries whose regions are known."""


def region_kind(country: str) -> str:
    """What a region of a country whose regions are known is: "province or territory of Canada"."""
    return _KINDS[country]


def country_meant(code: str) -> tuple[str, str] | None:
    """For a code that ISO 3166 does not have, the right code and the name of the country if the code is in common use
    ("", "" if not): UK is GB, the United Kingdom. None for a valid code, and for no code."""
    return None if not code or code in COUNTRIES else _MEANT.get(code, ("", ""))
