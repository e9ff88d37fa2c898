// The controls, the view in the address, downloads, and printing.

const view = { filter: "", sort: "", down: false, group: "", columns: firstColumns };

function shownColumns() { return view.columns.map((name) => columns.get(name)); }

let selected = [];

// update shows the view after a change. reset goes back to the first row.
function update({ reset = true } = {}) {
  selected = select(view);
  drawHead(view);
  buildLines(selected, view.group);
  grid.setAttribute("aria-rowcount", String(lines.length + 1));
  if (reset) {
    scroll.scrollTop = 0;
    focus = { line: 0, cell: 0 };
  }
  redraw();
  const total = rows.length.toLocaleString("en");
  announce(selected.length === rows.length ? `${total} ${head.noun}` : `${selected.length.toLocaleString("en")} of ${total} ${head.noun}`);
  saveView();
}

function announce(text) { $("count").textContent = text; }

// saveView writes the view into the address, so that a link or a reload keeps it.
function saveView() {
  const saved = new URLSearchParams();
  if (view.filter) saved.set("filter", view.filter);
  if (view.sort) saved.set("sort", (view.down ? "-" : "") + view.sort);
  if (view.group) saved.set("group", view.group);
  if (view.columns.join() !== firstColumns.join()) view.columns.forEach((name) => saved.append("column", name));
  for (const row of [...opened].slice(0, 20)) saved.append("open", identity(row));
  const hash = saved.toString();
  if (hash !== location.hash.slice(1)) history.replaceState(null, "", "#" + hash);
}

// loadView reads the address. It ignores names that the page does not have.
function loadView() {
  const saved = new URLSearchParams(location.hash.slice(1));
  view.filter = saved.get("filter") ?? "";
  const sort = saved.get("sort") ?? "";
  view.down = sort.startsWith("-");
  view.sort = columns.has(sort.replace(/^-/, "")) ? sort.replace(/^-/, "") : "";
  view.group = columns.has(saved.get("group")) ? saved.get("group") : "";
  const named = saved.getAll("column").filter((name) => columns.has(name));
  view.columns = named.length ? named : firstColumns;
  const open = new Set(saved.getAll("open"));
  opened.clear();
  if (open.size) rows.forEach((_, row) => { if (open.has(identity(row))) opened.add(row); });
  $("filter").value = view.filter;
  $("group").value = view.group;
}

// identity names a record in the address.
function identity(row) {
  return head.order.filter((name) => columns.has(name)).map((name) => columns.get(name).text(row)).join("/") || String(row);
}

function fillControls() {
  for (const column of columns.values()) {
    if (["list", "object", "map", "any"].includes(column.layout.kind) && !column.name.includes(".")) continue;
    $("group").append(new Option(shown(column.title), column.name));
  }
  $("chooser").addEventListener("toggle", fillChooser, { once: true });
}

// fillChooser lists the columns that can be shown.
function fillChooser() {
  const boxes = $("chooser").querySelector("fieldset");
  for (const column of columns.values()) {
    const box = element("input", { type: "checkbox", value: column.name });
    box.checked = view.columns.includes(column.name);
    boxes.append(element("label", {}, box, element("bdi", {}, shown(column.title))));
  }
  boxes.addEventListener("change", () => {
    const chosen = [...boxes.querySelectorAll("input:checked")].map((box) => box.value);
    const kept = view.columns.filter((name) => chosen.includes(name));
    view.columns = [...kept, ...chosen.filter((name) => !kept.includes(name))];
    update({ reset: false });
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
  $("group").addEventListener("change", () => {
    view.group = $("group").value;
    closedGroups.clear();
    update();
  });
  grid.tHead.addEventListener("click", (event) => {
    const name = event.target.closest("button")?.dataset.column;
    if (name === undefined) return;
    if (view.sort !== name) Object.assign(view, { sort: name, down: false });
    else if (!view.down) view.down = true;
    else Object.assign(view, { sort: "", down: false });
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
  scroll.addEventListener("focus", () => focusCell());
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
    $("left-out").textContent = "";
    redraw();
  });
}

function onKey(event) {
  if (event.target.closest("a, button") && event.key !== "Escape") return;
  const page = Math.max(1, Math.floor(scroll.clientHeight / heights.line) - 2);
  const moves = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1], PageDown: [page, 0], PageUp: [-page, 0], Home: [-Infinity, 0], End: [Infinity, 0] };
  if (event.key === "c" && !event.altKey && !event.metaKey && !event.shiftKey && !String(getSelection())) {
    const line = lines[focus.line], column = shownColumns()[focus.cell];
    if (line?.row === undefined || line.details) return;
    copy(column ? column.text(line.row) : consoleURL(line.row));
  } else if (event.ctrlKey || event.altKey || event.metaKey) {
    return;
  } else if (moves[event.key]) {
    const [down, right] = moves[event.key];
    focus.line = Math.max(0, Math.min(lines.length - 1, focus.line + down));
    focus.cell = Math.max(0, Math.min(shownColumns().length, focus.cell + right));
    focusCell();
  } else if (event.key === "Enter" || event.key === " ") {
    if (lines[focus.line]?.details) return;
    toggle(focus.line);
    focusCell();
  } else {
    return;
  }
  event.preventDefault();
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

// printAll puts all rows into the page, or as many as a printer takes.
function printAll() {
  const most = 5000;
  draw(most);
  if (lines.length > most) {
    $("left-out").textContent = `The first ${most.toLocaleString("en")} of ${lines.length.toLocaleString("en")} lines are printed. A filter chooses others; Download CSV has all of them.`;
  }
}

// reload reads the file again after a while, unless the user is typing.
function reload() {
  if (!head.reload) return;
  setTimeout(() => {
    if (document.activeElement === $("filter") || $("chooser").open) reload();
    else location.reload();
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
prepare();
reload();
