"use strict";

// The records, their columns, and the view of them: filter, order and groups. Nothing here
// touches the page.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const head = read("head"), rows = read("records"), tail = read("tail");

// Characters without a shape of their own could hide or reorder text, so they are shown as
// escapes. Copies and downloads have the true value.
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?!\p{Variation_Selector})\p{Default_Ignorable_Code_Point}/gu;
const shown = (text) => text.replace(invisible, (c) => "\\u{" + c.codePointAt(0).toString(16) + "}");

// textOf is a value as the text of a cell.
function textOf(value, layout) {
  if (value === null || value === undefined) return "";
  switch (layout.kind) {
    case "list": return value.map((item) => textOf(item, layout.elem)).join(", ");
    case "map": return Object.entries(value).map(([key, item]) => key + "=" + textOf(item, layout.elem)).join(", ");
    case "object": return memberTexts(value, layout).map(([name, text]) => name + "=" + text).join(" ");
    case "any": return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  return String(value);
}

// memberTexts lists the members of an object that are not empty. AWS writes tags as objects
// with a key and a value.
function memberTexts(value, layout) {
  const texts = layout.fields.map((field, i) => [field.name, textOf(value[i], field.layout)]).filter(([, text]) => text !== "");
  const [key, content] = ["key", "value"].map((name) => texts.find((text) => text[0].toLowerCase() === name));
  return key && content && texts.length === 2 ? [[key[1], content[1]]] : texts;
}

// inflated is a value as in -o json.
function inflated(value, layout) {
  if (value === null || value === undefined) return null;
  switch (layout.kind) {
    case "list": return value.map((item) => inflated(item, layout.elem));
    case "map": return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inflated(item, layout.elem)]));
    case "object": return record(value, layout.fields);
  }
  return value;
}

function record(values, fields) {
  const object = {};
  fields.forEach((field, i) => {
    if (values[i] === null && field.optional) return;
    object[field.name] = inflated(values[i], field.layout);
  });
  return object;
}

// A column has a name, a title, and the text and the key to sort by of each row.
const columns = new Map();

function addColumn(name, title, layout, value) {
  columns.set(name, { name, title, layout, value, text: (row) => textOf(value(rows[row]), layout) });
}

head.fields.forEach((field, i) => addColumn(field.name, field.name, field.layout, (values) => values[i]));
let extra = head.fields.length;
for (const column of head.columns) {
  if (column.extra) {
    const at = extra++;
    addColumn(column.path, column.title, { kind: "text" }, (values) => values[at]);
  }
  columns.get(column.path).title = column.title;
}
const firstColumns = head.columns.map((column) => column.path).filter((name) => columns.has(name));

// addTagColumns adds a column for each key of the records' maps.
function addTagColumns() {
  const most = 200;
  head.fields.forEach((field, i) => {
    if (field.layout.kind !== "map") return;
    const keys = new Set();
    for (const values of rows) {
      if (keys.size >= most) break;
      for (const key in values[i]) keys.add(key);
    }
    for (const key of [...keys].sort(natural)) {
      const own = (values) => (values[i] && Object.hasOwn(values[i], key) ? values[i][key] : null);
      addColumn(field.name + "." + key, field.name + "." + key, field.layout.elem, own);
    }
  });
}

const natural = new Intl.Collator("en", { numeric: true }).compare;
addTagColumns();

// ranks has the place of each row in the order of a column. Rows without a value are last.
function ranks(column) {
  if (column.ranks) return column.ranks;
  const numeric = column.layout.kind === "number";
  const keys = rows.map((values, i) => (numeric ? column.value(values) : column.text(i)));
  const distinct = [...new Set(keys)].filter((key) => key !== "" && key !== null);
  const rank = new Map(distinct.sort(numeric ? (a, b) => a - b : natural).map((key, i) => [key, i]));
  column.ranks = Int32Array.from(keys, (key) => rank.get(key) ?? -1);
  return column.ranks;
}

// ordered sorts rows by a column, in place.
function ordered(list, name, down) {
  const rank = ranks(columns.get(name)), sign = down ? -1 : 1;
  return list.sort((a, b) => {
    if (rank[a] < 0 || rank[b] < 0) return (rank[a] < 0) - (rank[b] < 0);
    return sign * (rank[a] - rank[b]);
  });
}

// allRows are the rows in the order of muster's table.
let all;
function allRows() {
  if (!all) {
    const order = head.order.map((name) => columns.get(name)).filter(Boolean);
    const keys = rows.map((_, row) => order.map((column) => column.text(row)).join("\0"));
    all = rows.map((_, row) => row).sort((a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : 0));
  }
  return all.slice();
}

// The text that a filter searches is prepared while the browser is idle, or when it is
// needed.
const searchTexts = new Array(rows.length);
const extras = [...columns.values()].slice(head.fields.length).filter((column) => !column.name.includes("."));

function searchText(row) {
  let text = searchTexts[row];
  if (text === undefined) {
    const values = rows[row];
    text = "";
    for (let i = 0; i < head.fields.length; i++) {
      const part = textOf(values[i], head.fields[i].layout);
      if (part !== "") text += part + "\n";
    }
    for (const column of extras) text += column.text(row) + "\n";
    searchTexts[row] = text = text.toLowerCase();
  }
  return text;
}

// parseFilter reads words that must all match: text, "several words", or column:text.
function parseFilter(text) {
  const byTitle = new Map([...columns.values()].flatMap((column) => [[column.title.toLowerCase(), column], [column.name.toLowerCase(), column]]));
  return (text.match(/(?:"[^"]*"?|[^\s"])+/g) ?? []).map((word) => {
    const plain = word.replaceAll('"', "").toLowerCase();
    for (let at = plain.indexOf(":"); at > 0; at = plain.indexOf(":", at + 1)) { // a tag's key may have colons
      const column = byTitle.get(plain.slice(0, at));
      if (column && at + 1 < plain.length) return { column, text: plain.slice(at + 1) };
    }
    return { text: plain };
  }).filter((word) => word.text !== "");
}

// select returns the rows of a view, in order.
function select(view) {
  const words = parseFilter(view.filter);
  let list = allRows();
  if (words.length) {
    list = list.filter((row) => words.every((word) =>
      (word.column ? word.column.text(row).toLowerCase() : searchText(row)).includes(word.text)));
  }
  return view.sort ? ordered(list, view.sort, view.down) : list;
}

// grouped splits rows by the text of a column, in the order of the texts.
function grouped(list, name) {
  const column = columns.get(name), groups = new Map();
  for (const row of list) {
    const key = column.text(row);
    if (groups.has(key)) groups.get(key).push(row);
    else groups.set(key, [row]);
  }
  return [...groups].sort(([a], [b]) => (a === "") - (b === "") || natural(a, b));
}
