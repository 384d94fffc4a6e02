// The list of changes, by what happened and by what they hold. Groups that show nothing go, too.
const kind = document.getElementById("kind"), words = document.getElementById("words");
function show_changes() {
  const wanted = folded(words.value).split(/\s+/).filter(Boolean);
  let shown = 0, all = 0;
  for (const body of document.getElementById("list").tBodies) {
    const group = body.querySelector(".group").textContent;
    let here = 0;
    for (const row of body.querySelectorAll("tr[data-kind]")) {
      const text = folded(`${group} ${row.textContent}`);
      row.hidden = (kind.value && row.dataset.kind !== kind.value) || !wanted.every((word) => text.includes(word));
      here += row.hidden ? 0 : 1;
      all += 1;
    }
    body.hidden = here === 0;
    shown += here;
  }
  document.getElementById("shown").textContent = `${shown} of ${all} changes`;
}
if (kind) {
  kind.addEventListener("change", show_changes);
  words.addEventListener("input", show_changes);
  addEventListener("revealed", (event) => {
    if (!event.detail.closest("#list [hidden]")) { return; }
    kind.value = words.value = "";
    show_changes();
  });
  show_changes();
}
