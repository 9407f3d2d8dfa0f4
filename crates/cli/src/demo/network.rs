//! The connections between the parties of a market, through proxies that can be cut: every party dials
//! through a proxy of its own, so that the connections of any two can be cut and mended.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use semper_base::{Code, Fault};

use crate::serve::Role;

/// Longest head of a request to a proxy.
const HEAD_BYTES_MAX: usize = 1 << 10;

/// Two parties, in no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair(&'static str, &'static str);

impl Pair {
    pub(super) fn new(a: Role, b: Role) -> Self {
        let (a, b) = (a.word(), b.word());
        Pair(a.min(b), a.max(b))
    }

    /// Reads `bank-shop`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let role = |word: &str| <Role as clap::ValueEnum>::from_str(word, false);
        let (a, b) = text.split_once('-').ok_or("write PARTY-PARTY")?;
        match (role(a)?, role(b)?) {
            (a, b) if a == b => Err("two different parties".to_owned()),
            (a, b) => Ok(Pair::new(a, b)),
        }
    }
}

impl std::fmt::Display for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} and {}", self.0, self.1)
    }
}

/// All proxies of a market.
#[derive(Default)]
pub(super) struct Network(Mutex<State>);

#[derive(Default)]
struct State {
    /// Which party listens on a port.
    ports: BTreeMap<u16, Role>,
    cut: BTreeSet<Pair>,
    /// Both ends of every connection.
    open: Vec<(Pair, TcpStream, TcpStream)>,
    /// How often a connection was refused or broken because it was cut.
    stopped: u64,
}

impl Network {
    /// A holder that panicked left nothing half done.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the proxy through which a party dials. It lives as long as this program.
    pub(super) fn proxy(self: &Arc<Self>, role: Role) -> Result<SocketAddr, Fault> {
        let fault = |error: std::io::Error| Fault::new(Code::Network, format!("a proxy: {error}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(fault)?;
        let address = listener.local_addr().map_err(fault)?;
        let network = Arc::clone(self);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let network = Arc::clone(&network);
                // A connection that fails is the dialler's to repeat.
                std::thread::spawn(move || network.connect(role, stream).ok());
            }
        });
        Ok(address)
    }

    /// Notes where a party listens.
    pub(super) fn listens(&self, role: Role, address: SocketAddr) {
        self.state().ports.insert(address.port(), role);
    }

    /// Breaks what connects these, and lets nothing new through.
    pub(super) fn cut(&self, pairs: &[Pair]) {
        let mut state = self.state();
        state.cut.extend(pairs);
        let (broken, rest) = std::mem::take(&mut state.open).into_iter().partition(|(of, ..)| pairs.contains(of));
        state.open = rest;
        for (_, a, b) in broken {
            let _ = (a.shutdown(Shutdown::Both), b.shutdown(Shutdown::Both));
            state.stopped += 1;
        }
    }

    /// Lets these connect again.
    pub(super) fn mend(&self, pairs: &[Pair]) {
        self.state().cut.retain(|cut| !pairs.contains(cut));
    }

    /// How many connections were broken or refused.
    pub(super) fn stopped(&self) -> u64 {
        self.state().stopped
    }

    fn connect(&self, from: Role, mut near: TcpStream) -> std::io::Result<()> {
        let socket = wanted(&mut near)?;
        let far = {
            let mut state = self.state();
            let to = state.ports.get(&socket.port()).copied();
            // Only parties of this market are dialled.
            let to = to.ok_or_else(|| std::io::Error::other("nobody listens there"))?;
            let pair = Pair::new(from, to);
            if state.cut.contains(&pair) {
                state.stopped += 1;
                return near.shutdown(Shutdown::Both);
            }
            let far = TcpStream::connect(socket)?;
            state.open.push((pair, near.try_clone()?, far.try_clone()?));
            far
        };
        near.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        let (back_from, back_to) = (far.try_clone()?, near.try_clone()?);
        std::thread::spawn(move || carry(back_from, back_to));
        carry(near, far);
        Ok(())
    }
}

/// Copies until one end closes, then closes the other.
fn carry(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = (to.shutdown(Shutdown::Both), from.shutdown(Shutdown::Both));
}

/// Reads `CONNECT HOST:PORT HTTP/1.1` and the rest of the head.
fn wanted(stream: &mut TcpStream) -> std::io::Result<SocketAddr> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0_u8; 1];
        stream.read_exact(&mut byte)?;
        head.extend_from_slice(&byte);
        if head.len() > HEAD_BYTES_MAX {
            return Err(std::io::Error::other("no head"));
        }
    }
    let text = String::from_utf8_lossy(&head);
    let socket = text.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()?.parse().ok());
    socket.ok_or_else(|| std::io::Error::other("no CONNECT"))
}
