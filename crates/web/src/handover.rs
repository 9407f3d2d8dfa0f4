//! The hand-over from a shop to a wallet: a link, or the same as a code to paste.
//!
//! It says where the shop is and what was chosen there, and binds what the buyer saw by a hash. It holds
//! no authority: whoever plants one makes a wallet ask a shop for an offer, and the trusted screen shows
//! that offer before anything is ordered.
//!
//! ```text
//! WALLET/handover?shop=HOST:PORT&name=SERVER-NAME&cart=ID&hash=HEX      parcels, ordered together
//! WALLET/handover?shop=HOST:PORT&name=SERVER-NAME&item=ID&hash=HEX      one file
//! ```
//!
//! The code is base64url of all that follows the question mark. `hash` is [`lines_hash`] of the lines as
//! the shop's page showed them; a wallet compares it with the offer and says so if they differ.

use semper_base::code::Code;
use semper_base::{Amount, Error, Hash, Violation, bytes, json};
use serde::Serialize;

/// Longest link's query, in bytes: the longest members together fit.
pub const QUERY_BYTES_MAX: usize = 600;
/// Longest host with its port, in bytes (RFC 1035, section 2.3.4).
const SOCKET_BYTES_MAX: usize = 261;
/// Longest server name, in bytes.
const NAME_BYTES_MAX: usize = 128;
/// Longest id of a cart or item, in bytes.
const ID_BYTES_MAX: usize = 64;
/// Most lines that one hash covers.
pub const LINES_MAX: usize = 100;

/// One line of what was chosen, as the shop's page showed it. The price is that of one, VAT included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The shop's id of the product.
    pub item: String,
    /// How many.
    pub quantity: u64,
    /// Price of one.
    pub price: Amount,
}

#[derive(Serialize)]
struct HashedLine<'a> {
    item: &'a str,
    price: String,
    quantity: u64,
}

/// SHA-256 under the tag `semper-handover-lines/1` of the canonical JSON (RFC 8785) of
/// `[{"item":"…","price":"4.90 EUR","quantity":2}, …]`, sorted by item.
///
/// # Errors
/// [`Code::TooMany`]: more than [`LINES_MAX`] lines; [`Code::FieldWrong`] for a quantity beyond 2^53-1.
pub fn lines_hash(lines: &[Line]) -> Result<Hash, Error> {
    if lines.len() > LINES_MAX {
        return Err(Violation::new(Code::TooMany, "lines").into());
    }
    let mut hashed: Vec<HashedLine<'_>> = lines
        .iter()
        .map(|line| HashedLine { item: &line.item, price: line.price.to_string(), quantity: line.quantity })
        .collect();
    hashed.sort_by(|a, b| (a.item, a.quantity).cmp(&(b.item, b.quantity)));
    Ok(Hash::tagged("semper-handover-lines/1", &json::canonical(&hashed)?))
}

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goods {
    /// Parcels, by the cart that the shop keeps.
    Cart(String),
    /// One file, by its id.
    Item(String),
}

/// What a hand-over says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// Where the shop takes messages: host and port.
    pub socket: String,
    /// Under which name its certificate must answer there.
    pub server_name: String,
    /// What was chosen.
    pub goods: Goods,
    /// [`lines_hash`] of what the buyer saw.
    pub hash: Hash,
}

impl Handover {
    /// A hand-over whose members keep to their bounds.
    ///
    /// # Errors
    /// [`Code::FieldWrong`] names the member.
    pub fn new(socket: &str, server_name: &str, goods: Goods, hash: Hash) -> Result<Self, Violation> {
        let wrong = |member: &str| Err(Violation::new(Code::FieldWrong, member));
        if !is_socket(socket) {
            return wrong("shop");
        }
        if !is_host(server_name) || server_name.len() > NAME_BYTES_MAX {
            return wrong("name");
        }
        match &goods {
            Goods::Cart(id) if !is_id(id) => wrong("cart"),
            Goods::Item(id) if !is_id(id) => wrong("item"),
            _ => Ok(Handover { socket: socket.to_owned(), server_name: server_name.to_owned(), goods, hash }),
        }
    }

    /// What follows the question mark of the link.
    #[must_use]
    pub fn query(&self) -> String {
        let (member, id) = match &self.goods {
            Goods::Cart(id) => ("cart", id),
            Goods::Item(id) => ("item", id),
        };
        // No other character that a query must not hold passes the bounds.
        let socket = self.socket.replace('[', "%5B").replace(']', "%5D");
        format!("shop={socket}&name={}&{member}={id}&hash={}", self.server_name, self.hash.hex())
    }

    /// The whole link, for a wallet at this address (as [`wallet_address`] gives it).
    #[must_use]
    pub fn link(&self, wallet: &str) -> String {
        format!("{wallet}/handover?{}", self.query())
    }

