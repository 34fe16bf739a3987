//! Runs a benchmark at all its points, and fits what was measured.

use crate::runtime::{Failure, Runtime};
use frame_benchmarking::{
    Analysis, BenchmarkList, BenchmarkMetadata, BenchmarkParameter, BenchmarkResult, BenchmarkSelector,
};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Number of values that each component takes.
    pub steps: u32,
    /// Number of times that each point is measured.
    pub repeats: u32,
}

/// A base, and what each component adds for one more.
#[derive(Clone, Debug)]
pub struct Line {
    /// With all components at zero.
    pub base: u64,
    /// One for each component.
    pub slopes: Vec<u64>,
}

impl Line {
    fn at(&self, point: &[u32]) -> u64 {
        let of = self
            .slopes
            .iter()
            .zip(point)
            .map(|(slope, value)| slope * u64::from(*value));
        self.base + of.sum::<u64>()
    }

    /// The line of least squares, raised until no point is above it.
    fn fit(
        results: &Vec<BenchmarkResult>,
        selector: BenchmarkSelector,
        points: &[(Vec<u32>, u64)],
    ) -> Result<Self, Failure> {
        let fit = Analysis::min_squares_iqr(results, selector).map_err(|error| error.to_string())?;
        let small = |value: u128| u64::try_from(value).unwrap_or(u64::MAX);
        let mut line = Self {
            base: small(fit.base),
            slopes: fit.slopes.into_iter().map(small).collect(),
        };
        let missing = points.iter().map(|(point, value)| value.saturating_sub(line.at(point)));
        line.base += missing.max().unwrap_or_default();
        Ok(line)
    }
}

/// What a benchmark says.
pub struct Figures {
    /// Its name, which is that of the weight.
    pub name: String,
    /// Names and highest values of its components.
    pub components: Vec<(String, u32)>,
    /// Picoseconds.
    pub time: Line,
    /// Keys that are read.
    pub reads: Line,
    /// Keys that are written.
    pub writes: Line,
}

impl Figures {
    /// Picoseconds, reads and writes with all components at their highest.
    pub fn highest(&self) -> (u64, u64, u64) {
        let point: Vec<u32> = self.components.iter().map(|(_, high)| *high).collect();
        (self.time.at(&point), self.reads.at(&point), self.writes.at(&point))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Values from `low` to `high`, both included.
fn values(low: u32, high: u32, steps: u32) -> Vec<u32> {
    let last = (high - low).min(steps.max(2) - 1);
    let value = |step: u32| low + (u64::from(high - low) * u64::from(step) / u64::from(last)) as u32;
    if last == 0 {
        vec![low]
    } else {
        (0..=last).map(value).collect()
    }
}

/// Every component goes through its values while all others are at their highest.
fn points(benchmark: &BenchmarkMetadata, steps: u32) -> Vec<Vec<(BenchmarkParameter, u32)>> {
    let highest: Vec<_> = benchmark
        .components
        .iter()
        .map(|(name, _, high)| (*name, *high))
        .collect();
    if highest.is_empty() {
        return vec![highest];
    }
    let mut points = Vec::new();
    for (place, (name, low, high)) in benchmark.components.iter().enumerate() {
        for value in values(*low, *high, steps) {
            let mut point = highest.clone();
            point[place] = (*name, value);
            if !points.contains(&point) {
                points.push(point);
            }
        }
    }
    points
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Runs a benchmark once at its lowest and highest point, and looks at the outcome.
pub fn check(runtime: &Runtime, list: &BenchmarkList, benchmark: &BenchmarkMetadata) -> Result<(), Failure> {
    for point in points(benchmark, 2) {
        runtime.run(list, &benchmark.name, &point, true, 1)?;
    }
    Ok(())
}

/// Measures a benchmark.
pub fn measure(
    runtime: &Runtime,
    list: &BenchmarkList,
    benchmark: &BenchmarkMetadata,
    effort: Effort,
) -> Result<Figures, Failure> {
    check(runtime, list, benchmark)?;
    let mut results = Vec::new();
    let (mut times, mut reads, mut writes) = (Vec::new(), Vec::new(), Vec::new());
    for point in points(benchmark, effort.steps) {
        let measured = runtime.run(list, &benchmark.name, &point, false, effort.repeats)?;
        let at: Vec<u32> = point.iter().map(|(_, value)| *value).collect();
        // From nanoseconds.
        let time = median(
            measured
                .iter()
                .map(|result| result.extrinsic_time as u64 * 1_000)
                .collect(),
        );
        times.push((at.clone(), time));
        reads.push((
            at.clone(),
            measured.iter().map(|result| result.reads.into()).max().unwrap_or(0),
        ));
        writes.push((
            at,
            measured.iter().map(|result| result.writes.into()).max().unwrap_or(0),
        ));
        results.extend(measured);
    }
    if results.is_empty() {
        return Err("nothing was measured".into());
    }
    Ok(Figures {
        name: text(&benchmark.name),
        components: benchmark
            .components
            .iter()
            .map(|(name, _, high)| (name.to_string(), *high))
            .collect(),
        time: Line::fit(&results, BenchmarkSelector::ExtrinsicTime, &times)?,
        reads: Line::fit(&results, BenchmarkSelector::Reads, &reads)?,
        writes: Line::fit(&results, BenchmarkSelector::Writes, &writes)?,
    })
}
