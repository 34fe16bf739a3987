//! The memory of a process, and when it counts as flat.
//!
//! What is judged is memory of the process's own (`RssAnon` of Linux). The rest of its resident memory are pages of
//! files (the database is mapped), which the system takes back whenever it needs them.

use std::fs;

/// What may be added between the two stretches that are compared, MiB: less than what one proof takes, whose memory
/// comes and goes.
const ROOM: f64 = 48.0;
/// And in parts of what there was.
const GROWTH: f64 = 0.10;
/// With fewer samples nothing is judged.
const FEWEST: usize = 16;

/// Memory of a process, MiB.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Memory {
    /// All that is resident.
    pub resident: f64,
    /// Without pages of files.
    pub own: f64,
}

impl Memory {
    /// Of a process of this machine; `None` once it has ended.
    pub fn of(process: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{process}/status")).ok()?)
    }

    fn parse(status: &str) -> Option<Self> {
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
            Some(kilobytes / 1_024.0)
        };
        Some(Self {
            resident: field("VmRSS:")?,
            own: field("RssAnon:")?,
        })
    }
}

/// Whether memory stayed flat while a rate was held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flatness {
    /// Median of the second quarter: caches are warm by then.
    pub before: f64,
    /// Median of the last quarter.
    pub after: f64,
}

impl Flatness {
    /// Compares the second quarter of the samples with the last; `None` if they are too few to tell.
    pub fn of(samples: &[f64]) -> Option<Self> {
        if samples.len() < FEWEST {
            return None;
        }
        let quarter = samples.len() / 4;
        Some(Self {
            before: median(samples.get(quarter..2 * quarter)?)?,
            after: median(samples.get(samples.len() - quarter..)?)?,
        })
    }

    /// The median has grown by no more than a tenth and 48 MiB.
    pub fn is_flat(&self) -> bool {
        self.after <= self.before * (1.0 + GROWTH) + ROOM
    }
}

fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_should_have_its_own_memory_told_from_pages_of_files() {
        let status = "Name:\tnode\nVmRSS:\t  204800 kB\nRssAnon:\t  102400 kB\nRssFile:\t 102400 kB\n";
        let memory = Memory::parse(status).expect("both are there");
        assert_eq!((memory.resident, memory.own), (200.0, 100.0));
        assert!(Memory::of(std::process::id()).is_some_and(|own| own.own > 0.0));
    }

    #[test]
    fn memory_that_comes_and_goes_should_be_flat_and_memory_that_grows_not() {
        let waves: Vec<f64> = (0..64).map(|n| 900.0 + f64::from(n % 4) * 60.0).collect();
        assert!(Flatness::of(&waves).is_some_and(|found| found.is_flat()));
        let leak: Vec<f64> = (0..64).map(|n| 500.0 + f64::from(n) * 8.0).collect();
        assert!(Flatness::of(&leak).is_some_and(|found| !found.is_flat()));
        assert_eq!(Flatness::of(&waves[..15]), None);
    }
}
