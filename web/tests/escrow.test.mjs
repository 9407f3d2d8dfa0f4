// Things by post whose money the bank keeps: from the order to the acceptance; a dispute and its one ruling; an order in two parts, chosen at
// the desk, with a carrier's word. Without scripts.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";

import { fits, launch, person, picture, serious } from "../lib/browser.mjs";
import { call, market, newcomer, semper } from "../lib/market.mjs";
import { act, agree, anchor, at, balance, button, enter, order, question, settled, shipLocked, stock, take } from "../lib/people.mjs";

let play, browser, page, mirror, wallet, shop, bank, notary;

before(async () => {
  [play, browser] = await Promise.all([market(), launch()]);
  ({ wallet, bank, notary, "mail-order": shop } = play.parties);
  const me = await person(browser, { scripts: false });
  page = await me.newPage();
  // The tool that looks for barriers is a script.
  mirror = await (await person(browser)).newPage();
  for (const party of [wallet, shop]) await enter(mirror, party);
  await enter(page, wallet, wallet.link);
  await enter(page, shop, shop.link);
  await call(shop, { command: "shipping", set: { cost: "4.00 EUR", delivery_days: 5, vat: "19" } });
  await stock(page, shop, [
    { id: "test-mug", title: "Blue mug", price: "8.00 EUR", stock: 9 },
    { id: "test-teapot", title: "Round teapot", price: "24.00 EUR", stock: 4 },
  ]);
});

after(async () => {
  await browser?.close();
  await play?.stop();
});

const cents = (text) => Math.round(Number(text.split(" ")[0]) * 100);
const money = async () => Promise.all([balance(bank, wallet), balance(bank, shop)]).then((all) => all.map(cents));
const text = () => page.getByRole("main").innerText();
const at_lock = (id, state, lock = 0) => settled(wallet, { command: "deal", deal: id }, (one) => one.locks[lock]?.state === state);
const at_shop = (number, state, lock = 0) => settled(shop, { command: "sale", deal: number }, (one) => one.locks[lock]?.state === state);

/** Takes a picture; nothing is wider than the window or in the way of people who do not see it, in both languages. */
async function look(party, where, name) {
  for (const to of ["de", "en"]) {
    await page.goto(at(party, `/language?to=${to}&back=${encodeURIComponent(where)}`));
    await page.goto(at(party, where));
    await page.setViewportSize({ width: 320, height: 900 });
    assert.ok(await fits(page), `${where} in ${to} is wider than 320 px`);
    await page.setViewportSize({ width: 1280, height: 900 });
    if (to === "de") await picture(page, `${name}-de`);
  }
  await picture(page, name);
  await mirror.goto(at(party, where));
  assert.deepEqual(await serious(mirror), [], where);
}

/** From the shelf to locked money; the deal and the number of its order. */
async function locked(goods) {
  for (const [id, quantity] of Object.entries(goods)) await take(page, shop, id, quantity);
  const { id } = await order(page, shop, wallet, /You order/);
  const deal = await at_lock(id, "locked");
  await at_shop(deal.order, "locked");
  return { id, number: deal.order };
}

