// What can be told by looking at a page: names of controls, ids used twice, headings in order, sizes to press (WCAG 2.2, 2.5.8:
// 24 pixels, links in running text apart) and contrast of words (1.4.3: 4.5 to 1). The value is the faults, one a line.
(() => {
	const faults = [], seen = new Set(), shown = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length;
	const say = (e, what) => faults.push(what + ': ' + e.outerHTML.slice(0, 90));
	for (const e of document.querySelectorAll('[id]')) { if (seen.has(e.id)) say(e, 'id twice'); seen.add(e.id); }
	for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
		if (!e.labels?.length && !e.ariaLabel) say(e, 'no label');
		for (const id of (e.getAttribute('aria-describedby') || '').split(' ')) if (id && !document.getElementById(id)) say(e, 'described by nothing');
	}
	for (const e of document.querySelectorAll('button, a[href], summary')) if (!e.textContent.trim() && !e.ariaLabel) say(e, 'no name');
	let last = 0;
	for (const e of document.querySelectorAll('h1, h2, h3, h4')) {
		const n = Number(e.tagName[1]);
		if (n > last + 1) say(e, 'a heading is skipped');
		last = n;
	}
	if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
	for (const e of document.querySelectorAll('button, input:not([type=hidden]), select, summary, a.c-button, nav a')) {
		if (!shown(e)) continue;
		const box = (e.closest('label') || e).getBoundingClientRect();
		if (box.width < 24 || box.height < 24) say(e, 'too small to press');
	}
	const rgb = (s) => { const m = s.match(/[\d.]+/g).map(Number); return { c: m.slice(0, 3), a: m[3] ?? 1 }; };
	const lum = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const ground = (e) => { for (; e; e = e.parentElement) { const b = rgb(getComputedStyle(e).backgroundColor); if (b.a > 0.99) return b.c; } return [255, 255, 255]; };
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (!walk.currentNode.textContent.trim() || !shown(e) || e.closest('.govuk-visually-hidden, .govuk-skip-link, noscript, script')) continue;
		const a = lum(rgb(getComputedStyle(e).color).c), b = lum(ground(e)), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) say(e, 'contrast ' + ratio.toFixed(2));
	}
	return faults.join('\n');
})()
