// What people do on the pages, by the names that they read there.

import assert from "node:assert/strict";

import { call, link } from "./market.mjs";

/** How long the parties may take between themselves for one step, in milliseconds. */
const PATIENCE = 30_000;

/** Enters by a one-time link: the one that the market printed, or a new one. */
export async function enter(page, party, address) {
  await page.goto(address ?? (await link(party)));
  return page;
}

/** Looks at a page again and again until `holds(page)`, as a person does who presses "reload". */
export async function until(page, address, holds, what) {
  const late = Date.now() + PATIENCE;
  for (;;) {
    await page.goto(address);
    if (await holds(page)) return page;
    if (Date.now() > late) throw new Error(`${what ?? holds}: not in time at ${address}\n${await page.locator("main").innerText()}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Waits until a command's answer satisfies. */
export async function settled(party, request, holds) {
  const late = Date.now() + PATIENCE;
  for (;;) {
    const answer = await call(party, request);
    if (holds(answer)) return answer;
    if (Date.now() > late) throw new Error(`${JSON.stringify(request)}: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

export const heading = (page) => page.getByRole("heading", { level: 1 }).innerText();
export const button = (page, name) => page.getByRole("main").getByRole("button", { name });
export const anchor = (page, name) => page.getByRole("main").getByRole("link", { name });
export const at = (party, path) => new URL(path, party.pages).href;

/** From the shelf into the basket. */
export async function choose(page, shop, title, quantity) {
  await page.goto(shop.pages);
  await anchor(page, title).first().click();
  if (quantity) await page.getByLabel("Quantity").fill(String(quantity));
  await button(page, "Add to basket").click();
}

/** From the basket to the wallet's hand-over page. */
export async function handOver(page, shop, wallet) {
  await page.goto(at(shop, "/checkout"));
  await page.getByLabel("My wallet is at").fill(new URL(wallet.pages).origin);
  await button(page, "Remember this address").click();
  const prepare = button(page, "Prepare the parcels for my wallet");
  if (await prepare.count()) await prepare.click();
  await anchor(page, /Continue in my wallet/).first().click();
  assert.match(page.url(), /\/handover/);
}

/** The next question whose title fits, on the trusted screen. */
export const question = (page, party, title, path = "/screen") =>
  until(page, at(party, path), async () => title.test(await page.getByRole("main").innerText()) && (await button(page, /./).count()) > 1, `question ${title}`);

/** Agrees to what is asked: the answer that is not a refusal stands last. */
export async function agree(page) {
  const name = await button(page, /./).last().innerText();
  await button(page, /./).last().click();
  return name;
}

/** Waits until the wallet says that a deal has this word; its page is open then. */
export async function deal(page, wallet, id, word) {
  await settled(wallet, { command: "deal", deal: id }, (said) => said.word === word);
  await page.goto(at(wallet, `/deal/${id}`));
}

/** The deals that a wallet knows. */
export const deals = async (wallet) => (await call(wallet, { command: "deals" })).deals;

/** Puts products on a shop's shelves and signs the price list at the desk, as its owner. */
export async function stock(page, shop, products) {
  for (const product of products) await call(shop, { command: "product-put", product: { vat: "19", published: true, ...product } });
  await page.goto(at(shop, "/desk/prices"));
  await button(page, "Sign the price list").click();
  await until(page, at(shop, "/desk/prices"), () => anchor(page, "To the trusted screen").count(), "the price list waits");
  await anchor(page, "To the trusted screen").click();
  await agree(page);
  await settled(shop, { command: "catalogue" }, (said) => said.unsigned === false);
}

/** Puts one product into the basket, from its own page. */
export async function take(page, shop, id, quantity = 1) {
  await page.goto(at(shop, `/product/${id}`));
  const field = page.getByLabel("Quantity");
  if (await field.count()) await field.fill(String(quantity));
  await button(page, "Add to basket").click();
}

export const ADDRESS = { Name: "Bea Buyer", "Street and number": "Kastanienweg 3", Postcode: "10115", City: "Berlin", "Country (two letters)": "DE" };

/** Fills the form of the trusted screen that asks where it shall be sent; the shop is asked by itself then. */
export async function sayWhere(page, address = ADDRESS) {
  for (const [name, value] of Object.entries(address)) await page.getByLabel(name).fill(value);
  await button(page, "Send").click();
}

/** Orders what lies in the basket; the deal's id comes back. */
export async function order(page, shop, wallet, title) {
  const known = (await deals(wallet)).map((one) => one.deal);
  await handOver(page, shop, wallet);
  await button(page, "Continue").click();
  if (await page.getByLabel("Street and number").count()) await sayWhere(page);
  else if (await button(page, "Get the offer for this address").count()) await button(page, "Get the offer for this address").click();
  await question(page, wallet, title);
  const named = await agree(page);
  const fresh = (await deals(wallet)).filter((one) => !known.includes(one.deal));
  assert.equal(fresh.length, 1, "one deal for one order");
  return { id: fresh[0].deal, named };
}

/** A parcel leaves: `pieces` by the product's title; what is not named stays. */
export async function ship(page, shop, orderId, pieces, tracking) {
  await page.goto(at(shop, `/desk/order/${orderId}`));
  await anchor(page, /^Ship$/).click();
  for (const field of await page.getByRole("group", { name: "In this parcel" }).getByRole("textbox").all()) await field.fill("0");
  for (const [title, count] of Object.entries(pieces)) await page.getByLabel(title).fill(String(count));
  await page.getByLabel("Carrier").fill("Post");
  await page.getByLabel("Tracking number").fill(tracking);
  await button(page, "Go on to the check").click();
  await button(page, "Mark as shipped").click();
}

/** A parcel of an order whose money is locked leaves: the parts whose lines these fit, or all that can. */
export async function shipLocked(page, shop, orderId, tracking, lines) {
  await page.goto(at(shop, `/desk/order/${orderId}`));
  await anchor(page, /^Ship$/).click();
  for (const box of lines ? await page.getByRole("group", { name: "In this parcel" }).getByRole("checkbox").all() : []) await box.uncheck();
  if (lines) await page.getByLabel(lines).check();
  await page.getByLabel("Carrier").fill("Post");
  await page.getByLabel("Tracking number").fill(tracking);
  await button(page, "Go on to the check").click();
  await button(page, "Mark as shipped").click();
}

/** Opens one of the things that can be done with a deal and does it. */
export async function act(page, wallet, id, name, fill) {
  await page.goto(at(wallet, `/deal/${id}`));
  await anchor(page, name).click();
  await fill?.();
  await button(page, /./).last().click();
}

/** What the bank has on a party's account; a market opens it a moment after its party. */
export async function balance(bank, party) {
  for (let tries = 0; ; tries += 1) {
    const { account } = await call(party, { command: "purse" });
    const { available } = account ? await call(bank, { command: "balance", account }) : {};
    if (available !== undefined) return available;
    if (tries > 200) throw new Error(`no account: ${account}`);
    await new Promise((later) => setTimeout(later, 50));
  }
}
