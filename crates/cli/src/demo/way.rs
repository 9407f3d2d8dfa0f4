//! The ways that one exchange can go, and what the script does for each. A plan says what the parties
//! are told to do; what comes of it is computed from the facts afterwards, never from the plan.

use std::time::Duration;

use crate::serve::Role;

/// One way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// What `--way` calls it.
    pub(super) name: &'static str,
    /// What happens, in one line.
    pub(super) line: &'static str,
    /// Times of the shop's exchanges; the defaults if there are none.
    pub(super) times: Option<&'static str>,
    /// Which parties lie, by name, and which lie each tells.
    pub(super) lies: &'static [(&'static str, &'static str)],
    /// What the buyer says no to.
    pub(super) decline: Option<&'static str>,
    /// What the buyer never answers.
    pub(super) ignore: Option<&'static str>,
    /// What new accounts hold.
    pub(super) deposit: &'static str,
    /// Whether the notary is switched off before the deal.
    pub(super) notary_off: bool,
    /// How many bytes the included sample has at least.
    pub(super) sample_bytes: usize,
    /// Who does what, other than what everybody does by themselves.
    pub(super) act: Act,
}

/// What the script does while the deal runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing.
    Watch,
    /// Watches, and looks once more after this time: somebody may come too late.
    Linger(Duration),
    /// This party releases the hold when the buyer's exchange has reached this stage.
    Release(Role, &'static str),
    /// The buyer gives up once the bank has refused.
    GiveUp,
}

/// Short windows in which a notary that runs answers easily.
pub(super) const SHORT: &str = "hold=60s,settle=40s,contest=16s,complaint=10s,answer=10s,skew=500ms";
/// Windows in which a silent notary is soon late, and a shop that runs answers easily.
pub(super) const NO_NOTARY: &str = "hold=60s,settle=12s,contest=8s,complaint=2s,answer=1s,skew=200ms";
/// The same, and a silent shop is soon late too.
pub(super) const NOBODY: &str = "hold=60s,settle=12s,contest=3s,complaint=2s,answer=1s,skew=200ms";

pub(super) const HAPPY: Plan = Plan {
    name: "happy",
    line: "Everybody does their part: the file for the money.",
    times: None,
    lies: &[],
    decline: None,
    ignore: None,
    deposit: "500.00 EUR",
    notary_off: false,
    sample_bytes: 0,
    act: Act::Watch,
};

/// Every way, the usual one first.
const WAYS: [Plan; 13] = [
    HAPPY,
    Plan {
        name: "timer",
        line: "The buyer has the file and gives no receipt: the bank settles when the time is over.",
        times: Some("settle=3s,contest=8s,complaint=4s,answer=2s,skew=200ms"),
        decline: Some("receipt"),
        ..HAPPY
    },
    Plan {
        name: "release-early",
        line: "The buyer gives up before any money is held.",
        ignore: Some("hold"),
        act: Act::Release(Role::Wallet, "agreed"),
        ..HAPPY
    },
    Plan {
        name: "release-held",
        line: "The buyer has everything but the key and gives up: the hold is released.",
        ignore: Some("mandate"),
        act: Act::Release(Role::Wallet, "fetched"),
        ..HAPPY
    },
    Plan {
        name: "expiry",
        line: "The buyer never lets the money go: the hold runs out.",
        times: Some("hold=4s,skew=200ms"),
        ignore: Some("mandate"),
        ..HAPPY
    },
    Plan {
        name: "seller-release",
        line: "The shop gives up after it delivered: the hold is released.",
        ignore: Some("mandate"),
        act: Act::Release(Role::Shop, "fetched"),
        ..HAPPY
    },
    Plan {
        name: "key-withheld",
        line: "The shop takes the money and keeps the key: the notary opens the escrow.",
        times: Some(SHORT),
        lies: &[("shop", "seller-keeps-key")],
        ..HAPPY
    },
    Plan {
        name: "bad-escrow",
        line: "The shop keeps the key and has put something else into escrow: the bank pays back.",
        times: Some(SHORT),
        lies: &[("shop", "seller-seals-garbage")],
        ..HAPPY
    },
    Plan {
        name: "wrong-file",
        line: "The shop delivers another file: one chunk proves it, the bank pays back.",
        lies: &[("shop", "seller-sends-another-file")],
        sample_bytes: 1_200_000,
        ..HAPPY
    },
    Plan {
        name: "contest-passed",
        line: "The key gets lost and the notary is down: the buyer contests, the shop answers through the bank.",
        times: Some(NO_NOTARY),
        lies: &[("shop", "seller-loses-key")],
        notary_off: true,
        ..HAPPY
    },
    Plan {
        name: "contest-refunded",
        line: "The shop keeps the key and the notary is down: the buyer contests, nobody answers, the bank pays back.",
        times: Some(NOBODY),
        lies: &[("shop", "seller-keeps-key")],
        notary_off: true,
        ..HAPPY
    },
    Plan {
        name: "no-funds",
        line: "The buyer has ordered more than the account holds: the bank refuses, the buyer gives up.",
        deposit: "1.00 EUR",
        act: Act::GiveUp,
        ..HAPPY
    },
    Plan {
        name: "late-capture",
        line: "The shop asks for the money when the hold has run out: it gets none and keeps the key.",
        times: Some("hold=4s,settle=16s,contest=8s,skew=200ms"),
        lies: &[("shop", "seller-captures-late")],
        act: Act::Linger(Duration::from_secs(1)),
        ..HAPPY
    },
];

