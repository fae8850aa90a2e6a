// Draws a BPMN diagram: {xml: url, label?, names?: {id: text}, markers?: {id: [class]}, badges?: {id: text},
// words?: {larger, smaller, whole}}: with words it has buttons to be made larger and smaller.
// Elements of the page marked data-element="<id>" (the text outline) point into the drawing, and the drawing points back.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";

import { drawing } from "./drawing.js";
import { replaceContent } from "./islands.js";

// The bpmn.io mark sits in the lower right corner and must stay uncovered: keep a strip free for it.
const MARK_STRIP = 44;
const MARGIN = 12;
const LOWEST = 240;
// Below this nobody can read a label: the drawing is cut off instead, and shown whole on demand. Chinese needs 1:1.
const SMALLEST = 0.7;
const STEP = 1.25;
// Shown whole, it keeps away from its frame.
const ROOM = 0.95;

export async function mount(element, { xml, label, names, markers, badges, words, lang }) {
  const text = await load(xml);
  const container = Object.assign(document.createElement("div"), { className: "diagram" });
  replaceContent(element, container);
  const viewer = new NavigatedViewer({ container, ...drawing() });
  viewer.on("import.parse.complete", ({ elementsById }) => rename(elementsById ?? {}, names ?? {}));
  await viewer.importXML(text);
  describe(container, label);
  for (const [id, classes] of Object.entries(markers ?? {})) mark(viewer, id, classes);
  for (const [id, badge] of Object.entries(badges ?? {})) attach(viewer, id, badge);
  fit(viewer, container, lang, standing(viewer, markers ?? {}));
  if (words) addButtons(viewer, element.closest(".sheet")?.querySelector(".cap") ?? container, words);
  connectOutline(viewer, element);
}

async function load(url) {
  const answer = await fetch(url, { headers: { Accept: "application/xml" } });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.text();
}

/** Show the names in the reader's language. */
function rename(elements, names) {
  for (const [id, name] of Object.entries(names)) {
    const element = elements[id];
    if (element) element[element.$type === "bpmn:TextAnnotation" ? "text" : "name"] = name;
  }
}

/** The drawing is one picture to a screen reader; the outline beside it has the words. */
function describe(container, label) {
  const picture = container.querySelector("svg");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", label ?? "BPMN");
}

function mark(viewer, id, classes) {
  if (!viewer.get("elementRegistry").get(id)) return;
  for (const name of classes) viewer.get("canvas").addMarker(id, name);
}

function attach(viewer, id, text) {
  if (!viewer.get("elementRegistry").get(id)) return;
  const html = Object.assign(document.createElement("span"), { className: "diagram-badge", textContent: text });
  viewer.get("overlays").add(id, "badge", { position: { bottom: 10, right: 10 }, html });
}

/** Where the case stands: what cannot go on first, else what is being done. */
function standing(viewer, markers) {
  const ids = (name) => Object.keys(markers).filter((id) => markers[id].includes(name));
  const shapes = [...ids("incident"), ...ids("now")].map((id) => viewer.get("elementRegistry").get(id));
  return shapes.find((shape) => shape?.width);
}

/** Fit into the width, never larger than drawn and never too small to read; what is too wide shows where it stands. */
function fit(viewer, container, lang, shape) {
  const canvas = viewer.get("canvas");
  const { inner } = canvas.viewbox();
  const wanted = Math.min(1, (container.clientWidth - 2 * MARGIN) / inner.width);
  const scale = Math.max(wanted, lang.startsWith("zh") ? 1 : SMALLEST);
  const height = inner.height * scale + 2 * MARGIN + MARK_STRIP;
  const highest = innerHeight * (innerWidth <= 800 ? 0.5 : 0.75);
  container.style.height = `${Math.round(Math.max(LOWEST, Math.min(height, highest)))}px`;
  canvas.resized();
  const [width, tall] = [container.clientWidth / scale, container.clientHeight / scale];
  const [margin, strip] = [MARGIN / scale, MARK_STRIP / scale];
  canvas.viewbox({
    x: within(shape && shape.x + shape.width / 2 - width / 2, inner.x - margin, inner.x + inner.width + margin - width),
    y: within(shape && shape.y + shape.height / 2 - tall / 2, inner.y - margin, inner.y + inner.height + strip - tall),
    width,
    height: tall,
  });
}

/** A place between the first and the last; the first where none is asked for. */
function within(place, first, last) {
  return Math.max(first, Math.min(place ?? first, last));
}

/** In the head of the sheet, where they cover nothing of the drawing. */
function addButtons(viewer, place, words) {
  const canvas = viewer.get("canvas");
  const bar = Object.assign(document.createElement("div"), { className: "zoom" });
  const button = (text, label, press) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: text });
    made.setAttribute("aria-label", label);
    made.title = label;
    made.addEventListener("click", press);
    bar.append(made);
  };
  button("−", words.smaller, () => canvas.zoom(canvas.zoom() / STEP, "auto"));
  button("+", words.larger, () => canvas.zoom(canvas.zoom() * STEP, "auto"));
  button("⤢", words.whole, () => {
    canvas.zoom("fit-viewport", "auto");
    canvas.zoom(canvas.zoom() * ROOM, "auto");
  });
  place.append(bar);
}

function connectOutline(viewer, island) {
  const canvas = viewer.get("canvas");
  const registry = viewer.get("elementRegistry");
  let current = null;
  const show = (id) => {
    if (current) canvas.removeMarker(current, "pointed");
    current = registry.get(id) ? id : null;
    if (current) canvas.addMarker(current, "pointed");
    for (const line of document.querySelectorAll("[data-element]")) {
      line.classList.toggle("pointed", line.dataset.element === current);
    }
  };
  for (const kind of ["mouseover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const line = event.target.closest?.("[data-element]");
      if (line) show(line.dataset.element);
    });
  }
  viewer.on("element.click", ({ element }) => {
    show(element.id);
    island.dispatchEvent(new CustomEvent("laneway:element", { bubbles: true, detail: { id: element.id } }));
  });
}
