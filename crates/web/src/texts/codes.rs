//! What went wrong, in the reader's language. [`Code::text`] is the English; here is the German.

use semper_base::{Code, Error};
use serde_json::Value;

use super::{Language, details};

const GERMAN: &[(Code, &str)] = &[
    (
        Code::JsonMalformed,
        "der Text ist kein JSON, wie wir es lesen (keine doppelten Namen, keine Kommazahlen, ganze Zahlen bis 2^53-1)",
    ),
    (Code::JsonTooDeep, "das JSON ist zu tief verschachtelt"),
    (Code::JsonTooLarge, "das JSON ist zu groß"),
    (Code::JsonDuplicateKey, "das JSON hat denselben Namen zweimal"),
    (Code::JsonNumber, "das JSON hat eine Zahl, die keine ganze Zahl bis 2^53-1 ist"),
    (Code::JsonNotNormal, "das JSON hat Text, der nicht in der Unicode-Normalform C steht"),
    (Code::FieldUnknown, "da ist ein Feld, das nicht zu diesem Format gehört"),
    (Code::FieldMissing, "ein Feld fehlt"),
    (Code::FieldWrong, "ein Feld hat einen Wert, den sein Format nicht erlaubt"),
    (Code::Base64Malformed, "der Text ist kein kanonisches base64url"),
    (Code::AmountMalformed, "das ist kein Geldbetrag in dieser Währung"),
    (Code::CurrencyUnknown, "diese Währung ist hier nicht bekannt"),
    (Code::TooLarge, "das ist größer als erlaubt"),
    (Code::TooMany, "davon gibt es mehr als erlaubt"),
    (Code::KindUnknown, "diese Art Nachricht ist nicht bekannt"),
    (Code::VersionUnknown, "diese Version des Formats ist nicht bekannt"),
    (Code::HeaderWrong, "der Kopf der Erklärung ist keiner, den wir annehmen"),
    (Code::AlgorithmWrong, "das Unterschriftsverfahren der Erklärung wird nicht angenommen"),
    (Code::KindWrong, "die Erklärung ist von anderer Art als erwartet"),
    (Code::SignatureWrong, "die Unterschrift stimmt nicht"),
    (Code::SignatureMalleable, "die Unterschrift ist der Zwilling einer gültigen mit hohem S"),
    (Code::KeyWrong, "die Erklärung ist mit einem anderen Schlüssel unterschrieben, als dieser Tausch nennt"),
    (Code::Expired, "die Erklärung ist nicht mehr gültig"),
    (Code::NotYetValid, "die Erklärung trägt ein Datum in der Zukunft"),
    (Code::RefMissing, "die Erklärung bezieht sich nicht auf die, der sie folgen muss"),
    (Code::RefWrong, "die Erklärung bezieht sich auf eine andere als die vorliegende"),
    (Code::WordingUnknown, "die Erklärung ist in einem Wortlaut gemacht, den dieses Programm nicht hat"),
    (Code::KeyMalformed, "der öffentliche Schlüssel ist kein Punkt auf P-256"),
    (Code::NotCanonical, "der Inhalt der Erklärung steht nicht in kanonischer Form"),
    (Code::SealWrong, "der versiegelte Kasten öffnet sich nicht mit diesem Schlüssel in diesem Zusammenhang"),
    (Code::CertificateMalformed, "das Zertifikat ist nicht lesbar"),
    (Code::CertificatePath, "das Zertifikat führt nicht zur Wurzel des Marktes"),
    (Code::CertificateExpired, "das Zertifikat war zu dieser Zeit nicht gültig"),
    (Code::CertificateRevoked, "das Zertifikat wurde widerrufen"),
    (Code::CertificateProfile, "das Zertifikat verletzt die Vorgaben des Marktes"),
    (Code::CertificateKind, "das Zertifikat ist von einer Art, die das nicht darf"),
    (Code::StatusMissing, "für diese Zeit gibt es keine Sperrliste"),
    (Code::StatusStale, "die Sperrliste ist zu alt"),
    (Code::RootWrong, "die Wurzel ist eine andere als die auf anderem Weg mitgeteilte"),
    (Code::LimitExceeded, "der Betrag liegt über der Grenze des Zertifikats je Geschäft"),
    (Code::HelloMissing, "diese Verbindung hat sich nicht vorgestellt"),
    (Code::HelloWrong, "die Vorstellung nennt einen anderen Verbindungsschlüssel"),
    (Code::Early, "frühere Nachrichten fehlen"),
    (
        Code::Stale,
        "diese laufende Nummer trug schon eine andere Nachricht: aus einer Sicherung herstellen, oder es läuft eine Kopie",
    ),
    (Code::PeerWrong, "dieses Gegenüber hat mit dem Tausch nichts zu tun"),
    (Code::RoleWrong, "diese Nachricht kommt nicht von der Seite, die sie senden darf"),
    (Code::DescriptorWrong, "die Beschreibung des Tauschs verletzt ihre eigenen Regeln"),
    (Code::XidWrong, "die Kennung des Tauschs ist nicht der Hash seiner Beschreibung"),
    (Code::RegisterWrong, "der Tausch nennt ein anderes Register"),
    (Code::MismatchAmount, "der Betrag ist ein anderer als in der Beschreibung"),
    (Code::MismatchPayee, "der Empfänger des Geldes ist ein anderer als in der Beschreibung"),
    (Code::MismatchDeadline, "eine Frist ist eine andere als in der Beschreibung oder als vereinbart"),
    (Code::ChunkWrong, "ein Stück gehört nicht zu dem, was vereinbart ist"),
    (Code::EscrowHashWrong, "dieser Kasten ist nicht der, den die Beschreibung nennt"),
    (Code::CommitmentWrong, "der Wert passt nicht zu dem, worauf man sich festgelegt hat"),
    (Code::OutOfTurn, "diese Nachricht passt nicht zum Stand des Tauschs"),
    (Code::TooEarly, "dafür ist es zu früh"),
    (Code::TooLate, "dafür ist es zu spät"),
    (Code::ProofWrong, "der Beweis zeigt nicht, was er behauptet"),
    (Code::TermsWrong, "die Bedingungen sind andere als angeboten oder bestellt"),
    (Code::AnotherRun, "diese Kennung gehört schon zu einem anderen Tausch"),
    (Code::PackMalformed, "die Beweismappe hat nicht die eine Form, die sie haben darf"),
    (Code::PackMember, "eine Datei der Mappe fehlt, ist zu viel oder geändert"),
    (Code::PackIndex, "das Verzeichnis der Mappe passt nicht zu ihren Dateien"),
    (Code::StampMalformed, "der Zeitstempel ist nicht lesbar"),
    (Code::StampWrong, "der Zeitstempel gilt nicht für dies"),
    (Code::NoteMalformed, "Notiz, Prüfpunkt oder Beweis des Protokolls hat nicht die richtige Form"),
    (Code::LogUnknown, "das ist ein anderes Protokoll als gemeint, oder eines, dem hier niemand folgt"),
    (Code::LogForked, "das Protokoll zeigt zwei Geschichten: Dieser Prüfpunkt setzt den vorigen nicht fort"),
    (Code::LogBehind, "der Prüfpunkt beginnt nicht bei dem, der zuletzt gesehen wurde"),
    (Code::NotLogged, "was der Besitzer des Protokolls unterschrieb, steht nicht da, wo es hingehört"),
    (Code::NoFunds, "auf dem Konto ist nicht genug"),
    (Code::AccountUnknown, "dieses Konto gibt es nicht"),
    (Code::Declined, "der Benutzer hat Nein gesagt"),
    (Code::NotForSale, "dieser Artikel wird hier nicht verkauft"),
    (Code::OfferExpired, "das Angebot ist abgelaufen"),
    (Code::AlreadyReleased, "das festgehaltene Geld wurde schon freigegeben"),
    (Code::AlreadyDecided, "das wurde schon entschieden"),
    (Code::EnrolmentCode, "der Anmeldecode ist unbekannt oder verbraucht"),
    (Code::NameTaken, "dieser Name ist schon angemeldet"),
    (Code::AccessDenied, "die Zugriffsregeln erlauben das nicht"),
    (Code::RoleUnfit, "dieses Zertifikat darf diese Rolle nicht haben"),
    (Code::RiskTooHigh, "der Betrag liegt über dem, was die Einstellungen des Benutzers erlauben"),
    (Code::NotConfirmed, "das muss erst bestätigt werden"),
    (Code::PlayLimit, "Spielgeld gibt es nur bis zu einer Grenze, und dieses Konto läge darüber"),
    (Code::NoPurse, "keine der Geldbörsen kann diese Zahlung machen"),
    (
        Code::TooManyOpen,
        "zu viele Angebote oder Bestellungen warten schon: eine beenden oder freigeben, oder es später versuchen",
    ),
    (Code::SoldOut, "so viele, wie verlangt sind, gibt es nicht mehr"),
    (Code::PriceUnsigned, "der Preis steht nicht auf der unterschriebenen Preisliste des Ladens"),
    (Code::PayToUnknown, "die Bank kennt diese Zahlungsreferenz nicht oder nicht mehr"),
    (Code::PayToUsed, "an diese Zahlungsreferenz wurde schon gezahlt; jede gilt für eine Zahlung"),
    (
        Code::PayToUnfit,
        "diese Zahlungsreferenz gilt für einen anderen Zweck, eine andere Währung oder das Konto des Zahlers selbst",
    ),
    (Code::StampRefused, "der Zeitstempeldienst hat abgelehnt"),
    (Code::PriceChanged, "der Preis hat sich seit dem Angebot geändert: Bitten Sie um ein neues"),
    (Code::CartGone, "dieser Warenkorb ist nicht oder nicht mehr hier"),
    (Code::NoExchangeFits, "kein fairer Tausch passt zu dem, was verlangt ist"),
    (Code::NoCommonNotary, "kein Notar steht auf den Listen beider Seiten: Eine muss einen der anderen aufnehmen"),
    (Code::FeeTooSmall, "der Notar nimmt mehr, als der Tausch nennt"),
    (Code::Disk, "die Platte hat ein Lesen oder Schreiben verweigert"),
    (Code::DiskFull, "die Platte ist voll"),
    (Code::Commit, "die Datenbank konnte nicht festschreiben; das Programm muss anhalten"),
    (Code::Network, "die andere Seite war nicht zu erreichen"),
    (Code::Tls, "die sichere Verbindung kam nicht zustande"),
    (Code::CouldNotAsk, "der Benutzer war nicht zu fragen"),
    (Code::DatabaseNewer, "die Datenbank stammt von einer neueren Version"),
    (Code::DatabaseStale, "die Datenbank ist eine alte Kopie"),
    (Code::DatabaseMissing, "hier ist keine Datenbank"),
    (Code::DatabaseCorrupt, "die Datenbank ist beschädigt"),
    (Code::Locked, "ein anderes Programm benutzt dieses Verzeichnis"),
    (Code::PortTaken, "der Anschluss ist belegt"),
    (Code::Crypto, "die Verschlüsselungsbibliothek hat versagt"),
    (Code::Recovering, "diese Seite wurde wiederhergestellt und wartet auf die Bestätigung des Betreibers"),
    (Code::Overloaded, "zu viel wartet; versuchen Sie es später"),
    (Code::Pending, "das Ergebnis ist noch nicht bekannt"),
    (Code::Conflict, "ein anderer Knoten hat zuerst entschieden; versuchen Sie es noch einmal"),
    (
        Code::NoAnswer,
        "es kam keine rechtzeitige Antwort; nichts ist festgehalten und nichts geschuldet: noch einmal beginnen, oder anderswo",
    ),
    (Code::Ended, "eine Seite dieses Marktes hat sich selbst beendet"),
    (Code::AmountOverflow, "der Betrag liegt über 2^53-1 kleinsten Einheiten"),
    (Code::AmountNegative, "der Betrag wäre negativ"),
    (Code::CurrencyMixed, "die Beträge sind in verschiedenen Währungen"),
    (Code::PassphraseWrong, "die Passphrase ist falsch"),
    (Code::PassphraseWeak, "die Passphrase ist zu kurz oder zu einfach"),
    (Code::NotFound, "so etwas gibt es hier nicht"),
    (Code::KeyMissing, "diesen Schlüssel gibt es im Schlüsselspeicher nicht"),
    (Code::StateWrong, "im jetzigen Zustand geht das nicht"),
    (Code::Usage, "der Befehl wurde falsch gebraucht"),
    (Code::FileWrong, "die Datei ist dafür nicht brauchbar"),
    (Code::RecoveryWords, "die Wiederherstellungswörter sind falsch"),
];

