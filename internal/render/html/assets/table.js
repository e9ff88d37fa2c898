// The table. Only the rows that can be seen are in the page, between two rows that take the
// space of the others.

const $ = (id) => document.getElementById(id);

// element makes an element. Children that are texts stay texts.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

const scroll = $("scroll"), grid = $("grid"), body = grid.tBodies[0];
const isPhone = matchMedia("(max-width: 600px)");

// lines are what the table shows: {group, count}, {row}, or {row, details: true}.
let lines = [], tops = [0], heights = { line: 37, group: 37 };
const opened = new Set(), closedGroups = new Set();
const detailHeights = new Map();
let focus = { line: 0, cell: 0 };

function buildLines(selected, groupName) {
  lines = [];
  const add = (list) => {
    for (const row of list) {
      lines.push({ row });
      if (opened.has(row)) lines.push({ row, details: true });
    }
  };
  if (!groupName) add(selected);
  else {
    for (const [key, list] of grouped(selected, groupName)) {
      lines.push({ group: key, count: list.length });
      if (!closedGroups.has(key)) add(list);
    }
  }
  focus.line = Math.min(focus.line, Math.max(lines.length - 1, 0));
  drawn.clear();
  place();
}

// place computes where each line begins.
function place() {
  tops = new Float64Array(lines.length + 1);
  lines.forEach((line, i) => {
    const height = line.details ? detailHeights.get(line.row) ?? 300 : line.row === undefined ? heights.group : heights.line;
    tops[i + 1] = tops[i] + height;
  });
}

// lineAt returns the line at a height.
function lineAt(y) {
  let low = 0, high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tops[middle + 1] <= y) low = middle + 1;
    else high = middle;
  }
  return low;
}

// drawn are the rows of the page by their lines. They stay while the user scrolls, so that
// what has the focus in them keeps it.
const drawn = new Map();

// space takes the height of the lines that are not drawn.
const space = () => element("tr", { class: "space", "aria-hidden": "true" }, element("td"));
const above = space(), below = space();

// draw shows the lines that can be seen, or for a printer the first ones.
function draw(printed = 0) {
  const margin = 400, top = scroll.scrollTop - margin;
  const from = printed ? 0 : Math.max(0, lineAt(top)), to = printed ? Math.min(printed, lines.length) : Math.min(lines.length, lineAt(top + scroll.clientHeight + 2 * margin) + 1);
  const hadFocus = body.contains(document.activeElement);
  for (const i of drawn.keys()) {
    if (i < from || i >= to) drawn.delete(i);
  }
  const made = [above];
  for (let i = from; i < to; i++) {
    if (!drawn.has(i)) drawn.set(i, drawLine(i));
    made.push(drawn.get(i));
  }
  made.push(below);
  [[above, tops[from]], [below, tops[lines.length] - tops[to]]].forEach(([row, height]) => {
    row.hidden = printed || height <= 0;
    row.firstChild.style.height = height + "px";
    row.firstChild.colSpan = shownColumns().length + 1;
  });
  replaceRows(made);
  setTabStop();
  if (hadFocus && !body.contains(document.activeElement)) focusCell(false);
  if (!printed && measure(from, to)) {
    place();
    draw();
  }
}

// replaceRows puts rows into the table and leaves those alone that are there already.
function replaceRows(made) {
  const kept = new Set(made);
  for (const row of [...body.rows]) {
    if (!kept.has(row)) row.remove();
  }
  let next = body.firstChild;
  for (const row of made) {
    if (row === next) next = next.nextSibling;
    else body.insertBefore(row, next);
  }
}

// setTabStop makes the focused cell the one that Tab reaches, or one that can be seen.
function setTabStop() {
  body.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
  const row = drawn.get(focus.line) ?? drawn.values().next().value;
  row?.cells[Math.min(focus.cell, row.cells.length - 1)].setAttribute("tabindex", "0");
}

