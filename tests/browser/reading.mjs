// What a reader does on a page besides reading: begins, looks where they are and goes elsewhere,
// copies, chooses colours, prints. With the keyboard too, and what can be without JavaScript.
import { readFile } from 'node:fs/promises';
import { serve, launch, pages, stepChapters, isChapter } from './lib/site.mjs';
import { ok, none, done } from './lib/tap.mjs';

const site = await serve();
const browser = await launch();
const names = await pages();
const all = names.filter(isChapter).filter((name) => name !== 'index.html');
const chapters = stepChapters(names);
const open = async (name, width, options = {}) => {
  const context = await browser.newContext({ viewport: { width, height: width < 500 ? 844 : 768 }, ...options });
  const page = await context.newPage();
  await page.goto(`${site.origin}/html/${name}`);
  return page;
};

// The first screen says what is built, for whom, how long it takes, and leads on.
for (const width of [390, 1366]) {
  const page = await open('index.html', width, { javaScriptEnabled: width !== 390 });
  const seen = await page.evaluate(() => {
    const inside = (e) => e.getBoundingClientRect().top > 0 && e.getBoundingClientRect().bottom < window.innerHeight;
    return [...document.querySelectorAll('main a, main dt')].filter(inside).map((e) => e.textContent);
  });
  const due = ['Begin reading', 'Contents', 'The code', 'All in one page', 'EPUB', 'What you build', 'For whom', 'How long'];
  none(due.filter((what) => !seen.includes(what)), `the first screen at ${width} has what a reader looks for`);
  await page.context().close();
}

// The bar stays, in one line, and tells chapter, section and how far.
for (const width of [360, 768, 1024, 1366, 1920]) {
  const page = await open(chapters[0], width);
  const wrong = await page.evaluate(async () => {
    const frame = () => new Promise(requestAnimationFrame);
    const bar = document.querySelector('.bar'), said = [];
    const heads = [...document.querySelectorAll('main > h2')];
    for (const head of [heads[1], heads.at(-2)]) {
      for (let i = 0; i < 4; i++) { head.scrollIntoView(); await frame(); await frame(); }
      const box = bar.getBoundingClientRect(), at = head.getBoundingClientRect();
      if (box.top !== 0 || box.height > 48) said.push(`the bar is at ${box.top}, ${box.height} high`);
      if (at.top < box.bottom) said.push(`the bar covers ${head.textContent}`);
      if (!bar.innerText.includes(head.textContent)) said.push(`the bar says ${bar.innerText}, not ${head.textContent}`);
      if (bar.scrollWidth > bar.clientWidth) said.push(`the bar is ${bar.scrollWidth} wide`);
      const right = [...bar.querySelectorAll('a, button, .far')].filter((e) => e.checkVisibility()).map((e) => e.getBoundingClientRect().right);
      if (Math.max(...right) > innerWidth) said.push('something of the bar is out of the window');
    }
    window.scrollTo(0, document.documentElement.scrollHeight);
    await frame(); await frame(); await frame();
    if (!/Chapter 1/.test(bar.innerText)) said.push(`no chapter in ${bar.innerText}`);
    if (!/100 %/.test(bar.innerText)) said.push(`at the end: ${bar.innerText}`);
    return said;
  });
  none(wrong, `at ${width} the bar stays and tells where this is`);
  await page.context().close();
}
for (const javaScriptEnabled of [true, false]) {
  const page = await open(chapters[1], 1366, { javaScriptEnabled });
  await page.locator('.bar summary').focus();
  await page.keyboard.press('Enter');
  const links = await page.locator('.bar nav a:visible').evaluateAll((links) => links.map((a) => a.getAttribute('href')));
  none(all.filter((name) => !links.includes(name)), `behind it are all chapters${javaScriptEnabled ? '' : ', without JavaScript too'}`);
  ok((await page.locator('.bar [aria-current]').getAttribute('href')) === chapters[1], 'and this one is marked');
  if (javaScriptEnabled) {
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    const closed = await page.evaluate(() => !document.querySelector('.bar details').open && document.activeElement.matches('.bar summary'));
    ok(closed, 'Escape closes the list');
  }
  await page.context().close();
}

