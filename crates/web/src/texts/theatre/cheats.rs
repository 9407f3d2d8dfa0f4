//! Every lie, in one sentence.

use super::Row;

pub(super) const CHEATS: &[Row] = &[
    (
        "seller-seals-garbage",
        "From the beginning: the box for the notary holds garbage.",
        "Von Anfang an: Im Kasten für den Notar ist Müll.",
    ),
    (
        "seller-sends-another-file",
        "From the beginning: encrypts another file than it offered.",
        "Von Anfang an: verschlüsselt eine andere Datei als angeboten.",
    ),
    ("seller-keeps-key", "Keeps the key, whatever happens.", "Behält den Schlüssel, was auch geschieht."),
    (
        "seller-sends-noise",
        "Sends noise in place of the encrypted file.",
        "Sendet Rauschen statt der verschlüsselten Datei.",
    ),
    (
        "seller-forges-mandate",
        "Asks for the money with a permission that it signed itself.",
        "Verlangt das Geld mit einer selbst unterschriebenen Erlaubnis.",
    ),
    (
        "seller-forges-receipt",
        "Hands in a receipt that it signed itself.",
        "Reicht eine selbst unterschriebene Quittung ein.",
    ),
    ("seller-sends-false-key", "Sends the buyer a false key.", "Sendet dem Käufer einen falschen Schlüssel."),
    (
        "seller-passes-false-key",
        "Gives the bank a false key for the buyer.",
        "Gibt der Bank einen falschen Schlüssel für den Käufer.",
    ),
    ("buyer-keeps-receipt", "Never hands over a receipt.", "Gibt nie eine Quittung heraus."),
    (
        "buyer-forges-complaint",
        "Has the right file and complains that it is another.",
        "Hat die richtige Datei und beschwert sich, es sei eine andere.",
    ),
    (
        "buyer-contests-with-key",
        "Has the key and says that it was withheld.",
        "Hat den Schlüssel und sagt, er sei vorenthalten.",
    ),
    (
        "buyer-releases-late",
        "Asks for the money back when it was taken already.",
        "Verlangt das Geld zurück, als es schon genommen ist.",
    ),
    (
        "buyer-forges-capture",
        "Shows the notary a payment that it made up, to have the key.",
        "Zeigt dem Notar eine erfundene Zahlung, um den Schlüssel zu bekommen.",
    ),
    (
        "bank-signs-both",
        "Took the money, and tells the buyer that it released it.",
        "Hat das Geld genommen und sagt dem Käufer, es sei freigegeben.",
    ),
    (
        "bank-captures-alone",
        "Says that it took the money, without the buyer's permission.",
        "Sagt, es habe das Geld genommen, ohne Erlaubnis des Käufers.",
    ),
    ("bank-alters-held", "Says that it holds more than was agreed.", "Sagt, sie halte mehr fest als vereinbart."),
    (
        "bank-releases-early",
        "Says that the time of the hold is over, and it is not.",
        "Sagt, die Zeit sei um, und sie ist es nicht.",
    ),
    (
        "bank-settles-and-refunds",
        "Tells the seller “paid” and the buyer “paid back”.",
        "Sagt dem Verkäufer „ausgezahlt“ und dem Käufer „zurückgezahlt“.",
    ),
    ("bank-denies-hold", "Denies that it ever held the money.", "Leugnet, das Geld je festgehalten zu haben."),
    (
        "notary-cries-bad-escrow",
        "Says that a good box is bad, and does nothing else.",
        "Sagt, ein guter Kasten sei schlecht, und tut sonst nichts.",
    ),
    (
        "notary-says-both",
        "Tells one side “good”, the other “bad”, and does nothing else.",
        "Sagt einer Seite „gut“, der anderen „schlecht“, und tut sonst nichts.",
    ),
    (
        "notary-opens-without-capture",
        "Says that it opened the box, though nothing was paid.",
        "Sagt, der Kasten sei geöffnet, obwohl nichts gezahlt ist.",
    ),
    (
        "a-aborts-and-signs",
        "Has the notary end it, and goes on all the same.",
        "Lässt den Notar es beenden und macht trotzdem weiter.",
    ),
    ("a-keeps-signature", "Never hands over the signature.", "Gibt die Unterschrift nie heraus."),
    ("a-promises-twice", "Makes a second, different promise.", "Gibt ein zweites, anderes Versprechen."),
    ("b-keeps-signature", "Never hands over the signature.", "Gibt die Unterschrift nie heraus."),
    (
        "b-aborts",
        "Asks the notary to end it, which only the other may.",
        "Bittet den Notar, es zu beenden, was nur die andere darf.",
    ),
    ("notary-aborts-alone", "Ends it though nobody asked.", "Beendet es, obwohl niemand darum bat."),
    (
        "a-signs-and-aborts",
        "Signs, and in the same breath has the notary end it.",
        "Unterschreibt und lässt es im selben Atemzug beenden.",
    ),
    (
        "b-signs-for-a",
        "Gives the notary a second signature in the other's place.",
        "Gibt dem Notar eine zweite Unterschrift anstelle der anderen.",
    ),
    ("notary-ends-early", "Says that the time is over, and it is not.", "Sagt, die Zeit sei um, und sie ist es nicht."),
    ("notary-denies", "Denies that it has decided.", "Leugnet, dass er entschieden hat."),
    (
        "a-bad-box",
        "From the beginning: the box for the notary holds garbage.",
        "Von Anfang an: Im Kasten für den Notar ist Müll.",
    ),
    ("a-keeps-key", "Never hands over the key.", "Gibt den Schlüssel nie heraus."),
    ("a-signs-without-key", "Signs, and leaves the key out.", "Unterschreibt und lässt den Schlüssel weg."),
    ("a-sends-false-key", "Signs, with a false key.", "Unterschreibt, mit falschem Schlüssel."),
    ("b-keeps-receipt", "Never hands over the receipt.", "Gibt die Quittung nie heraus."),
    (
        "notary-cries-bad-box",
        "Says that a good box is bad, and does nothing else.",
        "Sagt, ein guter Kasten sei schlecht, und tut sonst nichts.",
    ),
    (
        "notary-gives-false-key",
        "Completes it with a false key, and does nothing else.",
        "Vollendet es mit falschem Schlüssel und tut sonst nichts.",
    ),
    (
        "a-stops-after-round",
        "From now on keeps back whatever she pledges or signs.",
        "Hält von nun an zurück, was sie verspricht oder unterschreibt.",
    ),
    (
        "a-stops-and-goes-on",
        "Tells the notary that she stops in the first round, and goes on all the same.",
        "Sagt dem Notar, sie höre in der ersten Runde auf, und macht trotzdem weiter.",
    ),
    ("a-pledges-twice", "Pledges to Ben in other words than to Clara.", "Verspricht Ben in anderen Worten als Clara."),
    (
        "b-stops-next",
        "Tells the notary that he stops in the second round, and goes on all the same.",
        "Sagt dem Notar, er höre in der zweiten Runde auf, und macht trotzdem weiter.",
    ),
    (
        "c-stops-when-done",
        "Has the whole contract, and tells the notary that she stopped in the first round.",
        "Hat den ganzen Vertrag und sagt dem Notar, sie habe in der ersten Runde aufgehört.",
    ),
    (
        "notary-halts-alone",
        "Tells Anna that nothing comes of it for her, though she never stopped.",
        "Sagt Anna, für sie werde nichts daraus, obwohl sie nie aufgehört hat.",
    ),
    (
        "notary-halts-late",
        "Tells whoever stopped that nothing comes of it, where by its rule it had to complete; does nothing else.",
        "Sagt dem, der aufgehört hat, es werde nichts daraus, wo er es nach seiner Regel vollenden musste; tut sonst nichts.",
    ),
    ("buyer-locks-less", "Orders a lock of one cent.", "Beauftragt eine Sperre von einem Cent."),
    (
        "buyer-takes-back",
        "Asks for the locked money back, though it cannot have it.",
        "Verlangt das gesperrte Geld zurück, obwohl es ihm nicht zusteht.",
    ),
    (
        "buyer-submits-unlocked",
        "Signs to the notary without having locked the money.",
        "Unterschreibt beim Notar, ohne das Geld gesperrt zu haben.",
    ),
    (
        "buyer-signs-and-aborts",
        "Signs, and in the same breath has the notary end it.",
        "Unterschreibt und lässt es im selben Atemzug beenden.",
    ),
    (
        "seller-sells-other-data",
        "From the beginning: signs that the data is something else than it is.",
        "Von Anfang an: unterschreibt, die Daten seien etwas anderes, als sie sind.",
    ),
    ("seller-never-claims", "Never shows the key.", "Zeigt den Schlüssel nie."),
    ("seller-shows-false-key", "Claims the money with a false key.", "Verlangt das Geld mit falschem Schlüssel."),
    ("seller-gives-false-key", "Gives the notary a false key.", "Gibt dem Notar einen falschen Schlüssel."),
    (
        "seller-claims-early",
        "Claims the money though nobody has decided.",
        "Verlangt das Geld, obwohl niemand entschieden hat.",
    ),
    ("seller-asks-for-more", "Asks for more than is locked.", "Verlangt mehr, als gesperrt ist."),
    (
        "seller-speaks-for-carrier",
        "Signs in the carrier's place that the parcel was handed over.",
        "Unterschreibt anstelle des Paketdienstes, dass das Paket übergeben sei.",
    ),
    (
        "carrier-guesses-code",
        "Says that it handed the parcel over, with a guessed code.",
        "Sagt, das Paket sei übergeben, mit geratenem Code.",
    ),
    (
        "carrier-keeps-parcel",
        "Has the code and keeps the parcel all the same.",
        "Hat den Code und behält das Paket trotzdem.",
    ),
    ("arbiter-rules-unasked", "Rules though nobody has objected.", "Entscheidet, obwohl niemand widersprochen hat."),
    (
        "arbiter-rules-twice",
        "Signs a second ruling, which says otherwise.",
        "Unterschreibt eine zweite Entscheidung, die anders lautet.",
    ),
    (
        "bank-pays-and-returns",
        "Has paid for the key, and tells the buyer that the money went back.",
        "Hat für den Schlüssel gezahlt und sagt dem Käufer, das Geld sei zurück.",
    ),
    (
        "bank-returns-early",
        "Says that the time is over and the money goes back, and does nothing else.",
        "Sagt, die Zeit sei um und das Geld gehe zurück, und tut sonst nichts.",
    ),
    (
        "bank-pays-for-false-key",
        "Says that it paid for a key that opens nothing, and does nothing else.",
        "Sagt, sie habe für einen Schlüssel gezahlt, der nichts öffnet, und tut sonst nichts.",
    ),
    ("bank-denies-lock", "Denies that it ever locked the money.", "Leugnet, das Geld je gesperrt zu haben."),
    (
        "bank-pays-alone",
        "Says that it paid, though nobody has decided, and does nothing else.",
        "Sagt, sie habe gezahlt, obwohl niemand entschieden hat, und tut sonst nichts.",
    ),
    (
        "bank-returns-despite-row",
        "Gives the money back though the notary's row says pay, and does nothing else.",
        "Gibt das Geld zurück, obwohl die Zeile des Notars die Zahlung sagt, und tut sonst nichts.",
    ),
    (
        "bank-divides-early",
        "Says that the parcel did not come in time, and it still could; does nothing else.",
        "Sagt, das Paket sei nicht rechtzeitig gekommen, und es könnte noch; tut sonst nichts.",
    ),
    (
        "bank-divides-otherwise",
        "Divides otherwise than the arbiter says, and does nothing else.",
        "Teilt anders, als der Schlichter sagt, und tut sonst nichts.",
    ),
];

