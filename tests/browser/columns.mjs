// Side by side: prose and its panel at 1440 pixels, stacked at 390; the panel stays in view; long
// lines are not cut; the page can be used with the keyboard and read without JavaScript.
import { serve, launch, pages, stepChapters } from './lib/site.mjs';
import { ok, none, done } from './lib/tap.mjs';

const site = await serve();
const browser = await launch();
const chapters = stepChapters(await pages());
ok(chapters.length > 0, `${chapters.length} chapters have a step`);

const open = async (name, width, options = {}) => {
  const context = await browser.newContext({ viewport: { width, height: 900 }, ...options });
  const page = await context.newPage();
  await page.goto(`${site.origin}/html/${name}`);
  return page;
};

// Per row: is every panel right of the prose, in the same band? or below it?
const rows = (page) => page.evaluate(() =>
  [...document.querySelectorAll('.row.code')].map((row) => {
    const prose = row.querySelector('.prose').getBoundingClientRect();
    const beside = row.querySelector('.beside').getBoundingClientRect();
    return {
      id: row.querySelector('.panel')?.id ?? '?',
      right: beside.left >= prose.right && Math.abs(beside.top - prose.top) < 60,
      below: beside.top >= prose.bottom - 1 && Math.abs(beside.left - prose.left) < 40,
    };
  }));

for (const name of chapters) {
  const wide = await open(name, 1440);
  const paired = await rows(wide);
  ok(paired.length > 3, `${name}: ${paired.length} rows of prose and code`);
  none(paired.filter((r) => !r.right).map((r) => r.id), `${name}: at 1440 each panel stands right of its prose`);

  const cut = await wide.evaluate(() =>
    [...document.querySelectorAll('.panel .l')].filter((l) => l.scrollWidth > l.clientWidth + 1 && getComputedStyle(l).display !== 'inline')
      .map((l) => l.textContent));
  none(cut, `${name}: no line of a panel is cut`);

  // In the row whose prose outlasts its panels most (of those whose panels fit the window), they follow the reader.
  const followed = await wide.evaluate(async () => {
    const code = (row) => [...row.querySelectorAll('.panel')].reduce((sum, p) => sum + p.offsetHeight, 0);
    const slack = (row) => row.querySelector('.prose').offsetHeight - code(row);
    const row = [...document.querySelectorAll('.row.code')].filter((row) => code(row) < window.innerHeight - 60).sort((a, b) => slack(b) - slack(a))[0];
    if (slack(row) < 100) return true; // no prose here is longer than its code
    // Rows on the way get their true heights only when they come into view.
    const frame = () => new Promise(requestAnimationFrame);
    row.scrollIntoView();
    for (let i = 0; i < 3; i++) await frame();
    const prose = row.querySelector('.prose').getBoundingClientRect();
    window.scrollTo(0, window.scrollY + prose.top + Math.min(slack(row) - 20, prose.height / 2));
    for (let i = 0; i < 3; i++) await frame();
    const panel = row.querySelector('.panel').getBoundingClientRect();
    return panel.bottom > 0 && panel.top >= -1 && panel.top < window.innerHeight;
  });
  ok(followed, `${name}: a panel stays in view while its prose is read`);
  await wide.context().close();

  const narrow = await open(name, 390);
  none((await rows(narrow)).filter((r) => !r.below).map((r) => r.id), `${name}: at 390 each panel stands below its prose`);
  await narrow.context().close();

  const plain = await open(name, 1440, { javaScriptEnabled: false });
  ok((await plain.locator('.panel .l').count()) > 20 && (await plain.locator('main p').count()) > 20,
    `${name}: reads without JavaScript`);
  await plain.context().close();
}

// The keyboard reaches every link and fold, shows where it is, and opens a fold.
const page = await open(chapters[0], 1440);
const targets = await page.evaluate(() =>
  [...document.querySelectorAll('a[href], summary, button, [tabindex="0"]')].filter((e) => e.checkVisibility()).length);
await page.evaluate(() => {
  window.reached = new Set();
  window.unseen = [];
  document.addEventListener('focusin', (event) => {
    window.reached.add(event.target);
    const style = getComputedStyle(event.target);
    if (style.outlineStyle === 'none' && style.boxShadow === 'none') window.unseen.push(event.target.outerHTML.slice(0, 90));
  });
});
for (let i = 0; i < targets + 5; i++) await page.keyboard.press('Tab');
const reached = await page.evaluate(() => window.reached.size);
ok(reached >= targets, `the keyboard reaches all ${targets} links and folds`, `reached ${reached}`);
none(await page.evaluate(() => window.unseen), 'wherever the keyboard is, it shows');

await page.goto(`${site.origin}/html/${chapters[0]}`);
await page.keyboard.press('Tab');
await page.keyboard.press('Enter');
ok(page.url().endsWith('#main'), 'the first stop skips to the text');
const fold = page.locator('details summary').first();
await fold.focus();
await page.keyboard.press('Enter');
ok(await page.locator('details').first().evaluate((d) => d.open), 'Enter opens a folded answer');

// One click from a panel to that line of the whole file.
const link = page.locator('.panel figcaption a').first();
const target = (await link.getAttribute('href')).split('#')[1];
await link.click();
ok(await page.evaluate((id) => document.getElementById(id) !== null, target), `a panel leads to its line in the whole file (#${target})`);

await browser.close();
site.close();
done();
