//! Certified mail.

use super::super::texts;

texts! {
    /// Certified mail.
    Mails {
        title: "Certified mail" / "Einschreiben";
        text: "A letter for its receipt: the receiver reads it only by signing for it, and you have proof of exactly this letter. The notary sees neither." / "Ein Brief gegen seine Quittung: Wer ihn lesen will, unterschreibt dafür, und Sie haben den Beweis für genau diesen Brief. Der Notar sieht keins von beiden.";
        none: "No letters yet." / "Noch keine Briefe.";
        from_to: "from {} to {}" / "von {} an {}";
        new: "Write a certified letter" / "Einschreiben verfassen";
        given: "You were given a mail file" / "Sie haben eine Briefdatei bekommen";
        given_label: "The mail file" / "Die Briefdatei";
        given_hint: "The letter in it is sealed. The trusted screen asks you for the receipt; then you can read it." / "Der Brief darin ist versiegelt. Der vertrauenswürdige Schirm fragt Sie nach der Quittung; danach können Sie ihn lesen.";
        given_go: "Take this letter, against a receipt" / "Diesen Brief annehmen, gegen Quittung";
        given_wrong: "This is no mail file for you" / "Das ist keine Briefdatei für Sie";
        field_title: "Subject" / "Betreff";
        field_title_hint: "The receiver sees it before signing for the letter." / "Der Empfänger sieht ihn, bevor er für den Brief unterschreibt.";
        field_text: "The letter" / "Der Brief";
        field_text_hint: "Sealed until the receipt is given. With the attachment at most 256 KiB." / "Versiegelt, bis die Quittung gegeben ist. Mit dem Anhang höchstens 256 KiB.";
        field_file: "An attachment, if there is one" / "Ein Anhang, falls es einen gibt";
        field_card: "The receiver's card" / "Die Karte des Empfängers";
        field_card_hint: "It begins with -----BEGIN CERTIFICATE-----. Yours is on the page of contracts." / "Sie beginnt mit -----BEGIN CERTIFICATE-----. Ihre eigene steht auf der Seite der Verträge.";
        field_link: "Or somebody you are connected with" / "Oder jemand, mit dem Sie verbunden sind";
        nobody: "nobody" / "niemand";
        field_optimistic: "Over this connection; the notary hears of it only in a dispute" / "Über diese Verbindung; der Notar erfährt davon nur im Streitfall";
        field_days: "Days until it can be taken no more" / "Tage, bis er nicht mehr angenommen werden kann";
        make: "Seal it and ask me to send it" / "Versiegeln und mich fragen, ob er abgeht";
        wrong_title: "Give it a subject" / "Geben Sie ihm einen Betreff";
        wrong_text: "Write something or attach a file, together at most 256 KiB" / "Schreiben Sie etwas oder hängen Sie eine Datei an, zusammen höchstens 256 KiB";
        wrong_days: "A number from 1 to 365" / "Eine Zahl von 1 bis 365";
        wrong_to: "Name one receiver; the card may be damaged" / "Nennen Sie einen Empfänger; vielleicht ist die Karte beschädigt";
        wrong_made: "The letter could not be sealed: {}" / "Der Brief ließ sich nicht versiegeln: {}";
        from: "From" / "Von";
        to: "To" / "An";
        notary: "Notary" / "Notar";
        how: "How it is delivered" / "Wie zugestellt wird";
        how_notary: "through the notary, which hands over key and receipt together or neither" / "über den Notar, der Schlüssel und Quittung zusammen aushändigt oder keins";
        how_pair: "over your own connection; the notary is asked only if somebody stops" / "über Ihre eigene Verbindung; der Notar wird nur gefragt, wenn jemand aufhört";
        until: "Can be taken until" / "Annehmbar bis";
        otherwise: "If the other side stops" / "Wenn die andere Seite aufhört";
        letter: "The letter" / "Der Brief";
        sealed: "It is sealed. It opens for its receipt." / "Er ist versiegelt. Er öffnet sich gegen seine Quittung.";
        garbage: "What was sent cannot be read. The receipt stands for exactly this, and the evidence shows it." / "Was gesandt wurde, lässt sich nicht lesen. Die Quittung gilt für genau das, und das Beweispaket zeigt es.";
        attached: "Attached" / "Anhang";
        record: "Delivery record" / "Zustellnachweis";
        record_text: "In the words of ETSI EN 319 522 and ISO/IEC 13888." / "In den Worten von ETSI EN 319 522 und ISO/IEC 13888.";
        r_when: "When" / "Wann";
        r_by: "By" / "Durch";
        r_what: "What" / "Was";
        r_token: "Token" / "Nachweis";
        by_sender: "sender" / "Absender";
        by_receiver: "receiver" / "Empfänger";
        by_notary: "notary" / "Notar";
        e_submitted: "handed in" / "eingeliefert";
        e_accepted: "taken" / "angenommen";
        e_rejected: "ended by a party" / "von einer Seite beendet";
        e_expired: "not taken in time" / "nicht rechtzeitig angenommen";
        e_handed: "letter handed over" / "Brief übergeben";
        e_failed: "letter could not be handed over" / "Brief konnte nicht übergeben werden";
        file: "Mail file for the receiver" / "Briefdatei für den Empfänger";
        evidence: "Evidence" / "Beweispaket";
        back: "All letters" / "Alle Briefe";
        take: "Take it, against a receipt" / "Annehmen, gegen Quittung";
        abort: "Have the notary end it" / "Vom Notar beenden lassen";
        resolve: "Have the notary deliver it" / "Vom Notar zustellen lassen";
        resume: "Ask the notary" / "Den Notar fragen";
        done: "Done." / "Erledigt.";
        s_here: "A letter is here, sealed. It opens for its receipt." / "Ein Brief ist hier, versiegelt. Er öffnet sich gegen seine Quittung.";
        s_asked_sender: "The trusted screen asks whether to send it. Nothing has left." / "Der vertrauenswürdige Schirm fragt, ob er abgehen soll. Nichts ist hinausgegangen.";
        s_asked_receiver: "The trusted screen asks for the receipt. You cannot read the letter yet." / "Der vertrauenswürdige Schirm fragt nach der Quittung. Noch können Sie den Brief nicht lesen.";
        s_way: "The letter is on its way; there is no receipt yet." / "Der Brief ist unterwegs; noch gibt es keine Quittung.";
        s_signed: "You have signed for the letter; its key is on its way." / "Sie haben für den Brief unterschrieben; sein Schlüssel ist unterwegs.";
        s_asking: "The notary is asked. Its answer is final for both." / "Der Notar ist gefragt. Seine Antwort gilt endgültig für beide.";
        s_delivered: "Delivered: you hold the receipt." / "Zugestellt: Sie haben die Quittung.";
        s_received: "The letter is yours to read, and the sender has your receipt." / "Der Brief gehört Ihnen, und der Absender hat Ihre Quittung.";
        s_not_delivered: "Not delivered: the notary says so, and why." / "Nicht zugestellt: Der Notar sagt es, und warum.";
        s_nothing: "Nothing was delivered, and nobody holds a receipt." / "Nichts wurde zugestellt, und niemand hat eine Quittung.";
        s_declined: "You said no; nothing was delivered." / "Sie haben Nein gesagt; nichts wurde zugestellt.";
        s_lapsed: "Nobody took it in time." / "Niemand hat ihn rechtzeitig angenommen.";
        o_notary_ends: "the notary ends it at the end of the time, and says so" / "der Notar beendet es am Ende der Zeit und sagt es";
        o_you_end: "you can have the notary end it" / "Sie können es vom Notar beenden lassen";
        o_key: "the notary gives you the key, or ends it" / "der Notar gibt Ihnen den Schlüssel oder beendet es";
        o_again: "the notary is asked again, for ever" / "der Notar wird wieder gefragt, immer wieder";
    }
}