/// Where money is given for money.
pub(super) const OF_CHANGE: &[Row] = &[
    (
        "a-takes-back",
        "Asks for the locked money back, though she cannot have it.",
        "Verlangt das gesperrte Geld zurück, obwohl es ihr nicht zusteht.",
    ),
    (
        "a-submits-unlocked",
        "Signs to the notary without having locked the money.",
        "Unterschreibt beim Notar, ohne das Geld gesperrt zu haben.",
    ),
    ("b-never-locks", "Never has his money locked.", "Lässt sein Geld nie sperren."),
    (
        "b-claims-early",
        "Claims the money though nobody has decided.",
        "Verlangt das Geld, obwohl niemand entschieden hat.",
    ),
    (
        "notary-says-both",
        "Has decided that it is complete, tells Anna that nothing comes of it, and does nothing else.",
        "Hat entschieden, dass es vollendet ist, sagt Anna, daraus werde nichts, und tut sonst nichts.",
    ),
];

/// Of a container of goods.
pub(super) const OF_TRANSFER: &[Row] = &[
    (
        "a-names-another-file",
        "From the beginning: the list names another file than its parts make up.",
        "Von Anfang an: Die Liste nennt eine andere Datei, als die Teile ergeben.",
    ),
    (
        "a-leaves-signature-out",
        "Announces it with a list that says “signed”, and leaves the signature out.",
        "Kündigt es mit einer Liste an, die „unterschrieben“ sagt, und lässt die Unterschrift weg.",
    ),
    (
        "a-sends-openly",
        "Announces openly what the list calls sealed.",
        "Kündigt offen an, was die Liste versiegelt nennt.",
    ),
    (
        "a-forges-sender",
        "Announces it with a signature that is not the sender's.",
        "Kündigt es mit einer Unterschrift an, die nicht die des Absenders ist.",
    ),
    (
        "a-passes-box-on",
        "Passes on as its own what somebody else sealed for the receiver.",
        "Gibt als Eigenes weiter, was ein anderer für den Empfänger versiegelt hat.",
    ),
    ("a-sends-noise", "Sends noise in place of a part.", "Sendet Rauschen statt eines Teils."),
    ("a-keeps-parts", "Keeps the parts back.", "Hält die Teile zurück."),
    (
        "b-asks-for-more",
        "Asks for a part of something that is not in it.",
        "Bittet um einen Teil von etwas, das nicht darin ist.",
    ),
    ("b-says-taken-early", "Says that it has all, and has nothing.", "Sagt, er habe alles, und hat nichts."),
    ("b-denies", "Has all of it, and says that nothing came of it.", "Hat alles und sagt, nichts sei daraus geworden."),
];

