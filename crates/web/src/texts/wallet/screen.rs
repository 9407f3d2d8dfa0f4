//! Around the trusted screen.

use super::super::texts;

texts! {
    /// What stands around a question. What is signed has words of its own.
    Trusted {
        title: "Trusted screen" / "Vertrauenswürdiger Schirm";
        phrase: "Your phrase" / "Ihr Kennspruch";
        phrase_none: "You have no phrase yet. A phrase that only you know shows that this screen is genuine." / "Sie haben noch keinen Kennspruch. Ein Kennspruch, den nur Sie kennen, zeigt, dass dieser Schirm echt ist.";
        phrase_set: "Choose a phrase" / "Kennspruch wählen";
        to: "Who receives your signature" / "Wer Ihre Unterschrift erhält";
        cautions: "Look closely" / "Genau hinsehen";
        nothing: "Nothing is asked at the moment" / "Im Augenblick ist nichts gefragt";
        nothing_text: "As soon as something is to be signed, it stands here. Nothing is signed unless you agree on this page." / "Sobald etwas zu unterschreiben ist, steht es hier. Ohne Ihre Zustimmung auf dieser Seite wird nichts unterschrieben.";
        to_deals: "To your deals" / "Zu Ihren Geschäften";
        to_deal: "To the deal" / "Zum Geschäft";
        closed: "This question is not open any more" / "Diese Frage ist nicht mehr offen";
        closed_text: "It was answered already, or lost its object. This form did nothing." / "Sie wurde schon beantwortet oder ist gegenstandslos. Dieses Formular hat nichts bewirkt.";
        answered: "You have answered this already" / "Das haben Sie schon beantwortet";
        under_way: "Under way" / "Unterwegs";
        line: "Who asks" / "Wer fragt";
        line_more: "{} more wait behind this" / "{} weitere warten dahinter";
        answered_yes: "Your answer was yes. It counts once; sending the form again did nothing." / "Ihre Antwort war ja. Sie zählt einmal; das Formular noch einmal zu senden hat nichts bewirkt.";
        answered_no: "Your answer was no. Sending the form again did nothing." / "Ihre Antwort war nein. Das Formular noch einmal zu senden hat nichts bewirkt.";
        other_now: "Another question waits for you." / "Eine andere Frage wartet auf Sie.";
        later: "The question stays open until you answer or it lapses. Whoever asks cannot answer it for you." / "Die Frage bleibt offen, bis Sie antworten oder sie verfällt. Wer fragt, kann sie nicht für Sie beantworten.";
        ok: "I have read this" / "Gelesen";
        choose: "Choose" / "Auswählen";
        leave: "Leave without an answer" / "Ohne Antwort verlassen";
        send: "Send" / "Senden";
        optional: "may stay empty" / "darf leer bleiben";
        wrong_amount: "Give an amount like 12.50." / "Geben Sie einen Betrag wie 12,50 an.";
        wrong_count: "Give a whole number of at most {}." / "Geben Sie eine ganze Zahl bis {} an.";
        wrong_text: "At most {} characters on one line." / "Höchstens {} Zeichen in einer Zeile.";
        wrong_missing: "Please fill this in." / "Bitte ausfüllen.";
        no_screen: "This wallet is asked elsewhere" / "Diese Wallet wird anderswo gefragt";
        no_screen_text: "It was started with another place for questions: a terminal, or a script. Start it with --consent page to answer here." / "Sie wurde mit einem anderen Ort für Fragen gestartet: einem Terminal oder einem Skript. Starten Sie sie mit --consent page, um hier zu antworten.";
    }
}

