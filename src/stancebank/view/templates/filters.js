// The filters of the pictures. A mark whose statements all fall away fades, and can no longer be reached; what the others
// open is lessened to what matches. Nothing is drawn anew.
const filters = document.getElementById("filters-form");
if (filters && data.facts?.rows) {
  const { rows, columns } = data.facts;
  const fact = (name, row) => { const { at, values } = columns[name]; return values[at ? at[row] : row]; };
  const own = Array.from({ length: rows }, (_, row) => row).filter((row) => !fact("copy", row));
  const field = filters.elements;
  const status = document.getElementById("filters-status");
  const told = document.getElementById("filters-told");
  const order = new Intl.Collator(undefined, { numeric: true }).compare;
  const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

  // A list of what there is, under what it stands under. Each option has the fact and the value that it asks for.
  const option = (into, words, asks) => { const made_ = made("option", words); made_.value = asks ? JSON.stringify(asks) : ""; into.append(made_); };
  const fill = (select, name, above, none) => {
    const groups = new Map();
    for (const row of own) {
      const group = above ? fact(above, row) : "";
      if (!groups.has(group)) { groups.set(group, new Set()); }
      groups.get(group).add(fact(name, row));
    }
    const named = [...groups.keys()].some((group) => group && groups.get(group).size);
    for (const group of [...groups.keys()].sort((one, other) => !one - !other || order(one, other))) {
      const members = [...groups.get(group)].sort(order);
      const alone = !named || (members.length === 1 && members[0] === group);
      let into = select;
      if (!alone) {
        into = made("optgroup");
        into.label = group || none;
        select.append(into);
        if (members.length > 1) { option(into, `${into.label}: all`, [above, group]); }
      }
      for (const each of members) { option(into, each || "none", [name, each]); }
    }
    select.closest("label").hidden = select.options.length < 3;
  };
  fill(field.who, "who", "state", "No state behind them");
  fill(field.what, "what", "root", "");
  fill(field.label, "label");
  fill(field.outlet, "outlet");
  const days = own.flatMap((row) => [fact("begin", row), fact("end", row)]).filter(Boolean).sort();
  for (const each of [field.from, field.to]) {
    each.closest("label").hidden = !days.length;
    if (days.length) { each.min = days[0]; each.max = days[days.length - 1]; }
  }

  let stays = null;
  const marks = [...document.querySelectorAll("figure .pick[data-rows]")];
  const rows_of = new Map();
  const numbers = (mark) => {
    if (!rows_of.has(mark)) { rows_of.set(mark, mark.dataset.rows.split(" ").filter(Boolean).map(Number)); }
    return rows_of.get(mark);
  };
  finding.wanted = (wanted) => (stays ? wanted.filter((row) => stays[row]) : wanted);

  const apply = () => {
    const asks = [field.who, field.what, field.label, field.outlet].filter((each) => each.value).map((each) => JSON.parse(each.value));
    const [from, to] = [field.from.value, field.to.value];
    const conditional = field.conditional?.checked ?? false;
    const matches = (row) => {
      if (asks.some(([name, value]) => fact(name, row) !== value) || (conditional && !fact("conditional", row))) { return false; }
      if (!from && !to) { return true; }
      const [begin, end] = [fact("begin", row), fact("end", row)];
      return Boolean(begin || end) && (!to || begin <= to) && (!from || !end || end >= from);
    };
    const all = !asks.length && !from && !to && !conditional;
    stays = all ? null : Uint8Array.from({ length: rows }, (_, row) => matches(row));
    let kept = 0;
    for (const mark of marks) {
      const faded = Boolean(stays) && !numbers(mark).some((row) => stays[row]);
      kept += !faded;
      mark.classList.toggle("faded", faded);
      mark.setAttribute("tabindex", faded ? "-1" : "0");
      if (faded) { mark.setAttribute("aria-disabled", "true"); } else { mark.removeAttribute("aria-disabled"); }
    }
    const found = stays ? own.filter((row) => stays[row]).length : own.length;
    const share = `${found.toLocaleString("en")} of ${count(own.length, "statement")}`;
    status.textContent = all ? "" : `Filter: ${share} match${found === 1 ? "es" : ""}, in ${kept.toLocaleString("en")} of ${count(marks.length, "mark")}.`;
    if (told) {
      told.hidden = all;
      told.querySelector("a").textContent = `Filter: ${share}`;
    }
  };
  filters.addEventListener("input", apply);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("reset", () => setTimeout(apply));
  addEventListener("pageshow", apply);
  const box = document.getElementById("filters");
  box.hidden = false;
  box.open = innerWidth > 480;
}
