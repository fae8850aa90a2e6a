// Edits a BPMN diagram: {xml: url, label?}. The changed XML travels in the hidden field "xml" of the surrounding <form>.
// Properties are those of Camunda 8's namespace, which is our vocabulary. Needs style-src 'unsafe-inline' on its page.
import Modeler from "bpmn-js/lib/Modeler";
import { BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, ZeebePropertiesProviderModule } from "bpmn-js-properties-panel";
import ZeebeBehaviorsModule from "camunda-bpmn-js-behaviors/lib/camunda-cloud";
import zeebe from "zeebe-bpmn-moddle/resources/zeebe.json";

import { replaceContent } from "./islands.js";
import { drawing } from "./drawing.js";

export async function mount(element, { xml, label }) {
  const answer = await fetch(xml, { headers: { Accept: "application/xml" } });
  if (!answer.ok) throw new Error(`${xml} answered ${answer.status}`);
  const [studio, canvas, panel] = ["studio", "studio-canvas", "studio-panel"].map((className) =>
    Object.assign(document.createElement("div"), { className }),
  );
  studio.append(canvas, panel);
  replaceContent(element, studio);
  const modeler = new Modeler({
    container: canvas,
    propertiesPanel: { parent: panel },
    additionalModules: [
      BpmnPropertiesPanelModule,
      BpmnPropertiesProviderModule,
      ZeebePropertiesProviderModule,
      ZeebeBehaviorsModule,
    ],
    moddleExtensions: { zeebe },
    ...drawing(),
  });
  await modeler.importXML(await answer.text());
  canvas.querySelector("svg").setAttribute("aria-label", label ?? "BPMN");
  modeler.get("canvas").zoom("fit-viewport");
  sendThrough(element.closest("form"), element, modeler);
}

function sendThrough(page, element, modeler) {
  if (!page) return;
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "xml" });
  element.append(field);
  let written = false;
  // Writing XML is asynchronous: hold the first submit back and send the form again once the field is filled.
  page.addEventListener(
    "submit",
    async (event) => {
      if (written) return void (written = false);
      event.preventDefault();
      event.stopImmediatePropagation();
      modeler.get("directEditing").complete();
      field.value = (await modeler.saveXML({ format: true })).xml;
      written = true;
      // Not in this turn: a form ignores requestSubmit while its submit event is still being dispatched.
      setTimeout(() => page.requestSubmit(event.submitter));
    },
    true,
  );
}
