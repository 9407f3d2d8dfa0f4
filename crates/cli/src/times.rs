//! The times of an exchange, as an operator writes them: `hold=24h,settle=7d`.

use semper_base::Millis;
use semper_commerce::process::offer::Times;

/// For `--help`.
pub(crate) const HELP: &str = "Times of the exchanges that the shop offers: NAME=LENGTH, separated by commas. \
    Names: hold (from the contract to the end of the hold; 24h), settle (from capture to settlement without receipt; \
    7d), contest (from contest to refund; 3d), complaint (from a key that came late to settlement; 48h, at least \
    answer), answer (how long the notary may take; 24h), skew (difference of clocks that is tolerated; 120s). \
    Lengths: a number with ms, s, m, h or d, at most 366d. What is not named keeps its default";

/// Longest length of time: what an exchange's descriptor allows.
const LONGEST: Millis = Millis::days(366);

/// Reads `hold=3s,settle=4s`; what is not named keeps its default.
pub(crate) fn parse(text: &str) -> Result<Times, String> {
    let mut times = Times::standard();
    let mut named: Vec<&str> = Vec::new();
    for part in text.split(',') {
        let (name, length) = part.split_once('=').ok_or_else(|| format!("{part}: write NAME=LENGTH"))?;
        if named.contains(&name) {
            return Err(format!("{name} stands there twice"));
        }
        named.push(name);
        let place = match name {
            "answer" => &mut times.answer_ms,
            "complaint" => &mut times.complaint_ms,
            "contest" => &mut times.contest_ms,
            "hold" => &mut times.hold_ms,
            "settle" => &mut times.settle_ms,
            "skew" => &mut times.skew_ms,
            other => return Err(format!("no time is called {other}")),
        };
        *place = span(length)?;
    }
    if times.complaint_ms < times.answer_ms {
        return Err("complaint must be at least answer: a complaint must be judged before settlement".to_owned());
    }
    Ok(times)
}

fn span(text: &str) -> Result<Millis, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let factor = match text.get(digits.len()..).unwrap_or_default() {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(format!("{text}: end with ms, s, m, h or d")),
    };
    let number = if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse::<u64>().ok() } else { None };
    let length = number.and_then(|number| number.checked_mul(factor)).map(Millis);
    match length {
        Some(length) if length.0 > 0 && length <= LONGEST => Ok(length),
        _ => Err(format!("{text}: from 1ms to 366d")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_changes_and_nothing_else() {
        let times = parse("hold=3s,settle=400ms").unwrap();
        assert_eq!(times, Times { hold_ms: Millis(3000), settle_ms: Millis(400), ..Times::standard() });
        let all = parse("hold=1d,settle=7d,contest=3d,complaint=48h,answer=24h,skew=2m").unwrap();
        assert_eq!(all, Times::standard());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "hold",
            "hold=",
            "hold=3",
            "hold=s",
            "hold=0s",
            "hold=-1s",
            "hold=+1s",
            "hold=1.5s",
            "hold=367d",
            "hold=99999999999999999999s",
            "hold=18446744073709551615d",
            "hold=1w",
            "hold=1s,hold=2s",
            "other=1s",
            "hold=1s,",
            "answer=3d",
            "complaint=1s",
            "hold =1s",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
