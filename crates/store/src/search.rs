//! Full-text search over a shop's products: an index beside the party's database.
//!
//! The index is derived: `search.db` can be deleted at any time, and it is made anew whenever its mark
//! differs from the version of what it was made from. It is never asked for anything that counts: whoever
//! shows a hit reads the product itself.
//!
//! Words are compared folded: small letters, without accents, `ß` as `ss`. What a user types is words
//! only; none of the index's own query language gets through. The last letters of a word may be missing.

mod index;
mod words;

pub use index::{Changes, Index, Source};
pub use words::{Field, terms};

/// What is found by search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its id: what a hit names.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Who makes it.
    pub brand: String,
    /// Where it stands.
    pub category: String,
    /// What distinguishes a variant.
    pub options: String,
    /// Its numbers: that of the shop's books, of world trade.
    pub numbers: String,
    /// Running text.
    pub description: String,
    /// Whether buyers see it.
    pub published: bool,
    /// How it is delivered: one word of small letters.
    pub kind: String,
    /// Changes whenever anything above does.
    pub changed: u64,
}

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// As somebody typed it. Without any word in it, everything that passes the filter is listed by id.
    pub text: String,
    /// Only what buyers see, or only what they do not see.
    pub published: Option<bool>,
    /// Only what is delivered in this way.
    pub kind: Option<String>,
    /// At most so many hits; at most [`HITS_MAX`].
    pub limit: usize,
    /// After so many better ones; at most [`OFFSET_MAX`].
    pub offset: usize,
}

/// Most hits of one answer.
pub const HITS_MAX: usize = 100;
/// How deep into a list of hits one may page.
pub const OFFSET_MAX: usize = 10_000;

/// A found document.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Which.
    pub id: String,
    /// Where the best of the words was found: the reason for its rank.
    pub field: Option<Field>,
    /// How well it fits (BM25, weighed by field); higher is better.
    pub score: f64,
}

/// Hits in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hits {
    /// Best first.
    pub hits: Vec<Hit>,
    /// Whether there are more after them.
    pub more: bool,
}
