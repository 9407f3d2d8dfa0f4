//! Plays a cheat, and computes what came of it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use semper_base::{Blob64, Code, Error, Fault, Hash, Tx, View as _, Xid};
use semper_blocks::statement::{Compact, Kind};
use semper_crypto_aws_lc::AwsLc;
use semper_exchange::judge::log::LogVerdict;
use semper_services::common::exchange::{kept, x_key};
use semper_store::SqliteReader;
use serde_json::{Value, json};

use super::{Cheat, Cue, End, Rest, missing};
use crate::demo::facts::{Facts, notes, notice};
use crate::demo::market::STRANGER;
use crate::demo::script::{Script, is_over, text};
use crate::evidence;
use crate::serve::{self, Role};

/// How long a deal may take to come to rest.
const REST_WAIT: Duration = Duration::from_mins(1);
/// How often the parties ask after a register's log, and how long they give it.
const LOOKS: usize = 3;
const LOOK_PAUSE: Duration = Duration::from_millis(1_500);
/// Those who may be honest, and their roles.
const PARTIES: [(&str, &str); 4] = [("bank", "bank"), ("notary", "notary"), ("shop", "seller"), ("wallet", "buyer")];

/// An evidence pack that somebody brought.
struct Brought {
    party: &'static str,
    file: PathBuf,
    report: Value,
}

