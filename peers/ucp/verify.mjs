// Verifies a merchant's authorization of a checkout with another JOSE implementation.
//
// stdin:  {"keys": JWK set, "authorization": "header..signature", "payload": base64url, "jwt": compact}
// stdout: {"detached": header or null, "compact": header or null}

import { createRequire } from "node:module";

const jose = createRequire(new URL("../jose/package.json", import.meta.url))("jose");

let text = "";
for await (const part of process.stdin) text += part;
const { keys, authorization, payload, jwt } = JSON.parse(text);

// As UCP has it: the header names one of the merchant's published keys.
const set = jose.createLocalJWKSet(keys);
const only = { algorithms: ["ES256"] };

async function header(verification) {
  try {
    return (await verification()).protectedHeader;
  } catch (why) {
    if (why instanceof jose.errors.JOSEError) return null;
    throw why;
  }
}

const [protectedPart, nothing, signature] = authorization.split(".");
if (nothing !== "") throw new Error("the payload is not detached");
const detached = await header(() => jose.flattenedVerify({ protected: protectedPart, payload, signature }, set, only));
const compact = await header(() => jose.compactVerify(jwt, set, only));
process.stdout.write(JSON.stringify({ detached, compact }));
