// The drawing of the tables: fit, zoom, move with the mouse or the arrow keys, search, and a few tables alone.

const ZOOMS = [0.1, 0.15, 0.25, 0.35, 0.5, 0.7, 0.85, 1, 1.2, 1.5, 2];
/** A drawing that fits at this scale can be read whole; a larger one opens on what matters. */
const READABLE = 0.8;

class View {
  constructor(model, el) {
    this.model = model;
    this.zoom = null;
    this.found = [];
    this.selected = "";
    this.dirty = false;
    this.build(el);
    this.listen();
    this.draw();
  }

  build(el) {
    const find = "Find a table or column";
    const search = searchTools("nbm-e", find, find, (by) => this.step(by));
    const zoom = zoomTools("nbm-e", this);
    Object.assign(this, search, zoom);
    this.changed = button("Changed", "Show what the last step changed", () => this.openOnFocus(1));
    this.near = button("", "", () => this.toggle());
    this.canvas = make("div", { class: "nbm-e-canvas", tabindex: "0", role: "group" });
    this.note = make("div", { class: "nbm-e-note" });
    this.tools = toolbar("nbm-e", search, ["Which tables", this.changed, this.near], zoom);
    this.root = make("div", { class: "nbm-e" }, this.tools, this.canvas, this.note);
    el.append(this.root);
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("keydown", (event) => this.pressed(event));
    canvas.addEventListener("click", (event) => this.clicked(event));
    canvas.addEventListener("dblclick", () => this.selected && this.toggle());
    canvas.addEventListener("pointerdown", (event) => this.grab(event));
    canvas.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
    this.input.addEventListener("input", () => this.search());
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape" && this.input.value) {
        this.input.value = "";
        this.search();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
    const changed = () => {
      if (!this.dirty) queueMicrotask(() => this.draw());
      this.dirty = true;
    };
    this.changes = Object.fromEntries(
      ["svg", "listing", "label", "focus", "note", "around"].map((name) => [`change:${name}`, changed]),
    );
    for (const [name, callback] of Object.entries(this.changes)) this.model.on(name, callback);
    // In a tab that is not open there is no width to fit.
    this.seen = new ResizeObserver(() => {
      const { clientWidth } = canvas;
      if (!clientWidth || clientWidth === this.room) return;
      const first = !this.room;
      this.room = clientWidth;
      if (first) this.open();
      else if (this.zoom === null) this.setZoom(null);
    });
    this.seen.observe(canvas);
  }

  close() {
    for (const [name, callback] of Object.entries(this.changes)) this.model.off(name, callback);
    this.seen.disconnect();
    this.root.remove();
  }

  draw() {
    this.dirty = false;
    const text = this.model.get("svg");
    this.svg = text ? parse(text) : null;
    this.tools.hidden = !this.svg;
    this.canvas.setAttribute("aria-label", this.svg ? "Drawing of the tables: arrow keys move it, plus and minus zoom" : "Tables");
    if (this.svg) {
      this.width = Number(this.svg.getAttribute("width"));
      this.height = Number(this.svg.getAttribute("height"));
      this.svg.setAttribute("role", "img");
      this.svg.setAttribute("aria-label", this.model.get("label"));
      this.canvas.replaceChildren(this.svg);
    } else {
      this.canvas.innerHTML = this.model.get("listing");
    }
    this.note.textContent = this.model.get("note");
    const around = this.model.get("around");
    this.nodes = [...this.canvas.querySelectorAll("[data-table]")];
    if (around || !this.node(this.selected)) this.selected = around;
    this.search();
    this.mark();
    if (this.canvas.clientWidth) this.open();
  }

  node(name) {
    return this.nodes.find((node) => node.dataset.table === name);
  }

  /** Show all where all can be read, else what the last step changed, or what has the most links. */
  open() {
    if (!this.svg) return;
    if (this.fit() >= READABLE) this.setZoom(null);
    else this.openOnFocus(1);
  }

  openOnFocus(zoom) {
    const nodes = this.model.get("focus").map((name) => this.node(name)).filter(Boolean);
    this.setZoom(Math.max(zoom, this.zoom ?? 0));
    if (nodes.length) this.reveal(nodes[0]);
  }

  // Zoom and place.

  fit() {
    const height = parseFloat(getComputedStyle(this.canvas).maxHeight) || 430;
    return Math.min((this.canvas.clientWidth - 4) / this.width, (height - 6) / this.height, 1);
  }

  scale() {
    return this.zoom ?? this.fit();
  }

  setZoom(zoom) {
    if (!this.svg) return;
    this.zoom = zoom;
    const scale = this.scale();
    this.svg.style.width = `${this.width * scale}px`;
    this.svg.style.height = `${this.height * scale}px`;
    showLevel(this.level, zoom, "Fit the whole drawing");
    this.smaller.disabled = scale <= ZOOMS[0];
    this.larger.disabled = scale >= ZOOMS.at(-1);
  }

