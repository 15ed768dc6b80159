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
    section.textContent = now?.textContent ?? '';
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
schemes();
turning();
printing();
