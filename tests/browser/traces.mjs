// The recorded runs: by the buttons, the keyboard and the pointer, each call is told and its lines
// are marked in the panels; without JavaScript they are pictures. And build/trace.html, which
// `make trace` has made of some run.
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { serve, launch, pages, stepChapters } from './lib/site.mjs';
import { ok, none, done } from './lib/tap.mjs';

const site = await serve();
const browser = await launch();
const chapters = stepChapters(await pages());

const marked = (page) => page.evaluate(() => [...document.querySelectorAll('.panel')].flatMap((panel) =>
  [...panel.querySelectorAll('.l.now')].map((line) =>
    `${panel.querySelector('.file').textContent}:${parseInt(line.querySelector('.g').textContent)}`)));

// Goes through all calls; each must be told, and mark the lines of its places that are on the page and no others.
async function stepThrough(page, next) {
  const wrong = [];
  const calls = await page.locator('svg.trace .call').evaluateAll((all) => all.map((call) => call.dataset.places.split(' ')));
  let some = 0;
  for (const places of calls) {
    await next();
    const lines = await marked(page);
    const now = await page.locator('svg.trace .call.now').evaluateAll((all) => all.map((call) => call.dataset.places));
    if (now.join() !== places.join(' ')) wrong.push(`${places} is not the call that is shown: ${now}`);
    const strangers = lines.filter((line) => !places.includes(line));
    if (strangers.length) wrong.push(`${places} marks ${strangers}`);
    const text = await page.locator('.steps p').textContent();
    if (!places.every((place) => text.includes(place))) wrong.push(`${places} is told as ${text}`);
    some += lines.length > 0;
  }
  return { wrong, some, count: calls.length };
}

for (const name of chapters) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${site.origin}/html/${name}`);
  const figure = page.locator('.figure:has(svg.trace)');
  ok((await figure.count()) === 1, `${name}: has a recorded run`);
  const next = figure.getByRole('button', { name: 'Next' });
  // Rows that come into view get their true heights, and move the button.
  await next.scrollIntoViewIfNeeded();
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const { wrong, some, count } = await stepThrough(page, () => next.click());
  none(wrong, `${name}: each of ${count} calls is told, with its lines marked`);
  ok(some > count / 2, `${name}: most calls have a line in a panel`, `${some} of ${count}`);

  const before = await page.locator('.steps p').textContent();
  await next.press('ArrowLeft');
  const back = await page.locator('.steps p').textContent();
  await next.press('Home');
  const first = await page.locator('.call').first().evaluate((call) => call.classList.contains('now'));
  ok(before !== back && first, `${name}: so do the arrow keys`);

  const third = page.locator('.call').nth(2);
  await third.locator('text').last().hover();
  ok(await third.evaluate((call) => call.classList.contains('now')), `${name}: and the pointer`);

  const link = figure.locator('.steps a').first();
  const target = (await link.getAttribute('href')).slice(1);
  await link.click();
  const near = await page.evaluate((id) => {
    const box = document.getElementById(id).getBoundingClientRect();
    return box.top >= 0 && box.top < window.innerHeight;
  }, target);
  ok(near, `${name}: a place leads to its line`);
  await page.close();

  const plain = await browser.newPage({ javaScriptEnabled: false });
  await plain.goto(`${site.origin}/html/${name}`);
  ok((await plain.locator('svg.trace .call').count()) === count && (await plain.locator('.steps').count()) === 0,
    `${name}: without JavaScript it is the picture`);
  await plain.close();
}

const made = resolve('build/trace.html');
if (await access(made).then(() => true, () => false)) {
  for (const [colorScheme, width] of [['light', 1440], ['dark', 390]]) {
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
    const said = [], asked = [];
    page.on('console', (m) => said.push(m.text()));
    page.on('pageerror', (e) => said.push(e.message));
    page.on('request', (r) => { if (!r.url().startsWith('file:') && !r.url().startsWith('data:')) asked.push(r.url()); });
    await page.goto(`file://${made}`);
    const { wrong, some, count } = await stepThrough(page, () => page.keyboard.press('ArrowRight'));
    none([...wrong, ...said, ...asked], `trace.html, ${colorScheme}, ${width} wide: ${count} calls by the arrow keys, nothing from outside`);
    ok(some === count, 'trace.html: each call has its line beside it', `${some} of ${count}`);
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    ok(sideways <= 0, 'trace.html: no sideways scrolling', `${sideways} pixels`);
    await page.close();
  }
} else {
  console.log('# build/trace.html: no run has been traced here');
}

await browser.close();
site.close();
done();
