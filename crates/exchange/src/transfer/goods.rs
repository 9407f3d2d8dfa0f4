//! What lies in a container, as its list says it: each good with its name and, where it has a content, the content's
//! length and root. The list is the tree in preorder; a container says how many goods lie in it, so that a tree has one
//! list and a list at most one tree, and nobody has to recurse to read it.

use std::collections::BTreeSet;

use semper_base::limits::{
    FILE_NAME_CHARS_MAX, MEDIA_TYPE_CHARS_MAX, TRANSFER_BYTES_MAX, TRANSFER_CHUNKS_MAX, TRANSFER_DEPTH_MAX,
    TRANSFER_GOODS_MAX, TRANSFER_PAPER_BYTES_MAX,
};
use semper_base::{Amount, Code, Hash, Violation};
use semper_blocks::delivery::Layout;
use semper_blocks::statement::Kind;
use serde::{Deserialize, Serialize};

/// The bytes of a good: how they are cut, and the root over their salted leaves
/// ([`semper_blocks::delivery::PlainLeaf`]), which fixes every one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// How it is cut.
    pub layout: Layout,
    /// The root over its leaves.
    pub root: Hash,
}

/// One good.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Good {
    /// What it is called, different from every other in the same container. Never a path.
    pub name: String,
    /// What it is.
    pub what: What,
}

/// What a good is. This picks the steps that it needs: contents travel in chunks, papers are verified, a payment is
/// made by the payment manager, a container is what lies in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A certificate (DER): its chain is checked when it is here.
    #[serde(rename = "certificate")]
    Certificate(Paper),
    /// The goods that follow in the list lie in it.
    #[serde(rename = "container")]
    Container(Inside),
    /// Any bytes.
    #[serde(rename = "data")]
    Data(Data),
    /// Money, over a reference that the receiver gives.
    #[serde(rename = "payment")]
    Payment(Payment),
    /// A signed statement with its signer's certificate: both are verified when they are here.
    #[serde(rename = "statement")]
    Statement(Paper),
}

/// How much lies in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inside {
    /// Goods directly in it.
    pub goods: u64,
}

/// Any bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Its bytes.
    pub content: Content,
    /// SHA-256 of the bytes: what anybody can compare with a file.
    pub hash: Hash,
    /// Its media type.
    pub media: String,
}

/// Money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// How much.
    pub amount: Amount,
}

/// A statement or a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// Its bytes as they travel.
    pub content: Content,
    /// SHA-256 of the statement's compact text or of the certificate.
    pub hash: Hash,
    /// The statement's kind.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<Kind>,
}

impl Good {
    /// Its bytes, if it has any.
    #[must_use]
    pub fn content(&self) -> Option<&Content> {
        match &self.what {
            What::Certificate(paper) | What::Statement(paper) => Some(&paper.content),
            What::Data(data) => Some(&data.content),
            What::Container(_) | What::Payment(_) => None,
        }
    }

    /// Goods directly in it.
    fn inside(&self) -> u64 {
        match &self.what {
            What::Container(inside) => inside.goods,
            _ => 0,
        }
    }

    /// Form of one good by itself.
    fn check(&self) -> Result<(), Violation> {
        let wrong = |what: &str| Err(Violation::new(Code::FieldWrong, format!("{:?}: {what}", cut(&self.name))));
        if !is_name(&self.name) {
            return wrong("name");
        }
        let largest = match &self.what {
            What::Data(data) if !is_text(&data.media, MEDIA_TYPE_CHARS_MAX) => return wrong("media"),
            What::Certificate(paper) if paper.kind.is_some() => return wrong("kind"),
            What::Statement(paper) if paper.kind.is_none() => return wrong("kind"),
            What::Payment(payment) if payment.amount.minor() == 0 => return wrong("amount"),
            What::Certificate(_) | What::Statement(_) => TRANSFER_PAPER_BYTES_MAX,
            What::Container(_) | What::Data(_) | What::Payment(_) => TRANSFER_BYTES_MAX,
        };
        if self.content().is_some_and(|content| content.layout.length() > largest) {
            return Err(Violation::new(Code::TooLarge, cut(&self.name)));
        }
        Ok(())
    }
}

/// How much a list of goods is, all together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Total {
    /// Bytes of all contents.
    pub(super) bytes: u64,
    /// Chunks of all contents.
    pub(super) chunks: u64,
    /// Payments.
    pub(super) payments: u64,
}

/// Whether a list is one container: form of each good, names, depth, counts, sizes, one payment at most.
pub(super) fn check(goods: &[Good]) -> Result<Total, Violation> {
    if goods.is_empty() {
        return Err(Violation::new(Code::FieldMissing, "goods"));
    }
    if goods.len() > TRANSFER_GOODS_MAX {
        return Err(Violation::new(Code::TooMany, "goods"));
    }
    let mut total = Total::default();
    let mut names: BTreeSet<(Vec<u64>, &str)> = BTreeSet::new();
    for (good, place) in goods.iter().zip(places(goods)?) {
        good.check()?;
        if let Some(Content { layout, .. }) = good.content() {
            total.bytes = total.bytes.saturating_add(layout.length());
            total.chunks = total.chunks.saturating_add(layout.leaves());
        }
        total.payments = total.payments.saturating_add(u64::from(matches!(good.what, What::Payment(_))));
        if !names.insert((place, good.name.as_str())) {
            return Err(Violation::new(Code::FieldWrong, format!("two goods are called {:?}", cut(&good.name))));
        }
    }
    if total.bytes > TRANSFER_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "goods"));
    }
    if total.chunks > TRANSFER_CHUNKS_MAX {
        return Err(Violation::new(Code::TooMany, "chunks"));
    }
    if total.payments > 1 {
        return Err(Violation::new(Code::TooMany, "payments"));
    }
    Ok(total)
}

/// In which containers each good lies, from the outside in, each by its number in the list. Refuses a list that ends
/// inside a container, and one that is too deep.
pub(super) fn places(goods: &[Good]) -> Result<Vec<Vec<u64>>, Violation> {
    // Containers that are open, and how many goods each still lacks.
    let mut open: Vec<(u64, u64)> = Vec::new();
    let mut places = Vec::with_capacity(goods.len());
    for (number, good) in (0_u64..).zip(goods) {
        while open.last().is_some_and(|(_, lacks)| *lacks == 0) {
            open.pop();
        }
        if let Some((_, lacks)) = open.last_mut() {
            *lacks = lacks.saturating_sub(1);
        }
        places.push(open.iter().map(|(container, _)| *container).collect());
        if matches!(good.what, What::Container(_)) {
            open.push((number, good.inside()));
        }
        if open.len() > TRANSFER_DEPTH_MAX {
            return Err(Violation::new(Code::TooMany, "containers inside each other"));
        }
    }
    if open.iter().any(|(_, lacks)| *lacks > 0) {
        return Err(Violation::new(Code::FieldWrong, "the list ends inside a container"));
    }
    Ok(places)
}

/// A name that is nobody's path and shows as what it is.
fn is_name(name: &str) -> bool {
    is_text(name, FILE_NAME_CHARS_MAX)
        && name.trim() == name
        && !name.contains(['/', '\\'])
        && name != "."
        && name != ".."
}

pub(super) fn is_text(text: &str, chars_max: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= chars_max && !text.chars().any(char::is_control)
}

fn cut(name: &str) -> String {
    name.chars().take(40).collect()
}
