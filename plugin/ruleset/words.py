"""How texts are compared: names fold, countries and regions have codes. Pure data, nothing looked up elsewhere."""

from __future__ import annotations

from onedesk_quickbooks.plugin.model.names import name_key

COUNTRIES = frozenset(
    """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO
    JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR
    MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO
    RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV
    TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW""".split()
)
"""ISO 3166-1 alpha-2; a test compares them with pycountry."""

CURRENCIES = frozenset(
    """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF
    CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD
    HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD
    MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN
    PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD
    TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD
    XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG""".split()
)
"""ISO 4217; a test compares them with pycountry."""

_REGIONS = {
    "CA": "AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NS Nova Scotia|"
    "NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|SK Saskatchewan|YT Yukon|"
    "BC Colombie-Britannique|NB Nouveau-Brunswick|NL Terre-Neuve-et-Labrador|NS Nouvelle-Écosse|QC Québec|"
    "NT Territoires du Nord-Ouest|PE Île-du-Prince-Édouard",
    "US": "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|"
    "DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|"
    "KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|"
    "MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|"
    "NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|"
    "SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|"
    "WV West Virginia|WI Wisconsin|WY Wyoming|AS American Samoa|GU Guam|MP Northern Mariana Islands|PR Puerto Rico|"
    "VI U.S. Virgin Islands",
    "AU": "ACT Australian Capital Territory|NSW New South Wales|NT Northern Territory|QLD Queensland|"
    "SA South Australia|TAS Tasmania|VIC Victoria|WA Western Australia",
}


def fold(text: str) -> str:
    """A name as it is compared: by the key that also tells customers and items of QuickBooks apart."""
    return name_key(text)


_CODES = {
    country: {fold(name): code for code, name in (entry.split(" ", 1) for entry in listed.split("|"))}
    for country, listed in _REGIONS.items()
}
_BY_CODE = {country: frozenset(names.values()) for country, names in _CODES.items()}


def region_of(country: str, region: str) -> str:
    """The region of an address as rules compare it: "CA-ON" for ON and Ontario, the folded text where the country's
    regions are not known, "" for none."""
    folded = fold(region)
    codes = _CODES.get(country)
    if not folded or codes is None:
        return folded
    bare = folded.removeprefix(f"{country.lower()}-").upper()
    code = bare if bare in _BY_CODE[country] else codes.get(folded)
    return f"{country}-{code}" if code else folded


def regions_meant(region: str, countries: frozenset[str]) -> frozenset[str]:
    """What `region_of` may give for a region that a rule names. `countries` are those the rule asks for, none for
    any."""
    asked = countries or frozenset(_CODES)
    found = {region_of(country, region) for country in asked}
    return frozenset(found if countries else found | {fold(region)})


def known_region(country: str, region: str) -> bool | None:
    """Whether the country has such a region; None where its regions are not known here."""
    return region_of(country, region).startswith(f"{country}-") if country in _CODES else None


def region_codes(country: str) -> list[str]:
    """The codes of a country's regions, none where they are not known here."""
    return sorted(_BY_CODE.get(country, ()))
