// Other sites, other names, other people's links, and a shop that writes what it should not.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { fits, launch, person, picture } from "../lib/browser.mjs";
import { call, link, market } from "../lib/market.mjs";
import { ADDRESS, anchor, at, button, choose, deals, enter, handOver, heading, question, sayWhere, stock, take } from "../lib/people.mjs";
import { raw } from "../lib/raw.mjs";

let play, browser, me, page, wallet, shop, evil, evilPages;

before(async () => {
  [play, browser] = await Promise.all([market(), launch()]);
  ({ wallet, "paper-ink": shop } = play.parties);
  evil = createServer((asked, answer) => answer.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(trick(asked.url)));
  await new Promise((resolve) => evil.listen(0, "127.0.0.1", resolve));
  evilPages = `http://evil.localhost:${evil.address().port}`;
  me = await person(browser);
  page = await me.newPage();
  await enter(page, wallet, wallet.link);
  await enter(page, shop, shop.link);
});

after(async () => {
  await browser?.close();
  await new Promise((resolve) => evil?.close(resolve));
  await play?.stop();
});

/** The pages of a site that means harm: `/frame?URL`, `/post?URL`, `/link?URL`. */
function trick(url) {
  const [path, target] = [url.split("?")[0], decodeURIComponent(url.split("?")[1] ?? "")];
  const quoted = target.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  if (path === "/frame") return `<!doctype html><title>x</title><iframe src="${quoted}" width="800" height="600"></iframe>`;
  if (path === "/post") return `<!doctype html><title>x</title><form method="post" action="${quoted}"><input name="answer" value="agree"><input name="token" value="${"0".repeat(32)}"><button>win</button></form>`;
  return `<!doctype html><title>x</title><a href="${quoted}">look</a>`;
}
const evilPage = (kind, target) => `${evilPages}/${kind}?${encodeURIComponent(target)}`;

/** An order's question stands on the trusted screen. */
async function asked(title) {
  await choose(page, shop, title);
  await handOver(page, shop, wallet);
  await button(page, "Continue").click();
  await question(page, wallet, /You order/);
}

test("another site frames, posts, reads and links", async () => {
  await asked("Bookplate to print");
  const before = JSON.stringify(await deals(wallet));
  const there = await me.newPage();
  for (const target of [at(wallet, "/screen"), at(wallet, "/"), at(shop, "/desk"), at(shop, "/desk/staff")]) {
    await there.goto(evilPage("frame", target));
    const inner = there.frames()[1];
    await inner.waitForLoadState().catch(() => undefined);
    assert.equal(await inner.getByRole("heading", { level: 1 }).count(), 0, `${target} was framed`);

    await there.goto(evilPage("post", target));
    const [answer] = await Promise.all([there.waitForResponse((one) => one.url() === target), there.getByRole("button", { name: "win" }).click()]);
    assert.equal(answer.status(), 403);
    assert.match(await there.getByRole("main").innerText(), /This request came from another site and was refused/);

    await there.goto(evilPage("link", target));
    const read = await there.evaluate((url) => fetch(url, { credentials: "include" }).then(() => "read", () => "kept"), target);
    assert.equal(read, "kept");
    await there.getByRole("link", { name: "look" }).click();
    assert.equal(await heading(there), "Only for the operator", "a link from elsewhere brings no session along");
    assert.equal(await there.evaluate(() => window.opener), null);
  }
  await there.goto(evilPage("link", at(wallet, "/handover?shop=127.0.0.1:9&name=paper-ink.semper.test&item=bookplate")));
  await there.getByRole("link", { name: "look" }).click();
  assert.equal(JSON.stringify(await deals(wallet)), before, "nothing moved");
  // The form that was open all the while is still good, and the person still signed in.
  await button(page, "Do not order").click();
  assert.doesNotMatch(await page.getByRole("main").innerText(), /This form is too old/);
  const [refused] = (await deals(wallet)).slice(-1);
  assert.notEqual(refused.word, "offered");
  await there.close();
});

test("other host names are not answered", async () => {
  for (const party of Object.values(play.parties)) {
    const port = new URL(party.pages).port;
    const other = party === wallet ? shop : wallet;
    for (const host of ["evil.test", `evil.test:${port}`, new URL(other.pages).host, `${new URL(other.pages).hostname}:${port}`, `${new URL(party.pages).hostname}.evil.test:${port}`]) {
      for (const method of ["GET", "POST"]) {
        const answer = await raw(party.pages, "/", { method, headers: { host } });
        assert.ok(answer.status === 421 || answer.status === 400, `${party.label} answered ${host} with ${answer.status}`);
        assert.equal(answer.headers["set-cookie"], undefined);
      }
    }
    const bare = await raw(party.pages, "/x?y=1", { headers: { host: `127.0.0.1:${port}` } });
    assert.equal(bare.status, 303);
    assert.equal(bare.headers.location, at(party, "/x?y=1"));
    assert.equal((await raw(party.pages, "/", { method: "POST", headers: { host: `127.0.0.1:${port}` } })).status, 421);
  }
});

test("no cookie crosses from one party to another", async () => {
  const sent = [];
  page.on("request", (one) => sent.push(one));
  await asked("Letters to the editor: a small kit");
  await button(page, "Do not order").click();
  const all = await me.cookies();
  for (const cookie of all) {
    assert.ok(!cookie.domain.startsWith(".") && cookie.httpOnly, `${cookie.name} of ${cookie.domain}`);
    if (cookie.name === "session") assert.equal(cookie.sameSite, "Strict");
  }
  const hosts = new Set();
  for (const one of sent) {
    const host = new URL(one.url()).hostname;
    const line = (await one.allHeaders()).cookie ?? "";
    const foreign = all.filter((cookie) => cookie.domain !== host && cookie.value.length >= 16);
    for (const cookie of foreign) assert.ok(!line.includes(cookie.value), `${cookie.name} of ${cookie.domain} went to ${host}`);
    if (line) hosts.add(host);
  }
  assert.ok(hosts.has("wallet.localhost") && hosts.has("paper-ink.localhost"));
});

