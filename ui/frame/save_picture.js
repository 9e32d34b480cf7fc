// Every gallery can be saved as a PNG: a button stands at its foot while the pointer, or the focus, is on it; the key S
// does the same. Charts need none of it: the toolbars of Vega-Lite and Plotly save them.
(() => {
  if (window.galleriesAreSaved) return;
  window.galleriesAreSaved = true;
  const SCALE = 2, PAUSE = 400, LOW = 160; // pixels of the picture for one of the page; milliseconds; pixels
  const button = Object.assign(document.createElement("button"), {
    id: "save-picture", type: "button", textContent: "Save as PNG", title: "Save these pictures as one PNG file (key S).",
  });
  let gallery = null, leaving = 0;

  /** The gallery that an event is in: tiles, the map, drawn strips, or images and what stands between them. */
  function galleryOf(event) {
    const path = event.composedPath().filter((node) => node instanceof Element);
    const found = path.find((node) => node.matches('.digit-tiles, .map, [data-testid="stImage"]'));
    if (!found) return path.find((node) => node.matches('[data-testid="stHtml"]') && drawn(node).length) ?? null;
    return found.matches(".digit-tiles, .map") ? found : widest(found);
  }

  const drawn = (node) => [...node.querySelectorAll('img[src^="data:image/svg"]')];

  /** The largest block around an image that holds nothing but images and what is written beside them. */
  function widest(image) {
    let block = image;
    for (let node = image.parentElement; node && node.dataset.testid !== "stMain"; node = node.parentElement) {
      if (!/Block$/.test(node.dataset.testid ?? "")) continue;
      const parts = [...node.querySelectorAll('[data-testid="stElementContainer"]')];
      if (!parts.every((part) => part.querySelector('[data-testid="stImage"], [data-testid="stHtml"]'))) break;
      block = node;
    }
    return block;
  }

  function show(found) {
    clearTimeout(leaving);
    if (found === gallery && button.isConnected) return;
    gallery = found;
    const style = getComputedStyle(document.querySelector('[data-testid="stApp"]')), box = found.getBoundingClientRect();
    document.body.append(button);
    button.style.cssText = "position:fixed;z-index:999990;padding:.15rem .6rem;font-size:.8rem;cursor:pointer;"
      + "border:1px solid rgba(128,128,128,.5);border-radius:.25rem";
    Object.assign(button.style, { background: style.backgroundColor, color: style.color, fontFamily: style.fontFamily });
    button.style.left = `${Math.max(0, Math.min(box.right, innerWidth) - button.offsetWidth)}px`;
    const foot = box.height < LOW ? box.bottom : box.bottom - button.offsetHeight; // it hides little of a large one
    button.style.top = `${Math.min(foot, innerHeight - button.offsetHeight)}px`;
  }

  function hide() {
    button.remove();
    gallery = null;
  }

  async function save() {
    const kept = gallery; // the button may go meanwhile
    if (!kept?.isConnected) return hide();
    const picture = await pictureOf(kept);
    const link = document.createElement("a");
    link.download = `${location.pathname.split("/").pop() || "home"}.png`;
    link.href = URL.createObjectURL(await new Promise((done) => picture.toBlob(done)));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  /** What a part of the page shows, as a canvas: grounds, pictures and words, each where it stands. */
  async function pictureOf(root) {
    const box = root.getBoundingClientRect(), canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
    canvas.width = Math.ceil(box.width * SCALE);
    canvas.height = Math.ceil(box.height * SCALE);
    pen.scale(SCALE, SCALE);
    pen.fillStyle = getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor;
    pen.fillRect(0, 0, box.width, box.height);
    pen.translate(-box.left, -box.top);
    for (const node of [root, ...root.querySelectorAll("*")]) {
      const place = node.getBoundingClientRect(), style = getComputedStyle(node);
      if (!place.width || !place.height || !node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      if (node.closest('[data-testid="stElementToolbar"], button, .tip, .tools')) continue;
      pen.globalAlpha = opacityOf(node);
      pen.imageSmoothingEnabled = style.imageRendering !== "pixelated";
      paintGround(pen, place, style);
      if (node.matches("img")) await node.decode();
      if (node.matches("img, canvas")) pen.drawImage(node, place.left, place.top, place.width, place.height);
      for (const child of node.childNodes) if (child.nodeType === Node.TEXT_NODE) write(pen, child, style);
    }
    return canvas;
  }

  function opacityOf(node) {
    let opacity = 1;
    for (let each = node; each; each = each.parentElement) opacity *= Number(getComputedStyle(each).opacity);
    return opacity;
  }

  function paintGround(pen, place, style) {
    const stops = style.backgroundImage.startsWith("linear-gradient") ? style.backgroundImage.match(/rgba?\([^)]*\)/g) : null;
    pen.fillStyle = style.backgroundColor;
    if (stops) {
      const ramp = pen.createLinearGradient(place.left, 0, place.right, 0);
      stops.forEach((color, i) => ramp.addColorStop(i / Math.max(1, stops.length - 1), color));
      pen.fillStyle = ramp;
    }
    pen.fillRect(place.left, place.top, place.width, place.height);
  }

  function write(pen, text, style) {
    pen.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    pen.fillStyle = style.color;
    pen.textBaseline = "middle";
    for (const word of text.data.matchAll(/\S+/g)) { // each by itself: a line may break between any two
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const place = range.getBoundingClientRect();
      pen.fillText(word[0], place.left, place.top + place.height / 2);
    }
  }

  function follow(event) {
    if (event.composedPath().includes(button)) return clearTimeout(leaving);
    const found = galleryOf(event);
    if (found) return show(found);
    clearTimeout(leaving);
    leaving = setTimeout(hide, PAUSE);
  }

  button.onclick = save;
  document.addEventListener("pointerover", follow);
  document.addEventListener("focusin", follow);
  document.addEventListener("scroll", hide, true);
  document.addEventListener("keydown", (event) => {
    const isTyping = event.composedPath()[0].matches?.("input, textarea, select, [contenteditable]");
    if (gallery && event.key.toLowerCase() === "s" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) save();
  });
})();
