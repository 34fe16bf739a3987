//! What the pallet is started with.

use polkadot_sdk::frame_support::pallet_macros::pallet_section;

/// What the pallet is started with.
#[pallet_section]
mod genesis {
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// Groups: id, settlement asset, fee account. The vault must be endowed with the asset's minimum balance.
        pub groups: Vec<(u32, T::AssetId, T::AccountId)>,
        /// Terms of the groups' queues, notice in milliseconds and share in percent; those of new groups if none.
        pub queue_terms: Option<(u64, u8)>,
        /// Solvency terms of the groups, age of rounds and time to a freeze, both in milliseconds; none if the gate is
        /// off.
        pub solvency_terms: Option<(u64, u64)>,
        /// Who may hold roles of settlement assets, besides the keyless custodian.
        pub custodians: Vec<T::AccountId>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            // A genesis that does not hold together must not start: every failure here is a panic.
            let custodians = BoundedVec::try_from(self.custodians.clone());
            Custodians::<T>::put(custodians.expect("genesis: no more custodians than there may be"));
            for (group, asset, fee_account) in &self.groups {
                Pallet::<T>::add_group(*group, asset.clone(), fee_account.clone())
                    .expect("genesis: new group of pallet risk with a funded vault, whose asset's roles are declared");
                if let Some((notice, share)) = self.queue_terms {
                    Pallet::<T>::change_queue_terms(*group, Terms { notice, share })
                        .expect("genesis: terms of queues within their bounds");
                }
            }
            for (group, ..) in &self.groups {
                // R-PLACES. Positions of one place per unit need no key yet.
                let needed = T::Risk::places_needed(*group);
                let widest = T::Keys::most_places();
                assert!(
                    needed <= 1 || needed <= widest,
                    "genesis: a shape wide enough for the group"
                );
            }
            if let Some((max_round_age, freeze_after)) = self.solvency_terms {
                let terms = SolvencyTerms {
                    max_round_age,
                    freeze_after,
                };
                for (group, _, _) in &self.groups {
                    Pallet::<T>::change_solvency_terms(*group, Some(terms))
                        .expect("genesis: solvency terms within their bounds, and a key of solvency statements");
                }
            }
        }
    }
}
