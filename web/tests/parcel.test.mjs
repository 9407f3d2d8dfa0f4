// Two things by post from a shop that is paid on shipping, in two parcels: paid, received, one withdrawn and refunded; an order that is
// cancelled; a complaint. Locked money is in escrow.test.mjs.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, person, picture } from "../lib/browser.mjs";
import { call, market, semper } from "../lib/market.mjs";
import { act, agree, anchor, at, balance, button, deal, enter, order, question, settled, ship, stock, take } from "../lib/people.mjs";

let play, browser, page, wallet, shop, bank;

before(async () => {
  [play, browser] = await Promise.all([market(), launch()]);
  ({ wallet, bank, "mail-order": shop } = play.parties);
  const me = await person(browser);
  page = await me.newPage();
  await enter(page, wallet, wallet.link);
  await enter(page, shop, shop.link);
  await call(shop, { command: "shipping", set: { cost: "4.00 EUR", delivery_days: 5, return_costs: "buyer", vat: "19", pay: "on-shipping" } });
  await stock(page, shop, [
    { id: "test-mug", title: "Blue mug", price: "8.00 EUR", stock: 5 },
    { id: "test-teapot", title: "Round teapot", price: "24.00 EUR", stock: 2 },
  ]);
});

after(async () => {
  await browser?.close();
  await play?.stop();
});

const said = (id) => call(wallet, { command: "deal", deal: id });
const part = (deal, number) => deal.parts.find((one) => one.part === number);

/** The next question with these words is agreed to. */
async function confirm(words) {
  await question(page, wallet, words);
  return agree(page);
}

test("two parcels, one of them goes back", async () => {
  const before = { wallet: await balance(bank, wallet), shop: await balance(bank, shop) };
  await take(page, shop, "test-mug", 2);
  await take(page, shop, "test-teapot");
  const { id, named } = await order(page, shop, wallet, /You order/);
  assert.match(named, /^Order with obligation to pay 44\.00 EUR$/);
  const signed = await settled(wallet, { command: "deal", deal: id }, (one) => one.word === "signed" || one.word === "due");
  assert.equal(signed.paid, "0.00 EUR");
  await page.goto(at(wallet, `/deal/${id}`));
  await picture(page, "wallet-deal-parcel-signed");

  await ship(page, shop, signed.order, { "Blue mug": 2 }, "T-1");
  await picture(page, "desk-order-first-parcel");
  await paid(id, 1);
  await ship(page, shop, signed.order, { "Round teapot": 1 }, "T-2");
  await paid(id, 2);
  await page.goto(at(wallet, `/deal/${id}`));
  await picture(page, "wallet-deal-parcels-paid");
  assert.match(await page.getByRole("main").innerText(), /T-1[^]*T-2/);

  for (const number of [1, 2]) {
    await act(page, wallet, id, "Confirm that it arrived", async () => {
      const which = page.getByLabel("Which parcel");
      if (await which.count()) await which.selectOption(String(number));
    });
    await confirm(/arriv|receiv/i);
    await settled(wallet, { command: "deal", deal: id }, (one) => part(one, number).received);
  }

  // Step one says what comes back; nothing has happened yet.
  await page.goto(at(wallet, `/deal/${id}`));
  await anchor(page, "Withdraw from the contract").click();
  assert.match(await page.getByRole("main").innerText(), /Step 1 of 2[^]*You get back at most/);
  await picture(page, "wallet-withdraw-step-1");
  assert.ok((await said(id)).parts.every((one) => !one.withdrawn));
  const which = page.getByLabel("Which parcel");
  if (await which.count()) await which.selectOption("2");
  await button(page, "Go on to step 2").click();
  await question(page, wallet, /withdraw/i);
  await picture(page, "wallet-withdraw-step-2");
  await agree(page);
  await settled(wallet, { command: "deal", deal: id }, (one) => part(one, 2).withdrawn && part(one, 2).acknowledged);

  await page.goto(at(shop, `/desk/order/${signed.order}`));
  await anchor(page, "Send money back").click();
  await picture(page, "desk-refund");
  await button(page, "Go on to the check").click();
  await picture(page, "desk-refund-check");
  await button(page, /Send back/).click();
  await picture(page, "desk-refund-done");
  const done = await settled(wallet, { command: "deal", deal: id }, (one) => one.refunded !== "0.00 EUR");
  await deal(page, wallet, id, done.word);
  await picture(page, "wallet-deal-parcel-refunded");

  const cents = (text) => Math.round(Number(text.split(" ")[0]) * 100);
  const kept = cents(done.paid) - cents(done.refunded);
  assert.equal(cents(done.paid), 4400);
  assert.equal(cents(part(done, 2).refunded), cents(done.refunded));
  assert.equal(cents(await balance(bank, wallet)), cents(before.wallet) - kept);
  assert.equal(cents(await balance(bank, shop)), cents(before.shop) + kept);

  const coming = page.waitForEvent("download");
  await anchor(page, "Download the evidence").click();
  await semper("evidence", "verify", await (await coming).path(), "--root", play.root);
});

