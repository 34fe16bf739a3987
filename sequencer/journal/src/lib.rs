//! What a sequencer has taken, on the disk before anybody is told (Q-JOURNAL).
//!
//! A [`Journal`] keeps numbered records and snapshots; a [`Store`] is one in a file. A [`Writer`] is the thread that
//! appends to it; whoever must know that a record is durable waits with a [`Durable`].
//!
//! ```
//! use cloister_journal::{Identity, Journal, Store, Writer};
//! use cloister_types::GroupId;
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let folder = tempfile::tempdir()?;
//! let identity = Identity { genesis: [1; 32], group: GroupId(1) };
//! let mut writer = Writer::start(Store::open(folder.path(), &identity)?, 1_000);
//! let durable = writer.durable();
//! let number = writer.append(b"an instruction".to_vec())?;
//! durable.wait(number).await?;
//! // The thread ends with its writer, and with it the lock on the file.
//! writer.finish();
//!
//! let store = Store::open(folder.path(), &identity)?;
//! let records = store.records(0)?.collect::<Result<Vec<_>, _>>()?;
//! assert_eq!(records, [(0, b"an instruction".to_vec())]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod journal;
mod record;
mod stopped;
mod store;
mod waiters;
mod writer;

pub use journal::{Identity, Journal, JournalError, Records, Snapshot};
pub use record::{RecordError, VERSION};
pub use stopped::Stopped;
pub use store::{Store, FILE_NAME};
pub use writer::{Durable, Writer};
