// How long ago things were, in the words that the server uses, kept true.

export function span(ms) {
  const m = Math.floor(ms / 60000);
  if (m < 1) return 'just now';
  if (m < 60) return `${m} min`;
  if (m < 1440) return m % 60 ? `${Math.floor(m / 60)} h ${m % 60} min` : `${m / 60} h`;
  if (m < 2880) return '1 day';
  return `${Math.floor(m / 1440)} days`;
}

// The clock of a desk may be wrong; the service's counts.
const ahead = Date.now() - Number(document.querySelector('meta[name="now"]').content);

export function tellAges(root = document) {
  for (const t of root.querySelectorAll('time[data-age]')) {
    const words = span(Date.now() - ahead - Date.parse(t.dateTime));
    if (t.textContent !== words) t.textContent = words;
  }
}

export function keepAges() {
  setInterval(tellAges, 10000);
}
