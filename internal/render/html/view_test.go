package html

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestColumns: a user chooses columns, and gets the first ones back.
func TestColumns(t *testing.T) {
	t.Parallel()
	p := openPage(t, written(testPage(), generated(30)))
	titles := "[...document.querySelectorAll('thead button')].map(button => button.innerText.trim()).join()"
	first := value[string](p, titles)
	p.click("#chooser summary")
	p.wait("document.querySelectorAll('#chooser label').length > 15")
	p.click("#chooser input[value=AccountId]")
	p.click("#chooser input[value=LaunchTime]")
	p.want(titles, strings.Replace(first, "AccountId,", "", 1)+",LaunchTime")
	p.want("location.hash.includes('column=LaunchTime')", "true")
	p.click("#first-columns")
	p.want(titles, first)
	p.want("location.hash", "")
	p.want("document.querySelector('#chooser input[value=AccountId]').checked", "true")
	p.key(escape)
	p.want("document.getElementById('chooser').open + document.activeElement.tagName", "falseSUMMARY")
	p.click("#chooser summary")
	p.click("h1")
	p.want("document.getElementById('chooser').open", "false")
	p.checkQuiet()
}

// TestPhone: a phone shows a record as a list of its fields, and chooses the order from a
// list, since it has no headings.
func TestPhone(t *testing.T) {
	t.Parallel()
	p := openPage(t, written(testPage(), generated(300)))
	p.run(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 844, DeviceScaleFactor: 2, Mobile: true})
		return err
	}))
	p.wait("getComputedStyle(grid.tHead).display === 'none'")
	p.want("document.documentElement.scrollWidth", "390")
	p.do("const sort = document.getElementById('sort'); sort.value = '-Cores'; sort.dispatchEvent(new Event('change'))")
	p.want("sort.offsetParent !== null", "true")
	p.want("(c => c.length > 2 && c.every((n, i) => i === 0 || c[i-1] >= n))("+fmt.Sprintf(firstCells, 9)+".map(Number))", "true")
	p.want("location.hash", "#sort=-Cores")
	p.do("const group = document.getElementById('group'); group.value = 'State'; group.dispatchEvent(new Event('change'))")
	p.do("scroll.scrollTop = 1e9")
	p.wait("[...document.querySelectorAll('tr.record')].at(-1)?.ariaRowIndex === '303'")
	p.want("document.documentElement.scrollWidth", "390")
	p.checkQuiet()
}

// TestPrint: on paper are all the rows of the filter, how they were chosen, and every gap.
func TestPrint(t *testing.T) {
	t.Parallel()
	p := openPage(t, written(testPage(), generated(300)))
	p.do("location.hash = 'filter=state:running&sort=-Name'")
	p.wait("document.getElementById('filter').value === 'state:running'")
	p.do("dispatchEvent(new Event('beforeprint'))")
	p.want("document.querySelectorAll('tr.record').length + ' of 300 instances' === document.getElementById('count').textContent", "true")
	p.want("document.getElementById('printed').textContent", "Filter: state:running. Sorted by Name, descending.")
	p.want("document.querySelectorAll('#gaps details[open]').length", "1")
	p.do("dispatchEvent(new Event('afterprint'))")
	p.want("document.querySelectorAll('tr.record').length < 100 && document.getElementById('printed').textContent", "")
	p.want("document.querySelectorAll('#gaps details[open]').length", "0")
	p.checkQuiet()
}

// TestForbidden: the policy stops what data could bring in if it became a part of the page.
func TestForbidden(t *testing.T) {
	t.Parallel()
	p := openPage(t, written(testPage(), generated(3)))
	p.do(`window.violations = []; document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
		const add = (html) => document.body.append(document.createRange().createContextualFragment(html));
		add('<script>window.ran = 1</script>'); add('<img src="https://muster.invalid/x" onerror="window.ran = 2">'); add('<p style="color: red">');
		add('<iframe src="https://muster.invalid/">'); fetch('https://muster.invalid/').catch(() => violations.push('fetched'))`)
	p.wait("violations.length >= 6")
	p.want("[...new Set(violations)].sort().join()", "connect-src,fetched,frame-src,img-src,script-src-attr,script-src-elem,style-src-attr")
	p.want("window.ran", "undefined")
}
