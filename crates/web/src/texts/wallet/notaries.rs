//! Notaries: the list, their fees, their bills, the choice of one.

use super::super::texts;

texts! {
    /// Notaries.
    Notaries {
        title: "Your notaries" / "Ihre Notare";
        text: "A deal names one notary that everybody in it takes: the first on the list of whoever writes it that is on all lists. A notary that is off your list decides nothing new for you." / "Ein Geschäft nennt einen Notar, den alle darin nehmen: den ersten auf der Liste dessen, der es aufschreibt, der auf allen Listen steht. Ein Notar, der nicht auf Ihrer Liste steht, entscheidet nichts Neues für Sie.";
        none: "No notary yet. semper link notary ADDRESS opens a connection to one." / "Noch kein Notar. semper link notary ADRESSE stellt eine Verbindung zu einem her.";
        place: "Place on your list" / "Platz auf Ihrer Liste";
        off: "off your list; what is under way with it goes on" / "nicht auf Ihrer Liste; was mit ihm läuft, geht weiter";
        words: "Four words" / "Vier Wörter";
        limit: "May be relied on, per deal, up to" / "Verlässlich je Geschäft bis";
        no_limit: "no limit stated" / "keine Grenze genannt";
        takes: "Takes, only if it completes something" / "Nimmt, nur wenn er etwas vollendet";
        nothing: "nothing" / "nichts";
        fee_contract: "{} for a contract" / "{} für einen Vertrag";
        fee_deal: "{} for a joint deal" / "{} für ein gemeinsames Geschäft";
        fee_mail: "{} for certified mail" / "{} für ein Einschreiben";
        prefer: "Put {} first" / "{} an die erste Stelle";
        drop: "Take {} off the list" / "{} von der Liste nehmen";
        done: "Your list was changed." / "Ihre Liste wurde geändert.";
        bills: "Bills of notaries" / "Rechnungen von Notaren";
        bills_none: "No notary waits for its fee." / "Kein Notar wartet auf sein Entgelt.";
        bills_text: "The notary has decided already; nothing that it does for you waits for this money. The trusted screen asks you before anything is paid." / "Der Notar hat schon entschieden; nichts, was er für Sie tut, wartet auf dieses Geld. Der vertrauenswürdige Schirm fragt Sie, bevor etwas gezahlt wird.";
        bill: "{} to {}" / "{} an {}";
        bill_until: "Can be paid until" / "Zahlbar bis";
        bill_for: "For this exchange" / "Für diesen Austausch";
        pay: "Pay {}" / "{} zahlen";
        bill_ended: "out of time; it cannot be paid any more" / "abgelaufen; kann nicht mehr gezahlt werden";
        pick_label: "Notary" / "Notar";
        pick_first: "the first that all take: {}" / "der erste, den alle nehmen: {}";
        pick_none: "none of yours is taken by all" / "keinen von Ihren nehmen alle";
        pick_free: "no fee" / "ohne Entgelt";
        pick_fits: "{}: {}" / "{}: {}";
        pick_unfit: "{}: {} (not on every card)" / "{}: {} (nicht auf jeder Karte)";
        pick_hint: "The fee is due only if it comes to stand. Cards say which notaries the others take." / "Das Entgelt ist nur fällig, wenn es zustande kommt. Karten sagen, welche Notare die anderen nehmen.";
        pick_compared: "Compared with the cards: what not everybody takes cannot be chosen. The fee is due only if it comes to stand." / "Mit den Karten verglichen: Was nicht alle nehmen, ist nicht wählbar. Das Entgelt ist nur fällig, wenn es zustande kommt.";
        pick_look: "See which notaries all of you take" / "Zeigen, welche Notare alle nehmen";
        payer_label: "Who pays the notary's fee" / "Wer das Entgelt des Notars zahlt";
        payer_you: "you" / "Sie";
        payer_1: "the first of the others" / "der erste der anderen";
        payer_2: "the second of the others" / "der zweite der anderen";
        payer_3: "the third of the others" / "der dritte der anderen";
        payer_4: "the fourth of the others" / "der vierte der anderen";
        wrong_notary: "Choose a notary that everybody takes" / "Wählen Sie einen Notar, den alle nehmen";
        wrong_payer: "There are not that many others" / "So viele andere gibt es nicht";
        fee: "Notary's fee" / "Entgelt des Notars";
        fee_none: "none" / "keines";
        fee_due: "{}, paid by {}, only if it comes to stand" / "{}, zahlt {}, nur wenn es zustande kommt";
        fee_takes: "The notary takes {} and takes no part in this for less: nobody is bound. Have it written anew." / "Der Notar nimmt {} und wirkt für weniger nicht mit: Niemand ist gebunden. Lassen Sie es neu aufschreiben.";
    }
}
