"""Every page in every state, through a parser: structure, forms, labels, links between errors and fields."""

import pytest
from bs4 import BeautifulSoup, Tag

from api.pages.i18n import Language, using_language
from api.pages.render import environment
from tests.pages.desk_samples import every_page

NAMES = sorted(every_page())
LAYOUTS = ("base.html", "fragment.html")


def page(name: str, language: Language = "zh", layout: str = "base.html", theme: str = "light") -> BeautifulSoup:
    """A sample page, parsed."""
    with using_language(language):
        template, model = every_page(theme)[name]
        text = environment().get_template(template).render(page=model, shell=model.shell, layout=layout)
    return BeautifulSoup(text, "html.parser")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_structure(name: str, language: Language) -> None:
    soup = page(name, language)
    assert len(soup.select("h1")) == 1
    assert soup.html is not None
    assert soup.html["lang"] == ("zh-CN" if language == "zh" else "en")
    assert soup.title is not None
    assert soup.title.text.endswith(" - 绿道" if language == "zh" else " - Greenlane")
    ids = [str(node["id"]) for node in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    assert soup.select_one("a.gl-skip[href='#main']")
    assert len(soup.select("main#main")) == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_control_has_a_label_and_every_reference_a_target(name: str) -> None:
    soup = page(name)
    labelled = {str(label["for"]) for label in soup.select("label[for]")}
    for control in soup.select("input:not([type=hidden]), select, textarea"):
        assert control.get("id") in labelled, control
    for node in soup.select("[aria-describedby], [aria-labelledby]"):
        for target in str(node.get("aria-describedby") or node.get("aria-labelledby")).split():
            assert soup.find(id=target), target
    for link in soup.select("a[href^='#']"):
        assert soup.find(id=str(link["href"])[1:]), link


@pytest.mark.parametrize("name", NAMES)
def test_works_without_scripts(name: str) -> None:
    """What htmx asks for is what the plain link or form asks for; posts carry the token."""
    soup = page(name)
    for node in soup.select("a[hx-get]"):
        assert node["hx-get"] == node["href"]
    for form in soup.select("form"):
        for method in ("get", "post"):
            if form.get(f"hx-{method}"):
                assert (form["method"], form["action"]) == (method, form[f"hx-{method}"])
        if form.get("method") == "post":
            token = form.select_one("input[name=csrf_token]")
            assert token is not None
            assert token["value"] == "sample-token" or name == "pending"
            assert form.select("button")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_english_pages_have_no_untranslated_words_of_ours(name: str, layout: str) -> None:
    """Sample facts are Chinese; what stays Chinese in English must be one of them."""
    zh, en = page(name, "zh", layout), page(name, "en", layout)
    assert _fixed_texts(en).isdisjoint({"待办", "同意", "退回", "驳回", "更多", "时限", "审批路径", "客户价值", "经过"})
    assert len(zh.select("h2")) == len(en.select("h2"))


def _fixed_texts(soup: BeautifulSoup) -> set[str]:
    return {node.get_text(strip=True) for node in soup.select("h1, h2, th, button, summary, label, dt")}


def test_the_decide_bar() -> None:
    form = page("task").select_one("form#decide")
    assert form is not None
    assert form["action"] == "/tasks/t2/decide"
    values = {str(node["name"]): node.get("value") for node in form.select("input[type=hidden]")}
    assert values == {"csrf_token": "sample-token", "idempotency_key": "key-1", "version": "3"}
    verbs = [str(button["value"]) for button in form.select("button[name=verdict]")]
    assert verbs == ["approve_as_silver", "reject", "return", "approve"]
    assert [str(option["value"]) for option in form.select("#return_to option")] == ["declared", "branch_review"]
    first = form.select_one("button")
    assert first is not None
    assert first["formaction"] == "/tasks/t2/preview", "Enter in a correction field must not decide"
    assert "同意即报总公司复核。" in form.get_text()


def test_a_refused_decision_keeps_the_text_and_points_at_the_field() -> None:
    soup = page("task-422")
    assert soup.title is not None
    assert soup.title.text.startswith("错误：")
    summary = soup.select_one(".gl-errors[autofocus]")
    assert summary is not None
    link = summary.select_one("a")
    assert link is not None
    field = soup.find(id=str(link["href"])[1:])
    assert isinstance(field, Tag)
    assert field["aria-invalid"] == "true"
    assert field.text == "保费已核。"
    message = soup.find(id="comment-error")
    assert message is not None
    assert message.get_text(strip=True) == link.get_text(strip=True)


def test_a_stale_page_shows_who_was_first_instead_of_the_bar() -> None:
    soup = page("task-409")
    assert not soup.select("#decide")
    strip = soup.select_one(".gl-strip-warn[autofocus]")
    assert strip is not None
    assert "赵敏 已于 10:21 同意本件" in strip.get_text()
    assert strip.blockquote is not None
    assert strip.blockquote.text == "保费已核。"


def test_waiting_polls_and_cannot_be_sent_again() -> None:
    soup = page("pending")
    strip = soup.select_one("[hx-get='/updates/key-1'][hx-trigger='every 2s']")
    assert strip is not None
    refresh = soup.select_one("noscript meta[http-equiv=refresh]")
    assert refresh is not None
    assert refresh["content"] == "2;url=/updates/key-1"
    main = soup.select_one("#gl-content")
    assert main is not None
    assert not main.select("form")


def test_the_inbox_groups_by_urgency_and_links_each_row() -> None:
    soup = page("inbox")
    titles = [node.get_text(strip=True) for node in soup.select(".gl-group h2")]
    assert titles == ["已逾期", "今日到期", "3 个工作日内", "以后"]
    assert len(soup.select("li.gl-task")) == len(soup.select("li.gl-task a[data-gl-row]")) == 7
    pills = [node.get_text(strip=True) for node in soup.select(".gl-pill")]
    assert pills[:2] == ["逾期 1 个工作日 1 小时", "还剩 5 小时 40 分"]
    assert "暂定 2027年1月8日" in pills
    assert "已暂停 · 等客户补资料" in pills


def test_contacts_are_masked_and_an_empty_inbox_says_what_next() -> None:
    assert "138****2071" in page("task").get_text()
    empty = page("inbox-empty").select_one(".gl-empty")
    assert empty is not None
    assert empty.a is not None


def test_theme_is_written_by_the_server() -> None:
    html = page("inbox", theme="dark").html
    assert html is not None
    assert html["data-bs-theme"] == "dark"