test("ordered, locked, shipped, accepted", async () => {
  // The shop has said nothing about how it is paid.
  await page.goto(at(shop, "/product/test-mug"));
  assert.match(await text(), /weak, but nobody pays first[^]*your bank keeps the money/);
  const before = await money();
  const { id, number } = await locked({ "test-mug": 2, "test-teapot": 1 });
  assert.deepEqual(await money(), [before[0] - 4400, before[1]], "locked, and nobody has it");
  await look(wallet, `/deal/${id}`, "escrow-deal-locked");
  assert.match(await text(), /Locked money[^]*locked; nothing is shipped[^]*44\.00[^]*Time to look[^]*5 days for it to come, then 14 days[^]*If the shop has not shipped by then, the bank gives it back to you/);
  assert.match(await text(), /Who rules on a dispute[^]*Play Notary/);

  await page.goto(at(shop, `/desk/order/${number}`));
  assert.match(await text(), /Locked money[^]*locked: to be shipped[^]*If you have not shipped by then/);
  await anchor(page, /^Ship$/).click();
  assert.match(await text(), /2 × Blue mug, 1 × Round teapot \(€?44\.00/);
  await look(shop, `/desk/order/${number}/ship`, "escrow-desk-ship");
  await shipLocked(page, shop, number, "T-1");
  await at_lock(id, "consigned");
  await look(shop, `/desk/order/${number}`, "escrow-desk-shipped");
  assert.match(await text(), /If the buyer does not object by then, the bank pays you/);
  await look(wallet, `/deal/${id}`, "escrow-deal-shipped");
  assert.match(await text(), /locked; shipped[^]*If you say nothing by then, the bank pays the shop/);

  await act(page, wallet, id, "Confirm that it arrived");
  await question(page, wallet, /arriv|receiv/i);
  assert.deepEqual(await money(), [before[0] - 4400, before[1]], "a question pays nothing");
  await agree(page);
  const done = await at_lock(id, "divided");
  assert.equal(done.paid, "44.00 EUR");
  assert.deepEqual(await money(), [before[0] - 4400, before[1] + 4400]);
  await look(wallet, `/deal/${id}`, "escrow-deal-accepted");
  assert.match(await text(), /divided for good[^]*you confirmed that it arrived/);
});

test("a dispute is ruled on once, and divides the money", async () => {
  const before = await money();
  const { id, number } = await locked({ "test-teapot": 1 });
  await shipLocked(page, shop, number, "T-2");
  await at_lock(id, "consigned");
  await page.goto(at(wallet, `/deal/${id}`));
  await anchor(page, "Complain: not what was described").click();
  assert.match(await text(), /and the bank that you object/);
  await page.getByLabel("What is wrong").fill("Its lid is broken.");
  await button(page, /./).last().click();
  await question(page, wallet, /lid is broken/);
  await agree(page);
  await at_lock(id, "disputed");
  await at_shop(number, "disputed");
  await look(wallet, `/deal/${id}`, "escrow-deal-disputed");
  assert.match(await text(), /locked; the arbiter decides[^]*If the arbiter has not ruled by then, the bank gives it back to you/);

  // The pack goes to the arbiter, who looks and rules.
  const coming = page.waitForEvent("download");
  await anchor(page, "Download the evidence").click();
  const pack = path.join(play.place, "case.zip");
  await (await coming).saveAs(pack);
  const [desk] = await semper("arbiter", "show", pack, "--data-dir", notary.data_dir);
  assert.ok(desk.sound);
  const [open] = desk.disputes;
  assert.deepEqual([open.due, open.complaint, open.by, open.yours, open.ruled], ["28.00 EUR", "Its lid is broken.", "buyer", true, null]);
  assert.ok(desk.report.locks[0].verdict.convictions.length === 0 && desk.report.proven.length > 5);
  const ruling = path.join(play.place, "ruling.jws");
  const half = ["--payee", "18.00 EUR", "--reasons", "The pot is good, the lid is not."];
  await semper("arbiter", "rule", pack, "--data-dir", notary.data_dir, ...half, "-o", ruling);
  const [after] = (await semper("arbiter", "show", pack, "--data-dir", notary.data_dir))[0].disputes;
  assert.equal(after.ruled.payee, "18.00 EUR");
  await assert.rejects(semper("arbiter", "rule", pack, "--data-dir", notary.data_dir, "--payee", "28.00 EUR", "--reasons", "x", "-o", `${ruling}2`));

  // What is not a ruling is not shown to the bank, and stays in the form.
  await page.goto(at(wallet, `/deal/${id}`));
  await anchor(page, /Show the bank a ruling/).click();
  await page.getByLabel("Or its content").fill("e30.e30.e30");
  await button(page, /Show the bank/).click();
  assert.match(await text(), /The bank is not shown this/);
  assert.equal(await page.getByLabel("Or its content").inputValue(), "e30.e30.e30");
  await look(wallet, `/deal/${id}/bring`, "escrow-deal-bring");
  await page.getByLabel("The file that you were given").setInputFiles(ruling);
  await button(page, /Show the bank/).click();
  const done = await at_lock(id, "divided");
  assert.deepEqual([done.paid, done.refunded, done.locks[0].basis], ["28.00 EUR", "10.00 EUR", "ruled"]);
  assert.deepEqual(await money(), [before[0] - 1800, before[1] + 1800]);
  await look(wallet, `/deal/${id}`, "escrow-deal-ruled");
  assert.match(await text(), /Paid to the seller[^]*18\.00[^]*Back with you[^]*10\.00[^]*the arbiter ruled so/);
  await at_shop(number, "divided");
  await look(shop, `/desk/order/${number}`, "escrow-desk-ruled");
  assert.match(await text(), /Paid to you[^]*18\.00[^]*Back with the buyer/);
});

test("two parts that the shop chooses, and a carrier who has the code", async () => {
  const carrier = await newcomer(play, "courier", "Carl Courier");
  try {
    const card = path.join(play.place, "courier.pem");
    await semper("contract", "card", "--data-dir", carrier.data_dir, "-o", card);
    await semper("shop", "shipping", "--data-dir", shop.data_dir, "--parts", "ask", "--carrier", card);
    const before = await money();
    await take(page, shop, "test-mug", 1);
    await take(page, shop, "test-teapot", 1);
    const { id } = await order(page, shop, wallet, /You order[^]*Carl Courier/);
    const waits = (sales) => sales.sales.find((one) => one.can.includes("accept"));
    const number = waits(await settled(shop, { command: "sales" }, waits)).order;
    await look(shop, `/desk/order/${number}`, "escrow-desk-waits");
    await anchor(page, "Accept the order").click();
    await page.getByLabel("1 × Round teapot").selectOption("2");
    await picture(page, "escrow-desk-accept");
    await button(page, "Go on to the check").click();
    assert.match(await text(), /Shipment 1: 1 × Blue mug[^]*Shipment 2: 1 × Round teapot/);
    await button(page, "Accept the order").click();
    assert.match(page.url(), /done=accept/, await text());
    for (const lock of [0, 1]) await at_shop(number, "locked", lock);
    assert.deepEqual(await money(), [before[0] - 3600, before[1]]);
    await shipLocked(page, shop, number, "T-3", /Blue mug/);
    const { locks } = await at_lock(id, "consigned");
    assert.equal(locks[1].state, "locked", "the other waits");
    await look(wallet, `/deal/${id}`, "escrow-deal-carried");
    assert.match(await text(), /Pickup code[^]*[0-9a-f]{32}/);
    const code = locks[0].pickup_code;

    await page.goto(at(shop, `/desk/order/${number}`));
    const coming = page.waitForEvent("download");
    await anchor(page, "Download the waybill for the carrier").click();
    const waybill = path.join(play.place, "waybill.bin");
    await (await coming).saveAs(waybill);
    const show = async () => (await semper("carrier", "show", waybill, "--data-dir", carrier.data_dir))[0];
    assert.deepEqual([(await show()).yours, (await show()).said], [true, null]);
    const word = path.join(play.place, "word.jws");
    await assert.rejects(semper("carrier", "handed-over", waybill, "--data-dir", carrier.data_dir, "--code", "0".repeat(32), "-o", word));
    await semper("carrier", "handed-over", waybill, "--data-dir", carrier.data_dir, "--code", code, "-o", word);
    assert.ok((await show()).said);
    await page.goto(at(shop, `/desk/order/${number}`));
    await anchor(page, /Show the bank a ruling or a carrier/).click();
    await page.getByLabel("The file that you were given").setInputFiles(word);
    await look(shop, `/desk/order/${number}/bring`, "escrow-desk-bring");
    await page.getByLabel("The file that you were given").setInputFiles(word);
    await button(page, /Show the bank/).click();
    await at_lock(id, "arrived");
    await page.goto(at(wallet, `/deal/${id}`));
    assert.match(await text(), /locked; it came, says the carrier[^]*If you say nothing by then, the bank pays the shop/);
    await act(page, wallet, id, "Confirm that it arrived");
    await question(page, wallet, /arriv|receiv/i);
    await agree(page);
    await at_lock(id, "divided");
    // What was not shipped is cancelled, and comes back by itself.
    await page.goto(at(shop, `/desk/order/${number}`));
    await anchor(page, "Cancel what is not shipped").click();
    await button(page, "Go on to the check").click();
    await button(page, "Cancel for good").click();
    await at_lock(id, "returned", 1);
    assert.deepEqual(await money(), [before[0] - 1200, before[1] + 1200]);
  } finally {
    await carrier.stop();
  }
});
