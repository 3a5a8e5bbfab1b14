"""Numbers of papers: identity cards, bank cards, the clinic's own charts (S12, T5)."""

import re
from collections.abc import Iterator

from privacy.minimisation.labels import RECORD_WORDS, named_card, named_identity, named_order
from privacy.minimisation.numbers import (
    ID_LENGTH,
    passes_luhn,
    plain_digits,
    plausible_id,
    spoken_digits,
    valid_id,
)
from privacy.minimisation.spans import Kind, Span

_GAPS = re.compile(r"[ \-._/]")
# First the whole run of digits, then each place in it where a number can begin: so a long run
# costs one pass and not one for every digit.
_RUN = re.compile(r"(?=\d)(?<![0-9A-Za-z])\d(?:[ \-._/]?\d)++(?:[ \-._/]?[Xx])?(?![A-Za-z])")
_BEGINNING = re.compile(r"(?<!\d)\d")
_ID = re.compile(r"\d(?:[ \-._/]?\d){16}[ \-._/]?[\dXx](?![0-9A-Za-z])")
_LEGACY_ID = re.compile(r"(?<![0-9A-Za-z])\d{15}(?![0-9A-Za-z])")
_PASSPORT = re.compile(
    r"(?:护照|通行证|回乡证|台胞证)(?:号码?)?[是为:\s]{0,3}(?P<n>[A-Za-z]{1,2}\d{7,8})(?![0-9A-Za-z])"
)
_CARD = re.compile(
    r"(?=[3-6])(?<![0-9A-Za-z])(?=(?P<n>(?:62|60|4\d|5[1-5]|35)\d{1,17}"
    r"(?:(?P<g>[ \-._])\d{3,13}(?:(?P=g)\d{3,13}){0,4})?)(?![0-9A-Za-z]))"
)
_CARD_LENGTHS = range(15, 20)
_LONG_CARD = {16, 19}
_RECORD = re.compile(
    rf"(?:{RECORD_WORDS})(?:本|册|系统)?(?:编?号码?|编码|卡号?|ID|码|本)?(?:上[写印]?的)?(?:[是为:#(\s]|号[码]?){{0,4}}"
    r"(?P<n>(?:[A-Za-z]{1,6}-?)?\d{2,16}(?:-\d{2,8}){0,2})(?![0-9A-Za-z])"
)
_RECORD_LABELLED = re.compile(r"(?:号码?|编码|卡号?|ID|码)[是为:#\s]{0,4}$")
_DATED_RECORD = re.compile(
    r"(?<![0-9A-Za-z])(?:BL|BA|ZY|MZ|FK|CK|NK|SZ|IVF|ICSI|IUI|PGT|FET|ART|AID|AIH)-?"
    r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3,6}(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_SERIAL = r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{4}(?!\d)"
# 病历号忘了，好像是202202158194 · 202202158194这个病历号
_TALKED_RECORD = re.compile(
    rf"(?:病历|病案|病例|档案号)[^\d。；;\n时日期]{{1,12}}?(?P<n>(?:[A-Z]{{2,4}})?{_SERIAL})"
)
_RECORD_AFTER = re.compile(rf"(?<![0-9A-Za-z])(?P<n>{_SERIAL})(?:这个|是我?的?)?(?:病历|病案)号")
_DATED = 10  # 病历202506061068: with a date in it the word alone is label enough
_LEAST_RECORD = 5  # digits; shorter ones are a place in a queue or a count


def identities(text: str) -> Iterator[Span]:
    """18 digits that check, or that a label calls an identity number in spite of a slip."""
    plain, spoken = plain_digits(text), spoken_digits(text)
    yield from _eighteen(plain)
    if spoken != plain:
        yield from _eighteen(spoken)
    for found in _LEGACY_ID.finditer(plain):
        if named_identity(plain, found.start()) and plausible_id(found[0]):
            yield Span(*found.span(), Kind.ID_CARD)
    yield from (Span(*found.span("n"), Kind.ID_CARD) for found in _PASSPORT.finditer(plain))


def _eighteen(plain: str) -> Iterator[Span]:
    for run in _RUN.finditer(plain):
        if len(run[0]) < ID_LENGTH:
            continue
        for start in _BEGINNING.finditer(plain, *run.span()):
            found = _ID.match(plain, start.start())
            number = _GAPS.sub("", found[0]).upper() if found else ""
            if found and _is_identity(plain, found.start(), number):
                yield Span(*found.span(), Kind.ID_CARD)


def _is_identity(plain: str, start: int, number: str) -> bool:
    return valid_id(number) or (named_identity(plain, start) and plausible_id(number))


def cards(text: str) -> Iterator[Span]:
    """Bank cards by their check digit, or called so by a label in spite of a slip."""
    plain = plain_digits(text)
    for found in _CARD.finditer(plain):
        digits = _GAPS.sub("", found["n"])
        start, end = found.span("n")
        if len(digits) not in _CARD_LENGTHS or named_order(plain, start):
            continue
        slipped = named_card(plain, start) and digits.startswith("62") and len(digits) in _LONG_CARD
        if passes_luhn(digits) or slipped:
            yield Span(start, end, Kind.BANK_CARD)


def records(text: str) -> Iterator[Span]:
    """The clinic's own numbers for a person: charts, admissions, cycles; by label or build."""
    plain = plain_digits(text)
    for found in _RECORD.finditer(plain):
        label = plain[found.start() : found.start("n")]
        letters = found["n"][0].isalpha()
        digits = sum(sign.isdigit() for sign in found["n"])
        if digits >= _LEAST_RECORD and (
            letters or _RECORD_LABELLED.search(label) or digits >= _DATED
        ):
            yield Span(*found.span("n"), Kind.RECORD_NO)
    for pattern in (_TALKED_RECORD, _RECORD_AFTER):
        for found in pattern.finditer(plain):
            if not named_order(plain, found.start("n")):
                yield Span(*found.span("n"), Kind.RECORD_NO)
    for found in _DATED_RECORD.finditer(plain):
        if not named_order(plain, found.start()) or _RECORD.search(plain[: found.end()][-40:]):
            yield Span(*found.span(), Kind.RECORD_NO)
