//! Around the trusted screen.

use super::super::texts;

texts! {
    /// What stands around a question. What is signed has words of its own.
    Trusted {
        title: "Trusted screen" / "Vertrauenswürdiger Schirm";
        phrase: "Your phrase" / "Ihr Kennspruch";
        phrase_none: "You have no phrase yet. A phrase that only you know shows that this screen is genuine." / "Sie haben noch keinen Kennspruch. Ein Kennspruch, den nur Sie kennen, zeigt, dass dieser Schirm echt ist.";
        phrase_set: "Choose a phrase" / "Kennspruch wählen";
        to: "Goes to" / "Geht an";
        cautions: "Look closely" / "Genau hinsehen";
        nothing: "Nothing is asked at the moment" / "Im Augenblick ist nichts gefragt";
        nothing_text: "As soon as something is to be signed, it stands here. Nothing is signed unless you agree on this page." / "Sobald etwas zu unterschreiben ist, steht es hier. Ohne Ihre Zustimmung auf dieser Seite wird nichts unterschrieben.";
        to_deals: "To your deals" / "Zu Ihren Geschäften";
        to_deal: "To the deal" / "Zum Geschäft";
        closed: "This question is not open any more" / "Diese Frage ist nicht mehr offen";
        closed_text: "It was answered already, or lost its object. This form did nothing." / "Sie wurde schon beantwortet oder ist gegenstandslos. Dieses Formular hat nichts bewirkt.";
        answered: "You have answered this already" / "Das haben Sie schon beantwortet";
        answered_yes: "Your answer was yes. It counts once; sending the form again did nothing." / "Ihre Antwort war ja. Sie zählt einmal; das Formular noch einmal zu senden hat nichts bewirkt.";
        answered_no: "Your answer was no. Sending the form again did nothing." / "Ihre Antwort war nein. Das Formular noch einmal zu senden hat nichts bewirkt.";
        other_now: "Another question waits for you." / "Eine andere Frage wartet auf Sie.";
        later: "The question stays open until you answer or it lapses. Whoever asks cannot answer it for you." / "Die Frage bleibt offen, bis Sie antworten oder sie verfällt. Wer fragt, kann sie nicht für Sie beantworten.";
        ok: "I have read this" / "Gelesen";
        choose: "Choose" / "Auswählen";
        leave: "Leave without an answer" / "Ohne Antwort verlassen";
        send: "Send" / "Senden";
        optional: "may stay empty" / "darf leer bleiben";
        wrong_amount: "Give an amount like 12.50." / "Geben Sie einen Betrag wie 12,50 an.";
        wrong_count: "Give a whole number of at most {}." / "Geben Sie eine ganze Zahl bis {} an.";
        wrong_text: "At most {} characters on one line." / "Höchstens {} Zeichen in einer Zeile.";
        wrong_missing: "Please fill this in." / "Bitte ausfüllen.";
        no_screen: "This wallet is asked elsewhere" / "Diese Wallet wird anderswo gefragt";
        no_screen_text: "It was started with another place for questions: a terminal, or a script. Start it with --consent page to answer here." / "Sie wurde mit einem anderen Ort für Fragen gestartet: einem Terminal oder einem Skript. Starten Sie sie mit --consent page, um hier zu antworten.";
    }
}
