// What the pages do where there is JavaScript. They are whole without it.

// The drawing of a recorded run can be stepped through. The call that is shown has its line
// marked in the panels of the page, so does each that led to it.
function traces() {
  const lines = new Map(); // 'ffi.c:72' -> the elements of that line
  for (const panel of document.querySelectorAll('.panel')) {
    const file = panel.querySelector('.file')?.textContent;
    for (const line of panel.querySelectorAll('.l')) {
      const number = parseInt(line.querySelector('.g')?.textContent);
      const place = `${file}:${number}`;
      if (number) lines.set(place, [...(lines.get(place) ?? []), line]);
    }
  }

  for (const svg of document.querySelectorAll('svg.trace')) {
    const figure = svg.closest('.figure');
    const calls = [...svg.querySelectorAll('.call')];
    const controls = document.createElement('div');
    controls.className = 'steps';
    controls.innerHTML = '<button type="button">← Back</button> <button type="button">Next →</button>'
      + '<p aria-live="polite">Step through the calls, with the arrow keys too.</p>';
    const [back, next] = controls.querySelectorAll('button');
    const says = controls.querySelector('p');
    svg.after(controls);
    let shown = -1;

    // By its buttons and keys the call comes into view; under a pointer that moves it is.
    const step = (index) => {
      show(index);
      calls[shown]?.scrollIntoView({ block: 'nearest' });
    };
    const show = (index) => {
      if (index < 0 || index >= calls.length || index === shown) return;
      shown = index;
      const call = calls[index];
      const operations = call.dataset.operations?.split(' ') ?? [];
      const places = call.dataset.places?.split(' ') ?? [];
      for (const other of document.querySelectorAll('.now')) other.classList.remove('now');
      call.classList.add('now');
      for (const bar of svg.querySelectorAll('.lent'))
        bar.classList.toggle('now', operations.includes(bar.dataset.operation));
      const [what] = call.querySelector('title').textContent.split('; ');
      says.replaceChildren(what);
      places.forEach((place, depth) => {
        const [line] = lines.get(place) ?? [];
        const name = document.createElement(line ? 'a' : 'span');
        name.textContent = place;
        if (line) name.href = '#' + (line.id ||= `line-${place.replace(':', '-')}`);
        says.append(depth ? ' › ' : '; at ', name);
        for (const each of lines.get(place) ?? []) each.classList.add('now');
      });
      if ('follow' in figure.dataset) {
        const file = places[0]?.split(':')[0];
        const place = places.filter((place) => place.startsWith(file + ':')).pop();
        lines.get(place)?.[0].scrollIntoView({ block: 'center' });
      }
    };

    back.addEventListener('click', () => step(shown - 1));
    next.addEventListener('click', () => step(shown + 1));
    controls.addEventListener('keydown', (event) => {
      const to = { ArrowLeft: shown - 1, ArrowRight: shown + 1, ArrowUp: shown - 1, ArrowDown: shown + 1, Home: 0, End: calls.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      step(to);
    });
    calls.forEach((call, index) => call.addEventListener('pointermove', () => show(index)));
    if ('follow' in figure.dataset) next.focus({ preventScroll: true });
  }
}

const button = (name, text, label) => {
  const made = document.createElement('button');
  Object.assign(made, { type: 'button', className: name, textContent: text });
  if (label) made.setAttribute('aria-label', label);
  return made;
};

// What is copied: of a change its new lines, of a command what is typed; never line numbers,
// removed lines, context or a prompt.
function newLines(pre) {
  const lines = [...pre.querySelectorAll(pre.matches('.diff') ? 'ins.l' : '.l')];
  return lines.map((line) => line.textContent.slice(line.querySelector('.g')?.textContent.length)).join('');
}
function typed(text) {
  const lines = text.split('\n');
  const commands = lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
  return commands.length ? commands.join('\n') : text;
}

function copying() {
  if (!navigator.clipboard) return;
  const offer = (place, what, text) => {
    if (!text) return;
    const copy = button('copy', 'Copy', `Copy ${what}`);
    copy.addEventListener('click', async () => {
      const copied = await navigator.clipboard.writeText(text).then(() => true, () => false);
      copy.textContent = copied ? 'Copied' : 'Not copied';
      status.textContent = copied ? `Copied ${what}` : 'The browser did not allow it';
      setTimeout(() => { copy.textContent = 'Copy'; }, 2000);
    });
    place(copy);
  };
  const status = document.createElement('p');
  status.className = 'unseen';
  status.setAttribute('role', 'status');
  document.body.append(status);
  for (const figure of document.querySelectorAll('.panel figure')) {
    const file = figure.querySelector('.file').textContent, pre = figure.querySelector('pre');
    offer((copy) => figure.querySelector('figcaption').append(copy),
      pre.matches('.diff') ? `the new lines of ${file}` : `these lines of ${file}`, newLines(pre));
  }
  for (const figure of document.querySelectorAll('.terminal'))
    offer((copy) => figure.querySelector('figcaption').append(copy), 'the command', figure.querySelector('kbd').textContent);
  for (const pre of document.querySelectorAll('.code-page pre.code'))
    offer((copy) => pre.before(copy), 'the file', newLines(pre));
  for (const pre of document.querySelectorAll('pre.sourceCode:not(.diff)'))
    offer((copy) => pre.prepend(copy), pre.matches('.sh, .bash') ? 'the commands' : 'these lines', typed(pre.textContent));
}

// The bar at the top: which section this is, and how far down.
function whereabouts() {
  const bar = document.querySelector('.bar'), here = bar?.querySelector('.here');
  if (!bar || document.body.matches('.index, .code-page')) return;
  const heads = [...document.querySelectorAll('main h2[id], .whole main h1[id]')].filter((head) => !head.closest('.toc'));
  const section = document.createElement('a'), far = document.createElement('span');
  far.className = 'far';
  here.prepend(section);
  here.append(far);
  const look = () => {
    const room = document.documentElement.scrollHeight - window.innerHeight;
    const share = room > 0 ? Math.min(1, window.scrollY / room) : 1;
    const under = bar.offsetHeight + 100;
    const now = heads.findLast((head) => head.getBoundingClientRect().top < under);
    const chapter = now?.matches('.whole h2') && heads.findLast((head) => head.matches('h1') && head.getBoundingClientRect().top < under);
    section.textContent = (chapter ? chapter.textContent.split(':')[0] + ' · ' : '') + (now?.textContent ?? '');
    if (now) section.href = '#' + now.id;
    else section.removeAttribute('href');
    far.textContent = `${Math.round(share * 100)} %`;
    bar.style.setProperty('--far', share);
  };
  let due = false;
  const soon = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; look(); });
  };
  addEventListener('scroll', soon, { passive: true });
  addEventListener('resize', soon);
  soon();

  // The list of chapters closes like any menu.
  const list = bar.querySelector('details');
  const close = () => { list.open = false; };
  addEventListener('click', (event) => { if (!list.contains(event.target)) close(); });
  list.addEventListener('focusout', (event) => { if (event.relatedTarget && !list.contains(event.relatedTarget)) close(); });
  list.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !list.open) return;
    close();
    list.querySelector('summary').focus();
  });
}

