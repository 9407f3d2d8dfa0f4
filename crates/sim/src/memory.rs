//! Parties in memory, for programs that embed them: a driver and a model of a disk for each, one network
//! between them, time that passes only when something is waited for. What an operator does by hand (put the
//! root in its place, start, register, introduce) is one call each.

use semper_base::{Blob64, Key};
use semper_driver::service::Service;
use semper_services::authority::Authority;
use semper_services::common::Member;
use serde_json::{Value, json};

use crate::trouble::Trouble;
use crate::world::{Who, World};

/// How long anything may take that is waited for, in milliseconds of the world's time.
const PATIENCE: u64 = 60_000;

/// An authority and the parties that register with it.
#[derive(Debug)]
pub struct Memory {
    /// Where they live. Whoever wants faults, crashes or liars finds them here.
    pub world: World,
    ca: Ca,
}

/// An authority that runs.
#[derive(Debug)]
pub(crate) struct Ca {
    who: Who,
    /// Its root certificate (DER).
    root: Vec<u8>,
}

impl Ca {
    pub(crate) fn of(world: &mut World, who: Who) -> Result<Self, Trouble> {
        let root = Memory::bytes(&world.command(who, &json!({ "command": "root" }))?, "root")?;
        Ok(Ca { who, root })
    }
}

impl Memory {
    /// A world with nobody in it but an authority of this name. A seed gives the same run every time.
    ///
    /// # Errors
    /// Whatever the authority's first start meets.
    pub fn new(seed: u64, authority: &str) -> Result<Self, Trouble> {
        let mut world = World::new(seed);
        let who = world.add("ca", Member(Authority { name: authority.to_owned() }), |crypto| crypto);
        world.start(who)?;
        let ca = Ca::of(&mut world, who)?;
        Ok(Memory { world, ca })
    }

    /// The market's root certificate (DER).
    #[must_use]
    pub fn root(&self) -> &[u8] {
        &self.ca.root
    }

    /// A party with a disk and keys of its own, registered: `role` is `bank`, `notary`, `seller` or `buyer`, as
    /// certificates say it. Others find it under `name`.
    ///
    /// # Errors
    /// If the authority does not register it.
    pub fn party<S: Service>(&mut self, name: &str, role: &str, service: S) -> Result<Who, Trouble> {
        let who = self.world.add(name, service, |crypto| crypto);
        let certificates: &[&str] = match role {
            "buyer" => &["statement"],
            "bank" => &["statement", "tls"],
            _ => &["statement", "seal", "tls"],
        };
        enrol(&mut self.world, &self.ca, who, role, certificates)?;
        Ok(who)
    }

    /// Lets a party meet others, found by name; `own` is how it is known there: `self`, or `nobody` for a
    /// relationship that names nobody.
    ///
    /// # Errors
    /// If one of them does not say who it is.
    pub fn meet(&mut self, who: Who, others: &[&str], own: &str) -> Result<(), Trouble> {
        others.iter().try_for_each(|other| link(&mut self.world, who, other, other, own))
    }

    /// Gives a party a command and returns its answer.
    ///
    /// # Errors
    /// What the party says.
    pub fn command(&mut self, who: Who, command: &Value) -> Result<Value, Trouble> {
        self.world.command(who, command)
    }

    /// Lets time pass until the answer to this command is as wanted, and returns it.
    ///
    /// # Errors
    /// If it never is.
    pub fn until(&mut self, who: Who, ask: &Value, wanted: impl Fn(&Value) -> bool) -> Result<Value, Trouble> {
        let mut found = None;
        until(&mut self.world, &ask.to_string(), |world| {
            found = world.command(who, ask).ok().filter(|answer| wanted(answer));
            Ok(found.is_some())
        })?;
        found.ok_or_else(|| Trouble::new(format!("{ask}: no answer")))
    }

    /// The bytes in a member of an answer.
    ///
    /// # Errors
    /// If there are none.
    pub fn bytes(answer: &Value, member: &str) -> Result<Vec<u8>, Trouble> {
        let blob: Result<Blob64, _> = serde_json::from_value(answer.get(member).cloned().unwrap_or_default());
        Ok(blob.map_err(|e| Trouble::new(format!("{member}: {e}")))?.0)
    }
}

/// The operator puts the root into the data directory, starts the party, and has its keys certified.
pub(crate) fn enrol(world: &mut World, ca: &Ca, who: Who, role: &str, certificates: &[&str]) -> Result<(), Trouble> {
    let name = world.seat(who)?.name.clone();
    let set = world.seat(who)?.drive.with(|disk| disk.set_up_root(&ca.root));
    set.ok_or_else(|| Trouble::new("the disk is mounted"))??;
    world.start(who)?;
    link(world, who, "ca", "ca", "nobody")?;
    let invite = json!({ "command": "invite", "role": role, "name": name, "certificates": certificates });
    let code = world.command(ca.who, &invite)?;
    let dns = [format!("{name}.semper.test")];
    world.command(
        who,
        &json!({ "command": "enrol", "name": name, "code": code.get("code"), "dns": dns, "certificates": certificates }),
    )?;
    until(world, "enrolled", |world| {
        Ok(world.look(who, |transaction| transaction.scan("identity/", None, 8))?.len() == certificates.len())
    })
}

/// Opens a relationship, called `name`, and waits until the peer has said who it is.
pub(crate) fn link(world: &mut World, who: Who, name: &str, to: &str, own: &str) -> Result<(), Trouble> {
    let server = format!("{to}.semper.test");
    world.command(who, &json!({ "command": "link", "name": name, "socket": to, "server_name": server, "as": own }))?;
    let met = Key::new("met", name);
    until(world, "connected", |world| Ok(world.look(who, |transaction| transaction.get(&met))?.is_some()))
}

/// Lets time pass until something is so.
pub(crate) fn until(
    world: &mut World,
    what: &str,
    is_so: impl FnMut(&mut World) -> Result<bool, Trouble>,
) -> Result<(), Trouble> {
    if world.run_until(PATIENCE, is_so)? {
        return Ok(());
    }
    let lines = world.trace.lines();
    let last = lines.iter().rev().take(12).rev().cloned().collect::<Vec<_>>().join("\n");
    Err(Trouble::new(format!("never {what}; the last lines are\n{last}")))
}
