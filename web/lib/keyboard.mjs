// A person without a mouse: Tab, Enter, Space and letters.

import assert from "node:assert/strict";

/** Most presses of Tab until something must have been reached. */
const TABS_MAX = 80;

/** What has the focus: its name as it is read out, and whether one sees that it has the focus. */
const focused = (page) =>
  page.evaluate(() => {
    const here = document.activeElement;
    const style = getComputedStyle(here);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const name = here.getAttribute("aria-label") ?? here.labels?.[0]?.innerText ?? here.innerText ?? "";
    return { name: name.trim(), visible: outlined || here === document.body, tag: here.tagName };
  });

/** Presses Tab until the focus is on what has this name. Each stop on the way must be seen. */
export async function tabTo(page, name) {
  const met = [];
  for (let presses = 0; presses < TABS_MAX; presses += 1) {
    await page.keyboard.press("Tab");
    const here = await focused(page);
    assert.ok(here.visible, `the focus on ${here.tag} “${here.name}” is not seen at ${page.url()}`);
    if (typeof name === "string" ? here.name === name : name.test(here.name)) return here.name;
    met.push(here.name);
  }
  throw new Error(`“${name}” was not reached at ${page.url()}: ${met.join(" | ")}`);
}

/** Goes there and presses a key; waits until the next page is there. */
export async function press(page, name, key = "Enter") {
  const reached = await tabTo(page, name);
  await Promise.all([page.waitForEvent("load"), page.keyboard.press(key)]);
  return reached;
}
