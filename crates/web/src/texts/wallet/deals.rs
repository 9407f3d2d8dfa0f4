//! Deals: what is due, by whom, until when.

use super::super::texts;

texts! {
    /// The pages of deals.
    Deals {
        title: "Your deals" / "Ihre Geschäfte";
        deal: "Deal" / "Geschäft";
        none: "You have no deals yet. Open a shop, put something into the basket and hand over to this wallet." / "Sie haben noch keine Geschäfte. Öffnen Sie einen Shop, legen Sie etwas in den Korb und übergeben Sie an diese Wallet.";
        yours: "Your turn" / "Sie sind dran";
        theirs: "Others' turn" / "Andere sind dran";
        done: "Done" / "Erledigt";
        next: "Next" / "Als Nächstes";
        until: "Until" / "Bis";
        otherwise: "Otherwise" / "Sonst";
        at_risk: "At risk for you" / "Ihr Risiko";
        shop: "Shop" / "Shop";
        total: "Total" / "Summe";
        paid: "Paid" / "Bezahlt";
        refunded: "Paid back" / "Zurückgezahlt";
        shipping: "Shipping" / "Versand";
        opened: "Begun" / "Begonnen";
        ended_because: "It ended because" / "Es endete, weil";
        unnamed: "Not offered yet" / "Noch nicht angeboten";
        no_date: "no date" / "kein Termin";
        lines: "What is bought" / "Was gekauft wird";
        article: "Article" / "Artikel";
        quantity: "Quantity" / "Menge";
        price: "Price" / "Preis";
        sum: "Sum" / "Summe";
        vat: "VAT" / "MwSt.";
        shipped: "Shipped" / "Versandt";
        cancelled: "Cancelled" / "Storniert";
        parts: "Parcels" / "Sendungen";
        part: "Parcel {}" / "Sendung {}";
        carrier: "Carrier" / "Zusteller";
        tracking: "Tracking number" / "Sendungsnummer";
        handed_over: "Handed over" / "Übergeben";
        pay_until: "Pay until" / "Zahlen bis";
        accept_until: "Counts as received after" / "Gilt als erhalten nach dem";
        withdraw_until: "You may withdraw until" / "Widerruf möglich bis";
        received_at: "Received" / "Erhalten";
        by_default: "by the clock, without your word" / "durch Zeitablauf, ohne Ihr Wort";
        complaint: "Your complaint" / "Ihre Beschwerde";
        withdrawn_at: "Withdrawn" / "Widerrufen";
        acknowledged_at: "Acknowledged by the seller" / "Vom Verkäufer bestätigt";
        fairness: "How fair is this?" / "Wie fair ist das?";
        strong: "strong" / "stark";
        weak: "weak" / "schwach";
        kept: "weak, but nobody pays first" / "schwach, aber niemand zahlt zuerst";
        kept_text: "The bank keeps the money of each parcel until the goods are there. If nothing is shipped in time, it comes back. If you say nothing in time after the shipment, it is paid; if you complain, the arbiter named in the offer decides. Nobody can see for you what is in a parcel." / "Die Bank verwahrt das Geld jeder Sendung, bis die Ware da ist. Wird nicht rechtzeitig versandt, kommt es zurück. Sagen Sie nach dem Versand nicht rechtzeitig etwas, wird es gezahlt; beschweren Sie sich, entscheidet die im Angebot genannte Schiedsstelle. Was in einem Paket ist, kann niemand für Sie sehen.";
        risk_kept: "{} are locked for what is on its way. If you and the seller disagree, the arbiter decides who has them." / "{} sind für das gesperrt, was unterwegs ist. Sind Sie und der Verkäufer uneins, entscheidet die Schiedsstelle, wer sie bekommt.";
        locks: "Locked money" / "Gesperrtes Geld";
        lock: "For what will be one parcel" / "Für eine künftige Sendung";
        lock_of: "For parcel {}" / "Für Sendung {}";
        lock_state: "State" / "Stand";
        lock_until: "The bank acts by itself on" / "Die Bank handelt von selbst am";
        lock_paid: "Paid to the seller" / "An den Verkäufer gezahlt";
        lock_back: "Back with you" / "Wieder bei Ihnen";
        pickup_code: "Pickup code: tell it to whoever brings the parcel, and to nobody before" / "Abholcode: Sagen Sie ihn dem, der das Paket bringt, und niemandem vorher";
        lock_agreed: "not locked yet" / "noch nicht gesperrt";
        lock_locked: "locked; nothing is shipped" / "gesperrt; es ist nichts versandt";
        lock_consigned: "locked; shipped" / "gesperrt; versandt";
        lock_arrived: "locked; it came, says the carrier" / "gesperrt; angekommen, sagt der Transporteur";
        lock_disputed: "locked; the arbiter decides" / "gesperrt; die Schiedsstelle entscheidet";
        lock_divided: "divided for good" / "endgültig geteilt";
        lock_returned: "back, or never locked" / "zurück oder nie gesperrt";
        arbiter: "Who rules on a dispute" / "Wer einen Streit entscheidet";
        carrier_word: "Carrier who must say that it came" / "Transporteur, der die Ankunft erklären muss";
        hearing_days: "For a ruling" / "Für einen Spruch";
        silent: "Without a ruling, disputed money is for" / "Ohne Spruch bekommt strittiges Geld";
        strong_text: "This is a fair exchange: the bank holds the money until the key to the file is there. If they stop now, you lose nothing; the hold goes back, or the notary gives you the key." / "Das ist ein fairer Austausch: Die Bank hält das Geld, bis der Schlüssel zur Datei da ist. Hört die Gegenseite jetzt auf, verlieren Sie nichts; die Reservierung geht zurück, oder der Notar gibt Ihnen den Schlüssel.";
        weak_text: "This is not a fair exchange: you and the shop perform one after the other. If they stop now, you hold signed proof of what they owe, but nobody holds the money for you." / "Das ist kein fairer Austausch: Sie und der Shop leisten nacheinander. Hört die Gegenseite jetzt auf, haben Sie einen unterschriebenen Beweis, was sie schuldet, aber niemand hält das Geld für Sie.";
        risk_none: "If they stop now, you lose nothing." / "Hört die Gegenseite jetzt auf, verlieren Sie nichts.";
        risk_proof: "If they stop now, you may lose {}. You hold proof for it." / "Hört die Gegenseite jetzt auf, können Sie {} verlieren. Sie haben dafür einen Beweis.";
        risk_some: "If they stop now, you may lose {}." / "Hört die Gegenseite jetzt auf, können Sie {} verlieren.";
        timeline: "What happened so far" / "Was bisher geschah";
        documents: "Signed documents" / "Unterschriebene Dokumente";
        kind: "Document" / "Dokument";
        signer: "Signed by" / "Unterschrieben von";
        issued: "Issued" / "Ausgestellt";
        hash: "Hash" / "Hash";
        address: "Delivery address" / "Lieferadresse";
        terms: "Terms" / "Bedingungen";
        delivery_days: "Delivery within" / "Lieferung innerhalb von";
        accept_days: "To look at it" / "Zum Prüfen";
        withdraw_days: "To withdraw" / "Zum Widerrufen";
        pay_days: "To pay" / "Zum Zahlen";
        days: "{} days" / "{} Tage";
        return_costs: "Return is paid by" / "Rücksendung zahlt";
        actions: "What you can do" / "Was Sie tun können";
        number: "Number of the deal" / "Nummer des Geschäfts";
        technical: "Technical details" / "Technische Angaben";
        refresh: "Refresh" / "Aktualisieren";
        waiting: "Waiting for the shop's offer" / "Wir warten auf das Angebot des Shops";
        waiting_text: "This page looks again every two seconds and opens the trusted screen as soon as the offer is here. Nothing is ordered before you agree there." / "Diese Seite sieht alle zwei Sekunden nach und öffnet den vertrauenswürdigen Schirm, sobald das Angebot da ist. Bestellt wird nichts, bevor Sie dort zustimmen.";
        waiting_stopped: "This page does not look again by itself now. Nothing is ordered before you agree on the trusted screen." / "Diese Seite sieht nicht mehr von selbst nach. Bestellt wird nichts, bevor Sie auf dem vertrauenswürdigen Schirm zustimmen.";
        stop: "Stop looking again" / "Nicht mehr nachsehen";
        go_on: "Look again every two seconds" / "Alle zwei Sekunden nachsehen";
        differs: "The shop offers something else than its page showed. Compare goods, price and address on the trusted screen before you agree." / "Der Shop bietet etwas anderes an, als seine Seite zeigte. Vergleichen Sie Ware, Preis und Adresse auf dem vertrauenswürdigen Schirm, bevor Sie zustimmen.";
        sent: "Sent. If it needs your signature, the trusted screen asks for it." / "Abgeschickt. Braucht es Ihre Unterschrift, fragt der vertrauenswürdige Schirm danach.";
        more: "Open" / "Öffnen";
        caution: "This name holds characters that are easily mistaken for others." / "Dieser Name enthält Zeichen, die leicht mit anderen verwechselt werden.";

        act_cancel: "Cancel what was not shipped" / "Nicht Versandtes stornieren";
        act_cancel_effect: "You ask the shop to cancel what it has not handed over to a carrier. It holds once the shop has confirmed it; what is on its way stays ordered. The trusted screen asks before anything is sent." / "Sie bitten den Shop, alles zu stornieren, was er noch nicht an einen Zusteller übergeben hat. Es gilt, sobald der Shop es bestätigt; was unterwegs ist, bleibt bestellt. Der vertrauenswürdige Schirm fragt, bevor etwas gesendet wird.";
        act_received: "Confirm that it arrived" / "Erhalt bestätigen";
        act_received_effect: "You state that the parcel came and is what was described. After that you can still withdraw in time, but not say that it never came. The trusted screen asks before anything is sent." / "Sie erklären, dass die Sendung ankam und der Beschreibung entspricht. Danach können Sie noch fristgerecht widerrufen, aber nicht mehr sagen, sie sei nie gekommen. Der vertrauenswürdige Schirm fragt, bevor etwas gesendet wird.";
        act_complain: "Complain: not what was described" / "Beschweren: nicht wie beschrieben";
        act_complain_effect: "You tell the shop in writing what is wrong. The shop gets your words; your signed complaint stays as proof that you objected in time. The trusted screen asks before anything is sent." / "Sie teilen dem Shop schriftlich mit, was nicht stimmt. Der Shop erhält Ihren Text; Ihre unterschriebene Beschwerde bleibt als Beweis, dass Sie rechtzeitig widersprochen haben. Der vertrauenswürdige Schirm fragt, bevor etwas gesendet wird.";
        act_withdraw: "Withdraw from the contract" / "Vertrag widerrufen";
        act_withdraw_effect: "First step: see what you get back. You need no reason. Second step: confirm the withdrawal on the trusted screen; the shop must acknowledge it." / "Erster Schritt: sehen, was Sie zurückbekommen. Einen Grund brauchen Sie nicht. Zweiter Schritt: den Widerruf auf dem vertrauenswürdigen Schirm bestätigen; der Shop muss ihn bestätigen.";
        act_release: "Let the held money go back" / "Reserviertes Geld freigeben lassen";
        act_release_effect: "You step out before the seller has collected the money: the hold is to go back to your account. The trusted screen asks before anything is sent." / "Sie steigen aus, bevor der Verkäufer das Geld eingezogen hat: Die Reservierung soll auf Ihr Konto zurückgehen. Der vertrauenswürdige Schirm fragt, bevor etwas gesendet wird.";
        act_contest: "Stop the settlement" / "Abrechnung anhalten";
        act_contest_effect: "The money was collected and the key did not come: the bank pays nothing out until the notary or the seller has answered." / "Das Geld wurde eingezogen und der Schlüssel kam nicht: Die Bank zahlt nichts aus, bis Notar oder Verkäufer geantwortet haben.";
        act_escrow: "Have the notary open the escrow" / "Hinterlegung vom Notar öffnen lassen";
        act_escrow_effect: "You ask the notary for the deposited key. If it is bad, the bank pays you back." / "Sie bitten den Notar um den hinterlegten Schlüssel. Ist er schlecht, zahlt die Bank Ihnen das Geld zurück.";
        act_resume: "Ask everybody again" / "Alle noch einmal fragen";
        act_resume_effect: "Sends again what may have got lost and asks the registers where the deal stands. Nothing is ordered or paid twice." / "Sendet noch einmal, was verloren gegangen sein kann, und fragt die Register, wo das Geschäft steht. Nichts wird doppelt bestellt oder bezahlt.";
        act_save: "Save the file" / "Datei speichern";
        act_export: "Download the evidence" / "Beweise herunterladen";
        export_hint: "One file with everything that was signed in this deal. Anybody can check it offline: semper evidence verify FILE --root ROOT.pem. The root is on the authority's page." / "Eine Datei mit allem, was in diesem Geschäft unterschrieben wurde. Jeder kann sie ohne Netz prüfen: semper evidence verify DATEI --root ROOT.pem. Die Wurzel steht auf der Seite der Zertifizierungsstelle.";
        export_none: "There is no evidence to download yet: nothing binding was signed." / "Es gibt noch keine Beweise zum Herunterladen: Bindendes wurde noch nicht unterschrieben.";
        not_now: "This is not possible at the moment. The deal's page says where it stands." / "Das ist im Augenblick nicht möglich. Die Seite des Geschäfts sagt, wo es steht.";
        reason: "What is wrong" / "Was nicht stimmt";
        reason_hint: "Up to 500 characters. The shop reads this. If you leave it empty, the trusted screen offers you reasons to choose from." / "Bis zu 500 Zeichen. Der Shop liest das. Wenn Sie es leer lassen, bietet Ihnen der vertrauenswürdige Schirm Gründe zur Auswahl an.";
        reason_missing: "Say what is wrong." / "Sagen Sie, was nicht stimmt.";
        reason_long: "At most 500 characters." / "Höchstens 500 Zeichen.";
        which_part: "Which parcel" / "Welche Sendung";
        all_parts: "All of them" / "Alle";
        part_missing: "Choose a parcel." / "Wählen Sie eine Sendung.";
        step_1: "Step 1 of 2: what you get back" / "Schritt 1 von 2: was Sie zurückbekommen";
        step_2: "Step 2 of 2 is on the trusted screen." / "Schritt 2 von 2 ist auf dem vertrauenswürdigen Schirm.";
        refund_at_most: "You get back at most" / "Sie bekommen höchstens zurück";
        last_day: "Last day" / "Letzter Tag";
        by_you: "you" / "Sie";
        by_seller: "the seller" / "der Verkäufer";
        go_to_step_2: "Go on to step 2" / "Weiter zu Schritt 2";
        back_to_deal: "Back to the deal" / "Zurück zum Geschäft";
        file_here: "The file is here and is what was agreed." / "Die Datei ist da und ist das Vereinbarte.";
    }
}

