"""Names for what alerts and digests show: states with their flags, stages, significance."""

from types import MappingProxyType
from typing import Final

_STATES = """
AE United Arab Emirates|AF Afghanistan|AL Albania|AM Armenia|AO Angola|AR Argentina|AT Austria
AU Australia|AZ Azerbaijan|BA Bosnia and Herzegovina|BD Bangladesh|BE Belgium|BF Burkina Faso
BG Bulgaria|BH Bahrain|BI Burundi|BJ Benin|BN Brunei|BO Bolivia|BR Brazil|BT Bhutan|BW Botswana
BY Belarus|CA Canada|CD DR Congo|CF Central African Republic|CG Congo|CH Switzerland
CI Côte d'Ivoire|CL Chile|CM Cameroon|CN China|CO Colombia|CR Costa Rica|CU Cuba|CY Cyprus
CZ Czechia|DE Germany|DK Denmark|DO Dominican Republic|DZ Algeria|EC Ecuador|EE Estonia|EG Egypt
ER Eritrea|ES Spain|ET Ethiopia|EU European Union|FI Finland|FJ Fiji|FR France|GA Gabon
GB United Kingdom|GE Georgia|GH Ghana|GL Greenland|GM Gambia|GN Guinea|GQ Equatorial Guinea
GR Greece|GT Guatemala|GY Guyana|HK Hong Kong|HN Honduras|HR Croatia|HT Haiti|HU Hungary
ID Indonesia|IE Ireland|IL Israel|IN India|IQ Iraq|IR Iran|IS Iceland|IT Italy|JM Jamaica
JO Jordan|JP Japan|KE Kenya|KG Kyrgyzstan|KH Cambodia|KP North Korea|KR South Korea|KW Kuwait
KZ Kazakhstan|LA Laos|LB Lebanon|LI Liechtenstein|LK Sri Lanka|LR Liberia|LS Lesotho|LT Lithuania
LU Luxembourg|LV Latvia|LY Libya|MA Morocco|MD Moldova|ME Montenegro|MG Madagascar
MK North Macedonia|ML Mali|MM Myanmar|MN Mongolia|MR Mauritania|MT Malta|MU Mauritius|MW Malawi
MX Mexico|MY Malaysia|MZ Mozambique|NA Namibia|NC New Caledonia|NE Niger|NG Nigeria|NI Nicaragua
NL Netherlands|NO Norway|NP Nepal|NZ New Zealand|OM Oman|PA Panama|PE Peru|PG Papua New Guinea
PH Philippines|PK Pakistan|PL Poland|PT Portugal|PY Paraguay|QA Qatar|RO Romania|RS Serbia
RU Russia|RW Rwanda|SA Saudi Arabia|SB Solomon Islands|SD Sudan|SE Sweden|SG Singapore
SI Slovenia|SK Slovakia|SL Sierra Leone|SN Senegal|SO Somalia|SR Suriname|SS South Sudan
SV El Salvador|SY Syria|SZ Eswatini|TD Chad|TG Togo|TH Thailand|TJ Tajikistan|TL Timor-Leste
TM Turkmenistan|TN Tunisia|TR Türkiye|TT Trinidad and Tobago|TW Taiwan
TZ Tanzania|UA Ukraine|UG Uganda
US United States|UY Uruguay|UZ Uzbekistan|VA Holy See|VE Venezuela|VN Viet Nam|XK Kosovo|YE Yemen
ZA South Africa|ZM Zambia|ZW Zimbabwe
"""

STATES: Final = MappingProxyType(
    {part[:2]: part[3:] for line in _STATES.split("\n") for part in line.split("|") if part}
)
"""English short names by ISO 3166-1 code, and EU; a code that is not here is shown as it is."""

SIGNIFICANCE: Final = ("none", "routine", "notable", "major")
"""Words for the significance 0 to 3."""

_REGIONAL_A: Final = 0x1F1E6


def state_name(code: str) -> str:
    """Return the name of a state, or the code where it has none here."""
    return STATES.get(code, code)


def flag(code: str) -> str:
    """Return the flag of a two-letter code as an emoji, or nothing for another code."""
    if len(code) != 2 or not (code.isascii() and code.isalpha()):  # noqa: PLR2004 - ISO alpha-2
        return ""
    return "".join(chr(_REGIONAL_A + ord(char) - ord("A")) for char in code.upper())


def state_with_flag(code: str) -> str:
    """Return ``🇰🇿 Kazakhstan`` for ``KZ``."""
    return f"{flag(code)} {state_name(code)}".strip()


def significance_word(value: int) -> str:
    """Return the word for a significance of 0 to 3."""
    return SIGNIFICANCE[max(0, min(value, len(SIGNIFICANCE) - 1))]


def stage_word(stage: str) -> str:
    """Return a stage for people: nothing for ``none``."""
    return "" if stage in {"", "none"} else stage


def joined(words: tuple[str, ...]) -> str:
    """Return ``a``, ``a and b``, or ``a, b and c``."""
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Return ``1 story`` or ``1,912 stories``: the number with the word in agreement."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