/// The sentence for people in this language; the English one where there is no other yet.
#[must_use]
pub fn text(language: Language, code: Code) -> &'static str {
    let german = || GERMAN.iter().find(|(of, _)| *of == code).map(|(_, text)| *text);
    match language {
        Language::En => code.text(),
        Language::De => german().unwrap_or_else(|| code.text()),
    }
}

/// What an error is about, as its party says it: in English.
#[must_use]
pub fn detail(error: &Error) -> &str {
    match error {
        Error::Fault(e) => e.detail(),
        Error::Misuse(e) => e.detail(),
        Error::Refusal(e) => e.detail(),
        Error::Violation(e) => e.detail(),
    }
}

/// Why somebody refused, as a party's answer has it: `{"code","text"}`, or null. What has no code that is known here is
/// said as the party says it.
#[must_use]
pub fn refused(language: Language, refused: &Value) -> Option<String> {
    let code = refused.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    match code.and_then(Code::from_number) {
        Some(code) => Some(text(language, code).to_owned()),
        None => refused.get("text").and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned),
    }
}

/// What went wrong and what it is about, in one line with the code's number.
#[must_use]
pub fn why(language: Language, error: &Error) -> String {
    let (code, detail) = (error.code(), details::text(language, detail(error)));
    let colon = if detail.is_empty() { "" } else { ": " };
    format!("{}{colon}{detail} ({})", text(language, code), code.number())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever adds a code adds its German sentence here.
    #[test]
    fn every_code_is_there_in_german() {
        for code in Code::ALL {
            let rows = GERMAN.iter().filter(|(of, _)| of == code).count();
            assert_eq!(rows, 1, "{} {}: {:?}", code.number(), code.name(), code.text());
            assert_ne!(text(Language::De, *code), text(Language::En, *code));
        }
    }
}
