// Every page of every party, as far as menus and links lead: in both languages, at both widths, in light and dark.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { PICTURES, fits, launch, person, serious } from "../lib/browser.mjs";
import { call, market } from "../lib/market.mjs";
import { at, button, choose, enter, handOver, order, question, settled, ship, stock, take } from "../lib/people.mjs";
import { raw } from "../lib/raw.mjs";

/** Pages that no link leads to. */
const KNOWN = {
  wallet: ["/screen", "/screen/sessions", "/welcome", "/handover/address", "/transcripts", "/nowhere", "/enter?key=wrong"],
  "paper-ink": ["/checkout", "/search?q=tea", "/search?q=zzz", "/desk?show=done"],
  bank: ["/desk"], "valley-food": ["/desk"], broker: ["/?q=tea"], notary: ["/desk"], authority: ["/desk"],
};
/** How many pages of the same kind are looked at, such as two products. */
const OF_A_KIND = { deal: 3, other: 1 };
const PAGES_MAX = 90;
/** All that a page of the wallet may weigh, in bytes. */
const WEIGHT_MAX = 60_000;

let play, browser;

before(async () => {
  if (PICTURES) await mkdir(PICTURES, { recursive: true });
  [play, browser] = await Promise.all([market(), launch()]);
  const { wallet, "paper-ink": shop } = play.parties;
  const me = await person(browser);
  const page = await me.newPage();
  await enter(page, wallet, wallet.link);
  // A deal that is done.
  await choose(page, shop, "Tea through the year");
  const { id: done } = await order(page, shop, wallet, /You order/);
  await settled(wallet, { command: "deal", deal: done }, (said) => said.word === "closed");
  await page.goto(at(shop, "/basket"));
  await button(page, "Empty the basket").click();
  // Parcels: an order of which the first of two has left.
  const parcels = play.parties["mail-order"];
  await enter(page, parcels, parcels.link);
  await call(parcels, { command: "shipping", set: { pay: "on-shipping" } });
  await stock(page, parcels, [{ id: "test-mug", title: "Blue mug", price: "8.00 EUR", stock: 5 }]);
  await take(page, parcels, "test-mug", 2);
  const { id } = await order(page, parcels, wallet, /You order/);
  const { order: number } = await settled(wallet, { command: "deal", deal: id }, (said) => said.order);
  await settled(parcels, { command: "sale", deal: number }, (said) => said.can.includes("ship"));
  await ship(page, parcels, number, { "Blue mug": 1 }, "T-1");
  // A question that is open.
  await choose(page, shop, "Bookplate to print");
  await handOver(page, shop, wallet);
  await button(page, "Continue").click();
  await question(page, wallet, /You order/);
  await prepared(wallet);
  await me.close();
});

/** A joint deal that nobody has signed, data that the trusted screen asks about, a container that is not whole. */
async function prepared(wallet) {
  const data = Buffer.from("a letter").toString("base64url");
  const to = { link: "paper-ink" };
  const { file } = await call(wallet, { command: "contract-seal", name: "a.txt", media_type: "text/plain", data, to });
  await call(wallet, { command: "contract-new", title: "A letter for a signature", text: "Terms.", with: [to], parts: [file] });
  await call(wallet, { command: "data-sell", data, name: "a.txt", title: "A letter", price: "1.00 EUR" });
  const goods = [{ kind: "data", name: "a.txt", media: "text/plain", length: 8 }];
  await call(wallet, { command: "transfer-begin", to: to.link, title: "Papers", goods });
}

after(async () => {
  await browser?.close();
  await play?.stop();
});

/** Pages of the same kind have the same name: numbers and hashes are left out. */
const kind = (path) => path.replace(/[0-9a-f]{16,}/g, "*").replace(/^\/(product|desk\/product|transcripts)\/.*/, "/$1/*").replace(/\?.*/, "?*");
const named = (label, path) => `${label}${kind(path).replaceAll(/[^a-z0-9*]+/gi, "-").replaceAll("*", "x").replace(/-$/, "")}`;

/** Where the links of this page lead, on the same site. */
async function links(page) {
  const all = await page.locator("a[href]:not([download])").evaluateAll((found) => found.map((a) => a.href));
  const own = all.map((href) => new URL(href)).filter((url) => url.origin === new URL(page.url()).origin);
  return own.map((url) => url.pathname + url.search).filter((path) => !/^\/(language|enter|leave)|\/(file|evidence)$/.test(path));
}

