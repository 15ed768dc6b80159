// The EPUB's cover, book/cover.png, from book/cover.svg. Run by make cover.
import { readFile } from 'node:fs/promises';
import { launch } from './lib/site.mjs';

const browser = await launch();
const page = await browser.newPage({ viewport: { width: 600, height: 900 }, deviceScaleFactor: 2 });
await page.setContent(`<style>body { margin: 0 }</style>${await readFile('book/cover.svg', 'utf8')}`);
await page.screenshot({ path: 'book/cover.png' });
await browser.close();