texts! {
    /// A deal's word and its sentence.
    Words {
        draft: "draft: nothing was sent, nobody is bound" / "Entwurf: nichts wurde gesendet, niemand ist gebunden";
        asked: "asked: the shop is to make an offer" / "angefragt: der Shop soll ein Angebot machen";
        offered: "offered: the offer is here and nobody is bound yet" / "angeboten: das Angebot ist da, noch ist niemand gebunden";
        countered: "countered: another offer is on the table" / "Gegenangebot: ein anderes Angebot liegt vor";
        agreed: "agreed: you ordered, the seller is to accept" / "vereinbart: Sie haben bestellt, der Verkäufer muss annehmen";
        signed: "signed: the contract stands" / "unterschrieben: der Vertrag steht";
        due: "due: the money is to be paid or held" / "fällig: das Geld ist zu zahlen oder zu reservieren";
        paid: "paid: the seller is to deliver" / "bezahlt: der Verkäufer muss liefern";
        shipped: "shipped: it is on its way to you" / "versandt: es ist unterwegs zu Ihnen";
        received: "received: it is with you" / "erhalten: es ist bei Ihnen";
        closed: "closed: everything due was done; the evidence stays" / "abgeschlossen: alles Fällige ist getan; die Beweise bleiben";
        withdrawn: "withdrawn: the deal was left" / "zurückgetreten: das Geschäft wurde verlassen";
        refunding: "refunding: the money is on its way back" / "Rückzahlung: das Geld ist auf dem Rückweg";
        disputed: "disputed: you and the seller see it differently" / "strittig: Sie und der Verkäufer sehen es verschieden";
        frozen: "frozen: the money is held until somebody answers" / "eingefroren: das Geld bleibt, bis jemand antwortet";
        decided: "decided: the verdict is there" / "entschieden: das Urteil liegt vor";
        other: "{}: a state that this page does not know" / "{}: ein Stand, den diese Seite nicht kennt";
    }
}

