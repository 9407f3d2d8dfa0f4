// A request as a program sends it that minds no browser's rules: any host name, any header.

import { request } from "node:http";

/** Asks 127.0.0.1 at the port of these pages; `headers.host` says whom it claims to ask. */
export function raw(pages, path, { method = "GET", headers = {}, body } = {}) {
  const { host, port } = new URL(pages);
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method, headers: { host, ...headers } }, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces) }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
