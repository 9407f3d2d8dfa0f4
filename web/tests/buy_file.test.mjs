// A file is bought from the shelf to the receipt, by a browser that runs no script.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { press, tabTo } from "../lib/keyboard.mjs";
import { launch, person, picture } from "../lib/browser.mjs";
import { market, semper } from "../lib/market.mjs";
import { agree, anchor, at, button, choose, deal, deals, enter, handOver, heading, question } from "../lib/people.mjs";

const FILES = path.resolve(import.meta.dirname, "../../crates/cli/src/market/files");
let play, browser;

before(async () => {
  [play, browser] = await Promise.all([market(), launch()]);
});

after(async () => {
  await browser?.close();
  await play?.stop();
});

async function saved(page, name) {
  const coming = page.waitForEvent("download");
  await anchor(page, name).click();
  return (await coming).path();
}

test("a file, without JavaScript", async () => {
  const { wallet, "paper-ink": shop } = play.parties;
  const me = await person(browser, { scripts: false });
  const page = await me.newPage();
  await enter(page, wallet, wallet.link);
  assert.equal(await heading(page), "Your deals");

  await choose(page, shop, "Tea through the year");
  assert.match(await page.getByRole("status").innerText(), /lies in the basket/);
  await handOver(page, shop, wallet);
  await button(page, "Continue").click();

  await question(page, wallet, /You order “Tea through the year”/);
  await picture(page, "wallet-order");
  assert.equal(await button(page, "Do not order").count(), 1, "refusing is as easy");
  assert.equal(await agree(page), "Order with obligation to pay 1.20 EUR");

  const [bought, ...others] = await deals(wallet);
  assert.equal(others.length, 0);
  await deal(page, wallet, bought.deal, "closed");
  await picture(page, "wallet-deal-file-closed");
  assert.match(await page.getByRole("main").innerText(), /closed: everything due was done/);

  assert.deepEqual(await readFile(await saved(page, "Save the file")), await readFile(path.join(FILES, "tea-through-the-year.txt")));
  const pack = await saved(page, "Download the evidence");
  const report = await semper("evidence", "verify", pack, "--root", play.root);
  assert.ok(report.length > 0);

  await page.goto(at(shop, "/desk"));
  assert.equal(await heading(page), "Only for the operator");
  await enter(page, shop, shop.link);
  await anchor(page, "Done").click();
  assert.match(await page.getByRole("main").innerText(), /Tea through the year/);
  await picture(page, "desk-orders-one");
  await me.close();
});

test("a file, with the keyboard alone", async () => {
  const { wallet, "paper-ink": shop } = play.parties;
  const me = await person(browser);
  const page = await me.newPage();
  await enter(page, wallet);
  await page.goto(shop.pages);
  assert.equal(await tabTo(page, /./), "Skip to content", "the first stop leads past the menu");
  await page.keyboard.press("Enter");
  await press(page, "Packing list for a family");
  await press(page, "Add to basket", "Space");
  await press(page, "Continue to the hand-over");
  await tabTo(page, "My wallet is at");
  await page.keyboard.type(new URL(wallet.pages).origin);
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  await press(page, /Continue in my wallet/);
  await press(page, "Continue", "Space");
  await question(page, wallet, /You order “Packing list for a family”/);
  await press(page, "Order with obligation to pay 0.50 EUR");
  const bought = (await deals(wallet)).find((one) => one.title === "Packing list for a family");
  await deal(page, wallet, bought.deal, "closed");
  const coming = page.waitForEvent("download");
  await tabTo(page, "Save the file");
  await page.keyboard.press("Enter");
  assert.deepEqual(await readFile(await (await coming).path()), await readFile(path.join(FILES, "packing-list.csv")));
  await me.close();
});
