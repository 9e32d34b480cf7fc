// The class board: tiles that keep their place on the page while others come. Names are text, whatever they contain.

export default function ({ data, parentElement, setTriggerValue }) {
  const board = parentElement.querySelector(".board");
  const known = new Map([...board.children].map((tile) => [tile.dataset.id, tile]));
  const tiles = data.tiles.map((tile) => {
    const found = known.get(String(tile.id)) ?? make(tile);
    update(found, tile);
    const [toggle, remove] = found.querySelectorAll("button");
    toggle.onclick = () => setTriggerValue("toggle", { id: tile.id, hidden: !tile.hidden });
    remove.onclick = () => setTriggerValue("remove", { id: tile.id });
    return found;
  });
  const isSame = tiles.length === board.children.length && tiles.every((tile, i) => board.children[i] === tile);
  if (!isSame) board.replaceChildren(...tiles);
}

function make({ id, digit, name }) {
  const tile = document.createElement("figure");
  tile.dataset.id = id;
  const image = Object.assign(document.createElement("img"), { alt: `a ${digit} by ${name}` });
  const caption = document.createElement("figcaption");
  const [read, who] = ["b", "span"].map((kind) => document.createElement(kind));
  who.textContent = name;
  caption.append(read, who);
  const [toggle, remove] = [0, 1].map(() => Object.assign(document.createElement("button"), { type: "button" }));
  remove.textContent = "Delete";
  remove.className = "remove";
  remove.setAttribute("aria-label", `Delete the ${digit} by ${name}`);
  tile.append(image, caption, toggle, remove);
  return tile;
}

function update(tile, { src, digit, read, sure, right, hidden, name }) {
  const image = tile.querySelector("img");
  if (image.src !== src) image.src = src; // the theme may have changed
  tile.classList.toggle("hidden", hidden);
  tile.classList.toggle("wrong", !right);
  tile.querySelector("b").textContent = `${right ? "✓" : "✗"} ${read} · ${sure}`;
  tile.title = `${name} drew a ${digit}; the network reads ${read}, ${sure}`;
  const button = tile.querySelector("button");
  button.textContent = hidden ? "Show" : "Hide";
  button.setAttribute("aria-label", `${button.textContent} the ${digit} by ${name}`);
}