// Sections have a link to themselves, and so has each line of a panel: #panel:line.
function addresses() {
  for (const head of document.querySelectorAll('main :is(h2, h3)[id]')) {
    const self = document.createElement('a');
    Object.assign(self, { className: 'self', href: '#' + head.id });
    self.setAttribute('aria-label', `Link to ${head.textContent}`);
    head.append(self);
  }
  const number = (line) => parseInt(line.querySelector('.g')?.textContent);
  addEventListener('click', (event) => {
    const line = event.target.closest('.panel .g')?.parentElement;
    if (line && number(line)) location.hash = `${line.closest('.panel').id}:${number(line)}`;
  });
  const follow = () => {
    const [id, n] = decodeURIComponent(location.hash.slice(1)).split(':');
    const panel = n && document.getElementById(id);
    for (const old of document.querySelectorAll('.l.named')) old.classList.remove('named');
    const line = panel && [...panel.querySelectorAll('.l')].find((line) => number(line) === Number(n));
    if (!line) return;
    line.classList.add('named');
    line.scrollIntoView({ block: 'center' });
  };
  addEventListener('hashchange', follow);
  follow();
}

// A name in the prose lights up in the panels beside it, and one in a panel in the prose, by
// pointer, focus or tap. It is a link to its line; one that stands in no panel beside it leads,
// once the index tells, to the panel that brings it.
const nameOf = (text) => /^[A-Za-z_]\w+(?=(\(\))?$)/.exec(text)?.[0];

