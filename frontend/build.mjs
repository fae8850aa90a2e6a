// Bundles the browser scripts into app/web/static/dist and prints what each kind of page loads.
// page.js is on every page and loads an island's code and styles only where the page has that island.
import { readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "..", "app", "web", "static", "dist");
const islands = ["viewer", "form", "modeler"];

// KiB of gzipped script that a page with this island may load, page.js included.
const budget = { viewer: 200, form: 200, modeler: 600 };

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  metafile: true,
  outdir: dist,
  target: ["chrome109", "firefox115", "safari16"],
  legalComments: "linked",
  logLevel: "warning",
};

rmSync(dist, { recursive: true, force: true });

const styles = await build({
  ...shared,
  entryPoints: islands.map((island) => `src/${island}.css`),
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff": "file", ".woff2": "file", ".ttf": "file", ".eot": "empty", ".svg": "empty" },
});
const stylesheets = {};
for (const [file, { entryPoint }] of Object.entries(styles.metafile.outputs)) {
  if (entryPoint) stylesheets[basename(entryPoint, ".css")] = basename(file);
}

const scripts = await build({
  ...shared,
  entryPoints: ["src/page.js"],
  chunkNames: "[name]-[hash]",
  define: { STYLESHEETS: JSON.stringify(stylesheets) },
  format: "esm",
  splitting: true,
});

const outputs = scripts.metafile.outputs;
const page = Object.keys(outputs).find((file) => outputs[file].entryPoint === "src/page.js");
const sizes = { page: kib(closure([page])) };
for (const island of islands) {
  const entry = Object.keys(outputs).find((file) => outputs[file].entryPoint === `src/${island}.js`);
  sizes[island] = kib(closure([page, entry]));
}
console.log(
  "Gzipped script, KiB: " +
    Object.entries(sizes)
      .map(([name, size]) => `${name === "page" ? "every page" : `with ${name}`} ${size.toFixed(0)}`)
      .join(", "),
);
for (const [island, limit] of Object.entries(budget)) {
  if (sizes[island] > limit) {
    console.error(`A page with the ${island} island loads ${sizes[island].toFixed(0)} KiB of script; ${limit} at most.`);
    process.exitCode = 1;
  }
}

/** The files that the browser loads for these: themselves and what they import at once. */
function closure(files, seen = new Set()) {
  for (const file of files) {
    if (seen.has(file)) continue;
    seen.add(file);
    const imports = outputs[file].imports.filter((each) => each.kind === "import-statement" && !each.external);
    closure(imports.map((each) => each.path), seen);
  }
  return seen;
}

function kib(files) {
  return [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(here, file))).length, 0) / 1024;
}
