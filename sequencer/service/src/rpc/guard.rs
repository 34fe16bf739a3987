//! What happens when a subscription ends.

use crate::{chain::ChainClient, core, shared::Shared};
use cloister_engine::AccountIndex;
use std::sync::Arc;

/// Belongs to a subscription: when it is dropped, the account's orders leave the books.
pub(crate) struct SwitchOff<C: ChainClient> {
    pub shared: Arc<Shared<C>>,
    pub account: AccountIndex,
    pub number: u64,
}

impl<C: ChainClient> Drop for SwitchOff<C> {
    fn drop(&mut self) {
        if !self.shared.switch_offs().ended(self.account, self.number) {
            return;
        }
        let now = self.shared.chain.now();
        match self.shared.core().as_mut() {
            Some(core) => {
                core.apply(now, core::SwitchOff(self.account));
            }
            None => self.shared.switch_offs().owe(self.account),
        }
        self.shared.wake.notify_waiters();
    }
}
