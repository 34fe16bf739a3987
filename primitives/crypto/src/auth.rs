//! Reading one's own account (P-AUTH).

use crate::{constants::domain, poseidon2::sponge, Fr};

/// The tag that proves knowledge of the view key of account `index` in `group` at `time`, milliseconds of Unix time.
pub fn tag(view_key: Fr, group: u32, index: u32, time: u64) -> Fr {
    sponge(
        domain::AUTH,
        &[
            view_key,
            Fr::from(u64::from(group)),
            Fr::from(u64::from(index)),
            Fr::from(time),
        ],
    )
}
