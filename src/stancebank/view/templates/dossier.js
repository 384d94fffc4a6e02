// What a page shows of its articles: a list that is filtered and put in order. Of many articles, only a part is drawn.
const PART = 100;

// Articles and statements of a folder lie in files beside its page, which call this with their name and their content as
// JSON. It is read where it is needed: a search passes over most of them by their text alone.
const waiting = new Map();
const kept = new Map();
const MOST_KEPT = 200;
globalThis.stancebank_part = (name, text) => waiting.get(name)?.(text);
function part(name) {
  const found = kept.get(name) ?? new Promise((resolve, reject) => {
    const script = made("script");
    const end = (then) => (value) => { waiting.delete(name); script.remove(); then(value); };
    waiting.set(name, end((text) => resolve({ text, rows: () => unpacked(JSON.parse(text)) })));
    script.addEventListener("error", end(() => { kept.delete(name); reject(new Error(name)); }));
    script.src = `data/${name}.js`;
    document.head.append(script);
  });
  kept.delete(name);
  kept.set(name, found);
  if (kept.size > MOST_KEPT) { kept.delete(kept.keys().next().value); }
  return found;
}
function part_name(kind, place) { return `${kind}-${String(place + 1).padStart(4, "0")}`; }

// Where the articles of a folder are: each in the last page that begins with it or with one before it.
if (data.folder) {
  const inside = finding.address;
  finding.address = (anchor) => {
    if (inside(anchor) || !anchor.startsWith("article-")) { return inside(anchor); }
    let [low, high] = [0, data.folder.pages.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (data.folder.pages[middle] <= anchor) { low = middle; } else { high = middle; }
    }
    return `${data.folder.up}articles/${String(low + 1).padStart(4, "0")}.html#${anchor}`;
  };
  finding.statements = async (numbers) => {
    const places = [...new Set(numbers.map((each) => Math.floor(each / data.folder.block)))];
    const parts = new Map(await Promise.all(places.map(async (each) =>
      [each, (await part(part_name("statements", each))).rows()])));
    return numbers.map((each) => parts.get(Math.floor(each / data.folder.block))[each % data.folder.block]);
  };
  const elsewhere = (hash) => {
    const to = hash?.startsWith("#article-") && finding.address(decodeURIComponent(hash.slice(1)));
    return to && !to.startsWith("#") ? to : null;
  };
  const go = () => { if (elsewhere(location.hash)) { location.replace(elsewhere(location.hash)); } };
  addEventListener("hashchange", go);
  go();
}

const listed = document.getElementById("articles-list");
const filter = document.getElementById("articles-filter");
if (listed && filter) {
  const order = document.getElementById("articles-order");
  const more = document.getElementById("articles-more");
  const lines = data.folder
    ? data.articles.map((each) => ({ said: each, text: folded(`${each.title} ${each.about}`) }))
    : [...listed.children].map((element) => ({
        element, said: element.dataset, text: folded(element.querySelector("summary").textContent) }));
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  let found = lines;
  let drawn = 0;
  const draw = () => {
    for (const each of found.slice(drawn, drawn + PART)) {
      const item = made("li");
      const link = made("a", each.said.title);
      link.href = finding.address(each.said.anchor);
      item.append(link, made("span", each.said.about, "quiet"));
      listed.append(item);
    }
    drawn = Math.min(found.length, drawn + PART);
    more.hidden = drawn === found.length;
  };
  const show = () => {
    const wanted = folded(filter.value).split(/\s+/).filter(Boolean);
    const key = order.value;
    found = lines.filter((each) => wanted.every((word) => each.text.includes(word)));
    if (key) {
      const sign = key === "statements" ? -1 : 1;
      found = [...found].sort((one, other) => sign * compare(String(one.said[key] ?? ""), String(other.said[key] ?? "")));
    }
    const all = `${lines.length.toLocaleString("en")} articles`;
    document.getElementById("articles-status").textContent =
      wanted.length ? `${found.length.toLocaleString("en")} of ${all}` : all;
    if (data.folder) {
      listed.replaceChildren();
      drawn = 0;
      draw();
    } else {
      const stay = new Set(found);
      for (const each of lines) { each.element.hidden = !stay.has(each); }
      listed.append(...found.map((each) => each.element));
    }
  };
  filter.addEventListener("input", show);
  order.addEventListener("change", show);
  if (data.folder) { more.addEventListener("click", draw); show(); }
  addEventListener("revealed", (event) => {
    if (event.detail.closest("#articles-list [hidden]")) { filter.value = ""; show(); }
  });
}
