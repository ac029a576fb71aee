// The tables at the left, filtered as one types; at the right the rows of one. Sorting, searching and turning the page
// are done by the database: this asks for it and shows what comes.

/** What of a long name is never cut: names that begin alike end in different ways. */
const TAIL = 9;
const WAIT = 250;

/** A name that is cut in its middle where there is no room for it. */
function shortened(name) {
  const letters = [...name];
  const cut = letters.length > 2 * TAIL ? letters.length - TAIL : letters.length;
  return make(
    "span",
    { class: "nbm-t-name" },
    make("span", { class: "nbm-t-head" }, letters.slice(0, cut).join("")),
    make("span", { class: "nbm-t-tail" }, letters.slice(cut).join("")),
  );
}

class View {
  constructor(model, el) {
    this.model = model;
    this.timer = null;
    this.build(el);
    this.dirty = new Set();
    this.changes = Object.fromEntries(
      ["tables", "chosen", "page", "view"].map((name) => [`change:${name}`, () => this.changed(name)]),
    );
    for (const [name, callback] of Object.entries(this.changes)) model.on(name, callback);
    this.drawList();
    this.drawView();
    this.drawPage();
  }

  /** One message may change several traits: all of them are shown at once. */
  changed(name) {
    if (!this.dirty.size) {
      queueMicrotask(() => {
        const { dirty } = this;
        this.dirty = new Set();
        if (dirty.has("tables")) this.drawList();
        else if (dirty.has("chosen")) this.mark();
        if (dirty.has("view")) this.drawView();
        if (dirty.has("page")) this.drawPage();
      });
    }
    this.dirty.add(name);
  }

  build(el) {
    const button = (text, label, action) => {
      const made = make("button", { type: "button", title: label, "aria-label": label }, text);
      made.addEventListener("click", () => made.getAttribute("aria-disabled") !== "true" && action());
      return made;
    };
    const input = (label) =>
      make("input", { type: "search", placeholder: label, "aria-label": label, spellcheck: "false", autocomplete: "off" });
    this.filter = input("Filter the tables");
    this.list = make("ul", { class: "nbm-t-list", role: "listbox", "aria-label": "Tables", tabindex: "0" });
    this.none = make("div", { class: "nbm-t-none", role: "status" });
    this.search = input("Filter rows: words, or column > value");
    this.back = button("← Back", "Back to the rows before", () => this.send({ event: "back" }));
    this.match = make("span", { class: "nbm-t-match" });
    this.all = button("All rows", "Show all rows of this table", () => this.send({ event: "all" }));
    this.place = make("span", { class: "nbm-t-place", role: "status" });
    this.before = button("‹", "Previous rows", () => this.send({ event: "turn", step: -1 }));
    this.after = button("›", "Next rows", () => this.send({ event: "turn", step: 1 }));
    const tools = make("div", { class: "nbm-t-tools" }, this.back, this.search, this.match, this.all);
    tools.append(make("span", { class: "nbm-t-turn" }, this.before, this.place, this.after));
    this.rows = make("div", { class: "nbm nbm-t-rows" });
    this.root = make(
      "div",
      { class: "nbm-t" },
      make("div", { class: "nbm-t-side" }, this.filter, this.list, this.none),
      make("div", { class: "nbm-t-main" }, tools, this.rows),
    );
    el.append(this.root);
    this.listen();
  }

