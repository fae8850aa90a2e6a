// Keys. Any control can carry one: data-key="c" clicks it, data-key="g i" is two keys in turn, data-key="ctrl+enter" works
// inside fields too. A field is focused, a dialog opened. Lists marked data-rows are walked with j and k, Enter opens.
// A person can turn single keys off: <html data-keys="off">.

const PAUSE_MS = 1200;
let first = "";
let forget = 0;

export function listenForKeys() {
  document.addEventListener("keydown", onKey);
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const name = keyName(event);
  const target = name.includes("+") ? control(name) : plainKey(event, name);
  if (!target) return;
  event.preventDefault();
  use(target);
}

/** "c", "?", "ctrl+enter". Command on a Mac counts as Ctrl. */
function keyName(event) {
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  if (event.altKey) return `alt+${key}`;
  return event.ctrlKey || event.metaKey ? `ctrl+${key}` : key;
}

function plainKey(event, name) {
  if (document.documentElement.dataset.keys === "off") return null;
  if (isField(event.target) || document.querySelector("dialog[open]")) return null;
  const pair = first && control(`${first} ${name}`);
  remember(name);
  return pair || control(name) || row(name, event.target);
}

function remember(name) {
  first = name;
  clearTimeout(forget);
  forget = setTimeout(() => (first = ""), PAUSE_MS);
}

function control(name) {
  const all = document.querySelectorAll(`[data-key="${CSS.escape(name)}"]`);
  return [...all].find((each) => each.matches("dialog") || each.checkVisibility?.() !== false) ?? null;
}

function use(target) {
  if (target.matches("dialog")) target.showModal();
  else if (target.matches("[data-row]") || isField(target)) target.focus();
  else target.click();
}

function row(name, from) {
  if (name !== "j" && name !== "k") return null;
  const list = from.closest?.("[data-rows]") ?? document.querySelector("[data-rows]");
  const rows = [...(list?.querySelectorAll("[data-row]") ?? [])];
  const at = rows.indexOf(from.closest?.("[data-row]"));
  return rows[at < 0 ? 0 : at + (name === "j" ? 1 : -1)] ?? null;
}

function isField(element) {
  return element.matches?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=submit])");
}
