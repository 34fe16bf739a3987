//! Padding: which accounts, and where in the batch.

use crate::draft::Draft;
use cloister_engine::AccountIndex;

/// A small deterministic generator (splitmix64). It spreads; the secret is its seed.
struct Spread(u64);

impl Spread {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`, which is not 0; the bias is `n / 2^64`.
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % (n.max(1) as u64)).unwrap_or_default()
    }
}

/// Fills `drafts` up to `units` with padding of the accounts in `known`, which has at least those of the drafts.
///
/// Accounts that the batch does not touch otherwise come first, so that an account rarely shows twice. A padding unit
/// may stand anywhere behind what its account takes from the queue: its first unit takes that.
pub(crate) fn pad(drafts: &[Draft], units: usize, known: &[AccountIndex], seed: u64) -> Vec<Draft> {
    let mut out = drafts.to_vec();
    let mut spread = Spread(seed);
    let mut idle: Vec<AccountIndex> = known
        .iter()
        .copied()
        .filter(|account| drafts.iter().all(|d| d.account() != *account))
        .collect();
    while out.len() < units {
        let account = if idle.is_empty() {
            match known.get(spread.below(known.len())) {
                Some(account) => *account,
                // The transition names what is wrong with a batch that is not full.
                None => return out,
            }
        } else {
            let chosen = spread.below(idle.len());
            idle.swap_remove(chosen)
        };
        let taking = out.iter().position(|d| d.queued() && d.account() == account);
        let first = taking.map_or(0, |at| at + 1);
        let at = first + spread.below(out.len() + 1 - first);
        out.insert(at, Draft::Padding { account });
    }
    out
}
