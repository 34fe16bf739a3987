//! Re-keys of a group's house: a new key with the proof that it is sealed to the sequencers' key of that moment
//! (C-HOUSE).

use crate::{
    queue::GroupOf, BlockNumberFor, Config, Error, Event, Groups, HouseRekey, HouseRekeyed, HouseRekeys, Pallet,
    RecentRoots,
};
use cloister_ledger::HouseRekeyStatement;
use cloister_types::GroupId;
use pallet_cloister_sequencers::Sequencers;
use pallet_cloister_verifier::StatementKind;
use polkadot_sdk::{frame_support::ensure, frame_system};

impl<T: Config> Pallet<T> {
    /// What the chain keeps of a re-key, and its statement. Genesis, group, house before and sealing key are the
    /// chain's own.
    pub(crate) fn house_rekey_statement(
        group: u32,
        state: &GroupOf<T>,
        rekey: &HouseRekey,
    ) -> Result<(HouseRekeyed, HouseRekeyStatement), Error<T>> {
        let sealing_key = T::Sequencers::seal_key(group).ok_or(Error::<T>::SealKeyMissing)?;
        let kept = rekey.kept(state.batch_no, sealing_key);
        let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::from(0u32));
        let statement = kept
            .statement(genesis.0, GroupId(group), &state.house)
            .map_err(|_| Error::<T>::NonCanonicalField)?;
        Ok((kept, statement))
    }

    /// Checks a re-key and takes it. Nothing is written before the proof is verified. A disabled group takes it too: it
    /// moves nothing.
    pub(crate) fn do_rekey_house(who: &T::AccountId, group: u32, rekey: &HouseRekey) -> Result<(), Error<T>> {
        Self::check_right(who, group)?;
        let mut state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        ensure!(rekey.old_house == state.house, Error::<T>::HouseChanged);
        let key = Self::active_key_of(rekey.key, StatementKind::HouseRekey)?;
        let (kept, statement) = Self::house_rekey_statement(group, &state, rekey)?;
        Self::verify_proof(&key, statement.hash(), &rekey.proof)?;

        let number = state.house_rekeys;
        state.house_rekeys = number.checked_add(1).ok_or(Error::<T>::ArithmeticOverflow)?;
        state.house = rekey.new_house;
        HouseRekeys::<T>::insert(group, number, kept);
        // The contents are the same, so the last statement of a round opens the house under its new key (D-ROUND).
        if let Some(newest) = state.batch_no.checked_sub(1) {
            RecentRoots::<T>::mutate_exists(group, newest, |recent| {
                if let Some(recent) = recent {
                    recent.house = state.house;
                }
            });
        }
        Self::deposit_event(Event::HouseRekeyed {
            group,
            number,
            batch_no: state.batch_no,
            key: rekey.key,
            house: state.house,
        });
        Groups::<T>::insert(group, state);
        Ok(())
    }
}
