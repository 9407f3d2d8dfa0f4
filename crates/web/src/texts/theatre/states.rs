//! Where machines stand and what they wait for.

use super::Row;

pub(super) const PURSE: &[Row] = &[
    ("buyer", "40.00 EUR with the buyer", "40,00 EUR beim Käufer"),
    ("held", "40.00 EUR of the buyer's held by the bank", "40,00 EUR des Käufers, von der Bank festgehalten"),
    (
        "claim",
        "40.00 EUR taken for the seller, not paid out yet",
        "40,00 EUR für den Verkäufer genommen, noch nicht ausgezahlt",
    ),
    ("seller", "40.00 EUR with the seller, for good", "40,00 EUR beim Verkäufer, endgültig"),
    (
        "shared",
        "40.00 EUR divided between buyer and seller, for good",
        "40,00 EUR, geteilt zwischen Käufer und Verkäufer, endgültig",
    ),
];

/// Of money for a receipt.
pub(super) const PURSE_OF_PAYMENT: &[Row] = &[
    ("buyer", "40.00 EUR with the payer", "40,00 EUR beim Zahler"),
    ("seller", "40.00 EUR with the payee, for good", "40,00 EUR beim Empfänger, endgültig"),
];

pub(super) const BUYER: &[Row] = &[
    ("agreed", "has agreed; nothing has left", "hat zugestimmt; nichts ist hinausgegangen"),
    ("holding", "waits for the bank to hold the money", "wartet, dass die Bank das Geld festhält"),
    ("fetching", "waits for the encrypted file and the box", "wartet auf verschlüsselte Datei und Kasten"),
    (
        "fetched",
        "has everything but the key, and has not let the money go",
        "hat alles außer dem Schlüssel und das Geld noch nicht freigegeben",
    ),
    ("mandated", "has allowed the seller to take the money", "hat dem Verkäufer erlaubt, das Geld zu nehmen"),
    ("captured", "has paid and waits for the key", "hat gezahlt und wartet auf den Schlüssel"),
    ("checking", "looks at the file", "sieht die Datei an"),
    ("checked", "has the file, and may give the receipt", "hat die Datei und kann quittieren"),
    ("received", "has the file and waits for the bank to settle", "hat die Datei und wartet, dass die Bank abrechnet"),
    ("bad", "has found another file than agreed", "hat eine andere Datei als vereinbart gefunden"),
    ("complained", "waits for the notary and the refund", "wartet auf den Notar und die Rückzahlung"),
    ("cancelling", "has asked for the money back", "hat das Geld zurückverlangt"),
    ("released", "done: paid nothing", "fertig: hat nichts gezahlt"),
    ("settled", "done: has the file, has paid", "fertig: hat die Datei, hat gezahlt"),
    ("refunded", "done: has the money back", "fertig: hat das Geld zurück"),
];

pub(super) const SELLER: &[Row] = &[
    ("proposed", "waits for the money to be held", "wartet, dass das Geld festgehalten wird"),
    (
        "delivering",
        "delivers the encrypted file and waits for the mandate",
        "liefert die verschlüsselte Datei und wartet auf die Erlaubnis",
    ),
    ("capturing", "waits for the bank to take the money", "wartet, dass die Bank das Geld nimmt"),
    ("captured", "has given the key and waits to be paid", "hat den Schlüssel gegeben und wartet auf die Auszahlung"),
    ("releasing", "has let the money go", "hat das Geld freigegeben"),
    ("released", "done: sold nothing, gave no key", "fertig: nichts verkauft, keinen Schlüssel gegeben"),
    ("settled", "done: paid for good", "fertig: endgültig bezahlt"),
    ("refunded", "done: the money went back", "fertig: Das Geld ging zurück"),
];

pub(super) const BANK: &[Row] = &[
    ("blank", "nothing on record", "nichts in den Akten"),
    (
        "held",
        "holds the money until it is taken, released or out of time",
        "hält das Geld, bis es genommen, freigegeben oder die Zeit um ist",
    ),
    (
        "captured",
        "has taken the money for the seller and waits before it pays out",
        "hat das Geld für den Verkäufer genommen und wartet mit der Auszahlung",
    ),
    (
        "released",
        "done: the money went back before it was taken",
        "fertig: Das Geld ging zurück, bevor es genommen wurde",
    ),
    ("settled", "done: paid to the seller", "fertig: an den Verkäufer gezahlt"),
    ("refunded", "done: paid back to the buyer", "fertig: an den Käufer zurückgezahlt"),
];

