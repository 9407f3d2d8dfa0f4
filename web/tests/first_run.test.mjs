// The wallet's first run: a phrase for the trusted screen, a pass phrase, recovery words that are proved.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, person, picture } from "../lib/browser.mjs";
import { call, link, market } from "../lib/market.mjs";
import { anchor, at, button, choose, enter, handOver, heading, question } from "../lib/people.mjs";

const PHRASE = "the heron naps on the third pier";
let play, browser, page, wallet, shop;

before(async () => {
  [play, browser] = await Promise.all([market({ keep: true }), launch()]);
  ({ wallet, "paper-ink": shop } = play.parties);
  const me = await person(browser);
  page = await me.newPage();
  await enter(page, wallet, wallet.link);
});

after(async () => {
  await browser?.close();
  await play?.stop();
});

const main = () => page.getByRole("main").innerText();
const problem = () => page.getByRole("alert").innerText();

test("a phrase that stands on every genuine question, and nowhere else", async () => {
  await anchor(page, "Go on with setting it up").click();
  assert.equal(await heading(page), "Set up your wallet");
  await anchor(page, "Continue: Language").click();
  await button(page, "English").click();
  await page.getByLabel("Your phrase").fill("x".repeat(200));
  await button(page, "Use this phrase").click();
  assert.match(await problem(), /80/);
  assert.equal(await page.getByLabel("Your phrase").inputValue(), "x".repeat(200), "what was typed is kept");
  await picture(page, "wallet-welcome-phrase-wrong");
  await page.getByLabel("Your phrase").fill(PHRASE);
  await button(page, "Use this phrase").click();

  await choose(page, shop, "Tea through the year");
  await handOver(page, shop, wallet);
  assert.ok(!(await main()).includes(PHRASE), "a page that another site links to does not show it");
  await button(page, "Continue").click();
  await question(page, wallet, /You order/);
  assert.match(await main(), new RegExp(`Your phrase[^]*${PHRASE}[^]*Order`));
  await picture(page, "wallet-screen-phrase");
  await button(page, "Do not order").click();
});

test("a pass phrase: weak, not twice the same, good", async () => {
  await page.goto(at(wallet, "/welcome/pass-phrase"));
  const set = async (fresh, again) => {
    await page.getByLabel("New pass phrase").fill(fresh);
    await page.getByLabel("The same again").fill(again);
    await button(page, "Set this pass phrase").click();
  };
  await set("password1234", "password1234");
  assert.match(await problem(), /points; it needs 3/);
  assert.match(await main(), /everybody tries first/);
  await picture(page, "wallet-welcome-pass-phrase-weak");
  await set(PHRASE, PHRASE);
  assert.match(await main(), /It is your phrase for the trusted screen/);
  await set("mussel quartz lantern ferry", "mussel quartz lantern fery");
  assert.match(await problem(), /the two differ/);
  for (const name of ["New pass phrase", "The same again"]) {
    assert.equal(await page.getByLabel(name).inputValue(), "", "secrets are not sent back");
  }
  await set("mussel quartz lantern ferry", "mussel quartz lantern ferry");
  await page.goto(at(wallet, "/welcome/pass-phrase"));
  assert.match(await main(), /Your pass phrase was changed/);
});

test("recovery words: typed back wrongly, then right, and a restored copy was opened", async () => {
  await page.goto(at(wallet, "/welcome/backup"));
  await button(page, "Make twelve words").click();
  const words = await page.getByRole("main").getByRole("listitem").allInnerTexts();
  assert.equal(words.length, 12);
  await picture(page, "wallet-welcome-words");
  await anchor(page, "I have written them down").click();
  assert.ok(!(await main()).includes(words.slice(0, 3).join(" ")));
  const type = async (text) => {
    await page.getByLabel("Type the twelve words back").fill(text);
    await button(page, "Open a restored copy with them").click();
  };
  for (const wrong of [words.slice(0, 11).join(" "), [...words].reverse().join(" "), "heron ".repeat(12).trim()]) {
    await type(wrong);
    assert.match(await problem(), /These are not the words/);
    assert.equal(await page.getByLabel("Type the twelve words back").inputValue(), "", "they are not kept");
    assert.equal((await call(wallet, { command: "recovery" })).state, "unproved");
  }
  await type(`  ${words.join("  ").toUpperCase()} `.toLowerCase());
  assert.match(await main(), /A restored copy was opened with the words/);
  assert.equal((await call(wallet, { command: "recovery" })).state, "proved");
  await page.goto(at(wallet, "/welcome"));
  assert.match(await main(), /Everything is set up/);
  await picture(page, "wallet-welcome-done");
});

test("the market starts again, with another pass phrase and the same phrase", async () => {
  await play.stop();
  play = await market({ directory: play.place });
  ({ wallet } = play.parties);
  await enter(page, wallet, await link(wallet));
  await page.goto(at(wallet, "/preferences"));
  assert.equal(await page.getByLabel("Your phrase").inputValue(), PHRASE);
});
