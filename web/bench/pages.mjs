// How long a running shop's pages take at 10,000 products, beside a plain file server's answer of the same size.
// SEMPER=target/release/semper node bench/pages.mjs [products]

import http from "node:http";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { call, market, semper } from "../lib/market.mjs";

const products = Number(process.argv[2] ?? 10_000);
const rounds = 300;
const words = ["harbour", "lamp", "woollen", "blue", "kettle", "garden", "winter", "oak", "linen", "stone", "paper", "round"];

/** One request on a kept connection; milliseconds until the last byte, and how many bytes. */
function get(agent, host, port, target) {
  return new Promise((resolve, reject) => {
    const began = process.hrtime.bigint();
    const request = http.get({ agent, host: "127.0.0.1", port, path: target, headers: { host: `${host}:${port}` } }, (response) => {
      let bytes = 0;
      response.on("data", (data) => (bytes += data.length));
      response.on("end", () => resolve({ status: response.statusCode, bytes, took: Number(process.hrtime.bigint() - began) / 1e6 }));
    });
    request.on("error", reject);
  });
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(2);

/** Medians and the worst of twenty, after a few that do not count. */
async function measure(host, port, targets) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const took = [];
  let bytes = 0;
  for (let round = -20; round < rounds; round += 1) {
    const one = await get(agent, host, port, targets(Math.abs(round)));
    if (one.status !== 200) throw new Error(`${targets(Math.abs(round))}: ${one.status}`);
    bytes = one.bytes;
    if (round >= 0) took.push(one.took);
  }
  agent.destroy();
  took.sort((a, b) => a - b);
  return { bytes, p50: at(took, 0.5), p95: at(took, 0.95) };
}

const place = await market();
try {
  const shop = place.parties["mail-order"];
  const row = (i) => `bench-${i},"${words[i % 12]} ${words[(i * 5 + 1) % 12]} ${i}",A ${words[(i * 7) % 12]} thing for every day,in_stock,${(i % 90) + 1}.90 EUR,${words[i % 12]}`;
  const feed = path.join(place.place, "feed.tsv");
  const head = "id\ttitle\tdescription\tavailability\tprice\tproduct_type";
  await writeFile(feed, [head, ...Array.from({ length: products }, (_, i) => row(i).replaceAll(",", "\t"))].join("\n"));
  const began = performance.now();
  await semper("catalogue", "import", feed, "--publish", "--data-dir", shop.data_dir);
  console.log(`import of ${products} products into a running shop: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  // Unsigned prices are shown as not for sale; what a page costs is the same.
  const { hostname, port } = new URL(shop.pages);
  for (let wait = 0; wait < 600; wait += 1) {
    const page = await fetch(`http://127.0.0.1:${port}/search?q=kettle`, { headers: { host: `${hostname}:${port}` } }).catch(() => null);
    if (page?.ok && (await call(shop, { command: "catalogue" })).import === null) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const pages = {
    list: () => "/",
    search: (i) => `/search?q=${words[i % 12]}`,
    product: (i) => `/product/bench-${(i * 37) % products}`,
    basket: () => "/basket",
  };
  for (const [name, targets] of Object.entries(pages)) {
    const subject = await measure(hostname, port, targets);
    const body = Buffer.alloc(subject.bytes, "x");
    const server = http.createServer((_, response) => response.end(body)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const floor = await measure("127.0.0.1", server.address().port, () => "/");
    server.close();
    console.log(`${name.padEnd(8)} ${String(subject.bytes).padStart(6)} bytes  p50 ${subject.p50} ms  p95 ${subject.p95} ms   floor p50 ${floor.p50} ms  p95 ${floor.p95} ms`);
  }
} finally {
  await place.stop();
}