pub(super) const NOTARY: &[Row] = &[
    ("blank", "nobody has needed it", "niemand hat ihn gebraucht"),
    (
        "opening",
        "has opened the box and waits for the bank to put it on record",
        "hat den Kasten geöffnet und wartet, dass die Bank es festhält",
    ),
    (
        "complained",
        "has found that it is another file than agreed",
        "hat festgestellt, dass es eine andere Datei als vereinbart ist",
    ),
    ("given", "has given out the key", "hat den Schlüssel herausgegeben"),
    ("bad-escrow", "has found the box bad", "hat den Kasten schlecht gefunden"),
    (
        "too-late",
        "opened the box too late: the money had gone back",
        "hat den Kasten zu spät geöffnet: Das Geld war zurück",
    ),
];

pub(super) const REGISTER: &[Row] = &[
    ("open", "has decided nothing", "hat nichts entschieden"),
    ("aborted", "decided: nothing comes of it", "entschieden: Es wird nichts daraus"),
    (
        "halted",
        "decided for whoever stopped: nothing comes of it for them",
        "entschieden für die, die aufhörten: Für sie wird nichts daraus",
    ),
    ("resolved", "decided: it is complete", "entschieden: Es ist vollendet"),
];

pub(super) const PARTY: &[Row] = &[
    ("asked", "has not agreed yet; nothing has left", "hat noch nicht zugestimmt; nichts ist hinausgegangen"),
    ("promised", "has promised and waits for the other's answer", "hat versprochen und wartet auf die Antwort"),
    (
        "signed",
        "has given the signature and waits for what is due for it",
        "hat unterschrieben und wartet auf die Gegenleistung",
    ),
    ("asking", "has asked the notary; only its answer ends it", "hat den Notar gefragt; nur dessen Antwort beendet es"),
    ("complete", "done: has what it wanted, and is bound", "fertig: hat, was gewollt war, und ist gebunden"),
    ("aborted", "done: not bound", "fertig: nicht gebunden"),
    (
        "declined",
        "done: has said no, or said nothing in time",
        "fertig: hat Nein gesagt oder nicht rechtzeitig geantwortet",
    ),
];

/// What means something else in rounds.
pub(super) const IN_ROUNDS: &[Row] = &[
    ("promised", "pledges, round by round", "verspricht, Runde für Runde"),
    (
        "asking",
        "has stopped for good; only the notary's answer ends it",
        "hat endgültig aufgehört; nur die Antwort des Notars beendet es",
    ),
];

/// Whoever has money locked.
pub(super) const PAYER: &[Row] = &[
    ("waiting", "signs the orders to the bank", "unterschreibt die Aufträge an die Bank"),
    ("ordered", "has ordered the bank to lock the money", "hat die Bank beauftragt, das Geld zu sperren"),
    ("locked", "waits: the money is locked", "wartet: Das Geld ist gesperrt"),
    ("claimed", "done: has paid", "fertig: hat gezahlt"),
    ("returned", "done: has the money back", "fertig: hat das Geld zurück"),
    ("divided", "done: the money is divided", "fertig: Das Geld ist geteilt"),
    ("lapsed", "done: nothing was locked in time", "fertig: Nichts wurde rechtzeitig gesperrt"),
    ("declined", "done: has ordered nothing", "fertig: hat nichts beauftragt"),
];

/// Whoever is paid from it.
pub(super) const PAYEE: &[Row] = &[
    ("waiting", "waits for the money to be locked", "wartet, dass das Geld gesperrt wird"),
    ("locked", "knows that the money is locked", "weiß, dass das Geld gesperrt ist"),
    ("claiming", "has claimed the money", "hat das Geld verlangt"),
    ("claimed", "done: paid for good", "fertig: endgültig bezahlt"),
    ("returned", "done: the money went back", "fertig: Das Geld ging zurück"),
    ("divided", "done: the money is divided", "fertig: Das Geld ist geteilt"),
    ("lapsed", "done: there is nothing to be paid from", "fertig: Es ist nichts da, woraus gezahlt wird"),
];

/// A bank that keeps money under a lock.
pub(super) const HOLDER: &[Row] = &[
    ("blank", "nothing on record", "nichts in den Akten"),
    ("locked", "keeps the money under its condition", "verwahrt das Geld unter seiner Bedingung"),
    (
        "consigned",
        "has the seller's word that the parcel is on its way",
        "hat das Wort des Verkäufers, dass das Paket unterwegs ist",
    ),
    (
        "arrived",
        "has the carrier's word, with the right code",
        "hat das Wort des Paketdienstes, mit dem richtigen Code",
    ),
    ("disputed", "waits for the arbiter until the last moment", "wartet bis zum letzten Augenblick auf den Schlichter"),
    ("claimed", "done: paid to the seller", "fertig: an den Verkäufer gezahlt"),
    ("returned", "done: given back to the buyer", "fertig: dem Käufer zurückgegeben"),
    ("divided", "done: divided", "fertig: geteilt"),
];

