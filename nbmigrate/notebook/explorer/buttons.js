// A row of buttons, what it says about the position, and under it: progress, a question, a notice.
//
// A press carries the token of the state that was drawn when it was made. Until the kernel has answered, this view
// takes no other press; one that was drawn for an older state does nothing in the kernel. What a button does now must
// have been on the screen long enough to be read before a key, or the second click of two, can press it.
//
// A question follows the dialog pattern of WAI-ARIA: the focus goes to the answer that changes nothing, Escape gives
// that answer, and then the focus goes back to where it came from.

/** Milliseconds that what a button does must have been shown. */
const READ = 400;

const PATHS = {
  base: "M5 20h14M12 4v11M7 10.5l5 5 5-5",
  down: "M12 5v14M6.5 13.5L12 19l5.5-5.5",
  up: "M12 19V5M6.5 10.5L12 5l5.5 5.5",
  head: "M5 4h14M12 20V9M7 13.5l5-5 5 5",
  selected: "M4 12h14M12.5 6.5L18 12l-5.5 5.5M21 5v14",
  refresh: "M20 12a8 8 0 1 1-2.6-5.9M20 3.5v4.3h-4.3",
  stop: "M7 7h10v10H7z",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  save: "M5 12.5l4.5 4.5L19 7.5",
  cancel: "M6 6l12 12M18 6L6 18",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A page without https has no clipboard but this one.
    const area = element("textarea", { readonly: "" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

// Letters and arrows are commands to a notebook: what is typed in the panel is meant for the panel.
function keepKeys(event) {
  const command = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
  if (!command) event.stopPropagation();
}

function render({ model, el }) {
  const bar = element("div", { class: "nbm-buttons", role: "group", "aria-label": model.get("label") });
  const said = element("div", { class: "nbm-said", role: "status" });
  const progress = element("div", { class: "nbm-progress", hidden: "" });
  const question = element("div", { class: "nbm-question", role: "group", hidden: "" });
  const notice = element("div", { class: "nbm-notice", role: "status", hidden: "" });
  el.classList.add("nbm-controls");
  el.append(element("div", { class: "nbm-bar" }, bar, said), progress, question, notice);

  const buttons = new Map();
  let waiting = false;
  let asked = false;
  let origin = null;
  let changed = -READ;
  let taken = false;
  let slow = null;
  let shown = null;
  let started = 0;
  let ticking = null;

  function settled() {
    waiting = false;
    clearInterval(slow);
    draw();
  }

  function press(name) {
    if (waiting) return;
    waiting = asked = true;
    taken = false;
    let seconds = 0;
    slow = setInterval(() => say(waitingText(++seconds)), 1000);
    draw();
    model.send({ event: "press", name, token: model.get("token"), question: model.get("question").title });
  }

  /** What is going on since a press; that nobody answers is not told of a kernel that is at work. */
  function waitingText(seconds) {
    if (taken) return "Working …";
    const status = model.widget_manager?.kernel?.status;
    if (seconds < 8 || status === "busy") return "Waiting for the kernel …";
    const begin = status === "idle" ? "No answer." : "Waiting for the kernel …";
    return `${begin} If it was restarted, run the cell again.`;
  }

  function say(text) {
    if (said.textContent !== text) said.textContent = text;
  }

  function button(name, label, title, pressed, kind = "") {
    const made = element("button", { type: "button", class: `nbm-button ${kind}`, "data-name": name });
    if (PATHS[name]) made.append(icon(name));
    made.append(element("span", {}, label));
    made.title = title;
    made.addEventListener("click", (event) => {
      // A key is a click without a count.
      const unread = event.detail !== 1 && name !== "cancel" && performance.now() - changed < READ;
      if (made.getAttribute("aria-disabled") === "true" || unread) return;
      // Not every browser does that by itself.
      made.focus({ preventScroll: true });
      pressed(event);
    });
    made.addEventListener("keydown", (event) => {
      // A key that is held down must not answer the question that it has raised.
      if (event.repeat && (event.key === "Enter" || event.key === " ")) event.preventDefault();
    });
    return made;
  }

  function pressed(item) {
    if (!item.copies) return press(item.name);
    const source = el.closest(".nbm-panel")?.querySelector(item.copies);
    if (!source) return;
    copy(source.textContent).then(() => {
      say("Copied.");
      setTimeout(() => say(model.get("status")), 2000);
    });
  }

  function focus() {
    return el.getRootNode().activeElement;
  }

  /** The button that changes nothing: the last one of each row is Refresh, Cancel, or the only one. */
  function harmless() {
    return bar.querySelector("button:last-of-type");
  }

  /** Give the focus back to where the question came from, which may have been drawn again meanwhile. */
  function giveBack() {
    const { rev, name } = origin?.dataset ?? {};
    const again = rev ? `[data-rev="${CSS.escape(rev)}"]` : name ? `.nbm-bar [data-name="${name}"]` : "";
    const found = origin?.isConnected ? origin : again ? panel().querySelector(again) : null;
    (found ?? harmless())?.focus({ preventScroll: true });
    origin = null;
  }

  function panel() {
    return el.closest(".nbm-explorer") ?? el;
  }

  function drawButtons() {
    const items = model.get("buttons");
    if ([...buttons.keys()].join() !== items.map((item) => item.name).join()) {
      const focused = buttons.size > 0 && bar.contains(focus()) && focus().dataset.name;
      if (buttons.size) changed = performance.now();
      buttons.clear();
      for (const item of items) {
        const current = () => model.get("buttons").find((other) => other.name === item.name);
        buttons.set(item.name, button(item.name, item.label, item.title, () => pressed(current()), item.kind));
      }
      bar.replaceChildren(...buttons.values());
      if (focused) (buttons.get(focused) ?? harmless())?.focus();
    }
    const off = waiting || model.get("busy");
    for (const item of items) {
      const made = buttons.get(item.name);
      const disabled = !item.enabled || (off && !item.copies);
      // Not `disabled`: the focus would be lost with every step.
      made.setAttribute("aria-disabled", String(disabled));
      made.title = item.title;
      made.lastChild.textContent = item.label;
    }
  }

  function drawProgress() {
    const state = model.get("progress");
    const is = Boolean(state.total);
    if (!is) {
      clearInterval(ticking);
      ticking = shown = null;
      progress.hidden = true;
      progress.replaceChildren();
      return;
    }
    if (shown === null) {
      started = performance.now();
      shown = {
        bar: element("progress", { "aria-label": "Revisions of this run" }),
        text: element("span", { class: "nbm-progress-text" }),
        time: element("span", { class: "nbm-progress-time" }),
        stop: button("stop", "Stop", "", () => model.send({ event: "stop", now: model.get("progress").now })),
      };
      progress.replaceChildren(shown.bar, shown.text, shown.time, shown.stop);
      // What is over at once would only flash.
      ticking = setInterval(() => {
        progress.hidden = performance.now() - started < 400;
        shown.time.textContent = clock((performance.now() - started) / 1000);
      }, 200);
    }
    shown.bar.max = state.total;
    shown.bar.value = state.number - 1;
    shown.text.textContent = state.text;
    if (shown.stop.lastChild.textContent !== state.stop) changed = performance.now();
    shown.stop.lastChild.textContent = state.stop;
    shown.stop.title = state.title;
    shown.stop.hidden = !state.stop;
  }

  function drawQuestion() {
    const state = model.get("question");
    const focused = question.contains(focus());
    if (!question.hidden || state.yes) changed = performance.now();
    if (!focused) origin = panel().contains(focus()) ? focus() : null;
    question.hidden = !state.yes;
    question.replaceChildren();
    if (!state.yes) {
      if (focused) giveBack();
      return;
    }
    // A question is an answer: a key that comes before the message that says so must not be lost.
    if (waiting) settled();
    question.setAttribute("aria-label", state.title);
    const list = element("ul", {}, ...state.lines.map((line) => element("li", {}, line)));
    const yes = button("save", state.yes, state.title, () => press("yes"), state.drops ? "nbm-danger" : "nbm-primary");
    const no = button("cancel", "Cancel", "Nothing is done.", () => press("no"));
    question.append(
      element("div", { class: "nbm-question-title", role: "alert" }, state.title),
      ...(state.lines.length ? [list] : []),
      element("div", { class: "nbm-answers" }, yes, no),
    );
    if (asked || origin || focused) no.focus();
    asked = false;
  }

  function draw() {
    drawButtons();
    if (!waiting) say(model.get("status"));
    notice.textContent = model.get("notice") || model.get("aside");
    notice.hidden = !notice.textContent;
    notice.classList.toggle("nbm-aside", !model.get("notice"));
    el.classList.toggle("nbm-busy", waiting || model.get("busy"));
  }

  function answered(message) {
    if (message.event === "taken") taken = true;
    if (message.event === "answered") settled();
  }

  function escape(event) {
    if (event.key === "Escape") press("no");
  }

  function moved() {
    changed = performance.now();
  }

  const drawn = { question: drawQuestion, progress: drawProgress, token: moved };
  const plain = ["buttons", "status", "busy", "notice", "aside"];
  for (const [name, callback] of Object.entries(drawn)) model.on(`change:${name}`, callback);
  for (const name of plain) model.on(`change:${name}`, draw);
  model.on("msg:custom", answered);
  question.addEventListener("keydown", escape);
  draw();
  drawQuestion();
  drawProgress();
  model.send({ event: "view", shown: true });

  let root = null;
  const attached = requestAnimationFrame(() => {
    root = panel();
    root.addEventListener("keydown", keepKeys);
  });
  return () => {
    cancelAnimationFrame(attached);
    clearInterval(ticking);
    clearInterval(slow);
    root?.removeEventListener("keydown", keepKeys);
    for (const [name, callback] of Object.entries(drawn)) model.off(`change:${name}`, callback);
    for (const name of plain) model.off(`change:${name}`, draw);
    model.off("msg:custom", answered);
    model.send({ event: "view", shown: false });
  };
}

export default { render };
