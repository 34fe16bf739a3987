//! The one gate before everything that could not settle (Q-GATE).
//!
//! What is acknowledged must become final. Between the two lie the table, the proof, the block, finality, and the
//! solvency round that lets money out; the gate looks at all of them. What frees (cancels, cancel-alls) never meets it.

use crate::{halt::Halt, stages::Stages, time::millis};
use cloister_engine::Millis;
use std::time::Duration;

/// How far each stage may be behind before nothing more is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateTerms {
    /// Age of the risk table in force. The chain takes no batch at an older one than its `MaxRiskAge`, and a batch
    /// needs time to be proven and included.
    pub table_age: Duration,
    /// Age of the oldest fill or withdrawal that is in no final block.
    pub unsettled_age: Duration,
    /// Since the newest final block.
    pub finality_lag: Duration,
    /// By how much the round that counts may be older than the group's `max_round_age`. Payouts are withheld from that
    /// age on (C-GATE), and after much longer anybody may freeze the group.
    pub round_lag: Duration,
}

impl Default for GateTerms {
    fn default() -> Self {
        Self {
            table_age: Duration::from_secs(80),
            unsettled_age: Duration::from_secs(180),
            finality_lag: Duration::from_secs(90),
            round_lag: Duration::from_secs(600),
        }
    }
}

/// The first stage that is too far behind.
pub(crate) fn closed(terms: &GateTerms, stages: &Stages, now: Millis) -> Option<Halt> {
    let late = |since: Option<Millis>, most: Duration| {
        let age = now.saturating_sub(since?);
        let most = millis(most);
        (age > most).then_some((age, most))
    };
    if let Some((age, most)) = late(Some(stages.table_time), terms.table_age) {
        return Some(Halt::OldTable { age, most });
    }
    if let Some((age, most)) = late(stages.oldest_event, terms.unsettled_age) {
        return Some(Halt::Unsettled { age, most });
    }
    if let Some((age, most)) = late(stages.finalized_at, terms.finality_lag) {
        return Some(Halt::Finality { age, most });
    }
    let round = stages.round?;
    let most = Duration::from_millis(round.max_age).saturating_add(terms.round_lag);
    late(Some(round.counted), most).map(|(age, most)| Halt::Round { age, most })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::Round;

    const TERMS: GateTerms = GateTerms {
        table_age: Duration::from_secs(1),
        unsettled_age: Duration::from_secs(2),
        finality_lag: Duration::from_secs(3),
        round_lag: Duration::from_secs(4),
    };

    fn why(stages: Stages, now: Millis) -> Option<String> {
        closed(&TERMS, &stages, now).map(|halt| halt.to_string())
    }

    fn well(now: Millis) -> Stages {
        Stages {
            table_time: now,
            oldest_event: Some(now),
            finalized_at: Some(now),
            round: Some(Round {
                counted: now,
                max_age: 1_000,
            }),
        }
    }

    #[test]
    fn each_stage_should_close_the_gate_once_it_is_too_far_behind() {
        let now = 100_000;
        assert_eq!(why(well(now), now), None);
        let old = Stages {
            table_time: now - 1_001,
            ..well(now)
        };
        assert!(why(old, now).is_some_and(|why| why.contains("1.001 s old")));
        let waits = Stages {
            oldest_event: Some(now - 2_001),
            ..well(now)
        };
        assert!(why(waits, now).is_some_and(|why| why.contains("2.001 s")));
        let lags = Stages {
            finalized_at: Some(now - 3_001),
            ..well(now)
        };
        assert!(why(lags, now).is_some_and(|why| why.contains("final block")));
        let round = Some(Round {
            counted: now - 5_001,
            max_age: 1_000,
        });
        let unsure = Stages { round, ..well(now) };
        assert!(why(unsure, now).is_some_and(|why| why.contains("solvency round")));
        let on_time = Some(Round {
            counted: now - 5_000,
            max_age: 1_000,
        });
        let sure = Stages {
            round: on_time,
            ..well(now)
        };
        assert_eq!(why(sure, now), None);
    }

    #[test]
    fn what_is_not_known_yet_should_keep_nobody_out() {
        let stages = Stages {
            oldest_event: None,
            finalized_at: None,
            round: None,
            ..well(1_000)
        };
        assert_eq!(why(stages, 1_500), None);
    }
}
