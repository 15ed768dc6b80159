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

    // By its buttons and keys the call comes into view; under the pointer it is.
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
    calls.forEach((call, index) => call.addEventListener('pointerenter', () => show(index)));
    if ('follow' in figure.dataset) next.focus({ preventScroll: true });
  }
}

traces();
