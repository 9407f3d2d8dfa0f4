//! Every lie by name.

use semper_base::tx::ChunkRef;
use semper_base::{Code, Error, Key, Misuse, Write};
use semper_services::common::Desk;
use serde_json::Value;

use crate::words::pass_on;
use crate::{bank, buyer, containers, contract, deals, locks, log, notary, parcels, rounds, seller, stranger};

/// Timers whose key begins so are the liar's own.
pub(crate) const TIMER: &str = "lie/";

/// What a party does wrong. What a lie does not name, it does honestly.
#[derive(Clone, Debug)]
pub(crate) struct Lie {
    pub(crate) name: &'static str,
    /// After every honest step: passes on what shall happen of what the honest party would have done.
    pub(crate) twist: fn(Vec<Write>, &mut Desk<'_, '_>) -> Result<(), Error>,
    /// When the script says `{"command":"cheat", …}`.
    pub(crate) act: fn(&Value, &mut Desk<'_, '_>) -> Result<Value, Error>,
    /// When a timer of the lie's own is due.
    pub(crate) due: fn(&Key, &mut Desk<'_, '_>) -> Result<(), Error>,
    /// What the honest service reads in place of a chunk.
    pub(crate) chunk: fn(&ChunkRef, Vec<u8>) -> Vec<u8>,
    /// Whether what it seals is garbage.
    pub(crate) seals_garbage: bool,
}

const TRUTH: Lie = Lie {
    name: "truth",
    twist: |writes, desk| {
        pass_on(writes, desk);
        Ok(())
    },
    act: |_, _| Err(Misuse::new(Code::Usage, "this lie is told without being asked").into()),
    due: |_, _| Ok(()),
    chunk: |_, data| data,
    seals_garbage: false,
};

/// Every lie. Who tells it is the first word.
pub(crate) const ALL: &[Lie] = &[
    Lie { name: "seller-keeps-key", twist: seller::keep_key, ..TRUTH },
    Lie { name: "seller-loses-key", twist: seller::lose_key, ..TRUTH },
    Lie { name: "seller-seals-garbage", twist: seller::seal_garbage, seals_garbage: true, ..TRUTH },
    Lie { name: "seller-sends-another-file", twist: seller::send_another_file, chunk: seller::another_file, ..TRUTH },
    Lie { name: "seller-sends-noise", twist: seller::noise, ..TRUTH },
    Lie { name: "seller-raises-price", twist: seller::raise_price, ..TRUTH },
    Lie { name: "seller-forges-mandate", act: seller::forge_mandate, ..TRUTH },
    Lie { name: "seller-reuses-mandate", twist: seller::reuse_mandate, ..TRUTH },
    Lie { name: "seller-captures-twice", act: seller::capture_again, ..TRUTH },
    Lie { name: "seller-captures-late", twist: seller::hold_capture_back, due: seller::capture_late, ..TRUTH },
    Lie { name: "seller-forges-receipt", twist: seller::keep_key, act: seller::forge_receipt, ..TRUTH },
    Lie { name: "seller-passes-false-key", twist: seller::pass_false_key, ..TRUTH },
    Lie { name: "buyer-releases-late", act: buyer::release_late, ..TRUTH },
    Lie { name: "buyer-forges-complaint", act: buyer::forge_complaint, ..TRUTH },
    Lie { name: "buyer-keeps-receipt", twist: buyer::keep_receipt, ..TRUTH },
    Lie { name: "buyer-replays-order", act: buyer::replay_order, ..TRUTH },
    Lie { name: "buyer-holds-twice", act: buyer::hold_twice, ..TRUTH },
    Lie { name: "buyer-pays-from-another", act: buyer::learn_account, twist: buyer::pay_from_another, ..TRUTH },
    Lie { name: "buyer-contests-with-key", act: buyer::contest, ..TRUTH },
    Lie { name: "buyer-forges-capture", act: buyer::forge_capture, ..TRUTH },
    Lie { name: "bank-signs-both", twist: bank::sign_both, ..TRUTH },
    Lie { name: "bank-captures-alone", act: bank::capture_alone, ..TRUTH },
    Lie { name: "bank-alters-held", twist: bank::alter_held, ..TRUTH },
    Lie { name: "bank-releases-early", twist: bank::release_early, ..TRUTH },
    Lie { name: "bank-settles-and-refunds", twist: bank::settle_and_refund, ..TRUTH },
    Lie { name: "bank-log-hides", twist: log::hide, ..TRUTH },
    Lie { name: "bank-log-splits", twist: log::split, ..TRUTH },
    Lie { name: "notary-opens-without-capture", act: notary::open_without_capture, ..TRUTH },
    Lie { name: "notary-cries-bad-escrow", twist: notary::cry_bad_escrow, ..TRUTH },
    Lie { name: "notary-says-both", twist: notary::say_both, ..TRUTH },
    Lie { name: "starter-aborts-and-signs", twist: contract::abort_and_sign, ..TRUTH },
    Lie { name: "answerer-resolves-unseen", twist: contract::resolve_unseen, ..TRUTH },
    Lie { name: "notary-decides-both", twist: contract::decide_both, ..TRUTH },
    Lie { name: "seller-never-claims", twist: locks::never_claim, ..TRUTH },
    Lie { name: "seller-sells-other-data", twist: locks::sell_other_data, ..TRUTH },
    Lie { name: "bank-pays-and-returns", twist: locks::pay_and_return, ..TRUTH },
    Lie { name: "payer-locks-less", twist: deals::lock_less, ..TRUTH },
    Lie { name: "payer-takes-back", twist: deals::take_back, ..TRUTH },
    Lie { name: "giver-keeps-key", twist: deals::keep_key, ..TRUTH },
    Lie { name: "giver-claims-undecided", twist: deals::claim_undecided, ..TRUTH },
    Lie { name: "seller-ships-nothing", twist: parcels::ship_nothing, ..TRUTH },
    Lie { name: "seller-forges-carrier", act: parcels::forge_word, ..TRUTH },
    Lie { name: "carrier-guesses-code", act: parcels::guess_code, ..TRUTH },
    Lie { name: "buyer-denies-parcel", twist: parcels::deny_parcel, ..TRUTH },
    Lie { name: "buyer-disputes-paid", act: parcels::dispute_paid, ..TRUTH },
    Lie { name: "arbiter-rules-twice", act: parcels::forget_ruling, ..TRUTH },
    Lie { name: "bank-divides-otherwise", twist: parcels::ignore_ruling, ..TRUTH },
    Lie { name: "signer-falls-silent", twist: rounds::fall_silent, ..TRUTH },
    Lie { name: "signer-pledges-twice", twist: rounds::pledge_twice, ..TRUTH },
    Lie { name: "signer-stops-after-signing", act: rounds::stop_after_signing, ..TRUTH },
    Lie { name: "notary-parts-the-rounds", twist: rounds::part_the_rounds, ..TRUTH },
    Lie { name: "sender-sends-other-goods", twist: containers::send_other_goods, ..TRUTH },
    Lie { name: "sender-replays-container", twist: containers::keep_copies, act: containers::replay, ..TRUTH },
    Lie { name: "receiver-denies-taking", twist: containers::deny_taking, ..TRUTH },
    Lie { name: "stranger-replays", act: stranger::replay, ..TRUTH },
];

/// Reads the value of `--lie`.
pub(crate) fn find(name: &str) -> Result<&'static Lie, String> {
    ALL.iter().find(|lie| lie.name == name).ok_or_else(|| "no such lie; `semper-liar lies` prints all".to_owned())
}
