// The controls, downloads, printing, and the start of the page.

let selected = [];

// update shows the view after a change. reset goes back to the first row.
function update({ reset = true } = {}) {
  selected = select(view);
  drawHead(view);
  $("filter").value = view.filter;
  $("sort").value = signedSort();
  $("group").value = view.group;
  buildLines(selected, view.group);
  grid.setAttribute("aria-rowcount", String(lines.length + 1));
  if (reset) {
    scroll.scrollTop = 0;
    focus = { line: 0, cell: 0 };
  }
  redraw();
  const total = rows.length.toLocaleString("en") + " " + (rows.length === 1 ? head.singular : head.noun);
  announce(selected.length === rows.length ? total : selected.length.toLocaleString("en") + " of " + total);
  saveView();
}

function announce(text) { $("count").textContent = text; }

function fillControls() {
  for (const column of columns.values()) {
    const title = shown(column.title);
    const isScalar = !["list", "object", "map", "any"].includes(column.layout.kind);
    if (isScalar || column.name.includes(".")) $("group").append(new Option(title, column.name));
    $("sort").append(new Option(title, column.name), new Option(title + ", descending", "-" + column.name));
  }
  $("chooser").addEventListener("toggle", fillChooser, { once: true });
}

// fillChooser lists the columns that can be shown.
function fillChooser() {
  const boxes = $("chooser").querySelector("fieldset");
  const check = () => boxes.querySelectorAll("input").forEach((box) => { box.checked = view.columns.includes(box.value); });
  for (const column of columns.values()) {
    boxes.append(element("label", {}, element("input", { type: "checkbox", value: column.name }), element("bdi", {}, shown(column.title))));
  }
  check();
  boxes.addEventListener("change", () => {
    const chosen = [...boxes.querySelectorAll("input:checked")].map((box) => box.value);
    const kept = view.columns.filter((name) => chosen.includes(name));
    view.columns = [...kept, ...chosen.filter((name) => !kept.includes(name))];
    update({ reset: false });
  });
  $("first-columns").addEventListener("click", () => {
    view.columns = firstColumns;
    update({ reset: false });
    check();
  });
}

// toggle opens or closes the record or the group of a line.
function toggle(i) {
  const line = lines[i];
  if (!line) return;
  const [set, key] = line.row === undefined ? [closedGroups, line.group] : [opened, line.row];
  if (!set.delete(key)) set.add(key);
  buildLines(selected, view.group);
  grid.setAttribute("aria-rowcount", String(lines.length + 1));
  redraw();
  saveView();
}

function listen() {
  $("controls").addEventListener("submit", (event) => event.preventDefault());
  $("filter").addEventListener("input", () => {
    view.filter = $("filter").value;
    update();
  });
  $("sort").addEventListener("change", () => {
    setSort($("sort").value);
    update();
  });
  $("group").addEventListener("change", () => {
    view.group = $("group").value;
    closedGroups.clear();
    update();
  });
  $("chooser").addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    $("chooser").open = false;
    $("chooser").querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (!$("chooser").contains(event.target)) $("chooser").open = false;
  });
  grid.tHead.addEventListener("click", (event) => {
    const name = event.target.closest("button")?.dataset.column;
    if (name === undefined) return;
    setSort(view.sort !== name ? name : view.down ? "" : "-" + name);
    update();
    [...grid.tHead.querySelectorAll("button")].find((button) => button.dataset.column === name)?.focus();
  });
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-line]");
    if (!row || event.target.closest("a, button") || row.classList.contains("details") || String(getSelection())) return;
    focus = { line: Number(row.dataset.line), cell: event.target.closest("th, td")?.cellIndex ?? 0 };
    toggle(focus.line);
    focusCell(false);
  });
  scroll.addEventListener("keydown", onKey);
  body.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr[data-line]");
    if (row) focus = { line: Number(row.dataset.line), cell: event.target.closest("th, td").cellIndex };
  });
  let waiting = false;
  scroll.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      redraw();
    });
  }, { passive: true });
  addEventListener("resize", redraw);
  isPhone.addEventListener("change", redraw);
  addEventListener("hashchange", () => {
    loadView();
    update();
  });
  $("csv").addEventListener("click", () => download("csv", "text/csv", csv()));
  $("json").addEventListener("click", () => download("json", "application/json",
    "[\n" + selected.map((row) => "  " + JSON.stringify(record(rows[row], head.fields))).join(",\n") + "\n]\n"));
  addEventListener("beforeprint", printAll);
  addEventListener("afterprint", () => {
    $("printed").textContent = "";
    redraw();
  });
}

// csv writes the selected rows with the columns of the table. Spreadsheets take no cell for
// a formula.
function csv() {
  const cell = (text) => {
    if (/^[=+\-@\t\r\n＝＋－＠]/.test(text)) text = "'" + text;
    return /[",\r\n]|^\s|\s$/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  const list = shownColumns();
  const line = (texts) => texts.map(cell).join(",") + "\r\n";
  return line(list.map((column) => column.title)) + selected.map((row) => line(list.map((column) => column.text(row)))).join("");
}

function download(extension, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  element("a", { href: url, download: head.title.replace(/[^\w]+/g, "-") + "." + extension }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

// printAll puts all rows into the page, or as many as a printer takes, and says how they
// were chosen.
function printAll() {
  const most = 5000, notes = [];
  draw(most);
  if (view.filter) notes.push("Filter: " + shown(view.filter) + ".");
  if (view.sort) notes.push("Sorted by " + shown(columns.get(view.sort).title) + (view.down ? ", descending." : "."));
  if (lines.length > most) notes.push(`The first ${most.toLocaleString("en")} of ${lines.length.toLocaleString("en")} lines are printed. A filter chooses others; Download CSV has all of them.`);
  $("printed").textContent = notes.join(" ");
  for (const places of document.querySelectorAll("#gaps details:not([open])")) {
    places.open = true;
    addEventListener("afterprint", () => { places.open = false; }, { once: true });
  }
}

// reload reads the file again after a while, unless the user is typing.
function reload() {
  if (!head.reload) return;
  setTimeout(() => {
    if (document.activeElement === $("filter") || $("chooser").open || String(getSelection())) reload();
    else {
      savePlace();
      location.reload();
    }
  }, head.reload);
}

// prepare fills searchTexts while the browser is idle.
function prepare(row = 0) {
  const idle = window.requestIdleCallback ?? ((f) => setTimeout(() => f({ timeRemaining: () => 8 }), 20));
  idle((deadline) => {
    while (row < rows.length && deadline.timeRemaining() > 1) searchText(row++);
    if (row < rows.length) prepare(row);
  });
}

fillControls();
loadView();
$("table").hidden = rows.length === 0;
listen();
update();
loadPlace();
prepare();
reload();
