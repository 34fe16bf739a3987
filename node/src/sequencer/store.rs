//! Where the sequencer keeps its files.

use cloister_sequencer::checkpoint::file::{make_folder, FileError};
use std::path::{Path, PathBuf};

/// Folder of the sequencer's files beside the node's database and keys.
const FOLDER: &str = "cloister";

/// The folder of a group's files in the chain's folder of the base path. It is made if it is not there.
///
/// # Errors
/// The system refuses the folder.
pub fn folder(chain: &Path, group: u32) -> Result<PathBuf, FileError> {
    let path = chain.join(FOLDER).join(format!("group-{group}"));
    make_folder(&path)?;
    Ok(path)
}