  listen() {
    this.filter.addEventListener("input", () => this.drawList());
    this.filter.addEventListener("keydown", (event) => this.typed(event));
    this.list.addEventListener("click", (event) => this.choose(event.target.closest("li")?.dataset.name));
    this.list.addEventListener("keydown", (event) => this.walked(event));
    this.search.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.send({ event: "search", text: this.search.value }), WAIT);
    });
    this.search.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.search.value) return;
      event.stopPropagation();
      this.search.value = "";
      this.send({ event: "search", text: "" });
    });
    this.rows.addEventListener("click", (event) => {
      const pressed = event.target.closest("button");
      const { sort, row, column } = pressed?.dataset ?? {};
      if (sort !== undefined) this.send({ event: "sort", column: sort });
      else if (row !== undefined) this.send({ event: "follow", row: Number(row), column });
    });
    this.rows.addEventListener("keydown", (event) => this.walkedLinks(event));
  }

  close() {
    for (const [name, callback] of Object.entries(this.changes)) this.model.off(name, callback);
    clearTimeout(this.timer);
    this.root.remove();
  }

  send(content) {
    clearTimeout(this.timer);
    this.model.send(content);
  }

  // The list.

  drawList() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const tables = this.model.get("tables");
    const shown = tables.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
    this.list.replaceChildren(
      ...shown.map(({ name, note }, number) => {
        const count = make("span", { class: "nbm-t-note" }, note);
        const id = `${this.prefix()}-${number}`;
        return make("li", { role: "option", id, "data-name": name, title: `${name}: ${note}` }, shortened(name), count);
      }),
    );
    this.list.hidden = !shown.length;
    this.filter.hidden = tables.length < 8 && !this.filter.value;
    this.none.textContent = tables.length && !shown.length ? "No table has that in its name." : "";
    this.mark();
  }

  prefix() {
    this.name ??= `nbm-t-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
    return this.name;
  }

  items() {
    return [...this.list.children];
  }

  mark() {
    const chosen = this.model.get("chosen");
    let active = "";
    for (const item of this.items()) {
      const is = item.dataset.name === chosen;
      item.setAttribute("aria-selected", String(is));
      if (is) active = item;
    }
    if (!active) return this.list.removeAttribute("aria-activedescendant");
    this.list.setAttribute("aria-activedescendant", active.id);
    const [top, bottom] = [active.offsetTop, active.offsetTop + active.offsetHeight];
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    else if (bottom > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = bottom - this.list.clientHeight;
  }

  choose(name) {
    if (name === undefined || name === this.model.get("chosen")) return;
    this.model.set("chosen", name);
    this.model.save_changes();
  }

  walked(event) {
    const items = this.items();
    const at = items.findIndex((item) => item.dataset.name === this.model.get("chosen"));
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: items.length - 1, PageUp: at - 8, PageDown: at + 8 }[
      event.key
    ];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.choose(items[Math.min(Math.max(to, 0), items.length - 1)]?.dataset.name);
  }

  typed(event) {
    if (event.key === "Enter" || event.key === "ArrowDown") {
      const names = this.items().map((item) => item.dataset.name);
      if (!names.includes(this.model.get("chosen"))) this.choose(names[0]);
      if (names.length) this.list.focus();
    } else if (event.key === "Escape" && this.filter.value) {
      this.filter.value = "";
      this.drawList();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // The rows.

  drawPage() {
    const focused = this.rows.contains(document.activeElement) ? document.activeElement : null;
    const { sort, row } = focused?.dataset ?? {};
    const frame = () => this.rows.querySelector(".nbm-scroll");
    const same = this.drawn === this.model.get("chosen");
    const left = same ? frame()?.scrollLeft : 0;
    this.drawn = this.model.get("chosen");
    this.rows.innerHTML = this.model.get("page");
    if (left && frame()) frame().scrollLeft = left;
    const links = this.links();
    // One stop of the Tab key for all of them: the arrows lead on.
    links.forEach((link, number) => link.setAttribute("tabindex", number ? "-1" : "0"));
    for (const cell of this.rows.querySelectorAll(".nbm-data td, .nbm-data th button")) {
      if (!cell.title && cell.scrollWidth > cell.clientWidth) cell.title = cell.textContent;
    }
    if (sort !== undefined) [...this.rows.querySelectorAll("[data-sort]")].find((it) => it.dataset.sort === sort)?.focus();
    else if (row !== undefined) (this.back.hidden ? links[0] : this.back)?.focus();
  }

  links() {
    return [...this.rows.querySelectorAll(".nbm-link")];
  }

  walkedLinks(event) {
    const link = event.target.closest?.(".nbm-link");
    if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
    const links = this.links();
    const column = links.filter((other) => other.dataset.column === link.dataset.column);
    const next = (all, step) => all[all.indexOf(link) + step];
    const to = {
      ArrowUp: () => next(column, -1),
      ArrowDown: () => next(column, 1),
      ArrowLeft: () => next(links, -1),
      ArrowRight: () => next(links, 1),
    }[event.key]?.();
    if (!to) return;
    event.preventDefault();
    event.stopPropagation();
    link.setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    to.focus();
  }

  drawView() {
    const view = this.model.get("view");
    this.root.querySelector(".nbm-t-tools").hidden = view.place === undefined;
    if (document.activeElement !== this.search) this.search.value = view.search ?? "";
    this.search.hidden = Boolean(view.match);
    this.match.textContent = view.match ?? "";
    this.match.hidden = this.all.hidden = !view.match;
    this.back.hidden = !view.back;
    this.place.textContent = view.place ?? "";
    this.before.setAttribute("aria-disabled", String(!view.before));
    this.after.setAttribute("aria-disabled", String(!view.after));
    this.before.hidden = this.after.hidden = !view.before && !view.after;
  }
}

export default {
  render({ model, el }) {
    const view = new View(model, el);
    return () => view.close();
  },
};
