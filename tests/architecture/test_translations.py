"""The Chinese catalogue is complete, and says nothing the sources do not ask for."""

import re
from pathlib import Path

from django.conf import settings

from crm.web import catalogue

BASE = Path(settings.BASE_DIR)


def keys(messages: catalogue.Catalog) -> set[tuple[object, str | None]]:
    return {(message.id, message.context) for message in messages if message.id}


def test_every_message_is_translated_and_none_is_guessed() -> None:
    assert catalogue.gaps(catalogue.read(BASE)) == []


def test_the_catalogue_has_exactly_the_messages_of_the_sources() -> None:
    found, kept = keys(catalogue.collect(BASE)), keys(catalogue.read(BASE))

    assert found - kept == set(), "run manage.py extract_messages and translate"
    assert kept - found == set(), "run manage.py extract_messages"


def test_placeholders_survive_the_translation() -> None:
    broken = [
        (message.id, str(error)) for message in catalogue.read(BASE) for error in message.check()
    ]

    assert broken == []


def test_translations_keep_the_house_style() -> None:
    for message in catalogue.read(BASE):
        texts = [message.string] if isinstance(message.string, str) else message.string or ()
        for text in texts if message.id else ():
            assert "！" not in text
            assert not re.search("亲[，,们]", text)
            assert not any(mark in text for mark in ("...", "。。"))
