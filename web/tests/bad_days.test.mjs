// Double clicks, the back button, closed tabs, two tabs; prices that change, stock that ends; parties that go away.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";

import { launch, person, picture } from "../lib/browser.mjs";
import { call, link, market, serve } from "../lib/market.mjs";
import { anchor, agree, at, balance, button, choose, deals, enter, handOver, heading, order, question, settled, stock, take } from "../lib/people.mjs";

let play, browser, me, page, wallet, shop, parcels, bank;
const alone = {};

before(async () => {
  [play, browser] = await Promise.all([market({ keep: true }), launch()]);
  ({ wallet, bank, "paper-ink": shop, "mail-order": parcels } = play.parties);
  me = await person(browser);
  page = await me.newPage();
  await enter(page, wallet, wallet.link);
});

after(async () => {
  await browser?.close();
  await Promise.all(Object.values(alone).map((party) => party.stop()));
  await play?.stop();
  if (play) await rm(play.place, { recursive: true, force: true });
});

const main = (of = page) => of.getByRole("main").innerText();
const sales = async () => (await call(shop, { command: "sales" })).sales;
const idle = () => new Promise((resolve) => setTimeout(resolve, 300));

async function emptyBasket(at_) {
  await page.goto(at(at_, "/basket"));
  const empty = button(page, "Empty the basket");
  if (await empty.count()) await empty.click();
}

