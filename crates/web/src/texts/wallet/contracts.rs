//! Contracts that several parties sign.

use super::super::texts;

texts! {
    /// Contracts.
    Contracts {
        title: "Contracts" / "Verträge";
        text: "A contract binds everybody once all have signed, and nobody before. A notary sees to that; it learns who signs, never what." / "Ein Vertrag bindet alle, sobald alle unterschrieben haben, und vorher niemanden. Dafür sorgt ein Notar; er erfährt, wer unterschreibt, nie was.";
        none: "No contracts yet." / "Noch keine Verträge.";
        new: "Write a new contract" / "Neuen Vertrag schreiben";
        joint: "Joint deals: letters and money in one" / "Gemeinsame Geschäfte: Briefe und Geld in einem";
        notaries: "Your notaries" / "Ihre Notare";
        given: "You were given a contract or a joint deal" / "Sie haben einen Vertrag oder ein gemeinsames Geschäft bekommen";
        given_file: "The file" / "Die Datei";
        given_label: "Or its text" / "Oder ihr Text";
        given_hint: "Nothing is signed by that." / "Dadurch wird nichts unterschrieben.";
        given_go: "Look at this contract" / "Diesen Vertrag ansehen";
        given_wrong: "This is no contract file for you" / "Das ist keine Vertragsdatei für Sie";
        card: "Your card" / "Ihre Karte";
        card_text: "Whoever writes a contract with you needs this: your certified name and key. It is no secret." / "Wer einen Vertrag mit Ihnen schreibt, braucht dies: Ihren beglaubigten Namen und Schlüssel. Es ist kein Geheimnis.";
        field_title: "What is it called?" / "Wie heißt er?";
        field_text: "The terms" / "Der Wortlaut";
        field_text_hint: "At most 16,000 characters. For a document of any kind use semper contract new --file." / "Höchstens 16.000 Zeichen. Für ein Dokument beliebiger Art nehmen Sie semper contract new --file.";
        field_with: "The cards of all others, one below the other" / "Die Karten aller anderen, untereinander";
        field_with_hint: "Each begins with -----BEGIN CERTIFICATE-----." / "Jede beginnt mit -----BEGIN CERTIFICATE-----.";
        field_link: "Or with somebody you are connected with" / "Oder mit jemandem, mit dem Sie verbunden sind";
        nobody: "nobody" / "niemandem";
        field_optimistic: "Sign over this connection; the notary hears of it only in a dispute (two parties)" / "Über diese Verbindung unterschreiben; der Notar erfährt davon nur im Streitfall (zwei Parteien)";
        field_days: "Days until it can be signed no more" / "Tage, bis er nicht mehr unterschrieben werden kann";
        make: "Write the contract, without signing it" / "Vertrag schreiben, ohne ihn zu unterschreiben";
        wrong_title: "Give it a name" / "Geben Sie ihm einen Namen";
        wrong_text: "Write the terms, at most 16,000 characters" / "Schreiben Sie den Wortlaut, höchstens 16.000 Zeichen";
        wrong_with: "Name at least one other party; a card may be damaged" / "Nennen Sie mindestens eine andere Partei; vielleicht ist eine Karte beschädigt";
        wrong_days: "A number from 1 to 365" / "Eine Zahl von 1 bis 365";
        wrong_made: "The contract could not be written: {}" / "Der Vertrag ließ sich nicht schreiben: {}";
        parties: "Parties" / "Parteien";
        you: "you" / "Sie";
        notary: "Notary" / "Notar";
        until: "Can be signed until" / "Unterschreibbar bis";
        terms: "Terms" / "Wortlaut";
        document: "The terms are in this document; compare its SHA-256" / "Der Wortlaut steht in diesem Dokument; vergleichen Sie seinen SHA-256";
        how: "How it is signed" / "Wie unterschrieben wird";
        how_pair: "over your own connection; the notary is asked only if somebody stops" / "über Ihre eigene Verbindung; der Notar wird nur gefragt, wenn jemand aufhört";
        how_notary: "through the notary, which keeps all signatures to itself until it has every one" / "über den Notar, der alle Unterschriften für sich behält, bis er jede hat";
        how_rounds: "in rounds, which the notary passes on; it decides only if somebody stops" / "in Runden, die der Notar weiterreicht; er entscheidet nur, wenn jemand aufhört";
        how_deal: "through the notary, which in one decision gives out all keys and signatures and frees the money, or nothing" / "über den Notar, der in einer Entscheidung alle Schlüssel und Unterschriften herausgibt und das Geld freigibt, oder nichts";
        file: "Contract file for the others" / "Vertragsdatei für die anderen";
        evidence: "Evidence" / "Beweispaket";
        back: "All contracts" / "Alle Verträge";
        sign: "Sign on the trusted screen" / "Auf dem vertrauenswürdigen Schirm unterschreiben";
        abort: "Step back from this contract" / "Von diesem Vertrag zurücktreten";
        resolve: "Have the notary complete it" / "Vom Notar vollenden lassen";
        resume: "Ask the notary" / "Den Notar fragen";
        done: "Done." / "Erledigt.";
        state_bound: "bound" / "gebunden";
        state_free: "not bound" / "nicht gebunden";
        state_signed: "has signed" / "hat unterschrieben";
        state_promised: "has promised to sign" / "hat die Unterschrift versprochen";
        state_open: "has not signed" / "hat nicht unterschrieben";
        state_unknown: "not known before all have signed" / "nicht bekannt, bevor alle unterschrieben haben";
        s_draft: "Nothing is signed here; you are not bound. It is your turn: read and sign, or leave it." / "Hier ist nichts unterschrieben; Sie sind nicht gebunden. Sie sind am Zug: lesen und unterschreiben, oder lassen.";
        s_asked: "The trusted screen asks you to agree. Nothing is signed yet; you are not bound." / "Der vertrauenswürdige Schirm fragt nach Ihrer Zustimmung. Noch ist nichts unterschrieben; Sie sind nicht gebunden.";
        s_promised: "You have promised to sign. The other side must answer; otherwise the notary decides the same for both." / "Sie haben die Unterschrift versprochen. Die andere Seite muss antworten; sonst entscheidet der Notar für beide gleich.";
        s_promised_rounds: "You have promised to sign, in rounds with the others. They must answer; otherwise the notary says what comes of it." / "Sie haben die Unterschrift versprochen, in Runden mit den anderen. Diese müssen antworten; sonst sagt der Notar, was daraus wird.";
        s_signed_notary: "You have signed. The others must sign; otherwise the notary ends it and nobody has anybody's signature." / "Sie haben unterschrieben. Die anderen müssen unterschreiben; sonst beendet der Notar ihn und niemand hat eine Unterschrift.";
        s_signed_pair: "You have signed. The other side must give its signature; otherwise the notary completes the contract." / "Sie haben unterschrieben. Die andere Seite muss ihre Unterschrift geben; sonst vollendet der Notar den Vertrag.";
        s_signed_deal: "You have signed. The notary keeps everything to itself until everybody has given theirs; otherwise it ends the deal, and all money goes back." / "Sie haben unterschrieben. Der Notar behält alles für sich, bis alle das Ihre gegeben haben; sonst beendet er das Geschäft, und alles Geld geht zurück.";
        s_complete_deal: "The deal is made: everybody is bound, the letters are open, and the money goes where it was promised." / "Das Geschäft gilt: Alle sind gebunden, die Briefe sind offen, und das Geld geht, wohin es versprochen war.";
        s_aborted_deal: "The notary has ended the deal: nobody is bound, no letter opens, and all money goes back." / "Der Notar hat das Geschäft beendet: Niemand ist gebunden, kein Brief öffnet sich, und alles Geld geht zurück.";
        s_asking: "The notary is asked, again and again. Its answer is final for everybody." / "Der Notar ist gefragt, immer wieder. Seine Antwort ist für alle endgültig.";
        s_complete: "The contract stands: everybody is bound, and you hold the proof." / "Der Vertrag gilt: alle sind gebunden, und Sie haben den Beweis.";
        s_aborted: "The notary has ended it: nobody is bound." / "Der Notar hat ihn beendet: niemand ist gebunden.";
        s_declined: "You have declined; nothing was signed." / "Sie haben abgelehnt; nichts wurde unterschrieben.";
        s_lapsed: "Nobody can sign it any more; you are not bound." / "Niemand kann ihn mehr unterschreiben; Sie sind nicht gebunden.";
    }
}
