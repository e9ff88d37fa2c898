package html

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// key presses keys: a text, or a named key of the table of chromedp.
func (p *opened) key(keys string) {
	p.t.Helper()
	p.run(chromedp.KeyEvent(keys))
}

const (
	tab, enter, escape = "\t", "\r", "\u001b"
	left, up           = "\u0302", "\u0304"
	right, down        = "\u0303", "\u0301"
	end, home          = "\u0305", "\u0306"
)

// focusedCell is the line and the cell that have the focus.
const focusedCell = "document.activeElement.closest('tr')?.dataset.line + '/' + document.activeElement.cellIndex"

// TestKeyboard: a user without a mouse reaches the table with Tab, moves with the arrows,
// opens, copies and closes.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	p := openPage(t, written(testPage(), generated(300)))
	p.run(chromedp.Focus(chromedp.CSS("#json")))
	stops := []string{}
	for range 20 {
		p.key(tab)
		stop := value[string](p, "document.activeElement.dataset.column ?? document.activeElement.tagName")
		if stops = append(stops, stop); stop == "TH" {
			break
		}
	}
	if len(stops) != 12 || stops[0] != "AccountName" || stops[11] != "TH" {
		t.Fatalf("Tab reaches %q, want the 11 headings and a cell", stops)
	}
	p.want(focusedCell, "0/0")
	p.key(down + down + right + up)
	p.want(focusedCell, "1/1")
	p.key(end)
	p.want(focusedCell, "299/1")
	p.want("document.activeElement.closest('tr').getAttribute('aria-rowindex')", "301")
	p.key(home + left)
	p.want(focusedCell, "0/0")

	p.key("c")
	p.want("document.getElementById('count').textContent", "Copied Team 0")
	p.key(enter)
	p.want("document.activeElement.getAttribute('aria-expanded')", "true")
	p.key(down)
	p.want("document.activeElement.parentNode.className", "details")

	// The copies within a record follow, and keep the focus while the table scrolls.
	copies := value[float64](p, "document.querySelectorAll('tr.details .copy').length")
	for i := range int(copies) {
		p.key(tab)
		p.want(fmt.Sprintf("[...document.querySelectorAll('tr.details .copy')].indexOf(document.activeElement) === %d && "+focusedCell, i), "1/undefined")
	}
	p.key(escape)
	p.want("document.querySelectorAll('tr.details').length", "0")
	p.want(focusedCell, "0/0")
	p.want("location.hash", "")

	// Enter on the last cell follows its link.
	p.do("document.addEventListener('click', (event) => { if (event.target.closest('a')) { event.preventDefault(); window.followed = event.target.href } }, true)")
	p.key(up)
	for range 12 {
		p.key(right)
	}
	p.want("document.activeElement.className", "link")
	p.key(enter)
	p.want("window.followed === document.activeElement.querySelector('a').href", "true")

	// The focus stays with the table when its cell scrolls away, and the keys go on from it.
	p.do("scroll.scrollTop = 5000")
	p.wait("document.querySelector('tr[data-line=\"0\"]') === null")
	p.want("document.activeElement.id", "scroll")
	p.key(down)
	p.want(focusedCell, "1/11")
	p.checkQuiet()
}

// TestRoles: a screen reader finds a grid with its rows, cells and order, and hears how
// many rows match.
func TestRoles(t *testing.T) {
	t.Parallel()
	p := openPage(t, written(testPage(), generated(300)))
	p.want("grid.getAttribute('role') + grid.getAttribute('aria-rowcount') + '/' + grid.getAttribute('aria-colcount')", "grid301/12")
	p.want("[...body.querySelectorAll('tr[data-line]')].every(row => row.role === 'row' && row.ariaRowIndex && [...row.cells].every(cell => ['gridcell', 'rowheader'].includes(cell.role)))", "true")
	p.want("[...grid.tHead.querySelectorAll('th')].every(th => th.role === 'columnheader')", "true")
	p.want("document.querySelectorAll('[tabindex=\"0\"]').length", "1")
	p.want("document.getElementById('count').role + ' ' + document.getElementById('count').ariaLive", "status polite")
	p.click("thead button[data-column=Name]")
	p.want("[...document.querySelectorAll('th[aria-sort]')].map(th => th.ariaSort).join()", "none,none,none,none,ascending,none,none,none,none,none,none")
	p.want("document.activeElement.dataset.column", "Name")
	p.want("[...document.querySelectorAll('input, select')].every(control => control.labels.length === 1)", "true")
	p.want("[...document.querySelectorAll('figure svg')].every(svg => svg.role === 'img' && svg.getAttribute('aria-labelledby').split(' ').every(id => document.getElementById(id).textContent))", "true")
	p.checkQuiet()
}
