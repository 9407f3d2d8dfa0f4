//! What the broker's pages say. `{…}` is filled in by the page.

use super::texts;

texts! {
    /// Search, directory, profiles, status, desk.
    Broker {
        search_title: "Search all shops" / "In allen Läden suchen";
        intro: "This directory shows what shops say they sell. It sells nothing itself and earns nothing: what counts is the offer that a shop makes to your wallet." / "Dieses Verzeichnis zeigt, was Läden nach eigenen Angaben verkaufen. Es verkauft selbst nichts und verdient nichts: Es zählt das Angebot, das ein Laden Ihrer Wallet macht.";
        label: "What are you looking for?" / "Was suchen Sie?";
        hint: "Words of the name, brand, category or description. Every word must be found; endings may be left out." / "Wörter aus Name, Marke, Kategorie oder Beschreibung. Jedes Wort muss vorkommen; Endungen dürfen fehlen.";
        results: "Results for “{q}”" / "Treffer für „{q}“";
        everything: "All products" / "Alle Waren";
        none: "Nothing found. Try fewer or shorter words, or look at the shops." / "Nichts gefunden. Versuchen Sie weniger oder kürzere Wörter, oder sehen Sie sich die Läden an.";
        order: "Hits are ordered by where the words were found: name first, then number, variant, brand, category, description. Neither price nor payment changes the order; the finder's fee is 0." / "Die Reihenfolge folgt daraus, wo die Wörter stehen: zuerst Name, dann Nummer, Ausführung, Marke, Kategorie, Beschreibung. Weder Preis noch Bezahlung ändern sie; die Vermittlungsgebühr beträgt 0.";
        sold_by: "Sold by" / "Verkauft von";
        price_said: "Price as the shop said; the offer decides." / "Preis nach Angabe des Ladens; es gilt das Angebot.";
        why: "Why it is here" / "Warum es hier steht";
        found_in: "“{word}” in the {places}" / "„{word}“: {places}";
        and: " and " / " und ";
        title: "name" / "Name";
        numbers: "number" / "Nummer";
        options: "variant" / "Ausführung";
        brand: "brand" / "Marke";
        category: "category" / "Kategorie";
        description: "description" / "Beschreibung";
        to_shop: "View in the shop" / "Im Laden ansehen";
        no_pages: "The shop names no page. Open it in your wallet." / "Der Laden nennt keine Seite. Öffnen Sie ihn in Ihrer Wallet.";
        shops_fit: "Shops that fit" / "Passende Läden";
        more: "More hits" / "Weitere Treffer";
        first: "First hits" / "Erste Treffer";
        shops: "Shops" / "Läden";
        shops_intro: "{n} shops with {m} products. A shop that falls silent or loses its certificate is still shown here, but not found." / "{n} Läden mit {m} Waren. Ein Laden, der verstummt oder sein Zertifikat verliert, steht weiter hier, wird aber nicht gefunden.";
        name: "Name" / "Name";
        sells: "Sells" / "Verkauft";
        products: "Products" / "Waren";
        state: "State" / "Stand";
        since: "since" / "seit";
        last_seen: "Last word" / "Letztes Lebenszeichen";
        listed: "found" / "wird gefunden";
        silent: "silent" / "verstummt";
        expired: "ended" / "abgelaufen";
        revoked: "revoked" / "widerrufen";
        dropped: "removed" / "entfernt";
        listed_why: "It answers, and its certificate holds." / "Er antwortet, und sein Zertifikat gilt.";
        silent_why: "It has not answered for more than 30 minutes. Its products are not found until it does." / "Er hat seit mehr als 30 Minuten nicht geantwortet. Bis er antwortet, werden seine Waren nicht gefunden.";
        expired_why: "Its profile or certificate has ended." / "Sein Profil oder Zertifikat ist abgelaufen.";
        revoked_why: "The authority has revoked its certificate. Do not buy there." / "Die Zertifizierungsstelle hat sein Zertifikat widerrufen. Kaufen Sie dort nicht.";
        dropped_why: "The operator of this directory removed it" / "Der Betreiber dieses Verzeichnisses hat ihn entfernt";
        languages: "Languages" / "Sprachen";
        delivers: "Delivers to" / "Liefert nach";
        withdraw: "Withdrawal" / "Widerruf";
        withdraw_days: "within {n} days" / "innerhalb von {n} Tagen";
        withdraw_none: "not promised" / "nicht zugesagt";
        returns: "Cost of sending back" / "Kosten der Rücksendung";
        buyer: "the buyer" / "der Käufer";
        seller: "the shop" / "der Laden";
        policies: "What it promises" / "Was er zusagt";
        policies_hint: "The shop signed this. What binds it in a deal is its offer." / "Das hat der Laden unterschrieben. Was ihn im Geschäft bindet, ist sein Angebot.";
        certificate: "Certificate" / "Zertifikat";
        certificate_bad: "This certificate does not hold now." / "Dieses Zertifikat gilt jetzt nicht.";
        ends: "Ends" / "Endet";
        serial: "Serial number" / "Seriennummer";
        health: "Health" / "Erreichbarkeit";
        joined: "Joined" / "Beigetreten";
        pings: "Questions answered" / "Beantwortete Anfragen";
        pings_of: "{a}, last question: number {b}" / "{a}, letzte Anfrage: Nummer {b}";
        run: "Products last told" / "Waren zuletzt gemeldet";
        price_list: "Signed price list" / "Unterschriebene Preisliste";
        profile: "Signed profile" / "Unterschriebenes Profil";
        reached: "Reached at (for wallets)" / "Erreichbar unter (für Wallets)";
        pages: "Pages" / "Seiten";
        status: "Status" / "Status";
        status_intro: "Which parties answer, as this directory saw it at {time}." / "Welche Parteien antworten, wie dieses Verzeichnis es um {time} sah.";
        revocations: "Revocation list" / "Widerrufsliste";
        revocations_text: "Number {n}, good until {until}." / "Nummer {n}, gültig bis {until}.";
        revocations_none: "This directory has no revocation list yet." / "Dieses Verzeichnis hat noch keine Widerrufsliste.";
        others: "Other parties that this directory is connected with" / "Weitere Parteien, mit denen dieses Verzeichnis verbunden ist";
        desk: "Directory desk" / "Verzeichnis verwalten";
        desk_intro: "A shop registers itself: its operator connects it with this broker and says `join`. Here you can remove one, and let it come back." / "Ein Laden trägt sich selbst ein: Sein Betreiber verbindet ihn mit diesem Broker und gibt `join`. Hier können Sie einen entfernen und wieder zulassen.";
        drop: "Remove {name}" / "{name} entfernen";
        drop_title: "Remove a shop from the directory" / "Einen Laden aus dem Verzeichnis entfernen";
        drop_text: "Its products are deleted here and it is found no more. The reason is shown to everybody." / "Seine Waren werden hier gelöscht, und er wird nicht mehr gefunden. Der Grund wird allen gezeigt.";
        reason: "Reason (public)" / "Grund (öffentlich)";
        reason_wrong: "Give a reason of at most 200 characters." / "Nennen Sie einen Grund mit höchstens 200 Zeichen.";
        admit: "Let {name} come back" / "{name} wieder zulassen";
        dropped_done: "The shop was removed." / "Der Laden wurde entfernt.";
        admitted_done: "The shop may come back." / "Der Laden darf wiederkommen.";
        no_shops: "No shop has joined yet." / "Noch ist kein Laden beigetreten.";
        next_page: "More shops" / "Weitere Läden";
        act: "Action" / "Handlung";
    }
}

impl Broker {
    /// How a shop stands: its name, the reason, and the colour that goes with the word.
    pub(crate) fn standing(&self, word: &str) -> (&'static str, &'static str, &'static str) {
        match word {
            "listed" => (self.listed, self.listed_why, "good"),
            "silent" => (self.silent, self.silent_why, "warn"),
            "expired" => (self.expired, self.expired_why, "warn"),
            "revoked" => (self.revoked, self.revoked_why, "bad"),
            _ => (self.dropped, self.dropped_why, "bad"),
        }
    }

    /// What a field is called.
    pub(crate) fn field(&self, word: &str) -> &'static str {
        match word {
            "title" => self.title,
            "numbers" => self.numbers,
            "options" => self.options,
            "brand" => self.brand,
            "category" => self.category,
            _ => self.description,
        }
    }
}
