//! The index prices of a group's instruments: what its tables are made of, between tables too.

use super::chain::{unavailable, NodeChain};
use cloister_runtime::{
    configs::oracle::{FeedId, FeedValue},
    Hash, Moment, Runtime,
};
use cloister_sequencer::chain::{At, ChainError, IndexPrice};
use cloister_types::{InstrumentId, PerLot};
use codec::DecodeAll;
use pallet_cloister_risk::{pricing::mark, Group, Groups};
use pallet_oracle::{TimestampedValue, Values};
use polkadot_sdk::*;
use sc_client_api::{StorageKey, StorageProvider};

impl NodeChain {
    /// The newest medians of the oracle, per lot and rounded as marks are, in the best block.
    pub(super) fn read_index_prices(&self, group: u32) -> Result<Vec<IndexPrice>, ChainError> {
        let (best, _) = self.block(At::Best);
        let group: Option<Group<FeedId>> = self.stored(best, Groups::<Runtime>::hashed_key_for(group))?;
        let mut prices = Vec::new();
        for instrument in group.into_iter().flat_map(|group| group.instruments) {
            let key = Values::<Runtime>::hashed_key_for(instrument.feed);
            let median: Option<TimestampedValue<FeedValue, Moment>> = self.stored(best, key)?;
            prices.extend(median.and_then(|median| {
                // One that does not fit makes no table either.
                let per_lot = mark(median.value, instrument.params.lot_size).ok()?;
                Some(IndexPrice {
                    instrument_id: InstrumentId(instrument.id),
                    price: PerLot(per_lot),
                    time: median.timestamp,
                })
            }));
        }
        Ok(prices)
    }

    /// A value of the chain's storage in the state of a block.
    pub(super) fn stored<T: DecodeAll>(&self, block: Hash, key: Vec<u8>) -> Result<Option<T>, ChainError> {
        let data = self.context.client.storage(block, &StorageKey(key));
        let data = data.map_err(unavailable)?;
        data.map(|data| T::decode_all(&mut &data.0[..]).map_err(unavailable))
            .transpose()
    }
}
