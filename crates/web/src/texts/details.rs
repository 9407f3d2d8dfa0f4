//! What a refusal is about, in the reader's language. Parties say it in English, beside a code that [`super::codes`]
//! has in both; here is the German of what a person at a page can come upon. What is not here, names and numbers above
//! all, is quoted as it was said.

use super::Language;

/// English, German.
const GERMAN: &[(&str, &str)] = &[
    ("above the limit of the buyer's certificate", "über der Grenze des Zertifikats des Käufers"),
    ("accounts of one key", "Konten eines Schlüssels"),
    ("all of it is here", "alles ist hier"),
    ("an import is open; wait for it, or abort it", "ein Import läuft; warten Sie oder brechen Sie ihn ab"),
    ("another bank", "eine andere Bank"),
    ("another bill", "eine andere Rechnung"),
    ("another certificate", "ein anderes Zertifikat"),
    ("another fee than the one that was agreed", "ein anderes Entgelt als vereinbart"),
    ("another hash than announced", "ein anderer Hash als angekündigt"),
    ("another kind than announced", "eine andere Art als angekündigt"),
    ("another letter", "ein anderer Brief"),
    ("another notary", "ein anderer Notar"),
    ("another payment for this purpose runs", "eine andere Zahlung für diesen Zweck läuft"),
    ("another price list", "eine andere Preisliste"),
    ("another receipt for the same payment", "eine andere Quittung für dieselbe Zahlung"),
    ("begun today", "heute begonnene"),
    ("carrier: a certificate, or null", "Transporteur: ein Zertifikat oder keines"),
    ("carrier: no certificate of a statement key", "Transporteur: kein Zertifikat eines Schlüssels für Erklärungen"),
    ("carts", "Warenkörbe"),
    ("code: not the pickup code of these goods", "nicht der Abholcode dieser Ware"),
    ("contract file", "Vertragsdatei"),
    ("data file", "Datendatei"),
    ("days: 1 to 30", "Tage: 1 bis 30"),
    ("days: 1 to 365", "Tage: 1 bis 365"),
    ("delivery_days: 1 to 365", "Tage der Lieferung: 1 bis 365"),
    ("dropped", "weggelegt"),
    (
        "due in the future, and an hour or more to claim after it",
        "fällig in der Zukunft, und danach eine Stunde oder mehr, um zu verlangen",
    ),
    ("it is about no lock of this order", "es betrifft keine Sperre dieser Bestellung"),
    (
        "it is claimed or back already, or the bank has not told of it yet",
        "es ist schon verlangt oder zurück, oder die Bank hat es noch nicht gemeldet",
    ),
    ("it is for somebody else", "es ist für jemand anderen"),
    ("it is not dropped", "es ist nicht weggelegt"),
    ("it was sent already", "es ist schon abgesandt"),
    ("more than one part is disputed: name the part", "mehr als ein Teil ist strittig: nennen Sie den Teil"),
    ("name the part: there is more than one", "nennen Sie den Teil: es gibt mehr als einen"),
    ("name: 1 to 40 small letters, digits and dashes", "Name: 1 bis 40 kleine Buchstaben, Ziffern und Striche"),
    ("neither ours nor to us", "weder von uns noch an uns"),
    ("neither paid by you nor to you", "weder von Ihnen noch an Sie gezahlt"),
    ("no account at the bank that was offered", "kein Konto bei der angebotenen Bank"),
    ("no carrier's word is asked for here", "hier ist kein Wort eines Transporteurs verlangt"),
    ("no compensation", "kein Ausgleich"),
    ("no deal", "kein Geschäft"),
    ("no hold", "keine Reservierung"),
    ("no link to the other party, over which this runs", "keine Verbindung zur anderen Seite, über die dies läuft"),
    ("no link to whoever holds the money", "keine Verbindung zu dem, der das Geld verwahrt"),
    (
        "no money is locked in this deal; complain to the shop",
        "in diesem Geschäft ist kein Geld gesperrt; beschweren Sie sich beim Shop",
    ),
    (
        "no notary on this party's list; `semper link notary` opens a link to one",
        "kein Notar auf der Liste; „semper link notary“ stellt eine Verbindung zu einem her",
    ),
    (
        "no part, or not only one, has locked money; name the part",
        "kein Teil oder nicht nur einer hat gesperrtes Geld; nennen Sie den Teil",
    ),
    ("no party of this contract", "keine Partei dieses Vertrags"),
    ("no party of this exchange", "keine Partei dieses Tauschs"),
    ("no payment has this number in the deal", "keine Zahlung im Geschäft hat diese Nummer"),
    ("no root yet", "noch keine Wurzel"),
    ("no sealing key", "kein Schlüssel zum Versiegeln"),
    ("no such cart", "kein solcher Warenkorb"),
    ("no such compensation for you in this contract", "kein solcher Ausgleich für Sie in diesem Vertrag"),
    ("no such exchange", "kein solcher Tausch"),
    ("no such lock", "keine solche Sperre"),
    ("no such mail order; `semper deal list` shows them", "kein solcher Versandkauf"),
    ("no such order waits", "keine solche Bestellung wartet"),
    ("no such payment request", "keine solche Zahlungsbitte"),
    ("no such purse any more", "diese Börse gibt es nicht mehr"),
    ("no such record", "kein solcher Eintrag"),
    ("no such sale", "kein solcher Verkauf"),
    ("no such sale of parcels", "kein solcher Versandverkauf"),
    ("no such transcript", "kein solches Protokoll"),
    ("nobody begins any more", "niemand beginnt mehr"),
    ("nobody can sign this contract any more", "niemand kann diesen Vertrag mehr unterschreiben"),
    ("nobody could rule on a dispute", "niemand könnte einen Streit entscheiden"),
    ("not all of it is here; nothing can be seen before", "noch ist nicht alles hier; vorher ist nichts zu sehen"),
    ("not connected to a notary: `semper link`", "mit keinem Notar verbunden: „semper link“"),
    ("not connected with a market yet", "noch mit keinem Markt verbunden"),
    ("not enrolled yet", "noch nicht registriert"),
    ("nothing is left to cancel", "nichts ist mehr zu stornieren"),
    (
        "nothing is left to cancel; to send goods back, withdraw",
        "nichts ist mehr zu stornieren; um Ware zurückzusenden, widerrufen Sie",
    ),
    ("nothing is locked yet, or name one of the locks", "noch ist nichts gesperrt, oder nennen Sie eine der Sperren"),
    ("nothing was ordered", "nichts wurde bestellt"),
    ("nothing was paid yet, so there is no receipt", "noch ist nichts gezahlt, also gibt es keine Quittung"),
    ("nothing was shipped for this lock", "für diese Sperre wurde nichts versandt"),
    ("nothing was signed yet", "noch ist nichts unterschrieben"),
    ("on sale for 29 days at most; offer it again then", "höchstens 29 Tage im Angebot; bieten Sie es dann neu an"),
    ("open an account first", "eröffnen Sie zuerst ein Konto"),
    ("part: none, or not only one, can be refunded", "kein Teil oder nicht nur einer kann zurückgezahlt werden"),
    ("parts: lists of the lines' ids, each line once", "Sendungen: jede Zeile einmal"),
    ("references for refunds", "Referenzen für Rückzahlungen"),
    ("refund addresses", "Angaben für Rückzahlungen"),
    ("sealed letters", "versiegelte Briefe"),
    ("several compensations: say which part", "mehrere Ausgleiche: sagen Sie, welcher"),
    ("somebody pays this bill already", "diese Rechnung zahlt schon jemand"),
    ("the bank's certificate", "das Zertifikat der Bank"),
    ("the buyer has not said where to pay back", "der Käufer hat nicht gesagt, wohin zurückzuzahlen ist"),
    ("the clock went back", "die Uhr ging zurück"),
    (
        "the contract has its text in it and names no document",
        "der Vertrag enthält seinen Text und nennt kein Dokument",
    ),
    ("the contract is dated in the future", "der Vertrag trägt ein Datum in der Zukunft"),
    ("the deal is not made", "das Geschäft ist nicht geschlossen"),
    ("the key has not come", "der Schlüssel ist nicht gekommen"),
    ("the last import is still being moved to its place", "der letzte Import wird noch übernommen"),
    ("the last shipment waits for the bank's reference", "die letzte Sendung wartet auf die Referenz der Bank"),
    (
        "the letter is still sealed: it opens for the receipt",
        "der Brief ist noch versiegelt: er öffnet sich gegen die Quittung",
    ),
    (
        "the letters are still sealed: they open all at once",
        "die Briefe sind noch versiegelt: sie öffnen sich alle zugleich",
    ),
    ("the money for this is not locked: do not ship", "das Geld dafür ist nicht gesperrt: nicht versenden"),
    ("the money is not ours for good yet", "das Geld gehört noch nicht endgültig uns"),
    ("the notary has no sealing key", "der Notar hat keinen Schlüssel zum Versiegeln"),
    ("the notary's certificate", "das Zertifikat des Notars"),
    (
        "the offer is not signed yet: answer the trusted screen",
        "das Angebot ist noch nicht unterschrieben: antworten Sie auf dem vertrauenswürdigen Schirm",
    ),
    (
        "the pack does not verify; `semper arbiter show` says why",
        "die Beweise halten der Prüfung nicht stand; „semper arbiter show“ sagt, warum",
    ),
    ("the pass phrase was changed meanwhile", "die Passphrase wurde inzwischen geändert"),
    ("the payee is with another bank than you", "der Empfänger ist bei einer anderen Bank als Sie"),
    ("the payment request has run out: ask for a new one", "die Zahlungsbitte ist abgelaufen: bitten Sie um eine neue"),
    ("the sealing key is not certified yet", "der Schlüssel zum Versiegeln ist noch nicht zertifiziert"),
    ("the seller is with another bank than you", "der Verkäufer ist bei einer anderen Bank als Sie"),
    ("the shop has no address yet", "der Shop hat noch keine Adresse"),
    ("there is a newer one", "es gibt Neueres"),
    ("there is no contract yet", "noch gibt es keinen Vertrag"),
    (
        "there is no key for it, or it is not what was on sale",
        "es gibt keinen Schlüssel dafür, oder es ist nicht, was angeboten war",
    ),
    ("there is no part that can be withdrawn from", "von keinem Teil kann widerrufen werden"),
    ("there is no such part, or it is too late for this", "diesen Teil gibt es nicht, oder es ist zu spät dafür"),
    ("this contract has no letters in it", "dieser Vertrag enthält keine Briefe"),
    (
        "this contract is not for the key that this party signs with now",
        "dieser Vertrag ist nicht für den Schlüssel, mit dem jetzt unterschrieben wird",
    ),
    ("this import is over; begin again", "dieser Import ist vorbei; beginnen Sie neu"),
    ("this is a contract: `semper contract sign`", "dies ist ein Vertrag"),
    ("this is certified mail: `semper mail take`", "dies ist ein Einschreiben"),
    (
        "this is the word of neither carrier nor arbiter",
        "dies ist weder das Wort eines Transporteurs noch das einer Schiedsstelle",
    ),
    ("this is what you sell", "dies ist, was Sie verkaufen"),
    ("this is what you send", "dies ist, was Sie senden"),
    ("this mail is from you, not for you", "dieses Einschreiben ist von Ihnen, nicht für Sie"),
    ("this party has no staff", "hier gibt es keine Mitarbeiter"),
    ("this was sent already, with other values", "dies wurde schon gesandt, mit anderen Werten"),
    ("too many references for refunds", "zu viele Referenzen für Rückzahlungen"),
    ("we are paid for this purpose ourselves", "für diesen Zweck werden wir selbst bezahlt"),
    ("we pay for this purpose ourselves", "für diesen Zweck zahlen wir selbst"),
];

/// What it is about, as it is shown. In German what nobody has translated is quoted, and called English where it has
/// more than one word: a name, a number or an id needs no translation.
#[must_use]
pub fn text(language: Language, detail: &str) -> String {
    if language == Language::En || detail.is_empty() {
        return detail.to_owned();
    }
    let known = GERMAN.iter().find(|(english, _)| *english == detail);
    match known {
        Some((_, german)) => (*german).to_owned(),
        None if detail.contains(' ') => format!("„{detail}“ (englisch)"),
        None => detail.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_once_and_in_order() {
        assert!(GERMAN.is_sorted_by(|(one, _), (other, _)| one < other));
        assert!(GERMAN.iter().all(|(english, german)| english != german && !german.is_empty()));
    }

    #[test]
    fn what_is_not_known_is_quoted() {
        assert_eq!(text(Language::En, "no hold"), "no hold");
        assert_eq!(text(Language::De, "no hold"), "keine Reservierung");
        assert_eq!(text(Language::De, "poem-7"), "poem-7");
        assert_eq!(text(Language::De, "something else"), "„something else“ (englisch)");
        assert_eq!(text(Language::De, ""), "");
    }
}
