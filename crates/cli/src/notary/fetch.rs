//! Reads files over HTTP/1.1 from this machine: no more than an audit needs.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use semper_base::{Code, Error, Fault, Misuse};

/// Largest answer, in bytes: a full bundle of entries is far smaller.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A place on this machine.
#[derive(Clone, Debug)]
pub(super) struct Place {
    host: String,
    address: SocketAddr,
    /// Without a slash at its end.
    path: String,
}

impl Place {
    /// Reads `http://NAME.localhost:PORT/PATH`.
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let wrong = |why: &str| Error::from(Misuse::new(Code::Usage, format!("{url}: {why}")));
        let rest = url.strip_prefix("http://").ok_or_else(|| wrong("an address begins with http://"))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (name, port) = host.rsplit_once(':').ok_or_else(|| wrong("name the port"))?;
        let port = port.parse().map_err(|_| wrong("this is no port"))?;
        if name != "127.0.0.1" && name != "localhost" && !name.ends_with(".localhost") {
            return Err(wrong("only logs on this machine (NAME.localhost) are read"));
        }
        let plain = path.bytes().all(|b| b.is_ascii_graphic()) && host.bytes().all(|b| b.is_ascii_graphic());
        if !plain {
            return Err(wrong("an address has no blanks"));
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Place { host: host.to_owned(), address, path: path.trim_end_matches('/').to_owned() })
    }

    /// The file below this place; none if there is no such file.
    pub(super) fn get(&self, file: &str) -> Result<Option<Vec<u8>>, Error> {
        let network = |e: std::io::Error| Error::from(Fault::new(Code::Network, format!("{}: {e}", self.host)));
        let mut stream = TcpStream::connect_timeout(&self.address, PATIENCE).map_err(network)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(network)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(network)?;
        let slash = if self.path.is_empty() { "" } else { "/" };
        let request = format!(
            "GET /{}{slash}{file} HTTP/1.1\r\nHost: {}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
            self.path, self.host
        );
        stream.write_all(request.as_bytes()).map_err(network)?;
        let mut answer = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).map_err(network)?;
        let strange = || Error::from(Fault::new(Code::Network, format!("{}: a strange answer for {file}", self.host)));
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(strange)?;
        let (head, body) = (answer.get(..end).unwrap_or_default(), answer.get(end + 4..).unwrap_or_default());
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok()).ok_or_else(strange)?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        if length.is_some_and(|length| length != body.len()) || head.contains("transfer-encoding:") {
            return Err(strange());
        }
        match status {
            200 => Ok(Some(body.to_vec())),
            404 => Ok(None),
            other => Err(Fault::new(Code::Network, format!("{}: {other} for {file}", self.host)).into()),
        }
    }

    /// A file that must be there.
    pub(super) fn need(&self, file: &str) -> Result<Vec<u8>, Error> {
        let missing = || Fault::new(Code::Network, format!("{} has no {file}", self.host));
        Ok(self.get(file)?.ok_or_else(missing)?)
    }

    /// A text that must be there.
    pub(super) fn text(&self, file: &str) -> Result<String, Error> {
        let wrong = |_| Fault::new(Code::Network, format!("{}: {file} is no text", self.host));
        Ok(String::from_utf8(self.need(file)?).map_err(wrong)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine() {
        let place = Place::parse("http://notary.localhost:7407/log/").unwrap();
        assert_eq!((place.host.as_str(), place.path.as_str()), ("notary.localhost:7407", "log"));
        for bad in [
            "https://notary.localhost:1/",
            "http://example.org:80/",
            "http://notary.localhost/",
            "http://a b.localhost:1/",
            "x",
        ] {
            assert_eq!(Place::parse(bad).unwrap_err().code(), Code::Usage, "{bad}");
        }
    }
}
