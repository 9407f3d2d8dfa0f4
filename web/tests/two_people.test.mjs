// Two people buy at the same time. Each sees their own, and nobody gets what the other paid for.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, person, picture } from "../lib/browser.mjs";
import { call, market, newcomer } from "../lib/market.mjs";
import { at, balance, button, deal, deals, enter, order, settled, stock, take, choose, anchor } from "../lib/people.mjs";

let play, browser, bea, carl, shop, parcels, bank;

before(async () => {
  [play, browser] = await Promise.all([market(), launch()]);
  ({ bank, "paper-ink": shop, "mail-order": parcels } = play.parties);
  const come = async (wallet) => {
    const page = await (await person(browser)).newPage();
    await enter(page, wallet, wallet.link);
    return { wallet, page };
  };
  bea = await come(play.parties.wallet);
  carl = await come(await newcomer(play, "carl", "Carl Customer"));
});

after(async () => {
  await browser?.close();
  await carl?.wallet.stop();
  await play?.stop();
});

const cents = (text) => Math.round(Number(text.split(" ")[0]) * 100);

test("the newcomer opens an account, with play money on it", async () => {
  const { page, wallet } = carl;
  await page.goto(at(wallet, "/welcome/account"));
  await button(page, "Open the account").click();
  const { balance: said } = await settled(wallet, { command: "purse" }, (purse) => purse.balance);
  assert.equal(said, "500.00 EUR");
  await page.goto(at(wallet, "/purse"));
  assert.match(await page.getByRole("main").innerText(), /500\.00 EUR/);
});

async function buys({ page, wallet }, title) {
  await choose(page, shop, title);
  const { id } = await order(page, shop, wallet, /You order/);
  await deal(page, wallet, id, "closed");
  return id;
}

test("both buy a file at the same time", async () => {
  const before = await Promise.all([bea, carl].map(({ wallet }) => balance(bank, wallet)));
  const [hers, his] = await Promise.all([buys(bea, "Tea through the year"), buys(carl, "Letters to the editor: a small kit")]);
  const now = await Promise.all([bea, carl].map(({ wallet }) => balance(bank, wallet)));
  assert.deepEqual(before.map((one, at) => cents(one) - cents(now[at])), [120, 250]);
  for (const [who, own, other] of [[bea, hers, his], [carl, his, hers]]) {
    assert.deepEqual((await deals(who.wallet)).map((one) => one.deal), [own]);
    const answer = await who.page.goto(at(who.wallet, `/deal/${other}`));
    assert.equal(answer.status(), 404);
    await who.page.goto(who.wallet.pages);
    assert.equal(await anchor(who.page, /Tea|Letters/).count(), 1);
  }
  const sales = (await call(shop, { command: "sales" })).sales;
  assert.deepEqual(sales.map((one) => one.title).sort(), ["Letters to the editor: a small kit", "Tea through the year"]);
});

test("the last one goes to one of them; the other owes nothing", async () => {
  const owner = await (await person(browser)).newPage();
  await enter(owner, parcels, parcels.link);
  await stock(owner, parcels, [{ id: "test-last", title: "The last lamp", price: "30.00 EUR", stock: 1 }]);
  for (const { page } of [bea, carl]) await take(page, parcels, "test-last");
  const tries = await Promise.allSettled([bea, carl].map(({ page, wallet }) => order(page, parcels, wallet, /You order/)));
  const ordered = tries.map((one, at) => [one, [bea, carl][at]]).filter(([one]) => one.status === "fulfilled");
  assert.ok(ordered.length > 0, tries.map((one) => String(one.reason)).join("\n"));
  const sold = async () => (await call(parcels, { command: "sales" })).sales.filter((one) => !one.refused);
  await settled(parcels, { command: "product-get", id: "test-last" }, (one) => one.stock === 0);
  assert.equal((await sold()).length, 1);
  for (const [tried, { page, wallet }] of ordered) {
    const { id } = tried.value;
    const end = await settled(wallet, { command: "deal", deal: id }, (one) => ["signed", "due", "withdrawn"].includes(one.word));
    assert.equal(end.paid ?? "0.00 EUR", "0.00 EUR");
    await page.goto(at(wallet, `/deal/${id}`));
    if (end.word === "withdrawn") {
      assert.match(await page.getByRole("main").innerText(), /there are not as many left as were asked for/);
      await picture(page, "wallet-deal-sold-out");
    }
  }
});