texts! {
    /// Who must act.
    Who {
        you: "You" / "Sie";
        buyer: "The buyer" / "Der Käufer";
        seller: "The seller" / "Der Verkäufer";
        bank: "The bank" / "Die Bank";
        notary: "The notary" / "Der Notar";
        arbiter: "The arbiter" / "Die Schiedsstelle";
        carrier: "The carrier" / "Der Transporteur";
        nobody: "Nobody" / "Niemand";
    }
}

texts! {
    /// What must be done next.
    Acts {
        send_request: "send the request" / "Anfrage senden";
        make_offer: "make an offer or decline" / "Angebot machen oder ablehnen";
        order: "order or decline, on the trusted screen" / "auf dem vertrauenswürdigen Schirm bestellen oder ablehnen";
        accept: "accept the order" / "Bestellung annehmen";
        pay: "pay" / "zahlen";
        hold: "hold the money" / "das Geld reservieren";
        deliver: "deliver" / "liefern";
        look: "look at what came" / "prüfen, was kam";
        ship: "hand the goods over to a carrier" / "die Ware an einen Zusteller übergeben";
        confirm: "confirm that it arrived, or object" / "Erhalt bestätigen oder widersprechen";
        refund: "pay the money back" / "das Geld zurückzahlen";
        settle: "settle" / "abrechnen";
        answer: "answer the complaint" / "auf die Beschwerde antworten";
        book: "book the money" / "das Geld buchen";
        take_back: "take the goods back" / "die Ware zurücknehmen";
        lock: "have the money locked" / "das Geld sperren lassen";
        rule: "rule on the dispute" / "den Streit entscheiden";
        acknowledge: "acknowledge the withdrawal" / "den Widerruf bestätigen";
        none: "has to do nothing more" / "muss nichts mehr tun";
    }
}

texts! {
    /// What happens if nobody acts.
    Otherwises {
        lapses: "it lapses" / "verfällt es";
        lapses_unbound: "it lapses and nobody is bound" / "verfällt es, und niemand ist gebunden";
        you_may_step_out: "you may step out" / "dürfen Sie zurücktreten";
        claim_stands: "the claim stands, with the signed proof" / "bleibt die Forderung, mit unterschriebenem Beweis";
        hold_returns: "the held money goes back" / "geht das reservierte Geld zurück";
        counts_as_received: "it counts as received" / "gilt es als erhalten";
        settles: "it is settled by the clock" / "wird durch Zeitablauf abgerechnet";
        refunded_by_rule: "the money goes back by rule" / "geht das Geld nach Regel zurück";
        proof_stays: "you keep the signed proof" / "behalten Sie den unterschriebenen Beweis";
        goes_back: "the bank gives the money back to the buyer" / "gibt die Bank dem Käufer das Geld zurück";
        is_paid: "the bank pays the seller" / "zahlt die Bank dem Verkäufer";
        none: "nothing" / "nichts";
    }
}
