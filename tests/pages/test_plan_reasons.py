"""Reasons of plans in words: every code in both languages, and what people typed as it is."""

import pytest

from api.pages.i18n import Language, using_language
from api.pages.plan_reasons import end_text, reason_text
from models.rules.care.reasons import PREFIX, PlanReason, because, parsed
from models.rules.touchpoint_day import Why
from models.services.qualification import member_stages

ABOUT: dict[PlanReason, tuple[str, ...]] = {
    PlanReason.NOT_IN_TIER: ("silver",),
    PlanReason.TIER_ADDED: ("gold",),
    PlanReason.TIER_DROPPED: ("silver",),
    PlanReason.ENDED: ("客户来函|当面",),
    PlanReason.MOVED: ("2026-05-01", "2026-05-06"),
    PlanReason.SWEPT: (Why.CONTACT_LEFT.value,),
}


@pytest.mark.parametrize("reason", PlanReason)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_reason_has_words_in_both_languages(reason: PlanReason, language: Language) -> None:
    text = because(reason, *ABOUT.get(reason, ()))
    with using_language(language):
        words = reason_text(text)
    assert PREFIX not in words
    assert words.isascii() is (language == "en") or reason is PlanReason.ENDED


@pytest.mark.parametrize("why", Why)
def test_every_finding_of_the_sweep_has_words(why: Why) -> None:
    assert reason_text(because(PlanReason.SWEPT, why.value)).startswith("系统巡检：")


def test_what_it_is_about_stands_in_the_words() -> None:
    assert reason_text(because(PlanReason.TIER_DROPPED, "silver")) == "层级调整为银牌，不再适用此项或频次不同"
    assert reason_text(because(PlanReason.ENDED, "客户来函|当面")) == "会员资格已终止：客户来函|当面"
    assert reason_text(because(PlanReason.ENDED, member_stages.EXPIRED)) == "会员资格已终止：会员期届满"
    assert reason_text(because(PlanReason.MOVED, "2026-05-01", "2026-05-06")) == "由 2026-05-01 移至 2026-05-06"


@pytest.mark.parametrize(
    "typed", ["", "客户出差", "plan:nothing", "plan:", "plan:tier_added", "plan:swept|?", "联系人已离任"]
)
def test_what_people_typed_and_older_reasons_stay_as_they_are(typed: str) -> None:
    assert reason_text(typed) == typed


@pytest.mark.parametrize(
    "why", [member_stages.EXPIRED, member_stages.UPGRADED, member_stages.LOWER, member_stages.ALL_ENDED]
)
def test_why_a_membership_ended_has_english_words(why: str) -> None:
    with using_language("en"):
        assert reason_text(because(PlanReason.ENDED, why)).isascii()
    assert end_text("客户来函") == "客户来函"


def test_a_reason_comes_apart_as_it_was_put_together() -> None:
    assert parsed(because(PlanReason.MOVED, "a", "b")) == (PlanReason.MOVED, ("a", "b"))
