use semper_base::Hash;
use semper_support::tinguin::to_text;
use serde_json::{Value, json};

use super::super::super::{Kind, Language};
use super::super::render;
use super::sample::{bytes_of, meta};

fn shown(kind: Kind, language: Language, members: &Value, offset: i16) -> String {
    let mut payload = members.clone();
    payload["semper"] = meta(kind, language);
    payload["semper"]["to"] = json!([]);
    payload["semper"]["refs"] = json!([]);
    payload["semper"]["signer"].as_object_mut().unwrap().remove("certificate");
    let screen = render(&bytes_of(&payload), language, offset).unwrap();
    // Both depend on every character of the wordings.
    to_text(&screen, 80).replace(&screen.wording.hex(), "(WORDING)").replace(&screen.fingerprint, "(FOUR WORDS)")
}

fn hold() -> Value {
    json!({"amount": {"minor": 18490, "currency": "EUR"}, "payee": Hash::of(b"payee")})
}

fn debit() -> Value {
    let key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li_hp_m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q";
    json!({"account": "DE-PLAY-0042", "account_key": key, "amount": {"minor": 18490, "currency": "EUR"}, "hold": Hash::of(b"hold")})
}

#[test]
fn a_hold_in_english() {
    let expected = "\
Hold order
==========
You have 184.90 EUR held for this exchange.

Amount: 184.90 EUR

Details
-------
Payee (salted hash):
\x20   811f691f5582cd2458def567575a30e643ac25eb34940858b90c4e7a63aa54d2
Signed as: buyer
Made on: 2026-11-22 05:06:00 +01:00
May be acted upon until: 2026-12-22 05:06:00 +01:00

Technical details
-----------------
Signing key: zone toast sky season
\x20   (ffdcc4ba1ba029d91fb645eab1563010ee7bcfac6f321326f4eab298601b5bce)
Kind of statement: Hold order
Version of the format: 1
Language of the statement: English
Wording: (WORDING)
Exchange: 440afdf8b1a449c4b4801fcb125be04610f86b09f57a3494d838895c8719b983
Random number: 000102030405060708090a0b0c0d0e0f

What this means: The bank sets 184.90 EUR aside for this seller. Nothing is paid
\x20   yet: only your mandate lets the seller collect it. If the seller stops now,
\x20   you lose nothing.
Fingerprint: (FOUR WORDS)

[ Do not hold anything ]
[ Hold 184.90 EUR ]
";
    assert_eq!(shown(Kind::Hold, Language::En, &hold(), 60), expected);
}

#[test]
fn a_hold_in_german() {
    let expected = "\
Vormerkungsauftrag
==================
Sie lassen 184.90 EUR für diesen Austausch vormerken.

Betrag: 184.90 EUR

Einzelheiten
------------
Zahlungsempfänger (gesalzener Hashwert):
\x20   811f691f5582cd2458def567575a30e643ac25eb34940858b90c4e7a63aa54d2
Unterzeichnet als: Käufer
Ausgestellt am: 2026-11-22 05:06:00 +01:00
Darf verwendet werden bis: 2026-12-22 05:06:00 +01:00

Technische Angaben
------------------
Schlüssel der Unterschrift: zone toast sky season
\x20   (ffdcc4ba1ba029d91fb645eab1563010ee7bcfac6f321326f4eab298601b5bce)
Art der Erklärung: Vormerkungsauftrag
Version des Formats: 1
Sprache der Erklärung: Deutsch
Wortlaut: (WORDING)
Austausch: 440afdf8b1a449c4b4801fcb125be04610f86b09f57a3494d838895c8719b983
Zufallszahl: 000102030405060708090a0b0c0d0e0f

Was das bedeutet: Die Bank legt 184.90 EUR für diesen Verkäufer zurück. Bezahlt
\x20   ist damit noch nichts: Erst Ihre Einzugsermächtigung lässt den Verkäufer das
\x20   Geld einziehen. Bricht der Verkäufer jetzt ab, verlieren Sie nichts.
Prüfworte: (FOUR WORDS)

[ Nichts vormerken ]
[ 184.90 EUR vormerken ]
";
    assert_eq!(shown(Kind::Hold, Language::De, &hold(), 60), expected);
}

