//! What the judge says.

use super::Row;

pub(super) const STANDINGS: &[Row] = &[
    ("owed-key", "is owed the key", "hat den Schlüssel zu bekommen"),
    ("owed-money", "is owed the money", "hat das Geld zu bekommen"),
    ("undecided", "not decided by this", "hierdurch nicht entschieden"),
    ("whole", "is owed nothing", "hat nichts mehr zu bekommen"),
    ("complete", "complete: everybody is bound", "vollendet: alle sind gebunden"),
    ("nothing", "nothing came of it: nobody is bound", "nichts wurde daraus: niemand ist gebunden"),
    ("back", "the buyer has the money", "der Käufer hat das Geld"),
    ("divided", "the money is divided", "das Geld ist geteilt"),
    ("locked", "the money is locked", "das Geld ist gesperrt"),
    ("paid", "the seller has the money", "der Verkäufer hat das Geld"),
    ("received", "the payee has received the money", "der Empfänger hat das Geld erhalten"),
    (
        "otherwise",
        "something else was paid than the receipt says",
        "etwas anderes wurde gezahlt, als die Quittung sagt",
    ),
];

/// Of a bank, where money is given for money.
pub(super) const STANDINGS_OF_CHANGE: &[Row] = &[
    ("back", "the money is with its first owner", "das Geld ist beim ersten Besitzer"),
    ("paid", "the other has the money", "der andere hat das Geld"),
    ("undecided", "not decided by this", "hierdurch nicht entschieden"),
];

pub(super) const MISDEEDS: &[Row] = &[
    (
        "aborted-and-resolved",
        "signed both that nothing came of it and that it is complete",
        "unterschrieb sowohl, dass nichts daraus wurde, als auch, dass es vollendet ist",
    ),
    ("aborted-too-early", "ended it before its time", "beendete es vor der Zeit"),
    (
        "acted-after-release",
        "signed a step that its own release rules out",
        "unterschrieb einen Schritt, den die eigene Freigabe ausschließt",
    ),
    (
        "captured-and-released",
        "signed both that the money was taken and that it was released",
        "unterschrieb sowohl, dass das Geld genommen, als auch, dass es freigegeben wurde",
    ),
    ("captured-too-late", "took the money when the time was over", "nahm das Geld, als die Zeit um war"),
    ("captured-for-another", "wanted the money for another account", "wollte das Geld für ein anderes Konto"),
    ("cried-bad-escrow", "called a good box bad", "nannte einen guten Kasten schlecht"),
    ("denied-record", "denied what it had signed itself", "leugnete, was er selbst unterschrieben hatte"),
    ("false-key", "signed for a key that opens nothing", "unterschrieb für einen Schlüssel, der nichts öffnet"),
    ("false-ground", "named a ground that is none", "nannte einen Grund, der keiner ist"),
    (
        "claimed-and-returned",
        "signed both that the money was paid and that it went back",
        "unterschrieb sowohl, dass das Geld gezahlt wurde, als auch, dass es zurückging",
    ),
    ("claimed-too-late", "paid when the time was over", "zahlte, als die Zeit um war"),
    (
        "divided-against-record",
        "divided otherwise than its own rows say",
        "teilte anders, als die eigenen Zeilen sagen",
    ),
    ("divided-too-early", "divided before the time was over", "teilte, bevor die Zeit um war"),
    (
        "locked-and-cancelled",
        "signed both that the money is locked and that it never was",
        "unterschrieb sowohl, dass das Geld gesperrt ist, als auch, dass es das nie war",
    ),
    (
        "resolved-despite-halt",
        "completed what was over for a party, without showing that it went on",
        "vollendete, was für jemanden vorbei war, ohne zu zeigen, dass der weitermachte",
    ),
    (
        "went-on",
        "went on after telling the notary of having stopped",
        "machte weiter, obwohl dem Notar schon das Aufhören gemeldet war",
    ),
    (
        "returned-too-early",
        "gave the money back before the time was over",
        "gab das Geld zurück, bevor die Zeit um war",
    ),
    ("no-ground", "decided without naming a ground", "entschied, ohne einen Grund zu nennen"),
    (
        "opened-and-bad-escrow",
        "signed both that the box is good and that it is bad",
        "unterschrieb sowohl, dass der Kasten gut, als auch, dass er schlecht ist",
    ),
    (
        "out-of-order",
        "signed steps whose times cannot follow each other",
        "unterschrieb Schritte, deren Zeiten nicht aufeinander folgen können",
    ),
    (
        "oversized-escrow",
        "agreed to a box that is too large to be one",
        "vereinbarte einen Kasten, der zu groß ist, um einer zu sein",
    ),
    (
        "receipt-and-complaint",
        "signed both that the file is right and that it is wrong",
        "unterschrieb sowohl, dass die Datei stimmt, als auch, dass sie falsch ist",
    ),
    (
        "refunded-despite-key",
        "paid back though the key was on record",
        "zahlte zurück, obwohl der Schlüssel festgehalten war",
    ),
    (
        "refunded-too-early",
        "paid back before the time for an answer was over",
        "zahlte zurück, bevor die Zeit für eine Antwort um war",
    ),
    ("released-too-early", "let the hold run out before its time", "ließ das Geld vor der Zeit gehen"),
    (
        "settled-and-refunded",
        "signed both that the seller was paid and that the buyer was paid back",
        "unterschrieb sowohl, dass der Verkäufer bezahlt, als auch, dass dem Käufer zurückgezahlt wurde",
    ),
    (
        "settled-too-early",
        "paid out without receipt before the time was over",
        "zahlte ohne Quittung aus, bevor die Zeit um war",
    ),
    (
        "two-answers",
        "signed two different answers where there can be one",
        "unterschrieb zwei verschiedene Antworten, wo es nur eine geben kann",
    ),
    (
        "two-receipts",
        "signed two different receipts for one payment",
        "unterschrieb zwei verschiedene Quittungen für eine Zahlung",
    ),
    (
        "misquoted-receipt",
        "agreed to something else than the receipt says that it names",
        "stimmte anderem zu, als die genannte Quittung sagt",
    ),
    ("unlike-descriptor", "signed something else than was agreed", "unterschrieb anderes, als vereinbart war"),
    ("wrong-file", "delivered another file than was agreed", "lieferte eine andere Datei als vereinbart"),
    (
        "wrongly-upheld",
        "upheld a complaint whose proof shows nothing",
        "gab einer Beschwerde recht, deren Beweis nichts zeigt",
    ),
];