test("double clicks on Continue and on Order", async () => {
  const [deals0, sales0] = [(await deals(wallet)).length, (await sales()).length];
  await choose(page, shop, "Tea through the year");
  await handOver(page, shop, wallet);
  await button(page, "Continue").dblclick();
  await page.waitForURL(/\/(waiting|screen)/);
  await question(page, wallet, /You order/);
  await button(page, /^Order with obligation/).dblclick();
  // The second click may come before the first one's page, or after its answer was taken: then the page says so.
  const answered = page.getByText("You have answered this already");
  await Promise.race([page.waitForURL(/\/deal\//), answered.waitFor()]);
  await idle();
  const all = await deals(wallet);
  assert.equal(all.length, deals0 + 1);
  await settled(wallet, { command: "deal", deal: all.at(-1).deal }, (one) => one.word === "closed");
  assert.equal((await sales()).length, sales0 + 1);
  await emptyBasket(shop);
});

test("two tabs and the back button: the second answer does nothing", async () => {
  const before = (await deals(wallet)).length;
  await choose(page, shop, "Bookplate to print");
  await handOver(page, shop, wallet);
  await button(page, "Continue").click();
  await question(page, wallet, /You order/);
  const other = await me.newPage();
  await other.goto(at(wallet, "/screen"));
  await button(page, /^Order with obligation/).click();
  await button(other, /^Order with obligation/).click();
  assert.match(await main(other), /You have answered this already[^]*once/);
  await picture(other, "wallet-screen-answered");
  await button(other, /./).count();
  await page.goBack();
  if (page.url().endsWith("/screen") && (await button(page, /^Order with obligation/).count())) await agree(page);
  await page.goBack().catch(() => undefined);
  await idle();
  assert.equal((await deals(wallet)).length, before + 1);
  const [bought] = (await deals(wallet)).slice(-1);
  await settled(wallet, { command: "deal", deal: bought.deal }, (one) => one.word === "closed");
  await other.close();
  await emptyBasket(shop);
});

test("a closed tab: the question waits", async () => {
  await choose(page, shop, "Packing list for a family");
  await handOver(page, shop, wallet);
  await button(page, "Continue").click();
  await page.close();
  page = await me.newPage();
  await page.goto(wallet.pages);
  await settled(wallet, { command: "deals" }, (said) => said.deals.at(-1).word === "offered");
  await page.reload();
  assert.match(await main(), /Packing list for a family/);
  await page.getByRole("link", { name: "1 question waits for you on the trusted screen" }).click();
  await button(page, "Do not order").click();
  // Who said no may ask again at once.
  const before = (await deals(wallet)).length;
  await handOver(page, shop, wallet);
  await button(page, "Continue").click();
  await question(page, wallet, /You order “Packing list/);
  await button(page, "Do not order").click();
  assert.equal((await deals(wallet)).length, before + 1);
  await emptyBasket(shop);
});

test("the price changes, and the last one is sold, between basket and order", async () => {
  await enter(page, parcels, await link(parcels));
  await stock(page, parcels, [
    { id: "test-lamp", title: "Green lamp", price: "30.00 EUR", stock: 1 },
    { id: "test-rug", title: "Small rug", price: "20.00 EUR", stock: 4 },
  ]);
  await take(page, parcels, "test-lamp");
  await take(page, parcels, "test-rug");
  await stock(page, parcels, [{ id: "test-rug", title: "Small rug", price: "22.00 EUR", stock: 4 }]);
  await page.goto(at(parcels, "/basket"));
  assert.match(await main(), /The price has changed: it was 20\.00 EUR[^]*it is 22\.00 EUR now/);
  await picture(page, "basket-price-changed");
  await call(parcels, { command: "product-set", id: "test-lamp", stock: 0 });
  await page.goto(at(parcels, "/basket"));
  assert.match(await main(), /sold out/);
  await picture(page, "basket-sold-out");
  const before = (await deals(wallet)).length;
  await page.goto(at(parcels, "/checkout"));
  await picture(page, "checkout-sold-out");
  assert.equal((await deals(wallet)).length, before, "nothing was ordered");
  await emptyBasket(parcels);
});

test("the parties run on their own from here, and everything is as it was", async () => {
  const before = JSON.stringify((await deals(wallet)).map((one) => [one.deal, one.word]));
  await play.stop();
  for (const label of ["authority", "bank", "notary", "broker", "paper-ink", "mail-order", "wallet"]) alone[label] = await serve(play, label);
  assert.equal(JSON.stringify((await deals(wallet)).map((one) => [one.deal, one.word])), before);
  await page.goto(wallet.pages);
  assert.equal(await heading(page), "Only for the operator", "sessions do not outlive their party");
  await enter(page, wallet);
});

test("the shop is gone before its offer", async () => {
  await choose(page, shop, "Letters to the editor: a small kit");
  await handOver(page, shop, wallet);
  await alone["paper-ink"].kill();
  await button(page, "Continue").click();
  await page.waitForLoadState();
  await picture(page, "wallet-shop-away");
  assert.match(await main(), /nothing (was|is) ordered|Waiting for the shop's offer/i);
  alone["paper-ink"] = await serve(play, "paper-ink");
  await question(page, wallet, /You order “Letters to the editor/).catch(async () => {
    await handOver(page, shop, wallet);
    await button(page, "Continue").click();
    await question(page, wallet, /You order “Letters to the editor/);
  });
  await agree(page);
  const [bought] = (await deals(wallet)).slice(-1);
  await settled(wallet, { command: "deal", deal: bought.deal }, (one) => one.word === "closed");
  assert.equal((await sales()).filter((one) => one.title?.startsWith("Letters")).length, 1);
  await emptyBasket(shop);
});

test("the bank is gone in mid-deal, and comes back", async () => {
  const money = Number((await balance(bank, wallet)).split(" ")[0]);
  await choose(page, shop, "Reading a contract in ten minutes");
  await handOver(page, shop, wallet);
  await button(page, "Continue").click();
  await question(page, wallet, /You order “Reading/);
  await alone.bank.kill();
  await agree(page);
  const [bought] = (await deals(wallet)).slice(-1);
  await settled(wallet, { command: "deal", deal: bought.deal }, (one) => one.word !== "offered" && one.word !== "agreed");
  await page.goto(at(wallet, `/deal/${bought.deal}`));
  await picture(page, "wallet-deal-bank-away");
  assert.doesNotMatch(await main(), /closed|received/);
  assert.match(await main(), /Next/);
  // The wallet is killed too; both come back and the deal goes on by itself.
  await alone.wallet.kill();
  alone.bank = await serve(play, "bank");
  alone.wallet = await serve(play, "wallet");
  const done = await settled(wallet, { command: "deal", deal: bought.deal }, (one) => one.word === "closed");
  assert.equal(done.paid, "4.90 EUR");
  assert.equal(Number((await balance(bank, wallet)).split(" ")[0]).toFixed(2), (money - 4.9).toFixed(2), "paid once");
  await enter(page, wallet);
});
