//! A shop's profile: what it says of itself in a broker's directory. It offers nothing; what binds the
//! shop, each offer says for itself.

use semper_base::code::Code;
use semper_base::limits::{
    CERTIFICATE_NAME_CHARS_MAX, PROFILE_ABOUT_CHARS_MAX, PROFILE_COUNTRIES_MAX, PROFILE_LANGUAGES_MAX, URL_CHARS_MAX,
};
use semper_base::{Millis, Timestamp, Violation};
use semper_blocks::statement::{Body, Kind, Statement};
use semper_support::comm::Address;
use serde::{Deserialize, Serialize};

use super::mail_order::offer::Bearer;
use super::product::is_plain;

/// How long a profile may stand.
pub const PROFILE_LIFE_MAX: Millis = Millis::days(90);
/// Most days to withdraw that a shop may promise.
const WITHDRAW_DAYS_MAX: u64 = 366;
/// Longest tag of a language (BCP 47), in characters.
const LANGUAGE_CHARS_MAX: usize = 8;

/// The profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What it sells, one line.
    pub about: String,
    /// Where its party is reached: what a wallet opens a link to.
    pub address: Address,
    /// Where it delivers to: two capital letters each (ISO 3166-1).
    pub countries: Vec<String>,
    /// In which languages one may write to it (BCP 47).
    pub languages: Vec<String>,
    /// Its name, as in its certificate.
    pub name: String,
    /// Its pages, `http://…/` or `https://…/`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pages: Option<String>,
    /// Who bears the cost of sending back after a withdrawal.
    pub return_costs: Bearer,
    /// Until when all this is meant to stand; the statement ends then too.
    pub valid_until: Timestamp,
    /// Days within which a buyer may withdraw.
    pub withdraw_days: u64,
}

impl Body for Profile {
    const KIND: Kind = Kind::Profile;
}

impl Profile {
    /// Checks every bound. The detail names the member.
    pub fn check(&self) -> Result<(), Violation> {
        let wrong = |member: &str| Err(Violation::new(Code::FieldWrong, member));
        if !is_line(&self.about, PROFILE_ABOUT_CHARS_MAX) {
            return wrong("about");
        }
        if !is_line(&self.name, CERTIFICATE_NAME_CHARS_MAX) {
            return wrong("name");
        }
        let is_country = |country: &String| country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
        if self.countries.len() > PROFILE_COUNTRIES_MAX || !self.countries.iter().all(is_country) {
            return wrong("countries");
        }
        let is_tag = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let is_language = |tag: &String| !tag.is_empty() && tag.len() <= LANGUAGE_CHARS_MAX && tag.chars().all(is_tag);
        if self.languages.len() > PROFILE_LANGUAGES_MAX || !self.languages.iter().all(is_language) {
            return wrong("languages");
        }
        if self.pages.as_ref().is_some_and(|pages| !is_web(pages)) {
            return wrong("pages");
        }
        if self.withdraw_days > WITHDRAW_DAYS_MAX {
            return wrong("withdraw_days");
        }
        let Address { socket, server_name } = &self.address;
        let is_host = |text: &str| !text.is_empty() && text.len() <= 253 && text.bytes().all(|b| b.is_ascii_graphic());
        if is_host(socket) && is_host(server_name) { Ok(()) } else { wrong("address") }
    }
}

/// Checks a signed profile: its bounds, and that it ends when it says.
pub fn check(profile: &Statement<Profile>) -> Result<(), Violation> {
    profile.body.check()?;
    let meta = &profile.meta;
    if profile.body.valid_until != meta.expires || meta.expires > meta.issued.plus(PROFILE_LIFE_MAX) {
        return Err(Violation::new(Code::TermsWrong, "valid_until"));
    }
    Ok(())
}

/// Whether a text is an address that a browser may be sent to: a scheme of the web, no user, no blanks.
#[must_use]
pub fn is_web(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    text.len() <= URL_CHARS_MAX
        && host.is_some_and(|host| !host.is_empty() && !host.contains('@'))
        && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'`'))
}

fn is_line(text: &str, chars_max: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= chars_max && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile {
            about: "Tea of all kinds".into(),
            address: Address { socket: "127.0.0.1:7004".into(), server_name: "shop.semper.test".into() },
            countries: vec!["DE".into(), "AT".into()],
            languages: vec!["en".into(), "de-AT".into()],
            name: "Play tea shop".into(),
            pages: Some("http://shop.localhost:8004/".into()),
            return_costs: Bearer::Seller,
            valid_until: Timestamp::EPOCH,
            withdraw_days: 14,
        }
    }

    #[test]
    fn each_member_has_bounds() {
        type Edit = fn(&mut Profile);
        profile().check().unwrap();
        let edits: [(&str, Edit); 12] = [
            ("about", |p| p.about = " ".into()),
            ("about", |p| p.about = "x".repeat(PROFILE_ABOUT_CHARS_MAX + 1)),
            ("about", |p| p.about = "tea \u{202e}eet".into()),
            ("name", |p| p.name = "two\nlines".into()),
            ("countries", |p| p.countries = vec!["Germany".into()]),
            ("countries", |p| p.countries = vec!["DE".into(); PROFILE_COUNTRIES_MAX + 1]),
            ("languages", |p| p.languages = vec!["en us".into()]),
            ("languages", |p| p.languages = vec!["en".into(); PROFILE_LANGUAGES_MAX + 1]),
            ("pages", |p| p.pages = Some("javascript:alert(1)".into())),
            ("pages", |p| p.pages = Some("http://shop@evil.example/".into())),
            ("withdraw_days", |p| p.withdraw_days = 367),
            ("address", |p| p.address.socket = String::new()),
        ];
        for (member, edit) in edits {
            let mut wrong = profile();
            edit(&mut wrong);
            assert_eq!(wrong.check().unwrap_err().detail(), member);
        }
    }
}