pub(super) const CLAIMS: &[Row] = &[
    ("buyer-bound", "the buyer agreed to this deal", "der Käufer stimmte diesem Geschäft zu"),
    ("seller-bound", "the seller agreed to this deal", "der Verkäufer stimmte diesem Geschäft zu"),
    ("held", "the bank held the money", "die Bank hielt das Geld fest"),
    ("mandated", "the buyer allowed the money to be taken", "der Käufer erlaubte, das Geld zu nehmen"),
    ("captured", "the bank took the money for the seller", "die Bank nahm das Geld für den Verkäufer"),
    ("released", "the bank let the money go", "die Bank gab das Geld frei"),
    ("contested", "the buyer stopped the payment", "der Käufer stoppte die Auszahlung"),
    ("escrow-opened", "the notary opened the box", "der Notar öffnete den Kasten"),
    ("escrow-found-bad", "the notary called the box bad", "der Notar nannte den Kasten schlecht"),
    ("escrow-good", "the box was good", "der Kasten war gut"),
    (
        "key-handed-over",
        "the buyer has had the key, or had only to take it",
        "der Käufer hatte den Schlüssel oder musste ihn nur nehmen",
    ),
    ("key-shown", "the key is among the evidence", "der Schlüssel ist unter den Beweisen"),
    ("content-not-as-agreed", "it is another file than agreed", "es ist eine andere Datei als vereinbart"),
    ("receipt-given", "the buyer gave the receipt", "der Käufer gab die Quittung"),
    ("settled", "the seller was paid for good", "der Verkäufer wurde endgültig bezahlt"),
    ("refunded", "the buyer was paid back", "dem Käufer wurde zurückgezahlt"),
    ("unmet", "a register had nothing on record", "ein Register hatte nichts in den Akten"),
    (
        "sent",
        "sent exactly this list, by its own signature",
        "hat genau diese Liste gesandt, nach eigener Unterschrift",
    ),
    ("complete", "it is complete", "es ist vollendet"),
    ("resolved", "the notary decided that it is complete", "der Notar entschied, dass es vollendet ist"),
    ("aborted", "the notary decided that nothing comes of it", "der Notar entschied, dass nichts daraus wird"),
    ("promised", "promised", "hat versprochen"),
    ("halted", "was told that nothing comes of it", "bekam gesagt, dass nichts daraus wird"),
    ("stopped", "said to have stopped", "hat gesagt, aufgehört zu haben"),
    ("signed", "signed", "hat unterschrieben"),
    ("abort-asked", "asked for it to end", "hat um das Ende gebeten"),
    ("ordered", "the buyer ordered the lock", "der Käufer gab die Sperre in Auftrag"),
    ("locked", "the bank locked the money", "die Bank sperrte das Geld"),
    ("claimed", "the bank paid the seller", "die Bank zahlte den Verkäufer"),
    ("returned", "the bank gave the money back, or never took it", "die Bank gab das Geld zurück oder nahm es nie"),
    ("not-as-sold", "it is not what the seller signed", "es ist nicht, was der Verkäufer unterschrieb"),
    ("consigned", "the bank had the word that it was on its way", "die Bank hatte das Wort, dass es unterwegs war"),
    ("arrived", "the bank had the carrier's word", "die Bank hatte das Wort des Paketdienstes"),
    ("disputed", "somebody objected, and the bank knew", "jemand widersprach, und die Bank wusste es"),
    ("approved", "the buyer approved the payment", "der Käufer stimmte der Zahlung zu"),
    ("ruled", "the arbiter ruled", "der Schlichter entschied"),
    ("divided", "the bank divided the money", "die Bank teilte das Geld"),
];

/// Of a bank, where money is given for money.
pub(super) const CLAIMS_OF_CHANGE: &[Row] = &[
    ("ordered", "was told to lock the money", "bekam den Auftrag, das Geld zu sperren"),
    ("locked", "locked the money", "sperrte das Geld"),
    ("claimed", "paid the other", "zahlte an den anderen"),
    ("returned", "gave the money back, or never took it", "gab das Geld zurück oder nahm es nie"),
    ("unmet", "had nothing on record", "hatte nichts in den Akten"),
];

/// Of money for a receipt.
pub(super) const CLAIMS_OF_PAYMENT: &[Row] = &[
    ("promised", "the payee signed the receipt in advance", "der Empfänger unterschrieb die Quittung im Voraus"),
    ("agreed", "the payer agreed to pay for this receipt", "der Zahler stimmte zu, gegen diese Quittung zu zahlen"),
    (
        "ordered",
        "an order to pay over this reference was signed",
        "ein Auftrag über diese Referenz wurde unterschrieben",
    ),
    ("paid", "the bank says that it was paid, in time", "die Bank sagt, dass rechtzeitig gezahlt ist"),
    ("received", "the payee has received the money", "der Empfänger hat das Geld erhalten"),
];
