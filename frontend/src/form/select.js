// form-js draws its own drop-down; a native one is better known to keyboards, phones and screen readers.
// Options that come from data or need a search keep the original.
import { Description, Errors, Label, Select } from "@bpmn-io/form-js-viewer";
import { h } from "preact";

function PlainSelect(props) {
  const { field, value, domId, disabled, readonly, errors = [], onChange, onBlur, onFocus } = props;
  if (!field.values || field.searchable) return h(Select, props);
  const about = `${domId}-description`;
  const wrong = `${domId}-error-message`;
  const required = field.validate?.required;
  const options = field.values.map((option, index) =>
    h("option", { value: index, selected: option.value === value }, option.label ?? String(option.value)),
  );
  const classes = ["fjs-form-field", "fjs-form-field-select", errors.length && "fjs-has-errors"].filter(Boolean).join(" ");
  return h("div", { class: classes }, [
    h(Label, { htmlFor: domId, label: field.label, required }),
    h(
      "select",
      {
        id: domId,
        class: "fjs-input plain-select",
        disabled: disabled || readonly,
        required,
        "aria-invalid": errors.length > 0,
        "aria-describedby": `${about} ${wrong}`,
        onChange: ({ target }) => onChange({ value: field.values[target.value]?.value ?? null }),
        onBlur: () => onBlur?.(),
        onFocus: () => onFocus?.(),
      },
      [h("option", { value: "", selected: value === null || value === undefined }, "—"), ...options],
    ),
    h(Description, { id: about, description: field.description }),
    h(Errors, { id: wrong, errors }),
  ]);
}
PlainSelect.config = Select.config;

function Registration(formFields) {
  formFields.register("select", PlainSelect);
}
Registration.$inject = ["formFields"];

export const plainSelects = { __init__: ["plainSelects"], plainSelects: ["type", Registration] };
