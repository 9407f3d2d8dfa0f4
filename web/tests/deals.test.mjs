// Two people make a joint deal on their pages: a letter for money, and a compensation for what is done outside; then one sells the
// other a file, and sends a shop a container. With files that go from one to the other by hand.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { fits, launch, person, picture, serious } from "../lib/browser.mjs";
import { call, market, newcomer, semper } from "../lib/market.mjs";
import { agree, anchor, at, balance, button, enter, heading, question, settled, until } from "../lib/people.mjs";

let play, browser, bea, carl, bank;

before(async () => {
  [play, browser] = await Promise.all([market({ options: ["--second-notary"] }), launch()]);
  bank = play.parties.bank;
  const come = async (wallet) => {
    const page = await (await person(browser)).newPage();
    await enter(page, wallet, wallet.link);
    return { wallet, page };
  };
  bea = await come(play.parties.wallet);
  carl = await come(await newcomer(play, "carl", "Carl Customer"));
  const { address: socket, server_name } = play.parties["notary-2"];
  await call(carl.wallet, { command: "link", name: "notary-2", socket, server_name, as: "nobody" });
  await settled(carl.wallet, { command: "notaries" }, (said) => said.notaries.length === 2);
  await carl.page.goto(at(carl.wallet, "/welcome/account"));
  await button(carl.page, "Open the account").click();
  await settled(carl.wallet, { command: "purse" }, (purse) => purse.balance === "500.00 EUR");
});

after(async () => {
  await browser?.close();
  await carl?.wallet.stop();
  await play?.stop();
});

const main = (page) => page.getByRole("main").innerText();

/** What a link downloads, as a file that can be given away. */
async function saved(page, name) {
  const [download] = await Promise.all([page.waitForEvent("download"), anchor(page, name).first().click()]);
  const file = path.join(play.place, `${Date.now()}-${download.suggestedFilename()}`);
  await writeFile(file, await readFile(await download.path()));
  return file;
}

/** Looks at the page that is open: as wide as a telephone and as a desk, and what axe says. */
async function sound(page, name) {
  await picture(page, name);
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    assert.ok(await fits(page), `${name} is wider than ${width} px`);
  }
  assert.deepEqual(await serious(page), [], name);
}

const card = async ({ page, wallet }) => (await page.goto(at(wallet, "/contracts")), (await page.locator("pre").innerText()).trim());

/** Answers the question about this with yes. */
async function says({ page, wallet }, title) {
  await question(page, wallet, title);
  return agree(page);
}

const stage = async ({ wallet }, id) => (await call(wallet, { command: "contract", contract: id })).stage;

let id;

test("parts are prepared on both sides, and nothing is locked by it", async () => {
  const hers = await card(bea);
  const { page } = carl;
  await page.goto(at(carl.wallet, "/joint"));
  await sound(page, "joint");
  await anchor(page, "Seal a letter").click();
  await page.getByLabel("Or write it here").fill("the formula");
  await page.getByLabel("Who may read it: their card").fill(hers);
  await sound(page, "joint-letter");
  await button(page, "Seal a letter").click();
  assert.match(await heading(page), /Sealed letter: letter.txt/);
  carl.letter = await saved(page, "Save the file");
  await page.goto(at(carl.wallet, "/joint/bill"));
  await page.getByLabel("Amount").fill("0");
  await button(page, "Write the bill").click();
  assert.match(await main(page), /An amount above zero/);
  await page.getByLabel("Amount").fill("12");
  await button(page, "Write the bill").click();
  carl.bill = await saved(page, "Save the file");

  await bea.page.goto(at(bea.wallet, "/joint/pay"));
  await bea.page.getByLabel("The bill, a file").setInputFiles(carl.bill);
  await sound(bea.page, "joint-pay");
  await button(bea.page, "Take it upon me").click();
  assert.match(await main(bea.page), /Carl Customer/);
  await sound(bea.page, "joint-part");
  await bea.page.goto(at(bea.wallet, "/joint/bill"));
  await bea.page.getByLabel("Amount").fill("5");
  await bea.page.getByLabel("What the payer is to do for you").fill("The lamp is repaired.");
  const due = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 16);
  await bea.page.getByLabel("By when (UTC)").fill(due);
  await sound(bea.page, "joint-bill");
  await button(bea.page, "Write the bill").click();
  assert.match(await main(bea.page), /The lamp is repaired/);
  bea.bill = await saved(bea.page, "Save the file");
  await page.goto(at(carl.wallet, "/joint/pay"));
  await page.getByLabel("The bill, a file").setInputFiles(bea.bill);
  await button(page, "Take it upon me").click();
  carl.repair = await saved(page, "Save the file");
  assert.equal(await balance(bank, bea.wallet), "500.00 EUR");
  assert.equal(await balance(bank, carl.wallet), "500.00 EUR");
});

