//! Data for money.

use super::super::texts;

texts! {
    /// Data for money.
    Wares {
        title: "Data for money" / "Daten gegen Geld";
        text: "A file is sealed; its key is what is sold. The buyer's bank locks the price and gives it to the seller only with the key, which then is the buyer's. Otherwise the money goes back by itself." / "Eine Datei wird versiegelt; verkauft wird ihr Schlüssel. Die Bank des Käufers sperrt den Preis und gibt ihn dem Verkäufer nur gegen den Schlüssel, den dann der Käufer hat. Sonst geht das Geld von selbst zurück.";
        none: "Nothing sold or bought yet." / "Noch nichts verkauft oder gekauft.";
        new: "Sell a file" / "Eine Datei verkaufen";
        sold: "you sell" / "Sie verkaufen";
        bought: "you buy" / "Sie kaufen";
        given: "Somebody offers you a file" / "Jemand bietet Ihnen eine Datei an";
        given_label: "The file from the seller" / "Die Datei vom Verkäufer";
        given_hint: "The trusted screen then shows what it is, who sells it and for how much. Nothing is ordered before you agree there." / "Der vertrauenswürdige Schirm zeigt dann, was es ist, wer es verkauft und für wie viel. Nichts wird bestellt, bevor Sie dort zustimmen.";
        given_go: "Look at it on the trusted screen" / "Auf dem vertrauenswürdigen Schirm ansehen";
        given_wrong: "This cannot be bought" / "Das lässt sich nicht kaufen";
        field_file: "The file" / "Die Datei";
        field_file_hint: "At most 256 KiB. Nobody can read it without its key." / "Höchstens 256 KiB. Niemand kann sie ohne ihren Schlüssel lesen.";
        field_title: "What the buyer is told that it is" / "Was dem Käufer davon gesagt wird";
        field_title_hint: "You sign this. If the file is something else, it convicts you." / "Das unterschreiben Sie. Ist die Datei etwas anderes, überführt es Sie.";
        field_price: "Price" / "Preis";
        field_price_hint: "In the currency of the purse, such as 12.50" / "In der Währung des Geldbeutels, etwa 12,50";
        field_purse: "Into which purse" / "In welchen Geldbeutel";
        field_hours: "Hours in which a buyer's money stays locked at most" / "Stunden, die das Geld eines Käufers höchstens gesperrt bleibt";
        field_days: "Days on sale" / "Tage im Verkauf";
        field_hash: "Name the file's SHA-256 in the offer, for buyers who know it from elsewhere" / "Den SHA-256 der Datei im Angebot nennen, für Käufer, die ihn von anderswo kennen";
        make: "Offer it, on the trusted screen" / "Anbieten, auf dem vertrauenswürdigen Schirm";
        wrong_file: "Choose a file of at most 256 KiB" / "Wählen Sie eine Datei von höchstens 256 KiB";
        wrong_title: "Say what it is" / "Sagen Sie, was es ist";
        wrong_price: "An amount above zero, such as 12.50; you need a purse for it" / "Ein Betrag über null, etwa 12,50; dafür brauchen Sie einen Geldbeutel";
        wrong_hours: "A number from 1 to 720" / "Eine Zahl von 1 bis 720";
        wrong_days: "A number from 1 to 29" / "Eine Zahl von 1 bis 29";
        file: "File" / "Datei";
        bytes: "{}, {} bytes sealed" / "{}, versiegelt {} Bytes";
        price: "Price" / "Preis";
        seller: "Seller" / "Verkäufer";
        buyer: "Buyer" / "Käufer";
        you: "you" / "Sie";
        anybody: "whoever has the file" / "wer die Datei hat";
        bank: "Locked at" / "Gesperrt bei";
        until_sold: "On sale until" / "Im Verkauf bis";
        until_bought: "Locked at most until" / "Gesperrt höchstens bis";
        counts: "Buyers so far" / "Käufer bisher";
        counted: "{} paid, {} went back, {} open" / "{} gezahlt, {} zurück, {} offen";
        otherwise: "If the other side stops" / "Wenn die andere Seite aufhört";
        give: "Give this file to buyers, by any means" / "Geben Sie diese Datei den Käufern, auf beliebigem Weg";
        save_offer: "Save the file for buyers" / "Die Datei für Käufer speichern";
        save: "Save what was bought" / "Gekauftes speichern";
        evidence: "Evidence" / "Beweispaket";
        back: "All data" / "Alle Daten";
        done: "Done." / "Erledigt.";
        abort_sold: "Sell no more of it" / "Nicht mehr verkaufen";
        abort_bought: "Step back from this purchase" / "Von diesem Kauf zurücktreten";
        resume: "Ask the bank" / "Die Bank fragen";
        grade: "Money and key change hands in one row at the bank. Whether the file is what was promised shows afterwards; if not, you have proof, but not the money." / "Geld und Schlüssel wechseln bei der Bank in einem Schritt. Ob die Datei ist, was versprochen war, zeigt sich danach; wenn nicht, haben Sie einen Beweis, aber nicht das Geld.";
        s_sold_draft: "The trusted screen asks whether to offer it. Nobody can buy it yet." / "Der vertrauenswürdige Schirm fragt, ob Sie es anbieten. Noch kann es niemand kaufen.";
        s_sold_offered: "On sale to whoever has the file." / "Im Verkauf für jeden, der die Datei hat.";
        s_sold_due: "A buyer's money is locked. Agree to the claim on the trusted screen: the bank is shown the key and pays you." / "Das Geld eines Käufers ist gesperrt. Stimmen Sie der Forderung auf dem vertrauenswürdigen Schirm zu: Der Bank wird der Schlüssel gezeigt, und sie zahlt.";
        s_sold_paid: "Paid; the buyer has the key." / "Gezahlt; der Käufer hat den Schlüssel.";
        s_sold_over: "It is not on sale any more." / "Es ist nicht mehr im Verkauf.";
        s_bought_draft: "The trusted screen asks whether to buy it. Nothing is ordered yet." / "Der vertrauenswürdige Schirm fragt, ob Sie es kaufen. Noch ist nichts bestellt.";
        s_bought_agreed: "The bank is ordered to lock the price." / "Die Bank ist angewiesen, den Preis zu sperren.";
        s_bought_due: "The price is locked. The seller gets it by showing the bank the key, which you then have." / "Der Preis ist gesperrt. Der Verkäufer bekommt ihn, indem er der Bank den Schlüssel zeigt, den Sie dann haben.";
        s_bought_received: "The key is here: the file can be read. It is paid." / "Der Schlüssel ist da: Die Datei ist lesbar. Sie ist bezahlt.";
        s_bought_wrong: "The key is here, and what it opens is not what the seller signed. The evidence convicts the seller." / "Der Schlüssel ist da, und was er öffnet, ist nicht, was der Verkäufer unterschrieben hat. Das Beweispaket überführt den Verkäufer.";
        s_bought_back: "The money is back, and nobody has given you the key." / "Das Geld ist zurück, und niemand hat Ihnen den Schlüssel gegeben.";
        s_bought_nothing: "Nothing was bought; the money never left." / "Nichts wurde gekauft; das Geld blieb da.";
        o_sold: "If the key is not shown in time, the money goes back and the key stays here." / "Wird er nicht rechtzeitig gezeigt, geht das Geld zurück und der Schlüssel bleibt hier.";
        o_ordered: "What is not locked in time never leaves your account." / "Was nicht rechtzeitig gesperrt wird, verlässt Ihr Konto nie.";
        o_bought: "The money comes back to you by itself when the time is over." / "Das Geld kommt von selbst zu Ihnen zurück, wenn die Zeit um ist.";
    }
}