#[test]
fn a_debit_order_in_english() {
    let expected = "\
Debit order
===========
You have the bank set aside 184.90 EUR from account “DE-PLAY-0042”.

Amount: 184.90 EUR
From account: DE-PLAY-0042

Details
-------
Signed as: buyer
Made on: 2026-11-22 05:06:00 +01:00
May be acted upon until: 2026-12-22 05:06:00 +01:00

Technical details
-----------------
Hash of the hold order:
\x20   e8b22d83b417e85ba4f24101a49a49cc3246a5e5e4ce6574623063e4e32801e0
Account key: house sugar gold zebra
\x20   (5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3)
Signing key: zone toast sky season
\x20   (ffdcc4ba1ba029d91fb645eab1563010ee7bcfac6f321326f4eab298601b5bce)
Kind of statement: Debit order
Version of the format: 1
Language of the statement: English
Wording: (WORDING)
Exchange: 440afdf8b1a449c4b4801fcb125be04610f86b09f57a3494d838895c8719b983
Random number: 000102030405060708090a0b0c0d0e0f

What this means: 184.90 EUR of this account can no longer be spent otherwise.
\x20   Nothing is paid yet: only your mandate lets the seller collect it. If the
\x20   seller stops now, you lose nothing and the money becomes free again.
Fingerprint: (FOUR WORDS)

[ Do not set aside anything ]
[ Set aside 184.90 EUR ]
";
    assert_eq!(shown(Kind::DebitOrder, Language::En, &debit(), 60), expected);
}

#[test]
fn a_debit_order_in_german() {
    let expected = "\
Belastungsauftrag
=================
Sie lassen die Bank 184.90 EUR vom Konto „DE-PLAY-0042“ zurücklegen.

Betrag: 184.90 EUR
Vom Konto: DE-PLAY-0042

Einzelheiten
------------
Unterzeichnet als: Käufer
Ausgestellt am: 2026-11-22 05:06:00 +01:00
Darf verwendet werden bis: 2026-12-22 05:06:00 +01:00

Technische Angaben
------------------
Hashwert des Vormerkungsauftrags:
\x20   e8b22d83b417e85ba4f24101a49a49cc3246a5e5e4ce6574623063e4e32801e0
Kontoschlüssel: house sugar gold zebra
\x20   (5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3)
Schlüssel der Unterschrift: zone toast sky season
\x20   (ffdcc4ba1ba029d91fb645eab1563010ee7bcfac6f321326f4eab298601b5bce)
Art der Erklärung: Belastungsauftrag
Version des Formats: 1
Sprache der Erklärung: Deutsch
Wortlaut: (WORDING)
Austausch: 440afdf8b1a449c4b4801fcb125be04610f86b09f57a3494d838895c8719b983
Zufallszahl: 000102030405060708090a0b0c0d0e0f

Was das bedeutet: Über 184.90 EUR auf diesem Konto können Sie nicht mehr anders
\x20   verfügen. Bezahlt ist damit noch nichts: Erst Ihre Einzugsermächtigung lässt
\x20   den Verkäufer das Geld einziehen. Bricht der Verkäufer jetzt ab, verlieren
\x20   Sie nichts, und das Geld wird wieder frei.
Prüfworte: (FOUR WORDS)

[ Nichts zurücklegen ]
[ 184.90 EUR zurücklegen ]
";
    assert_eq!(shown(Kind::DebitOrder, Language::De, &debit(), 60), expected);
}

fn transfer() -> Value {
    let reference = "00010203-04050607-08090a0b-0c0d0e0f";
    let mut payload = debit();
    payload.as_object_mut().unwrap().remove("hold");
    payload["pay_to"] = json!(reference);
    payload["purpose"] = json!(Hash::of(b"purpose"));
    payload
}

