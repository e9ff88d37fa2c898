// The keyboard in the table: one cell at a time has the focus, and the arrows move it.

function onKey(event) {
  const inside = event.target.closest("a, button"); // the browser's own keys
  if (event.ctrlKey || event.altKey || event.metaKey || inside && event.key !== "Escape") return;
  if (move(event.key) || act(event.key, event.shiftKey)) event.preventDefault();
}

// move moves the focus, and reports whether the key does so.
function move(key) {
  const page = Math.max(1, Math.floor(scroll.clientHeight / heights.line) - 2);
  const moves = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1], PageDown: [page, 0], PageUp: [-page, 0], Home: [-Infinity, 0], End: [Infinity, 0] };
  if (!moves[key]) return false;
  const [down, right] = moves[key];
  focus.line = Math.max(0, Math.min(lines.length - 1, focus.line + down));
  focus.cell = Math.max(0, Math.min(shownColumns().length, focus.cell + right));
  focusCell();
  return true;
}

// act opens, closes or copies what has the focus, and reports whether the key does so.
function act(key, shift) {
  const line = lines[focus.line];
  if (!line) return false;
  const column = line.row === undefined || line.details ? undefined : shownColumns()[focus.cell];
  switch (key) {
    case "c":
      if (shift || line.row === undefined || line.details || String(getSelection())) return false;
      copy(column ? column.text(line.row) : consoleURL(line.row));
      return true;
    case "Enter":
    case " ":
      if (line.details) return false;
      if (line.row !== undefined && !column) document.activeElement.querySelector("a")?.click();
      else toggle(focus.line);
      focusCell();
      return true;
    case "Escape":
      if (!opened.has(line.row)) return false;
      if (line.details) focus.line--;
      toggle(focus.line);
      focusCell();
      return true;
  }
  return false;
}
