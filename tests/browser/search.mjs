// Search, from a folder as a reader opens it, by keyboard alone: what is found, and that it is where
// the index says. The index is small, and asked for when it is first wanted.
import { createRequire } from 'node:module';
import { readFile, stat } from 'node:fs/promises';
import { resolve, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch, pages, isChapter, root } from './lib/site.mjs';
import { ok, none, done } from './lib/tap.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const site = pathToFileURL(resolve(root, 'html')).href + '/';
const browser = await launch();
const chapters = (await pages()).filter((name) => isChapter(name) && name !== 'index.html');
const { size } = await stat(join(root, 'html/search-index.js'));
ok(size > 10000 && size <= 50 * 1024, `the index has ${size} bytes`);

const page = await browser.newPage({ viewport: { width: 1366, height: 900 } });
const asked = [], said = [];
page.on('request', (request) => asked.push(request.url()));
page.on('pageerror', (error) => said.push(error.message));
page.on('console', (message) => said.push(message.text()));
await page.goto(site + '04-registrator.html');
ok(!asked.some((url) => url.endsWith('search-index.js')), 'the index is not asked for before it is wanted');

const dialog = page.getByRole('dialog', { name: 'Search' });
const input = page.getByRole('textbox', { name: 'Search the book' });
const results = dialog.locator('a');
const first = async (query) => {
  await input.fill(query);
  return (await results.count()) ? (await results.first().getAttribute('href')).replace(site, '') : '';
};

await page.keyboard.press('/');
await page.waitForFunction(() => globalThis.searchIndex);
ok(await dialog.isVisible() && await input.evaluate((e) => e === document.activeElement), '/ opens it, ready to type');
for (const [query, due] of [
  ['10054', 'errors/10054.html'], ['wsaeconnreset', 'errors/10054.html'], ['WSARecv', 'calls/WSARecv.html'],
  ['poll_create', /^04-registrator\.html#p4\.\d+$/], ['exercise 3.1', '03-selector.html#selector-exercise-1'],
  ['what a packet is', '01-ffi.html#ffi-packet'], ['The five moves', '00-introduction.html#introduction-moves'],
  ['a xyzzy', ''],
]) {
  const got = await first(query);
  ok(due instanceof RegExp ? due.test(got) : got === due, `"${query}" leads to ${got || 'nothing'}`);
}
ok((await dialog.getByRole('status').textContent()) === 'Nothing has all of that.', 'and says so');

await page.keyboard.press('Control+A');
await page.keyboard.type('heartbeat');
const [one, two] = [await results.nth(0).getAttribute('href'), await results.nth(1).getAttribute('href')];
const focus = () => page.evaluate(() => document.activeElement.href ?? document.activeElement.localName);
await page.keyboard.press('ArrowDown');
await page.keyboard.press('ArrowDown');
ok((await focus()) === two, '↓ goes through the results');
await page.keyboard.press('ArrowUp');
ok((await focus()) === one, '↑ goes back');
await page.keyboard.press('ArrowLeft');
ok(page.url() === site + '04-registrator.html', '← does not turn the page meanwhile');
await page.keyboard.press('ArrowUp');
ok((await focus()) === 'input', 'and to the words again');
await page.keyboard.press('Escape');
ok(!(await dialog.isVisible()), 'Escape closes it');
await page.keyboard.press('/');
await page.keyboard.type('heartbeat');
await page.keyboard.press('Enter');
await page.waitForURL(one);
ok(page.url() === one, 'Enter goes to the first');

await page.getByRole('button', { name: 'Search' }).click();
await page.waitForFunction(() => globalThis.searchIndex);
await input.fill('port');
for (const scheme of ['light', 'dark']) {
  await page.emulateMedia({ colorScheme: scheme });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run('dialog', { resultTypes: ['violations'], preload: false }));
  none(violations.map((v) => `${v.id}: ${v.help}`), `axe finds nothing in it, ${scheme}`);
}

// Whatever the index has leads to a place; and it has each section under its title, and the words of
// its paragraphs.
const places = new Set(await page.evaluate(() => unpack(globalThis.searchIndex).things.map((thing) => thing.href)));
const found = await page.evaluate(() => {
  globalThis.unpacked = unpack(globalThis.searchIndex);
  return unpacked.things.length;
});
const lost = [], missing = [], unsaid = [];
let titles = 0, words = 0;
const reader = await browser.newPage({ javaScriptEnabled: false });
for (const name of chapters) {
  await reader.goto(site + name);
  const { ids, sections } = await reader.evaluate(() => {
    for (const mark of document.querySelectorAll('.proof')) mark.remove();
    const sections = [];
    for (const element of document.querySelectorAll('main h2[id], main h3[id], main > p')) {
      if (element.closest('.toc')) continue;
      if (element.id) sections.push({ id: element.id, title: element.textContent, exercise: !!element.closest('.exercise'), words: [] });
      else sections.at(-1)?.words.push(...element.textContent.toLowerCase().match(/\b[a-z]\w{2,}/g) ?? []);
    }
    return { ids: [...document.querySelectorAll('[id]')].map((e) => e.id), sections };
  });
  for (const href of places) if (href.startsWith(name + '#') && !ids.includes(href.slice(name.length + 1))) lost.push(href);
  for (const { id, title, exercise, words: text } of sections) {
    const href = `${name}#${id}`;
    if (exercise && !/-exercise-\d+$/.test(id)) continue;
    titles++;
    if (!await page.evaluate(([title, href]) => lookUp(unpacked, title).slice(0, 20).some((thing) => thing.href === href), [title, href])) missing.push(`${href}: ${title}`);
    const wrong = await page.evaluate(([text, href]) => text.filter((word) => unpacked.index.has(word) &&
      !lookUp(unpacked, word).some((thing) => thing.href === href)), [[...new Set(text)], href]);
    words += text.length;
    unsaid.push(...wrong.map((word) => `${href}: ${word}`));
  }
}
ok(found > 400, `${found} things can be found`);
none(lost, 'all of them are there');
none(missing, `${titles} sections and exercises are found by their titles`);
ok(words > 1000, `${words} words of paragraphs looked for`);
none(unsaid, 'each is found in its section');
none(said, 'nothing is written to the console');
ok(asked.every((url) => url.startsWith('file:') || url.startsWith('data:')), 'nothing is asked from elsewhere');

ok((await reader.getByRole('button', { name: 'Search' }).count()) === 0, 'without JavaScript there is no button that does nothing');
await page.goto(pathToFileURL(resolve(root, 'iocp.html')).href);
ok((await page.getByRole('button', { name: 'Search' }).count()) === 0, 'nor in the single file, which has the browser’s own');
await browser.close();
done();
