// Elements from JavaScript. Text only ever becomes text: names of metrics come from
// strangers.

// el makes an element. Properties that begin with "on" listen; false and null leave an
// attribute away, and true gives it no value.
export function el(tag, properties = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else set(made, name, value);
  }
  made.append(...inside.filter((child) => child !== null && child !== undefined));
  return made;
}

// set gives an element an attribute, or takes it away, if that changes anything.
export function set(element, name, value) {
  if (value === false || value === null || value === undefined) {
    element.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

// say sets the text of an element, if it is another: what is read aloud is not repeated,
// and what is selected stays so.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Rows keeps an element's children in step with a list. Each item has a row of its own
// for as long as its key is in the list, so that focus and open parts stay.
export class Rows {
  #make;
  #rows = new Map();

  // make returns {node, update(item)} for an item.
  constructor(parent, make) {
    this.parent = parent;
    this.#make = make;
  }

  show(items, key) {
    const wanted = new Map(items.map((item, at) => [key(item, at), item]));
    for (const [k, row] of this.#rows) {
      if (wanted.has(k)) continue;
      row.node.remove();
      this.#rows.delete(k);
    }
    let at = this.parent.firstElementChild;
    for (const [k, item] of wanted) {
      const row = this.#rows.get(k) ?? this.#add(k, item);
      row.update(item);
      if (row.node === at) at = at.nextElementSibling;
      else this.parent.insertBefore(row.node, at);
    }
  }

  // row is the element of the item with a key.
  row(key) {
    return this.#rows.get(key).node;
  }

  #add(key, item) {
    const row = this.#make(item);
    this.#rows.set(key, row);
    return row;
  }
}