/// What `--way` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Print the names.
    List,
    /// Play one.
    Play(Plan),
}

/// Reads the value of `--way`.
pub(super) fn parse(text: &str) -> Result<Wanted, String> {
    if text == "list" {
        return Ok(Wanted::List);
    }
    let found = WAYS.into_iter().find(|way| way.name == text).map(Wanted::Play);
    found.ok_or_else(|| "no such way; `--way list` prints all".to_owned())
}

/// Times for a plan whose parties are cut off and start again meanwhile: nobody who comes back is late.
const PATIENT: &str = "hold=15m,settle=6m,contest=3m,complaint=2m,answer=2m,skew=500ms";
/// The same without a notary: that it does not answer is noticed soon.
const PATIENT_NO_NOTARY: &str = "hold=15m,settle=6m,contest=3m,complaint=4s,answer=3s,skew=500ms";

/// The way with this name; the usual one if there is no name.
pub(super) fn named(name: Option<&str>) -> Plan {
    WAYS.into_iter().find(|way| Some(way.name) == name).unwrap_or(HAPPY)
}

/// Every way there is.
pub(super) fn all() -> impl Iterator<Item = Plan> {
    WAYS.into_iter()
}

impl Plan {
    /// The same for parties that are cut off while they play it.
    pub(super) fn patient(self) -> Plan {
        let times = match self.times {
            Some(SHORT) => Some(PATIENT),
            Some(NO_NOTARY) => Some(PATIENT_NO_NOTARY),
            other => other,
        };
        Plan { times, ..self }
    }

    /// The lie that the party of this name tells, if it lies.
    pub(super) fn lie(&self, party: &str) -> Option<&'static str> {
        self.lies.iter().find(|(liar, _)| *liar == party).map(|(_, lie)| *lie)
    }

    /// What `semper serve ROLE` is told besides. `times` replaces the plan's own.
    pub(super) fn arguments(&self, role: Role, times: Option<&str>) -> Vec<String> {
        let pairs: Vec<(&str, Option<&str>)> = match role {
            Role::Bank => vec![("--play-deposit", Some(self.deposit))],
            Role::Shop => vec![("--times", times.or(self.times))],
            Role::Wallet => {
                vec![("--consent", Some("script")), ("--decline", self.decline), ("--ignore", self.ignore)]
            }
            Role::Broker | Role::Ca | Role::Notary | Role::Witness => Vec::new(),
        };
        let given = pairs.into_iter().filter_map(|(flag, value)| Some([flag.to_owned(), value?.to_owned()]));
        given.flatten().collect()
    }
}
