//! Cookies: host-only, unseen by scripts, and few.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::door::SESSION_COOKIE;

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

/// A cookie for this host alone, which no script reads. The session goes with no request that another site
/// caused. All others give nobody a right: they also go with a plain link from elsewhere, so that its page
/// speaks the chosen language, and forms that are open in another tab stay good. `seconds` none: until the
/// browser closes; zero: forget it.
pub fn set(name: &str, value: &str, seconds: Option<u32>) -> Option<HeaderValue> {
    let life = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    let site = if name == SESSION_COOKIE { "Strict" } else { "Lax" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite={site}{life}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_session_is_left_out_of_links_from_elsewhere() {
        let said = |name| set(name, "x", None).map(|value| value.to_str().unwrap_or_default().to_owned());
        assert!(said(SESSION_COOKIE).is_some_and(|text| text.ends_with("SameSite=Strict")));
        assert!(said("visit").is_some_and(|text| text.ends_with("SameSite=Lax")));
    }

    #[test]
    fn a_cookie_is_found_once() {
        let headers = |line: &'static str| HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(line))]);
        assert_eq!(get(&headers("a=1; b=2"), "b"), Some("2"));
        assert_eq!(get(&headers("a=1; b=2"), "c"), None);
        assert_eq!(get(&headers("b=1; b=2"), "b"), None, "two of a name: whose is it?");
    }
}
