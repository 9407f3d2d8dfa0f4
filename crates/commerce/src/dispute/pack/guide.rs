//! VERIFY.txt: how a stranger checks the pack with tools of others.
//!
//! Every line that begins with two blanks is a command for a POSIX shell; a test runs them all.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use semper_base::{Hash, Timestamp};
use semper_blocks::certificate::{Root, StatusList, read_list};
use semper_support::crypto::Crypto;

use super::contents::{Certified, DESCRIPTOR, INPUT, Item, ROOT, SIGNATURE, Sorted, key_file};

const HEAD: &str = "\
How to check this evidence pack without Semper
==============================================

Unpack it and run the commands below in its folder; they need coreutils, OpenSSL 3 and, for the last
one, Node.js. Do not believe this file either: it only says which ordinary commands to run, and you
can see what each of them does.

The program that wrote the pack checks all of this at once, and says what the statements prove:

  # semper evidence verify PACK --root ROOT.pem

1. The root

Put the market's root certificate, which you have from elsewhere, into this folder as root.pem. The
copy in the pack is only a convenience. Both must have one fingerprint:

";

const JOSE: &str = "\
8. The same signatures with another program

First `npm install jose`. Then this reads every statement, takes the key that it names, and verifies:

  node --input-type=module -e \"import{readdirSync as d,readFileSync as r}from'node:fs';import{compactVerify as v,decodeProtectedHeader as h,importSPKI as k}from'jose';for(const f of['index.jws',...d('statements').filter(f=>f.endsWith('.jws')).map(f=>'statements/'+f)]){const s=r(f,'utf8');await v(s,await k(r('keys/'+h(s).kid.slice(0,32)+'.pem','utf8'),'ES256'));console.log(f,'verified')}\"
";

/// The text. A function of the contents: who reads the pack writes it again and compares.
pub(crate) fn guide(sorted: &Sorted, crypto: &dyn Crypto) -> String {
    let mut text = HEAD.to_owned();
    for file in ["root.pem", ROOT] {
        command(&mut text, &format!("openssl x509 -in {file} -noout -fingerprint -sha256"));
    }
    files(&mut text);
    lists(&mut text, sorted);
    certificates(&mut text, sorted, crypto);
    keys(&mut text, sorted);
    signatures(&mut text, sorted);
    exchange(&mut text, sorted);
    text.push_str(JOSE);
    stamps(&mut text, sorted);
    text
}

fn command(text: &mut String, line: &str) {
    let _ = writeln!(text, "  {line}");
}

fn heading(text: &mut String, line: &str) {
    let _ = write!(text, "\n{line}\n\n");
}

fn files(text: &mut String) {
    heading(text, "2. The files: each has the hash that the index gives it; the index is signed, see 6");
    command(
        text,
        r#"grep -oE '"[^"]+[.][^"]+":"[0-9a-f]{64}"' index.json | sed -E 's/"(.*)":"(.*)"/\2  \1/' | sha256sum -c --quiet"#,
    );
    command(text, r"tr '_-' '/+' < index.signing-input | cut -d. -f2 | base64 -d 2>/dev/null | cmp - index.json");
}

fn lists(text: &mut String, sorted: &Sorted) {
    heading(text, "3. The revocation lists, signed by the root");
    if sorted.lists.is_empty() {
        text.push_str("There are none.\n");
    }
    for (stem, _) in &sorted.lists {
        command(text, &format!("openssl crl -in {stem}.der -inform DER -CAfile root.pem -noout"));
        command(text, &format!("openssl crl -in {stem}.pem -outform DER | cmp - {stem}.der"));
    }
}

/// Each certificate at each moment when it was used, with the list of that time.
fn certificates(text: &mut String, sorted: &Sorted, crypto: &dyn Crypto) {
    heading(text, "4. The certificates, as of the moments when they were used");
    let lists = readable_lists(sorted, crypto);
    for (certificate, at) in uses(sorted) {
        let second = at.seconds();
        let list =
            lists.iter().rev().find(|(_, list)| list.this_update <= at && at.whole_seconds() <= list.next_update);
        let check = match list {
            Some((stem, _)) => format!("-crl_check -CRLfile {stem}.pem "),
            None => String::new(),
        };
        let file = &certificate.file;
        command(text, &format!("openssl verify -x509_strict {check}-attime {second} -CAfile root.pem {file}"));
    }
    text.push_str("\nWhere -crl_check is missing, the pack has no revocation list of that time.\n");
}

/// (certificate, moment), by file name and time.
fn uses(sorted: &Sorted) -> Vec<(&Certified, Timestamp)> {
    let cores = sorted.descriptor.iter().map(|x| &x.core);
    let thirds =
        cores.flat_map(|core| [core.bank.certificate, core.notary.certificate].map(|hash| (hash, core.opened)));
    let holders = sorted.lock.iter().map(|lock| (lock.core.holder.certificate, lock.core.opened));
    // A contract's terms name certificates that no statement names.
    let framed = sorted.frame.iter().map(|x| x.core.opened);
    let framed = framed.flat_map(|opened| sorted.certificates.iter().map(move |one| (one.hash, opened)));
    let signed = sorted.statements.iter().filter_map(|item| Some((item.certificate?, item.issued)));
    let moments: BTreeSet<(Hash, Timestamp)> =
        signed.chain(thirds).chain(holders).chain(framed).map(|(hash, at)| (hash, at.whole_seconds())).collect();
    let of =
        |certificate| move |(hash, at): &(Hash, Timestamp)| (*hash == named(certificate)).then_some((certificate, *at));
    sorted.certificates.iter().flat_map(|certificate| moments.iter().filter_map(of(certificate))).collect()
}

