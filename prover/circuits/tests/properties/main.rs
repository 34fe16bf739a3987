//! Native code accepts a unit if and only if the circuit does, on thousands of random units of every mode, a good part
//! of them invalid. Whole batches, with their transfers and the house, are in `tests/batch/differential.rs`.

mod candidates;
mod extremes;
mod judge;
mod market;

use std::collections::BTreeMap;

use cloister_ledger::{Shape, UnitError};
use cloister_ledger_testing::Random;

use self::{candidates::MODES, judge::Judge, market::Market};

/// The units of a batch are judged one by one; more of them only share the table's hash.
const NARROW: Shape = Shape { units: 32, places: 1 };
const WIDE: Shape = Shape { units: 16, places: 3 };

/// Batches of candidates of one market.
const BATCHES: usize = 2;

/// How often each verdict was given.
#[derive(Default)]
struct Tally {
    /// Accepted and refused, by mode.
    modes: BTreeMap<String, [usize; 2]>,
    /// Refused, by rule.
    rules: BTreeMap<String, usize>,
}

impl Tally {
    fn verdict(&self, number: usize) -> usize {
        self.modes.values().map(|verdicts| verdicts[number]).sum()
    }

    /// Judges random units of a shape until there are `units` more.
    fn judge(&mut self, shape: Shape, seed: u64, units: usize) {
        let judge = Judge::new(shape);
        let rounds = units.div_ceil(BATCHES * usize::from(shape.units));
        for round in 0..rounds as u64 {
            if round % 32 == 31 {
                // Long runs show how far they are.
                println!("so far {} accepted, {} refused", self.verdict(0), self.verdict(1));
            }
            let mut market = Market::new(seed + round);
            let mut random = Random::new((seed + round) ^ 0xA11CE);
            for _ in 0..BATCHES {
                let units = (0..shape.units).map(|_| market.candidate(shape, &mut random));
                let units = units.collect();
                for judged in judge.judge(&market.context, market.tree.root(), units) {
                    let mode = self.modes.entry(format!("{:?}", judged.unit.mode)).or_default();
                    mode[usize::from(judged.refused.is_some())] += 1;
                    if let Some(error) = judged.refused {
                        let rule = match title(&error) {
                            rule if rule == "Conceded" => format!("{rule}In{:?}", judged.unit.mode),
                            rule => rule,
                        };
                        *self.rules.entry(rule).or_default() += 1;
                    }
                }
            }
        }
    }

    /// Neither verdict is rare in any mode, and the rules were put to the test.
    fn assert_wide(&self, rules: &[&str]) {
        println!("{} accepted, {} refused", self.verdict(0), self.verdict(1));
        println!("accepted, refused by mode: {:?}", self.modes);
        println!("refused by rule: {:?}", self.rules);
        let all = self.verdict(0) + self.verdict(1);
        assert!((0..2).all(|n| 3 * self.verdict(n) > all), "neither verdict is rare");
        assert_eq!(self.modes.len(), MODES.len());
        for (mode, verdicts) in &self.modes {
            assert!(verdicts.iter().all(|n| 200 * n > all), "{mode}: {verdicts:?}");
        }
        let missing: Vec<_> = rules.iter().filter(|rule| !self.rules.contains_key(**rule)).collect();
        assert!(missing.is_empty(), "no unit was refused for {missing:?}");
    }
}

/// The innermost variant of an error, without its numbers.
fn title(error: &UnitError) -> String {
    let text = format!("{error:?}");
    let names = |part: &&str| part.starts_with(|c: char| c.is_ascii_alphabetic());
    let inner = text.split(['(', ')', ' ', ',']).rfind(names).unwrap_or_default();
    inner.to_string()
}

/// Refusals that a run must have seen; the others need states that no candidate makes.
const REFUSALS: &[&str] = &[
    "AboveDiscount",
    "AbovePenalty",
    "AboveRequested",
    "Addressee",
    "Band",
    "BeyondQuantity",
    "BothDirections",
    "CashWidth",
    "Choice",
    "Chunk",
    "ConcededInLiquidation",
    "ConcededInNormal",
    "Expired",
    "FeeAboveCap",
    "FeeAboveMaximum",
    "FeeOfDeleveraging",
    "FeeOfExpiry",
    "FillInMode",
    "FillWithoutOrder",
    "ForcedInMode",
    "IdBelowMinimum",
    "IdTooHigh",
    "IncomingInClose",
    "InitialMarginShort",
    "InstructionInMode",
    "Instrument",
    "KeyPreimage",
    "KeysChanged",
    "Mismatch",
    "NegativeEquity",
    "NoDirection",
    "NotAtMark",
    "NotExpired",
    "NotFresh",
    "NotNeeded",
    "NotReducing",
    "NotShort",
    "NotTrading",
    "NotTriggered",
    "NotWhole",
    "Nothing",
    "PaidTooLittle",
    "PaidWhileShort",
    "Path",
    "PaymentPlace",
    "PositionLimit",
    "Price",
    "RiskIncreased",
    "SlotTaken",
    "Solvent",
    "Stale",
    "StaleLots",
    "SwitchesChanged",
    "TransfersOff",
    "Width",
    "WithdrawalWhileShort",
];

#[test]
fn native_code_and_circuit_should_judge_every_unit_alike() {
    let mut tally = Tally::default();
    tally.judge(NARROW, 0, 2_560);
    tally.judge(WIDE, 1_000, 448);
    tally.assert_wide(REFUSALS);
}

/// A number from the environment.
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
#[ignore = "two minutes of two cores per ten thousand units; CLOISTER_UNITS units from seed CLOISTER_SEED"]
fn many_units_should_be_judged_alike() {
    let units = asked("CLOISTER_UNITS").unwrap_or(30_000) as usize;
    let seed = asked("CLOISTER_SEED").unwrap_or(10_000);
    let mut tally = Tally::default();
    tally.judge(NARROW, seed, units - units / 16);
    tally.judge(WIDE, seed + 5_000, units / 16);
    tally.assert_wide(REFUSALS);
}
