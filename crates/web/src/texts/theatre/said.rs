//! What messages say, what owners are asked and may want.

use super::Row;

pub(super) const SAID: &[Row] = &[
    ("hold", "Hold 40.00 EUR of my money for this deal.", "Halten Sie 40,00 EUR von meinem Geld für dieses Geschäft."),
    ("held", "The money is held.", "Das Geld ist festgehalten."),
    ("fetch", "Send me the encrypted file.", "Senden Sie mir die verschlüsselte Datei."),
    ("chunk", "Here is the encrypted file.", "Hier ist die verschlüsselte Datei."),
    (
        "escrow-box",
        "Here is the key in a box that only the notary can open.",
        "Hier ist der Schlüssel in einem Kasten, den nur der Notar öffnen kann.",
    ),
    (
        "mandate",
        "The encrypted file is here: you may take the money.",
        "Die verschlüsselte Datei ist hier: Sie dürfen das Geld nehmen.",
    ),
    ("capture", "Take the money for me; the buyer allows it.", "Nehmen Sie das Geld für mich; der Käufer erlaubt es."),
    (
        "captured",
        "The money is taken for the seller, and not paid out yet.",
        "Das Geld ist für den Verkäufer genommen und noch nicht ausgezahlt.",
    ),
    ("key", "Here is the key.", "Hier ist der Schlüssel."),
    (
        "mail-key",
        "Here is the key of my letter, and my signature.",
        "Hier sind der Schlüssel meines Briefs und meine Unterschrift.",
    ),
    ("receipt", "The file opens and is what was agreed.", "Die Datei lässt sich öffnen und ist, was vereinbart war."),
    ("settled", "The money is the seller's for good.", "Das Geld gehört endgültig dem Verkäufer."),
    ("release", "Let my money go.", "Geben Sie mein Geld frei."),
    ("seller-release", "Let the buyer's money go.", "Geben Sie das Geld des Käufers frei."),
    (
        "released",
        "The money goes back; it cannot be taken any more.",
        "Das Geld geht zurück; es kann nicht mehr genommen werden.",
    ),
    (
        "contest",
        "The money is taken and I have no key: do not pay out.",
        "Das Geld ist genommen, und ich habe keinen Schlüssel: Zahlen Sie nicht aus.",
    ),
    (
        "contested",
        "The payment is stopped until somebody answers.",
        "Die Auszahlung ist gestoppt, bis jemand antwortet.",
    ),
    ("pass-key", "Give this key to the buyer.", "Geben Sie dem Käufer diesen Schlüssel."),
    ("passed-key", "This key was given to me for the buyer.", "Dieser Schlüssel wurde mir für den Käufer gegeben."),
    (
        "escrow-request",
        "The money is taken and I have no key: open the box.",
        "Das Geld ist genommen, und ich habe keinen Schlüssel: Öffnen Sie den Kasten.",
    ),
    ("opened", "The box was good; I opened it.", "Der Kasten war gut; ich habe ihn geöffnet."),
    ("recorded", "I put on record that the box was opened.", "Ich habe festgehalten, dass der Kasten geöffnet wurde."),
    ("bad-escrow", "The box does not hold the key.", "Im Kasten ist nicht der Schlüssel."),
    (
        "complaint",
        "This is another file than agreed: here is the proof.",
        "Das ist eine andere Datei als vereinbart: Hier ist der Beweis.",
    ),
    ("wrong-file", "The proof holds: it is another file.", "Der Beweis stimmt: Es ist eine andere Datei."),
    ("refunded", "The money was paid back to the buyer.", "Das Geld wurde dem Käufer zurückgezahlt."),
    ("refused", "I will not do that.", "Das tue ich nicht."),
    ("status", "What do you have on record?", "Was haben Sie in den Akten?"),
    ("unmet", "I have nothing of that kind on record.", "Dazu habe ich nichts in den Akten."),
    ("promise", "I sign if you sign.", "Ich unterschreibe, wenn du unterschreibst."),
    ("signature", "Here is my signature.", "Hier ist meine Unterschrift."),
    ("mail-signature", "Here is my signature for the letter.", "Hier ist meine Unterschrift für den Brief."),
    ("abort", "Let nothing come of it.", "Daraus soll nichts werden."),
    ("aborted", "Nothing comes of it, for nobody, for ever.", "Daraus wird nichts, für niemanden, für immer."),
    ("resolve", "Both have promised: complete it.", "Beide haben versprochen: Vollenden Sie es."),
    (
        "resolve-mail",
        "Both have promised: complete the delivery.",
        "Beide haben versprochen: Vollenden Sie die Zustellung.",
    ),
    ("resolved", "It is complete, for everybody, for ever.", "Es ist vollendet, für alle, für immer."),
    ("decision", "Something that nobody can read.", "Etwas, das niemand lesen kann."),
];

pub(super) const QUESTIONS: &[Row] = &[
    ("hold", "may the bank hold 40.00 EUR?", "Darf die Bank 40,00 EUR festhalten?"),
    ("debit-order", "from your own account?", "Von Ihrem eigenen Konto?"),
    (
        "mandate",
        "the encrypted file is here: may the seller take the money?",
        "Die verschlüsselte Datei ist hier: Darf der Verkäufer das Geld nehmen?",
    ),
    ("receipt", "the file is right: give the receipt?", "Die Datei stimmt: Quittung geben?"),
    ("complaint", "the file is wrong: complain to the notary?", "Die Datei ist falsch: beim Notar beschweren?"),
    ("release", "let the money go back?", "Das Geld zurückgehen lassen?"),
    (
        "escrow-request",
        "no key came: ask the notary to open the box?",
        "Kein Schlüssel kam: den Notar bitten, den Kasten zu öffnen?",
    ),
    ("contest", "no key came: stop the payment?", "Kein Schlüssel kam: die Auszahlung stoppen?"),
    ("agreement", "agree to the contract?", "Dem Vertrag zustimmen?"),
    ("dispatch", "send this letter for a receipt?", "Diesen Brief gegen Quittung senden?"),
    (
        "reception",
        "take a letter and give the receipt, whatever is in it?",
        "Einen Brief annehmen und quittieren, was auch darin steht?",
    ),
    ("promise", "promise to sign?", "Die Unterschrift versprechen?"),
    ("signature", "sign?", "Unterschreiben?"),
    ("mail-signature", "sign for the letter?", "Für den Brief unterschreiben?"),
    ("abort", "let nothing come of it?", "Soll daraus nichts werden?"),
];

pub(super) const WISHES: &[Row] = &[
    ("abort", "let nothing come of it", "nichts daraus werden lassen"),
    ("contest", "stop the payment", "die Auszahlung stoppen"),
    ("escrow", "have the box opened", "den Kasten öffnen lassen"),
    ("release", "let the money go back", "das Geld zurückgehen lassen"),
    ("resolve", "have the notary complete it", "es vom Notar vollenden lassen"),
];
