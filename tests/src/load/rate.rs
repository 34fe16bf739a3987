//! How fast the program sends: it looks for the rate that the machine holds, and stays below it.

/// Orders a second at the beginning.
const FIRST: f64 = 0.5;
/// What the rate is multiplied by while the machine holds it.
const FASTER: f64 = 1.4;
/// What the highest rate that was held is multiplied by afterwards.
const BELOW: f64 = 0.9;
/// The rate is never lower.
const LOWEST: f64 = 0.05;
/// So many closed batches may wait for a proof without that the proofs count as too slow: one waits whenever a batch is
/// closed while another is proven.
const WAITING: u64 = 2;

/// What was seen since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Closed batches that wait for a proof now.
    pub waiting: u64,
    /// Orders that were held back or refused because the proofs are behind (Q-BUDGET, Q-GATE).
    pub held_back: u64,
}

/// Whether the rate is looked for, or held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phase {
    /// It rises until the machine does not hold it.
    Search,
    /// It stays, and falls where the machine does not hold it after all.
    Hold,
}

/// The rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    per_second: f64,
    held: f64,
    phase: Phase,
    waiting: u64,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            per_second: FIRST,
            held: FIRST,
            phase: Phase::Search,
            waiting: 0,
        }
    }
}

impl Rate {
    /// One that is given and held from the beginning.
    pub fn held_at(per_second: f64) -> Self {
        Self {
            per_second,
            held: per_second,
            phase: Phase::Hold,
            waiting: 0,
        }
    }

    /// Orders a second.
    pub fn per_second(&self) -> f64 {
        self.per_second
    }

    /// Whether the rate is looked for, or held.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Looks whether the machine holds the rate, and changes it.
    ///
    /// It does not if orders were held back, or if more batches wait for a proof than may and than did.
    pub fn look(&mut self, seen: Look) {
        let grows = seen.waiting > WAITING && seen.waiting > self.waiting;
        self.waiting = seen.waiting;
        match (self.phase, grows || seen.held_back > 0) {
            (Phase::Search, false) => {
                // A backlog that shrinks is one all the same.
                if seen.waiting <= WAITING {
                    self.held = self.per_second;
                    self.per_second *= FASTER;
                }
            }
            (Phase::Search, true) => self.hold(),
            (Phase::Hold, false) => {}
            (Phase::Hold, true) => self.per_second = (self.per_second * BELOW).max(LOWEST),
        }
    }

    /// Stops looking: from now on a rate below the highest one that was held is kept.
    pub fn hold(&mut self) {
        if self.phase == Phase::Search {
            self.phase = Phase::Hold;
            self.per_second = (self.held * BELOW).max(LOWEST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(waiting: u64) -> Look {
        Look { waiting, held_back: 0 }
    }

    #[test]
    fn the_rate_should_rise_until_batches_pile_up_and_then_stay_below() {
        let mut rate = Rate::default();
        rate.look(waiting(0));
        rate.look(waiting(1));
        let before = rate.per_second();
        assert!((before - FIRST * FASTER * FASTER).abs() < 1e-9);
        rate.look(waiting(4));
        assert_eq!(rate.phase(), Phase::Hold);
        assert!((rate.per_second() - FIRST * FASTER * BELOW).abs() < 1e-9);
        let held = rate.per_second();
        rate.look(waiting(3));
        rate.look(waiting(1));
        assert_eq!(rate.per_second(), held, "a backlog that shrinks changes nothing");
        rate.look(waiting(5));
        assert!(rate.per_second() < held);
    }

    #[test]
    fn orders_that_are_held_back_should_end_the_search() {
        let mut rate = Rate::default();
        let look = Look {
            waiting: 0,
            held_back: 1,
        };
        rate.look(look);
        assert_eq!(rate.phase(), Phase::Hold);
        assert!(rate.per_second() < FIRST);
        for _ in 0..1_000 {
            rate.look(look);
        }
        assert_eq!(rate.per_second(), LOWEST);
    }

    #[test]
    fn a_rate_that_was_given_should_not_be_looked_for() {
        let mut rate = Rate::held_at(3.0);
        rate.look(waiting(0));
        rate.hold();
        assert_eq!((rate.per_second(), rate.phase()), (3.0, Phase::Hold));
    }
}