texts! {
    /// What this wallet itself wants to know.
    Asking {
        address: "Where shall the goods go? The address is remembered in this wallet. A shop reads it with your order, after you have agreed to the order; nobody else does." / "Wohin soll die Ware gehen? Die Adresse wird in dieser Wallet gemerkt. Ein Shop liest sie mit Ihrer Bestellung, nachdem Sie ihr zugestimmt haben; sonst niemand.";
        address_wrong: "This is not an address yet: the country is two letters, such as DE, and nothing may stay empty." / "Das ist noch keine Adresse: Das Land hat zwei Buchstaben, etwa DE, und nichts darf leer bleiben.";
        name: "Name" / "Name";
        street: "Street and number" / "Straße und Hausnummer";
        postcode: "Postcode" / "Postleitzahl";
        city: "City" / "Ort";
        country: "Country (two letters)" / "Land (zwei Buchstaben)";
        complaint: "What is wrong? The shop reads this as your complaint. You sign it in the next step." / "Was stimmt nicht? Der Shop liest das als Ihre Beschwerde. Sie unterschreiben sie im nächsten Schritt.";
        not_here: "It has not arrived" / "Es ist nicht angekommen";
        damaged: "It is damaged or does not work" / "Es ist beschädigt oder funktioniert nicht";
        not_as_offered: "It is not what was offered" / "Es ist nicht, was angeboten war";
        incomplete: "Something is missing" / "Es fehlt etwas";
        other: "Something else, in my own words" / "Etwas anderes, in eigenen Worten";
        words: "Say in your own words what is wrong." / "Sagen Sie mit eigenen Worten, was nicht stimmt.";
        words_label: "What is wrong" / "Was nicht stimmt";
        complaint_late: "The complaint was not made: {}" / "Die Beschwerde kam nicht zustande: {}";
        remember: "Your preferences let orders up to {} be signed without asking at shops that you know. Shall this be such a shop from now on? {}" / "Ihre Einstellungen lassen Bestellungen bis {} bei Shops, die Sie kennen, ohne Rückfrage unterschreiben. Soll das ab jetzt ein solcher Shop sein? {}";
        remember_yes: "Yes, remember this shop" / "Ja, diesen Shop merken";
        remember_no: "No, go on asking me" / "Nein, weiter fragen";
    }
}

texts! {
    /// What this wallet tells by itself.
    Telling {
        lapsed: "A question was taken off this screen, and nothing was ordered: the shop may not be relied on any more." / "Eine Frage wurde von diesem Schirm genommen, und nichts wurde bestellt: Auf den Shop ist kein Verlass mehr.";
        ended: "A deal has ended without an order." / "Ein Geschäft ist ohne Bestellung zu Ende.";
        refused: "Something did not work out." / "Etwas hat nicht geklappt.";
        wrong: "The file that came is not what was agreed. Your money is claimed back." / "Die Datei, die kam, ist nicht, was vereinbart war. Ihr Geld wird zurückgefordert.";
        checked: "The file is here and is what was agreed." / "Die Datei ist da und ist, was vereinbart war.";
        refunded: "Money has come back." / "Geld ist zurückgekommen.";
        shipped: "A parcel is on its way, and due." / "Ein Paket ist unterwegs, und es ist fällig.";
        about: "{}, from {}: {}." / "{}, von {}: {}.";
        reason: "Reason: {}." / "Grund: {}.";
        unnamed: "Without a name yet" / "Noch ohne Namen";
        nothing: "Nothing is under way." / "Nichts ist unterwegs.";
        under_way: "Under way: {}." / "Unterwegs: {}.";
        one: "{}: {} {}" / "{}: {} {}";
        more: "and {} more" / "und {} weitere";
    }
}

texts! {
    /// Who is in line for the trusted screen.
    Line {
        title: "Who asks" / "Wer fragt";
        text: "One question at a time has the trusted screen. Whoever else asks waits here. You may look at each, take one first, or withdraw it." / "Den vertrauenswürdigen Schirm hat immer nur eine Frage. Wer sonst fragt, wartet hier. Sie können jede ansehen, eine vorziehen oder zurückziehen.";
        none: "Nobody asks at the moment." / "Im Augenblick fragt niemand.";
        what: "What" / "Was";
        who: "Who asks" / "Wer fragt";
        since: "Since" / "Seit";
        state: "State" / "Stand";
        shown: "on the screen now" / "jetzt auf dem Schirm";
        waits: "waits" / "wartet";
        wallet: "this wallet" / "diese Wallet";
        of_deal: "the deal “{}”" / "das Geschäft „{}“";
        open: "Look at it" / "Ansehen";
        choose: "A choice" / "Eine Auswahl";
        form: "A form" / "Ein Formular";
        message: "A message" / "Eine Mitteilung";
        yes_no: "A question with yes or no" / "Eine Frage mit Ja oder Nein";
        read_only: "This is only to look at. You answer on the trusted screen." / "Dies ist nur zum Ansehen. Sie antworten auf dem vertrauenswürdigen Schirm.";
        first: "Show this first" / "Dies zuerst zeigen";
        answer: "Answer it" / "Beantworten";
        withdraw: "Withdraw it: the answer is no" / "Zurückziehen: Die Antwort ist nein";
        put_away: "Put it away" / "Weglegen";
        withdrawn: "Withdrawn." / "Zurückgezogen.";
        back: "To the list" / "Zur Liste";
    }
}