function wordsIn(element, name) {
  const ranges = [], walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let text; (text = walker.nextNode());)
    for (const { index } of text.data.matchAll(new RegExp(`\\b${name}\\b`, 'g'))) {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + name.length);
      ranges.push(range);
    }
  return ranges;
}

function naming() {
  if (!globalThis.Highlight || document.body.matches('.whole, .code-page')) return;
  const link = (code, href) => {
    const made = document.createElement('a');
    Object.assign(made, { className: 'name', href });
    code.before(made);
    made.append(code);
  };
  const prepare = (row) => {
    const lines = [...row.querySelectorAll('.panel .l')].map((line) => [line, line.textContent]);
    for (const code of row.querySelectorAll('.prose :not(pre, a) > code')) {
      const name = nameOf(code.textContent), whole = name && new RegExp(`\\b${name}\\b`);
      const having = whole ? lines.filter(([, text]) => whole.test(text)) : [];
      const [line] = having.find(([line]) => line.matches('ins')) ?? having[0] ?? [];
      const number = line && parseInt(line.querySelector('.g').textContent);
      if (line) link(code, `#${line.closest('.panel').id}${number ? `:${number}` : ''}`);
    }
  };
  const rows = [...document.querySelectorAll('.row:has(.panel)')];
  const next = () => {
    const row = rows.shift();
    if (!row) return;
    prepare(row);
    setTimeout(next);
  };
  setTimeout(next, 200);

  const light = (row, name) => {
    const found = name ? wordsIn(row, name) : [];
    CSS.highlights.set('name', new Highlight(...found));
    return found;
  };
  const wordAt = (event) => {
    const spot = document.caretPositionFromPoint?.(event.clientX, event.clientY);
    const range = !spot && document.caretRangeFromPoint?.(event.clientX, event.clientY);
    const text = spot ? spot.offsetNode : range?.startContainer, at = spot ? spot.offset : range?.startOffset;
    if (text?.nodeType !== Node.TEXT_NODE) return '';
    return /\w*$/.exec(text.data.slice(0, at))[0] + /^\w*/.exec(text.data.slice(at))[0];
  };
  const look = (event) => {
    const row = event.target.closest?.('.row:has(.panel)');
    if (!row) return light();
    const named = event.target.closest('.name'), word = named ? nameOf(named.textContent) : event.target.closest('.panel pre') && wordAt(event);
    const told = word && [...row.querySelectorAll('.name')].some((other) => nameOf(other.textContent) === word);
    return light(row, told ? word : '');
  };
  let last = 0;
  addEventListener('pointermove', (event) => {
    if (event.timeStamp - last < 50) return;
    last = event.timeStamp;
    look(event);
  }, { passive: true });
  addEventListener('focusin', look);
  addEventListener('click', (event) => { if (event.target.closest('.panel pre')) look(event); });

  // Names of elsewhere.
  const chapter = parseInt(location.pathname.split('/').pop());
  const elsewhere = async (event) => {
    const code = event.target.closest?.('main :not(pre, a) > code'), name = code && nameOf(code.textContent);
    if (!name || !script || rows.length) return;
    const { things } = await loadIndex().catch(() => ({ things: [] }));
    const places = things.filter((thing) => thing.name && !thing.place && thing.title === name);
    const place = places.findLast((thing) => parseInt(thing.href) <= chapter) ?? places[0] ?? things.find((thing) => thing.place && thing.title.split(' ')[0] === name);
    if (place && !code.closest('a')) link(code, place.href);
  };
  addEventListener('pointerover', elsewhere, { passive: true });
}