/** What is wrong with the page that is open. With a name, it is also pictured. */
async function faults(page, language, name) {
  const found = [];
  const told = await page.evaluate(() => ({ lang: document.documentElement.lang, h1: document.querySelectorAll("h1").length }));
  if (told.lang !== language) found.push(`lang is ${told.lang}`);
  if (told.h1 !== 1) found.push(`${told.h1} h1`);
  for (const width of [1280, 320]) {
    await page.setViewportSize({ width, height: 900 });
    if (!(await fits(page))) found.push(`wider than ${width} px`);
    if (name && PICTURES) await page.screenshot({ path: path.join(PICTURES, `${name}-${width}.png`), fullPage: true });
  }
  // The second language comes in the dark colours: only they are new to axe.
  const rules = language === "en" ? undefined : ["color-contrast", "link-in-text-block", "html-has-lang", "document-title", "valid-lang"];
  for (const one of await serious(page, rules)) found.push(`axe: ${one.id} ${one.nodes.join(" ")}`);
  return found;
}

/** The desks of all shops are the same: most of it is looked at in one of them. */
const isTwin = (party, where) => party.role === "shop" && party.label !== "mail-order" && /^\/desk\/(products?|prices|import|shipping|account|staff)/.test(where);

/** Looks at all pages of a party in one language; the paths come back. */
async function visit(page, party, language, style, report) {
  const seen = new Map();
  const waiting = ["/", ...(KNOWN[party.label] ?? [])];
  while (waiting.length > 0 && seen.size < PAGES_MAX) {
    const where = waiting.shift();
    if (isTwin(party, where)) continue;
    const count = [...seen.keys()].filter((one) => kind(one) === kind(where)).length;
    if (seen.has(where) || count >= (where.startsWith("/deal/") ? OF_A_KIND.deal : OF_A_KIND.other)) continue;
    const answer = await page.goto(at(party, where));
    seen.set(where, answer.status());
    const wrong = await faults(page, language, language === "en" && count === 0 ? named(party.label, where) : undefined);
    if (answer.status() >= 500) wrong.push(`status ${answer.status()}`);
    const weight = (await answer.body()).length + style;
    if (party.role === "wallet" && weight > WEIGHT_MAX) wrong.push(`weighs ${weight} bytes`);
    for (const one of wrong) report.push(`${language} ${party.label}${where}: ${one}`);
    waiting.push(...(await links(page)));
  }
  return seen;
}

async function visitor(parties) {
  const me = await person(browser);
  const report = [];
  const page = await me.newPage();
  page.on("console", (said) => {
    // The browser notes answers such as "not found" by itself.
    if (said.type() === "error" && !said.text().startsWith("Failed to load resource")) report.push(`${page.url()}: ${said.text()}`);
  });
  page.on("pageerror", (error) => report.push(`${page.url()}: ${error}`));
  page.on("request", (asked) => {
    const url = new URL(asked.url());
    if (url.protocol !== "data:" && !parties.some((party) => url.origin === new URL(party.pages).origin)) report.push(`a request to ${url}`);
  });
  for (const party of parties) {
    const style = (await raw(party.pages, "/style.css")).body.length;
    // One shop is looked at as its customers see it.
    if (party.label !== "valley-food") await enter(page, party);
    for (const language of ["en", "de"]) {
      await page.emulateMedia({ colorScheme: language === "en" ? "light" : "dark" });
      await page.goto(at(party, `/language?to=${language}&back=/`));
      const seen = await visit(page, party, language, style, report);
      if (language === "en") console.log(`${party.label}: ${[...seen].map(([path, status]) => `${path}${status === 200 ? "" : ` (${status})`}`).join(" ")}`);
    }
  }
  await me.close();
  return report;
}

test("every page: its width, its language, axe, its console, its requests, its weight", async () => {
  const all = Object.values(play.parties);
  const half = all.filter((party) => party.role === "wallet" || party.label === "valley-food" || party.role === "bank");
  const reports = await Promise.all([visitor(half), visitor(all.filter((party) => !half.includes(party)))]);
  assert.deepEqual(reports.flat(), []);
});
