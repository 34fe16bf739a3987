//! What is kept on the disk, and who waits for it.

use crate::series::SeriesError;
use cloister_journal::{Durable, Journal, Stopped};
use cloister_receipts::{Receipt, ReceiptSigner, SignedReceipt};
use std::sync::{
    atomic::{AtomicBool, Ordering},
    Arc, Mutex, OnceLock, PoisonError,
};

/// The journal until it is replayed, those who wait for it after that, and who signs receipts.
#[derive(Default)]
pub(crate) struct Keeping {
    journal: Mutex<Option<Box<dyn Journal>>>,
    signer: OnceLock<Arc<dyn ReceiptSigner>>,
    id: OnceLock<[u8; 32]>,
    durable: OnceLock<Durable>,
    told: AtomicBool,
    superseded: Mutex<Option<SeriesError>>,
}

impl Keeping {
    /// Has everything kept in a journal from the start on, and receipts signed. Only the first call counts.
    pub fn keep(&self, journal: Box<dyn Journal>, signer: Arc<dyn ReceiptSigner>) {
        if self.signer.set(signer).is_ok() {
            let _ = self.id.set(journal.id());
            *self.journal.lock().unwrap_or_else(PoisonError::into_inner) = Some(journal);
        }
    }

    /// What the journal is known by; `None` if there is none.
    pub fn id(&self) -> Option<[u8; 32]> {
        self.id.get().copied()
    }

    /// Whether it is told now that receipts are of a series that has ended: the first time only.
    pub fn tells(&self) -> bool {
        !self.told.swap(true, Ordering::Relaxed)
    }

    /// Notes whether the key's receipts are counted by another journal, and so by another process.
    pub fn note_superseded(&self, error: Option<SeriesError>) {
        *self.superseded.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    /// Why the key's batches are another process's, if they are.
    pub fn superseded(&self) -> Option<SeriesError> {
        let superseded = self.superseded.lock().unwrap_or_else(PoisonError::into_inner);
        *superseded
    }

    /// The journal, for whoever replays it; `None` if there is none, or it was taken.
    pub fn take_journal(&self) -> Option<Box<dyn Journal>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The journal is written to from now on.
    pub fn follow(&self, durable: Durable) {
        let _ = self.durable.set(durable);
    }

    /// Waits until a record is on the disk. Without a journal, or a record, there is nothing to wait for.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn on_disk(&self, record: Option<u64>) -> Result<(), Stopped> {
        match (self.durable.get(), record) {
            (Some(durable), Some(record)) => durable.wait(record).await,
            _ => Ok(()),
        }
    }

    /// Waits until the journal fails, for ever if there is none.
    pub async fn failed(&self) -> Stopped {
        match self.durable.get() {
            Some(durable) => durable.failed().await,
            None => std::future::pending().await,
        }
    }

    /// Signs receipts of what is on the disk. `None` if nothing is kept, or the key cannot be used now, which the
    /// operator reads: what was taken is taken all the same, and its receipt can be asked for later.
    pub fn signed(&self, receipt: Receipt) -> Option<SignedReceipt> {
        self.durable.get()?;
        let signed = SignedReceipt::sign(receipt, self.signer.get()?.as_ref());
        signed
            .inspect_err(|error| log::error!(target: "cloister", "Receipt {}: {error}", receipt.number))
            .ok()
    }
}
