// The picture in README.md: a chapter on a wide screen. Run by make screenshot.
import { stat } from 'node:fs/promises';
import { serve, launch } from './lib/site.mjs';

const PAGE = '03-selector.html';
const TOP = 'selector-life-of-a-read'; // the figure that stands at the top of the picture
const FILE = 'book/screenshot.png';

const site = await serve();
const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1440, height: 820 }, deviceScaleFactor: 1, colorScheme: 'light' });
await page.goto(`${site.origin}/html/${PAGE}`);
await page.addStyleTag({ content: '.row { content-visibility: visible !important }' });
const found = await page.evaluate((id) => {
  const spot = document.getElementById(id);
  const pair = spot?.closest('.pair') ?? spot;
  const heading = pair?.previousElementSibling ?? pair;
  window.scrollTo(0, heading ? heading.getBoundingClientRect().top + window.scrollY - 64 : 0);
  return spot !== null;
}, TOP);
await page.screenshot({ path: FILE });
await browser.close();
site.close();
const { size } = await stat(FILE);
console.log(`${FILE}: ${size} bytes`);
if (!found) console.error(`${PAGE} has no #${TOP}`);
if (size >= 200_000) console.error('that is more than a picture in README.md should weigh');
process.exit(found && size < 200_000 ? 0 : 1);