test("a form without its token, with another's or an old one", async () => {
  const jar = (await me.cookies(wallet.pages)).map((one) => `${one.name}=${one.value}`).join("; ");
  const origin = new URL(wallet.pages).origin;
  const post = (body, headers = {}) =>
    raw(wallet.pages, "/purse", { method: "POST", body, headers: { cookie: jar, origin, "content-type": "application/x-www-form-urlencoded", ...headers } });
  await page.goto(at(wallet, "/purse"));
  const token = await page.locator("input[name=token]").first().inputValue();
  const others = await person(browser);
  const stranger = await others.newPage();
  await stranger.goto(shop.pages);
  await stranger.goto(at(shop, "/product/bookplate"));
  const theirs = await stranger.locator("input[name=token]").first().inputValue();
  await others.close();
  for (const body of ["", "token=", `token=${"0".repeat(32)}`, `token=${theirs}`, `other=${token}`]) {
    assert.equal((await post(body)).status, 403, body);
  }
  assert.equal((await post(`token=${token}`, { origin: evilPages })).status, 403);
  assert.equal((await post(`token=${token}`, { origin: "null" })).status, 403);
  assert.equal((await post(`token=${token}`, { "sec-fetch-site": "same-site" })).status, 403);
  assert.equal((await post(`token=${token}`)).status, 303, "and the right one is good");
});

test("a link is good once, a session for one party and one person", async () => {
  const address = await link(wallet);
  const [first, second] = [await person(browser), await person(browser)];
  const mine = await first.newPage();
  await enter(mine, wallet, address);
  assert.equal(await heading(mine), "Your deals");
  await enter(mine, wallet, address);
  assert.equal(await heading(mine), "Your deals", "opened twice by who is in: no harm");
  const late = await second.newPage();
  const answer = await late.goto(address);
  assert.equal(answer.status(), 403);
  assert.match(await late.getByRole("main").innerText(), /This link was used already or is too old/);
  await late.goto(wallet.pages);
  assert.equal(await heading(late), "Only for the operator");
  const session = (await first.cookies(wallet.pages)).find((one) => one.name === "session").value;
  for (const party of Object.values(play.parties).filter((one) => one !== wallet)) {
    const desk = await raw(party.pages, party.role === "shop" ? "/desk/staff" : "/desk", { headers: { cookie: `session=${session}` } });
    assert.notEqual(desk.status, 200, `${party.label} took the wallet's session`);
  }
  await mine.getByRole("button", { name: "Sign out" }).click();
  const gone = await raw(wallet.pages, "/", { headers: { cookie: `session=${session}` } });
  assert.equal(gone.status, 401, "signed out is signed out");
  await Promise.all([first.close(), second.close()]);
});

const TITLES = {
  "evil-markup": `</p><b>Free</b><button>Order with obligation to pay 0.00 EUR</button><script>document.title="x"</script>`,
  "evil-quotes": `Nothing” with obligation to pay 0.00 EUR. You order “Nothing`,
  "evil-letters": "Рареr & Ink gift саrd",
  "evil-long": "W".repeat(190),
};

test("a shop writes what it should not", async () => {
  const parcels = play.parties["mail-order"];
  await enter(page, parcels, parcels.link);
  const hidden = call(parcels, { command: "product-put", product: { id: "evil-bidi", title: "Mug \u202eRUE 00.0", price: "9.00 EUR" } });
  await assert.rejects(hidden, "characters that turn the text round");
  await stock(page, parcels, Object.entries(TITLES).map(([id, title]) => ({ id, title, price: "9.00 EUR" })));
  for (const id of Object.keys(TITLES)) {
    await take(page, parcels, id);
    await page.setViewportSize({ width: 320, height: 900 });
    assert.ok(await fits(page), `the basket with ${id}`);
    await page.goto(at(parcels, `/product/${id}`));
    assert.ok(await fits(page), `the page of ${id}`);
    assert.equal(await page.getByRole("main").locator("b, script").count(), 0);
    await page.setViewportSize({ width: 1280, height: 900 });
  }
  await page.goto(at(parcels, "/product/evil-letters"));
  assert.match(await page.getByRole("main").innerText(), /another script/);
  await handOver(page, parcels, wallet);
  await button(page, "Continue").click();
  await sayWhere(page, ADDRESS);
  await question(page, wallet, /You order/);
  await picture(page, "wallet-order-hostile");
  const names = await button(page, /./).allInnerTexts();
  assert.deepEqual(names.length, 2, names.join(" | "));
  assert.match(names[1], /^Order with obligation to pay \d+\.\d\d EUR$/);
  assert.ok(!names[1].includes(" 0.00"));
  assert.equal(await page.getByRole("main").locator("b, script, button:not([name=answer])").count(), 0);
  assert.equal(await page.title(), (await page.title()).replace(/^x$/, ""), "no script ran");
  const text = await page.getByRole("main").innerText();
  assert.ok(text.includes("<button>Order with obligation to pay 0.00 EUR</button>"), "markup is shown as it is");
  assert.match(text, /\(!\)/, "look-alike letters are pointed out");
  await page.setViewportSize({ width: 320, height: 900 });
  assert.ok(await fits(page), "the trusted screen");
  await page.setViewportSize({ width: 1280, height: 900 });
  await button(page, /^Do not/).click();
  assert.equal(await anchor(page, /Free/).count(), 0);
});