/** A part is paid: if the screen asks for the payment, yes. */
async function paid(id, number) {
  for (let looks = 0; looks < 100; looks += 1) {
    const now = part(await said(id), number);
    if (now?.paid) return;
    await page.goto(at(wallet, "/screen"));
    if ((await button(page, /./).count()) > 1) await agree(page);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.fail(`part ${number} is not paid: ${JSON.stringify(await said(id))}`);
}

/** The basket is another than that of the order before. */
async function emptyBasket() {
  await page.goto(at(shop, "/basket"));
  assert.match(await page.getByRole("main").innerText(), /The basket is empty/, "what was ordered has left it");
}

test("cancelled before it left", async () => {
  await emptyBasket();
  await take(page, shop, "test-mug");
  const { id } = await order(page, shop, wallet, /You order/);
  await settled(wallet, { command: "deal", deal: id }, (one) => one.can.includes("cancel"));
  const money = await balance(bank, wallet);
  await act(page, wallet, id, "Cancel what was not shipped");
  await confirm(/cancel/i);
  const gone = await settled(wallet, { command: "deal", deal: id }, (one) => one.cancelled);
  assert.equal(gone.paid, "0.00 EUR");
  assert.equal(await balance(bank, wallet), money);
  await page.goto(at(wallet, `/deal/${id}`));
  await picture(page, "wallet-deal-cancelled");
  assert.equal((await call(shop, { command: "product-get", id: "test-mug" })).stock, 3, "back on the shelf");
});

test("not what was described", async () => {
  await emptyBasket();
  await take(page, shop, "test-mug");
  const { id } = await order(page, shop, wallet, /You order/);
  const signed = await settled(wallet, { command: "deal", deal: id }, (one) => one.order);
  await settled(shop, { command: "sale", deal: signed.order }, (one) => one.can.includes("ship"));
  await ship(page, shop, signed.order, { "Blue mug": 1 }, "T-3");
  await paid(id, 1);
  await page.goto(at(wallet, `/deal/${id}`));
  await anchor(page, "Complain: not what was described").click();
  await page.getByLabel("What is wrong").fill("x".repeat(501));
  await button(page, /./).last().click();
  assert.match(await page.getByRole("main").innerText(), /At most 500 characters/);
  assert.equal((await page.getByLabel("What is wrong").inputValue()).length, 501, "what was typed is kept");
  await picture(page, "wallet-complain-wrong");
  // Without words the trusted screen offers reasons; one of them is to say it in one's own.
  await page.getByLabel("What is wrong").fill("");
  await button(page, /./).last().click();
  assert.match(page.url(), /\/screen$/);
  await page.getByLabel("It is not what was offered").check();
  await picture(page, "wallet-complain-choose");
  await page.goto(at(wallet, "/screen/sessions"));
  assert.match(await page.getByRole("main").innerText(), /A choice[^]*on the screen now/);
  await picture(page, "wallet-sessions");
  await page.goto(at(wallet, "/screen"));
  await page.getByLabel("Something else, in my own words").check();
  await button(page, "Send").click();
  await page.getByLabel("What is wrong").fill("It is green, and its handle is broken.");
  await picture(page, "wallet-complain-words");
  await button(page, "Send").click();
  await question(page, wallet, /handle is broken/);
  await picture(page, "wallet-complaint-screen");
  await agree(page);
  await settled(wallet, { command: "deal", deal: id }, (one) => one.word === "disputed");
  await settled(shop, { command: "sale", deal: signed.order }, (one) => one.parts[0]?.complaint);
  await page.goto(at(shop, `/desk/order/${signed.order}`));
  assert.match(await page.getByRole("main").innerText(), /handle is broken/);
  await picture(page, "desk-order-complaint");
});
