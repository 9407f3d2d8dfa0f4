//! What the authority's pages say. `{…}` is filled in by the page.

use super::texts;

texts! {
    /// Start page and desk.
    Authority {
        what: "What this authority does" / "Was diese Zertifizierungsstelle tut";
        what_text: "It says who is who in this market: it invites parties, certifies their keys, and takes a certificate back when it must count no longer." / "Sie sagt, wer in diesem Markt wer ist: Sie lädt Parteien ein, zertifiziert ihre Schlüssel und widerruft ein Zertifikat, wenn es nicht mehr gelten soll.";
        root: "The market's root certificate" / "Das Wurzelzertifikat des Marktes";
        root_text: "Whoever joins this market must have exactly this root. Compare it over another way than this page: by telephone, on paper, in person." / "Wer diesem Markt beitritt, braucht genau diese Wurzel. Vergleichen Sie sie auf einem anderen Weg als über diese Seite: am Telefon, auf Papier, persönlich.";
        words: "Ten words" / "Zehn Wörter";
        digits: "The same as digits" / "Dasselbe als Ziffern";
        compare: "How to compare" / "So vergleichen Sie";
        compare_1: "Read the ten words aloud to somebody who has the root already, or compare the digits; either is enough." / "Lesen Sie die zehn Wörter jemandem vor, der die Wurzel schon hat, oder vergleichen Sie die Ziffern; eines genügt.";
        compare_2: "All must agree, in the same order. One other word means another root: do not join." / "Alle müssen stimmen, in derselben Reihenfolge. Ein anderes Wort heißt eine andere Wurzel: Treten Sie nicht bei.";
        compare_3: "A program shows the words of the root that it was given when it starts for the first time." / "Ein Programm zeigt beim ersten Start die Wörter der Wurzel, die ihm gegeben wurde.";
        download_root: "Download the root certificate (PEM)" / "Wurzelzertifikat herunterladen (PEM)";
        revocations: "Revocation list" / "Widerrufsliste";
        revocations_text: "Number {n}, of {from}, good until {until}. Certificates on it: {count}." / "Nummer {n}, vom {from}, gültig bis {until}. Zertifikate darauf: {count}.";
        download_list: "Download the revocation list (CRL, DER)" / "Widerrufsliste herunterladen (CRL, DER)";
        desk: "Certificates" / "Zertifikate";
        search_label: "Search by name" / "Nach Namen suchen";
        found_none: "No certificate has this in its name." / "Kein Zertifikat hat das im Namen.";
        name: "Name" / "Name";
        role: "Role" / "Rolle";
        kind: "Kind" / "Art";
        kind_seal: "sealing" / "Versiegeln";
        kind_stamp: "time stamps" / "Zeitstempel";
        kind_statement: "signing" / "Unterschreiben";
        kind_tls: "connections" / "Verbindungen";
        kind_other: "another purpose" / "anderer Zweck";
        ends: "Ends" / "Endet";
        state: "State" / "Stand";
        act: "Action" / "Handlung";
        valid: "valid" / "gültig";
        soon: "ends soon" / "endet bald";
        ended: "ended" / "abgelaufen";
        revoked: "revoked" / "widerrufen";
        more: "Next page" / "Nächste Seite";
        first: "First page" / "Erste Seite";
        serial: "Serial number" / "Seriennummer";
        soon_hint: "“Ends soon”: within 30 days and not renewed. Parties renew by themselves after two thirds of the time." / "„Endet bald“: innerhalb von 30 Tagen und nicht erneuert. Parteien erneuern von selbst nach zwei Dritteln der Zeit.";
        invitations: "Invited, not yet complete" / "Eingeladen, noch nicht vollständig";
        invitations_none: "No invitation is open." / "Keine Einladung ist offen.";
        waits_for: "Waits for" / "Wartet auf";
        invite: "Invite a party" / "Eine Partei einladen";
        invite_text: "The party gets a registration code that is good once. Give it over a way that nobody else reads." / "Die Partei bekommt einen Anmeldecode, der einmal gilt. Geben Sie ihn auf einem Weg weiter, den sonst niemand mitliest.";
        name_hint: "As people will see it, at most 64 characters. It cannot be changed." / "Wie ihn alle sehen werden, höchstens 64 Zeichen. Er kann nicht geändert werden.";
        limit: "May be relied on up to, per deal (EUR)" / "Verlässlich bis, je Geschäft (EUR)";
        limit_hint: "May stay empty: then no limit is stated." / "Kann leer bleiben: Dann wird keine Grenze genannt.";
        warranty: "The authority warrants up to (EUR)" / "Die Zertifizierungsstelle haftet bis (EUR)";
        invite_button: "Invite and show the code" / "Einladen und Code zeigen";
        buyer: "Buyer (wallet)" / "Käufer (Wallet)";
        seller: "Seller (shop)" / "Verkäufer (Laden)";
        bank: "Bank" / "Bank";
        notary: "Notary" / "Notar";
        broker: "Broker" / "Broker";
        name_wrong: "Give a name of 1 to 64 characters." / "Nennen Sie einen Namen mit 1 bis 64 Zeichen.";
        name_taken: "This name is registered already." / "Dieser Name ist schon vergeben.";
        role_wrong: "Choose a role." / "Wählen Sie eine Rolle.";
        limit_wrong: "This is not an amount, such as 500.00." / "Das ist kein Betrag wie 500,00.";
        invited: "Registration code for {name}" / "Anmeldecode für {name}";
        invited_text: "This code is shown now and never again; only its hash is kept. Write it down." / "Dieser Code wird jetzt gezeigt und nie wieder; aufbewahrt wird nur sein Hash. Schreiben Sie ihn auf.";
        invited_next: "The party starts with" / "Die Partei startet mit";
        to_desk: "Back to the certificates" / "Zurück zu den Zertifikaten";
        revoke: "Revoke {name}" / "{name} widerrufen";
        revoke_title: "Revoke certificates" / "Zertifikate widerrufen";
        revoke_text: "Every certificate of this name is revoked, for good. Others refuse what the party signs from then on as soon as they have the new list: each fetches it every twelve hours. What it signed before keeps its force." / "Alle Zertifikate dieses Namens werden endgültig widerrufen. Was die Partei dann noch unterschreibt, lehnen andere ab, sobald sie die neue Liste haben: Jeder holt sie alle zwölf Stunden. Was sie vorher unterschrieben hat, gilt weiter.";
        revoke_own: "This is the authority itself." / "Das ist die Zertifizierungsstelle selbst.";
        reason: "Reason" / "Grund";
        reason_wrong: "Choose a reason." / "Wählen Sie einen Grund.";
        key_compromise: "Somebody else may have the key" / "Jemand anderes könnte den Schlüssel haben";
        affiliation_changed: "Name or role is no longer true" / "Name oder Rolle stimmen nicht mehr";
        superseded: "A newer certificate takes its place" / "Ein neueres Zertifikat tritt an seine Stelle";
        cessation_of_operation: "The party has ended its business" / "Die Partei hat ihr Geschäft beendet";
        privilege_withdrawn: "The authority withdraws the role" / "Die Zertifizierungsstelle entzieht die Rolle";
        unspecified: "Without reason" / "Ohne Angabe";
        confirm_label: "I know that this cannot be taken back." / "Ich weiß, dass das nicht rückgängig zu machen ist.";
        confirm_wrong: "Tick the box." / "Setzen Sie das Häkchen.";
        revoked_done: "The certificates are revoked, and a new list is out. The other parties have it within twelve hours." / "Die Zertifikate sind widerrufen, eine neue Liste ist da. Die anderen Parteien haben sie binnen zwölf Stunden.";
    }
}

impl Authority {
    /// A role by its word.
    pub(crate) fn role_name(&self, word: &str) -> String {
        let known = match word {
            "buyer" => self.buyer,
            "seller" => self.seller,
            "bank" => self.bank,
            "notary" => self.notary,
            "broker" => self.broker,
            other => return other.to_owned(),
        };
        known.to_owned()
    }

    /// What a certified key is for, by its word.
    pub(crate) fn kind_name(&self, word: &str) -> &'static str {
        match word {
            "seal" => self.kind_seal,
            "stamp" => self.kind_stamp,
            "statement" => self.kind_statement,
            "tls" => self.kind_tls,
            _ => self.kind_other,
        }
    }

    /// The reasons for a revocation: word and name.
    pub(crate) fn reasons(&self) -> [(&'static str, &'static str); 6] {
        [
            ("key-compromise", self.key_compromise),
            ("affiliation-changed", self.affiliation_changed),
            ("superseded", self.superseded),
            ("cessation-of-operation", self.cessation_of_operation),
            ("privilege-withdrawn", self.privilege_withdrawn),
            ("unspecified", self.unspecified),
        ]
    }
}
