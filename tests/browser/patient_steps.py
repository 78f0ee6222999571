"""What a patient does with a phone, as a person does it: by the words on the page."""

from playwright.sync_api import Page, expect

from ketacare.consent.shapes import Text
from tests.rooms.public.test_selfcheck import ANSWERS, CHECK


def check_oneself(page: Page, step: int, **other: list[str]) -> None:
    """Fill one page of the self-check's questions."""
    for question in CHECK.steps[step].questions:
        given = other.get(question.id, ANSWERS[question.id])
        if question.kind == "number":
            page.locator(f"#{question.id}").fill(given[0])
        for one in given if question.options else []:
            page.locator(f"input[name='{question.id}'][value='{one}']").check()


def answer_all(page: Page, text: Text, *, wrong_first: bool = False) -> None:
    """Answer every question of a text on its page; the first one wrongly at first, if asked."""
    for number, question in enumerate(text.stated.teach_back):
        part = page.locator(f"#q-{question.id}")
        if wrong_first and number == 0:
            wrong = next(one for one in question.choices if one.id != question.right)
            part.get_by_role("button", name=wrong.text).click()
            expect(page.locator(f"#q-{question.id} .again")).to_contain_text(question.again)
        right = next(one for one in question.choices if one.id == question.right)
        part.get_by_role("button", name=right.text).click()
        expect(page.locator(f"#q-{question.id} .state")).to_contain_text(right.text)


def draw(page: Page) -> None:
    """A name, drawn with the pointer."""
    canvas = page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 40)
    page.mouse.down()
    for part in range(1, 9):
        page.mouse.move(box["x"] + 20 + part * 30, box["y"] + (30 if part % 2 else 70))
    page.mouse.up()