    /// The same as a code to paste.
    #[must_use]
    pub fn code(&self) -> String {
        bytes::encode(self.query().as_bytes())
    }

    /// Reads the members of a link's query, decoded. Each occurs once; others are refused.
    ///
    /// # Errors
    /// [`Code::FieldWrong`] names the member.
    pub fn from_members(members: &[(String, String)]) -> Result<Self, Violation> {
        let known = ["shop", "name", "cart", "item", "hash"];
        let one = |name: &str| {
            let mut found = members.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
            match (found.next(), found.next()) {
                (Some(_), Some(_)) => Err(Violation::new(Code::FieldWrong, format!("{name} twice"))),
                (found, _) => Ok(found),
            }
        };
        let due = |name: &str| one(name)?.ok_or_else(|| Violation::new(Code::FieldWrong, name));
        if let Some((other, _)) = members.iter().find(|(key, _)| !known.contains(&key.as_str())) {
            let other: String = other.chars().take(20).collect();
            return Err(Violation::new(Code::FieldWrong, format!("unknown: {other}")));
        }
        let goods = match (one("cart")?, one("item")?) {
            (Some(cart), None) => Goods::Cart(cart.to_owned()),
            (None, Some(item)) => Goods::Item(item.to_owned()),
            _ => return Err(Violation::new(Code::FieldWrong, "cart or item, one of them")),
        };
        let hash = Hash::from_hex(due("hash")?).ok_or_else(|| Violation::new(Code::FieldWrong, "hash"))?;
        Handover::new(due("shop")?, due("name")?, goods, hash)
    }

    /// Reads a code. Blanks and line ends from pasting do not matter.
    ///
    /// # Errors
    /// [`Code::Base64Malformed`], [`Code::FieldWrong`].
    pub fn from_code(code: &str) -> Result<Self, Violation> {
        if code.len() > 4 * QUERY_BYTES_MAX {
            return Err(Violation::new(Code::FieldWrong, "code: too long"));
        }
        let code: String = code.chars().filter(|character| !character.is_whitespace()).collect();
        let query = String::from_utf8(bytes::decode(&code)?);
        let query = query.ok().filter(|query| query.len() <= QUERY_BYTES_MAX);
        let query = query.ok_or_else(|| Violation::new(Code::FieldWrong, "code"))?;
        let members = query.split('&').map(|member| {
            let (name, value) = member.split_once('=').unwrap_or((member, ""));
            (name.to_owned(), value.replace("%5B", "[").replace("%5D", "]"))
        });
        let handover = Handover::from_members(&members.collect::<Vec<_>>())?;
        // One hand-over has one code.
        if handover.query() == query { Ok(handover) } else { Err(Violation::new(Code::FieldWrong, "code")) }
    }
}

/// Reads where a wallet's pages are: `http://` or `https://`, a host, perhaps a port, and nothing more
/// (one slash at the end is forgiven). The answer is in small letters and without that slash.
///
/// # Errors
/// [`Code::FieldWrong`] says what is wrong.
pub fn wallet_address(text: &str) -> Result<String, Violation> {
    let wrong = |why: &str| Err(Violation::new(Code::FieldWrong, why));
    let text = text.trim().to_ascii_lowercase();
    let text = text.strip_suffix('/').unwrap_or(&text);
    let Some(rest) = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")) else {
        return wrong("begins with http:// or https://");
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (rest, None),
    };
    if !is_host(host) {
        return wrong("host");
    }
    if port.is_some_and(|port| !is_port(port)) {
        return wrong("port");
    }
    Ok(text.to_owned())
}

fn is_id(id: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(fits)
}

fn is_port(port: &str) -> bool {
    port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port)
}

/// Labels of letters, digits and dashes with dots between them.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(is_label)
}

/// A host or an address with a port.
fn is_socket(socket: &str) -> bool {
    let Some((host, port)) = socket.rsplit_once(':') else { return false };
    let six = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_address = six.is_some_and(|six| six.parse::<std::net::Ipv6Addr>().is_ok());
    socket.len() <= SOCKET_BYTES_MAX && is_port(port) && (is_address || is_host(host))
}

#[cfg(test)]
mod tests {
    use semper_base::Currency;

    use super::*;

    fn line(item: &str, quantity: u64, minor: u64) -> Line {
        Line { item: item.to_owned(), quantity, price: Amount::new(minor, Currency::EUR).unwrap() }
    }

    fn sample() -> Handover {
        let hash = lines_hash(&[line("tea", 2, 490)]).unwrap();
        Handover::new("127.0.0.1:7411", "shop-a.localhost", Goods::Cart("c-17".to_owned()), hash).unwrap()
    }

