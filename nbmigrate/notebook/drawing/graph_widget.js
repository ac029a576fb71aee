// The live graph: draws what the kernel sends, marks what has changed, and says what was clicked.
//
// A step of the database changes `states`; then classes and words change, and nothing is drawn again.

const WORDS = {
  current: "current position",
  applied: "applied",
  partly: "partly applied",
  pending: "not applied",
  unknown: "",
};
const STATES = ["nbm-current", "nbm-applied", "nbm-partly", "nbm-pending", "nbm-unknown"];
const LEGEND = [
  ["current", "current"],
  ["applied", "applied"],
  ["pending", "not applied"],
];
const HINT =
  "Up and down arrows move along children and parents, left and right along the rows, Home and End to the newest and" +
  " oldest. Enter goes to a revision or opens a fold, slash searches, plus, minus and zero zoom.";
const PAGE = 10;
const ZOOMS = [0.25, 0.35, 0.5, 0.7, 0.85, 1, 1.2, 1.5, 2, 3];
/** Below this letters cannot be read: rows are then cut at their right, and what has no rows is scrolled. */
const SMALLEST_FIT = 0.9;
/** What a row keeps of its box, in the drawing's own units: an id, and the badges of most. */
const NARROWEST = 240;
/** Milliseconds between two messages while a key is held down. */
const PACE = 150;

const ruler = document.createElement("canvas").getContext("2d");

/** A text, cut with an ellipsis where it would be wider. */
function cutText(text, width) {
  if (ruler.measureText(text).width <= width) return text;
  let end = text.length;
  while (end && ruler.measureText(`${text.slice(0, end)}…`).width > width) end -= 1;
  return `${text.slice(0, end).trimEnd()}…`;
}

/** A row of the drawing: its element, and where its box is in the drawing's own units. */
function readRow(g) {
  const box = g.querySelector(".nbm-box");
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(box.getAttribute(name)));
  // Where its line runs: beside the box in lanes, else through it.
  const marker = Number(g.querySelector("circle").getAttribute("cx"));
  return {
    g,
    key: g.dataset.rev ?? g.dataset.fold,
    revision: g.dataset.rev,
    next: g.dataset.next,
    title: g.querySelector("title"),
    details: g.querySelector("title")?.textContent ?? "",
    x,
    boxes: [...g.querySelectorAll(":scope > rect")].map((rect) => [rect, Number(rect.getAttribute("width"))]),
    // The message stands last.
    text: [...g.querySelectorAll(".nbm-rest > text, :scope > text:not(.nbm-id)")].at(-1),
    now: Number(g.querySelector(".nbm-now rect")?.getAttribute("width") ?? 0),
    top: y,
    bottom: y + height,
    line: marker < x ? marker : x + width / 2,
    above: [],
    below: [],
    lines: [],
    state: null,
  };
}

class View {
  constructor(model, el) {
    this.model = model;
    this.rows = new Map();
    this.order = [];
    this.zoom = null;
    this.roving = null;
    this.wanted = null;
    this.dirty = new Set();
    this.timers = {};
    this.saved = 0;
    this.build(el);
    this.listen();
    this.draw();
    this.sized = new ResizeObserver(() => this.zoom === null && this.setZoom(null));
    this.sized.observe(this.canvas);
    // Before the element is in the page it has no height to scroll by.
    requestAnimationFrame(() => this.reveal(this.row(this.roving), true));
  }