impl Script<'_> {
    /// Plays a cheat and returns the summary.
    pub(super) fn play_cheat(&mut self, cheat: &Cheat) -> Result<Value, Error> {
        std::thread::scope(|scope| {
            let started = self.market.start(scope, &self.play.plan, self.play.times.as_deref());
            let result = started.and_then(|()| self.cheated(cheat));
            // Watchers end with their parties.
            self.stop();
            result
        })
    }

    fn cheated(&mut self, cheat: &Cheat) -> Result<Value, Error> {
        let hash = self.put_on_sale()?;
        if cheat.cue == Cue::SecondDeal {
            let id = self.buy()?;
            self.wait(&id, Rest::Over)?;
            self.story.tell("first-deal", "The first deal is over; everybody did their part.", &json!({}));
        }
        let before = self.balances()?;
        if cheat.plan.notary_off {
            self.market.switch_off(Role::Notary);
        }
        if cheat.cue == Cue::Before {
            self.cue(cheat, None)?;
        }
        let id = self.buy()?;
        if let Cue::At(stage) = cheat.cue {
            self.reached(&id, |deal| text(deal, "stage") == stage)?;
            self.cue(cheat, Some(&id))?;
        }
        self.act(&id)?;
        self.wait(&id, cheat.rest)?;
        let received = self.receive(&id, &hash);
        let price = serve::amount(&self.play.price)?;
        let facts = Facts { price, before, after: self.balances()?, file: received.is_some() };
        self.judged(cheat, &id, &facts, received.as_deref())
    }

    /// Tells the liar to lie, with whatever it could have got hold of.
    fn cue(&self, cheat: &Cheat, id: Option<&str>) -> Result<(), Error> {
        let (liar, _) = liar(cheat);
        let mut request = json!({ "command": "cheat", "account": self.account(Role::Shop)? });
        if let (Some(id), Some(members)) = (id, request.as_object_mut()) {
            let deal = self.deal_of(id)?;
            let documents = deal.get("documents").and_then(Value::as_array);
            let held = documents.and_then(|all| all.iter().find(|one| text(one, "kind") == "held"));
            members.insert("xid".into(), deal.get("xid").cloned().unwrap_or_default());
            members.insert("captured".into(), held.and_then(|held| held.get("hash").cloned()).unwrap_or_default());
            members.extend(self.overheard(&deal)?.as_object().cloned().unwrap_or_default());
        }
        self.market.named(liar)?.call(&request).map(|_| ())
    }

    /// The descriptor and the buyer's words to the bank, as somebody may have got hold of them.
    fn overheard(&self, deal: &Value) -> Result<Value, Error> {
        let xid = Hash::from_hex(text(deal, "xid")).map(Xid).ok_or_else(|| missing("xid"))?;
        let reader = SqliteReader::open_read_only(&self.market.party(Role::Wallet)?.directory)?;
        let descriptor = Blob64(reader.get(&x_key(xid))?.ok_or_else(|| missing("exchange"))?);
        let statements = kept(&Tx::new(&reader), &format!("xid:{xid}"))?;
        let of = |kind| statements.iter().find(|text| Compact::parse(text).is_ok_and(|found| found.kind() == kind));
        let hold = json!({ "hold": { "statement": of(Kind::Hold), "debit": of(Kind::DebitOrder) } });
        Ok(json!({ "descriptor": descriptor, "packets": [{ "content": hold, "descriptor": descriptor }] }))
    }

    fn deal_of(&self, id: &str) -> Result<Value, Error> {
        self.call(Role::Wallet, &json!({ "command": "deal", "deal": id }))
    }

    fn wait(&self, id: &str, rest: Rest) -> Result<(), Error> {
        if let Rest::After(length) = rest {
            std::thread::sleep(length);
            return Ok(());
        }
        let started = Instant::now();
        loop {
            let deal = self.deal_of(id)?;
            let sold = deal.get("xid").is_none_or(Value::is_null) || self.sale(&deal).is_ok_and(|sale| is_over(&sale));
            if is_over(&deal) && sold {
                break;
            }
            if started.elapsed() > REST_WAIT {
                let text = format!("the deal is still {}", text(&deal, "word"));
                return Err(Fault::new(Code::Pending, text).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        if let Rest::OverAnd(length) = rest {
            std::thread::sleep(length);
        }
        Ok(())
    }

    fn judged(&self, cheat: &Cheat, id: &str, facts: &Facts, received: Option<&Path>) -> Result<Value, Error> {
        let (liar, lie) = liar(cheat);
        let deal = self.deal_of(id)?;
        let packs = self.packs(cheat.logs, id, &deal)?;
        let (together, logs) = self.together(&packs, liar)?;
        let noticed = self.noticed(liar, &deal)?;
        let mut convicted = convicted(&together);
        convicted.extend(if cheat.logs { log_convictions(&logs) } else { Vec::new() });
        let all_convicted: Vec<Value> = packs.iter().flat_map(|pack| self::convicted(&verdict(pack))).collect();
        let strays = self.strays()?;
        let end = end(facts, &together, liar);
        let framed = all_convicted.iter().chain(&convicted).any(|one| text(one, "who") != role_of(liar));
        let fair = end != End::Lost && !framed && strays == 0;
        let as_expected = end == cheat.expected.end
            && same(&convicted, cheat.expected.convicted)
            && cheat.expected.noticed.iter().all(|(party, code)| has(&noticed, party, *code));
        let xid = deal.get("xid").cloned().unwrap_or_default();
        Ok(json!({
            "event": "summary",
            "cheat": cheat.plan.name,
            "text": cheat.plan.line,
            "liar": liar,
            "lie": lie,
            "end": end.word(),
            "fair": fair,
            "as_expected": as_expected,
            "expected": expected(cheat),
            "holds": holds(facts, &together),
            "noticed": noticed,
            "convicted": convicted,
            "claims": proven(&together),
            "packs": packs.iter().map(Brought::json).collect::<Vec<_>>(),
            "strays": strays,
            "deal": id,
            "purchase": deal,
            "sale": self.sale(&deal).ok(),
            "balances_before": facts.before.json(),
            "balances_after": facts.after.json(),
            "registers": if xid.is_string() { self.registers(&xid)? } else { Vec::new() },
            "root": self.market.root_file(),
            "received": received,
            "parties": self.market.summary(),
        }))
    }

    /// The packs of both sides, if there is anything to export: without a contract there is nothing.
    fn packs(&self, logs: bool, id: &str, deal: &Value) -> Result<Vec<Brought>, Error> {
        let Some(xid) = deal.get("xid").filter(|xid| xid.is_string()) else { return Ok(Vec::new()) };
        // Whoever exports asks the registers at once where their answers stand; what they say is in the next pack.
        for _ in 0..if logs { LOOKS } else { 0 } {
            self.call(Role::Wallet, &json!({ "command": "export", "deal": id }))?;
            self.call(Role::Shop, &json!({ "command": "export", "xid": xid }))?;
            std::thread::sleep(LOOK_PAUSE);
        }
        let buyer = self.call(Role::Wallet, &json!({ "command": "export", "deal": id }))?;
        let seller = self.call(Role::Shop, &json!({ "command": "export", "xid": xid }))?;
        let pack = |party, name, reply| -> Result<Brought, Error> {
            let (file, report) = self.evidence(party, name, reply)?;
            Ok(Brought { party, file, report })
        };
        Ok(vec![pack("wallet", "evidence.zip", &buyer)?, pack("shop", "evidence-seller.zip", &seller)?])
    }

    /// What the judge says of everything that honest parties brought.
    fn together(&self, packs: &[Brought], liar: &str) -> Result<(Value, Vec<LogVerdict>), Error> {
        let honest: Vec<_> = packs.iter().filter(|pack| pack.party != liar).collect();
        let named: Vec<_> = honest.iter().map(|pack| (role_of(pack.party), pack.file.as_path())).collect();
        if named.is_empty() {
            return Ok((Value::Null, Vec::new()));
        }
        let (root, crypto) = (self.market.root_file(), AwsLc::new());
        let verdict = evidence::together(&named, &root, &crypto)?;
        Ok((serde_json::to_value(verdict).unwrap_or_default(), evidence::logs(&named, &root, &crypto)?))
    }

    /// What the honest parties wrote down about messages that they refused, each kind once.
    fn noticed(&self, liar: &str, deal: &Value) -> Result<Vec<Value>, Error> {
        let mut noticed: Vec<Value> = Vec::new();
        for (party, _) in PARTIES.into_iter().filter(|(party, _)| *party != liar) {
            for (code, message) in notes(&self.market.named(party)?.directory)? {
                let one = notice(party, code, &message);
                if !noticed.contains(&one) {
                    noticed.push(one);
                }
            }
        }
        // A refusal is an answer and no misdeed: the wallet has it.
        let refused = deal.pointer("/refused/code").and_then(Value::as_u64);
        let refused = refused.and_then(|code| u16::try_from(code).ok()).and_then(Code::from_number);
        noticed.extend(refused.map(|code| notice("bank", code, "answer")));
        Ok(noticed)
    }

    /// How many messages about the deal reached a stranger.
    fn strays(&self) -> Result<usize, Error> {
        let Ok(stranger) = self.market.named(STRANGER) else { return Ok(0) };
        Ok(notes(&stranger.directory)?.len())
    }
}

impl Brought {
    fn json(&self) -> Value {
        json!({
            "party": self.party, "file": self.file, "convicted": convicted(&verdict(self)),
            "outcome": self.report.pointer("/verdict/outcome"),
        })
    }
}

fn liar(cheat: &Cheat) -> (&'static str, &'static str) {
    cheat.plan.lies.first().copied().unwrap_or_default()
}

/// The role in a deal; a stranger has none.
fn role_of(party: &str) -> &'static str {
    PARTIES.into_iter().find(|(name, _)| *name == party).map_or("", |(_, role)| role)
}

fn verdict(pack: &Brought) -> Value {
    pack.report.get("verdict").cloned().unwrap_or_default()
}

fn convicted(verdict: &Value) -> Vec<Value> {
    crate::demo::facts::convicted([&json!({ "verdict": verdict })])
}

/// Who is convicted by what a register's log shows.
fn log_convictions(logs: &[LogVerdict]) -> Vec<Value> {
    let all = logs.iter().flat_map(|log| &log.convictions);
    all.map(|one| json!({ "who": one.who, "misdeed": one.misdeed })).collect()
}

fn proven(verdict: &Value) -> Vec<Value> {
    let claims = verdict.get("claims").and_then(Value::as_array).into_iter().flatten();
    let proven = claims.filter(|claim| text(claim, "finding") == "proven");
    proven.filter_map(|claim| claim.get("claim").cloned()).collect()
}

fn has(noticed: &[Value], party: &str, code: Code) -> bool {
    noticed.iter().any(|one| text(one, "party") == party && one.get("code") == Some(&json!(code.number())))
}

fn same(found: &[Value], expected: &[(&str, &str)]) -> bool {
    let is = |one: &Value, (who, misdeed): &(&str, &str)| text(one, "who") == *who && text(one, "misdeed") == *misdeed;
    found.len() == expected.len() && expected.iter().all(|two| found.iter().any(|one| is(one, two)))
}

fn expected(cheat: &Cheat) -> Value {
    let convicted = cheat.expected.convicted.iter().map(|(who, misdeed)| json!({ "who": who, "misdeed": misdeed }));
    let noticed = cheat.expected.noticed.iter().map(|(party, code)| notice(party, *code, ""));
    json!({
        "end": cheat.expected.end.word(),
        "convicted": convicted.collect::<Vec<_>>(),
        "noticed": noticed.collect::<Vec<_>>(),
    })
}

/// How it ended for the two parties of the deal. What the liar itself lost is its own affair.
fn end(facts: &Facts, together: &Value, liar: &str) -> End {
    let (paid, earned, price) = (facts.paid(), facts.earned(), i128::from(facts.price.minor()));
    if facts.file && paid == price && earned == price {
        return End::Sold;
    }
    if !facts.file && paid == 0 && earned == 0 {
        return End::Unsold;
    }
    let standing = |who: &str| together.pointer(&format!("/outcome/{who}/standing")).and_then(Value::as_str);
    let owed = |who: &str| standing(who).is_some_and(|standing| standing.starts_with("owed"));
    let by_liar = convicted(together).iter().any(|one| text(one, "who") == role_of(liar));
    let buyer = liar == "wallet" || paid == 0 || (paid == price && facts.file) || by_liar || owed("buyer");
    let seller = liar == "shop" || earned == price || (earned == 0 && !facts.file) || by_liar || owed("seller");
    if buyer && seller { End::Verdict } else { End::Lost }
}

/// Who holds what: money before and after, the file, and where each stands by the judge.
fn holds(facts: &Facts, together: &Value) -> Value {
    let standing = |who: &str| together.pointer(&format!("/outcome/{who}")).cloned().unwrap_or_default();
    json!({
        "buyer": {
            "money_before": facts.before.buyer.to_string(), "money_after": facts.after.buyer.to_string(),
            "file": facts.file, "by_judge": standing("buyer"),
        },
        "seller": {
            "money_before": facts.before.seller.to_string(), "money_after": facts.after.seller.to_string(),
            "file": true, "by_judge": standing("seller"),
        },
    })
}
