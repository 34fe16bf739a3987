//! The end of a frozen group, to the last unit (C-EXIT): its final table, the exits of its owners, what each is paid,
//! and what goes back from the queue.

mod claims;
mod refund;
mod settle;
mod table;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;

pub use types::{
    ExitClaim, ExitScan, ExitSums, FinalTable, Ratio, DEVELOPMENT_EXIT_PERIOD, EXIT_PERIOD, FALLBACK_AFTER,
    JUNIOR_AFTER, SCAN_PAGE,
};
