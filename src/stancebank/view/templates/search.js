// The search: over statements, then over articles, of which each must have all words. It stops at some findings, so that
// in a folder no more parts are loaded than are needed.
const ONCE = 50;
const AROUND = 90;
const AHEAD = 4; // parts that are loaded at a time
const BETWEEN = 500; // milliseconds between two notes on how far a search is
const FIELDS = { words: (each) => each.words ?? "", who: (each) => each.who, what: (each) => each.what,
  conditions: (each) => each.conditions.join(" ") };
const said_by = new WeakMap();

// The articles of a page with their texts, without the names of statements that stand in them.
function texts_of_page() {
  return [...document.querySelectorAll("#articles-list > details")].map((each) => {
    const said = each.querySelector(".reading .text")?.cloneNode(true);
    for (const aside of said?.querySelectorAll(".at, .zn") ?? []) { aside.remove(); }
    const { title, outlet, date } = each.dataset;
    const lines = [...(said?.querySelectorAll("p") ?? [])].map((line) => line.textContent);
    return { anchor: each.id, title, source: [outlet, date].filter(Boolean).join(", "), text: lines.join("\n") };
  });
}

function search_text(each, where) {
  if (where !== "all" && where !== "articles") { return folded(FIELDS[where](each)); }
  if (!said_by.has(each)) {
    said_by.set(each, folded("text" in each ? `${each.title} ${each.source} ${each.text}`
      : `${Object.values(FIELDS).map((of) => of(each)).join(" ")} ${each.label} ${each.source}`));
  }
  return said_by.get(each);
}

