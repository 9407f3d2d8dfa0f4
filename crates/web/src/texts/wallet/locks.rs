//! Locked money, as the buyer reads it.

use super::super::texts;

texts! {
    /// What the bank keeps for parcels, and what can be said about it.
    Locks {
        lines: "For" / "Für";
        window: "Time to look" / "Zeit zum Prüfen";
        window_days: "{} days for it to come, then {} days for you to look at it" / "{} Tage, bis es da sein soll, dann {} Tage für Sie zum Prüfen";
        window_carried: "{} days for the carrier to bring it; from its word on, {} days for you to look at it" / "{} Tage für den Transporteur; von seinem Wort an {} Tage für Sie zum Prüfen";
        silence: "What silence means" / "Was Schweigen bedeutet";
        silence_agreed: "If it is not locked by then, nobody owes anything for it." / "Ist es bis dahin nicht gesperrt, schuldet niemand etwas dafür.";
        silence_locked: "If the shop has not shipped by then, the bank gives it back to you." / "Hat der Shop bis dahin nicht versandt, gibt die Bank es Ihnen zurück.";
        silence_looking: "If you say nothing by then, the bank pays the shop. Until then you can confirm, complain, or have the arbiter decide." / "Sagen Sie bis dahin nichts, zahlt die Bank dem Shop. Bis dahin können Sie bestätigen, sich beschweren oder die Schiedsstelle entscheiden lassen.";
        silence_carried: "If the carrier has not said by then that it came, the bank gives it back to you." / "Hat der Transporteur bis dahin nicht erklärt, dass es ankam, gibt die Bank es Ihnen zurück.";
        silence_back: "If the arbiter has not ruled by then, the bank gives it back to you." / "Hat die Schiedsstelle bis dahin nicht entschieden, gibt die Bank es Ihnen zurück.";
        silence_paid: "If the arbiter has not ruled by then, the bank pays the shop." / "Hat die Schiedsstelle bis dahin nicht entschieden, zahlt die Bank dem Shop.";
        basis: "Because" / "Weil";
        basis_approved: "you confirmed that it arrived" / "Sie den Erhalt bestätigt haben";
        basis_not_arrived: "the carrier did not say in time that it came" / "der Transporteur nicht rechtzeitig erklärt hat, dass es ankam";
        basis_not_shipped: "it was not shipped in time" / "nicht rechtzeitig versandt wurde";
        basis_ruled: "the arbiter ruled so" / "die Schiedsstelle so entschieden hat";
        basis_unobjected: "nobody objected in time" / "niemand rechtzeitig widersprochen hat";
        basis_unruled: "the arbiter did not rule in time" / "die Schiedsstelle nicht rechtzeitig entschieden hat";

        received_effect: "You state that the parcel came and is what was described, and the bank pays the shop at once. After that you can still withdraw in time, but not have the arbiter decide. The trusted screen asks before anything is sent." / "Sie erklären, dass die Sendung ankam und der Beschreibung entspricht, und die Bank zahlt dem Shop sofort. Danach können Sie noch fristgerecht widerrufen, aber nicht mehr die Schiedsstelle entscheiden lassen. Der vertrauenswürdige Schirm fragt, bevor etwas gesendet wird.";
        complain_effect: "You tell the shop in writing what is wrong, and the bank that you object: the money stays locked until you and the shop agree or the arbiter rules. Download the evidence afterwards and give it to the arbiter. The trusted screen asks before anything is sent." / "Sie teilen dem Shop schriftlich mit, was nicht stimmt, und der Bank, dass Sie widersprechen: Das Geld bleibt gesperrt, bis Sie sich mit dem Shop einigen oder die Schiedsstelle entscheidet. Laden Sie danach die Beweise herunter und geben Sie sie der Schiedsstelle. Der vertrauenswürdige Schirm fragt, bevor etwas gesendet wird.";
        cancel_effect: "You ask the shop to cancel what it has not handed over to a carrier. It confirms that and gives back what is locked for it; what is on its way stays ordered. If it does not answer, the bank gives the money back when the time to ship is over. The trusted screen asks before anything is sent." / "Sie bitten den Shop, alles zu stornieren, was er noch nicht an einen Zusteller übergeben hat. Er bestätigt es und gibt frei, was dafür gesperrt ist; was unterwegs ist, bleibt bestellt. Antwortet er nicht, gibt die Bank das Geld zurück, wenn die Zeit zum Versenden vorbei ist. Der vertrauenswürdige Schirm fragt, bevor etwas gesendet wird.";

        act_dispute: "Have the arbiter decide" / "Schiedsstelle entscheiden lassen";
        act_dispute_effect: "You tell the bank that you object, and nobody else: the money stays locked until the arbiter rules or the last day has passed. The bank gets only the hash of your reason. To tell the shop as well, complain: that stops the money, too. It follows from your order, so the trusted screen asks only if your preferences say so." / "Sie sagen der Bank, und niemandem sonst, dass Sie widersprechen: Das Geld bleibt gesperrt, bis die Schiedsstelle entscheidet oder der letzte Tag vorbei ist. Die Bank erhält nur den Hash Ihres Grundes. Um es auch dem Shop zu sagen, beschweren Sie sich: auch das hält das Geld an. Es folgt aus Ihrer Bestellung, also fragt der vertrauenswürdige Schirm nur, wenn Ihre Einstellungen es verlangen.";
        dispute_reason_hint: "Up to 500 characters. Keep these words: the arbiter compares them with the hash that the bank has." / "Bis zu 500 Zeichen. Bewahren Sie diesen Text auf: Die Schiedsstelle vergleicht ihn mit dem Hash, den die Bank hat.";

        act_bring: "Show the bank a ruling or a carrier's word" / "Der Bank einen Spruch oder das Wort des Transporteurs zeigen";
        act_bring_effect: "Somebody else's signed word goes to the bank: that of the carrier that the parcel was handed over, or the ruling of the arbiter. It is checked here first, and you sign nothing. A ruling divides the money for good; the first one counts." / "Das unterschriebene Wort eines anderen geht an die Bank: das des Transporteurs, dass das Paket übergeben wurde, oder der Spruch der Schiedsstelle. Es wird hier zuerst geprüft, und Sie unterschreiben nichts. Ein Spruch teilt das Geld endgültig; der erste gilt.";
        statement_file: "The file that you were given" / "Die Datei, die Sie bekommen haben";
        statement: "Or its content" / "Oder ihr Inhalt";
        statement_hint: "One long line of letters, digits and dots." / "Eine lange Zeile aus Buchstaben, Ziffern und Punkten.";
        statement_missing: "Choose the file, or paste its content." / "Wählen Sie die Datei, oder fügen Sie ihren Inhalt ein.";
        statement_wrong: "The bank is not shown this: {}." / "Das wird der Bank nicht gezeigt: {}.";
        brought: "The bank is shown it. What it makes of it stands below." / "Die Bank bekommt es gezeigt. Was sie daraus macht, steht unten.";
    }
}
