// The presenter view: the page's charts, pictures and texts one at a time, as large as the screen allows.
// All of it is in the browser: pages need not know. The address says `present=1`, and `thing` which one is shown.

(() => {
  if (window.presenter) return;
  window.presenter = true;
  const {PARTS, PICTURES, by, partsOf, thingsOf} = presenterThings;
  const root = document.documentElement, bar = document.createElement('div'), enter = document.createElement('button');
  const BAR = 44, MARGIN = 20, LARGEST = 4.5, CANVAS = 840, RELAID = 3;  // in px; LARGEST is a scale, RELAID a count
  let things = [], shown = null, at = '', answered = '', withControls = false, planned = 0, laidOut = '',
    width = 0, high = 0, times = 0, nudges = 0, observed = null, timer = 0, turning = 0;

  const query = () => new URLSearchParams(location.search);
  const isOn = () => root.classList.contains('is-presenting');
  const place = () => `${location.pathname}?${query().get('lesson') ?? ''}&${query().get('at') ?? ''}`;

  function setAddress(change) {
    const asked = query();
    change(asked);
    const search = asked.toString() ? `?${asked}` : '';
    if (search !== location.search) history.replaceState(history.state, '', location.pathname + search + location.hash);
  }

  const numbers = new WeakMap();
  let counted = 0;
  function numberOf(element) {
    if (!numbers.has(element)) numbers.set(element, counted += 1);
    return numbers.get(element);
  }

  function usual() {
    const first = things.findIndex(thing => thing.pictures);
    return first < 0 ? 0 : first;
  }

  function show() {
    const block = document.querySelector('[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"]');
    if (!block || !isOn()) return;
    root.classList.remove('is-presenting');  // to see the whole page; nothing is painted in between
    things = thingsOf(partsOf(block));
    root.classList.add('is-presenting');
    const asked = Number(query().get('thing'));
    if (at !== place()) {
      if (at) turning = 0;
      at = place();
      shown = asked >= 1 ? asked - 1 : null;
    }
    const number = Math.max(0, Math.min(shown ?? usual(), things.length - 1));
    setAddress(address => {
      address.set('present', '1');
      if (shown === null) address.delete('thing'); else address.set('thing', String(shown + 1));
    });
    const thing = things[number] ?? {parts: [], controls: []};
    fold(block, new Set(withControls ? [...thing.parts, ...controlsOf(number)] : thing.parts));
    clearTimeout(timer);
    timer = setTimeout(nudge, 400, block);
    fit(block, [place(), number, withControls, ...thing.parts.map(numberOf)].join());
    if (observed !== block) { sizes.disconnect(); sizes.observe(observed = block); }
    write(number);
    showAnswer();
    clickTurn();
  }

  // An answer that has just been revealed may lie below what is seen of the lesson.
  function showAnswer() {
    const panel = document.querySelector('.st-key-lesson')?.parentElement, answer = panel?.querySelector('hr');
    const now = `${place()} ${Boolean(answer)} ${panel?.scrollHeight}`;
    if (!panel || now === answered) return;
    answered = now;
    panel.scrollTop += answer ? answer.getBoundingClientRect().top - panel.getBoundingClientRect().top : -panel.scrollTop;
  }

  // The page's own settings and those around this thing.
  const controlsOf = number => [...things.slice(0, usual() + 1), things[number]].flatMap(one => one?.controls ?? []);

  function fold(block, wanted) {
    for (const child of block.querySelectorAll(PARTS)) {
      const isIn = wanted.has(child) || [...wanted].some(one => one.contains(child) || child.contains(one));
      const isFrame = child.querySelector(':scope > .st-key-frame, :scope > .st-key-lesson')
        || child.closest('.st-key-frame, .st-key-lesson');
      if (isIn || isFrame) child.removeAttribute('data-presenter'); else child.setAttribute('data-presenter', 'off');
    }
  }

  // Lays it out at the narrowest width at which all of it is on the screen, and enlarges it to the screen. Charts are
  // drawn anew for that width a moment later, perhaps higher than before: then only the scale follows.
  function fit(block, what) {
    const set = (name, value) => root.style.setProperty(`--presenter-${name}`, value);
    const main = by('stMain').getBoundingClientRect();
    const hasLesson = document.querySelector('.st-key-lesson'), isWide = innerWidth >= 1000;
    const left = hasLesson && isWide ? 0.36 * innerWidth : 0;
    const below = hasLesson && !isWide ? 0.45 * innerHeight : root.classList.contains('with-pages') ? 60 : 0;
    set('height', innerHeight);
    const room = {width: innerWidth - left - 2 * MARGIN, height: innerHeight - BAR - below - 1.5 * MARGIN};
    const least = block.querySelector(PICTURES) ? 0.9 : Math.max(1, innerHeight / 500);
    const now = [what, room.width, room.height].join();
    const isChanged = Math.abs(block.offsetHeight - high) > 0.03 * high && times < RELAID;
    if (now !== laidOut || isChanged) {
      times = now === laidOut ? times + 1 : 0;
      nudges = now === laidOut ? nudges : 0;
      laidOut = now;
      root.classList.add('is-measured');
      const hasCanvas = [...block.querySelectorAll('.st-key-drawing')].some(canvas => canvas.offsetWidth);
      for (width = hasCanvas && room.width > CANVAS ? CANVAS : room.width / LARGEST; width < room.width / least; width *= 1.05) {
        set('width', `${width}px`);
        if (block.offsetHeight * room.width / width <= room.height && block.scrollWidth <= width + 1) break;
      }
      width = Math.min(width, room.width / least);
      set('width', `${width}px`);
      high = block.offsetHeight;
      root.classList.remove('is-measured');
    }
    set('width', `${width}px`);
    const fitting = Math.min(room.width / width, room.height / block.offsetHeight);
    const scale = Math.max(Math.min(least, room.width / width), fitting);
    set('scale', scale);
    set('x', `${left + MARGIN - main.left + Math.max(0, (room.width - width * scale) / 2)}px`);
    set('y', `${MARGIN + below + Math.max(0, (room.height - block.offsetHeight * scale) / 2)}px`);
  }

  // Of several changes of its width in quick succession a chart may miss the last one: then it changes once more.
  function nudge(block) {
    const isOff = chart => {
      const svg = chart.querySelector('svg.marks'), share = svg && svg.width.baseVal.value / chart.parentElement.clientWidth;
      return chart.offsetWidth && svg && (share < 0.95 || share > 1.02);
    };
    const charts = [...block.querySelectorAll('[data-testid="stVegaLiteChart"]')];
    if (!isOn() || nudges >= RELAID || !charts.some(isOff)) return;
    nudges += 1;
    width -= 1;
    show();
  }

  function write(number) {
    const colors = getComputedStyle(by('stApp') ?? document.body);
    for (const part of [bar, enter]) part.style.color = colors.color;
    bar.style.background = colors.backgroundColor;
    const title = document.querySelector('h1')?.innerText ?? '';
    bar.querySelector('.place').textContent = `${title} · ${number + 1} / ${Math.max(1, things.length)}`;
    bar.querySelector('.controls').setAttribute('aria-pressed', String(withControls));
    bar.querySelector('.pages').setAttribute('aria-pressed', String(root.classList.contains('with-pages')));
  }

  function move(steps) {
    const from = shown ?? usual();
    shown = Math.max(0, Math.min(from + steps, things.length - 1));
    by('stMain')?.scrollTo(0, 0);
    show();
  }

  // With a lesson beside the page the arrows to the side are the lesson's. Where its buttons are not drawn yet, the
  // one that is meant is clicked as soon as it is.
  function turn(direction) {
    if (!query().get('lesson')) return move(direction);
    turning = direction;
    clickTurn();
  }

  function clickTurn() {
    const button = turning && document.querySelector(`.st-key-lesson_${turning > 0 ? 'next' : 'back'} button`);
    if (!button) return;
    turning = 0;
    button.click();
  }

  function start() {
    root.classList.add('is-presenting');
    at = '';
    show();
    setTimeout(() => dispatchEvent(new Event('resize')), 50);
  }

  function leave() {
    root.classList.remove('is-presenting', 'with-pages');
    for (const element of document.querySelectorAll('[data-presenter]')) element.removeAttribute('data-presenter');
    setAddress(address => { address.delete('present'); address.delete('thing'); });
    shown = null;
  }

  const isWriting = target => target.closest?.('input, textarea, select, [contenteditable="true"], [role="slider"], '
    + '[role="combobox"], [role="listbox"], [role="menu"], [role="grid"], [role="radiogroup"]');
  const KEYS = {ArrowRight: () => turn(1), PageDown: () => turn(1), ArrowLeft: () => turn(-1), PageUp: () => turn(-1),
    ArrowDown: () => move(1), ArrowUp: () => move(-1), Home: () => move(-1000), End: () => move(1000),
    c: () => toggle('controls'), n: () => toggle('pages'), Escape: leave, p: leave};

  function toggle(what) {
    if (what === 'controls') withControls = !withControls; else root.classList.toggle('with-pages');
    show();
  }

  addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === 'Escape' && document.querySelector('[role="dialog"], [data-baseweb="popover"]')) return;
    const action = isOn() ? KEYS[key] : key === 'p' ? start : null;
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }, true);

  function plan() {
    if (isOn() && !planned) planned = requestAnimationFrame(() => { planned = 0; show(); });
  }

  const sizes = new ResizeObserver(plan);
  const isDrawn = node => node.closest?.('svg, canvas, #presenter-bar');
  new MutationObserver(changes => {
    if (changes.some(change => change.type === 'childList' && !isDrawn(change.target))) plan();
  }).observe(document.body, {childList: true, subtree: true});
  addEventListener('resize', plan);
  addEventListener('popstate', plan);
  // The server sets the address last of all, when nothing on the page changes any more.
  setInterval(() => { if (query().get('present') !== '1') plan(); }, 250);

  function addButton(to, name, label, key, action) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = name;
    button.textContent = label;
    button.title = `${label} (key: ${key})`;
    button.addEventListener('click', () => { button.blur(); action(); });
    to.append(button);
  }

  enter.type = 'button';
  enter.id = 'present';
  enter.textContent = 'Present';
  enter.title = 'Presenter view: one thing at a time, as large as the screen (key: P)';
  enter.addEventListener('click', () => { enter.blur(); start(); });
  bar.id = 'presenter-bar';
  bar.setAttribute('role', 'toolbar');
  bar.setAttribute('aria-label', 'Presenter view');
  const words = document.createElement('span');
  words.className = 'place';
  words.setAttribute('role', 'status');
  bar.append(words);
  addButton(bar, 'back', '‹ Previous', '←', () => turn(-1));
  addButton(bar, 'next', 'Next ›', '→', () => turn(1));
  addButton(bar, 'controls', 'Controls', 'C', () => toggle('controls'));
  addButton(bar, 'pages', 'Pages', 'N', () => toggle('pages'));
  addButton(bar, 'leave', 'Leave', 'Esc', leave);
  document.body.append(enter, bar);
  write(0);
  if (query().get('present') === '1') start();
})();