    #[test]
    fn the_hash_is_that_of_the_canonical_lines() {
        let text =
            br#"[{"item":"cup","price":"7.00 EUR","quantity":1},{"item":"tea","price":"4.90 EUR","quantity":2}]"#;
        let expected = Hash::tagged("semper-handover-lines/1", text);
        assert_eq!(lines_hash(&[line("tea", 2, 490), line("cup", 1, 700)]).unwrap(), expected);
        assert_ne!(lines_hash(&[line("tea", 2, 491), line("cup", 1, 700)]).unwrap(), expected);
        assert!(lines_hash(&vec![line("tea", 1, 1); LINES_MAX + 1]).is_err());
    }

    #[test]
    fn there_and_back() {
        let sample = sample();
        assert_eq!(Handover::from_code(&sample.code()).unwrap(), sample);
        let code = sample.code();
        let (before, after) = code.split_at(9);
        let spread = format!(" {before}\n{after} ");
        assert_eq!(Handover::from_code(&spread).unwrap(), sample);
        let link = sample.link("http://wallet.localhost:8080");
        assert!(
            link.starts_with("http://wallet.localhost:8080/handover?shop=127.0.0.1:7411&name=shop-a.localhost&cart=")
        );
        let six = Handover::new("[::1]:7411", "shop", Goods::Item("song".to_owned()), sample.hash).unwrap();
        assert!(six.query().starts_with("shop=%5B::1%5D:7411&"));
        assert_eq!(Handover::from_code(&six.code()).unwrap(), six);
        let long = "a".repeat(63);
        let host = [long.as_str(), &long, &long, &"a".repeat(60)].join(".");
        let name = [long.as_str(), &long].join(".");
        let longest = Handover::new(&format!("{host}:65535"), &name, Goods::Item(long), sample.hash).unwrap();
        assert_eq!(Handover::from_code(&longest.code()).unwrap(), longest, "the longest members fit together");
    }

    #[test]
    fn members_are_bounded() {
        let hash = Hash::of(b"");
        let of = |socket: &str, name: &str, id: &str| Handover::new(socket, name, Goods::Item(id.to_owned()), hash);
        assert!(of("shop.example:443", "shop.example", "a").is_ok());
        for socket in ["shop", "shop:0", "shop:070", "shop:99999", "a b:1", "[x]:1", "user@shop:1", "shop:1/x", ":1"] {
            assert!(of(socket, "shop", "a").is_err(), "{socket}");
        }
        for name in ["", "a..b", "-a", "a&b", "a b", &"a".repeat(200)] {
            assert!(of("shop:1", name, "a").is_err(), "{name}");
        }
        for id in ["", "a/b", "a&cart=b", "\u{430}", &"a".repeat(65)] {
            assert!(of("shop:1", "shop", id).is_err(), "{id}");
        }
    }

    #[test]
    fn strange_links_and_codes_are_refused() {
        let members = |text: &str| {
            let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap());
            Handover::from_members(&pairs.map(|(a, b)| (a.to_owned(), b.to_owned())).collect::<Vec<_>>())
        };
        let hash = "ab".repeat(32);
        assert!(members(&format!("shop=a:1&name=a&item=x&hash={hash}")).is_ok());
        assert!(members(&format!("shop=a:1&name=a&item=x&cart=y&hash={hash}")).is_err(), "both");
        assert!(members(&format!("shop=a:1&name=a&hash={hash}")).is_err(), "neither");
        assert!(members(&format!("shop=a:1&shop=b:1&name=a&item=x&hash={hash}")).is_err(), "twice");
        assert!(members(&format!("shop=a:1&name=a&item=x&hash={hash}&pay=1")).is_err(), "unknown");
        assert!(members("shop=a:1&name=a&item=x&hash=ab").is_err());
        let other_order = bytes::encode(format!("name=a&shop=a:1&item=x&hash={hash}").as_bytes());
        for code in ["", "!", "AA", &"A".repeat(5000), &other_order] {
            assert!(Handover::from_code(code).is_err(), "{code}");
        }
    }

    #[test]
    fn a_wallet_is_a_host_and_no_more() {
        assert_eq!(wallet_address(" HTTP://Wallet.localhost:8080/ ").unwrap(), "http://wallet.localhost:8080");
        assert_eq!(wallet_address("https://wallet.example").unwrap(), "https://wallet.example");
        for bad in [
            "",
            "wallet.localhost",
            "ftp://a",
            "javascript://a",
            "http://",
            "http://a/b",
            "http://a?b",
            "http://a#b",
            "http://u@a",
            "http://a:0",
            "http://a:x",
            "http://a:",
            "http://a b",
            "http://a\"b",
            "http://a//",
            "http://[::1]",
        ] {
            assert!(wallet_address(bad).is_err(), "{bad}");
        }
    }
}
