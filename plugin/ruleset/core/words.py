"""Comparison of texts, and the codes of countries, currencies and tax categories. Regions are in `places`."""

from __future__ import annotations

from onedesk_quickbooks.plugin.model.name_keys import name_key

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

TAX_CATEGORIES = {
    "S": "standard rate",
    "Z": "zero-rated",
    "E": "exempt",
    "AE": "reverse charge",
    "K": "intra-community supply",
    "G": "export",
    "O": "outside the scope of tax",
    "L": "IGIC, Canary Islands",
    "M": "IPSI, Ceuta and Melilla",
    "B": "transferred VAT",
    "A": "mixed rates",
    "AA": "lower rate",
    "AB": "exempt for resale",
    "AC": "not due yet",
    "AD": "due from an earlier invoice",
    "C": "duty paid by the supplier",
    "D": "margin scheme, travel agents",
    "F": "margin scheme, second-hand goods",
    "H": "higher rate",
    "I": "margin scheme, works of art",
    "J": "margin scheme, collector's items and antiques",
}
"""UNCL5305 with the meaning of each; those of e-invoices (EN 16931) come first."""

UNKNOWN_CATEGORY = "~ another one"
"""Represents every category that UNCL5305 does not have; no rule can name it."""


fold = name_key
"""A name in the form for comparison: by the key that also identifies customers and items of QuickBooks."""
