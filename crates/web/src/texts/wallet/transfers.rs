//! Containers of goods.

use super::super::texts;

texts! {
    /// Containers.
    Sendings {
        title: "Containers" / "Container";
        text: "A container holds files, signed statements, certificates or a payment. All of it arrives, or nothing does; a payment in it is made last." / "Ein Container enthält Dateien, unterschriebene Erklärungen, Zertifikate oder eine Zahlung. Alles kommt an oder nichts; eine Zahlung darin geschieht zuletzt.";
        none: "Nothing sent or received yet." / "Noch nichts gesendet oder empfangen.";
        new: "Send a container" / "Einen Container senden";
        sent: "you send" / "Sie senden";
        received: "to you" / "an Sie";
        nobody: "You are connected with nobody to whom it could go. Open the pages of a shop and take a code from it first." / "Sie sind mit niemandem verbunden, an den er gehen könnte. Öffnen Sie zuerst die Seiten eines Shops und holen Sie dort einen Code.";
        field_to: "To" / "An";
        field_title: "What is it called?" / "Wie heißt er?";
        field_files: "Files" / "Dateien";
        field_files_hint: "Several at once, if you like; at most 64 goods and 64 MiB together. Choose them again if this page comes back." / "Gern mehrere auf einmal; höchstens 64 Güter und zusammen 64 MiB. Wählen Sie sie neu, wenn diese Seite wiederkommt.";
        field_folder: "Or a whole folder" / "Oder ein ganzer Ordner";
        field_amount: "A payment in it" / "Eine Zahlung darin";
        field_amount_hint: "In EUR, such as 12.50; empty for none. It is ordered when all else is there." / "In EUR, etwa 12,50; leer für keine. Sie wird angewiesen, wenn alles andere da ist.";
        papers: "Signed statements and certificates" / "Unterschriebene Erklärungen und Zertifikate";
        field_statements: "Signed statements, one in each line" / "Unterschriebene Erklärungen, eine je Zeile";
        field_certificates: "Certificates, one below the other" / "Zertifikate, untereinander";
        field_origin: "Prove to others that it comes from you" / "Anderen beweisen, dass er von Ihnen kommt";
        field_days: "Days in which it has to arrive" / "Tage, in denen er ankommen muss";
        make: "Go on to the trusted screen" / "Weiter zum vertrauenswürdigen Schirm";
        wrong_to: "Choose to whom it goes" / "Wählen Sie, an wen er geht";
        wrong_title: "Give it a name" / "Geben Sie ihm einen Namen";
        wrong_goods: "Put at least one thing into it, at most 64 and 64 MiB" / "Legen Sie mindestens ein Ding hinein, höchstens 64 und 64 MiB";
        wrong_amount: "An amount above zero, such as 12.50, or nothing" / "Ein Betrag über null, etwa 12,50, oder nichts";
        wrong_papers: "This is no certificate" / "Das ist kein Zertifikat";
        wrong_days: "A number from 1 to 30" / "Eine Zahl von 1 bis 30";
        from: "From" / "Von";
        to: "To" / "An";
        you: "you" / "Sie";
        somebody: "somebody without a certified name" / "jemand ohne beglaubigten Namen";
        until: "Has to arrive until" / "Muss ankommen bis";
        integrity: "Integrity" / "Unversehrtheit";
        integrity_text: "every content is fixed by its hash" / "jeder Inhalt ist durch seinen Hash festgelegt";
        confidentiality: "Confidentiality" / "Vertraulichkeit";
        sealed: "sealed to the receiver's certified key" / "versiegelt für den beglaubigten Schlüssel des Empfängers";
        connection: "by the connection alone" / "allein durch die Verbindung";
        origin: "Proof of origin" / "Herkunftsbeweis";
        signed: "the sender's signature goes with it" / "die Unterschrift des Senders geht mit";
        deniable: "none: nobody can prove to others who sent it" / "keiner: Niemand kann anderen beweisen, wer ihn sandte";
        goods: "What is in it" / "Was darin ist";
        good: "Good" / "Gut";
        kind: "Kind" / "Art";
        size: "Bytes" / "Bytes";
        hash: "SHA-256" / "SHA-256";
        g_certificate: "certificate" / "Zertifikat";
        g_container: "folder" / "Ordner";
        g_data: "file" / "Datei";
        g_payment: "payment of {}" / "Zahlung von {}";
        g_statement: "signed statement: {}" / "unterschriebene Erklärung: {}";
        save: "Save {}" / "{} speichern";
        progress: "Arrived" / "Angekommen";
        chunks: "{} of {} pieces" / "{} von {} Stücken";
        accept: "Take it" / "Annehmen";
        decline: "Do not take it" / "Nicht annehmen";
        stop: "Let nothing come of it" / "Nichts daraus werden lassen";
        refresh: "Look again" / "Erneut nachsehen";
        evidence: "Evidence" / "Beweispaket";
        back: "All containers" / "Alle Container";
        done: "Done." / "Erledigt.";
        s_bringing: "Its goods are being brought. Nobody was asked, and nothing has left." / "Seine Güter werden gebracht. Niemand wurde gefragt, und nichts ist abgegangen.";
        s_draft: "The trusted screen asks whether to send it. Nothing has left." / "Der vertrauenswürdige Schirm fragt, ob Sie ihn senden. Noch ist nichts abgegangen.";
        s_announced_out: "The receiver knows what is to come and has not said whether it takes it." / "Der Empfänger weiß, was kommen soll, und hat nicht gesagt, ob er es annimmt.";
        s_announced_in: "Say whether you take it. Nothing of it is here yet." / "Sagen Sie, ob Sie ihn annehmen. Noch ist nichts davon hier.";
        s_sending: "The receiver takes it; it is on its way." / "Der Empfänger nimmt ihn an; er ist unterwegs.";
        s_paying: "All else is there. The payment is being made; once it is ordered, nothing stops it." / "Alles andere ist da. Die Zahlung wird gemacht; ist sie angewiesen, hält sie nichts mehr auf.";
        s_paid: "It is paid; the receiver has not said yet that it has all." / "Es ist gezahlt; der Empfänger hat noch nicht gesagt, dass er alles hat.";
        s_stopping: "The receiver is told to let nothing come of it." / "Dem Empfänger ist gesagt, dass nichts daraus werden soll.";
        s_taken_out: "The receiver has all of it, by its own unsigned word." / "Der Empfänger hat alles, nach seinem eigenen, nicht unterschriebenen Wort.";
        s_taken_in: "All of it is here." / "Alles ist hier.";
        s_declined: "It was not wanted. Nothing of it was given." / "Er war nicht gewollt. Nichts davon wurde gegeben.";
        s_stopped: "It came to nothing. Nothing of it was given." / "Es ist nichts daraus geworden. Nichts davon wurde gegeben.";
        s_stopped_paid: "It is paid, and the receiver says that it let the goods go. Your bank's word shows the payment." / "Es ist gezahlt, und der Empfänger sagt, er habe die Güter verworfen. Das Wort Ihrer Bank zeigt die Zahlung.";
        s_silent: "The receiver has said nothing for so long that it is not asked any more; it may have all of it." / "Der Empfänger hat so lange nichts gesagt, dass er nicht mehr gefragt wird; er kann alles haben.";
        s_referring: "Your bank is asked where the payment in it can be made." / "Ihre Bank ist gefragt, wohin die Zahlung darin gehen kann.";
        s_due: "All else is here and good; the payment in it is awaited. Nothing can be seen before." / "Alles andere ist hier und gut; die Zahlung darin wird erwartet. Vorher ist nichts zu sehen.";
        s_fetching: "It is coming. Nothing can be seen before all of it is here and good." / "Er kommt. Nichts ist zu sehen, bevor alles hier und gut ist.";
    }
}
