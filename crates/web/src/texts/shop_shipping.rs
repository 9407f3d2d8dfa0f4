//! What the shop's page of shipping and payment says.

use super::texts;

texts! {
    /// Shipping, how parcels are paid, who decides.
    Terms {
        title: "Shipping and payment" / "Versand und Zahlung";
        intro: "This stands in every offer of parcels that the shop makes from now on. What was offered or ordered before stays as it was said." / "Das steht in jedem Angebot von Paketen, das der Shop von jetzt an macht. Was vorher angeboten oder bestellt wurde, bleibt, wie es gesagt war.";
        saved: "Saved. It holds for offers from now on." / "Gespeichert. Es gilt für Angebote ab jetzt.";
        same: "Nothing was changed." / "Nichts wurde geändert.";
        read_only: "You may look at this; changing it is for whoever may change prices." / "Sie können das ansehen; ändern darf es, wer Preise ändern darf.";
        cost_title: "Cost and time" / "Kosten und Zeit";
        cost: "Shipping of one order in EUR, VAT included" / "Versand einer Bestellung in EUR, mit MwSt.";
        cost_hint: "For all parts of the order together, such as 4.90; 0 for none." / "Für alle Sendungen der Bestellung zusammen, etwa 4,90; 0 für keinen.";
        vat: "VAT on the shipping in percent" / "MwSt. auf den Versand in Prozent";
        days: "Days" / "Tage";
        days_hint: "Within so many days you ship, and within so many more a parcel comes; 1 to 365." / "Binnen so vieler Tage versenden Sie, und binnen noch einmal so vieler kommt ein Paket; 1 bis 365.";
        returns: "Who pays for sending back" / "Wer die Rücksendung zahlt";
        returns_buyer: "the buyer" / "der Käufer";
        returns_seller: "the shop" / "der Shop";
        pay: "When parcels are paid" / "Wann Pakete bezahlt werden";
        pay_locked: "Locked: the bank keeps the buyer's money before you ship, and pays you when the parcel came." / "Gesperrt: Die Bank verwahrt das Geld des Käufers, bevor Sie versenden, und zahlt Ihnen, wenn das Paket da ist.";
        pay_shipping: "On shipping: the buyer pays when you say that you shipped, and has to trust you." / "Beim Versand: Der Käufer zahlt, wenn Sie den Versand melden, und muss Ihnen vertrauen.";
        locked: "locked before you ship" / "gesperrt, bevor Sie versenden";
        on_shipping: "on shipping" / "beim Versand";
        arbiter: "Disputes about locked money are decided by" / "Streit über gesperrtes Geld entscheidet";
        arbiter_none: "nobody: there is no notary on your list, so parcels with locked money are not offered" / "niemand: Auf Ihrer Liste steht kein Notar, also werden Pakete mit gesperrtem Geld nicht angeboten";
        parts: "What is one shipment, where money is locked" / "Was eine Sendung ist, wo Geld gesperrt wird";
        parts_whole: "The whole order: one lock." / "Die ganze Bestellung: eine Sperre.";
        parts_lines: "Each line by itself: it can be shipped and paid by itself." / "Jede Zeile für sich: Sie kann für sich versandt und bezahlt werden.";
        parts_ask: "You say it when you accept an order of several lines." / "Sie sagen es, wenn Sie eine Bestellung mit mehreren Zeilen annehmen.";
        carrier: "A carrier's word" / "Das Wort eines Transporteurs";
        carrier_text: "Where money is locked, a carrier may state that it gave the parcel away for the buyer's code. Then the buyer's time to object begins with that, and without that word the money goes back." / "Wo Geld gesperrt ist, kann ein Transporteur erklären, dass er das Paket gegen den Code des Käufers übergeben hat. Dann beginnt damit die Frist des Käufers zu widersprechen, und ohne dieses Wort geht das Geld zurück.";
        carrier_now: "Asked for now is that of {}." / "Verlangt wird jetzt das von {}.";
        carrier_none: "None is asked for now: silence after the time to come and to look is enough." / "Jetzt wird keines verlangt: Schweigen nach der Zeit zum Ankommen und Prüfen genügt.";
        carrier_keep: "Leave it so." / "So lassen.";
        carrier_drop: "Ask for no carrier's word." / "Kein Wort eines Transporteurs verlangen.";
        carrier_set: "Ask for the word of this carrier:" / "Das Wort dieses Transporteurs verlangen:";
        card: "The carrier's card, as a file" / "Die Karte des Transporteurs, als Datei";
        card_text: "Or the text of the card" / "Oder der Text der Karte";
        card_hint: "The carrier has it by semper contract card; it begins with BEGIN CERTIFICATE." / "Der Transporteur erhält sie mit semper contract card; sie beginnt mit BEGIN CERTIFICATE.";
        save: "Save these terms" / "Diese Bedingungen speichern";
        notaries: "Notaries" / "Notare";
        notaries_text: "The first one decides disputes about locked money, if the buyer takes it too. One that is off the list decides nothing new; what is under way with it goes on." / "Der erste entscheidet Streit über gesperrtes Geld, wenn auch der Käufer ihn nimmt. Wer nicht auf der Liste steht, entscheidet nichts Neues; was mit ihm läuft, geht weiter.";
        notaries_none: "No notary yet. semper link notary ADDRESS opens a connection to one." / "Noch kein Notar. semper link notary ADRESSE stellt eine Verbindung zu einem her.";
        list_changed: "The list of notaries was changed." / "Die Liste der Notare wurde geändert.";
        place: "Place" / "Platz";
        off: "off the list" / "nicht auf der Liste";
        words: "Four words" / "Vier Wörter";
        limit: "May be relied on, per deal, up to" / "Verlässlich je Geschäft bis";
        no_limit: "no limit stated" / "keine Grenze genannt";
        prefer: "Put {} first" / "{} an die erste Stelle";
        drop: "Take {} off the list" / "{} von der Liste nehmen";
        wrong_cost: "An amount such as 4.90, or 0." / "Ein Betrag wie 4,90, oder 0.";
        wrong_vat: "A number of percent from 0 to 99, such as 19." / "Eine Zahl in Prozent von 0 bis 99, etwa 19.";
        wrong_days: "A whole number from 1 to 365." / "Eine ganze Zahl von 1 bis 365.";
        wrong_choice: "Choose one of these." / "Wählen Sie eines davon.";
        wrong_card: "Choose the carrier's card, or paste its text." / "Wählen Sie die Karte des Transporteurs, oder fügen Sie ihren Text ein.";
    }
}
