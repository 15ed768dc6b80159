// Every page: no console message, no request elsewhere, no sideways scrolling, and the chapters'
// weight. At five widths, and without an axe violation, in the dark scheme for what colours can break:
// every chapter, and of the hundreds of pages that the build makes alike every twelfth (with EVERY=1
// every one); the others at the narrowest and the widest.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { serve, launch, pages, isChapter } from './lib/site.mjs';
import { ok, none, done } from './lib/tap.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const site = await serve();
const browser = await launch();
const names = await pages();
const LIMIT = 100 * 1024; // as it is sent, with style sheet and script
const WIDTHS = [360, 390, 768, 1024, 1366];

ok(names.filter(isChapter).length > 5, `there are ${names.length} pages`);

const elsewhere = [], said = [], failed = [], heavy = [], sideways = [];
const violations = { light: [], dark: [] };
let heaviest = ['', 0];

const looked = names.filter((name, i) => isChapter(name) || process.env.EVERY || i % 12 === 0);

async function visit(context, name, scheme) {
  const page = await context.newPage();
  let weight = 0;
  page.on('request', (r) => {
    if (!r.url().startsWith(site.origin) && !r.url().startsWith('data:')) elsewhere.push(`${name}: ${r.url()}`);
  });
  page.on('response', (r) => {
    if (r.status() >= 400) failed.push(`${name}: ${r.url()} ${r.status()}`);
    weight += Number(r.headers()['content-length'] ?? 0);
  });
  page.on('console', (m) => said.push(`${name}: ${m.text()}`));
  page.on('pageerror', (e) => said.push(`${name}: ${e.message}`));
  await page.goto(`${site.origin}/html/${name}`, { waitUntil: 'load' });
  // Rows out of view are laid out only when the reader comes near; what is checked is all of them.
  await page.addStyleTag({ content: '.row { content-visibility: visible !important }' });
  const result = looked.includes(name) && await page.evaluate(axe).then(() =>
    page.evaluate((options) => window.axe.run(document, options),
      { resultTypes: ['violations'], ...(scheme === 'dark' && { runOnly: ['color-contrast'] }) }));
  for (const v of result ? result.violations : [])
    violations[scheme].push(`${name}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(' | ')}`);
  if (scheme === 'light') {
    if (isChapter(name) && weight > LIMIT) heavy.push(`${name}: ${weight} bytes`);
    if (isChapter(name) && weight > heaviest[1]) heaviest = [name, weight];
    for (const width of looked.includes(name) ? WIDTHS : [WIDTHS[0], WIDTHS.at(-1)]) {
      await page.setViewportSize({ width, height: 844 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (wide > 0) sideways.push(`${name}: ${wide} pixels too wide at ${width}`);
    }
  }
  await page.close();
}

for (const scheme of ['light', 'dark']) {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 1440, height: 900 } });
  const queue = [...(scheme === 'light' ? names : looked)];
  const worker = async () => { for (let name; (name = queue.shift()); ) await visit(context, name, scheme); };
  await Promise.all([worker(), worker()]);
  await context.close();
}

none(violations.light, 'axe finds nothing in light');
none(violations.dark, 'axe finds nothing in dark');
none(failed, 'every request succeeds');
none(elsewhere, 'no request leaves the book');
none(said, 'no page writes to the console');
none(heavy, `every chapter weighs less than 100 KB as it is sent (the heaviest: ${heaviest[0]}, ${heaviest[1]} bytes)`);
none(sideways, `no page scrolls sideways at ${WIDTHS.join(', ')} pixels`);

// The whole book in one file asks for nothing but itself.
const whole = await (await browser.newContext()).newPage();
const asked = [];
whole.on('request', (r) => { if (!r.url().startsWith('data:')) asked.push(r.url()); });
await whole.goto(`${site.origin}/iocp.html`);
ok(asked.length === 1, 'iocp.html is a single file', asked.join('\n'));

await browser.close();
site.close();
done();
