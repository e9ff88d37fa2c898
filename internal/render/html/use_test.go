package html

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const firstCells = "[...document.querySelectorAll('tr.record')].map(row => row.cells[%d].innerText.trim())"

// TestUse: a user filters, sorts, groups, opens and downloads hostile records.
func TestUse(t *testing.T) {
	t.Parallel()
	records := generated(300)
	p := openPage(t, written(testPage(), records))
	p.want("document.getElementById('count').textContent", "300 instances")
	p.want("document.querySelector('#gaps h2').textContent", "Incomplete: 3 places did not answer")
	p.want("document.querySelectorAll('figure svg title').length", "6")

	p.run(chromedp.SendKeys(chromedp.CSS("#filter"), "state:running Team"))
	matching := 0
	for _, r := range records {
		if r.State == "running" && strings.Contains(strings.ToLower(fmt.Sprintf("%+v", r)), "team") {
			matching++
		}
	}
	p.want("document.getElementById('count').textContent", fmt.Sprintf("%d of 300 instances", matching))
	p.want("new Set("+fmt.Sprintf(firstCells, 6)+").size", "1")

	p.click("thead button[data-column=Cores]")
	p.click("thead button[data-column=Cores]")
	p.want("document.querySelector('th[aria-sort=descending]').innerText.trim().slice(0, 5)", "Cores")
	p.want("(c => c.every((n, i) => i === 0 || c[i-1] >= n))("+fmt.Sprintf(firstCells, 9)+".map(Number))", "true")
	p.want("location.hash", "#filter=state%3Arunning+Team&sort=-Cores")

	p.do("const group = document.getElementById('group'); group.value = 'Region'; group.dispatchEvent(new Event('change'))")
	p.want("document.querySelector('tr.group bdi').innerText", "cn-north-1")
	p.click("tr.group td")
	p.want("document.querySelector('tr.group td').getAttribute('aria-expanded')", "false")

	saved := p.download("#csv", "Instances.csv")
	if lines := strings.Count(string(saved), "\r\n"); lines != matching+1 {
		t.Errorf("%d lines of CSV, want %d", lines, matching+1)
	}
	for _, formula := range []string{",=", ",@", ",-", "\n=", ",\"="} {
		if strings.Contains(string(saved), formula) {
			t.Errorf("CSV has a formula behind %q", formula)
		}
	}
	p.checkQuiet()
}

// TestDetails: a record shows all fields, and the JSON of a download is the records.
func TestDetails(t *testing.T) {
	t.Parallel()
	records := generated(len(hostile) * 3)
	p := openPage(t, written(testPage(), records))
	p.click("tr.record th")
	p.want("document.querySelectorAll('tr.details dt').length", "15")
	p.want("document.querySelector('tr.record th').getAttribute('aria-expanded')", "true")
	p.want("/[\\u0000-\\u0008\\u202e\\u2028]/.test(document.body.innerText)", "false")

	var downloaded []map[string]any
	if err := json.Unmarshal(p.download("#json", "Instances.json"), &downloaded); err != nil {
		t.Fatal(err)
	}
	byID := map[any]map[string]any{}
	for _, r := range downloaded {
		byID[r["InstanceId"]] = r
	}
	for _, r := range records {
		if !json.Valid([]byte(fmt.Sprintf("%q", r.Name))) { // bytes that no JSON can have
			continue
		}
		want := map[string]any{}
		text, _ := json.Marshal(r)
		json.Unmarshal(text, &want)
		if r.Note == nil {
			delete(want, "Note")
		}
		got, _ := json.Marshal(byID[r.InstanceId])
		if expected, _ := json.Marshal(want); string(got) != string(expected) {
			t.Errorf("downloaded %s\nwant %s", got, expected)
		}
	}
	p.want("[...document.querySelectorAll('a')].every(a => a.protocol === 'https:' && a.relList.contains('noreferrer') && a.host.startsWith('console.'))", "true")
	p.checkQuiet()
}

// TestOrder: without an order of its own, the table has the records as they came, and the
// address names an open one.
func TestOrder(t *testing.T) {
	t.Parallel()
	p := openPage(t, writtenIn(nil, testPage(), generated(30)))
	p.want(fmt.Sprintf(firstCells, 3)+"[7]", "i-00000000000000007")
	p.click("tr.record[data-line='2'] td")
	p.want("location.hash", "#open=2")
	p.run(chromedp.Reload(), chromedp.WaitReady(chromedp.CSS("tr.details")))
	p.checkQuiet()
}

