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
  // Where code is wrapped: no numbered row begins blank, and in the text it breaks at blanks only.
  const broken = await narrow.evaluate(() => {
    const said = [], range = document.createRange();
    for (const line of document.querySelectorAll('.panel .l')) {
      const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
      let text;
      while ((text = walker.nextNode()) && (text.parentElement.matches('.g') || !text.data.trim()));
      if (!text) continue;
      const at = text.data.search(/\S/);
      range.setStart(text, at);
      range.setEnd(text, at + 1);
      if (range.getBoundingClientRect().top - line.getBoundingClientRect().top > 10) said.push(`a blank row before ${line.textContent}`);
    }
    for (const code of document.querySelectorAll('p code, li code'))
      if (!code.matches('.long') && code.getClientRects().length > 1) said.push(`broken: ${code.textContent}`);
    return said;
  });
  none(broken, `${name}: at 390 no row of code begins blank, no short code is broken`);
  await narrow.context().close();

  const plain = await open(name, 1440, { javaScriptEnabled: false });
  ok((await plain.locator('.panel .l').count()) > 20 && (await plain.locator('main p').count()) > 20,
    `${name}: reads without JavaScript`);
  await plain.context().close();
}

// Two columns only where the text gets its 60 characters; else one.
for (const [width, columns] of [[1024, 1], [1280, 1], [1366, 2], [1920, 2]]) {
  const page = await open(chapters[0], width);
  const [paired, characters] = [await rows(page), await page.evaluate(() => {
    const paragraph = document.querySelector('.row .prose > p');
    const pen = document.createElement('canvas').getContext('2d');
    const style = getComputedStyle(paragraph);
    pen.font = `${style.fontSize} ${style.fontFamily}`;
    const text = [...document.querySelectorAll('.row .prose > p')].map((p) => p.textContent).join(' ');
    return paragraph.clientWidth / (pen.measureText(text).width / text.length);
  })];
  ok(paired.every((r) => (columns === 2 ? r.right : r.below)) && characters >= 60 && characters < 80,
    `at ${width}: ${columns === 2 ? 'two columns' : 'one column'}, ${Math.round(characters)} characters in a line of text`);
  await page.context().close();
}

// The right half of a wide page is seldom blank.
for (const name of chapters) {
  const page = await open(name, 1366);
  await page.addStyleTag({ content: '.row { content-visibility: visible !important }' });
  const blank = await page.evaluate(async () => {
    const left = innerWidth * .55, places = [left, left + 60, left + 140, innerWidth * .75];
    const end = document.querySelector('footer').offsetTop - innerHeight;
    const something = 'pre *, pre, figcaption, figcaption *, svg, svg *, table *, .exercise > *, .exercise > * *, .card > *, .card > * *, .aside > *, .toc *';
    let looks = 0, empty = 0;
    for (let y = 0; y < end; y += 450, looks++) {
      window.scrollTo(0, y);
      let seen = 0;
      for (let at = 70; at < innerHeight; at += 40) seen += places.filter((x) => document.elementFromPoint(x, at)?.matches(something)).length;
      if (seen < 2) empty++;
    }
    return empty / looks;
  });
  ok(blank < .06, `${name}: the right half is blank at ${Math.round(100 * blank)} % of all places`);
  await page.context().close();
}
{
  const page = await open('90-not-that-easy.html', 1366);
  const box = await page.locator('main').boundingBox();
  ok(Math.abs(box.x - (1366 - box.x - box.width)) < 20 && box.width < 700, 'a page without panels is narrow');
  await page.context().close();
}

// Removed lines: folded by the keyboard, without JavaScript; from the start where many are gone
// for good; all there on paper.
{
  const page = await open('05-tcpstream.html', 1366, { javaScriptEnabled: false });
  const panel = page.locator('.panel:has(ins.l):has(del.l)').first();
  const fold = panel.getByRole('checkbox', { name: 'new lines only' });
  const visible = async (what) => (await panel.locator(`${what}:visible`).count());
  const [added, removed] = [await visible('ins.l'), await visible('del.l')];
  await fold.press('Space');
  ok(removed > 0 && (await visible('del.l')) === 0 && (await visible('ins.l')) === added && (await visible('.gone')) > 0,
    'removed lines can be folded away, and are told of');
  await fold.press('Space');
  ok((await visible('del.l')) === removed && (await visible('.gone')) === 0, 'and unfolded');
  const gone = page.locator('.panel:has(:checked)');
  const most = await gone.evaluateAll((panels) => Math.max(...panels.map((p) => p.querySelectorAll('del.l').length)));
  ok(most > 80 && (await gone.locator('del.l:visible').count()) === 0, `${most} lines that are only gone are folded from the start`);
  await page.emulateMedia({ media: 'print' });
  const answers = await page.locator('.question details').evaluateAll((all) => all.every((d) => d.lastElementChild.getBoundingClientRect().height > 0));
  ok(answers, 'on paper answers are open');
  ok((await gone.locator('del.l:visible').count()) >= most && (await page.locator('.switch:visible').count()) === 0, 'on paper nothing is folded');
  await page.context().close();
}

// The keyboard reaches every link and fold, shows where it is, and opens a fold.
const page = await open(chapters[0], 1440);
const targets = await page.evaluate(() =>
  [...document.querySelectorAll('a[href], summary, button, input, [tabindex="0"]')].filter((e) => e.checkVisibility()).length);
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
