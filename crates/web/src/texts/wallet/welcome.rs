//! The first run.

use super::super::texts;

texts! {
    /// Five steps until one can buy.
    Welcome {
        title: "Set up your wallet" / "Richten Sie Ihre Wallet ein";
        text: "Five steps, in any order, with breaks if you like. What is done stays done." / "Fünf Schritte, in beliebiger Folge, gern mit Pausen. Was getan ist, bleibt getan.";
        step: "Step {} of 5" / "Schritt {} von 5";
        done: "done" / "erledigt";
        open: "open" / "offen";
        go_on: "Continue: {}" / "Weiter: {}";
        all_done: "Everything is set up. You can buy now." / "Alles ist eingerichtet. Sie können jetzt kaufen.";
        to_shop: "Enter a code from a shop" / "Code aus einem Shop eingeben";
        to_deals: "To your deals" / "Zu Ihren Geschäften";
        overview: "All steps" / "Alle Schritte";
        missing: "Your wallet is not set up completely: {} of 5 steps are open." / "Ihre Wallet ist noch nicht ganz eingerichtet: {} von 5 Schritten sind offen.";
        missing_go: "Go on with setting it up" / "Weiter einrichten";

        language: "Language" / "Sprache";
        language_text: "In which language do you want to read and sign? What you sign is binding in this language." / "In welcher Sprache wollen Sie lesen und unterschreiben? Was Sie unterschreiben, gilt in dieser Sprache.";

        phrase: "A phrase for the trusted screen" / "Ein Kennspruch für den vertrauenswürdigen Schirm";
        phrase_save: "Use this phrase" / "Diesen Kennspruch verwenden";
        phrase_missing: "Your phrase: please type one." / "Ihr Kennspruch: Bitte geben Sie einen ein.";

        pass: "Pass phrase" / "Passphrase";
        pass_text: "It protects the keys on this machine and is asked when the wallet starts. A play market has drawn one for you; choose your own here. The old one still opens old copies and backups." / "Sie schützt die Schlüssel auf diesem Rechner und wird beim Start der Wallet verlangt. Ein Spielmarkt hat eine für Sie gezogen; wählen Sie hier Ihre eigene. Die alte öffnet weiterhin alte Kopien und Sicherungen.";
        pass_new: "New pass phrase" / "Neue Passphrase";
        pass_again: "The same again" / "Noch einmal dieselbe";
        pass_old: "Old pass phrase" / "Alte Passphrase";
        pass_old_hint: "Leave empty if it was drawn for you and you never chose one." / "Leer lassen, wenn sie für Sie gezogen wurde und Sie noch keine gewählt haben.";
        pass_hint: "Four or more words that do not belong together are good. Paste and password managers are welcome." / "Vier oder mehr Wörter, die nicht zusammengehören, sind gut. Einfügen und Passwortverwalter sind willkommen.";
        pass_set: "Set this pass phrase" / "Diese Passphrase setzen";
        pass_done: "Your pass phrase was changed." / "Ihre Passphrase wurde geändert.";
        pass_differ: "The same again: the two differ." / "Noch einmal dieselbe: Die beiden unterscheiden sich.";
        pass_old_wrong: "Old pass phrase: it does not open the keys." / "Alte Passphrase: Sie öffnet die Schlüssel nicht.";
        pass_weak: "New pass phrase: {} of 4 points; it needs 3." / "Neue Passphrase: {} von 4 Punkten; nötig sind 3.";
        weak_short: "It is shorter than 12 characters." / "Sie ist kürzer als 12 Zeichen.";
        weak_repeat: "It repeats the same characters." / "Sie wiederholt dieselben Zeichen.";
        weak_row: "It holds a row such as 1234 or abcd." / "Sie enthält eine Reihe wie 1234 oder abcd.";
        weak_common: "It holds a word that everybody tries first." / "Sie enthält ein Wort, das alle zuerst probieren.";
        weak_few: "There is too little that could not be guessed: add words." / "Es ist zu wenig, was nicht zu erraten wäre: Fügen Sie Wörter hinzu.";
        weak_own: "It is your phrase for the trusted screen, which others may see." / "Es ist Ihr Kennspruch für den Schirm, den andere sehen könnten.";

        backup: "Recovery words" / "Wiederherstellungswörter";
        backup_text: "Twelve words open your keys if the pass phrase is forgotten. They count only after you typed them back and a restored copy of this wallet was opened with them." / "Zwölf Wörter öffnen Ihre Schlüssel, wenn die Passphrase vergessen ist. Sie zählen erst, wenn Sie sie zurückgetippt haben und damit eine wiederhergestellte Kopie dieser Wallet geöffnet wurde.";
        backup_make: "Make twelve words" / "Zwölf Wörter machen";
        backup_other: "Make other words" / "Andere Wörter machen";
        backup_words: "Write these words down, on paper and in this order" / "Schreiben Sie diese Wörter auf, auf Papier und in dieser Reihenfolge";
        backup_once: "They are shown once and never again. Whoever has them and a copy of your wallet has your keys." / "Sie werden einmal gezeigt und nie wieder. Wer sie und eine Kopie Ihrer Wallet hat, hat Ihre Schlüssel.";
        backup_written: "I have written them down" / "Ich habe sie aufgeschrieben";
        backup_type: "Type the twelve words back" / "Tippen Sie die zwölf Wörter zurück";
        backup_hint: "With blanks between them. They are not kept on this page." / "Mit Leerzeichen dazwischen. Sie werden auf dieser Seite nicht behalten.";
        backup_prove: "Open a restored copy with them" / "Damit eine wiederhergestellte Kopie öffnen";
        backup_wrong: "These are not the words, or there is a slip in them." / "Das sind nicht die Wörter, oder es ist ein Fehler darin.";
        backup_proved: "A restored copy was opened with the words: {} keys, {} deals." / "Mit den Wörtern wurde eine wiederhergestellte Kopie geöffnet: {} Schlüssel, {} Geschäfte.";

        account: "Account with play money" / "Konto mit Spielgeld";
        account_text: "The market's bank opens an account for you and puts play money on it." / "Die Bank des Marktes eröffnet Ihnen ein Konto und legt Spielgeld darauf.";
        account_open: "Open the account" / "Konto eröffnen";
        account_waiting: "The bank was asked and has not answered yet. Try again in a moment." / "Die Bank wurde gefragt und hat noch nicht geantwortet. Versuchen Sie es gleich noch einmal.";
        account_there: "You have an account: {}." / "Sie haben ein Konto: {}.";
    }
}
