"""Every question has words in both languages, laid down once."""

from hashlib import sha256

import pytest
from django.db import ProgrammingError, transaction

from privacy.consent import services
from privacy.consent.models import CELLS, ConsentText
from privacy.consent.services import ensure_consent_texts
from privacy.consent.texts import TEXTS

pytestmark = pytest.mark.django_db


def test_migrations_laid_down_every_text_and_a_second_run_adds_none():
    assert ConsentText.objects.filter(version=1).count() == len(TEXTS)
    assert ensure_consent_texts() == 0


def test_every_question_has_words_in_both_languages():
    for purpose, _channel in CELLS:
        assert {row[1] for row in TEXTS if row[0] == purpose} == {"zh-hans", "en"}


@pytest.mark.parametrize("row", TEXTS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_a_text_says_how_to_stop_and_that_care_goes_on(row):
    _purpose, language, version, body = row
    stop, care = ("随时", "不影响") if language == "zh-hans" else ("at any time", "does not affect")
    assert version == 1
    assert stop in body
    assert care in body


def test_a_text_once_laid_down_is_not_changed():
    """The app's role may add texts and nothing else: what patients agreed to stays as it was."""
    with pytest.raises(ProgrammingError), transaction.atomic():
        ConsentText.objects.filter(purpose="follow_up", language="en").update(body="other")


def test_a_new_version_is_laid_down_beside_the_old_word_for_word(monkeypatch):
    new = ("follow_up", "en", 2, "Other words, for another meaning.")
    monkeypatch.setattr(services, "TEXTS", (*TEXTS, new))
    assert ensure_consent_texts() == 1
    laid = ConsentText.objects.get(purpose="follow_up", language="en", version=2)
    assert laid.body == new[-1]
    assert laid.sha256 == sha256(new[-1].encode()).hexdigest()
