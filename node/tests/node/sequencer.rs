//! The sequencer's set-up agrees with the development chain's genesis.

use cloister_runtime::constants::development::SEAL_SEED;
use cloister_sequencer::keys::development_seed;

#[test]
fn the_sequencers_public_seed_should_be_the_one_of_the_development_chain() {
    assert_eq!(development_seed(), SEAL_SEED);
}
