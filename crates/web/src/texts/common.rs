//! What all pages share.

use super::texts;

texts! {
    /// Frame, errors, signing in.
    Common {
        skip: "Skip to content" / "Zum Inhalt springen";
        play_money: "Play money" / "Spielgeld";
        play_hint: "This market trades with play money. Nothing here costs or earns anything." / "Dieser Markt handelt mit Spielgeld. Nichts hier kostet oder bringt etwas.";
        language: "Language" / "Sprache";
        menu: "Menu" / "Menü";
        leave: "Sign out" / "Abmelden";
        desk: "Operator" / "Betreiber";
        asking: "1 question waits for you on the trusted screen" / "1 Frage wartet auf dem vertrauenswürdigen Schirm auf Sie";
        back_home: "Back to the start page" / "Zurück zur Startseite";
        what_happened: "What happened" / "Was geschehen ist";
        what_next: "What you can do" / "Was Sie tun können";
        error_title: "That did not work" / "Das hat nicht geklappt";
        error_kept: "Nothing was changed." / "Es wurde nichts geändert.";
        not_found: "This page does not exist" / "Diese Seite gibt es nicht";
        not_found_next: "Check the address, or begin at the start page." / "Prüfen Sie die Adresse, oder beginnen Sie auf der Startseite.";
        form_old: "This form is too old or was not made for this browser" / "Dieses Formular ist zu alt oder nicht für diesen Browser gemacht";
        form_old_next: "Go back, load the page again and send the form once more." / "Gehen Sie zurück, laden Sie die Seite neu und senden Sie das Formular noch einmal.";
        foreign: "This request came from another site and was refused" / "Diese Anfrage kam von einer anderen Seite und wurde abgelehnt";
        foreign_next: "Open the page by its own address and try again." / "Öffnen Sie die Seite unter ihrer eigenen Adresse und versuchen Sie es erneut.";
        sign_in_title: "Only for the operator" / "Nur für den Betreiber";
        sign_in_text: "Open the one-time link that was printed in the terminal when this party started. For a new one run:" / "Öffnen Sie den Einmal-Link, der beim Start dieser Partei im Terminal ausgegeben wurde. Einen neuen gibt es mit:";
        link_used: "This link was used already or is too old" / "Dieser Link wurde schon benutzt oder ist zu alt";
        field_wrong: "Please look at the marked fields" / "Bitte sehen Sie sich die markierten Felder an";
        required: "required" / "erforderlich";
        back: "Back" / "Zurück";
        next: "Next" / "Weiter";
        previous: "Previous" / "Zurück";
        cancel: "Cancel" / "Abbrechen";
        save: "Save" / "Speichern";
        search: "Search" / "Suchen";
        yes: "Yes" / "Ja";
        no: "No" / "Nein";
        none: "None yet." / "Noch keine.";
        error_code: "Code" / "Code";
        retry: "The party may be busy or another one may be away. Try again in a moment; nothing is ordered or paid twice." / "Die Partei ist vielleicht beschäftigt oder eine andere nicht erreichbar. Versuchen Sie es gleich noch einmal; nichts wird doppelt bestellt oder bezahlt.";
    }
}
