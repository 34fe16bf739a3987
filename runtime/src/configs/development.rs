//! Whether this is a chain for trying things out, as its genesis says.

use crate::{AccountId, BlockNumber, Verifier};
use frame_support::traits::{EnsureOrigin, Get};
use frame_system::EnsureRoot;
use polkadot_sdk::*;

/// Whether this is a development chain. Fixed in the genesis block.
pub fn is_development() -> bool {
    Verifier::is_development()
}

/// A number of blocks on a chain for money, another on a development chain, where whoever tries a referendum sees its
/// end within a minute.
pub struct Blocks<const MONEY: u32, const DEVELOPMENT: u32>;

impl<const MONEY: u32, const DEVELOPMENT: u32> Get<BlockNumber> for Blocks<MONEY, DEVELOPMENT> {
    fn get() -> BlockNumber {
        if is_development() {
            DEVELOPMENT
        } else {
            MONEY
        }
    }
}

/// Root, on a development chain only.
pub struct RootOnDevelopment;

impl<O> EnsureOrigin<O> for RootOnDevelopment
where
    EnsureRoot<AccountId>: EnsureOrigin<O>,
{
    type Success = ();

    fn try_origin(origin: O) -> Result<(), O> {
        if !is_development() {
            return Err(origin);
        }
        EnsureRoot::<AccountId>::try_origin(origin).map(drop)
    }

    // What is enacted is the origin of benchmarks.
    #[cfg(feature = "runtime-benchmarks")]
    fn try_successful_origin() -> Result<O, ()> {
        Err(())
    }
}
