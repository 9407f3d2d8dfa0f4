//! Payment for receipt.

use super::super::texts;

texts! {
    /// Payment for receipt.
    Payments {
        title: "Paid for a receipt" / "Zahlen gegen Quittung";
        text: "Whoever asks to be paid signs the receipt first; it counts as soon as the bank says that the money was paid. So nobody pays without having a receipt, and nobody gives one away." / "Wer Geld verlangt, unterschreibt zuerst die Quittung; sie gilt, sobald die Bank sagt, dass gezahlt wurde. So zahlt niemand ohne Quittung, und niemand gibt eine umsonst her.";
        none: "Nothing was asked or paid yet." / "Noch wurde nichts verlangt oder gezahlt.";
        caption: "Payments" / "Zahlungen";
        new: "Ask to be paid" / "Geld verlangen";
        title_in: "To be paid: {}" / "Zu bekommen: {}";
        title_out: "To pay: {}" / "Zu zahlen: {}";
        given: "Somebody asks you to pay" / "Jemand verlangt Geld von Ihnen";
        given_label: "The payment request, as text" / "Die Zahlungsbitte, als Text";
        given_file: "Or as a file" / "Oder als Datei";
        given_hint: "The trusted screen then shows you who is paid, how much and what for. Nothing is paid before you agree there." / "Der vertrauenswürdige Schirm zeigt Ihnen dann, wer wie viel wofür bekommt. Nichts wird gezahlt, bevor Sie dort zustimmen.";
        given_go: "Look at it on the trusted screen" / "Auf dem vertrauenswürdigen Schirm ansehen";
        given_wrong: "This is no payment request that could be paid" / "Das ist keine Zahlungsbitte, die sich zahlen ließe";
        amount: "Amount" / "Betrag";
        what_for: "What for" / "Wofür";
        who: "Paid to" / "An";
        you: "you" / "Sie";
        until: "Can be paid until" / "Zahlbar bis";
        state: "Where it stands" / "Wie es steht";
        paid_at: "Paid" / "Gezahlt";
        field_amount_hint: "In EUR, such as 12.50" / "In EUR, etwa 12,50";
        field_text_hint: "Stands on the receipt. The bank does not see it." / "Steht auf der Quittung. Die Bank sieht es nicht.";
        field_days: "Days in which it can be paid" / "Tage, in denen gezahlt werden kann";
        make: "Sign the receipt on the trusted screen" / "Die Quittung auf dem vertrauenswürdigen Schirm unterschreiben";
        wrong_amount: "An amount above zero, such as 12.50" / "Ein Betrag über null, etwa 12,50";
        wrong_text: "Say what it is for, at most 500 bytes" / "Sagen Sie, wofür, höchstens 500 Bytes";
        wrong_days: "A number from 1 to 30" / "Eine Zahl von 1 bis 30";
        wrong_made: "It could not be asked for: {}" / "Das ließ sich nicht verlangen: {}";
        hand: "Hand this to whoever pays" / "Geben Sie dies dem Zahler";
        hand_text: "By any means: it is no secret, and nobody but you is paid by it." / "Auf beliebigem Weg: Es ist kein Geheimnis, und niemand außer Ihnen wird damit bezahlt.";
        hand_soon: "It is ready as soon as the receipt is signed on the trusted screen and the bank has given a reference." / "Es ist bereit, sobald die Quittung auf dem vertrauenswürdigen Schirm unterschrieben ist und die Bank eine Referenz gegeben hat.";
        file: "As a file" / "Als Datei";
        evidence: "Receipt as evidence" / "Quittung als Beweispaket";
        back: "All payments" / "Alle Zahlungen";
        done: "Done." / "Erledigt.";
        s_due: "the notary's bill; not paid yet" / "Rechnung des Notars; noch nicht gezahlt";
        s_waiting: "the bank is asked for a reference" / "die Bank ist um eine Referenz gefragt";
        s_asked: "the trusted screen asks you" / "der vertrauenswürdige Schirm fragt Sie";
        s_open: "can be paid" / "kann gezahlt werden";
        s_ended: "out of time; nothing was paid" / "abgelaufen; nichts wurde gezahlt";
        s_paid: "paid; the receipt counts" / "gezahlt; die Quittung gilt";
        s_ordered: "the bank is ordered to pay" / "die Bank ist angewiesen zu zahlen";
        s_receipt: "paid; you have the receipt" / "gezahlt; Sie haben die Quittung";
    }
}