// Copies: what the clipboard has stands in the file of the step, in this order, and nothing else does.
{
  const page = await open(chapters[2], 1366, { permissions: ['clipboard-read', 'clipboard-write'] });
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  const panels = page.locator('.panel:has(ins.l):has(del.l)');
  const wrong = [], count = await panels.count();
  for (let i = 0; i < count; i++) {
    const panel = panels.nth(i);
    await panel.getByRole('button', { name: 'Copy' }).press('Enter');
    const path = (await panel.locator('figcaption a[href*="step"]').getAttribute('href')).replace(/\.html#.*/, '');
    const source = (await readFile(path, 'utf8')).split('\n');
    const copied = (await clipboard()).split('\n').slice(0, -1);
    const removed = await panel.locator('del.l').evaluateAll((lines) => lines.map((l) => l.textContent.slice(l.querySelector('.g').textContent.length, -1)));
    let at = 0;
    for (const line of copied) {
      const next = source.indexOf(line, at);
      if (next < 0) wrong.push(`${path}: ${line}`);
      at = next + 1;
    }
    if (copied.length !== (await panel.locator('ins.l').count())) wrong.push(`${path}: ${copied.length} lines copied`);
    const gone = removed.filter((line) => line.trim().length > 3 && !source.includes(line) && copied.includes(line));
    if (gone.length) wrong.push(`${path}: copies ${gone}`);
  }
  ok(count > 2, `${count} panels add and remove`);
  none(wrong, 'a panel is copied as the lines it adds');
  ok((await panels.first().getByRole('button').textContent()) !== '' && (await page.locator('[role=status]').textContent()).startsWith('Copied'), 'and says so');
  const terminal = page.locator('.terminal').first();
  await terminal.getByRole('button', { name: 'Copy the command' }).press('Enter');
  ok((await clipboard()) === (await terminal.locator('kbd').textContent()) && !(await clipboard()).includes('$'), 'a command is copied without its prompt and output');
  await page.goto(`${site.origin}/html/${all[0]}`);
  const commands = page.locator('pre.sh').first();
  const due = (await commands.textContent());
  await commands.getByRole('button').press('Enter');
  ok((await clipboard()).trim() === due.replace(/^Copy/, '').trim(), 'so are the commands in the text');
  await page.context().close();
}

// Colours: the system's, or the reader's, who is remembered.
{
  const page = await open(chapters[0], 1366, { colorScheme: 'dark' });
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await paper();
  const change = page.locator('.scheme');
  await change.press('Enter');
  const light = await paper();
  ok(light !== dark && (await change.getAttribute('aria-label')) === 'Colours: light', 'a system in dark, a reader in light');
  await page.goto(`${site.origin}/html/${chapters[1]}`);
  ok((await paper()) === light, 'the next page remembers it');
  await change.press('Enter');
  await page.emulateMedia({ colorScheme: 'light' });
  ok((await paper()) === dark, 'and the other way round');
  await page.emulateMedia({ media: 'print' });
  ok((await paper()) === 'rgb(255, 255, 255)', 'on paper it is light');
  await page.emulateMedia({ media: 'screen' });
  await change.press('Enter');
  ok((await paper()) === light, 'and back to the system');
  await page.context().close();
}

// Addresses: sections and lines of panels have one; a claim's page says what is claimed, what was
// seen, and leads back to the passage.
{
  const page = await open(chapters[1], 1366);
  const head = page.locator('main > h2').nth(2);
  await head.locator('.self').press('Enter');
  ok(page.url().endsWith('#' + (await head.getAttribute('id'))), 'a section has a link to itself');
  const line = page.locator('.panel ins.l').nth(3);
  await line.locator('.g').click();
  const url = page.url();
  await page.goto('about:blank');
  await page.goto(url);
  const named = page.locator('.l.named');
  ok(/:\d+$/.test(url) && (await named.count()) === 1 && (await named.boundingBox()).y < 700, 'a line of a panel has an address');
  const proof = page.locator('.proof').first();
  await proof.click();
  const said = await page.locator('main').innerText();
  ok(/Wine 8.0:/.test(said) && /Wine 10.0:/.test(said) && /make claims/.test(said), 'a claim leads to what was seen');
  const back = await page.locator('.evidence a[href*="#"]').evaluateAll((links) => links.map((a) => a.getAttribute('href')));
  ok(back.some((href) => href.includes(chapters[1])), 'and back');
  await page.goto(`${site.origin}/html/tests/faults/05-small-buffer.c.html`);
  ok(/ours: +he ll o!/.test(await page.locator('.evidence').innerText()), "a fault's page shows what its program printed");
  await page.goto(`${site.origin}/html/step05-tcpstream/ffi.h.html`);
  ok((await page.locator('.co a[href^="https://learn.microsoft.com"]').count()) > 3, 'addresses in comments are links');
  await page.context().close();
}

// Names: one in the prose lights up in its panel, and back; elsewhere it leads to the panel that brings it.
{
  const page = await open('05-tcpstream.html', 1366);
  const row = page.locator('.row:has(#tcpstream-tcpstream\\.c-connect_to)').first();
  const name = row.locator('.name').first();
  await name.waitFor({ state: 'attached' });
  const lit = () => page.evaluate(() => [...(CSS.highlights.get('name') ?? [])].map((range) => [range.toString(), range.startContainer.parentElement.closest('.panel') ? 'panel' : 'prose'].join(' in ')));
  const word = (await name.textContent()).replace('()', '');
  const both = [`${word} in panel`, `${word} in prose`];
  await name.hover();
  const hovered = await lit();
  ok(both.every((what) => hovered.includes(what)), `${word} in the prose lights up in the panel`, hovered.join('\n'));
  await page.mouse.move(5, 300);
  await page.waitForTimeout(100);
  await page.mouse.move(6, 310);
  ok((await lit()).length === 0, 'and goes out');
  await name.focus();
  ok(both.every((what) => what && hovered.includes(what)) && (await lit()).length === hovered.length, 'so it does by the keyboard');
  await page.evaluate(() => document.activeElement.blur());
  const spot = await row.evaluate((row, word) => {
    const walker = document.createTreeWalker(row.querySelector('.panel pre'), NodeFilter.SHOW_TEXT);
    for (let text; (text = walker.nextNode());) {
      const at = text.data.search(new RegExp(`\\b${word}\\b`));
      if (at < 0) continue;
      text.parentElement.scrollIntoView({ block: 'center' });
      const range = document.createRange();
      range.setStart(text, at + 1);
      range.setEnd(text, at + 2);
      const box = range.getBoundingClientRect();
      return { x: box.x + 1, y: box.y + box.height / 2 };
    }
  }, word);
  await page.waitForTimeout(100);
  await page.mouse.move(spot.x, spot.y);
  await page.waitForTimeout(100);
  await page.mouse.move(spot.x + 1, spot.y);
  ok((await lit()).length === hovered.length, 'and from the panel');
  await name.press('Enter');
  const line = await page.locator('.l.named').textContent();
  ok(line.includes(word), 'Enter leads to its line');
  const other = page.locator('main > p code', { hasText: /^poll_wait$/ }).or(page.locator('.card code', { hasText: /^poll_wait$/ })).first();
  await other.hover();
  const far = page.locator('a.name:has(code:text-is("poll_wait"))').last();
  await far.waitFor({ state: 'attached' });
  await far.click();
  await page.waitForURL(/04-registrator.html#p4\.\d+/);
  ok((await page.locator(':target').evaluate((e) => (e.closest('.panel') ?? e.parentElement.closest('div')).textContent)).includes('poll_wait'), 'a name of elsewhere leads to the panel that brings it');
  await page.context().close();
}

// ← and → turn pages, but not while a trace is stepped through.
{
  const page = await open(chapters[1], 1366);
  await page.locator('.steps button').last().press('ArrowRight');
  await page.waitForTimeout(200);
  ok(page.url().endsWith(chapters[1]), 'the arrow keys step through a trace');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('ArrowRight');
  await page.waitForURL(`**/${chapters[2]}`);
  await page.keyboard.press('ArrowLeft');
  await page.waitForURL(`**/${chapters[1]}`);
  ok(true, 'and turn the pages elsewhere');
  await page.context().close();
}

// Who wants no motion gets none.
{
  const page = await open(chapters[0], 1366, { reducedMotion: 'reduce' });
  const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((e) => {
    const style = getComputedStyle(e);
    return style.scrollBehavior === 'smooth' || style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0;
  }).map((e) => e.outerHTML.slice(0, 60)));
  none(moving, 'nothing moves where motion is not wanted');
  await page.context().close();
}

await browser.close();
site.close();
done();
