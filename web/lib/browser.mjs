// The distribution's Chromium, driven by playwright-core; nothing but loopback is reachable.

import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const args = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
  "--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];
/** Where screenshots go. Where nobody looks at them none are taken. */
export const PICTURES = process.env.PICTURES ?? (process.env.CI ? undefined : path.resolve(import.meta.dirname, "../../target/pictures"));
const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export const launch = () => chromium.launch({ executablePath, args });

/** One person's browser: cookies of its own. */
export async function person(browser, { width = 1280, height = 900, locale = "en-GB", scripts = true } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale, javaScriptEnabled: scripts });
  context.setDefaultTimeout(15_000);
  return context;
}

/** What axe finds that is serious or critical; of these rules only, if some are named. Runs in a world of its own, so the page's policy stays as it is. */
export async function serious(page, rules) {
  const source = await (await import("node:fs/promises")).readFile(axePath, "utf8");
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  const world = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id, worldName: "axe" });
  const contextId = world.executionContextId;
  await session.send("Runtime.evaluate", { expression: source, contextId });
  const runOnly = rules && { type: "rule", values: rules };
  const expression = `axe.run(document, ${JSON.stringify({ resultTypes: ["violations"], runOnly })}).then((r) => JSON.stringify(r.violations.map((v) =>
    ({ id: v.id, impact: v.impact, nodes: v.nodes.slice(0, 3).map((n) => n.html) }))))`;
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", { expression, contextId, awaitPromise: true, returnByValue: true });
  await session.detach();
  if (exceptionDetails) throw new Error(`axe: ${exceptionDetails.text}`);
  return JSON.parse(result.value).filter((one) => ["serious", "critical"].includes(one.impact));
}

/** Takes a picture of the whole page at the two widths that matter. */
export async function picture(page, name) {
  if (!PICTURES) return;
  await mkdir(PICTURES, { recursive: true });
  const before = page.viewportSize();
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: path.join(PICTURES, `${name}-${width}.png`), fullPage: true });
  }
  if (before) await page.setViewportSize(before);
}

/** Whether the page is no wider than the window. */
export const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1);
