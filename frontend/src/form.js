// The form of a task: {schema, data?, errors?: {key: [message]}, readOnly?, label?}. The island stands inside the page's own <form>;
// on submit the answer travels as JSON in the hidden field "answer", by the same route as the fields without script.
import { Form } from "@bpmn-io/form-js-viewer";
import flatpickr from "flatpickr";
import { Mandarin } from "flatpickr/dist/esm/l10n/zh.js";

import { replaceContent } from "./islands.js";
import { plainSelects } from "./form/select.js";
import { translations } from "./form/words.js";

export async function mount(element, { schema, data, errors, readOnly, label, lang }) {
  if (lang.startsWith("zh")) flatpickr.localize(Mandarin);
  const container = document.createElement("div");
  const form = new Form({
    container,
    debounce: false,
    properties: { readOnly: Boolean(readOnly), ariaLabel: label },
    additionalModules: [translations(lang), plainSelects],
  });
  await form.importSchema(schema, data ?? {});
  replaceContent(element, container);
  if (errors) showErrors(form, errors);
  if (!readOnly) answerThrough(element.closest("form"), element, form);
}

function answerThrough(page, element, form) {
  const answer = Object.assign(document.createElement("input"), { type: "hidden", name: "answer" });
  element.append(answer);
  // form-js brings a <form> of its own. Enter in one of its fields must not complete a task by accident.
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
  });
  // Capture: before htmx, which may send this form.
  page.addEventListener("submit", (event) => event.target === page && submit(event, form, answer, element), true);
}

function submit(event, form, answer, element) {
  const { data, errors } = form.submit();
  answer.value = JSON.stringify(data);
  if (event.submitter?.formNoValidate || !Object.keys(errors).length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  focusFirstError(element);
}

/** What the server found wrong, on the fields themselves. An edit of a field checks it anew and clears its message. */
function showErrors(form, errors) {
  const fields = form.get("formFieldRegistry").getAll();
  const byId = fields.filter((field) => errors[field.key]).map((field) => [field.id, errors[field.key]]);
  // form-js has no public way in for errors from outside; its version is pinned in package.json.
  form._setState({ errors: Object.fromEntries(byId) });
}

function focusFirstError(element) {
  // form-js renders in the next frame.
  requestAnimationFrame(() => {
    element.querySelector(".fjs-has-errors :is(input, select, textarea, button, [tabindex])")?.focus();
  });
}
