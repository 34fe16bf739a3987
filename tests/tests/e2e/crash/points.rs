//! Where the node is killed.

use super::shared::Shared;
use cloister_client::{chain::Chain, sequencer::SequencerClient};
use cloister_ledger_testing::Random;
use cloister_tests::kept::KeptNode;
use std::time::{Duration, Instant};

/// An event that does not come by then is not waited for any longer: the node is killed all the same.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks.
const POLL: Duration = Duration::from_millis(5);
/// Longest time until a moment of chance, milliseconds.
const LONGEST: u64 = 4_000;
/// Longest time that a node has to start before it is killed again, milliseconds.
const LONGEST_START: u64 = 2_000;
/// Most acknowledgements that are waited for.
const MOST: u64 = 12;

/// Where the node is killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    /// After so long.
    Moment(Duration),
    /// Right after so many more acknowledgements.
    Acknowledged(usize),
    /// Right after a batch was given to the chain, before it is known to be in a block.
    Submitted,
    /// Right after a batch was in a block.
    InBlock,
    /// Right after a checkpoint was written, by a node that was started without one.
    Checkpoint,
    /// At a moment of chance, and again so long after the next start began.
    Starting(Duration),
}

/// Draws points by chance, all kinds equally often.
pub struct Bag {
    random: Random,
    kinds: Vec<u64>,
}

impl Bag {
    /// An empty bag, which is filled by the first draw.
    pub fn new(random: Random) -> Self {
        Self {
            random,
            kinds: Vec::new(),
        }
    }

    /// The next point.
    pub fn draw(&mut self) -> Point {
        if self.kinds.is_empty() {
            self.kinds = (0..6).collect();
        }
        let at = self.random.below(self.kinds.len() as u64) as usize;
        match self.kinds.swap_remove(at) {
            0 => Point::Moment(Duration::from_millis(self.random.below(LONGEST))),
            1 => Point::Acknowledged(1 + self.random.below(MOST) as usize),
            2 => Point::Submitted,
            3 => Point::InBlock,
            4 => Point::Checkpoint,
            _ => Point::Starting(Duration::from_millis(self.random.below(LONGEST_START))),
        }
    }
}

impl Point {
    /// Waits for it.
    pub async fn reached(&self, node: &KeptNode, chain: &Chain, shared: &Shared) {
        let sequencer = SequencerClient::of(chain);
        let begin = Instant::now();
        let before = shared.promises().len();
        let in_block = latest(&sequencer).await;
        while begin.elapsed() < PATIENCE {
            let reached = match self {
                Self::Moment(after) | Self::Starting(after) => begin.elapsed() >= *after,
                Self::Acknowledged(more) => shared.promises().len() >= before + more,
                Self::Submitted => sequencer.batch_status().await.is_ok_and(|status| status.submitting > 0),
                Self::InBlock => latest(&sequencer).await != in_block,
                Self::Checkpoint => node.checkpoint().is_file(),
            };
            if reached {
                return;
            }
            tokio::time::sleep(POLL).await;
        }
        eprintln!("  it was not reached");
    }
}

/// Number of the newest batch in a block.
async fn latest(sequencer: &SequencerClient) -> Option<u64> {
    let status = sequencer.batch_status().await.ok()?;
    status.latest.map(|batch| batch.batch_no)
}
