//! How things are measured: floor and subject in alternating rounds of the same process, so that
//! whatever else the machine does hits both; the ratio of a round is the figure, its median over the
//! rounds the result. CPU time is the scheduler's count for the thread that works.

use std::path::{Path, PathBuf};
use std::time::Instant;

/// Whatever went wrong ends the benchmark.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// What one operation took, in microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
}

/// Time and CPU time of this thread, from now on.
#[derive(Debug)]
pub(crate) struct Clock {
    wall: Instant,
    cpu: u64,
}

impl Clock {
    pub(crate) fn start() -> Outcome<Clock> {
        Ok(Clock { cpu: cpu_nanos()?, wall: Instant::now() })
    }

    /// What each of `operations` took since the start.
    pub(crate) fn stop(&self, operations: usize) -> Outcome<Cost> {
        let wall = self.wall.elapsed().as_secs_f64() * 1e6;
        let cpu = micros(cpu_nanos()?.saturating_sub(self.cpu));
        let count = count(operations);
        Ok(Cost { wall: wall / count, cpu: cpu / count })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a benchmark runs for minutes, not for months")]
fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "thousands of operations")]
pub(crate) fn count(operations: usize) -> f64 {
    operations as f64
}

/// CPU time of this thread. Yielding makes the scheduler bring its count up to date, which it
/// otherwise does at its ticks only.
fn cpu_nanos() -> Outcome<u64> {
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split_whitespace().next().ok_or("no schedstat")?.parse()?)
}

/// Which of the two times a goal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Basis {
    /// CPU time of the thread that works.
    Cpu,
    /// Time on the clock, waiting for the disk included.
    Wall,
}

/// What a figure is to reach.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// The subject runs at this share of the floor's rate, or faster.
    Rate(f64),
    /// The subject takes at most so many times the floor's time.
    Times(f64),
}

/// Floor and subject of one figure, round by round.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) basis: Basis,
    pub(crate) goal: Goal,
    floor: Vec<Cost>,
    subject: Vec<Cost>,
}

impl Figure {
    /// Runs `rounds` rounds after one that does not count. Who goes first changes from round to round.
    pub(crate) fn measure(
        name: &'static str,
        (basis, goal): (Basis, Goal),
        rounds: usize,
        mut floor: impl FnMut() -> Outcome<Cost>,
        mut subject: impl FnMut() -> Outcome<Cost>,
    ) -> Outcome<Figure> {
        floor()?;
        subject()?;
        let mut figure = Figure { name, basis, goal, floor: Vec::new(), subject: Vec::new() };
        for round in 0..rounds {
            if round % 2 == 0 {
                figure.floor.push(floor()?);
                figure.subject.push(subject()?);
            } else {
                figure.subject.push(subject()?);
                figure.floor.push(floor()?);
            }
        }
        Ok(figure)
    }

    /// Median over the rounds of floor divided by subject, and the same of the two fastest rounds.
    fn rates(&self, basis: Basis) -> (f64, f64) {
        let of = |costs: &[Cost]| costs.iter().map(|cost| cost.of(basis)).collect::<Vec<_>>();
        let (floor, subject) = (of(&self.floor), of(&self.subject));
        let rates = floor.iter().zip(&subject).map(|(floor, subject)| floor / subject).collect();
        (median(rates), least(&floor) / least(&subject))
    }

    /// Whether the median reaches the goal.
    pub(crate) fn is_met(&self) -> bool {
        let (rate, _) = self.rates(self.basis);
        match self.goal {
            Goal::Rate(least) => rate >= least,
            Goal::Times(most) => 1.0 / rate <= most,
        }
    }

    /// A row of the table.
    pub(crate) fn row(&self) -> [String; 8] {
        let of = |costs: &[Cost], basis| {
            let costs: Vec<f64> = costs.iter().map(|cost| cost.of(basis)).collect();
            format!("{:.1} ({:.1})", median(costs.clone()), least(&costs))
        };
        let ratio = |basis| {
            let (middle, best) = self.rates(basis);
            match self.goal {
                Goal::Rate(_) => format!("{:.0} % ({:.0} %)", middle * 100.0, best * 100.0),
                Goal::Times(_) => format!("{:.2} x ({:.2} x)", 1.0 / middle, 1.0 / best),
            }
        };
        let (goal, word) = match (self.goal, self.basis) {
            (Goal::Rate(least), basis) => (format!(">= {:.0} %", least * 100.0), basis.word()),
            (Goal::Times(most), basis) => (format!("<= {most} x"), basis.word()),
        };
        [
            self.name.to_owned(),
            of(&self.floor, Basis::Cpu),
            of(&self.subject, Basis::Cpu),
            ratio(Basis::Cpu),
            of(&self.floor, Basis::Wall),
            of(&self.subject, Basis::Wall),
            ratio(Basis::Wall),
            format!("{goal} of {word}: {}", if self.is_met() { "met" } else { "NOT MET" }),
        ]
    }
}

impl Basis {
    fn word(self) -> &'static str {
        match self {
            Basis::Cpu => "CPU",
            Basis::Wall => "wall",
        }
    }
}

impl Cost {
    fn of(self, basis: Basis) -> f64 {
        match basis {
            Basis::Cpu => self.cpu,
            Basis::Wall => self.wall,
        }
    }
}

/// The middle one; of an even number the upper middle one.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

fn least(numbers: &[f64]) -> f64 {
    numbers.iter().copied().fold(f64::INFINITY, f64::min)
}

/// A directory on the disk that the build is on, gone at the end.
#[derive(Debug)]
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new(name: &str) -> Outcome<Place> {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("spine-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&place)?;
        Ok(Place(place))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