test("the deal is written with a notary of both lists, whose fee is known before", async () => {
  const his = await card(carl);
  const { page, wallet } = bea;
  await page.goto(at(wallet, "/joint/new"));
  await page.getByLabel("What is it called?").fill("Formula and lamp");
  await page.getByLabel("The terms").fill("The formula is for your own use.\nThe lamp is the one in the hall.");
  await page.getByLabel(/Payment: 12\.00 EUR/).check();
  await page.getByLabel("Files of parts").setInputFiles([carl.letter, carl.repair]);
  await page.getByLabel(/Cards of the others/).fill(his);
  await page.getByLabel(/Days until/).fill("1");
  await button(page, "See which notaries all of you take").click();
  assert.match(await main(page), /Compared with the cards/);
  for (const part of [/Sealed letter/, /Payment: 12/, /Payment: 5/]) assert.ok(await page.getByLabel(part).isChecked(), part);
  await page.getByLabel("Notary", { exact: true }).selectOption({ label: "Second Play Notary: 0.20 EUR" });
  await sound(page, "joint-new");
  await button(page, /Write the deal/).click();
  assert.equal(await heading(page), "Formula and lamp");
  id = new URL(page.url()).pathname.split("/").pop();
  const text = await main(page);
  for (const said of [/0.20 EUR, paid by Bea Buyer/, /Second Play Notary/, /Payment of 12.00 EUR/, /The lamp is repaired/, /Letter: letter.txt/, /Sealed until everybody has signed/]) assert.match(text, said);
  await sound(page, "deal-written");
  bea.deal = await saved(page, "Contract file for the others");
});

test("both sign; the letter opens and the money goes, in one decision", async () => {
  await button(bea.page, "Sign on the trusted screen").click();
  assert.match(bea.page.url(), /\/screen/);
  await sound(bea.page, "deal-screen");
  await agree(bea.page);
  await settled(bea.wallet, { command: "contract", contract: id }, (deal) => deal.parts.some((part) => part.state === "locked"));
  assert.equal(await balance(bank, bea.wallet), "488.00 EUR");
  await bea.page.goto(at(bea.wallet, `/contract/${id}`));
  assert.match(await main(bea.page), /Locked at the bank: paid if everybody signs/);
  await sound(bea.page, "deal-signed");

  await carl.page.goto(at(carl.wallet, "/contracts"));
  await carl.page.getByLabel("The file", { exact: true }).setInputFiles(bea.deal);
  await button(carl.page, "Look at this contract").click();
  assert.match(await main(carl.page), /you give this/);
  await button(carl.page, "Sign on the trusted screen").click();
  await agree(carl.page);
  for (const { wallet } of [bea, carl]) await settled(wallet, { command: "contract", contract: id }, (deal) => deal.stage === "complete");
  await says(carl, /Claim of locked money/);
  await settled(carl.wallet, { command: "contract", contract: id }, (deal) => deal.parts.some((part) => part.state === "claimed"));
  assert.equal(await balance(bank, carl.wallet), "507.00 EUR");
  await until(bea.page, at(bea.wallet, `/contract/${id}`), async () => /Paid\./.test(await main(bea.page)), "the payment is known");
  assert.match(await main(bea.page), /the formula/);
  await sound(bea.page, "deal-done");
  const letter = await saved(bea.page, "Save this letter");
  assert.equal(await readFile(letter, "utf8"), "the formula");
  const pack = await saved(bea.page, /Evidence of the money/);
  assert.match(JSON.stringify(await semper("evidence", "verify", pack, "--root", play.root)), /paid/);
  // The same at the command line.
  const { parts } = await call(bea.wallet, { command: "contract", contract: id });
  const part = String(parts.findIndex((one) => one.what === "payment") + 1);
  const file = path.join(play.place, "payment.zip");
  await semper("contract", "export", "--data-dir", bea.wallet.data_dir, id, "--part", part, "--output", file);
  assert.match(JSON.stringify(await semper("evidence", "verify", file, "--root", play.root)), /paid/);
});

test("what was done outside is said, and the compensation goes back", async () => {
  const { page, wallet } = bea;
  await page.goto(at(wallet, `/contract/${id}`));
  assert.equal(await anchor(page, /It was not done/).count(), 0, "too early to claim");
  await anchor(page, "It is done: give 5.00 EUR back").click();
  await sound(page, "deal-settle");
  await button(page, "It is done: give 5.00 EUR back").click();
  await settled(wallet, { command: "contract", contract: id }, (deal) => deal.parts.some((part) => part.state === "returned"));
  assert.equal(await balance(bank, carl.wallet), "512.00 EUR");
});

test("the notary's fee is paid by its button", async () => {
  const { page, wallet } = bea;
  await until(page, at(wallet, `/contract/${id}`), async () => (await button(page, "Pay 0.20 EUR").count()) === 1, "the bill");
  await page.goto(at(wallet, "/notaries"));
  await sound(page, "notaries");
  await button(page, "Pay 0.20 EUR").click();
  assert.match(page.url(), /\/screen/);
  await agree(page);
  await settled(wallet, { command: "payments" }, (said) => said.payments.some((one) => one.state === "receipt"));
  assert.equal(await balance(bank, wallet), "487.80 EUR");

});