/// A bank that keeps the money of one of two who change.
pub(super) const HOLDER_OF_CHANGE: &[Row] = &[
    ("blank", "nothing on record", "nichts in den Akten"),
    (
        "locked",
        "keeps its customer's money under its condition",
        "verwahrt das Geld ihres Kunden unter seiner Bedingung",
    ),
    ("claimed", "done: paid over to the other", "fertig: an den anderen ausgezahlt"),
    ("returned", "done: given back to its customer", "fertig: dem eigenen Kunden zurückgegeben"),
];

/// Carrier and arbiter.
pub(super) const THIRD: &[Row] = &[
    ("silent", "has said nothing", "hat nichts gesagt"),
    ("spoken", "has given a signed word", "hat ein unterschriebenes Wort gegeben"),
];

/// Whoever sends a container.
pub(super) const SENDING: &[Row] = &[
    ("asked", "has not agreed yet; nothing has left", "hat noch nicht zugestimmt; nichts ist hinausgegangen"),
    ("unsent", "done: has sent nothing", "fertig: hat nichts gesandt"),
    ("announced", "has said what is to come", "hat gesagt, was kommen soll"),
    ("sending", "sends the parts that it is asked for", "sendet die Teile, um die gebeten wird"),
    (
        "stopping",
        "wants nothing to come of it, and waits for the answer",
        "will, dass nichts daraus wird, und wartet auf Antwort",
    ),
    ("taken", "done: the receiver says that it has all of it", "fertig: Der Empfänger sagt, er habe alles"),
    ("declined", "done: the receiver did not want it", "fertig: Der Empfänger wollte es nicht"),
    (
        "stopped",
        "done: nothing of it was given to the receiver, by its word",
        "fertig: Der Empfänger bekam nichts davon, sagt er",
    ),
    ("silent", "done: has heard nothing for too long", "fertig: hat zu lange nichts gehört"),
];

/// Whoever receives it.
pub(super) const RECEIVING: &[Row] = &[
    ("blank", "knows of nothing", "weiß von nichts"),
    (
        "announced",
        "knows what is to come, and has not said whether it wants it",
        "weiß, was kommen soll, und hat nicht gesagt, ob es willkommen ist",
    ),
    ("fetching", "fetches the parts; nothing can be seen yet", "holt die Teile; noch ist nichts zu sehen"),
    ("taken", "done: has all of it", "fertig: hat alles"),
    ("declined", "done: did not want it", "fertig: wollte es nicht"),
    ("stopped", "done: nothing of it is there", "fertig: Nichts davon ist da"),
];

/// A bank that pays over references.
pub(super) const TILL: &[Row] = &[
    ("blank", "nothing on record", "nichts in den Akten"),
    (
        "given",
        "has given a reference, over which nothing was paid",
        "hat eine Referenz gegeben, über die nichts gezahlt ist",
    ),
    (
        "paid",
        "done: paid over the reference, which is used up",
        "fertig: über die Referenz gezahlt, sie ist verbraucht",
    ),
];

/// Whoever pays for a receipt.
pub(super) const PAYS_FOR_RECEIPT: &[Row] = &[
    ("blank", "has not been asked to pay", "wurde noch nicht um Zahlung gebeten"),
    ("asked", "has the receipt, and has not agreed to pay", "hat die Quittung und der Zahlung nicht zugestimmt"),
    ("agreed", "has agreed; nothing has left", "hat zugestimmt; nichts ist hinausgegangen"),
    ("declined", "done: pays nothing", "fertig: zahlt nichts"),
    ("ended", "done: the time to pay is over", "fertig: Die Zeit zum Zahlen ist um"),
    (
        "ordered",
        "has ordered the payment and waits for the bank's word",
        "hat die Zahlung beauftragt und wartet auf das Wort der Bank",
    ),
    ("refused", "the bank says that it does not pay", "die Bank sagt, dass sie nicht zahlt"),
    ("receipt", "done: has paid, and has the receipt for it", "fertig: hat gezahlt und die Quittung dafür"),
    (
        "otherwise",
        "done: has paid something else than the receipt says",
        "fertig: hat etwas anderes gezahlt, als die Quittung sagt",
    ),
];

/// Whoever is paid for it.
pub(super) const GIVES_RECEIPT: &[Row] = &[
    ("waiting", "waits for a reference of the bank", "wartet auf eine Referenz der Bank"),
    ("asked", "has not signed the receipt", "hat die Quittung nicht unterschrieben"),
    ("signed", "has given the receipt and waits to be paid", "hat die Quittung gegeben und wartet auf die Zahlung"),
    (
        "ended",
        "the time is over: the receipt counts for nothing that is paid now",
        "die Zeit ist um: Die Quittung gilt für nichts, was jetzt gezahlt wird",
    ),
    ("unsigned", "done: asked for nothing", "fertig: hat um nichts gebeten"),
    ("paid", "done: paid for good", "fertig: endgültig bezahlt"),
    (
        "otherwise",
        "done: something else was paid than the receipt says",
        "fertig: etwas anderes wurde gezahlt, als die Quittung sagt",
    ),
];