// Colours: as the system says, or as the reader does; page.html sets them before it is painted.
function schemes() {
  const names = ['', 'light', 'dark'], root = document.documentElement;
  const change = button('scheme', '');
  const show = (scheme) => {
    root.dataset.scheme = scheme;
    const name = scheme || 'system';
    change.innerHTML = `<span aria-hidden="true">◐</span> <span>${name[0].toUpperCase() + name.slice(1)}</span>`;
    change.setAttribute('aria-label', `Colours: ${name}`);
    change.title = 'Colours: system, light or dark';
  };
  change.addEventListener('click', () => {
    const scheme = names[(names.indexOf(root.dataset.scheme) + 1) % names.length];
    show(scheme);
    try { localStorage.scheme = scheme; } catch { /* this page only */ }
  });
  show(names.includes(root.dataset.scheme) ? root.dataset.scheme : '');
  document.querySelector('.bar .tools')?.append(change);
}

// The index (search.lua has packed it) as a list of what can be found, each with its title, its
// label, its address and, for sections, the words in it.
function unpack({ chapters, sections, names, places, words, numbers }) {
  const digits = Array.from({ length: 92 }, (_, n) => String.fromCharCode(35 + n)).filter((c) => !'$\\`'.includes(c)).join('');
  let at = 0;
  const number = () => {
    const first = digits.indexOf(numbers[at++]);
    return first < 80 ? first : (first - 80) * digits.length + digits.indexOf(numbers[at++]);
  };
  const books = chapters.split('\n').map((line) => line.split('\t'));
  let chapter = -1;
  const texts = sections.split('\n').map((line) => {
    if (line.startsWith('\f')) chapter++;
    const [name, label, heading] = books[chapter], short = name.slice(3);
    line = line.replace('\f', '');
    const exercise = /^!(\d+\.(\d+) .*)/.exec(line);
    if (exercise) return { title: `Exercise ${exercise[1]}`, label, href: `${name}.html#${short}-exercise-${exercise[2]}` };
    const [fragment, title] = line.split('\t');
    return { title: title || heading, label, href: `${name}.html${fragment && `#${short}-${fragment}`}` };
  });
  const index = new Map(); // a word -> the sections that have it
  let word = '', bits = 0;
  for (const [, common, rest] of words.matchAll(/([A-Z])([a-z0-9_]*)/g)) {
    word = word.slice(0, common.charCodeAt() - 65) + rest;
    const count = number();
    let section = -1;
    index.set(word, count ? Array.from({ length: count }, () => texts[section += number() + 1])
      : texts.filter((_, n) => (n % 6 ? bits : (bits = number())) >> (n % 6) & 1));
  }
  const named = names.split('\n').flatMap((line) => {
    const [title, ...panels] = line.split(' ');
    return panels.map((panel) => {
      const [name] = books.find(([name]) => parseInt(name) === parseInt(panel));
      return { title, label: `Panel ${panel}`, href: `${name}.html#p${panel}`, name: true };
    });
  });
  const listed = places.split('\n').filter(Boolean).map((title) => {
    const [name] = title.split(' '), error = /^\d/.test(name);
    return { title, label: error ? 'Error' : 'Call', href: `${error ? 'errors' : 'calls'}/${name}.html`, name: true, place: true };
  });
  return { things: [...listed, ...named, ...texts], index };
}

// What has all words of the query, the best first: a name, a title, then words of the text.
function lookUp({ things, index }, query) {
  const terms = query.toLowerCase().match(/[\w.]+/g) ?? [];
  if (!terms.length) return [];
  const trifles = terms.some((term) => term.length > 2); // a and of needn't be there
  const scores = new Map(things.map((thing) => [thing, thing.place ? 2 : thing.name ? 1 : 0]));
  for (const term of terms) {
    const text = new Map();
    for (const [word, sections] of index) {
      const ending = term.startsWith(word) && /^(s|es|d|ed|ing)$/.test(term.slice(word.length));
      const score = word === term ? 2 : ending || word.startsWith(term) ? 1 : 0;
      if (score) for (const section of sections) text.set(section, Math.max(score, text.get(section) ?? 0));
    }
    for (const [thing, score] of scores) {
      const title = thing.title.toLowerCase(), parts = title.match(/[\w.]+/g) ?? [];
      const in_title = parts.includes(term) ? 8 : parts.some((part) => part.startsWith(term)) ? 5 : thing.name && title.includes(term) ? 3 : 0;
      const best = Math.max(in_title, text.get(thing) ?? 0);
      if (best) scores.set(thing, score + best);
      else if (!trifles || term.length > 2) scores.delete(thing);
    }
  }
  return [...scores].sort(([, a], [, b]) => b - a).map(([thing]) => thing);
}

// The index is loaded when it is first wanted.
const script = document.querySelector('script[src$="page.js"]'); // the single file has none
let indexLoad;
function loadIndex() {
  return indexLoad ??= new Promise((done, fail) => {
    const data = document.createElement('script');
    data.src = script.src.slice(0, -'page.js'.length) + 'search-index.js';
    data.onload = () => done(unpack(globalThis.searchIndex));
    data.onerror = fail;
    document.head.append(data);
  });
}

// Search, by its button or /.
function searching() {
  const tools = document.querySelector('.bar .tools');
  if (!script || !tools) return; // the single file has the browser's own
  const root = script.src.slice(0, -'page.js'.length), SHOWN = 20;
  const open = button('find', '', 'Search');
  open.innerHTML = '<span aria-hidden="true">⌕</span> <span>Search</span>';
  open.title = 'Search: /';
  tools.append(open);
  let dialog, input, status, list, index;

  const show = () => {
    if (!index) return;
    const found = lookUp(index, input.value);
    list.replaceChildren(...found.slice(0, SHOWN).map(({ title, label, href }) => {
      const item = document.createElement('li'), link = document.createElement('a'), kind = document.createElement('span');
      link.href = root + href;
      kind.textContent = label;
      link.append(title, ' ', kind);
      item.append(link);
      return item;
    }));
    status.textContent = !input.value.trim() ? 'Words, names, calls, errors’ numbers, exercises. ↓ ↑ and Enter go there.'
      : !found.length ? 'Nothing has all of that.'
        : `${found.length} ${found.length === 1 ? 'place' : 'places'}${found.length > SHOWN ? `, the first ${SHOWN}` : ''}`;
  };
  const load = () => loadIndex().then((loaded) => { index = loaded; show(); },
    () => { status.textContent = 'The index isn’t there: make book'; });
  const make = () => {
    dialog = document.createElement('dialog');
    dialog.className = 'search';
    dialog.setAttribute('aria-label', 'Search');
    dialog.innerHTML = '<input type="text" aria-label="Search the book" autocomplete="off" spellcheck="false" enterkeyhint="go">'
      + '<p role="status">…</p><ul></ul>';
    [input, status, list] = dialog.children;
    document.body.append(dialog);
    input.addEventListener('input', show);
    dialog.addEventListener('click', (event) => { if (event.target === dialog || event.target.closest('a')) dialog.close(); });
    dialog.addEventListener('keydown', (event) => {
      event.stopPropagation();
      const stops = [input, ...list.querySelectorAll('a')], way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (way) {
        event.preventDefault();
        stops[stops.indexOf(document.activeElement) + way]?.focus();
      } else if (event.key === 'Enter' && document.activeElement === input) {
        stops[1]?.click();
      } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
        input.focus();
      }
    });
    load();
  };
  const search = () => {
    if (!dialog) make();
    if (!dialog.open) dialog.showModal();
    input.select();
  };
  open.addEventListener('click', search);
  addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest?.('input, select, textarea, [contenteditable]')) return;
    event.preventDefault();
    search();
  });
}

// ← and → turn the pages, wherever they have nothing else to do.
function turning() {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest('input, select, textarea, [contenteditable]') || visualViewport.scale > 1) return;
    const way = { ArrowLeft: 'prev', ArrowRight: 'next' }[event.key];
    const link = way && document.querySelector(`link[rel=${way}]`);
    if (link) location.href = link.href;
  });
}

// On paper nothing is folded.
function printing() {
  let folded = [];
  addEventListener('beforeprint', () => {
    folded = [...document.querySelectorAll('main details:not([open])')];
    for (const fold of folded) fold.open = true;
  });
  addEventListener('afterprint', () => { for (const fold of folded) fold.open = false; });
}

if (!document.body.matches('.whole')) traces(); // there, a line of a file stands in many panels
copying();
whereabouts();
searching();
addresses();
naming();
schemes();
turning();
printing();