// TestAddress: a view comes back from its address, and hostile addresses do nothing.
func TestAddress(t *testing.T) {
	t.Parallel()
	p := openPage(t, written(testPage(), generated(100)))
	p.do("location.hash = 'filter=running&sort=-Name&group=State&column=Name&column=State&open=x'")
	p.run(chromedp.Reload(), chromedp.WaitReady(chromedp.CSS("tr.record")))
	p.want("document.getElementById('filter').value", "running")
	p.want("document.getElementById('group').value", "State")
	p.want("document.querySelectorAll('thead th').length", "3")
	p.do("location.hash = 'sort=__proto__&group=constructor&column=<script>window.ran=1</script>&filter=%22%3Cimg'")
	p.wait("document.getElementById('filter').value === '\"<img'")
	p.want("document.querySelectorAll('thead th').length", "12")
	p.checkQuiet()
}

// TestWithoutScript: without JavaScript, the page shows the counts, the gaps and the charts.
func TestWithoutScript(t *testing.T) {
	t.Parallel()
	p := openPage(t, written(testPage(), generated(50)), chromedp.Flag("blink-settings", "scriptEnabled=false"))
	for _, shown := range []string{"#gaps-title", "#gaps details", "noscript p", "figure svg", ".facts"} {
		p.run(chromedp.WaitVisible(chromedp.CSS(shown)))
	}
}

// TestManyRecords: 50,000 records open and are filtered while the user waits. The limits
// are far above the times of a machine at rest.
func TestManyRecords(t *testing.T) {
	t.Parallel()
	page := written(testPage(), generated(50_000))
	start := time.Now()
	p := openPage(t, page)
	t.Logf("%d bytes opened in %s", len(page), time.Since(start))
	p.want("document.getElementById('count').textContent", "50,000 instances")
	interactive := value[float64](p, "performance.getEntriesByType('navigation')[0].domInteractive")
	p.do("for (let i = 0; i < rows.length; i++) searchText(i)")
	filter := value[float64](p, `Math.min(...Array.from({length: 5}, () => { // the fastest: others share the processors
		const input = document.getElementById('filter'); input.value = 'i-0000000000000c3'; const start = performance.now();
		input.dispatchEvent(new Event('input')); return performance.now() - start }))`)
	t.Logf("interactive after %.0f ms, filtered in %.0f ms", interactive, filter)
	p.want("document.getElementById('count').textContent", "80 of 50,000 instances")
	if interactive > 20_000 || filter > 2_000 {
		t.Errorf("interactive after %.0f ms, filtered in %.0f ms", interactive, filter)
	}
	p.do("const input = document.getElementById('filter'); input.value = ''; input.dispatchEvent(new Event('input'))")
	p.do("document.getElementById('scroll').scrollTop = 1e9")
	p.wait("[...document.querySelectorAll('tr.record')].at(-1)?.getAttribute('aria-rowindex') === '50001'")
	p.want("document.querySelectorAll('tr.record').length < 200", "true")
	p.checkQuiet()
}

// TestReload: the page of --watch reads its file again and keeps the view, the closed
// groups, the place in the table and the focus, whatever records are new.
func TestReload(t *testing.T) {
	t.Parallel()
	again := testPage()
	again.Reload = time.Hour
	p := openPage(t, written(again, generated(500)))
	p.do("location.hash = 'sort=-Cores&group=State&open=111122223334%2Feu-west-1%2Fi-00000000000000034'")
	p.wait("document.getElementById('group').value === 'State'")
	p.click("tr.group td")
	p.do("lines.findIndex((line, i) => line.row !== undefined && i > 100 && (focus.line = i)); focus.cell = 4; focusCell()")
	focused, top := value[string](p, "identity(lines[focus.line].row)"), value[float64](p, "scroll.scrollTop")
	if err := os.WriteFile(filepath.Join(p.folder, "page.html"), written(again, generated(507)), 0o600); err != nil {
		t.Fatal(err)
	}
	p.do("head.reload = 1; reload()")
	p.wait("document.getElementById('count')?.textContent === '507 instances'")
	p.want("location.hash.slice(0, 30)", "#sort=-Cores&group=State&open=")
	p.want("document.querySelector('tr.group td')?.getAttribute('aria-expanded') ?? closedGroups.has('running')", "true")
	p.want("document.activeElement.closest('tr[data-line]') && identity(lines[focus.line].row)", focused)
	p.want("focus.cell", "4")
	if now := value[float64](p, "scroll.scrollTop"); top < 1000 || now < top-500 || now > top+500 {
		t.Errorf("the table is scrolled to %g, not to %g", now, top)
	}
	p.checkQuiet()
}
