// A play market of one's own for a test file: started before, stopped after, all in one directory.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

const program = process.env.SEMPER ?? path.resolve(import.meta.dirname, "../../target/debug/semper");
/** How long a market may take until it is ready, in milliseconds. */
const READY_WAIT = 90_000;
/** How long a command may take, in milliseconds. */
const CALL_WAIT = 60_000;

/** Starts a market; `parties` by label, `stop()` ends it and removes what it left. */
export async function market({ directory, keep = false, options = [] } = {}) {
  const place = directory ?? (await mkdtemp(path.join(tmpdir(), "sb-")));
  const child = spawn(program, ["--json", "market", "--data-dir", path.join(place, "m"), "--first-port", "0", ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const errors = [];
  child.stderr.on("data", (data) => errors.push(data));
  const ready = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no market in time\n${Buffer.concat(errors)}`)), READY_WAIT);
    child.once("exit", (code) => reject(new Error(`the market ended with ${code}\n${Buffer.concat(errors)}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = JSON.parse(line);
      if (said.event !== "ready") return;
      clearTimeout(late);
      resolve(said);
    });
  });
  const parties = Object.fromEntries(ready.parties.map((party) => [party.label, party]));
  const stop = async () => {
    const ended = child.exitCode === null ? new Promise((resolve) => child.once("exit", resolve)) : Promise.resolve();
    child.kill("SIGINT");
    const code = await Promise.race([ended, new Promise((resolve) => setTimeout(() => resolve("late"), 10_000))]);
    if (code === "late") child.kill("SIGKILL");
    if (!keep) await rm(place, { recursive: true, force: true });
    return code;
  };
  return { ...ready, parties, place, pid: child.pid, stop, errors: () => Buffer.concat(errors).toString() };
}

/** What `semper --json ...` prints, parsed line by line. Throws what it says if it fails. */
export async function semper(...words) {
  const child = spawn(program, ["--json", ...words], { stdio: ["ignore", "pipe", "pipe"], timeout: CALL_WAIT });
  const [out, err] = [[], []];
  child.stdout.on("data", (data) => out.push(data));
  child.stderr.on("data", (data) => err.push(data));
  const code = await new Promise((resolve) => child.once("exit", resolve));
  const text = Buffer.concat(out).toString();
  if (code !== 0) throw new Error(`semper ${words.join(" ")}: ${code}\n${text}\n${Buffer.concat(err)}`);
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

/** One command to a running party. */
export async function call(party, request) {
  return (await semper("call", "--data-dir", party.data_dir, JSON.stringify(request)))[0];
}

/** A new one-time link to a party's pages. */
export async function link(party) {
  return (await semper("open", "--data-dir", party.data_dir))[0].link;
}

/** Starts `semper serve` and waits until it serves; `said` is what it printed then. */
async function begin(role, words) {
  const child = spawn(program, ["--json", "serve", role, ...words, "--log-level", "error"], { stdio: ["ignore", "pipe", "pipe"] });
  const errors = [];
  child.stderr.on("data", (data) => errors.push(data));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const said = await new Promise((resolve, reject) => {
    ended.then((code) => reject(new Error(`serve ${role} ended with ${code}\n${Buffer.concat(errors)}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const event = JSON.parse(line);
      if (event.event === "ready") resolve(event);
    });
  });
  const end = (signal) => (child.kill(signal), ended);
  return { said, kill: () => end("SIGKILL"), stop: () => end("SIGINT") };
}

const secret = (play) => path.join(play.place, "m/secrets/passphrase");

/** One party of a market that is stopped, served by a process of its own, which a test may kill. */
export async function serve(play, label) {
  const { role, data_dir, pages, server_name } = play.parties[label];
  const words = ["--data-dir", data_dir, "--passphrase-file", secret(play), "--pages", `127.0.0.1:${new URL(pages).port}`, "--pages-label", label, "--host", server_name];
  if (role === "wallet" || role === "shop") words.push("--consent", "page");
  return begin(role, words);
}

/** Somebody new comes to a market: invited, registered, linked with bank and notary; without an account yet. */
export async function newcomer(play, label, name) {
  const { authority, bank, notary } = play.parties;
  const [{ code }] = await semper("authority", "invite", "--data-dir", authority.data_dir, "wallet", name, "--limit", "1000.00 EUR", "--warranty", "100.00 EUR");
  const data_dir = path.join(play.place, label);
  const words = ["--data-dir", data_dir, "--passphrase-file", secret(play), "--pages", "127.0.0.1:0", "--pages-label", label, "--host", `${label}.semper.test`];
  const process = await begin("wallet", [...words, "--consent", "page", "--name", name, "--ca", authority.address, "--root", play.root, "--code", code]);
  for (const party of [bank, notary]) await semper("link", "--data-dir", data_dir, party.role, party.address);
  const { pages, link } = process.said;
  return { label, role: "wallet", name, data_dir, pages, link, stop: process.stop };
}
