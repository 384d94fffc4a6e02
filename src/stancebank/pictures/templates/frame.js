"use strict";
const data = JSON.parse(document.getElementById("data")?.textContent ?? "{}");

// Rows as pack() of stancebank.pictures.page packs them.
function unpacked(packed) {
  const columns = Object.entries(packed.columns);
  return Array.from({ length: packed.rows }, (_, row) => Object.fromEntries(columns.map(([name, column]) =>
    [name, column.at ? column.values[column.at[row]] : column.values[row]])));
}
if (data.packed) { data.statements = unpacked(data.packed); }

// Statements by their numbers, and the address that a fragment such as article-ID leads to, or null. A page with files
// beside it puts others in their place. wanted: which of some numbers its filters let through.
const finding = {
  wanted: (numbers) => numbers,
  statements: async (numbers) => numbers.map((each) => data.statements[each]),
  address: (anchor) => (document.getElementById(anchor) ? "#" + anchor : null),
};

// An element with its text. Nothing on a page is ever made of markup that is put together here.
function made(name, text, className) {
  const element = document.createElement(name);
  if (text !== undefined) { element.textContent = text; element.dir = "auto"; }
  if (className) { element.className = className; }
  return element;
}

// What a link leads to is opened, in whatever it lies.
function reveal() {
  const wanted = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!wanted) { return; }
  for (let each = wanted; each; each = each.parentElement) { if (each.tagName === "DETAILS") { each.open = true; } }
  dispatchEvent(new CustomEvent("revealed", { detail: wanted }));
  wanted.scrollIntoView({ block: "start" });
}
addEventListener("hashchange", reveal);

// The statements behind a mark: who, what, in which words, where. data.statements has them.
function quotation(each) {
  const item = made("li");
  const head = made("p");
  head.append(made("strong", each.who), " ", made("span", each.label), " ", made("span", each.what));
  item.append(head);
  if (each.words !== null) { const words = made("blockquote"); words.append(made("q", each.words)); item.append(words); }
  for (const condition of each.conditions) { item.append(made("p", condition, "quiet")); }
  const source = made("p", undefined, "quiet");
  const there = each.anchor && finding.address(each.anchor);
  const link = there ? made("a", each.source) : made("span", each.source);
  if (there) { link.href = there; link.addEventListener("click", () => document.getElementById("quotations").close()); }
  source.append(link);
  item.append(source);
  return item;
}
// They are drawn in parts, so that a mark of thousands opens as fast as one of three.
const QUOTATIONS = 100;
const quotations = { dialog: document.getElementById("quotations"), rows: [], drawn: 0, run: 0, busy: false };
async function draw_quotations() {
  if (quotations.busy || quotations.drawn === quotations.rows.length) { return; }
  const { dialog, rows, drawn, run } = quotations;
  quotations.busy = true;
  try {
    const found = await finding.statements(rows.slice(drawn, drawn + QUOTATIONS)).catch(() => null);
    if (run !== quotations.run) { return; }
    if (!found) { dialog.querySelector("p").textContent = "The files that lie beside this page are missing."; return; }
    dialog.querySelector("ol").append(...found.map(quotation));
    quotations.drawn += found.length;
    dialog.querySelector(":scope > button").hidden = quotations.drawn === rows.length;
  } finally {
    if (run === quotations.run) { quotations.busy = false; }
  }
}
async function open_quotations(mark) {
  const all = mark.dataset.rows.split(" ").filter(Boolean).map(Number);
  const rows = finding.wanted(all);
  if (!rows.length) { return; }
  const { dialog } = quotations;
  Object.assign(quotations, { rows, drawn: 0, run: quotations.run + 1, busy: false });
  dialog.querySelector("h2").textContent = mark.getAttribute("aria-label");
  dialog.querySelector("p").textContent = rows.length === all.length ? ""
    : `${rows.length.toLocaleString("en")} of ${all.length.toLocaleString("en")} match the filter.`;
  dialog.querySelector("ol").replaceChildren();
  await draw_quotations();
  if (!dialog.open) { dialog.showModal(); }
  dialog.scrollTop = 0;
}
quotations.dialog.addEventListener("scroll", () => {
  const { scrollTop, clientHeight, scrollHeight } = quotations.dialog;
  if (scrollTop + 2 * clientHeight > scrollHeight) { draw_quotations(); }
});
quotations.dialog.querySelector(":scope > button").addEventListener("click", async () => {
  const last = quotations.dialog.querySelector("li:last-child");
  await draw_quotations();
  const link = last?.nextElementSibling?.querySelector("a");
  if (link) { link.focus(); }
});
addEventListener("click", (event) => {
  const mark = event.target.closest(".pick");
  if (mark) { open_quotations(mark); }
  else if (event.target.id === "quotations") { event.target.close(); }
});
addEventListener("keydown", (event) => {
  if (event.key !== "Enter" && event.key !== " ") { return; }
  const mark = event.target.closest(".pick");
  if (mark) { event.preventDefault(); open_quotations(mark); }
});

// A column is sorted by its head: numbers as numbers.
function sort(table, column, button) {
  const head = button.parentElement;
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const each of head.parentElement.children) { each.removeAttribute("aria-sort"); }
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const said = (row) => row.children[column].textContent.trim();
  const value = (text) => parseFloat(text.replace(/[  ,%]/g, ""));
  const rows = [...table.tBodies[0].rows].sort((one, other) => {
    const [a, b] = [said(one), said(other)];
    const [x, y] = [value(a), value(b)];
    const order = head.classList.contains("number") && !(isNaN(x) && isNaN(y))
      ? (isNaN(x) ? -Infinity : x) - (isNaN(y) ? -Infinity : y) : a.localeCompare(b, undefined, { numeric: true });
    return down ? -order : order;
  });
  table.tBodies[0].append(...rows);
}
for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = made("button", head.textContent);
    button.type = "button";
    head.replaceChildren(button);
    button.addEventListener("click", () => sort(table, column, button));
  });
}

// <input data-filters="ID">: only rows, or other children, of that element that have all words stay.
function folded(text) {
  if (/^[\0-\x7f]*$/.test(text)) { return text.toLowerCase(); }
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("ς", "σ");
}
for (const field of document.querySelectorAll("input[data-filters]")) {
  const list = document.getElementById(field.dataset.filters);
  field.addEventListener("input", () => {
    const wanted = folded(field.value).split(/\s+/).filter(Boolean);
    for (const each of (list.tBodies ? list.tBodies[0] : list).children) {
      const text = folded(each.textContent);
      each.hidden = !wanted.every((word) => text.includes(word));
    }
  });
}
addEventListener("DOMContentLoaded", reveal);
