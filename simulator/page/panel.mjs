// A panel in a notebook: the same front end, whose kernel simulates again what a page cannot count anew (anywidget).

const sent = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

async function render({ model, el }) {
  const root = el.ownerDocument.createElement("div");
  root.className = "relsim panel";
  root.innerHTML = model.get("html");
  // else JupyterLab takes the arrow keys of sliders for its own: it looks at the element that has the focus
  for (const one of root.querySelectorAll("input, select, button, summary")) one.dataset.lmSuppressShortcuts = "true";
  el.append(root);
  const first = await decode(sent(model.get("first")));
  const again = (state) => JSON.stringify(Object.entries(state.again).sort());
  const say = (text) => (root.querySelector("[data-message]").textContent = text);
  // Busy from the move until what was simulated for it has come.
  const isHere = () => model.get("now_for") === model.get("state").key;
  const busy = (state) => {
    const waits = Object.keys(state.again).length > 0 && !isHere();
    root.toggleAttribute("aria-busy", waits);
    return waits;
  };
  const host = {
    moved(state) {
      model.set("state", { ...state, key: again(state) });
      model.save_changes();
      if (!busy(state) && !Object.keys(state.again).length) page.update(first);
      else if (!busy(state)) arrived();
    },
    save: (path) => model.send({ save: path }),
    compare: () => model.send({ compare: true }),
  };
  const page = mount(root, first, host);
  let arrivals = 0;
  async function arrived() {
    const arrival = ++arrivals;
    const state = page.state();
    if (!isHere() || !Object.keys(state.again).length) return;
    const sheet = await decode(sent(model.get("now")));
    if (arrival !== arrivals) return; // a later one is here already
    page.update(sheet);
    busy(state);
  }
  const set = () => {
    const { key, ...state } = model.get("state");
    if (JSON.stringify(state) === JSON.stringify(page.state())) return;
    page.set(state);
    busy(state);
    if (!Object.keys(state.again).length) page.update(first);
    else arrived();
  };
  model.on("change:now", arrived);
  model.on("change:state", set);
  model.on("change:message", () => say(model.get("message")));
  say(model.get("message"));
  set();
  return () => ["change:now", "change:state", "change:message"].forEach((name) => model.off(name));
}

export default { render };
