// The tools above a drawing: a search field and the zoom, of the graph and of the tables.

function button(text, label, action) {
  const made = make("button", { type: "button", title: label, "aria-label": label }, text);
  made.addEventListener("click", action);
  return made;
}

/** A field to search by, the number of what is found, and buttons that step through it. */
function searchTools(prefix, placeholder, label, step) {
  return {
    input: make("input", { type: "search", placeholder, "aria-label": label, spellcheck: "false", autocomplete: "off" }),
    before: button("↑", "Found before (Shift+Enter)", () => step(-1)),
    after: button("↓", "Found next (Enter)", () => step(1)),
    count: make("span", { class: `${prefix}-count`, role: "status" }),
  };
}

/** Buttons for a view that has `zoomBy` and `setZoom`; the one between them shows the scale, and fits the drawing. */
function zoomTools(prefix, view) {
  const level = button("", "", () => view.setZoom(null));
  level.className = `${prefix}-level`;
  return {
    smaller: button("−", "Zoom out", () => view.zoomBy(-1)),
    level,
    larger: button("+", "Zoom in", () => view.zoomBy(1)),
  };
}

function showLevel(level, zoom, fits) {
  level.textContent = zoom === null ? "fit" : `${Math.round(zoom * 100)} %`;
  level.title = fits;
  level.setAttribute("aria-label", `Zoom: ${level.textContent}. ${fits}`);
}

/** The next of the scales in a direction; undefined at the end. */
function nextZoom(zooms, now, direction) {
  return direction > 0 ? zooms.find((it) => it > now + 0.01) : zooms.findLast((it) => it < now - 0.01);
}

/** One line of tools: the search, what is the drawing's own, the zoom. */
function toolbar(prefix, search, [label, ...own], zoom) {
  const group = (attributes, children) => make("div", { class: `${prefix}-group`, ...attributes }, ...children);
  return make(
    "div",
    { class: `${prefix}-tools` },
    group({ role: "search" }, [search.input, search.before, search.after, search.count]),
    group({ role: "group", "aria-label": label }, own),
    group({ role: "group", "aria-label": "Zoom" }, [zoom.smaller, zoom.level, zoom.larger]),
  );
}
