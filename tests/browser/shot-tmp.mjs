import { chromium } from 'playwright-core';
const [,, url, sel, w, scheme, out] = process.argv;
const b = await chromium.launch({executablePath:'/usr/bin/chromium',args:['--no-sandbox','--disable-gpu','--disable-background-networking']});
const p = await b.newPage({viewport:{width:+w,height:900},colorScheme:scheme});
await p.goto(url);
await p.evaluate(s=>{const e=document.querySelector(s); e&&e.scrollIntoView();},sel);
await p.waitForTimeout(200);
await p.screenshot({path:out});
await b.close();