/// Of money for a receipt.
pub(super) const OF_PAYMENT: &[Row] = &[
    ("seller-keeps-receipt", "Never hands the receipt over.", "Gibt die Quittung nie heraus."),
    (
        "seller-invents-reference",
        "Sends a receipt for a reference that the bank never gave.",
        "Sendet eine Quittung für eine Referenz, die die Bank nie gegeben hat.",
    ),
    (
        "seller-orders-for-payer",
        "Orders the payment from the payer's account, with its own key.",
        "Beauftragt die Zahlung vom Konto des Zahlers, mit eigenem Schlüssel.",
    ),
    (
        "seller-denies-receipt",
        "Has the money, and signs that it was for something else.",
        "Hat das Geld und unterschreibt, es sei für etwas anderes gewesen.",
    ),
    ("buyer-pays-less", "Pays one cent over the reference.", "Zahlt einen Cent über die Referenz."),
    (
        "buyer-misquotes-receipt",
        "Says that it agreed to pay for a whole year.",
        "Sagt, er habe der Zahlung für ein ganzes Jahr zugestimmt.",
    ),
    (
        "buyer-forges-word",
        "Shows the payee a word of the bank that it signed itself.",
        "Zeigt dem Empfänger ein selbst unterschriebenes Wort der Bank.",
    ),
    (
        "bank-says-unordered",
        "Tells the payee that it is paid, though nobody ordered it, and does nothing else.",
        "Sagt dem Empfänger, es sei gezahlt, obwohl niemand es beauftragt hat, und tut sonst nichts.",
    ),
    (
        "bank-passes-on-less",
        "Says that the payer's order was for 30.00 EUR, and does nothing else.",
        "Sagt, der Auftrag des Zahlers laute über 30,00 EUR, und tut sonst nichts.",
    ),
    (
        "bank-tells-two-stories",
        "Has paid 40.00 EUR, and tells the payee 30.00.",
        "Hat 40,00 EUR gezahlt und sagt dem Empfänger 30,00.",
    ),
    (
        "bank-denies-payment",
        "Has paid, keeps its word back, and tells the payer that it does not pay.",
        "Hat gezahlt, hält ihr Wort zurück und sagt dem Zahler, sie zahle nicht.",
    ),
];

/// What means something else in rounds.
pub(super) const OF_ROUNDS: &[Row] = &[(
    "notary-says-both",
    "Tells whoever stopped “nothing comes of it”, the others “complete”, and does nothing else.",
    "Sagt dem, der aufgehört hat, „daraus wird nichts“, den anderen „vollendet“, und tut sonst nichts.",
)];

/// What means something else in a joint deal.
pub(super) const OF_DEAL: &[Row] = &[(
    "notary-says-both",
    "Has decided that it is complete, tells the buyer that nothing comes of it, and does nothing else.",
    "Hat entschieden, dass es vollendet ist, sagt dem Käufer, daraus werde nichts, und tut sonst nichts.",
)];

/// What means something else about a letter or contract.
pub(super) const OF_MAIL: &[Row] = &[
    (
        "notary-says-both",
        "Tells one “nothing comes of it”, the other “complete”.",
        "Sagt einem „daraus wird nichts“, dem anderen „vollendet“.",
    ),
    (
        "b-signs-for-a",
        "Gives the notary a signature in the sender's place.",
        "Gibt dem Notar eine Unterschrift anstelle des Absenders.",
    ),
];
