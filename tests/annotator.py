"""An annotator at work: Chromium on Label Studio, with mouse and keyboard, every action counted.

An action is one key, one click, one drag, or one word typed. Screenshots go to build/screenshots.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Locator, Page, Response, TimeoutError, sync_playwright

from stancebank.annotate.local.accounts import Login
from tests.conftest import REPO
from tests.studio import Studio

SHOTS = REPO / "build" / "screenshots"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
LONGEST = 30_000.0  # milliseconds that something on a page may take
TRIES = 4  # to find an entry by what is typed
OPEN_LIST = ".ant-select-dropdown:not(.ant-select-dropdown-hidden)"

# where the characters at two offsets (UTF-16 units, a line end counting one) stand on the screen
_PLACES = """([first, last]) => {
  const root = [...document.querySelectorAll('.lsf-htx-richtext')].find(each => each.offsetParent !== null);
  const rect = offset => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    let place = 0, node;
    while ((node = walker.nextNode())) {
      if (node.nodeType === Node.ELEMENT_NODE) { place += node.tagName === 'BR' ? 1 : 0; continue; }
      if (offset < place + node.nodeValue.length) {
        const range = document.createRange();
        range.setStart(node, offset - place);
        range.setEnd(node, offset - place + 1);
        const found = range.getClientRects()[0];
        return [found.left, found.top, found.right, found.bottom];
      }
      place += node.nodeValue.length;
    }
  };
  const seen = rect(first);
  if (seen[1] < 180 || rect(last)[3] > innerHeight - 80) {
    root.querySelectorAll('.lsf-richtext__line').forEach(line => {
      const box = line.getBoundingClientRect();
      if (box.top <= seen[1] + 1 && seen[3] - 1 <= box.bottom) line.scrollIntoView({block: 'center'});
    });
  }
  return [rect(first), rect(last)];
}"""


def find_chromium() -> str:
    """The system's Chromium. Fails, and never skips."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        raise RuntimeError("There is no Chromium: apt-get install chromium, or run scripts/test with --no-browser.")
    return found


@contextmanager
def browsing(studio: Studio, folder: Path, *logins: Login) -> Iterator[list[Page]]:
    """A page for each login, signed in, each of a browser of its own with an empty profile below a folder."""
    with ExitStack() as open_browsers:
        driver = open_browsers.enter_context(sync_playwright())
        pages = []
        for number, login in enumerate(logins):
            context = driver.chromium.launch_persistent_context(
                folder / str(number),
                executable_path=find_chromium(),
                headless=True,
                args=FLAGS,
                viewport={"width": 1400, "height": 900},
            )
            open_browsers.callback(context.close)
            pages.append(_sign_in(context, studio, login))
        yield pages


