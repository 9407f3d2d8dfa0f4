//! Cookies: host-only, strict, and few.

use axum::http::{HeaderMap, HeaderValue, header};

/// The cookie of this name, if the browser sent exactly one of it.
pub fn get<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut found = all.flat_map(|line| line.split(';')).filter_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// A cookie for this host alone, which no script reads and which no other site's request carries. `seconds`
/// none: until the browser closes; zero: forget it.
pub fn set(name: &str, value: &str, seconds: Option<u32>) -> Option<HeaderValue> {
    let life = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{life}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_once() {
        let headers = |line: &'static str| HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(line))]);
        assert_eq!(get(&headers("a=1; b=2"), "b"), Some("2"));
        assert_eq!(get(&headers("a=1; b=2"), "c"), None);
        assert_eq!(get(&headers("b=1; b=2"), "b"), None, "two of a name: whose is it?");
    }
}
