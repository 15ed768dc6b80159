import { serve, launch } from './lib/site.mjs';
const site = await serve(); const browser = await launch();
for (const [scheme, width] of [['light', 1440], ['dark', 1440], ['light', 390]]) {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 1000 } });
  for (const name of ['01-ffi', '02-operation', '03-selector', '04-registrator', '05-tcpstream']) {
    const page = await context.newPage();
    page.on('pageerror', (e) => console.log(name, e.message)); page.on('console', (e) => console.log(name, e.text()));
    await page.goto(`${site.origin}/html/${name}.html`);
    const fig = page.locator('.figure:has(svg.trace)');
    await fig.scrollIntoViewIfNeeded();
    const next = fig.getByRole('button', { name: 'Next' });
    for (let i = 0; i < 12; i++) await next.click();
    console.log(name, await fig.locator('.steps p').textContent(), await page.locator('.l.now').count());
    await page.screenshot({ path: `/tmp/look-${name}-${scheme}-${width}.png` });
    const size = await fig.locator('svg').boundingBox(); console.log(JSON.stringify(size));
    await fig.screenshot({ path: `/tmp/fig-${name}-${scheme}-${width}.png` });
    await page.close();
  }
}
await browser.close(); site.close();
