//! The worst minutes of a drawn crash with a small crowd, over a real node: `make build` first.

use cloister_cli::progress::Progress;
use cloister_crash_day::{
    judge, live, minutes,
    report::{counts, sum},
    Setup,
};
use cloister_tests::node::start;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_should_be_left_insolvent_by_the_worst_minutes() {
    let (node, chain) = start("crash-day", &["--sequencer", "--sequencer-round-pause", "5s"]).await;
    // The second of them goes down by 15 %.
    let worst = minutes(None, 1, "13 02:32", 3).expect("the path has them");
    let setup = Setup {
        accounts: 8,
        active: 4,
        pace: Duration::from_secs(4),
        ..Setup::new(worst)
    };
    let lived = live(&setup, &chain, &Progress::quiet()).await.expect("lived through");
    for claim in judge(&lived).expect("sums that fit") {
        assert!(claim.holds, "{}: {}", claim.what, claim.figures);
    }
    let all = sum(&counts(&lived));
    assert!(all.fills > 0 && all.batches > 0, "{all:?}");
    // Somebody was in need: otherwise this shows nothing.
    assert!(all.liquidations + all.takeovers + all.deleveraged > 0, "{all:?}");
    node.stop().await.expect("the node stops");
}
