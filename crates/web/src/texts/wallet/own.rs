//! The wallet's own pages: purse, preferences, transcripts, contacts.

use super::super::texts;

texts! {
    /// The purse.
    Purses {
        title: "Purse" / "Geldbeutel";
        balance: "Balance, when the bank last said so" / "Guthaben, wie die Bank es zuletzt nannte";
        account: "Account" / "Konto";
        all: "All purses" / "Alle Geldbeutel";
        bank: "Bank" / "Bank";
        none: "You have no account yet. The bank opens one with play money." / "Sie haben noch kein Konto. Die Bank eröffnet eines mit Spielgeld.";
        open: "Open an account with play money" / "Konto mit Spielgeld eröffnen";
        ask: "Ask the bank for the balance" / "Bank nach dem Guthaben fragen";
        asked: "The bank was asked. Load this page again in a moment." / "Die Bank wurde gefragt. Laden Sie diese Seite gleich noch einmal.";
        transfers: "What was paid" / "Was bezahlt wurde";
        by_hand: "A payment by your own hand" / "Eine Zahlung von eigener Hand";
        direction: "Direction" / "Richtung";
        coming: "to you" / "an Sie";
        going: "from you" / "von Ihnen";
        amount: "Amount" / "Betrag";
        about: "For" / "Wofür";
        state: "State" / "Stand";
        at: "When" / "Wann";
        refresh: "Refresh" / "Aktualisieren";
        state_asked: "asked" / "gefragt";
        state_open: "open" / "offen";
        state_sent: "sent to the bank" / "an die Bank gesendet";
        state_paid: "paid" / "bezahlt";
        state_refused: "refused" / "abgelehnt";
    }
}

texts! {
    /// The preferences.
    Wishes {
        title: "Preferences" / "Einstellungen";
        screen: "Trusted screen" / "Vertrauenswürdiger Schirm";
        language: "Language in which you sign" / "Sprache, in der Sie unterschreiben";
        english: "English" / "Englisch";
        german: "German" / "Deutsch";
        phrase: "Your phrase" / "Ihr Kennspruch";
        phrase_hint: "Stands at the top of every genuine question. Choose something that only you know and that you recognise at once. It is told to nobody. At most 80 characters." / "Steht über jeder echten Frage. Wählen Sie etwas, das nur Sie kennen und sofort wiedererkennen. Er wird niemandem mitgeteilt. Höchstens 80 Zeichen.";
        phrase_long: "Your phrase: at most 80 characters on one line." / "Ihr Kennspruch: höchstens 80 Zeichen in einer Zeile.";
        phrase_odd: "Your phrase: leave out hidden characters and double blanks." / "Ihr Kennspruch: ohne verborgene Zeichen und doppelte Leerzeichen.";
        consent: "What may be signed without asking you" / "Was ohne Rückfrage unterschrieben werden darf";
        orders: "New orders" / "Neue Bestellungen";
        orders_ask: "Always ask me" / "Immer fragen";
        orders_up_to: "Order without asking at shops that I know, up to the amount below; after an order from another shop, ask me whether it is one" / "Bei Shops, die ich kenne, ohne Rückfrage bestellen, bis zum Betrag unten; nach einer Bestellung bei einem anderen Shop fragen, ob er dazugehört";
        limit: "Up to (EUR)" / "Bis (EUR)";
        limit_wrong: "Up to: give an amount like 20.00." / "Bis: Geben Sie einen Betrag wie 20,00 an.";
        follow: "Carrying out an order that you agreed to" / "Eine vereinbarte Bestellung ausführen";
        release: "Letting held money go back" / "Reserviertes Geld zurückgehen lassen";
        contest: "Stopping a settlement because the key was withheld" / "Abrechnung anhalten, weil der Schlüssel ausbleibt";
        complaint: "Complaining about a wrong file" / "Sich über eine falsche Datei beschweren";
        escrow: "Having the notary open the escrow" / "Hinterlegung vom Notar öffnen lassen";
        rule_ask: "Ask me" / "Fragen";
        rule_sign: "Do it without asking" / "Ohne Rückfrage tun";
        never: "Never sign anything above (EUR)" / "Nie etwas unterschreiben über (EUR)";
        never_hint: "Leave empty for no such bound. It holds whoever asks, also if you would agree." / "Leer lassen für keine Grenze. Sie gilt, wer auch fragt, auch wenn Sie zustimmen würden.";
        never_wrong: "Never above: give an amount like 200.00, or nothing." / "Nie über: Geben Sie einen Betrag wie 200,00 an oder nichts.";
        save: "Save the preferences" / "Einstellungen speichern";
        saved: "Saved." / "Gespeichert.";
        more: "More" / "Mehr";
    }
}

