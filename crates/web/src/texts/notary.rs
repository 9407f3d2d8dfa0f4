//! What the notary's pages say. `{…}` is filled in by the page.

use super::texts;

texts! {
    /// Start page, health, desk.
    Notary {
        what: "What this notary does" / "Was dieser Notar tut";
        what_text: "It keeps the sealed key of a sold file in reserve. If the seller takes the money and withholds the key, the buyer asks here and gets it. If the file is not the one that was sold, the buyer shows it here and gets the money back. It sees neither the goods nor who buys." / "Er hält den versiegelten Schlüssel einer verkauften Datei bereit. Nimmt der Verkäufer das Geld und behält den Schlüssel, so fragt der Käufer hier und bekommt ihn. Ist die Datei nicht die verkaufte, so zeigt der Käufer das hier und bekommt sein Geld zurück. Der Notar sieht weder die Ware noch wer kauft.";
        when_idle: "In a deal among honest people it has nothing to do." / "Handeln alle ehrlich, so hat er nichts zu tun.";
        fee: "Fee" / "Gebühr";
        fee_none: "nothing" / "keine";
        fee_contract: "contract {}" / "Vertrag {}";
        fee_deal: "joint deal {}" / "gemeinsames Geschäft {}";
        fee_mail: "certified mail {}" / "Einschreiben {}";
        fee_text: "For what it completes; billed afterwards, to whom the exchange names. An answer never waits for money." / "Für das, was er vollendet; die Rechnung kommt danach, an wen der Austausch nennt. Keine Antwort wartet auf Geld.";
        answer: "Promised answer" / "Zugesagte Antwort";
        answer_text: "Within minutes while it is up; each deal allows for hours, because its deadlines begin only then. It decides by proof alone: nobody reads your letter." / "Binnen Minuten, solange er läuft; jedes Geschäft rechnet mit Stunden, denn so lang sind seine Fristen. Er entscheidet nur nach Beweis: Niemand liest Ihren Brief.";
        how: "How to ask" / "So fragen Sie";
        how_text: "Your wallet does it: on the deal's page choose “Ask the notary for the key” or “The file is wrong”." / "Das tut Ihre Wallet: Wählen Sie auf der Seite des Geschäfts „Notar um den Schlüssel bitten“ oder „Die Datei ist falsch“.";
        stamps: "Time stamps" / "Zeitstempel";
        stamps_text: "It also says by when something existed (RFC 3161), for wallets and shops and for any program on this machine. It learns a hash and nothing else. The root certificate is what the authority's page offers." / "Er bestätigt auch, bis wann etwas vorlag (RFC 3161): für Wallets und Shops und für jedes Programm auf diesem Rechner. Er erfährt nur einen Hashwert. Das Wurzelzertifikat steht auf der Seite der Zertifizierungsstelle.";
        stamps_made: "Time stamps made" / "Ausgestellte Zeitstempel";
        stamps_none: "no: the stamping key has no certificate" / "nein: Der Stempelschlüssel hat kein Zertifikat";
        stamps_ready: "Makes time stamps" / "Stellt Zeitstempel aus";
        stamps_yes: "yes" / "ja";
        see_health: "Is it up? See its health." / "Läuft er? Zum Zustand.";
        health: "Health" / "Zustand";
        health_ok: "It answers." / "Er antwortet.";
        clock: "Its clock" / "Seine Uhr";
        machine_clock: "Clock of this machine" / "Uhr dieses Rechners";
        clock_good: "The clocks agree." / "Die Uhren stimmen überein.";
        clock_bad: "The clocks differ by {n} seconds. Deadlines are judged by the notary's." / "Die Uhren weichen um {n} Sekunden ab. Für Fristen gilt die des Notars.";
        commit: "Database, commit number" / "Datenbank, Nummer des letzten Eintrags";
        open: "Open requests" / "Offene Anfragen";
        open_hint: "A key was opened, and the bank has not put that on record yet." / "Ein Schlüssel wurde geöffnet, und die Bank hat es noch nicht festgehalten.";
        waiting: "Parties with messages waiting" / "Parteien, für die Nachrichten warten";
        parked: "Messages waiting for a newer revocation list" / "Nachrichten, die auf eine neuere Widerrufsliste warten";
        archived: "Pieces of evidence" / "Beweisstücke";
        decisions: "Decisions" / "Entscheidungen";
        decisions_none: "Nobody has needed this notary yet." / "Noch hat niemand diesen Notar gebraucht.";
        kind: "Kind" / "Art";
        count: "How many" / "Wie viele";
        desk: "Register" / "Register";
        desk_intro: "Exchanges in which this notary decided something, newest first. A row is written once and never changed." / "Austausche, in denen dieser Notar etwas entschieden hat, neueste zuerst. Eine Zeile wird einmal geschrieben und nie geändert.";
        exchange: "Exchange" / "Austausch";
        begun: "Begun" / "Begonnen";
        decision: "Decision" / "Entscheidung";
        given: "key given out" / "Schlüssel herausgegeben";
        opening: "key opened, bank asked" / "Schlüssel geöffnet, Bank gefragt";
        bad_escrow: "sealed key was no good" / "versiegelter Schlüssel taugte nichts";
        too_late: "too late, money had gone back" / "zu spät, Geld war schon zurück";
        wrong_file: "file was the wrong one" / "Datei war die falsche";
        blank: "no key asked for" / "kein Schlüssel verlangt";
    }
}

impl Notary {
    /// A decision by its word.
    pub(crate) fn decision(&self, word: &str) -> &'static str {
        match word {
            "given" => self.given,
            "opening" => self.opening,
            "bad-escrow" => self.bad_escrow,
            "too-late" => self.too_late,
            "wrong-file" => self.wrong_file,
            _ => self.blank,
        }
    }
}
