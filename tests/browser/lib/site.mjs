// The rendered book on a web server of its own, and a browser to look at it.
import { createServer } from 'node:http';
import { readFile, readdir } from 'node:fs/promises';
import { join, extname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';

export const root = 'book/out';
const types = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' };

export async function serve() {
  const server = createServer(async (request, response) => {
    try {
      const path = decodeURIComponent(new URL(request.url, 'http://x').pathname);
      const body = await readFile(join(root, path));
      const packed = gzipSync(body);
      response.writeHead(200, {
        'content-type': types[extname(path)] ?? 'application/octet-stream',
        'content-encoding': 'gzip',
        'content-length': packed.length,
        'cache-control': 'max-age=3600',
      });
      response.end(packed);
    } catch {
      response.writeHead(404).end('not here');
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

// Chromium must not look for updates: nothing may leave this machine.
export const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
export const executablePath = process.env.CHROME_PATH ?? '/usr/bin/chromium';
export const launch = () => chromium.launch({ executablePath, args: flags });

// Every page below html/, chapters first.
export async function pages() {
  const all = await readdir(join(root, 'html'), { recursive: true });
  return all.filter((name) => name.endsWith('.html')).sort();
}
export const isChapter = (page) => !page.includes('/');
export const stepChapters = (names) =>
  names.filter((page) => isChapter(page) && names.includes(`step${page.replace('.html', '')}/index.html`));