texts! {
    /// What was shown and answered.
    Seen {
        title: "What you were shown" / "Was Ihnen gezeigt wurde";
        text: "Every answer keeps a record of what was on the screen, who answered, and whether it was signed." / "Zu jeder Antwort bleibt ein Protokoll: was auf dem Schirm stand, wer geantwortet hat und ob unterschrieben wurde.";
        kind: "What" / "Was";
        answered: "Answered" / "Beantwortet";
        by: "By" / "Von";
        human: "you, on this screen" / "Ihnen, auf diesem Schirm";
        policy: "a rule in your preferences" / "einer Regel in Ihren Einstellungen";
        script: "a script" / "einem Skript";
        nobody: "nobody" / "niemandem";
        unseen: "Nothing was shown: a rule or a script decided." / "Nichts wurde gezeigt: Eine Regel oder ein Skript hat entschieden.";
        asked: "Asked" / "Gefragt";
        payload: "Hash of what was signed" / "Hash des Unterschriebenen";
        wording: "Wording" / "Wortlaut";
        key: "Key" / "Schlüssel";
        back: "All records" / "Alle Protokolle";
    }
}

texts! {
    /// Whom we know and why.
    Contacts {
        title: "Contacts and trust" / "Kontakte und Vertrauen";
        text: "You believe a key because an authority that you chose has certified it. Compare four words with the other side by voice to be sure that you see the same certificate." / "Sie glauben einem Schlüssel, weil eine Zertifizierungsstelle, die Sie gewählt haben, ihn bestätigt hat. Vergleichen Sie die vier Wörter mündlich, um sicher zu sein, dass Sie dasselbe Zertifikat sehen.";
        not_met: "Has not answered yet" / "Hat noch nicht geantwortet";
        role: "Role" / "Rolle";
        why: "Why is this key trusted?" / "Warum wird diesem Schlüssel vertraut?";
        because: "{} has certified it" / "{} hat ihn bestätigt";
        unknown_issuer: "No valid certificate is at hand" / "Kein gültiges Zertifikat liegt vor";
        until: "Certificate good until" / "Zertifikat gültig bis";
        limit: "May be relied on, per deal, up to" / "Verlässlich je Geschäft bis";
        no_limit: "no limit stated" / "keine Grenze genannt";
        warranty: "The certifier warrants" / "Die Zertifizierungsstelle haftet mit";
        nothing: "nothing" / "nichts";
        words: "Four words" / "Vier Wörter";
        at: "Reached at" / "Erreichbar unter";
        link: "Your name for it" / "Ihr Name dafür";
        key: "Key" / "Schlüssel";
        authority: "Certification authority" / "Zertifizierungsstelle";
        broker: "Broker" / "Makler";
        seller: "Shop" / "Shop";
        bank: "Bank" / "Bank";
        notary: "Notary" / "Notar";
        buyer: "Buyer" / "Käufer";
        list: "For new deals" / "Für neue Geschäfte";
        list_place: "{}. on your list: a deal names the first notary that both sides take" / "{}. auf Ihrer Liste: Ein Geschäft nennt den ersten Notar, den beide Seiten nehmen";
        list_off: "not on your list; what is under way with it goes on" / "nicht auf Ihrer Liste; was mit ihm läuft, geht weiter";
        fees: "Takes" / "Nimmt";
        no_fees: "nothing" / "nichts";
        fee_contract: "contract {}" / "Vertrag {}";
        fee_deal: "joint deal {}" / "gemeinsames Geschäft {}";
        fee_mail: "certified mail {}" / "Einschreiben {}";
        change: "Your notaries: order, fees, bills" / "Ihre Notare: Reihenfolge, Entgelte, Rechnungen";
    }
}
