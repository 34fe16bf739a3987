//! What the state that is read tells the bus.

use crate::{core::Told, record::BatchRecord};
use cloister_engine::{AccountIndex, Effect, Fill};
use std::{
    collections::BTreeSet,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Effects that are kept for the bus. It takes them many times a second; if it does not, the newest are forgotten and
/// their readers are told so.
const MAX_EFFECTS: usize = 100_000;

/// What happened since the bus last looked.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Fills, and orders that came to rest or left the books, in order.
    pub effects: Vec<Effect>,
    /// Fills that turned out to have no proof.
    pub void: Vec<Fill>,
    /// Effects are missing.
    pub lost: bool,
    /// Something may have changed in a book.
    pub books: bool,
    /// Accounts of which something may have changed.
    pub touched: BTreeSet<AccountIndex>,
    /// Something may have changed of every account: another table is in force, or batches were made again.
    pub all_touched: bool,
    /// Accounts that have other keys now, or are closed.
    pub rekeyed: BTreeSet<AccountIndex>,
    /// Batches that came into a block, or whose block became final.
    pub batches: Vec<BatchRecord>,
}

impl News {
    fn effect(&mut self, effect: &Effect) {
        match effect {
            Effect::Filled(fill) | Effect::Liquidated(fill) => {
                self.touched.extend([fill.maker.key.account, fill.taker.key.account])
            }
            Effect::Rested { key, .. }
            | Effect::Waits { key }
            | Effect::Fired { key }
            | Effect::Removed { key, .. } => {
                self.touched.insert(key.account);
            }
            Effect::ProtectionHit { .. } => {}
            Effect::Bound(signed) | Effect::Unbound(signed) => {
                self.touched.insert(signed.instruction.index);
                return;
            }
        }
        if self.effects.len() < MAX_EFFECTS {
            self.effects.push(effect.clone());
        } else {
            self.lost = true;
        }
    }
}

/// Collects news. Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inbox {
    news: Arc<Mutex<News>>,
    pub wake: Arc<Notify>,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An input had these effects, and did this besides.
    pub fn hear(&self, effects: &[Effect], told: Told) {
        let mut news = self.lock();
        for effect in effects.iter().chain(&told.effects) {
            news.effect(effect);
        }
        let moved = !effects.is_empty() || !told.effects.is_empty();
        let wakes = moved || !told.void.is_empty() || !told.rekeyed.is_empty() || !told.batches.is_empty();
        news.books |= moved || told.all;
        news.all_touched |= told.all;
        news.void.extend(told.void);
        news.touched.extend(told.touched);
        news.rekeyed.extend(told.rekeyed);
        news.batches.extend(told.batches);
        drop(news);
        if wakes {
            self.wake.notify_one();
        }
    }

    /// Takes what is there.
    pub fn take(&self) -> News {
        mem::take(&mut *self.lock())
    }
}
