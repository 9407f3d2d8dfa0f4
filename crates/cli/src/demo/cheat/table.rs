//! Every cheat.

use std::time::Duration;

use semper_base::Code;

use super::{Cheat, Cue, End, Expected, Rest};
use crate::demo::way::{Act, HAPPY, NOBODY, Plan, SHORT};

/// The file is soon paid for without a receipt.
const SETTLES: &str = "settle=3s,contest=8s,complaint=2s,answer=1s,skew=200ms";
/// The hold soon runs out.
const HOLDS_SHORTLY: &str = "hold=4s,settle=16s,contest=8s,skew=200ms";
/// The hold runs out a little later, when a deal before it is over.
const HOLDS_FOR_TWO: &str = "hold=6s,settle=16s,contest=8s,skew=200ms";

const BASE: Cheat = Cheat {
    plan: HAPPY,
    cue: Cue::None,
    rest: Rest::Over,
    logs: false,
    expected: Expected { end: End::Sold, convicted: &[], noticed: &[] },
};

const fn expect(
    end: End,
    convicted: &'static [(&'static str, &'static str)],
    noticed: &'static [(&'static str, Code)],
) -> Expected {
    Expected { end, convicted, noticed }
}

/// Every cheat. Who lies is the first word of its name.
pub(super) const CHEATS: &[Cheat] = &[
    Cheat {
        plan: Plan {
            name: "seller-keeps-key",
            line: "The shop takes the money and keeps the key.",
            times: Some(SHORT),
            lies: &[("shop", "seller-keeps-key")],
            ..HAPPY
        },
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "seller-seals-garbage",
            line: "The shop takes the money, keeps the key, and has sealed garbage to the notary.",
            times: Some(SHORT),
            lies: &[("shop", "seller-seals-garbage")],
            ..HAPPY
        },
        expected: expect(End::Unsold, &[], &[]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "seller-sends-another-file",
            line: "The shop encrypts another file than the one that it offered.",
            lies: &[("shop", "seller-sends-another-file")],
            sample_bytes: 300_000,
            ..HAPPY
        },
        expected: expect(End::Unsold, &[("seller", "wrong-file")], &[]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "seller-sends-noise",
            line: "The shop delivers random bytes in place of the encrypted file.",
            times: Some(HOLDS_SHORTLY),
            lies: &[("shop", "seller-sends-noise")],
            ..HAPPY
        },
        expected: expect(End::Unsold, &[], &[("wallet", Code::ChunkWrong)]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "seller-raises-price",
            line: "The shop accepts the order at a higher price than was ordered.",
            times: Some(HOLDS_SHORTLY),
            lies: &[("shop", "seller-raises-price")],
            ..HAPPY
        },
        rest: Rest::After(Duration::from_secs(3)),
        expected: expect(End::Unsold, &[], &[("wallet", Code::MismatchAmount)]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "seller-forges-mandate",
            line: "The buyer does not let the money go; the shop asks for it with a mandate that it signed itself.",
            times: Some(HOLDS_SHORTLY),
            ignore: Some("mandate"),
            lies: &[("shop", "seller-forges-mandate")],
            ..HAPPY
        },
        cue: Cue::At("fetched"),
        expected: expect(End::Unsold, &[], &[("bank", Code::KeyWrong)]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "seller-reuses-mandate",
            line: "After one honest deal, the shop asks for the money of the next with the mandate of the first.",
            times: Some(HOLDS_FOR_TWO),
            lies: &[("shop", "seller-reuses-mandate")],
            ..HAPPY
        },
        cue: Cue::SecondDeal,
        expected: expect(End::Unsold, &[], &[("bank", Code::KeyWrong)]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "seller-captures-twice",
            line: "The shop was paid, and asks for the money again, twice.",
            lies: &[("shop", "seller-captures-twice")],
            ..HAPPY
        },
        cue: Cue::At("settled"),
        rest: Rest::OverAnd(Duration::from_millis(500)),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "seller-captures-late",
            line: "The shop asks for the money when the hold has run out.",
            times: Some(HOLDS_SHORTLY),
            lies: &[("shop", "seller-captures-late")],
            ..HAPPY
        },
        rest: Rest::OverAnd(Duration::from_secs(1)),
        expected: expect(End::Unsold, &[], &[]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "seller-forges-receipt",
            line: "The shop keeps the key and hands in a receipt that it signed itself, to be paid for good.",
            times: Some(SHORT),
            lies: &[("shop", "seller-forges-receipt")],
            ..HAPPY
        },
        cue: Cue::At("captured"),
        expected: expect(End::Sold, &[], &[("bank", Code::KeyWrong)]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "seller-passes-false-key",
            line: "The shop keeps the key while the notary is down, and answers the contest with a false one.",
            times: Some(NOBODY),
            lies: &[("shop", "seller-passes-false-key")],
            notary_off: true,
            ..HAPPY
        },
        expected: expect(End::Unsold, &[], &[("bank", Code::CommitmentWrong)]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "buyer-releases-late",
            line: "The buyer has the file, gives no receipt, and asks the bank for its money back.",
            times: Some(SETTLES),
            decline: Some("receipt"),
            lies: &[("wallet", "buyer-releases-late")],
            ..HAPPY
        },
        cue: Cue::At("received"),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "buyer-forges-complaint",
            line: "The buyer has the right file and complains to the notary that it is another one.",
            times: Some(SETTLES),
            decline: Some("receipt"),
            lies: &[("wallet", "buyer-forges-complaint")],
            ..HAPPY
        },
        cue: Cue::At("received"),
        expected: expect(End::Sold, &[], &[("notary", Code::ProofWrong)]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "buyer-keeps-receipt",
            line: "The buyer has the file and never hands over the receipt.",
            times: Some(SETTLES),
            lies: &[("wallet", "buyer-keeps-receipt")],
            ..HAPPY
        },
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "buyer-replays-order",
            line: "The buyer sends the same order again, to have the file once more without a new hold.",
            lies: &[("wallet", "buyer-replays-order")],
            ..HAPPY
        },
        cue: Cue::At("settled"),
        rest: Rest::OverAnd(Duration::from_millis(500)),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "buyer-holds-twice",
            line: "The buyer signs a second hold for a deal whose money is held already.",
            times: Some(HOLDS_SHORTLY),
            ignore: Some("mandate"),
            lies: &[("wallet", "buyer-holds-twice")],
            ..HAPPY
        },
        cue: Cue::At("fetched"),
        expected: expect(End::Unsold, &[], &[("bank", Code::AnotherRun)]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "buyer-pays-from-another",
            line: "The buyer orders the bank to take the money from somebody else's account.",
            lies: &[("wallet", "buyer-pays-from-another")],
            act: Act::GiveUp,
            ..HAPPY
        },
        cue: Cue::Before,
        expected: expect(End::Unsold, &[], &[("bank", Code::AccountUnknown)]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "buyer-contests-with-key",
            line: "The buyer has the key and says to the bank that it was withheld.",
            times: Some(SETTLES),
            decline: Some("receipt"),
            lies: &[("wallet", "buyer-contests-with-key")],
            ..HAPPY
        },
        cue: Cue::At("received"),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "buyer-forges-capture",
            line: "The buyer shows the notary a capture that it signed itself, to have the key without paying.",
            times: Some(HOLDS_SHORTLY),
            ignore: Some("mandate"),
            lies: &[("wallet", "buyer-forges-capture")],
            ..HAPPY
        },
        cue: Cue::At("fetched"),
        expected: expect(End::Unsold, &[], &[("notary", Code::KeyWrong)]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "bank-signs-both",
            line: "The bank captures, and tells the buyer that it released.",
            times: Some(SETTLES),
            lies: &[("bank", "bank-signs-both")],
            ..HAPPY
        },
        rest: Rest::OverAnd(Duration::from_millis(4500)),
        expected: expect(End::Verdict, &[("bank", "captured-and-released"), ("bank", "acted-after-release")], &[]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "bank-captures-alone",
            line: "The buyer does not let the money go; the bank takes it all the same.",
            times: Some(SETTLES),
            ignore: Some("mandate"),
            lies: &[("bank", "bank-captures-alone")],
            ..HAPPY
        },
        cue: Cue::At("fetched"),
        rest: Rest::After(Duration::from_millis(4500)),
        expected: expect(End::Sold, &[("bank", "false-ground")], &[("shop", Code::OutOfTurn)]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "bank-alters-held",
            line: "The bank says that it holds more than was agreed.",
            times: Some(HOLDS_SHORTLY),
            lies: &[("bank", "bank-alters-held")],
            ..HAPPY
        },
        expected: expect(End::Unsold, &[("bank", "unlike-descriptor")], &[]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "bank-releases-early",
            line: "The bank has just begun to hold the money, and says that the hold has run out.",
            times: Some(HOLDS_SHORTLY),
            lies: &[("bank", "bank-releases-early")],
            ..HAPPY
        },
        rest: Rest::OverAnd(Duration::from_millis(4500)),
        expected: expect(End::Unsold, &[("bank", "released-too-early"), ("bank", "two-answers")], &[]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "bank-settles-and-refunds",
            line: "The bank says to both that the money is the shop's for good, and that it went back.",
            lies: &[("bank", "bank-settles-and-refunds")],
            ..HAPPY
        },
        rest: Rest::OverAnd(Duration::from_millis(500)),
        expected: expect(End::Sold, &[("bank", "settled-and-refunded"), ("bank", "two-answers")], &[]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "bank-log-hides",
            line: "The bank captures the money and seals something else into its public log.",
            lies: &[("bank", "bank-log-hides")],
            ..HAPPY
        },
        logs: true,
        expected: expect(End::Sold, &[("bank", "sealed-otherwise")], &[]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "bank-log-forgets",
            line: "The bank says that the money is the shop's, and that it went back; one of the two is in its public log.",
            lies: &[("bank", "bank-settles-and-refunds")],
            ..HAPPY
        },
        rest: Rest::OverAnd(Duration::from_millis(500)),
        logs: true,
        expected: expect(
            End::Sold,
            &[("bank", "settled-and-refunded"), ("bank", "two-answers"), ("bank", "sealed-otherwise")],
            &[],
        ),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "bank-log-splits",
            line: "The bank shows the buyer another log than the shop.",
            lies: &[("bank", "bank-log-splits")],
            ..HAPPY
        },
        logs: true,
        expected: expect(End::Sold, &[("bank", "split-view")], &[]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "notary-opens-without-capture",
            line: "The notary says that it opened the escrow of a deal in which nothing was paid.",
            times: Some(HOLDS_SHORTLY),
            ignore: Some("mandate"),
            lies: &[("notary", "notary-opens-without-capture")],
            ..HAPPY
        },
        cue: Cue::At("fetched"),
        expected: expect(End::Unsold, &[], &[("bank", Code::OutOfTurn)]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "notary-cries-bad-escrow",
            line: "The key gets lost; the notary says that a good escrow is bad, so that the money goes back.",
            times: Some(SHORT),
            lies: &[("notary", "notary-cries-bad-escrow"), ("shop", "seller-loses-key")],
            ..HAPPY
        },
        expected: expect(End::Unsold, &[("notary", "cried-bad-escrow")], &[]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "notary-says-both",
            line: "The key gets lost; the notary tells the bank that the escrow is good, and the buyer that it is bad.",
            times: Some(SHORT),
            lies: &[("notary", "notary-says-both"), ("shop", "seller-loses-key")],
            ..HAPPY
        },
        expected: expect(End::Sold, &[("notary", "opened-and-bad-escrow"), ("notary", "cried-bad-escrow")], &[]),
        ..BASE
    },
    Cheat {
        plan: Plan {
            name: "stranger-replays",
            line: "A stranger has got hold of what the buyer sent to the bank, and sends it again over a key of its own.",
            times: Some(HOLDS_SHORTLY),
            ignore: Some("mandate"),
            lies: &[("stranger", "stranger-replays")],
            ..HAPPY
        },
        cue: Cue::At("fetched"),
        expected: expect(End::Unsold, &[], &[]),
        ..BASE
    },
];