#[test]
fn a_transfer_in_english() {
    let expected = "\
Transfer order
==============
You have the bank pay 184.90 EUR from account “DE-PLAY-0042”.

Amount: 184.90 EUR
From account: DE-PLAY-0042
To reference: 00010203-04050607-08090a0b-0c0d0e0f

Details
-------
Signed as: buyer
Made on: 2026-11-22 05:06:00 +01:00
May be acted upon until: 2026-12-22 05:06:00 +01:00

Technical details
-----------------
Purpose (salted hash):
\x20   81b06df4303e6581efecfa2830bf76c30a9d32a3e4892eac2fe43b7487d3ae2f
Account key: house sugar gold zebra
\x20   (5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3)
Signing key: zone toast sky season
\x20   (ffdcc4ba1ba029d91fb645eab1563010ee7bcfac6f321326f4eab298601b5bce)
Kind of statement: Transfer order
Version of the format: 1
Language of the statement: English
Wording: (WORDING)
Exchange: 440afdf8b1a449c4b4801fcb125be04610f86b09f57a3494d838895c8719b983
Random number: 000102030405060708090a0b0c0d0e0f

What this means: The bank pays 184.90 EUR at once and for good. Who is paid does
\x20   not learn your account. The payment cannot be called back; what you get back
\x20   comes as a payment of its own.
Fingerprint: (FOUR WORDS)

[ Do not pay ]
[ Pay 184.90 EUR ]
";
    assert_eq!(shown(Kind::Transfer, Language::En, &transfer(), 60), expected);
}

#[test]
fn a_transfer_in_german() {
    let expected = "\
Überweisungsauftrag
===================
Sie lassen die Bank 184.90 EUR vom Konto „DE-PLAY-0042“ zahlen.

Betrag: 184.90 EUR
Vom Konto: DE-PLAY-0042
An die Referenz: 00010203-04050607-08090a0b-0c0d0e0f

Einzelheiten
------------
Unterzeichnet als: Käufer
Ausgestellt am: 2026-11-22 05:06:00 +01:00
Darf verwendet werden bis: 2026-12-22 05:06:00 +01:00

Technische Angaben
------------------
Zweck (gesalzener Hashwert):
\x20   81b06df4303e6581efecfa2830bf76c30a9d32a3e4892eac2fe43b7487d3ae2f
Kontoschlüssel: house sugar gold zebra
\x20   (5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3)
Schlüssel der Unterschrift: zone toast sky season
\x20   (ffdcc4ba1ba029d91fb645eab1563010ee7bcfac6f321326f4eab298601b5bce)
Art der Erklärung: Überweisungsauftrag
Version des Formats: 1
Sprache der Erklärung: Deutsch
Wortlaut: (WORDING)
Austausch: 440afdf8b1a449c4b4801fcb125be04610f86b09f57a3494d838895c8719b983
Zufallszahl: 000102030405060708090a0b0c0d0e0f

Was das bedeutet: Die Bank zahlt 184.90 EUR sofort und endgültig. Wer das Geld
\x20   bekommt, erfährt Ihr Konto nicht. Die Zahlung kann nicht zurückgerufen
\x20   werden; was Sie zurückbekommen, kommt als eigene Zahlung.
Prüfworte: (FOUR WORDS)

[ Nicht zahlen ]
[ 184.90 EUR zahlen ]
";
    assert_eq!(shown(Kind::Transfer, Language::De, &transfer(), 60), expected);
}

fn agreement() -> Value {
    let key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li_hp_m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q";
    let party = |name: &str| json!({"key": key, "name": name});
    json!({"contract": {
        "expires": "2026-11-29T04:06:00.000Z",
        "grade": "strong",
        "language": "en",
        "notary": {"certificate": Hash::of(b"notary"), "key": key, "name": "Notary"},
        "parties": [party("Alice"), party("Bob")],
        "protocol": "semper-cs2/1",
        "text": "Alice lets the cellar to Bob.",
        "title": "Lease",
    }})
}

