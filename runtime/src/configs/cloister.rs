//! The exchange: `pallet-cloister-risk` and `pallet-cloister-execution`.
