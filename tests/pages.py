"""Pages, opened as their readers open them: as a file in Chromium, watched for what must not happen."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, sync_playwright

from tests.annotator import FLAGS, find_chromium
from tests.conftest import REPO

SHOTS = REPO / "build" / "screenshots"
WIDTHS = {1366: 768, 768: 1024, 375: 812}
"""Widths that every page is looked at, with their heights: a small laptop, a tablet, a phone."""


@dataclass
class Look:
    """A page that is open. faults: what the console and the page itself complained of. requests: what it asked for."""

    page: Page
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def shoot(self, name: str, *, whole: bool = True) -> Path:
        """Take a picture of it, into build/screenshots."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        path = SHOTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=whole)
        return path

    def overflow(self) -> int:
        """By how many px the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))

    def require_quiet(self, *loaded: Path) -> None:
        """Nothing was complained of, and nothing was asked for but the page and the files named."""
        assert self.faults == []
        allowed = {each.resolve().as_uri() for each in loaded}
        assert [each for each in self.requests if each.split("#")[0] not in allowed] == []


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Fails, and never skips."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), headless=True, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def looking(browser: Browser, path: Path, width: int = 1366, *, dark: bool = False) -> Iterator[Look]:
    """Open a page from its file at a width, and require at the end that it kept quiet and did not overflow."""
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS.get(width, 900)}, color_scheme="dark" if dark else "light"
    )
    look = Look(context.new_page())

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            look.faults.append(f"{message.type}: {message.text}")

    def asked(request: Request) -> None:
        look.requests.append(request.url)

    def refuse(dialog: Dialog) -> None:
        look.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    look.page.on("console", note)
    look.page.on("pageerror", lambda error: look.faults.append(str(error)))
    look.page.on("dialog", refuse)
    context.on("request", asked)
    look.page.goto(path.resolve().as_uri())
    yield look
    assert look.overflow() <= 0, f"{path.name} is {look.overflow()} px wider than {width}"
    context.close()


def require_all_widths(browser: Browser, path: Path, shot: str, *loaded: Path) -> None:
    """Open a page at three widths and in the dark: quiet, without overflow; screenshots go to build/screenshots."""
    for width in WIDTHS:
        with looking(browser, path, width) as look:
            look.shoot(f"{shot}-{width}")
            look.require_quiet(path, *loaded)
    with looking(browser, path, dark=True) as look:
        look.shoot(f"{shot}-dark")
        look.require_quiet(path, *loaded)


def require_accessible(look: Look) -> None:
    """The page says what it is to somebody who does not see it: language, title, headings, names, tables."""
    faults = look.page.evaluate(_AUDIT)
    assert faults == [], faults


# a few of the checks of axe, on what is shown
_AUDIT = """() => {
  const faults = [];
  const told = (each) => each.outerHTML.slice(0, 120);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (each) => each.checkVisibility();
  if (!document.documentElement.lang) { faults.push("no language"); }
  if (!document.title.trim()) { faults.push("no title"); }
  if (all("main").length !== 1) { faults.push("no main, or several"); }
  const levels = all("h1, h2, h3, h4, h5, h6").filter(shown).map((each) => Number(each.tagName[1]));
  if (levels.filter((each) => each === 1).length !== 1) { faults.push("no h1, or several"); }
  levels.forEach((each, place) => {
    if (each > (levels[place - 1] ?? 0) + 1) { faults.push(`a heading of level ${each} after ${levels[place - 1]}`); }
  });
  const name = (each) => {
    const by = (each.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id));
    const labels = [...(each.labels ?? [])];
    const others = [...by, ...labels].map((one) => one?.textContent);
    const own = each.matches("input, select, textarea") ? "" : each.textContent;
    return [each.getAttribute("aria-label"), ...others, own].join("").trim();
  };
  const controls = "a[href], button, input, select, textarea, summary, [role=button], [tabindex]";
  for (const each of all(controls)) {
    if (shown(each) && !name(each)) { faults.push(`no name: ${told(each)}`); }
    if (each.tabIndex > 0) { faults.push(`out of order: ${told(each)}`); }
  }
  for (const each of all("svg.picture:not([aria-hidden=true])")) {
    if (!each.getAttribute("aria-label")) { faults.push(`a picture without a name: ${told(each)}`); }
    if (!each.closest("figure")?.querySelector("table")) { faults.push(`a picture without a table: ${told(each)}`); }
  }
  for (const each of all("table")) {
    if (!each.querySelector("th")) { faults.push(`a table without heads: ${told(each)}`); }
  }
  const ids = all("[id]").map((each) => each.id);
  const twice = ids.filter((one, place) => ids.indexOf(one) !== place);
  for (const each of new Set(twice)) { faults.push(`twice: #${each}`); }
  for (const each of all("a[href^='#']")) {
    const wanted = decodeURIComponent(each.getAttribute("href").slice(1));
    if (!document.getElementById(wanted) && !finding.address(wanted)) {  // of a folder, the script finds the page
      faults.push(`leads nowhere: ${told(each)}`);
    }
  }
  for (const each of all("[aria-controls], [aria-labelledby], [aria-describedby]")) {
    for (const kind of ["aria-controls", "aria-labelledby", "aria-describedby"]) {
      for (const id of (each.getAttribute(kind) ?? "").split(" ").filter(Boolean)) {
        if (!document.getElementById(id)) { faults.push(`${kind} of nothing: ${told(each)}`); }
      }
    }
  }
  return faults;
}"""
