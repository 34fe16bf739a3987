//! The origin of what was announced.

use crate::Origin;
use polkadot_sdk::frame_support::traits::{EnsureOrigin, OriginTrait};

/// Takes calls that were announced and whose delay is over, and no other.
pub struct EnsureEnacted;

impl<O> EnsureOrigin<O> for EnsureEnacted
where
    O: OriginTrait + From<Origin>,
    O::PalletsOrigin: TryInto<Origin, Error = O::PalletsOrigin>,
{
    type Success = ();

    fn try_origin(origin: O) -> Result<(), O> {
        origin.try_with_caller(|caller| caller.try_into().map(|Origin::Enacted| ()))
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn try_successful_origin() -> Result<O, ()> {
        Ok(Origin::Enacted.into())
    }
}
