// An article: a card lights up its words, and words lead to their cards. What is chosen stays until something else is
// chosen, or Escape; what is pointed at or reached by keyboard is lit for as long.
function pieces_of(reading, tokens) {
  return [...reading.querySelectorAll("[data-s]")].filter((each) => each.dataset.s.split(" ").some((one) => tokens.includes(one)));
}
function light(reading, tokens) {
  for (const each of reading.querySelectorAll(".on")) { each.classList.remove("on"); }
  reading.classList.toggle("lit", tokens.length > 0);
  const lit = tokens.length ? pieces_of(reading, tokens) : [];
  for (const each of lit) { each.classList.add("on"); }
  tie(reading, tokens.length === 1 ? lit.filter((each) => each.matches(".text u")) : []);
  return lit;
}

// Lines between the words of one statement: from one piece of its content to the next, and to what stands outside of it.
const SVG = "http://www.w3.org/2000/svg";
function tie(reading, lit) {
  reading.querySelector(".ties")?.remove();
  const text = reading.querySelector(".text");
  const contents = lit.filter((each) => each.matches(".r0"));
  if (!contents.length || !text.getClientRects().length) { return; }
  const frame = text.getBoundingClientRect();
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", "ties");
  drawing.setAttribute("aria-hidden", "true");
  const draw = (one, other, look) => {
    const [x, y, to, down] = [(one.left + one.right) / 2 - frame.left, one.bottom - frame.top,
      (other.left + other.right) / 2 - frame.left, other.bottom - frame.top];
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", look);
    const bend = Math.max(y, down) + 14;
    path.setAttribute("d", `M${x} ${y}C${x} ${bend} ${to} ${bend} ${to} ${down}`);
    drawing.append(path);
  };
  const apart = (one, other) => {
    const range = document.createRange();
    range.setStartAfter(one);
    range.setEndBefore(other);
    const between = range.cloneContents();
    for (const each of between.querySelectorAll(".at")) { each.remove(); }
    return between.textContent.trim() !== "";
  };
  contents.slice(1).forEach((each, at) => {
    const before = contents[at];
    if (!before.contains(each) && apart(before, each)) {
      draw([...before.getClientRects()].at(-1), each.getClientRects()[0], "r0");
    }
  });
  let last = null;
  for (const each of lit) {
    if (each.matches(".r0, .rp") || each.closest(".r0.on")) { continue; }
    const look = each.className.split(" ")[0];
    if (last && last.className === each.className && !apart(last, each)) { last = each; continue; }
    last = each;
    const here = each.getClientRects()[0];
    const far = (rect) => Math.abs(rect.top - here.top) * 4 + Math.abs((rect.left + rect.right - here.left - here.right) / 2);
    const nearest = contents.flatMap((one) => [...one.getClientRects()]).reduce((one, other) => (far(other) < far(one) ? other : one));
    draw(nearest, here, look);
  }
  text.append(drawing);
}
addEventListener("resize", () => {
  for (const each of document.querySelectorAll(".reading.lit")) { light(each, chosen.get(each) ?? []); }
});

const chosen = new WeakMap();
function choose(reading, tokens) {
  const same = tokens.join() === (chosen.get(reading) ?? []).join();
  chosen.set(reading, same ? [] : tokens);
  for (const each of reading.querySelectorAll(".card > button")) {
    each.setAttribute("aria-pressed", String(!same && tokens.includes(each.parentElement.dataset.s)));
  }
  return light(reading, chosen.get(reading));
}
// Into view, unless it is: of a card or of words, without a jump of the page where these stand beside each other.
function bring(element) {
  const at = element?.getBoundingClientRect();
  const frame = element?.closest(".side");
  const box = frame && getComputedStyle(frame).overflowY === "auto" ? frame.getBoundingClientRect() : { top: 0, bottom: innerHeight };
  if (!at || (at.top >= Math.max(0, box.top) && at.bottom <= Math.min(innerHeight, box.bottom))) { return; }
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
}
addEventListener("click", (event) => {
  const to = event.target.closest?.(".body .to");
  const reading = to && !to.closest(".reading") ? to.closest(".body").querySelector(".reading") : event.target.closest?.(".reading");
  if (!reading) { return; }
  const card = event.target.closest(".card > button")?.parentElement;
  if (card) {
    bring(choose(reading, [card.dataset.s]).find((each) => each.matches(".text u")));
    return;
  }
  const tokens = to ? [to.dataset.to] : [];
  const mark = to ?? event.target.closest(".at");
  for (let each = event.target.closest(".text u, .at"); each; each = !each.matches(".at") && each.parentElement.closest(".text u")) {
    for (const one of each.dataset.s.split(" ")) { if (!tokens.includes(one)) { tokens.push(one); } }
  }
  if (!tokens.length) { return; }
  if (mark) {
    dispatchEvent(new CustomEvent("revealed", { detail: reading.querySelector(`.card[data-s="${CSS.escape(tokens[0])}"]`) }));
  } else {
    choose(reading, tokens);
  }
  const first = reading.querySelector(".card.on");
  bring(first);
  if (mark) { first?.querySelector("button").focus({ preventScroll: true }); }
});
for (const [begin, end] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
  addEventListener(begin, (event) => {
    const card = event.target.closest?.(".reading .card");
    if (card && !(chosen.get(card.closest(".reading")) ?? []).length) { light(card.closest(".reading"), [card.dataset.s]); }
  });
  addEventListener(end, (event) => {
    const reading = event.target.closest?.(".reading .card")?.closest(".reading");
    if (reading) { light(reading, chosen.get(reading) ?? []); }
  });
}
addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const each of document.querySelectorAll(".reading.lit")) { choose(each, []); light(each, []); }
  }
  const card = event.target.closest?.(".card");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (card && step && event.target.matches(".card > button")) {
    const all = [...card.closest(".reading").querySelectorAll(".card > button")];
    const to = all[all.indexOf(event.target) + step];
    if (to) { event.preventDefault(); to.focus(); }
  }
});

// Several readings of one text are tabs; without a script they stand below one another.
for (const body of document.querySelectorAll(".body")) {
  const readings = [...body.querySelectorAll(":scope > .reading")];
  if (readings.length < 2) { continue; }
  const tabs = made("div", undefined, "tabs");
  tabs.setAttribute("role", "tablist");
  tabs.setAttribute("aria-label", "Readings");
  const show = (place, focus) => {
    readings.forEach((each, at) => { each.hidden = at !== place; });
    [...tabs.children].forEach((each, at) => {
      each.setAttribute("aria-selected", String(at === place));
      each.tabIndex = at === place ? 0 : -1;
      if (at === place && focus) { each.focus(); }
    });
  };
  readings.forEach((each, at) => {
    const tab = made("button", each.dataset.name);
    tab.type = "button";
    tab.id = `${body.dataset.anchor}-tab-${at}`;
    each.id = `${body.dataset.anchor}-reading-${at}`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", each.id);
    each.setAttribute("role", "tabpanel");
    tab.addEventListener("click", () => show(at));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) { event.preventDefault(); show((at + step + readings.length) % readings.length, true); }
    });
    tabs.append(tab);
  });
  readings[0].before(tabs);
  show(0);
  addEventListener("revealed", (event) => {
    const place = readings.findIndex((each) => each.contains(event.detail));
    if (place >= 0) { show(place); }
  });
}

// A card that a link leads to is chosen.
addEventListener("revealed", (event) => {
  const card = event.detail.closest(".card");
  if (card) { chosen.set(card.closest(".reading"), []); choose(card.closest(".reading"), [card.dataset.s]); }
});