  /** Zoom, and leave what is at a point of the canvas, its middle if none is given, where it is. */
  zoomBy(direction, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const now = this.scale();
    const zoom = nextZoom(ZOOMS, now, direction);
    if (zoom === undefined) return;
    const [left, top] = [(this.canvas.scrollLeft + x) / now, (this.canvas.scrollTop + y) / now];
    this.setZoom(zoom);
    this.canvas.scrollTo({ left: left * zoom - x, top: top * zoom - y });
  }

  /** Bring a table into the middle, its upper left corner at least. */
  reveal(node) {
    const { canvas } = this;
    const [frame, box] = [canvas.getBoundingClientRect(), node.getBoundingClientRect()];
    const place = (start, size, room) => start - Math.max((room - size) / 2, 8);
    canvas.scrollTo({
      left: canvas.scrollLeft + place(box.left - frame.left, box.width, canvas.clientWidth),
      top: canvas.scrollTop + place(box.top - frame.top, box.height, canvas.clientHeight),
    });
  }

  grab(event) {
    if (event.button !== 0 || event.pointerType === "touch") return;
    const { canvas } = this;
    const [x, y, left, top] = [event.clientX, event.clientY, canvas.scrollLeft, canvas.scrollTop];
    this.moved = false;
    const move = (now) => {
      if (Math.hypot(now.clientX - x, now.clientY - y) > 4 && !this.moved) {
        this.moved = true;
        canvas.setPointerCapture(event.pointerId);
        canvas.classList.add("nbm-e-grabbed");
      }
      if (this.moved) canvas.scrollTo({ left: left - now.clientX + x, top: top - now.clientY + y });
    };
    const end = () => {
      canvas.classList.remove("nbm-e-grabbed");
      canvas.removeEventListener("pointermove", move);
      for (const name of ["pointerup", "pointercancel"]) canvas.removeEventListener(name, end);
    };
    canvas.addEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, end);
  }

  wheeled(event) {
    // The wheel alone scrolls, as everywhere.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const frame = this.canvas.getBoundingClientRect();
    this.zoomBy(event.deltaY < 0 ? 1 : -1, event.clientX - frame.left, event.clientY - frame.top);
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = {
      "+": () => this.zoomBy(1),
      "-": () => this.zoomBy(-1),
      0: () => this.setZoom(null),
      "/": () => this.input.focus(),
      Enter: () => this.selected && this.toggle(),
    }[event.key];
    if (event.key.startsWith("Arrow")) event.stopPropagation();
    if (!action || !this.svg) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  clicked(event) {
    if (this.moved || event.detail > 1) return;
    this.selected = event.target.closest("[data-table]")?.dataset.table ?? "";
    this.mark();
  }

  // Which tables.

  toggle() {
    const around = this.model.get("around");
    this.model.set("around", around ? "" : this.selected);
    this.model.save_changes();
  }

  search() {
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (node) => words.every((word) => node.dataset.words.toLowerCase().includes(word));
    const named = (node) => words.every((word) => node.dataset.table.toLowerCase().includes(word));
    this.found = words.length ? this.nodes.filter(has) : [];
    // A table of that name comes before one that has a column of it.
    this.found.sort((a, b) => named(b) - named(a));
    this.mark();
    if (this.found.length) this.go(this.found[0]);
  }

  step(by) {
    if (!this.found.length) return;
    const at = this.found.findIndex((node) => node.dataset.table === this.selected);
    this.go(this.found[(at + by + this.found.length) % this.found.length]);
  }

  go(node) {
    this.selected = node.dataset.table;
    if (this.canvas.clientWidth) {
      if (this.scale() < READABLE) this.setZoom(1);
      this.reveal(node);
    }
    this.mark();
  }

  mark() {
    const found = new Set(this.found);
    for (const node of this.nodes) {
      node.classList.toggle("nbm-e-found", found.has(node));
      node.classList.toggle("nbm-e-selected", node.dataset.table === this.selected);
    }
    const asked = Boolean(this.input.value.trim());
    const at = this.found.findIndex((node) => node.dataset.table === this.selected);
    const total = this.found.length;
    this.count.textContent = !asked ? "" : !total ? "not found" : at < 0 ? `${total} found` : `${at + 1} of ${total}`;
    this.before.disabled = this.after.disabled = !total;
    this.changed.hidden = !this.canvas.querySelector(".nbm-e-changed");
    const around = this.model.get("around");
    const label = around ? "Draw all tables" : `Draw only ${this.selected || "the selected table"} and its neighbours`;
    this.near.textContent = around ? "All tables" : "Only neighbours";
    this.near.title = label;
    this.near.setAttribute("aria-label", label);
    this.near.disabled = !around && !this.selected;
  }
}

export default {
  render({ model, el }) {
    const view = new View(model, el);
    return () => view.close();
  },
};