def _sign_in(context: BrowserContext, studio: Studio, login: Login) -> Page:
    host = urlsplit(studio.url).hostname
    context.route("**/*", lambda route: route.continue_() if _is_local(route.request.url, host) else route.abort())
    page = context.new_page()
    page.set_default_timeout(LONGEST)
    page.goto(f"{studio.url}/user/login/")
    page.fill("input[name=email]", login.email)
    page.fill("input[name=password]", login.password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    return page


def _is_local(url: str, host: str | None) -> bool:
    return urlsplit(url).scheme in ("data", "blob") or urlsplit(url).hostname == host


class Annotator:
    """Somebody who labels one task. text: of the task; actions: how many there were."""

    def __init__(self, page: Page, studio: Studio, project: int, text: str) -> None:
        self.page = page
        self.text = text
        self.actions = 0
        page.goto(f"{studio.url}/projects/{project}/data?labeling=1")
        page.wait_for_selector(".lsf-richtext__line")
        page.wait_for_selector(".lsf-labels")
        page.wait_for_timeout(1500)  # Label Studio lays out once more after the first paint

    def key(self, key: str) -> None:
        """Press a key."""
        self.actions += 1
        self.page.keyboard.press(key)
        self.page.wait_for_timeout(250)

    def type(self, words: str) -> None:
        """Type words where the cursor is."""
        self.actions += 1
        self.page.keyboard.type(words, delay=15)
        self.page.wait_for_timeout(600)  # a list searches with a delay

    def mark(self, key: str, words: str) -> None:
        """Mark words: the key of a label, and a drag over them."""
        self.key(key)
        self.drag(words)

    def mark_as(self, name: str, words: str) -> None:
        """Mark the words of a speaker whom the labels name: a click on the name, and a drag over the words."""
        self.actions += 1
        self.page.locator(".labels .lsf-label").filter(has_text=name).first.click()
        self.page.wait_for_timeout(250)
        self.drag(words)

    def drag(self, words: str) -> None:
        """Drag the mouse over words."""
        self.actions += 1
        first, last = self.places(words)
        mouse = self.page.mouse
        mouse.move(first[0] + 1, (first[1] + first[3]) / 2)
        mouse.down()
        mouse.move((first[0] + last[2]) / 2, (last[1] + last[3]) / 2, steps=4)
        mouse.move(last[2] - 1, (last[1] + last[3]) / 2, steps=4)
        mouse.up()
        self.page.wait_for_timeout(400)

    def select(self, words: str) -> None:
        """Click on words; where regions lie in one another, Label Studio takes the innermost."""
        self.actions += 1
        first, _ = self.places(words)
        self.page.mouse.click((first[0] + first[2]) / 2, (first[1] + first[3]) / 2)
        self.page.wait_for_timeout(400)

    def choose(self, question: str, entry: str, *, typed: str = "") -> None:
        """Choose an entry of a list, typing a part of its name if it does not stand among the first.

        The list stays open, so that another entry takes no further click, and hides what stands below it.
        """
        begins = re.compile(rf"^\s*{re.escape(entry)}")
        found = self.page.locator(f"{OPEN_LIST} .ant-select-tree-title").filter(has_text=begins).first
        self.actions += self._open(question) + bool(typed) + 1
        for left in reversed(range(TRIES)):
            if typed:
                self._search(typed)
            try:
                found.click(timeout=LONGEST if left == 0 else LONGEST / TRIES)
                break
            except TimeoutError:  # where the machine is busy, a list may close, or draw itself anew without its search
                if left == 0:
                    raise
                self._open(question)
        self.page.wait_for_timeout(300)

    def _open(self, question: str) -> bool:
        """Open a list, where it is not open yet, and wait until its search has the cursor; whether it took a click."""
        field = self.question(question).locator(".ant-select")
        inside = self.page.locator(f"{OPEN_LIST} input").filter(visible=True)
        is_closed = "ant-select-open" not in str(field.get_attribute("class"))
        if is_closed:
            field.click()
        for left in reversed(range(TRIES)):
            try:
                self.page.locator(f"{OPEN_LIST} input:focus").wait_for(timeout=LONGEST / TRIES)
                break
            except TimeoutError:
                if left == 0:
                    raise
                (inside.first if inside.count() else field).click()
        if is_closed:
            self.page.wait_for_timeout(500)
        return is_closed

    def _search(self, words: str) -> None:
        """Type words into the search of the open list, until it has them."""
        search = self.page.locator(f"{OPEN_LIST} input:focus")
        for _ in range(TRIES):
            search.fill("")
            self.page.keyboard.type(words, delay=15)
            self.page.wait_for_timeout(600)  # it searches with a delay
            if search.input_value() == words:
                return

    def write(self, question: str, words: str) -> None:
        """Write words into a field, without sending them off."""
        self.actions += 1
        self.question(question).locator("input, textarea").first.click()
        self.type(words)

    def release(self) -> None:
        """Press Esc until no region is selected: the first one may only close a list."""
        while self.page.locator(".question.stance, .question.role, .question.entity").filter(visible=True).count():
            self.key("Escape")
            self.page.wait_for_timeout(350)

    def stretch(self, words: str, wanted: str) -> None:
        """Drag the right edge of the selected region, which ends as some words do, to the end of others."""
        self.actions += 1
        (_, edge), (_, last) = self.places(words), self.places(wanted)
        mouse = self.page.mouse
        mouse.move(edge[2], (edge[1] + edge[3]) / 2)
        mouse.down()
        mouse.move((edge[2] + last[2]) / 2, (last[1] + last[3]) / 2, steps=4)
        mouse.move(last[2] - 1, (last[1] + last[3]) / 2, steps=4)
        mouse.up()
        self.page.wait_for_timeout(400)

    @contextmanager
    def selecting_what_is_marked(self) -> Iterator[None]:
        """Let Label Studio select what is marked, by its own setting, which a browser keeps: no action of labelling."""
        self._switch("Select region after creating it")
        try:
            yield
        finally:
            self._switch("Select region after creating it")

    def _switch(self, setting: str) -> None:
        self.page.locator('button[aria-label="Settings"]').first.click()
        self.page.get_by_text(setting).first.click()
        self.page.wait_for_timeout(200)
        self.page.keyboard.press("Escape")
        self.page.locator(".ant-modal-wrap").filter(visible=True).wait_for(state="hidden")

    def tie(self, low: str, high: str) -> None:
        """Draw an arrow by keyboard: select one region, Alt+R, click the other."""
        self.select(low)
        self.key("Alt+r")
        self.select(high)

    def reopen(self, studio: Studio, project: int, task: int) -> None:
        """Go back to a task that was submitted, by its row in the list of tasks."""
        self.page.goto(f"{studio.url}/projects/{project}/data?task={task}")
        self.page.wait_for_selector(".lsf-richtext__line")
        self.page.wait_for_timeout(1500)

    def update(self) -> None:
        """Press the button that saves a submitted annotation anew, and wait until the server has it."""
        self._press("Update")

    def submit(self) -> None:
        """Press the button, and wait until the server has it or Label Studio objects."""
        self._press("Submit")

    def _press(self, button: str) -> None:
        self.actions += 1
        saves: list[Response] = []

        def note(response: Response) -> None:
            if response.request.method in ("POST", "PATCH") and "/annotations/" in urlsplit(response.url).path + "/":
                saves.append(response)

        objection = self.page.locator(".ant-modal-confirm").filter(visible=True)
        self.page.on("response", note)
        try:
            self.page.locator(f"button:has-text('{button}'):visible").first.click()
            end = monotonic() + LONGEST / 1000
            while not (objection.count() or saves or monotonic() > end):
                self.page.wait_for_timeout(100)
        finally:
            self.page.remove_listener("response", note)
        self.page.wait_for_timeout(500)  # for what Label Studio does with the answer

    def question(self, name: str) -> Locator:
        """Return the part of the panel that a question takes."""
        return self.page.locator(f".question.{name}")

    def chosen(self, question: str) -> list[str]:
        """Return what is chosen for a question about the selected region."""
        found = self.question(question)
        ticked = found.locator("label:has(input:checked)").all_inner_texts()
        picked = found.locator(".ant-select-selection-item").all_inner_texts()
        return [each.partition("[")[0].strip() for each in (*ticked, *picked)]

    def shot(self, name: str) -> None:
        """Keep a screenshot."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")

    def places(self, words: str) -> Any:
        """Return where the first and the last character of words stand: left, top, right, bottom, in pixels."""
        begin = self.text.index(words)
        first = len(self.text[:begin].encode("utf-16-le")) // 2
        last = first + len(words.encode("utf-16-le")) // 2 - 1
        return self.page.evaluate(_PLACES, [first, last])
