// An island is an element `data-island="<name>"` with its input as JSON in a <script type="application/json"> child.
// What else stands inside is the page without script; the island replaces it once it is ready.

const islands = {
  viewer: () => import("./viewer.js"),
  form: () => import("./form.js"),
  modeler: () => import("./modeler.js"),
};

/** Mount every island below `root` that is not mounted yet; a drawing waits until it comes into view (it may lie on a hidden tab). */
export function mountIslands(root) {
  for (const element of root.querySelectorAll("[data-island]:not([data-island-state])")) {
    element.dataset.islandState = "waiting";
    if (element.dataset.island === "form") mount(element);
    else inView.observe(element);
  }
}

const inView = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      inView.unobserve(target);
      mount(target);
    }
  },
  { rootMargin: "400px" },
);

async function mount(element) {
  element.dataset.islandState = "loading";
  const name = element.dataset.island;
  const input = JSON.parse(element.querySelector('script[type="application/json"]').textContent);
  try {
    const [island] = await Promise.all([islands[name](), loadStyles(name)]);
    await island.mount(element, { ...input, lang: element.closest("[lang]")?.lang ?? "en" });
    element.dataset.islandState = "ready";
  } catch (error) {
    // The page without script stays; the fault is for the console and the browser tests.
    element.dataset.islandState = "failed";
    console.error(`island ${name}:`, error);
  }
}

/** Put the island's stylesheet before ours, so that ours dresses it (tokens.css, last block). */
function loadStyles(name) {
  const href = new URL(STYLESHEETS[name], import.meta.url).href;
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  const loaded = new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = () => reject(new Error(`no stylesheet ${href}`));
  });
  document.head.prepend(link);
  return loaded;
}

/** Everything inside the island but its input makes way for `content`. */
export function replaceContent(element, content) {
  for (const child of [...element.children]) {
    if (!child.matches('script[type="application/json"]')) child.remove();
  }
  element.append(content);
}
