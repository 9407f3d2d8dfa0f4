//! Who learns what, searched for in the bytes that the parties leave on disk after a happy deal:
//! databases, write-ahead logs, blobs. What is looked for must be where it belongs, or the search would
//! prove nothing.

use crate::play;

use std::path::Path;

use play::{Place, Played, member, play_at};

/// A title, so odd that it stands nowhere else.
const TITLE: &str = "Zanzibar-Quagga-7291.txt";
/// The name in the buyer's certificate.
const BUYER: &str = "Bea Buyer";
/// Odd enough that the balance after it is found nowhere by chance.
const PRICE: &str = "123.45 EUR";

/// Bytes to look for: as they are, and as they look within base64url text, wherever they begin in it.
fn spellings(needle: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![needle.to_vec()];
    for before in 0..3_usize {
        let shifted = [vec![0; before], needle.to_vec()].concat();
        let text = semper_base::bytes::encode(&shifted);
        // Characters at both ends that also depend on what stands beside the needle are left out.
        let (from, end) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
        all.push(text.as_bytes()[from..end].to_vec());
    }
    all
}

/// How many files below a directory hold the needle in one of its spellings.
fn found(directory: &Path, needle: &[u8]) -> Vec<String> {
    assert!(needle.len() >= 6, "too short: {}", String::from_utf8_lossy(needle));
    let spellings = spellings(needle);
    let mut hits = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            hits.extend(found(&path, needle));
        } else if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            if spellings.iter().any(|text| bytes.windows(text.len()).any(|window| window == text)) {
                hits.push(path.display().to_string());
            }
        }
    }
    hits
}

fn secret_file() -> Vec<u8> {
    (0..9000_u32)
        .flat_map(|n| format!("secret line {} of the goods\n", n.wrapping_mul(2_654_435_761)).into_bytes())
        .collect()
}

fn deal() -> Played {
    let place = Place::new("pv");
    let file = place.0.join(TITLE);
    std::fs::write(&file, secret_file()).unwrap();
    play_at(place, &["--file", file.to_str().unwrap(), "--price", PRICE])
}

/// Pieces of a signed text: long texts are spread over database pages, so short pieces are searched.
fn pieces(text: &[u8]) -> Vec<Vec<u8>> {
    let middle = text.len() / 2;
    [40, middle, text.len() - 40].into_iter().map(|at| text[at..at + 32].to_vec()).collect()
}

#[test]
fn nobody_learns_what_does_not_concern_them() {
    let played = deal();
    let market = played.market();
    let [bank, notary, shop, wallet] = ["bank", "notary", "shop", "wallet"].map(|name| market.join(name));

    // The names of goods and buyer.
    for needle in [TITLE, BUYER] {
        assert!(!found(&wallet, needle.as_bytes()).is_empty(), "{needle} must be in the wallet");
        assert!(!found(&shop, needle.as_bytes()).is_empty(), "{needle} must be at the shop");
        for third in [&bank, &notary] {
            assert_eq!(found(third, needle.as_bytes()), Vec::<String>::new(), "{needle}");
        }
    }
    // The file itself: the shop has it, bank and notary do not.
    let file = secret_file();
    for at in [0, 70_000, file.len() - 40] {
        let needle = &file[at..at + 32];
        assert!(!found(&shop, needle).is_empty(), "the goods must be at the shop");
        for third in [&bank, &notary] {
            assert_eq!(found(third, needle), Vec::<String>::new(), "bytes of the file");
        }
    }
    // The papers of buyer and seller.
    let pack = std::fs::read(played.text("/evidence_pack")).unwrap();
    for kind in ["offer", "order", "acceptance"] {
        for needle in pieces(&member(&pack, &format!("-{kind}.jws"))) {
            assert!(!found(&wallet, &needle).is_empty(), "the {kind} must be in the wallet");
            for third in [&bank, &notary] {
                assert_eq!(found(third, &needle), Vec::<String>::new(), "{kind}");
            }
        }
    }
    // The notary was not needed: it has never heard of this exchange.
    let xid = played.text("/purchase/xid");
    assert!(!found(&bank, xid.as_bytes()).is_empty());
    assert_eq!(found(&notary, xid.as_bytes()), Vec::<String>::new());

    // The buyer's account and what is on it.
    let account = played.text("/accounts/buyer");
    assert!(!found(&wallet, account.as_bytes()).is_empty() && !found(&bank, account.as_bytes()).is_empty());
    assert!(!found(&shop, played.text("/accounts/seller").as_bytes()).is_empty());
    assert_eq!(played.text("/balances_after/buyer"), "376.55 EUR");
    for needle in [account, "376.55", "\"minor\":37655"] {
        for other in [&shop, &notary] {
            assert_eq!(found(other, needle.as_bytes()), Vec::<String>::new(), "{needle}");
        }
    }
}

#[test]
fn the_search_finds_text_within_base64() {
    for before in ["", "a", "ab", "abc"] {
        let text = semper_base::bytes::encode(format!("{before}{TITLE}{before}").as_bytes());
        let hits = spellings(TITLE.as_bytes());
        assert!(hits.iter().any(|spelling| text.as_bytes().windows(spelling.len()).any(|w| w == spelling)), "{before}");
    }
}