fn named(certificate: &Certified) -> Hash {
    certificate.hash
}

fn readable_lists<'a>(sorted: &'a Sorted, crypto: &dyn Crypto) -> Vec<(&'a str, StatusList)> {
    let Ok(root) = Root::read(&sorted.root, crypto) else { return Vec::new() };
    let read = |(stem, der): &'a (String, Vec<u8>)| Some((stem.as_str(), read_list(&root, der, crypto).ok()?));
    let mut lists: Vec<_> = sorted.lists.iter().filter_map(read).collect();
    lists.sort_by_key(|(_, list)| list.number);
    lists
}

fn keys(text: &mut String, sorted: &Sorted) {
    heading(
        text,
        "5. The keys: each one's SHA-256 begins with the name of its file; certified keys stand in their certificates",
    );
    for id in sorted.keys.keys() {
        let file = key_file(id);
        let hash = id.0.hex();
        command(text, &format!("openssl pkey -pubin -in {file} -outform DER | sha256sum | grep '^{hash} '"));
    }
    let pairs: BTreeSet<(&str, String)> = sorted.statements.iter().filter_map(|item| certified(sorted, item)).collect();
    for (certificate, key) in pairs {
        command(text, &format!("openssl x509 -in {certificate} -noout -pubkey | cmp - {key}"));
    }
}

fn certified<'a>(sorted: &'a Sorted, item: &Item) -> Option<(&'a str, String)> {
    let found = sorted.certificates.iter().find(|certificate| Some(certificate.hash) == item.certificate)?;
    Some((&found.file, key_file(&item.key)))
}

fn signatures(text: &mut String, sorted: &Sorted) {
    heading(text, "6. The signatures: each line must say \"Verified OK\"");
    let statements = sorted.statements.iter().map(|item| (item.stem.as_str(), item.key));
    for (stem, key) in statements.chain([("index", sorted.exporter)]) {
        let key = key_file(&key);
        command(text, &format!("openssl dgst -sha256 -verify {key} -signature {stem}{SIGNATURE} {stem}{INPUT}"));
    }
    text.push_str("\nand a statement is what its signature covers, the rest is the signature:\n\n");
    for stem in sorted.statements.iter().map(|item| item.stem.as_str()).chain(["index"]) {
        command(text, &format!("cut -d. -f1,2 {stem}.jws | tr -d '\\n' | cmp - {stem}{INPUT}"));
    }
}

fn exchange(text: &mut String, sorted: &Sorted) {
    match sorted.xid() {
        Some(xid) => {
            heading(text, "7. The exchange: statements name it by this hash (member xid)");
            command(text, &format!("cat {DESCRIPTOR} | (printf semper-xid/1; cat) | sha256sum | grep '^{xid} '"));
            text.push_str("\nStatements name each other (member refs) by this hash:\n\n");
        }
        None => heading(text, "7. The statements name each other (member refs) by this hash"),
    }
    command(text, "sha256sum statements/*.jws\n");
}

const RENEWALS: &str = "
Whoever renewed the pack has put stamps over all older files into renewals/, which the index does not name. Each
stamp covers a list of the files with their hashes; this checks the lists and the stamps, if there are any:

  for r in renewals/*/; do [ -e \"$r\" ] || continue; sha256sum -c --quiet \"${r}files.txt\" && openssl ts -verify -data \"${r}files.txt\" -in \"${r}stamp.tst\" -token_in -CAfile root.pem -attime \"$(date -d \"$(openssl ts -reply -in \"${r}stamp.tst\" -token_in -text | sed -n 's/^Time stamp: //p')\" +%s)\" || exit 1; done
";

/// Each stamp: over its list, by a certificate for stamping, as of its own time; and its list is of statements here.
fn stamps(text: &mut String, sorted: &Sorted) {
    heading(text, "9. The time stamps: a notary's word by when the statements existed");
    if sorted.stamps.is_empty() {
        text.push_str("There are none.\n");
    }
    for stamp in &sorted.stamps {
        let (file, list, at) = (stamp.file(), stamp.list(), stamp.token.info().at.seconds());
        let verify = format!("openssl ts -verify -data {list} -in {file} -token_in -CAfile root.pem -attime {at}");
        command(text, &verify);
        command(text, &format!("openssl ts -reply -in {file} -token_in -text | grep '^Time stamp:'"));
    }
    for stamp in &sorted.stamps {
        let list = stamp.list();
        if !stamp.hashes.iter().all(|hash| sorted.statements.iter().any(|item| item.hash == *hash)) {
            let _ = writeln!(text, "\nThe statements in {list} are not all in this pack.");
            continue;
        }
        command(text, &format!("sha256sum statements/*.jws | cut -c1-64 | sort | comm -13 - {list} | cmp - /dev/null"));
    }
    text.push_str(RENEWALS);
}