  build(el) {
    const hint = `nbm-hint-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
    const label = "Find a revision by id, message, label or table";
    const search = searchTools("nbm-g", "Find a revision", label, (step) => this.search(step));
    const zoom = zoomTools("nbm-g", this);
    Object.assign(this, search, zoom);
    this.home = button("Current", "Show the current position", () => this.showCurrent());
    this.newest = button("Newest", "Show the newest revision", () => this.goToEnd(this.order[0], "newest"));
    this.oldest = button("Oldest", "Show the oldest revision", () => this.goToEnd(this.order.at(-1), "oldest"));
    this.canvas = make("div", { class: "nbm-g-canvas" });
    this.legend = make("div", { class: "nbm-g-legend" });
    this.summary = make("div", { class: "nbm-g-summary", role: "status" });
    this.problem = make("div", { class: "nbm-g-problem", role: "alert" });
    this.hint = make("div", { class: "nbm-g-hint", id: hint }, HINT);
    this.tools = toolbar("nbm-g", search, ["Go to", this.newest, this.home, this.oldest], zoom);
    const foot = make("div", { class: "nbm-g-foot" }, this.legend, this.summary);
    this.root = make("div", { class: "nbm-live-graph" }, this.tools, this.canvas, foot, this.problem, this.hint);
    el.append(this.root);
  }

  listen() {
    this.canvas.addEventListener("click", (event) => this.clicked(event));
    this.canvas.addEventListener("dblclick", () => this.activate(this.first?.revision ? this.row(this.first.key) : null));
    this.canvas.addEventListener("keydown", (event) => this.pressed(event));
    this.canvas.addEventListener("focusin", (event) => this.rove(this.at(event)));
    this.input.addEventListener("input", () => {
      clearTimeout(this.timers.search);
      this.timers.search = setTimeout(() => this.search(0), 200);
    });
    this.input.addEventListener("keydown", (event) => this.typed(event));
    this.changes = Object.fromEntries(
      ["svg", "states", "summary", "selected", "label", "busy", "found", "problem"].map((name) => [
        `change:${name}`,
        () => this.changed(name),
      ]),
    );
    for (const [name, callback] of Object.entries(this.changes)) this.model.on(name, callback);
  }

  close() {
    for (const [name, callback] of Object.entries(this.changes)) this.model.off(name, callback);
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
    this.sized.disconnect();
    this.root.remove();
  }

  /** One message may change several traits: all of them are shown at once. */
  changed(name) {
    if (!this.dirty.size) {
      queueMicrotask(() => {
        const redraw = this.dirty.has("svg");
        const selected = this.dirty.has("selected");
        this.dirty.clear();
        if (redraw) this.draw(selected);
        else this.mark();
        const row = selected && this.row(this.model.get("selected"));
        if (row) {
          this.rove(row);
          this.reveal(row);
        }
      });
    }
    this.dirty.add(name);
  }

  row(key) {
    return this.rows.get(key) ?? null;
  }

  at(event) {
    const g = event.target.closest?.(".nbm-node, .nbm-fold");
    return g ? this.row(g.dataset.rev ?? g.dataset.fold) : null;
  }

  // Drawing.

  draw(moved = false) {
    const svg = parse(this.model.get("svg"));
    if (!svg) {
      this.canvas.replaceChildren();
      return;
    }
    const focused = this.canvas.contains(this.canvas.getRootNode().activeElement);
    const anchor = this.revisionNear(this.row(this.roving));
    const scroll = this.canvas.scrollTop;
    const offset = anchor ? anchor.top * this.scale() - scroll : 0;
    this.svg = svg;
    this.width = this.natural = Number(svg.getAttribute("width"));
    this.height = Number(svg.getAttribute("height"));
    this.read(svg);
    this.mark();
    this.setZoom(this.zoom);
    this.canvas.replaceChildren(svg);
    const kept = anchor && this.row(anchor.key);
    if (kept) this.canvas.scrollTop = kept.top * this.scale() - offset;
    const wanted = this.wanted ? this.row(this.wanted) : null;
    // A drawing that was asked for before may come first.
    if (wanted) this.wanted = null;
    const selected = this.row(this.model.get("selected"));
    const goal = wanted ?? ((moved && selected) || (kept ? null : selected ?? this.row(this.roving)));
    if (goal) {
      this.rove(goal);
      this.reveal(goal, !kept);
    }
    if (focused) this.row(this.roving)?.g.focus({ preventScroll: true });
  }

  read(svg) {
    this.order = [...svg.querySelectorAll(".nbm-node, .nbm-fold")].map(readRow);
    this.rows = new Map(this.order.map((row) => [row.key, row]));
    for (const line of svg.querySelectorAll(".nbm-edge[data-child]")) {
      const [child, parent] = [this.row(line.dataset.child), this.row(line.dataset.parent)];
      if (!child || !parent) continue;
      child.below.push(parent);
      child.lines.push(line);
      parent.above.push(child);
    }
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-describedby", this.hint.id);
    for (const row of this.order) {
      row.g.setAttribute("role", "button");
      row.g.setAttribute("tabindex", "-1");
    }
    this.newest.hidden = this.oldest.hidden = !svg.querySelector(".nbm-fold");
    this.hasDependencies = Boolean(svg.querySelector(".nbm-dependency"));
    this.legendOf = null;
  }

  /** Set classes, words and attributes to what the traits say, touching only what differs. */
  mark() {
    const states = this.model.get("states");
    const selected = this.model.get("selected");
    const found = this.model.get("found");
    const marked = new Set(this.asked() && found.text === this.asked() ? found.ids : []);
    for (const row of this.order) {
      this.setState(row, states[row.key] ?? "unknown");
      if (!row.revision) continue;
      const pressed = String(row.key === selected);
      if (row.g.getAttribute("aria-pressed") !== pressed) row.g.setAttribute("aria-pressed", pressed);
      row.g.classList.toggle("nbm-found", marked.has(row.key));
    }
    const roving = this.row(this.roving) ?? this.row(selected) ?? this.current() ?? this.order[0];
    this.rove(roving ?? null);
    this.svg?.setAttribute("aria-label", this.model.get("label"));
    this.root.setAttribute("aria-busy", String(this.model.get("busy")));
    this.markWords(found);
  }

  markWords(found) {
    const says = (element, text) => {
      if (element.textContent !== text) element.textContent = text;
    };
    const asked = this.asked();
    const isFor = asked && found.text === asked;
    const total = (found.total ?? 0).toLocaleString("en");
    says(this.count, !isFor ? "" : found.at ? `${found.at} of ${total}` : found.total ? `${total} found` : "not found");
    this.before.disabled = this.after.disabled = !isFor || !found.total;
    this.home.disabled = !this.current();
    says(this.summary, this.model.get("summary"));
    says(this.problem, this.model.get("problem"));
    this.problem.hidden = !this.model.get("problem");
    const known = this.order.some((row) => row.state !== "unknown");
    const legend = `${known} ${this.hasDependencies}`;
    if (this.legendOf !== legend) this.drawLegend(known);
    this.legendOf = legend;
  }

  setState(row, state) {
    if (row.state === state) return;
    row.state = state;
    row.g.classList.remove(...STATES);
    row.g.classList.add(`nbm-${state}`);
    row.g.classList.toggle("nbm-applied", state === "applied" || state === "current");
    const name = [row.g.dataset.name, WORDS[state]].filter(Boolean).join(", ");
    const message = row.g.dataset.message;
    row.g.setAttribute("aria-label", message ? `${name}: ${message}` : name);
    if (state === "current") row.g.setAttribute("aria-current", "true");
    else row.g.removeAttribute("aria-current");
    if (row.title) row.title.textContent = [name, row.details].filter(Boolean).join("\n");
    for (const line of row.lines) {
      const applied = row.g.classList.contains("nbm-applied");
      if (line.classList.contains("nbm-applied") === applied) continue;
      line.classList.toggle("nbm-applied", applied);
      // What is applied is drawn last, so that its lines are whole where they cross others.
      if (applied) line.parentNode.append(line);
      else line.parentNode.prepend(line);
    }
  }

  drawLegend(known) {
    const items = known ? LEGEND.map(([state, word]) => this.legendItem(state, word)) : [];
    if (this.hasDependencies) items.push(this.legendItem(null, "depends on"));
    this.legend.replaceChildren(...items);
    this.legend.hidden = !items.length;
  }

  legendItem(state, word) {
    const sign = state
      ? `<g class="nbm-${state}${state === "current" ? " nbm-applied" : ""}">` +
        '<circle class="nbm-dot" cx="11" cy="11" r="5"/><circle class="nbm-core" cx="11" cy="11" r="4"/></g>'
      : '<path class="nbm-edge nbm-dependency" d="M1 11h20"/>';
    const text = `<svg xmlns="http://www.w3.org/2000/svg" class="nbm-live" width="22" height="22">${sign}</svg>`;
    const svg = parse(text);
    svg.setAttribute("aria-hidden", "true");
    return make("span", {}, svg, word);
  }

  // Where one is.

  current() {
    return this.order.find((row) => row.state === "current") ?? null;
  }

  asked() {
    return this.input.value.trim();
  }

  /** Make one row the one that the Tab key comes to. */
  rove(row) {
    if (!row || (row.key === this.roving && row.g.getAttribute("tabindex") === "0")) return;
    this.row(this.roving)?.g.setAttribute("tabindex", "-1");
    this.roving = row.key;
    row.g.setAttribute("tabindex", "0");
  }

  revisionNear(row) {
    if (!row || row.revision) return row;
    const place = this.order.indexOf(row);
    return [this.order[place - 1], this.order[place + 1]].find((other) => other?.revision) ?? null;
  }

  scale() {
    return this.svg?.isConnected ? this.svg.getBoundingClientRect().width / this.width : 1;
  }

  /** Scroll the drawing, never the page, until a row is seen. */
  reveal(row, centre = false) {
    if (!row) return;
    const { canvas } = this;
    const scale = this.scale();
    const [top, bottom, height] = [row.top * scale, row.bottom * scale, canvas.clientHeight];
    const margin = Math.min(40, height / 4);
    let to = canvas.scrollTop;
    if (centre) to = (top + bottom - height) / 2;
    else if (top - margin < to) to = top - margin;
    else if (bottom + margin > to + height) to = bottom + margin - height;
    const left = row.x * scale;
    const seen = left >= canvas.scrollLeft && left < canvas.scrollLeft + canvas.clientWidth - 60;
    canvas.scrollTo({ top: to, left: seen ? canvas.scrollLeft : Math.max(left - 60, 0) });
  }

  setZoom(zoom) {
    this.zoom = zoom;
    if (!this.svg) return;
    this.narrow(zoom === null && this.canvas.clientWidth ? this.canvas.clientWidth - 6 : this.natural);
    const { style } = this.svg;
    style.height = "auto";
    style.width = zoom === null ? "100%" : `${this.width * zoom}px`;
    style.maxWidth = zoom === null ? `${this.width}px` : "none";
    style.minWidth = zoom === null ? `${this.width * SMALLEST_FIT}px` : "0";
    showLevel(this.level, zoom, "Fit the width");
    this.smaller.disabled = zoom !== null && zoom <= ZOOMS[0];
    this.larger.disabled = zoom !== null && zoom >= ZOOMS.at(-1);
  }

  /** Cut rows at their right, so that their names need not be made smaller to fit into the width. */
  narrow(room) {
    const first = this.order[0];
    const inRows = first && this.order.every((row) => row.line < row.x && row.x === first.x);
    const wanted = inRows ? Math.max(room, first.x + NARROWEST) : this.natural;
    const width = Math.min(wanted, this.natural);
    if (width === this.width) return;
    const less = this.natural - width;
    this.width = width;
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
    const { fontFamily } = getComputedStyle(this.canvas);
    for (const row of this.order) {
      for (const [box, all] of row.boxes) box.setAttribute("width", all - less);
      if (!row.text) continue;
      row.whole ??= row.text.textContent;
      const end = row.x + row.boxes[0][1] - less - Number(row.text.getAttribute("x")) - row.now - 12;
      ruler.font = `600 12px ${fontFamily}`;
      row.text.textContent = less ? cutText(row.whole, end) : row.whole;
    }
  }

  zoomBy(direction) {
    const now = this.zoom ?? this.scale();
    const zoom = nextZoom(ZOOMS, now, direction);
    if (zoom === undefined) return;
    const middle = (this.canvas.scrollTop + this.canvas.clientHeight / 2) / this.scale();
    this.setZoom(zoom);
    this.canvas.scrollTop = middle * zoom - this.canvas.clientHeight / 2;
  }

  showCurrent() {
    const row = this.current();
    if (!row) return;
    this.rove(row);
    this.reveal(row, true);
  }

  // What people do.

  clicked(event) {
    const row = this.at(event);
    // The second click of two may find another row in the place of the one that the first was for.
    if (event.detail > 1) return;
    this.first = row;
    if (!row) return;
    this.wanted = null;
    this.rove(row);
    row.g.focus({ preventScroll: true });
    if (row.revision) this.select(row);
    else this.activate(row);
  }

  /** Select a revision here at once, and tell the kernel; while a key is held down, not of every one on the way. */
  select(row) {
    if (!row?.revision || this.model.get("selected") === row.revision) return;
    this.model.set("selected", row.revision);
    clearTimeout(this.timers.select);
    const wait = this.saved + PACE - performance.now();
    if (wait <= 0) this.save();
    else this.timers.select = setTimeout(() => this.save(), wait);
  }

  save() {
    this.saved = performance.now();
    this.model.save_changes();
  }

  activate(row) {
    if (!row) return;
    if (!row.revision) {
      this.wanted = row.next;
      this.model.send({ event: "window", revision: row.next });
    } else if (!this.model.get("busy")) {
      clearTimeout(this.timers.select);
      this.save();
      this.model.send({ event: "activate", revision: row.revision, version: this.model.get("version") });
    }
  }

  search(step) {
    clearTimeout(this.timers.search);
    this.model.send({ event: "search", text: this.asked(), step });
  }

  typed(event) {
    if (event.key === "Enter") this.search(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") {
      this.input.value = "";
      this.search(0);
      this.row(this.roving)?.g.focus({ preventScroll: true });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  pressed(event) {
    const row = this.at(event);
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = (count) => {
      const place = Math.min(Math.max(this.order.indexOf(row) + count, 0), this.order.length - 1);
      return () => this.go(this.order[place]);
    };
    const action = {
      ArrowUp: () => this.go(this.nearest(row, row.above)),
      ArrowDown: () => this.go(this.nearest(row, row.below)),
      ArrowLeft: step(-1),
      ArrowRight: step(1),
      PageUp: step(-PAGE),
      PageDown: step(PAGE),
      Home: () => this.goToEnd(this.order[0], "newest"),
      End: () => this.goToEnd(this.order.at(-1), "oldest"),
      Enter: () => !event.repeat && this.activate(row),
      " ": () => (row.revision ? this.select(row) : this.activate(row)),
      "/": () => this.input.focus(),
      "+": () => this.zoomBy(1),
      "-": () => this.zoomBy(-1),
      0: () => this.setZoom(null),
    }[event.key];
    if (!action) return;
    // Keys are commands to a notebook too.
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  nearest(row, others) {
    const distance = (other) => Math.abs(other.line - row.line) * 1e6 + Math.abs(other.top - row.top);
    return others.reduce((best, other) => (best && distance(best) <= distance(other) ? best : other), null);
  }

  go(row) {
    if (!row) return;
    this.wanted = null;
    this.rove(row);
    row.g.focus({ preventScroll: true });
    this.reveal(row);
    this.select(row);
  }

  /** Go to the newest or oldest revision; where that is folded, the kernel moves the window to it. */
  goToEnd(row, direction) {
    if (row?.revision) this.go(row);
    else if (row) {
      // Said as a selection: a message of its own could overtake one that is still on its way.
      this.wanted = this.model.get("ends")[direction === "newest" ? 0 : 1];
      clearTimeout(this.timers.select);
      this.model.set("selected", this.wanted);
      this.save();
    }
  }
}

export default {
  render({ model, el }) {
    const view = new View(model, el);
    return () => view.close();
  },
};
