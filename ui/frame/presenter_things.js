// What a page consists of for the presenter view: its parts in order, and the things that they make up.
const presenterThings = (() => {
  const PARTS = '[data-testid="stElementContainer"], [data-testid="stLayoutWrapper"], [data-testid="stColumn"]';
  const PICTURES = '[data-testid="stVegaLiteChart"], [data-testid="stPlotlyChart"], [data-testid="stImage"], '
    + '[data-testid="stDataFrame"], [data-testid="stTable"], [data-testid="stBidiComponentIsolated"], iframe';
  const WORDS = '[data-testid="stMarkdown"], [data-testid="stAlert"], [data-testid="stMetric"], [data-testid="stCode"], '
    + '[data-testid="stHtml"], [data-testid="stButton"], [data-testid="stSpinner"]';
  const LOW = 60;  // px; HTML that is lower is a legend or a caption, no picture

  const by = (id, within = document) => within.querySelector(`[data-testid="${id}"]`);

  // What the page consists of, in order: {element, kind}; kinds are page, title, words, picture, small, control.
  function partsOf(block, found = []) {
    for (const child of block.children) {
      if (!child.matches(PARTS)) partsOf(child, found);
      else if (child.querySelector(':scope > .st-key-frame, :scope > .st-key-lesson')) continue;
      else if (child.matches('[data-testid="stElementContainer"]') || isWhole(child)) {
        const kind = kindOf(child);
        if (kind) found.push({element: child, kind});
      } else partsOf(child, found);
    }
    return found;
  }

  // A gallery is one picture, and so is a canvas with what is read from it; an expander stays folded.
  function isWhole(wrapper) {
    if (by('stExpander', wrapper)?.parentElement === wrapper) return true;
    const row = wrapper.querySelector(':scope > [data-testid="stHorizontalBlock"]');
    if (!row) return false;
    const hasColumns = row.querySelector(':scope > [data-testid="stColumn"]');
    return hasColumns ? Boolean(row.querySelector('.drawing, .st-key-drawing')) : true;
  }

  function kindOf(element) {
    if (by('stExpander', element)?.parentElement === element) return 'control';
    if (element.querySelector(PICTURES)) return 'picture';  // also one without a height: folded away it was not drawn
    if (element.offsetHeight === 0) return null;
    if (by('stHeading', element)) return by('stHeading', element).querySelector('h1') ? 'page' : 'title';
    const html = by('stHtml', element);
    if (element.querySelector('[data-testid="stSlider"], [data-testid="stWidgetLabel"], [role="radiogroup"]')) return 'control';
    if (html?.querySelector('img, svg, table, figure, .bar') && element.offsetHeight >= LOW) return 'picture';
    if (html) return 'small';
    return element.querySelector(WORDS) ? 'words' : 'control';
  }

  // One thing: a picture with the title and the words before it, and what is said below it before the next one.
  function thingsOf(parts) {
    const all = [];
    let now = null, waiting = [], isOpening = false;  // the page's title with the words that follow it at once
    const begin = () => { now = {parts: [], controls: [], pictures: 0}; all.push(now); };
    const join = part => { if (!now) begin(); now.parts.push(part.element); };
    const settle = () => { waiting.forEach(join); waiting = []; };
    for (const part of parts) {
      if (isOpening && part.kind !== 'words') { isOpening = false; begin(); }
      if (part.kind === 'page') { settle(); begin(); join(part); isOpening = true; continue; }
      if (part.kind === 'control') {
        if (!now) begin();
        now.controls.push(part.element);
      } else if (part.kind === 'title') {
        settle();
        begin();
        join(part);
        now.hasTitle = true;
      } else if (part.kind === 'picture') {
        if (now?.pictures && !goesOn(now, part)) begin();
        settle();
        const most = now?.hasTitle ? 3 : 1;
        if (now && !now.pictures && now.parts.length > most) {  // long talk before it is a thing of its own
          const words = now.parts.splice(now.hasTitle ? -2 : -1);
          begin();
          now.parts = words;
        }
        join(part);
        now.pictures += 1;
        now.last = part.element;
        if (part.element.querySelector('[data-testid="stBidiComponentIsolated"]')) begin();  // it takes the whole screen
      } else if (part.kind === 'words' && now?.pictures) waiting.push(part);
      else join(part);
    }
    settle();
    return all.filter(thing => thing.parts.length);
  }

  // Rows of images in one place belong together, like the rows of units of a layer.
  function goesOn(thing, part) {
    const images = element => by('stImage', element) && !element.querySelector('[data-testid="stVegaLiteChart"]');
    return images(thing.last) && images(part.element) && thing.last.offsetWidth === part.element.offsetWidth
      && thing.pictures < 4;
  }

  return {PARTS, PICTURES, by, partsOf, thingsOf};
})();