/// What is signed before everything else in an exchange of signatures.
#[test]
fn an_agreement_in_english() {
    let expected = "\
Signing of a contract
=====================
You agree to the contract “Lease”.

Title: Lease
Text: Alice lets the cellar to Bob.
Party 1: Alice
Party 2: Bob
Notary: Notary
Open until: 2026-11-29 05:06:00 +01:00
If somebody stops half-way: the notary is asked only then and decides for both
\x20   alike; while it runs, one side can for a short time decide alone whether it
\x20   completes, and could prove that
Fairness: strong: whoever stops gains nothing; you are bound only if all others
\x20   are

Details
-------
Language of the contract: English
Signed as: buyer
Made on: 2026-11-22 05:06:00 +01:00
May be acted upon until: 2026-12-22 05:06:00 +01:00

Technical details
-----------------
Party 1: key: house sugar gold zebra
\x20   (5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3)
Party 2: key: house sugar gold zebra
\x20   (5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3)
Notary: key: house sugar gold zebra
\x20   (5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3)
Notary: certificate:
\x20   a0800997eb2fed3f3b33d86de629f548449450ecf40530106224132d616061be
Signing key: zone toast sky season
\x20   (ffdcc4ba1ba029d91fb645eab1563010ee7bcfac6f321326f4eab298601b5bce)
Kind of statement: Signing of a contract
Version of the format: 1
Language of the statement: English
Wording: (WORDING)
Exchange: 440afdf8b1a449c4b4801fcb125be04610f86b09f57a3494d838895c8719b983
Random number: 000102030405060708090a0b0c0d0e0f

What this means: You are bound once all parties have signed or the notary states
\x20   that it is complete, and then all of them are. Nobody is bound alone. What
\x20   has to be promised and signed for it follows without further questions. The
\x20   notary learns who signs, not what.
Fingerprint: (FOUR WORDS)

[ Do not sign ]
[ Sign the contract “Lease” ]
";
    assert_eq!(shown(Kind::Agreement, Language::En, &agreement(), 60), expected);
}

#[test]
fn an_agreement_in_german() {
    let expected = "\
Unterzeichnung eines Vertrags
=============================
Sie stimmen dem Vertrag „Lease“ zu.

Titel: Lease
Text: Alice lets the cellar to Bob.
Partei 1: Alice
Partei 2: Bob
Notardienst: Notary
Offen bis: 2026-11-29 05:06:00 +01:00
Wenn jemand mittendrin aufhört: erst dann wird der Notardienst gefragt und
\x20   entscheidet für beide gleich; zwischendurch kann eine Seite kurze Zeit
\x20   allein bestimmen, ob der Vertrag zustande kommt, und könnte das beweisen
Fairness: stark: Wer aufhört, gewinnt nichts; Sie sind nur gebunden, wenn es
\x20   alle anderen sind

Einzelheiten
------------
Sprache des Vertrags: Englisch
Unterzeichnet als: Käufer
Ausgestellt am: 2026-11-22 05:06:00 +01:00
Darf verwendet werden bis: 2026-12-22 05:06:00 +01:00

Technische Angaben
------------------
Partei 1: Schlüssel: house sugar gold zebra
\x20   (5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3)
Partei 2: Schlüssel: house sugar gold zebra
\x20   (5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3)
Notardienst: Schlüssel: house sugar gold zebra
\x20   (5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3)
Notardienst: Zertifikat:
\x20   a0800997eb2fed3f3b33d86de629f548449450ecf40530106224132d616061be
Schlüssel der Unterschrift: zone toast sky season
\x20   (ffdcc4ba1ba029d91fb645eab1563010ee7bcfac6f321326f4eab298601b5bce)
Art der Erklärung: Unterzeichnung eines Vertrags
Version des Formats: 1
Sprache der Erklärung: Deutsch
Wortlaut: (WORDING)
Austausch: 440afdf8b1a449c4b4801fcb125be04610f86b09f57a3494d838895c8719b983
Zufallszahl: 000102030405060708090a0b0c0d0e0f

Was das bedeutet: Sie sind gebunden, sobald alle unterschrieben haben oder der
\x20   Notardienst den Vertrag für vollzogen erklärt, und dann sind es alle.
\x20   Niemand ist allein gebunden. Was dafür zu versprechen und zu unterschreiben
\x20   ist, folgt ohne weitere Fragen. Der Notardienst erfährt, wer unterschreibt,
\x20   nicht was.
Prüfworte: (FOUR WORDS)

[ Nicht unterschreiben ]
[ Vertrag „Lease“ unterschreiben ]
";
    assert_eq!(shown(Kind::Agreement, Language::De, &agreement(), 60), expected);
}