test("a file is sold: its key for the money", async () => {
  const map = path.join(play.place, "map.txt");
  await writeFile(map, "north of the old mill\n");
  const { page, wallet } = carl;
  await page.goto(at(wallet, "/data/new"));
  await page.getByLabel("The file", { exact: true }).setInputFiles(map);
  await page.getByLabel("What the buyer is told").fill("A map of the valley");
  await page.getByLabel("Price").fill("3,00");
  await sound(page, "data-new");
  await page.getByLabel("The file", { exact: true }).setInputFiles(map);
  await button(page, /^Offer it/).click();
  assert.match(page.url(), /\/screen/);
  await agree(page);
  await until(page, at(wallet, "/data"), async () => /On sale to whoever/.test(await main(page)), "on sale");
  await anchor(page, "A map of the valley").click();
  await sound(page, "data-sold");
  const offer = await saved(page, "Save the file for buyers");

  await bea.page.goto(at(bea.wallet, "/data"));
  await bea.page.getByLabel("The file from the seller").setInputFiles(offer);
  await button(bea.page, "Look at it on the trusted screen").click();
  assert.match(bea.page.url(), /\/screen/);
  assert.match(await main(bea.page), /A map of the valley/);
  await agree(bea.page);
  await says(carl, /Claim of locked money/);
  await bea.page.goto(at(bea.wallet, "/data"));
  await anchor(bea.page, "A map of the valley").click();
  const here = bea.page.url();
  await until(bea.page, here, async () => /The key is here/.test(await main(bea.page)), "the key");
  await sound(bea.page, "data-bought");
  assert.equal(await readFile(await saved(bea.page, "Save what was bought"), "utf8"), "north of the old mill\n");
  await until(page, at(wallet, "/data"), async () => /Paid; the buyer has the key/.test(await main(page)), "paid");
  await sound(page, "data");
  assert.equal(await balance(bank, bea.wallet), "484.80 EUR");
  assert.equal(await balance(bank, carl.wallet), "515.00 EUR");
});

test("a container goes to a shop with a payment in it, and another comes back", async () => {
  const { page, wallet } = bea;
  const shop = play.parties["paper-ink"];
  const files = ["a.txt", "b.txt"].map((name) => path.join(play.place, name));
  for (const file of files) await writeFile(file, `this is ${path.basename(file)}\n`);
  await page.goto(at(wallet, "/transfers/new"));
  await page.getByLabel("To", { exact: true }).selectOption({ label: "Paper & Ink" });
  await page.getByLabel("What is it called?").fill("Papers");
  await page.getByLabel("Files", { exact: true }).setInputFiles(files);
  await page.getByLabel("A payment in it").fill("1.50");
  await sound(page, "transfer-new");
  await page.getByLabel("Files", { exact: true }).setInputFiles(files);
  await button(page, "Go on to the trusted screen").click();
  assert.match(page.url(), /\/screen/);
  await agree(page);
  const { transfers: [came] } = await settled(shop, { command: "transfer-list" }, (said) => said.transfers.length === 1);
  await call(shop, { command: "transfer-accept", transfer: came.transfer });
  await settled(wallet, { command: "transfer", transfer: came.transfer }, (said) => said.word === "taken");
  await page.goto(at(wallet, `/transfer/${came.transfer}`));
  assert.match(await main(page), /The receiver has all of it/);
  await sound(page, "transfer-sent");

  const data = Buffer.from("with thanks\n");
  const goods = [{ kind: "container", name: "answer", goods: 1 }, { kind: "data", name: "thanks.txt", media: "text/plain", length: data.length }];
  const { transfer } = await call(shop, { command: "transfer-begin", to: came.peer, title: "Answer", goods });
  await call(shop, { command: "transfer-chunk", transfer, good: 1, index: 0, data: [data.toString("base64url")] });
  await call(shop, { command: "transfer-send", transfer });
  const owner = await (await person(browser)).newPage();
  await enter(owner, shop, shop.link);
  await question(owner, shop, /Answer/);
  await agree(owner);
  await until(page, at(wallet, "/transfers"), async () => /Say whether you take it/.test(await main(page)), "announced");
  await sound(page, "transfers");
  await anchor(page, "Answer").click();
  await sound(page, "transfer-announced");
  await button(page, /^Take it$/).click();
  const here = page.url().split("?")[0];
  await until(page, here, async () => /All of it is here\./.test(await main(page)), "all of it");
  assert.match(await main(page), /1 of 1 pieces/);
  await sound(page, "transfer-taken");
  assert.equal(await readFile(await saved(page, "Save answer/thanks.txt"), "utf8"), "with thanks\n");
});
