// How every drawing looks: our tokens, and 14 px, the floor for Chinese.

/** The options of a drawing. The font is the page's, spelled out: bpmn-js measures text with it before it is shown. */
export function drawing() {
  const text = { fontFamily: getComputedStyle(document.documentElement).fontFamily, fontSize: 14 };
  return {
    bpmnRenderer: {
      defaultFillColor: "var(--draw-fill)",
      defaultStrokeColor: "var(--draw-stroke)",
      defaultLabelColor: "var(--ink)",
    },
    textRenderer: { defaultStyle: text, externalStyle: text },
  };
}
