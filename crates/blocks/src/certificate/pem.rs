//! PEM text (RFC 7468), strict: one object, the expected label, lines of 64, no text around it.

use der::pem::LineEnding;
use semper_base::limits::PEM_BYTES_MAX;
use semper_base::{Code, Misuse, Violation};

use super::asn1::malformed;

/// What a PEM text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// A certificate.
    Certificate,
    /// A revocation list.
    StatusList,
}

impl Label {
    fn text(self) -> &'static str {
        match self {
            Label::Certificate => "CERTIFICATE",
            Label::StatusList => "X509 CRL",
        }
    }
}

/// Writes DER as PEM, with line feeds.
pub fn to_pem(label: Label, der: &[u8]) -> Result<String, Misuse> {
    der::pem::encode_string(label.text(), LineEnding::LF, der).map_err(|_| Misuse::new(Code::FileWrong, label.text()))
}

/// Reads the one form that [`to_pem`] writes; carriage returns before line feeds and a missing last
/// line feed are forgiven. The DER inside is not looked at.
pub fn from_pem(label: Label, text: &str) -> Result<Vec<u8>, Violation> {
    if text.len() > PEM_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "pem"));
    }
    let mut plain = text.replace("\r\n", "\n");
    if !plain.ends_with('\n') {
        plain.push('\n');
    }
    let (_, der) = der::pem::decode_vec(plain.as_bytes()).map_err(|_| malformed("pem"))?;
    match to_pem(label, &der) {
        Ok(again) if again == plain => Ok(der),
        _ => Err(malformed("pem")),
    }
}

/// Reads several objects of one kind, one after the other, at most so many and at least one.
pub fn all_from_pem(label: Label, text: &str, most: usize) -> Result<Vec<Vec<u8>>, Violation> {
    let plain = text.replace("\r\n", "\n");
    let end = format!("-----END {}-----\n", label.text());
    let whole = if plain.ends_with('\n') { plain } else { plain + "\n" };
    let mut found = Vec::new();
    for piece in whole.split_inclusive(&end) {
        if found.len() >= most {
            return Err(Violation::new(Code::TooMany, "pem"));
        }
        found.push(from_pem(label, piece)?);
    }
    if found.is_empty() { Err(malformed("pem")) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_back_and_refuses_the_rest(der in proptest::collection::vec(any::<u8>(), 1..300)) {
            let text = to_pem(Label::Certificate, &der).unwrap();
            prop_assert_eq!(from_pem(Label::Certificate, &text).unwrap(), der.clone());
            prop_assert_eq!(from_pem(Label::Certificate, &text.replace('\n', "\r\n")).unwrap(), der.clone());
            prop_assert_eq!(from_pem(Label::Certificate, text.trim_end()).unwrap(), der);
            prop_assert!(from_pem(Label::StatusList, &text).is_err());
            for bad in [format!("x\n{text}"), format!("{text}{text}"), format!("{text}x"), format!(" {text}"), text.replace("CERT", "CERTS")] {
                prop_assert!(from_pem(Label::Certificate, &bad).is_err());
            }
        }

        #[test]
        fn several_read_back(ders in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..200), 1..5)) {
            let text: String = ders.iter().map(|der| to_pem(Label::Certificate, der).unwrap()).collect();
            prop_assert_eq!(all_from_pem(Label::Certificate, &text, 5).unwrap(), ders.clone());
            prop_assert_eq!(all_from_pem(Label::Certificate, text.trim_end(), 5).unwrap(), ders.clone());
            prop_assert!(all_from_pem(Label::Certificate, &text, ders.len() - 1).is_err());
            prop_assert!(all_from_pem(Label::Certificate, &(text + "\n"), 9).is_err());
            prop_assert!(all_from_pem(Label::Certificate, "", 9).is_err());
        }

        #[test]
        fn never_panics(text in "(-----BEGIN CERTIFICATE-----)?\\PC{0,80}") {
            let _ = from_pem(Label::Certificate, &text);
        }
    }
}
