"""A monkey at the dashboard: it finds what can be pressed, typed into or drawn on, uses it, and looks for damage."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dashboard import STREAMLIT_PROBES, Server, scrolls_sideways, visit
from playwright.sync_api import ConsoleMessage, Locator, Page
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from ui.frame.page import PAGES

# Kind of control: where it is found. A later rule takes what an earlier one has not.
RULES = {
    "download": '[data-testid="stDownloadButton"] button',
    "toggle": '[data-testid="stCheckbox"] label',
    "choice": ':is([data-testid="stSelectbox"], [data-testid="stMultiSelect"]) input[role="combobox"]',
    "field": '[data-testid="stNumberInput"] input, [data-testid="stTextInput"] input, textarea',
    "slider": '[role="slider"]',
    "file": 'input[type="file"]',
    "table": '[data-testid="stDataFrame"] [data-testid="data-grid-canvas"]',
    "chart": '[data-testid="stVegaLiteChart"] svg, [data-testid="stPlotlyChart"] .nsewdrag',
    "canvas": "canvas.upper-canvas",
    "section": '[data-testid="stTopNavSection"]',
    "link": 'a[href]:not([data-testid="stSkipToContent"] a):not([data-testid="stSkipToContent"])',
    "button": 'button:not([data-testid="stTopNavSection"]):not([data-testid^="stMainMenu"]), [role="tab"], summary',
}
# Streamlit's own, not the product's: the buttons that appear over a chart or table, help marks, the opener of a choice.
# And the presenter view, which folds all other controls away: test_presenter.py is about it.
NOT_OURS = (
    "#present, #presenter-bar, "
    '[data-testid="stElementToolbar"], [data-testid="stMainMenu"], [data-testid="stSelectbox"] button, '
    '[data-testid="stMultiSelect"] button, [data-testid="stTooltipIcon"] > [aria-label^="Help for"], '
    '[data-testid="stFileUploaderDropzone"] button, [data-testid="stTooltipHoverTarget"][aria-label^="Help for"], '
    '[data-testid="stCode"] button, [data-testid="stHeaderActionElements"]'
)
SCAN = """([rules, notOurs]) => {
  const roots = [document, ...[...document.querySelectorAll('*')].map(node => node.shadowRoot).filter(Boolean)];
  const taken = new Set(), found = [], seen = {};
  for (const [kind, selector] of Object.entries(rules))
    for (const node of roots.flatMap(root => [...root.querySelectorAll(selector)])) {
      if (taken.has(node) || node.closest(notOurs)) continue;
      taken.add(node);
      node.removeAttribute('data-control');  // of a scan before: a disabled control must not keep another one's name
      const shown = kind === 'file' ? node.parentElement : node, box = shown.getBoundingClientRect();
      if (box.width < 4 || box.height < 4 || !shown.checkVisibility({visibilityProperty: true})) continue;
      if (node.disabled || node.getAttribute('aria-disabled') === 'true') continue;
      const widget = node.closest('[data-testid="stElementContainer"]');
      const label = (node.getAttribute('aria-label') || node.innerText || widget?.innerText || '').trim();
      const name = kind + ': ' + label.replace(/\\s+/g, ' ').slice(0, 60);
      seen[name] = (seen[name] ?? -1) + 1;
      node.setAttribute('data-control', name + ' #' + seen[name]);
      found.push(name + ' #' + seen[name]);
    }
  return found;
}"""
# A popover floats beside what opened it, and is out of sight where that is: a person scrolls there first.
SHOW_OPENER = """node => node.closest('[data-testid="stPopoverBody"]') &&
  document.querySelector('[data-testid="stPopover"] [aria-expanded="true"]')?.scrollIntoView({block: 'center'})"""
BAD_TEXTS = (
    "",
    "0",
    "-1",
    "1e9",
    "1e3",
    "abc",
    "0,01",
    "99999999999999999999",
    "0.5",
    "7",
    "  ",
    "<b>x</b>",
    "💥",
    "z" * 300,
)
BAD_FILES = {
    "empty.csv": b"",
    "words.csv": b"label,what\n3,is this\n",
    "broken.zip": b"PK\x03\x04 but no more",
    "broken.png": b"\x89PNG\r\n\x1a\n and then nothing",
    "no-idx.gz": b"\x1f\x8b\x08\x00broken",
}
PATIENCE = 30_000  # milliseconds: a busy machine is slow, which is no fault
STILL = '[data-testid="stApp"][data-test-script-state="notRunning"]'
KEYS = ("Home", "End", "ArrowRight", "ArrowLeft", "PageUp", "PageDown")
# What an address may ask for that is not there.
BAD_ADDRESSES = (
    "run=zzz",
    "run=000000000000",
    "dataset=nothing",
    "view=none",
    "part=%00",
    "config=%7B%22epochs%22%3A0%7D",
)


@dataclass
class Monkey:
    """One monkey in one tab. What it finds wrong is kept in `problems`: what happened, after which acts."""

    page: Page
    server: Server
    rng: random.Random
    problems: dict[str, str] = field(default_factory=dict)
    acts: list[str] = field(default_factory=list)
    used: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self._report(f"error in the page: {str(error)[:300]}"))
        self.page.on("dialog", lambda dialog: dialog.dismiss())
        self._log_read = self.server.log.stat().st_size

    def explore(self, address: str, most: int | None) -> None:
        """Open a page and use its controls in random order, `most` of them (None: each once, and those that appear)."""
        self._open(address)
        done: set[str] = set()
        while most is None or len(done) < most:
            left = [name for name in self._controls() if name not in done]
            if not left:
                return
            name = self.rng.choice(left)
            done.add(name)
            self._use_and_look(address, name, left)

    def try_bad_addresses(self, address: str) -> None:
        """Ask the page for what is not there."""
        for query in BAD_ADDRESSES:
            self.acts.append(f"address /{address}?{query}")
            visit(self.page, f"{address}?{query}")
            self._look(f"/{address}?{query}")

    def _open(self, address: str) -> None:
        visit(self.page, "" if address == "home" else address)
        self.acts = [f"opened /{address}"]
        heading = self.page.get_by_role("heading", level=1, name=PAGES[address].title, exact=True)
        try:
            heading.wait_for(timeout=PATIENCE / 3)
        except PlaywrightTimeout:  # it came while the page before was still being drawn: as by the address bar, then
            self.page.goto(f"{self.server.url}/{'' if address == 'home' else address}")
            heading.wait_for()
        self._look(f"/{address}")

    def _controls(self) -> list[str]:
        return self.page.evaluate(SCAN, [RULES, NOT_OURS])

    def _locate(self, name: str) -> Locator:
        return self.page.locator(f"[data-control={json.dumps(name, ensure_ascii=False)}]").first

    def _use_and_look(self, address: str, name: str, others: list[str]) -> None:
        """Use a control: alone, twice in quick succession, or with another one right behind; then look for damage."""
        self.used += 1
        how = self.rng.choice(("once", "once", "twice", "then another"))
        names = {"once": [name], "twice": [name, name]}.get(how) or [name, self.rng.choice(others)]
        where = f"/{address}"
        for place, each in enumerate(names):
            if place:
                self.page.wait_for_timeout(40)
            self.acts.append(each)
            self._try(each, is_quick=place > 0, where=where)
        self._look(where)
        here = self.page.evaluate("location.pathname").strip("/") or "home"
        if here != address:
            self._open(address)

    def _try(self, name: str, is_quick: bool, where: str) -> None:
        """Use a control; one that stays but cannot be used is a fault. What a page that moved took away is none."""
        problem = self._reason_not_used(name, is_quick)
        if problem and not is_quick and name in self._controls():
            problem = self._reason_not_used(name, is_quick)
            if problem and name in self._controls():
                self._report(f"cannot be used: {name}: {problem}", where)

    def _reason_not_used(self, name: str, is_quick: bool) -> str | None:
        try:
            self._use(name, is_quick)
        except PlaywrightTimeout as error:
            return _reason(error)
        except PlaywrightError as error:
            if "not attached" not in str(error):
                raise
        return None

    def _use(self, name: str, is_quick: bool) -> None:
        """Do with a control what it is for, or what it is not for."""
        kind, control = name.partition(":")[0], self._locate(name)
        if is_quick and control.count() == 0:
            return
        limit = 1_000 if is_quick else PATIENCE
        if control.count():
            control.evaluate(SHOW_OPENER)
        if kind == "download":
            self._download(control)
        elif kind == "choice":
            self._choose(control, limit)
        elif kind == "field":
            control.fill("", timeout=limit)
            control.press_sequentially(self.rng.choice(BAD_TEXTS)[:40], timeout=limit)
            control.press(self.rng.choice(("Enter", "Tab")), timeout=limit)
        elif kind == "slider":
            control.press(self.rng.choice(KEYS), timeout=limit)
        elif kind == "file":
            file, content = self.rng.choice(list(BAD_FILES.items()))
            control.set_input_files(
                {"name": file, "mimeType": "application/octet-stream", "buffer": content}, timeout=limit
            )
        elif kind in ("canvas", "chart", "table"):
            self._draw(control, limit)
        elif kind == "section":
            control.click(timeout=limit)
            entries = self.page.get_by_test_id("stTopNavDropdownLink")
            entries.first.wait_for(timeout=limit)
            entries.nth(self.rng.randrange(entries.count())).click(timeout=limit)
        else:
            control.click(timeout=limit)

    def _download(self, control: Locator) -> None:
        """A download has to bring a file, and something in it."""
        with self.page.expect_download(timeout=2 * PATIENCE) as coming:
            control.click(timeout=PATIENCE)
        path = Path(coming.value.path())
        if path.stat().st_size == 0:
            self._report("an empty file was downloaded")
        coming.value.delete()

    def _choose(self, control: Locator, limit: int) -> None:
        options = self.page.locator('[role="option"]')
        self._open_choice(control, options, limit)
        if self.rng.random() < 0.2:
            control.press_sequentially("zzz", timeout=limit)
            control.press("Enter")
        else:
            options.nth(self.rng.randrange(min(options.count(), 8))).click(timeout=limit)
        self._close_choice()

    def _open_choice(self, control: Locator, options: Locator, limit: int) -> None:
        """A list that closes again because the page was just being drawn is opened by another click."""
        for left in (2, 1, 0):
            control.click(timeout=limit)
            try:
                options.first.wait_for(timeout=limit if left == 0 else min(limit, 3_000))
                return
            except PlaywrightTimeout:
                if left == 0:
                    raise

    def _close_choice(self) -> None:
        """An open list hides all the rest of the page from whoever cannot see it, and from what looks for headings."""
        for _ in range(3):
            if self.page.locator('[role="listbox"]').count() == 0:
                return
            self.page.keyboard.press("Escape")
            self.page.wait_for_timeout(100)

    def _draw(self, control: Locator, limit: int) -> None:
        """A stroke, or on a chart a drag; begins and ends somewhere within."""
        control.scroll_into_view_if_needed(timeout=limit)
        box = control.bounding_box(timeout=limit)
        if box is None:
            return
        ends = [
            (box["x"] + self.rng.random() * box["width"], box["y"] + self.rng.random() * box["height"]) for _ in "ab"
        ]
        self.page.mouse.move(*ends[0])
        self.page.mouse.down()
        self.page.mouse.move(*self.rng.choice((ends[0], ends[1])), steps=4)
        self.page.mouse.up()

    def _look(self, where: str) -> None:
        """Whether the page is whole: no exception, no traceback, not white, no wider than the window, a quiet log."""
        page = self.page
        try:
            page.wait_for_selector(STILL, timeout=2 * PATIENCE)
            page.locator("h1").first.wait_for(timeout=PATIENCE)
        except PlaywrightTimeout:
            self._report("the page is white, or never comes to rest", where)
            page.goto(self.server.url)
            return
        boxes = page.get_by_test_id("stException")
        if boxes.count():
            self._report(f"exception: {_first_line(boxes.first.inner_text())}", where)
            page.goto(f"{self.server.url}/{where.strip('/')}")
            page.wait_for_selector(STILL, timeout=2 * PATIENCE)
        elif "Traceback" in page.inner_text("body"):
            self._report("a traceback stands on the page", where)
        if scrolls_sideways(page):
            self._report("the page scrolls sideways", where)
        for line in self._news_of_the_log():
            self._report(f"in the server's log: {line}", where)

    def _news_of_the_log(self) -> Iterator[str]:
        """The last line of each new traceback, and each line that reports an error."""
        with self.server.log.open("rb") as file:
            file.seek(self._log_read)
            text = file.read().decode(errors="replace")
        self._log_read += len(text.encode())
        for block in re.findall(r"Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(\S.*)", text):
            yield block[:300]
        yield from (line[:300] for line in re.findall(r".*(?:\bERROR\b|MediaFileStorageError).*", text))

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.location["url"].partition("?")[0].endswith(STREAMLIT_PROBES):
            self._report(f"in the console: {message.text[:300]} ({message.location['url'][-80:]})")

    def _report(self, what: str, where: str = "") -> None:
        """Keep a problem once, with the acts that led to it; numbers and ids in it do not make it another."""
        self.problems.setdefault(
            re.sub(r"[0-9a-f]{8,}|\d+", "N", what), f"{where} {what}\n    after: {' → '.join(self.acts[-4:])}"
        )


def _reason(error: PlaywrightTimeout) -> str:
    """What stood in the way of a click, by Playwright's own log."""
    covered = re.search(r"<[^>]*>.*intercepts pointer events", str(error))
    return covered[0][:200] if covered else " | ".join(line.strip() for line in str(error).strip().splitlines()[-3:])


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:300] if text.strip() else "(empty)"