// Parts of rows, one after the other. While one is searched the next ones are on their way. One that lacks a word has no
// rows; what JSON writes in another way, such as a quotation mark, is not looked for in its text.
async function* searched_parts(where, words) {
  const kinds = [];
  if (where !== "articles") { kinds.push("statements"); }
  if (where === "all" || where === "articles") { kinds.push("texts"); }
  if (!data.folder) { data.texts ??= texts_of_page(); yield* kinds.map((each) => ({ rows: data[each], share: 1 })); return; }
  const names = kinds.flatMap((kind) => Array.from({ length: data.folder[kind] }, (_, place) => part_name(kind, place)));
  const coming = [];
  for (const place of names.keys()) {
    while (coming.length < AHEAD && place + coming.length < names.length) {
      const next = part(names[place + coming.length]);
      next.catch(() => {}); // it is told of when it is its turn
      coming.push(next);
    }
    const found = await coming.shift();
    const plain = folded(found.text);
    const rows = words.every((word) => /["\\<]/.test(word) || plain.includes(word)) ? found.rows() : [];
    yield { rows, share: (place + 1) / names.length };
  }
}

// A text with the words marked, cut to what is around the first of them.
function with_marks(text, words) {
  const places = [];
  let plain = "";
  for (const each of text.matchAll(/./gsu)) {
    const letters = folded(each[0]);
    for (let count = 0; count < letters.length; count += 1) { places.push([each.index, each.index + each[0].length]); }
    plain += letters;
  }
  const hits = [];
  for (const word of words) {
    for (let at = plain.indexOf(word); at >= 0; at = plain.indexOf(word, at + word.length)) {
      let end = places[at + word.length - 1][1];
      while (/^\p{M}/u.test(text.slice(end, end + 2))) { end += text.codePointAt(end) > 0xffff ? 2 : 1; }
      hits.push([places[at][0], end]);
    }
  }
  hits.sort((one, other) => one[0] - other[0]);
  const begin = hits.length && hits[0][0] > AROUND ? text.indexOf(" ", hits[0][0] - AROUND) + 1 || hits[0][0] : 0;
  const from = Math.min(begin, hits.length ? hits[0][0] : 0);
  const last = from + 3 * AROUND;
  const cut = text.length <= last ? text.length : Math.max(text.lastIndexOf(" ", last), hits.length ? hits[0][1] : 0) || last;
  const shown = made("span", from ? "… " : "");
  let at = from;
  for (const [first, end] of hits) {
    if (first < at || end > cut) { continue; }
    shown.append(text.slice(at, first), made("mark", text.slice(first, end)));
    at = end;
  }
  shown.append(text.slice(at, cut), cut < text.length ? " …" : "");
  return shown;
}

function search_result(each, words) {
  const item = made("li");
  const head = made("p");
  const link = made("a");
  link.href = finding.address(each.anchor) ?? "#articles";
  if ("text" in each) {
    link.append(with_marks(each.title, words));
    head.append(link);
    item.append(head, made("p", each.source, "quiet"));
    if (words.some((word) => folded(each.text).includes(word))) {
      const body = made("p");
      body.append(with_marks(each.text, words));
      item.append(body);
    }
    return item;
  }
  const who = made("strong");
  who.append(with_marks(each.who, words));
  head.append(who, " ", made("span", each.label), " ", with_marks(each.what, words));
  item.append(head);
  if (each.words !== null) {
    const quoted = made("q");
    quoted.append(with_marks(each.words, words));
    const block = made("blockquote");
    block.append(quoted);
    item.append(block);
  }
  for (const condition of each.conditions) {
    const told = made("p", undefined, "quiet");
    told.append(with_marks(condition, words));
    item.append(told);
  }
  link.textContent = each.source;
  const source = made("p");
  source.append(link);
  item.append(source);
  return item;
}

const asked = document.getElementById("search-words");
if (asked) {
  const within = document.getElementById("search-in");
  const status = document.getElementById("search-status");
  const list = document.getElementById("search-found");
  const further = document.getElementById("search-more");
  let parts = null;
  let rows = [];
  let at = 0;
  let told = 0;
  let run = 0;
  let found = { statements: 0, articles: 0 };
  let timer = 0;
  const many = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
  const tell_found = () => [[found.statements, "statement"], [found.articles, "article"]]
    .filter(([count]) => count).map(([count, noun]) => many(count, noun)).join(" and ");
  const next = async () => {
    const mine = run;
    list.setAttribute("aria-busy", "true");
    await take(mine);
    if (mine === run) { list.setAttribute("aria-busy", "false"); }
  };
  const take = async (mine) => {
    const words = folded(asked.value).split(/\s+/).filter(Boolean);
    further.hidden = true;
    try {
      for (let taken = 0; taken < ONCE;) {
        if (at === rows.length) {
          const { value, done } = await parts.next();
          if (mine !== run) { return; }
          if (done) {
            status.textContent = tell_found() ? `Found ${tell_found()}.` : `Nothing was found for “${asked.value.trim()}”.`;
            return;
          }
          [rows, at] = [value.rows, 0];
          if (data.folder && performance.now() - told > BETWEEN) {
            told = performance.now();
            status.textContent = `Searched ${Math.floor(value.share * 100)} % …`;
          }
          continue;
        }
        const each = rows[at];
        at += 1;
        if (!words.every((word) => search_text(each, within.value).includes(word))) { continue; }
        list.append(search_result(each, words));
        taken += 1;
        found["text" in each ? "articles" : "statements"] += 1;
      }
      status.textContent = `Found ${tell_found()}, and there may be more.`;
      further.hidden = false;
    } catch (fault) {
      status.textContent = `The search stopped: the file data/${fault.message}.js is missing beside this page.`;
    }
  };
  const start = () => {
    run += 1;
    found = { statements: 0, articles: 0 };
    list.replaceChildren();
    further.hidden = true;
    status.textContent = "";
    list.setAttribute("aria-busy", "false");
    if (!asked.value.trim()) { return; }
    parts = searched_parts(within.value, folded(asked.value).split(/\s+/).filter(Boolean));
    [rows, at, told] = [[], 0, performance.now()];
    next();
  };
  asked.addEventListener("input", () => { list.setAttribute("aria-busy", "true"); clearTimeout(timer); timer = setTimeout(start, 150); });
  within.addEventListener("change", start);
  document.getElementById("search-form").addEventListener("submit", (event) => { event.preventDefault(); start(); });
  further.addEventListener("click", async () => {
    const first = list.children.length;
    await next();
    list.children[first]?.querySelector("a").focus();
  });
  addEventListener("keydown", (event) => {
    const target = event.target;
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !target.closest("input, select, textarea, dialog")) {
      event.preventDefault();
      asked.focus();
      asked.scrollIntoView({ block: "center" });
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (target === asked || list.contains(target))) {
      const links = [asked, ...list.querySelectorAll("a")];
      const to = links[links.indexOf(target) + (event.key === "ArrowDown" ? 1 : -1)];
      if (to) { event.preventDefault(); to.focus(); }
    }
  });
  document.querySelector('a[href="#search"]')?.addEventListener("click", () => setTimeout(() => asked.focus()));
}
