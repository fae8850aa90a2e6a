// Draws a BPMN diagram: {xml: url, label?, names?: {id: text}, markers?: {id: [class]}, badges?: {id: text}}.
// Elements of the page marked data-element="<id>" (the text outline) point into the drawing, and the drawing points back.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";

import { drawing } from "./drawing.js";
import { replaceContent } from "./islands.js";

// The bpmn.io mark sits in the lower right corner and must stay uncovered: keep a strip free for it.
const MARK_STRIP = 44;
const MARGIN = 12;
const LOWEST = 240;

export async function mount(element, { xml, label, names, markers, badges, lang }) {
  const text = await load(xml);
  const container = Object.assign(document.createElement("div"), { className: "diagram" });
  replaceContent(element, container);
  const viewer = new NavigatedViewer({ container, ...drawing() });
  viewer.on("import.parse.complete", ({ elementsById }) => rename(elementsById ?? {}, names ?? {}));
  await viewer.importXML(text);
  describe(container, label);
  for (const [id, classes] of Object.entries(markers ?? {})) mark(viewer, id, classes);
  for (const [id, badge] of Object.entries(badges ?? {})) attach(viewer, id, badge);
  fit(viewer, container, lang);
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

/** Fit into the width, never larger than drawn. Chinese is not scaled below 1:1 (14 px is its floor): it scrolls. */
function fit(viewer, container, lang) {
  const canvas = viewer.get("canvas");
  const { inner } = canvas.viewbox();
  const wanted = Math.min(1, (container.clientWidth - 2 * MARGIN) / inner.width);
  const scale = lang.startsWith("zh") ? 1 : wanted;
  const height = inner.height * scale + 2 * MARGIN + MARK_STRIP;
  container.style.height = `${Math.round(Math.max(LOWEST, Math.min(height, innerHeight * 0.75)))}px`;
  canvas.resized();
  canvas.viewbox({
    x: inner.x - MARGIN / scale,
    y: inner.y - MARGIN / scale,
    width: container.clientWidth / scale,
    height: container.clientHeight / scale,
  });
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
