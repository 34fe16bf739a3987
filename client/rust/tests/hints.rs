//! What a user is told of a refusal.

use cloister_client::chain::Failure;
use cloister_runtime::{Hash, Runtime};
use pallet_cloister_execution::Error;

#[test]
fn refusals_of_claims_and_freezes_should_say_what_to_do() {
    for (error, words) in [
        (Error::<Runtime>::GroupFrozen, "pay-claim"),
        (Error::NoFreshRound, "solvency round"),
        (Error::NothingDue, "is paid"),
        (Error::NoClaim, "nothing to claim"),
        (Error::PayoutRefused, "smallest balance"),
        (Error::PeriodNotClosed, "next sweep"),
        (Error::ShortfallFound, "traders come first"),
        (Error::FreezeNotDue, "as its terms say"),
        (Error::NoSolvencyTerms, "nothing in its queue"),
        // In the unit that a user types.
        (Error::DepositTooSmall, "the smallest deposit is 1.00"),
    ] {
        let failure = Failure {
            error: error.into(),
            block: Hash::zero(),
        };
        assert!(failure.hint().is_some_and(|hint| hint.contains(words)), "{failure}");
    }
}
