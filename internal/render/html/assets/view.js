// The view of the records: the filter, the order, the groups, the columns, and the open
// records. The page's address has it, so that a link or a reload keeps it.

const view = { filter: "", sort: "", down: false, group: "", columns: firstColumns };

function shownColumns() { return view.columns.map((name) => columns.get(name)); }

// saveView writes the view into the address.
function saveView() {
  const saved = new URLSearchParams();
  if (view.filter) saved.set("filter", view.filter);
  if (view.sort) saved.set("sort", signedSort());
  if (view.group) saved.set("group", view.group);
  if (view.columns.join() !== firstColumns.join()) view.columns.forEach((name) => saved.append("column", name));
  for (const row of [...opened].slice(0, 20)) saved.append("open", identity(row));
  const hash = saved.toString();
  if (hash !== location.hash.slice(1)) history.replaceState(history.state, "", "#" + hash);
}

// loadView reads the address. It ignores names that the page does not have.
function loadView() {
  const saved = new URLSearchParams(location.hash.slice(1));
  view.filter = saved.get("filter") ?? "";
  setSort(saved.get("sort") ?? "");
  view.group = columns.has(saved.get("group")) ? saved.get("group") : "";
  const named = saved.getAll("column").filter((name) => columns.has(name));
  view.columns = named.length ? named : firstColumns;
  const open = new Set(saved.getAll("open"));
  opened.clear();
  if (open.size) rows.forEach((_, row) => { if (open.has(identity(row))) opened.add(row); });
}

function signedSort() { return (view.down ? "-" : "") + view.sort; }

// setSort takes the name of a column, with - in front for the descending order.
function setSort(signed) {
  const name = signed.replace(/^-/, "");
  view.sort = columns.has(name) ? name : "";
  view.down = view.sort !== "" && signed.startsWith("-");
}

// identity names a record in the address.
function identity(row) {
  return head.order.filter((name) => columns.has(name)).map((name) => columns.get(name).text(row)).join("/") || String(row);
}

// savePlace keeps what is of no use in a link: how far the table is scrolled, the closed
// groups and the focused cell.
function savePlace() {
  const line = body.contains(document.activeElement) ? lines[focus.line] : undefined;
  const place = { top: scroll.scrollTop, closed: [...closedGroups].slice(0, 1000), focus: line?.row === undefined ? null : { id: identity(line.row), cell: focus.cell } };
  history.replaceState(place, "");
}

// loadPlace goes to the place of the page before its reload.
function loadPlace() {
  const place = history.state;
  if (!place) return;
  for (const group of place.closed) closedGroups.add(group);
  update({ reset: false });
  scroll.scrollTop = place.top;
  redraw();
  const line = place.focus ? lines.findIndex((line) => line.row !== undefined && identity(line.row) === place.focus.id) : -1;
  if (line < 0) return;
  focus = { line, cell: place.focus.cell };
  focusCell();
}
