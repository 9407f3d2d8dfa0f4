//! Makes a script that fails shorter: lines are left out, many at a time, then fewer, as long as the
//! same oracle still speaks (delta debugging, Zeller and Hildebrandt 2002).

use crate::fate::{Label, Mishap};
use crate::script::Script;

/// What an oracle's sentence says apart from numbers and names: what must stay the same.
#[must_use]
pub fn essence(failure: &str) -> String {
    let sentence = failure.split(": ").find(|part| part.contains(' ') && !part.starts_with("seed ")).unwrap_or(failure);
    let words = sentence.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic));
    words.take(6).collect::<Vec<_>>().join(" ")
}

/// Shortens a script within so many runs. `fails` plays one and says what went wrong, if anything did.
pub fn minimise(
    script: &Script,
    failure: &str,
    runs: usize,
    mut fails: impl FnMut(&Script) -> Option<String>,
) -> Script {
    let wanted = essence(failure);
    let mut left = runs;
    let mut same = |script: &Script| {
        left = left.saturating_sub(1);
        (left > 0).then(|| fails(script).is_some_and(|failure| essence(&failure) == wanted))
    };
    let mut best = script.clone();
    best.drawn = false;
    if same(&best) != Some(true) {
        return script.clone();
    }
    // Whole kinds first: most faults have nothing to do with it.
    for kind in 0..6_u8 {
        let mut tried = best.clone();
        tried.lines.retain(|line| kind_of(&line.label, &line.mishap) != kind);
        match same(&tried) {
            Some(true) => best = tried,
            Some(false) => {}
            None => return best,
        }
    }
    loop {
        let before = best.acts.len() + best.lines.len();
        if !halves(&mut best, &mut same, true) || !halves(&mut best, &mut same, false) {
            return best;
        }
        if best.acts.len() + best.lines.len() == before {
            return best;
        }
    }
}

fn kind_of(label: &Label, mishap: &Mishap) -> u8 {
    match (label, mishap) {
        (Label::Trip(..), Mishap::Delay(_)) => 0,
        (Label::Think(..), _) => 1,
        (Label::Down(..), _) => 2,
        (Label::Trip(..), _) => 3,
        (Label::Crash(..), _) => 4,
        (Label::Say(..), _) => 5,
    }
}

/// Leaves out ever smaller parts of the faults or of the acts. False when there are no runs left.
fn halves(best: &mut Script, same: &mut impl FnMut(&Script) -> Option<bool>, faults: bool) -> bool {
    let length = |script: &Script| if faults { script.lines.len() } else { script.acts.len() };
    let mut size = length(best).div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < length(best) {
            let mut tried = best.clone();
            let to = from.saturating_add(size).min(length(best));
            if faults {
                tried.lines.drain(from..to);
            } else {
                tried.acts.drain(from..to);
            }
            match same(&tried) {
                Some(true) => *best = tried,
                Some(false) => from = to,
                None => return false,
            }
        }
        size /= 2;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fate::Line;
    use crate::script::{Act, draw};

    #[test]
    fn what_matters_stays() {
        let mut script = draw(3, 6);
        for n in 1..200 {
            script.lines.extend(Line::read(&format!("lose delivery a>b {n}")).unwrap());
        }
        let needed = |script: &Script| {
            let has = |n: u64| script.lines.iter().any(|line| line.to_string() == format!("lose delivery a>b {n}"));
            let buys = script.acts.iter().filter(|(_, act)| matches!(act, Act::Buy(..))).count();
            (has(17) && has(150) && buys > 1).then(|| "seed 3: bank: the books do not add up: 7".to_owned())
        };
        let small = minimise(&script, "seed 3: bank: the books do not add up: 9", 2_000, needed);
        assert_eq!((small.lines.len(), small.acts.len()), (2, 2));
    }

    #[test]
    fn numbers_do_not_make_another_failure() {
        assert_eq!(essence("seed 4: bank: the books do not add up: [1]"), "the books do not add up");
        assert_ne!(essence("seed 4: the two sides disagree: a / b"), essence("seed 4: paid for another file: a / b"));
    }
}