// measure corrects the assumed heights by those of the drawn lines.
function measure(from, to) {
  let changed = false;
  for (const row of body.rows) {
    const line = lines[Number(row.dataset.line)];
    if (!line || row.classList.contains("space")) continue;
    const height = row.getBoundingClientRect().height;
    const assumed = tops[Number(row.dataset.line) + 1] - tops[Number(row.dataset.line)];
    if (!height || Math.abs(height - assumed) < 0.75) continue;
    if (line.details) detailHeights.set(line.row, height);
    else heights[line.row === undefined ? "group" : "line"] = height;
    changed = true;
    if (!line.details) break; // the other lines have the same height
  }
  return changed && draw.depth < 4 && ++draw.depth > 0;
}
draw.depth = 0;

function redraw() {
  draw.depth = 0;
  draw();
}

function drawLine(i) {
  const line = lines[i], shownList = shownColumns();
  if (line.details) {
    const cell = element("td", { colspan: shownList.length + 1, role: "gridcell", tabindex: "-1" }, details(line.row));
    return element("tr", { class: "details", role: "row", "data-line": i, "aria-rowindex": i + 2 }, cell);
  }
  if (line.row === undefined) {
    const open = !closedGroups.has(line.group);
    const name = line.group === "" ? "(none)" : shown(line.group);
    const button = element("td", { colspan: shownList.length + 1, tabindex: "-1", role: "gridcell", "aria-expanded": String(open) },
      element("bdi", {}, name), element("span", { class: "number" }, line.count.toLocaleString("en")));
    return element("tr", { class: "group", role: "row", "data-line": i, "aria-rowindex": i + 2 }, button);
  }
  const cells = shownList.map((column, at) => {
    const text = column.text(line.row), color = tail.colors[column.name]?.[text];
    const cell = element(at === 0 ? "th" : "td", {
      tabindex: "-1", scope: at === 0 ? "row" : undefined, role: at === 0 ? "rowheader" : "gridcell", "data-label": shown(column.title),
      class: column.layout.kind === "number" ? "numeric" : color ? "state " + color : undefined, title: text.length > 24 ? shown(text.slice(0, 500)) : undefined,
    }, element("bdi", { class: /^[^\s,]{1,40}$/.test(text) && "whole" }, shown(text.slice(0, 300))));
    if (at === 0) cell.setAttribute("aria-expanded", String(opened.has(line.row)));
    return cell;
  });
  const link = consoleLink(line.row);
  cells.push(element("td", { class: "link", role: "gridcell", tabindex: "-1", "data-label": "Console" }, ...(link ? [link] : [])));
  return element("tr", { class: "record", role: "row", "data-line": i, "aria-rowindex": i + 2 }, ...cells);
}

function drawHead(view) {
  const cells = shownColumns().map((column) => {
    const sorted = view.sort === column.name;
    const button = element("button", { type: "button", "data-column": column.name }, element("bdi", {}, shown(column.title)));
    return element("th", { scope: "col", role: "columnheader", "data-label": shown(column.title), "aria-sort": sorted ? (view.down ? "descending" : "ascending") : "none",
      class: column.layout.kind === "number" ? "numeric" : undefined }, button);
  });
  cells.push(element("th", { scope: "col", role: "columnheader", class: "link" }, "Console"));
  grid.tHead.replaceChildren(element("tr", { role: "row", "aria-rowindex": "1" }, ...cells));
  grid.setAttribute("aria-colcount", String(cells.length));
}

// focusCell moves the focus to the current cell, and scrolls to it if it is not drawn.
function focusCell(scrolled = true) {
  const line = lines[focus.line];
  if (!line) return;
  if (scrolled) {
    const header = grid.tHead.offsetHeight, y = tops[focus.line];
    if (y < scroll.scrollTop) scroll.scrollTop = y;
    else if (tops[focus.line + 1] + header + 8 > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = Math.min(y, tops[focus.line + 1] + header + 8 - scroll.clientHeight);
    redraw();
  }
  const row = drawn.get(focus.line);
  if (row) row.cells[Math.min(focus.cell, row.cells.length - 1)].focus({ preventScroll: true });
  else scroll.focus({ preventScroll: true }); // the keys still move from the cell
}
