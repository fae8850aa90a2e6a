// On every page: htmx, the keys, and the islands. Pages work without any of it.
import htmx from "htmx.org";

import { listenForKeys } from "./keys.js";
import { mountIslands } from "./islands.js";

// Our stylesheet has the indicator's rules; nothing is written into the page by script.
Object.assign(htmx.config, { includeIndicatorCSS: false, history: false });

document.addEventListener("htmx:config:request", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  const { request } = event.detail.ctx;
  if (token && request.method !== "GET") request.headers["X-CSRFToken"] = token;
});

// A swapped-in fragment may bring islands of its own.
document.addEventListener("htmx:after:swap", () => mountIslands(document));

listenForKeys();
mountIslands(document);
